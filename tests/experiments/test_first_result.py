"""python -m experiments.reference.first_result: the README shows the published table."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from experiments.reference import first_result, growth
from experiments.reference.first_result import BEGIN, END, INDICATORS, PARTS
from sim.errors import SimError
from sim.studies.attribution import command

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "results" / "reference"
YEARS = (2024, 2025, 2030)
# minutes or shares that a part brings, by indicator; those of a year are in proportion to its number
GAIN = {
    "vehicles": 0.0,
    "assumed": 0.0,
    "patrol_cars": -1.25,
    "drones": -0.01,
    "unified_dispatch": -2.5,
    "township_teams": 0.0,
    "other": 0.5,
}


def rows(half=0.125):
    found = []
    for year in YEARS:
        for item in INDICATORS:
            key = (year, item.kpi, item.by, item.group, "share" if item.unit == "%" else "min")
            scale = (year - 2020) / 10 / item.factor
            total = sum(GAIN.values()) * scale
            values = [
                ("", "before", 20 / item.factor),
                ("", "after", 20 / item.factor + total),
                ("", "change", total),
            ]
            values += [(part, way, GAIN[part] * scale) for way in ("shapley", "alone") for part in PARTS]
            width = half / item.factor
            found += [
                (*key, part, way, mean, mean - width * (mean != 0), mean + width * (mean != 0), 10)
                for part, way, mean in values
            ]
    table = pd.DataFrame(found, columns=["year", *command.attribution.COLUMNS])
    return table.assign(effect=["assumed" if part == "vehicles" else "mechanism" for part in table["part"]])


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "attribution"
    folder.mkdir()
    rows().to_csv(folder / command.TABLE, index=False)
    info = {"parts": {part: [] for part in PARTS}, "replications": 10, "days": 365, "delivery": "promised"}
    (folder / command.INFO).write_text(json.dumps(info), encoding="utf-8")
    return folder


@pytest.fixture
def readme(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    return path


def test_command_writes_table_picture_and_readme_section(source, readme, tmp_path, capsys):
    out = tmp_path / "reference"
    assert first_result.main([str(source), f"out={out}", f"readme={readme}"]) == 0
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {"first_result.csv", "first_result.md", "figures/first_result.png"}
    text = readme.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"\n{END}\nafter\n")
    assert "\nold\n" not in text
    assert "minutes; as shipped 1.6 minutes sooner" in text
    page = (out / "first_result.md").read_text(encoding="utf-8")
    assert "| in 2023 | 20.0 ± 0.1 | 20.0 ± 0.1 |" in page
    assert "| **change by 2030** | **−3.26 ± 0.12** | **−3.26 ± 0.12** |" in page
    assert "| patrol cars | −1.25 ± 0.12 |" in page
    assert "| specialist vehicles and equipment (assumed 假定) | 0 | 0 |" in page
    assert "change by 2024" not in text
    assert "change by 2024" in (out / "first_result.md").read_text(encoding="utf-8")
    assert set(pd.read_csv(out / "first_result.csv")["way"]) == {"before", "after", "change", "shapley"}
    assert "first_result.png" in capsys.readouterr().out


def test_sentences_follow_the_numbers_the_largest_gain_first(source, monkeypatch):
    monkeypatch.setattr(first_result, "_not_known", lambda: None)
    words = " ".join(first_result.sentences(first_result.load(source)).split())
    assert "By the end of 2025" in words  # 2030 has only stations that the model proposes
    assert "the first capable crew: 1.6 minutes sooner (18.4 minutes" in words
    assert "so many minutes sooner: unified 119 dispatch 1.2; patrol cars 0.6; drone" in words
    assert "specialist vehicles and equipment (assumed) 0;" in words
    assert "stations and water −0.2." in words
    assert "its true size is known no sooner" in words  # the change is smaller than its interval
    assert "The change by 2030 (1.6 minutes sooner" in words


def test_a_bullet_begins_with_what_is_not_known_of_its_own_calls(source, tmp_path, monkeypatch):
    study = tmp_path / "study"
    shutil.copytree(ROOT / "docs" / "uncertainty", study)
    settings = json.loads((study / "study.json").read_text(encoding="utf-8"))
    (study / "study.json").write_text(json.dumps(settings | {"worlds": {}, "region_digest": ""}))
    row = "min,{},{},-3.64,-2.6,-2.24,-1.9,-0.94,0.8,0.07\n"
    (study / "years.csv").write_text(
        "kpi,by,group,unit,before,year,low,lower,middle,upper,high,not_known_sd,monte_carlo_sd\n"
         "first_capable_mean,all,all," + row.format(2023, 2025)  # of other calls
        + "full_force_mean,risk,life_risk," + row.format(2023, 2030)  # of another year
        + "trained_water_mean,risk,life_risk," + row.format(2023, 2025)
    )  # fmt: skip
    monkeypatch.setattr(first_result, "CLAIMS", study)
    words = first_result.sentences(first_result.load(source))
    assert (
        "by a trained crew, at building fires: −2.2 (−3.6 to −0.9) minutes; as shipped 1.6 minutes sooner"
        in words
    )
    assert words.count("as shipped") == 1
    assert "Each line first gives the change with all\nuncertain inputs varied" in words


def test_worse_change_is_called_later():
    assert first_result._sooner(0.5, 0.1) == "0.5 minutes later"
    assert first_result._sooner(-0.5, 0.6) == "no sooner"
    assert first_result._sooner(-0.04, 0.01) == "no sooner"


def spoil_table(source):
    table = pd.read_csv(source / command.TABLE)
    table.drop(columns="way").to_csv(source / command.TABLE, index=False)


def one_year(source):
    table = pd.read_csv(source / command.TABLE)
    table[table["year"] == 2025].to_csv(source / command.TABLE, index=False)


def other_parts(source):
    info = json.loads((source / command.INFO).read_text(encoding="utf-8"))
    (source / command.INFO).write_text(json.dumps(info | {"parts": {"water": []}}), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_table, "lacks the column(s) way"),
        (one_year, "has the years 2025; needed: 2025 and a later one"),
        (other_parts, "has the parts water; needed: vehicles"),
        (lambda source: (source / command.INFO).unlink(), "is no attribution"),
    ],
)
def test_unsuitable_attribution_is_refused(source, readme, tmp_path, capsys, spoil, said):
    spoil(source)
    before = readme.read_text(encoding="utf-8")
    assert first_result.main([str(source), f"out={tmp_path / 'reference'}", f"readme={readme}"]) == 2
    assert said in capsys.readouterr().err
    assert readme.read_text(encoding="utf-8") == before
    assert not (tmp_path / "reference").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["year=2025"], "unknown option year=2025"),
        (["--fast"], "unknown option --fast"),
        (["a", "b"], "name one"),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(arguments, said, capsys):
    assert first_result.main(arguments) == 2
    assert said in capsys.readouterr().err


def test_readme_without_marks_is_refused_before_writing(source, tmp_path, capsys):
    plain = tmp_path / "plain.md"
    plain.write_text("no marks", encoding="utf-8")
    assert first_result.main([str(source), f"out={tmp_path / 'reference'}", f"readme={plain}"]) == 2
    assert "lacks the marks" in capsys.readouterr().err
    assert not (tmp_path / "reference").exists()


def test_readme_contains_the_published_numbers():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.partition(BEGIN)[2].partition(END)[0]
    table = pd.read_csv(REFERENCE / "first_result.csv", keep_default_na=False)
    info = {"replications": int(table["replications"].max()), "days": 365, "delivery": "promised"}
    assert block.strip() == first_result.block(first_result.Source(table, info), "results/reference").strip()
    translated = (ROOT / "README.zh.md").read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert translated.strip() == first_result.chinese(first_result.Source(table, info)).strip()
    for name in ("first_result.csv", "first_result.md", "figures/first_result.png", "comparison.csv"):
        assert (REFERENCE / name).is_file()
    assert sum(path.stat().st_size for path in REFERENCE.rglob("*") if path.is_file()) < 4_000_000


def indicators(calls):
    rows = [(kpi, by, calls, calls - 1, calls + 1) for kpi, by, _ in growth.SHOWN]
    return pd.DataFrame(rows, columns=["kpi", "by", "mean", "low", "high"]).set_index(["kpi", "by"])


def test_growth_stands_beside_the_same_year_without_it():
    page = growth.page({2025: indicators(3000.0), 2026: indicators(1.0)}, {2025: indicators(5000.0)})
    assert [line.split(" | ")[:3] for line in page.splitlines() if line.startswith("| 20")] == [
        ["| 2025", "as in 2023", "3,000 ± 1"],
        ["| 2025", "growing and ageing", "5,000 ± 1"],
    ]


def test_growth_without_its_year_in_the_rollout_is_refused():
    with pytest.raises(SimError, match="has no run of 2027"):
        growth.page({2025: indicators(1.0)}, {2027: indicators(1.0)})
