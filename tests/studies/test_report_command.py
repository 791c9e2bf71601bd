"""python -m sim.studies.report, and the pictures of sim.studies.compare, on two small runs of the real model."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("plotly", reason="the extra `report` is not installed")

from sim import cli
from sim.config.compose import compose
from sim.plots.data import short_names
from sim.plots.registry import figures_of
from sim.reports import interactive_map, page, sections
from sim.reports.report_runs import ReportRuns, catalogue, translated
from sim.reports.sections import Cell
from sim.studies.run_selection import find_runs

SMALL = ("replications=3", "days=6", "workers=1", "figures=none")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study of two years."""
    out = tmp_path_factory.mktemp("results") / "rollout"
    for year in (2023, 2025):
        assert cli.main([f"scenario={year}", *SMALL, f"out={out}"]) == 0
    return out


@pytest.fixture(scope="module")
def study(folder):
    return ReportRuns("rollout", find_runs([folder]).results, "2023,replications=3,days=6", "en")


@pytest.fixture(scope="module")
def pages(folder):
    """The report in both languages, by the command; the pictures are the same in both and drawn once."""
    assert cli.main(["report", str(folder), f"out={folder / 'en.html'}"]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "_pictures", lambda report: [])
        assert cli.main(["report", str(folder), "lang=zh", f"out={folder / 'zh.html'}"]) == 0
    return {language: (folder / f"{language}.html").read_text(encoding="utf-8") for language in ("en", "zh")}


@pytest.mark.slow
def test_the_pictures_of_a_comparison_lie_beside_its_table(folder, capsys):
    assert cli.main(["compare", str(folder), "figures=all"]) == 0
    names = {path.name for path in (folder / "figures").iterdir()}
    assert names == {
        f"{name}.{kind}"
        for name in (spec.name for spec in figures_of("comparison"))
        for kind in ("png", "svg")
    }
    assert not [path for path in folder.iterdir() if path.name.startswith(".figures")]
    assert str(folder / "figures") in capsys.readouterr().out
    assert cli.main(["compare", str(folder), "figures=none"]) == 0  # its own pictures are no foreign folder
    assert capsys.readouterr().err == ""


def picture(study, name):
    (spec,) = (spec for spec in figures_of("comparison") if spec.name == name)
    return spec.make(study.data)


def test_percentiles_are_drawn_as_the_runs_have_them(study):
    lines = picture(study, "percentiles").axes[1].lines
    found = {round(float(value), 6) for line in lines for value in line.get_ydata() if np.isfinite(value)}
    for kpis in study.kpis.values():
        for statistic in ("mean", "median", "p90"):
            assert round(float(kpis.loc[(f"first_capable_{statistic}", "all", "all")]["mean"]), 6) in found


def test_differences_are_drawn_in_per_cent_of_the_baseline(study):
    axes = picture(study, "differences").axes[0]
    points = np.concatenate([np.ravel(line.get_xdata()) for line in axes.lines])
    table = study.comparison
    row = table[(table["kpi"] == "first_arrival_mean") & (table["by"] == "all")].iloc[0]
    assert np.isclose(points.astype(float), 100 * row["difference"] / row["baseline_mean"]).any()
    low, high = axes.get_xlim()
    assert low == -high


def test_short_names_leave_out_what_all_share():
    assert short_names(["2023,days=30", "2025,days=30"]) == {
        "2023,days=30": "2023",
        "2025,days=30": "2025",
    }
    assert list(short_names(["2025", "2025,a.b.share=0.5"]).values()) == [
        "2025",
        "share=0.5",
    ]
    assert list(short_names(["2025,a.x=1", "2025,b.x=1"]).values()) == [
        "2025,a.x=1",
        "2025,b.x=1",
    ]


def test_the_report_is_one_file_that_asks_for_nothing(pages):
    for language, text in pages.items():
        assert len(text.encode()) < page.MOST_BYTES
        body = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
        assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", body)
        assert not re.search(r"url\((?!data:)", body)
        assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in body


