"""A region's own stations as a city: its run becomes the log; and no other city's output says a word of Quzhou."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up_city import tables, write

from sim import cli
from sim.city.files import folder
from sim.city.model import choice
from sim.storage import run_folder

QUZHOU = ("衢州", "Quzhou", "拟建", "大队")
NUMBER = re.compile(r"(?<![\d.,])119(?![\d.,])")  # of the fire service in China; 1.119 and 119.2 are results


@pytest.fixture(autouse=True)
def plain_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the longest step of a fit: it says nothing and writes no word."""
    monkeypatch.setattr(choice, "fit", lambda *_: choice.Choice(0.0, 0.0, np.zeros(24)))


def city(*words: object) -> int:
    """Return the exit status of a command."""
    return cli.main(["city", *map(str, words)])


def test_a_run_of_quzhou_becomes_a_city_that_is_fitted_and_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (
        "scenario=2023",
        "days=15",
        "replications=1",
        "workers=1",
        "figures=none",
        f"out={tmp_path}",
        "name=run",
    )
    assert cli.main(list(asked)) == 0
    home = tmp_path / "city"
    assert city("import", "run", tmp_path / "run", f"out={home}") == 0
    found, result = folder.load(home), run_folder.load(tmp_path / "run")
    standing = pd.read_csv(Path(cli.__file__).parents[1] / "data" / "quzhou" / "stations.csv").query(
        "status == 'existing'"
    )
    assert set(found.stations["station"]) == set(standing["name"])
    sent = result.dispatches
    own = sent[sent["unit"].isin(found.units["unit"])]
    assert len(found.log) == len(own) > 150
    took_s = (found.log["arrived"] - found.log["ordered"]).dt.total_seconds()
    assert np.sort(took_s.dropna()) == pytest.approx(
        np.sort((own["arrived_s"] - own["dispatched_s"]).dropna()), abs=1.0
    )
    calls = result.incidents.set_index("incident")["time_s"].loc[found.log["incident"].astype(int)]
    called_s = (found.log["call"] - pd.Timestamp("2023-01-01", tz="UTC")).dt.total_seconds()
    assert called_s.to_numpy() == pytest.approx(calls.to_numpy(), abs=1.0)
    assert city("check", home) == 0
    assert city("fit", home) == 0
    near = f"add={found.stations['station'][0]}:engine:Mo-Fr 08:00-18:00"
    assert city("whatif", home, near, "replications=2", "workers=1") == 0
    assert "persons on duty" in capsys.readouterr().out
    assert city("import", "run", tmp_path / "run", f"out={home}", "log=x.csv") == 2
    assert city("import", "run", home, f"out={tmp_path / 'other'}") == 2
    assert not (tmp_path / "other").exists()


def test_no_output_of_another_city_has_a_word_of_quzhou(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tables(6, 420)
    half = raw["log"]["number"] % 7 > 0
    vehicles = raw["vehicles"].assign(persons=5, when="Mo-Su 00:00-24:00")
    units = {
        "file": "vehicles.csv",
        "unit": "vehicle",
        "kind": "kind",
        "station": "station",
        "crew": "persons",
        "hours": "when",
    }
    file = write(tmp_path / "raw", raw | {"log": raw["log"][half], "vehicles": vehicles}, {"units": units})
    raw["log"][~half].to_csv(tmp_path / "later.csv", index=False)
    home, later, few = tmp_path / "city", tmp_path / "later", ("replications=2", "workers=1")
    right = (
        ("import", file, tmp_path / "raw", f"out={home}"),
        ("import", file, tmp_path / "raw", f"log={tmp_path / 'later.csv'}", f"out={later}"),
        ("check", home), ("fit", home), ("validate", home, *few), ("replay", home, f"log={later / 'log.csv'}", *few),
        ("whatif", home, "add=New@4500/4500:engine", "move=S00@10/10", "close=S33", f"out={tmp_path / 'if'}", *few),
        ("--help",),
    )  # fmt: skip
    wrong = (
        ("check", "nowhere"), ("check", tmp_path / "raw"), ("fit", later, "share=1"), ("replay", later), ("chek", "x"),
        ("import", "sanfrancisco", "raw", "out=x"), ("import", "run", home, f"out={tmp_path / 'x'}"),
        ("whatif", home), ("whatif", home, "add=New@1/2:engin"), ("whatif", home, "close=S0"),
    )  # fmt: skip
    for asked, status in ((right, 0), (wrong, 2)):
        for words in asked:
            assert city(*words) == status, words
    (later / "units.csv").unlink()
    assert city("check", later) == 2
    said = capsys.readouterr()
    assert "units.csv is missing: a city needs stations.csv, units.csv and log.csv." in said.err
    for text in (
        said.out,
        said.err,
        (tmp_path / "city-validation" / "validation.md").read_text(encoding="utf-8"),
    ):
        assert not NUMBER.search(text), NUMBER.search(text)
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(written) > 20
    for name, content in {"screen": (said.out + said.err).encode(), **written}.items():
        assert [word for word in QUZHOU if word.encode() in content] == [], name
