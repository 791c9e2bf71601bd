"""python -m sim report portfolio=FOLDER: the answer in the report; other studies and runs are refused."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("plotly", reason="the extra `report` is not installed")

from sim import cli
from sim.analysis import not_known
from sim.errors import SimError
from sim.reports import page
from sim.storage import run_folder
from sim.studies.portfolio.section import section

STORED = Path(__file__).parents[3] / "docs" / "portfolio"
KEY = "first_capable_mean/risk/life_risk"


def study(place: Path, **settings: Any) -> Path:
    """Copy the stored study, with what its version lacks."""
    shutil.copytree(STORED, place / "portfolio")
    file = place / "portfolio" / "study.json"
    known = json.loads(file.read_text(encoding="utf-8"))
    known |= {"region_digest": "here", "world": not_known.world("")} | settings
    file.write_text(json.dumps(known), encoding="utf-8")
    keys = ["/".join(key) for key in known["keys"]]
    row = {"portfolio": "best_20", "cost": 1.9e7, "rival": "siting", "rival_cost": 1.8e7, "verdict": "better"}
    row |= {
        f"{key} {part}": value
        for key in keys
        for part, value in (("change", -0.5), ("low", -0.7), ("high", -0.3))
    }
    pd.DataFrame([row]).to_csv(place / "portfolio" / "against.csv", index=False)
    return place


def runs(**info: Any) -> Any:
    return {"a": SimpleNamespace(info={"scenario": 2027, "region_digest": "here"} | info, config="")}


def test_the_report_has_answer_pictures_and_what_is_paid_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_pictures", lambda report: [])
    given = ["scenario=2027", "days=2", "replications=2", "workers=1", "figures=none", "name=plan"]
    assert cli.main([*given, f"out={tmp_path / 'runs'}"]) == 0
    result = run_folder.load(tmp_path / "runs" / "plan")
    known = {"region_digest": result.info["region_digest"], "world": not_known.world(result.config)}
    place = study(tmp_path / "study", **known)
    cost = pd.read_csv(STORED / "portfolios.csv").set_index("portfolio").loc["plan", "cost"] / 1e6
    said = {
        "en": [
            f"price of the plan ({cost:.1f} million",
            "Beside greedy",
            "township team",
            "The same money spent",
        ],
        "zh": [
            f"用规划的费用（每年{cost:.1f}百万元）",
            "与贪心法和选址模型相比",
            "乡镇专职队",
            "同样的钱，更好的效果",
        ],
    }
    texts = []
    for lang in ("en", "zh", "en"):
        file = tmp_path / f"{len(texts)}.html"
        assert (
            cli.main(["report", str(tmp_path / "runs"), f"portfolio={place}", f"lang={lang}", f"out={file}"])
            == 0
        )
        texts.append(file.read_text(encoding="utf-8").replace(file.name, "page"))
        own = re.search(r'<section id="portfolio">.*?</section>', texts[-1], re.S)
        assert own
        assert all(words in own[0] for words in said[lang])
        assert own[0].count('src="data:image/png;base64,') == 2
        assert 'href="#portfolio"' in texts[-1]
    assert texts[0] == texts[2]


@pytest.mark.parametrize(
    ("info", "why"),
    [
        ({"region_digest": "there"}, "a is another region's"),
        ({"scenario": 2025}, "none is of 2027"),
        ({"config": "days: 3"}, "a: not 2027 with the options of the study"),
    ],
)
def test_a_study_of_other_runs_is_refused(info: dict[str, Any], why: str, tmp_path: Path) -> None:
    others = runs(**info)
    others["a"].config = info.get("config", "")
    with pytest.raises(SimError, match=re.escape(why)) as refusal:
        section(study(tmp_path), others, "en")
    assert str(refusal.value).startswith(f"portfolio={tmp_path / 'portfolio'} does not speak of these runs (")


def test_one_run_of_the_studys_plan_is_enough(tmp_path: Path) -> None:
    several = runs() | {"b": runs(scenario=2023)["a"]}
    assert section(study(tmp_path), several, "en").pictures


@pytest.mark.parametrize(
    "spoilt", ["study.json", "portfolios.csv", "against.csv", "map.png", "finance.csv", "levers.csv"]
)
@pytest.mark.parametrize("how", ["gone", "empty", "other"])
def test_a_folder_without_a_whole_study_is_refused_in_a_sentence(
    spoilt: str, how: str, tmp_path: Path
) -> None:
    place = study(tmp_path)
    file = place / "portfolio" / spoilt
    if how == "gone":
        file.unlink()
    else:
        file.write_text("" if how == "empty" else '{"a": 1}' if spoilt.endswith("json") else "a,b\n1,2\n")
    with pytest.raises(SimError, match="no portfolio study that can be read") as refusal:
        section(place, runs(), "en")
    assert "\n" not in str(refusal.value)