def test_the_report_holds_the_main_pictures(pages):
    told = re.findall(r'<img alt="([^"]*)"', pages["en"])
    assert len(told) == len(figures_of("comparison", "main"))
    for words, spec in zip(told, figures_of("comparison", "main"), strict=True):
        assert words.startswith(spec.title.en)  # in the page's language, with what is seen
        assert html.escape(catalogue("en")["captions"][spec.name], quote=False) in words


def test_the_report_says_it_all_in_both_languages(pages):
    keys = (
        "first",
        "first_next",
        "first_changes",
        "force",
        "scoreboard",
        "headline",
        "map",
        "pictures",
        "method",
        "assumptions",
        "reproduce",
    )
    for key in keys:
        for language, page_text in pages.items():
            assert f"<h2>{catalogue(language)['words'][key]}</h2>" in page_text
    assert "应急消防巡逻车" in pages["zh"]
    assert "六(二)b" in pages["en"]
    assert "Reading of the plan&#39;s open clauses: stated" in pages["en"]
    assert '<td class="guess">assumed</td>' in pages["en"]
    assert '<td class="guess">假定</td>' in pages["zh"]
    assert "python -m sim scenario=2025 replications=3 days=6" in pages["en"]


def test_the_headline_table_holds_the_numbers_of_the_runs(study):
    cells = [cell for row in sections.headline(study)["table"].rows for cell in row]
    kpis = study.kpis["2025,replications=3,days=6"].loc[("first_arrival_mean", "all", "all")]
    digits = sections._decimals(
        [run.loc[("first_arrival_mean", "all", "all")] for run in study.kpis.values()], 1
    )
    mean = f"{kpis['mean']:.{digits}f} ±{(kpis['high'] - kpis['low']) / 2:.{digits}f}"
    (cell,) = (cell for cell in cells if cell.text == mean)
    row = study.comparison.query("kpi == 'first_arrival_mean' and by == 'all'").iloc[0]
    assert cell.below[0].rstrip("*") == f"{row['difference']:+.{digits}f}".replace("-", "−")


def test_the_map_holds_the_indicators_of_every_township(study):
    facts = interactive_map.data(study)
    towns = [town["name"] for town in facts["townships"]]
    for run, (name, result) in enumerate(study.results.items()):
        kpis = result.kpis.query("kpi == 'first_capable_mean' and by == 'township'").set_index("group")
        for town, row in kpis.iterrows():
            shown = facts["values"]["first_capable_mean"][run][towns.index(town)]
            expected = None if np.isnan(row["mean"]) else pytest.approx(row["mean"], abs=0.006)
            assert shown[0] == expected, (name, town)
    assert facts["changes"]["first_capable_mean"][facts["baseline"]] is None
    table = study.comparison.query("kpi == 'first_capable_mean' and by == 'township'").dropna(
        subset=["difference"]
    )
    row = table.iloc[0]
    change = facts["changes"]["first_capable_mean"][1][towns.index(row["group"])]
    assert change[0] == pytest.approx(row["difference"], abs=0.006)


def test_every_cell_has_a_place_of_its_own_in_the_grid(study):
    basemap = study.data.basemap
    steps = basemap.steps
    assert len(np.unique(steps, axis=0)) == len(basemap.cells)
    grid = interactive_map.Grid(basemap)
    assert (grid.township >= 0).sum() == len(basemap.cells)
    # neighbours in the grid are a kilometre apart on the ground, everywhere
    place = {tuple(step): cell for cell, step in enumerate(steps.tolist())}
    pairs = [(cell, place[(x + 1, y)]) for (x, y), cell in place.items() if (x + 1, y) in place]
    lon, lat = (basemap.cells[name].to_numpy() for name in ("lon", "lat"))
    a, b = np.array(pairs).T
    km = np.hypot((lon[b] - lon[a]) * np.cos(np.deg2rad(lat[a])), lat[b] - lat[a]) * 111.2
    assert km == pytest.approx(1, abs=0.03)
    # and a point between them lands between them
    assert grid.position(lon, lat) == pytest.approx(steps, abs=0.2)


def test_a_planned_station_opens_on_the_map_when_the_run_has_it_open(study):
    stations = {station["name"]: station["open"] for station in interactive_map.data(study)["stations"]}
    assert stations["智慧新城二级站"] == [False, True]
    assert stations["春城路特勤站"] == [True, True]


