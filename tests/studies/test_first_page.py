"""The first page of a report: its numbers are those of the tables, its words a chief's, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

pytest.importorskip("plotly", reason="the extra `report` is not installed")

from sim import cli
from sim.analysis.not_known import NotKnown
from sim.config.book import book
from sim.plots.labels import in_language, label
from sim.plots.registry import figures_of
from sim.reports import first_page, page
from sim.reports.first_page import CAPABLE, WITHIN, FirstPage
from sim.reports.report_runs import ReportRuns, catalogue
from sim.studies.run_selection import find_runs

TRADE = re.compile(r"Holm|Student|Welch|curve [ABC]|曲线[ABC]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results") / "rollout"
    for year in (2023, 2027):
        small = ["replications=3", "days=20", "workers=1", "figures=none", f"name={year}", f"out={out}"]
        assert cli.main([f"scenario={year}", *small]) == 0
    return out


@pytest.fixture(scope="module", params=["en", "zh"])
def report(request: pytest.FixtureRequest, folder: Path) -> ReportRuns:
    return ReportRuns("rollout", find_runs([folder]).results, "2023", request.param)


def values(report: ReportRuns, run: str, key: tuple[str, str, str]) -> pd.Series[float]:
    table = report.results[run].values  # noqa: PD011
    own = table[(table["kpi"] == key[0]) & (table["by"] == key[1]) & (table["group"] == key[2])]
    return own.set_index("replication")["value"]


def test_its_numbers_are_those_of_the_tables(report: ReportRuns) -> None:
    first = FirstPage(report)
    (capable, within, *_) = first.numbers()
    now, before = values(report, "2027", CAPABLE), values(report, "2023", CAPABLE)
    assert capable["value"].startswith(f"{now.mean():.1f} ")
    change = f"{now.mean() - before.mean():+.1f}".replace("-", "−")
    assert change in capable["change"]
    assert re.findall(r"\d+", capable["sure"]) == (
        [str((now < before).sum()), "3"] if report.language == "en" else ["3", str((now < before).sum())]
    )
    share = values(report, "2027", WITHIN)
    assert within["value"] == f"{100 * share.mean():.0f} %"
    sentence = first.sentences()[0]
    assert f"{now.mean():.1f}" in sentence
    assert f"{before.mean():.1f}" in sentence
    assert len(first.sentences()) <= 5


def test_a_number_begins_with_what_is_not_known_of_it(report: ReportRuns) -> None:
    row = {"kpi": CAPABLE[0], "by": CAPABLE[1], "group": CAPABLE[2], "before": 2023, "year": 2027}
    study = NotKnown(Path(), {}, pd.DataFrame([row | {"low": -3.64, "middle": -2.24, "high": -0.94}]))
    (capable, within, *_) = FirstPage(replace(report, not_known=study)).numbers()
    told = {
        "en": "−2.2 minutes (−3.6 to −0.9); by chance alone against",
        "zh": "−2.2分钟（−3.6至−0.9）；仅随机波动",
    }
    assert told[report.language] in capable["change"]
    assert within["change"] == FirstPage(report).numbers()[1]["change"]


def test_the_slowest_places_are_the_slowest(report: ReportRuns) -> None:
    rows = report.results["2027"].incidents
    mean = rows.assign(t=rows["first_capable_s"].fillna(3600).clip(upper=3600)).groupby(
        ["replication", "township"]
    )["t"]
    worst = mean.mean().groupby("township").mean().nlargest(3).index
    assert set(worst) == {name for name, _ in FirstPage(report)._slowest()}


def test_a_change_within_chance_is_called_none(report: ReportRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    first = FirstPage(report)
    row = pd.Series({"difference": -1.0, "low": -2.0, "high": 0.1})
    monkeypatch.setattr(first, "change", lambda key: row)
    assert first.told(CAPABLE) == first.text("no_change")
    row["high"] = -0.1
    assert first.told(CAPABLE) == first.text("sooner", minutes="1.0")


def test_what_to_do_follows_from_the_targets(report: ReportRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"unit": "share", "target": 0.75, "mean": 0.5, "verdict": "not_met", "key": "coverage"}
    other = {**line, "mean": 0.6, "name": "Covered, by reach", "name_zh": "覆盖率（到达时间）"}
    lines = [{**line, "name": "Covered, nominal", "name_zh": "覆盖率（面积）"}, other]
    met = {**line, "key": "cars", "verdict": "met", "name": "Cars", "name_zh": "车"}
    first = FirstPage(report)
    monkeypatch.setattr(first, "_targets", lambda: [*lines, met])
    gap = first.next_steps()[0]
    assert "50–60 %" in gap
    assert "75 %" in gap
    assert ("Covered is" in gap) if report.language == "en" else ("覆盖率为" in gap)
    assert [number for number in re.findall(r"\d+", first._judged()) if number != "2027"] == ["2", "1", "1"]


def test_the_first_half_has_no_words_of_the_trade(
    report: ReportRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_pictures", lambda report: [])
    monkeypatch.setattr(page, "_library", lambda: "")
    text = page.build(report, "command")
    body = re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)
    half = body[: body.index('id="scoreboard"')]
    assert not TRADE.search(re.sub(r"<option.*?</option>", "", half))
    assert body.index('id="first"') < body.index('id="map"') < body.index('id="method"')
    assert body.count("<table") == body.count("<details")  # every table is folded
    assert TRADE.search(body)  # and is not lost


def test_pictures_speak_the_language_of_the_page_and_are_explained(report: ReportRuns) -> None:
    for spec in figures_of("comparison", "main"):
        with in_language(report.language):
            figure = spec.make(report.data)
        words = [item.get_text() for item in figure.findobj(Text)]
        places = set(report.data.basemap.townships["name"]) | set(report.data.basemap.townships["county"])
        told = " ".join(word for word in words if word not in places)
        assert not re.search(r"[一-鿿]" if report.language == "en" else r"[A-Za-z]{4}", told), (
            spec.name,
            told,
        )
        assert spec.name in catalogue(report.language)["captions"]


def test_assumptions_that_move_the_answer_are_those_of_the_sensitivity_study(
    report: ReportRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.read_csv(first_page.SENSITIVITY / "tornado.csv").query("output == 'first_capable_mean:change'")
    most = table.loc[(table["high"] - table["low"]).abs().idxmax(), "parameter"]
    (told,) = FirstPage(report)._movers()
    in_book = book()[most]["name_zh"] if report.language == "zh" and most in book() else ""
    assert (catalogue(report.language)["assumptions"].get(most) or in_book) in told
    alone = FirstPage(ReportRuns("one", {"2027": report.results["2027"]}, "2027", report.language))
    assert alone._movers() == [report.text("first_sensitivity")]  # it is about a change from year to year
    monkeypatch.setattr(first_page, "SENSITIVITY", Path("/nowhere"))
    assert FirstPage(report)._movers() == [report.text("first_sensitivity")]


def test_one_run_alone_is_told_without_a_change(report: ReportRuns) -> None:
    first = FirstPage(ReportRuns("one", {"2027": report.results["2027"]}, "2027", report.language))
    mean = values(report, "2027", CAPABLE).mean()
    assert f"{mean:.1f}" in first.sentences()[0]
    text = " ".join([*first.sentences(), *(" ".join(one.values()) for one in first.numbers())])
    assert "None" not in text
    assert "nan" not in text
    assert first.text("no_change") not in text
    assert np.isfinite(mean)


def test_what_becomes_worse_stands_in_the_summary(report: ReportRuns) -> None:
    backwards = ReportRuns("rollout", report.results, "2027", report.language)
    worse = FirstPage(backwards)._worse()
    table = backwards.comparison.set_index(["scenario", "kpi", "by", "group"])
    row = table.loc[("2023", "first_water_mean", "all", "all")]
    assert row["low"] > 0
    assert worse in FirstPage(backwards).sentences()
    assert f"+{row['difference']:.1f}" in worse
    assert FirstPage(report)._worse() == ""  # the plan makes none of it clearly worse


def test_a_tier_that_came_first_before_and_no_longer_is_named(report: ReportRuns) -> None:
    backwards = FirstPage(ReportRuns("rollout", report.results, "2027", report.language))
    assert backwards.row(("arrived_first", "tier", "patrol"))["mean"] == 0
    assert f"{backwards.report.say(label('patrol'))} 0" in backwards._first()


def test_a_chinese_report_puts_the_name_before_each_key(report: ReportRuns) -> None:
    keys = "dispatch.centre.seats, plan.patrol_cars.enabled, no.such"
    named = "119接警席位数（dispatch.centre.seats）, 应急消防巡逻车（plan.patrol_cars.enabled）, no.such"
    assert report.named(keys) == (named if report.language == "zh" else keys)