def test_the_question_follows_from_what_differs(folder, study):
    assert "year by year" in " ".join(sections.question(study))
    twice = find_runs([folder / "2023,replications=3,days=6"] * 2).results
    same = ReportRuns("x", twice, next(iter(twice)), "en")
    assert sections.question(same) == [same.text("question_same")]


def test_the_commands_of_the_report_make_the_same_configuration(study):
    for name, result in study.results.items():
        again = compose(study.overrides(name))
        assert again.scenario.year == result.info["scenario"]
        assert (again.replications, again.days) == (3, 6)


def test_a_changed_key_is_in_the_command(tmp_path, monkeypatch):
    config = compose(
        ["plan.patrol_cars.enabled=false", "outcome.within_min=[4,8]", "forces.patrol.staffed_hours=8"]
    )
    study = ReportRuns("x", {"a": object()}, "a", "en")
    monkeypatch.setitem(study.__dict__, "configs", {"a": config})
    words = study.overrides("a")
    assert compose(words) == config


def test_the_scoreboard_shows_targets_where_a_run_has_them(folder, study, tmp_path):
    targets = pd.DataFrame(
        {"name": ["coverage"], "sense": ["at least"], "target": [0.75], "mean": [0.5], "low": [0.4], "high": [0.6],
         "unit": ["share"], "verdict": ["not_met"], "name_zh": ["覆盖率"]}
    )  # fmt: skip
    first, last = study.results
    table = sections._targets(
        {last: targets.assign(target=0.5, mean=0.7, low=0.6, high=0.8, verdict="met"), first: targets}, study
    )
    (row,) = table.rows  # one row for both runs
    assert [(cell.text, *cell.below) for cell in row[1:]] == [
        ("70 % (60–80)", "≥ 50 %: met"),
        ("50 % (40–60)", "≥ 75 %: not met"),
    ]


def test_deaths_have_a_chance_in_the_scoreboard_and_no_verdict(study):
    line = {
        "sense": "at most", "target": 0.047, "mean": 0.1, "low": 0.0, "high": 0.3, "unit": "/100k", "verdict": "chance",
        "chance": 0.388, "chance_low": 0.36, "chance_high": 0.411, "chance_years": 1.0,
    }  # fmt: skip
    assert sections._target(line, study).below == (
        "chance 39 % (36 to 41 %) to stay below 0.047 over 1 year",
    )
    assert sections._target(line, replace(study, language="zh")).below == (
        "1年内低于0.047的概率为39%（36%至41%）",
    )


def test_starts_of_works_are_said_to_be_that(folder, study, pages):
    assert "Station 智慧新城二级站, start of works" in pages["en"]
    assert "promise the START OF WORKS, not an opening" in pages["en"]
    assert "智慧新城二级站（开工）" in pages["zh"]
    assert "条款承诺的是开工，而非启用" in pages["zh"]
    station = {item["name"]: item for item in interactive_map.data(study)["stations"]}["智慧新城二级站"]
    assert station["symbol"] == ["triangle-up-open", "triangle-up"]
    assert station["says"][0].startswith("the plan promises the start of works; not in service")
    assert station["says"][1].startswith("the plan promises the start of works; counted as open")


def test_a_site_of_the_models_own_is_on_the_map_where_it_is_open():
    assert interactive_map._shown_as("proposed", True, False) == ("diamond", "map_proposed")
    assert interactive_map._shown_as("proposed", False, False) == ("", "")
    assert interactive_map._shown_as("planned", True, True) == ("triangle-up", "map_lagged")
    assert interactive_map._shown_as("existing", False, True) == ("triangle-up", "map_open")


OFF_THE_ROADS = (
    "Road network: 4 cells with 0.10% of the residents are farther than travel.off_road_m from the roads, "
    "or at roads that are cut off from the others."
)


def test_notes_have_both_languages():
    for words in (
        "the clause promises the start of works, not the opening; in service 2026.2 (18 months after it)",
        "the model's own proposal: the clause names a share of coverage, no sites",
        "12 months late",
        "switched off",
        "Road network: edges of length 0, which count as 0.1 m: 3.",
        "Road network: edges of a class that travel.class_kmh has not, at travel.default_kmh: 12 ('A', '7').",
        "Road network: of 90 nodes are left out: 2 that no road joins to the others.",
        "Road network: of 90 nodes are left out: 1 with one-way roads only to or from them.",
        OFF_THE_ROADS,
    ):
        assert translated("notes", words, "en") == words
        assert not re.search(r"[a-z]{3}", re.sub(r"travel\.\w+", "", translated("notes", words, "zh")))


def test_notes_of_the_runs_stand_on_top_in_both_languages_with_the_runs_that_have_them(study):
    radius = (
        "forces.drones.radius_m is 4 m, outside the parameter book's range of 5000 to 10000 m (r_d_out; did you mean "
        "4000 m?)"
    )
    place = "Another region, still with the values set for Quzhou: demand except in mix, fires; 8 of 13 keys of forces."
    calls = (
        "3,500 calls a year for 100,000 residents are 35.00 per 1,000, Quzhou has 1.53: at its rate "
        "demand.calls_per_year is 153."
    )
    region = [place, calls]
    (first, one), (second, other) = study.results.items()
    results = {
        first: replace(one, info={**one.info, "outside_book": [radius], "region_notes": region}),
        second: replace(other, info={**other.info, "region_notes": region}),
    }
    report = replace(study, results=results)
    assert page.told(report) == [f"{radius} ({report.short[first]})", *region]
    chinese = (
        "机巢飞行半径（forces.drones.radius_m） = 4 m，超出参数手册的范围 5000 至 10000 m（r_d_out；是否应为 4000 m？）"
        f" ({report.short[first]})"
    )
    assert page.told(replace(report, language="zh")) == [
        chinese,
        "区域不是衢州，仍沿用为衢州设定的取值：demand（mix, fires除外）；forces（13项中的8项）。",
        "全年警情3,500起、常住人口100,000人，即每千人35.00起，衢州为1.53起；按衢州的比率，2023年全市接警出动总数（demand.calls_per_year）应为153。",
    ]


def test_every_assumption_behind_the_configuration_is_listed():
    lines = sections.used()
    symbols = [line["symbol"] for line in lines]
    assert {"assumption", "literature"} <= {line["confidence"] for line in lines}
    assert len(symbols) == len(set(symbols))
    assert {"y_pc", "phi", "t_relay"} <= set(symbols)


def test_every_sentence_is_in_both_catalogues_with_the_same_values(study):
    english, chinese = catalogue("en"), catalogue("zh")
    for part in ("words", "measures"):
        assert english[part].keys() == chinese[part].keys()
        for key, words in english[part].items():
            assert words
            assert re.search(r"[一-鿿、]", chinese[part][key])
            assert set(re.findall(r"{(\w+)}", words)) == set(re.findall(r"{(\w+)}", chinese[part][key])), key
    assert len(english["method"]) == len(chinese["method"])


def test_every_measure_and_level_of_a_run_is_translated(study):
    lines = pd.read_csv(next(iter(study.results.values())).folder / "in_force.csv")
    assert set(lines["measure"]) <= set(catalogue("zh")["measures"])
    shown = zip(lines["measure"], lines["level"], strict=True)
    words = " ".join(translated("levels", sections._level(measure, text), "zh") for measure, text in shown)
    words += " ".join(translated("effects", effect, "zh") for effect in lines["effect"])
    assert not re.search(r"[a-z]{3}", words)


def test_names_that_hold_markup_are_harmless(study, monkeypatch):
    """Townships, runs and folders are named by the user: nothing of a name is read as HTML or ends a script."""
    bad = "<!--<script>alert(1)</script><i>'\"&"
    basemap = study.data.basemap_with_proposals
    townships = basemap.townships.assign(county=bad)
    townships.loc[0, "pinyin"] = bad
    stations = basemap.stations.assign(name=bad)
    report = ReportRuns(bad, study.results, study.baseline, "en")
    report.data.__dict__ |= {
        "basemap_with_proposals": replace(basemap, townships=townships, stations=stations)
    }
    report.data.__dict__["names"] = {name: f"{bad}{i}" for i, name in enumerate(study.results)}
    monkeypatch.setattr(page, "_pictures", lambda report: [])
    monkeypatch.setattr(page, "_library", lambda: "")
    text = page.build(report, bad, [bad])
    assert "<!--" not in text
    assert text.count("<script") == text.count("</script>") == 4
    assert "<i>" not in text
    facts, drawing = re.findall(
        r'<script type="application/json" id="[\w-]+">(.*?)</script>', text, re.DOTALL
    )
    assert json.loads(facts)["townships"][0]["latin"] == bad
    assert json.loads(facts)["runs"][1] == f"{bad}1"
    names = [
        trace["text"] for trace in json.loads(drawing)["data"] if trace.get("mode") in ("markers", "text")
    ]
    assert all(html.escape(bad, quote=False) in name for name in (names[0][0], names[1][0]))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "needs 1 FOLDER or more"),
        (["{folder}", "lang=fr"], "allowed: en, zh"),
        (["{folder}", "colour=red"], "unknown option colour"),
        (["{folder}", "--fast"], "unknown flag --fast"),
        (["{folder}", "baseline=1999"], "not among the runs"),
        (["{folder}/nothing"], "there is no such folder"),
    ],
)
def test_mistakes_are_one_sentence(folder, capsys, arguments, words):
    assert cli.main(["report", *(word.format(folder=folder) for word in arguments)]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_broken_folder_is_named_in_the_report(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(page, "_pictures", lambda report: [])
    broken = folder / "2030"
    broken.mkdir()
    (broken / "run.json").write_text(json.dumps({"status": "running"}), encoding="utf-8")
    try:
        assert cli.main(["report", str(folder), f"out={tmp_path / 'r.html'}"]) == 0
        assert capsys.readouterr().err.startswith(f"skipped: {broken}")
        assert str(broken) in (tmp_path / "r.html").read_text(encoding="utf-8")
    finally:
        (broken / "run.json").unlink()
        broken.rmdir()


def test_a_report_that_would_be_too_large_is_refused(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(page, "MOST_BYTES", 100_000)
    monkeypatch.setattr(page, "_pictures", lambda report: [])
    assert cli.main(["report", str(folder), f"out={tmp_path / 'r.html'}"]) == 2
    assert "name fewer runs" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_runs_that_are_the_same_in_every_row_are_one_column():
    rows = [[Cell("a"), *(Cell(str(value)) for value in line)] for line in ((1, 2, 2, 2, 3), (4, 5, 5, 5, 5))]
    table = sections._side_by_side(["x", "2023", "2027", "2028", "2029", "2030"], rows, 1)
    assert table.head == ["x", "2023", "2027–2029", "2030"]
    assert [[cell.text for cell in row] for row in table.rows] == [["a", "1", "2", "3"], ["a", "4", "5", "5"]]
    same = [[Cell("a"), Cell("1"), Cell("1")]]
    assert sections._side_by_side(["x", "share=0", "share=1"], same, 1).head == ["x", "share=0, share=1"]
    assert sections._side_by_side(["x", "2023", "2024"], [], 1).head == ["x", "2023", "2024"]


def test_the_interactive_map_names_population_year_and_n(study):
    facts = interactive_map.data(study)
    calls = [result.info["incidents"] / 3 for result in study.results.values()]
    assert facts["words"]["population"] == "all calls"
    assert facts["sizes"] == [
        f"{year} (n = {n:,.0f} in 6 days)" for year, n in zip((2023, 2025), calls, strict=True)
    ]
    assert "facts.sizes[run]" in (Path(interactive_map.__file__).parent / "map.js").read_text(
        encoding="utf-8"
    )


def test_each_nest_and_each_station_has_its_use(study):
    table = sections.posts(study)
    rows = {row[0].text: row[1:] for row in table.rows}
    last = list(study.results.values())[-1]
    count = last.dispatches.query("tier == 'drone' and outcome == 'arrived'")["station"].value_counts()
    assert count.iloc[0] > 0
    flown = count.iloc[0] / int(last.info["replications"])
    assert rows[str(count.index[0])][-1].text.startswith(f"{flown:.6g} sorties")
    assert any("busy" in cell.text for row in rows.values() for cell in row)
