"""python -m sim attribution: parts, the sum of the Shapley values, and a folder complete or absent."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from sim import cli
from sim.config.compose import compose
from sim.config.groups.plan import ASSUMED, effect_of, measures
from sim.errors import SimError
from sim.runs import replications
from sim.simulation import replication
from sim.studies.attribution import command, output
from sim.studies.attribution import groups as attribution
from sim.studies.attribution.groups import OTHER, AttributionStudy, parts_of
from sim.world import regions
from sim.world.plan import levels

SHORT = ["replications=2", "days=12", "workers=1"]


@cache
def study(year="2025", delivery="promised"):
    config = compose([f"scenario={year}", f"delivery={delivery}", *SHORT])
    return AttributionStudy(config, parts_of(config.plan, ["patrol_cars", "unified_dispatch"]))


@cache
def values(year="2025", delivery="promised"):
    region = regions.load(study(year).config.region)
    variants = attribution.configs(study(year, delivery))
    return np.array([attribution.coalition_values(variants, region, number) for number in (0, 1)])


def table():
    return attribution.table(values(), attribution.keys_of(study().config), list(study().parts))


def by_year(*years):
    tables = []
    for year in years:
        found = attribution.table(
            values(str(year)), attribution.keys_of(study(str(year)).config), list(study().parts)
        )
        found.insert(0, "year", year)
        plan, parts = study().config.plan, study().parts
        tables.append(
            found.assign(effect=[effect_of(plan, parts[part]) if part else "" for part in found["part"]])
        )
    return pd.concat(tables, ignore_index=True)


def test_groups_not_asked_for_are_one_part_and_none_is_lost():
    plan = study().config.plan
    parts = parts_of(plan, ["vehicles", "stations"])
    assert list(parts) == ["vehicles", "stations", OTHER]
    assert parts["vehicles"] == ("specialist_kit", "command_post")
    assert sorted(key for keys in parts.values() for key in keys) == sorted(key for key, _ in measures(plan))
    assert OTHER not in parts_of(plan, list(attribution.groups_of(plan)))
    assert set(attribution.groups_of(plan)) == set(output.NAMES) - {OTHER, ASSUMED}


def test_the_part_assumed_takes_what_is_typed_in_out_of_its_groups():
    plan = study().config.plan
    parts = parts_of(plan, ["vehicles", "unified_dispatch", "assumed"])
    assert parts["vehicles"] == ("specialist_kit",)
    assert parts["unified_dispatch"] == ("unified_dispatch",)
    assert parts["assumed"] == tuple(key for key, measure in measures(plan) if measure.effect == "assumed")
    assert sorted(key for keys in parts.values() for key in keys) == sorted(key for key, _ in measures(plan))


@pytest.mark.parametrize(
    ("asked", "said"), [(["cars"], "groups has 'cars'"), (["drones", "drones"], "groups names one twice")]
)
def test_bad_groups_are_refused(asked, said):
    with pytest.raises(SimError, match=said):
        parts_of(study().config.plan, asked)


def test_coalitions_go_from_no_measure_to_the_year():
    config, variants = study().config, attribution.configs(study())
    assert len(variants) == study().coalitions == 8
    assert levels(variants[0].plan, 2025) == levels(config.plan, 2023)
    assert variants[-1] == config
    first = variants[1].plan  # bit 0: the first part alone
    assert [key for key, measure in measures(first) if measure.enabled] == ["patrol_cars"]
    off = replace(config, plan=attribution.without(config.plan, ["stations.zhihui_small"]))
    assert not attribution.configs(replace(study(), config=off))[-1].plan.stations["zhihui_small"].enabled


def test_the_ends_are_the_runs_of_2023_and_of_the_year():
    keys = attribution.keys_of(study().config)
    for place, year in ((0, 2023), (-1, 2025)):
        world = replication.build_world(compose([f"scenario={year}", *SHORT]))
        for number in (0, 1):
            run = replications.one(world, number).indicators.set_index(["kpi", "by", "group"])["value"]
            for column, (kpi, by, group, _) in enumerate(keys):
                if (kpi, by, group) in run.index:
                    np.testing.assert_equal(values()[number, place, column], run[(kpi, by, group)])


def test_sums_by_setting_add_up_to_the_region():
    keys = attribution.keys_of(study().config)
    for name in attribution.SUMS:
        parts = [place for place, key in enumerate(keys) if key[0] == name and key[1] == "setting"]
        whole = keys.index((name, "all", "all", attribution.SUMS[name][1]))
        assert values()[:, :, parts].sum(axis=2) == pytest.approx(values()[:, :, whole])


def test_shapley_values_add_up_to_the_change_in_every_indicator():
    found = table()
    keys = ["kpi", "by", "group"]
    change = found[found["way"] == "change"].set_index(keys)["mean"]
    total = found[found["way"] == "shapley"].groupby(keys, sort=False)["mean"].sum(min_count=3)
    pd.testing.assert_series_equal(total, change, rtol=1e-9, atol=1e-9)
    wide = found.pivot_table("mean", keys, "way", "sum", dropna=False)
    assert change.abs().max() > 1  # something did change
    np.testing.assert_allclose(wide["after"] - wide["before"], wide["change"], atol=1e-9)


def test_unified_dispatch_brings_first_arrival_forward():
    found = table().set_index(["kpi", "by", "part", "way"])["mean"]
    for way in ("alone", "last", "shapley"):
        assert found[("first_arrival_mean", "all", "unified_dispatch", way)] < 0
        assert found[("first_arrival_within_10", "all", "unified_dispatch", way)] > 0


def test_what_is_not_yet_in_force_changes_nothing():
    # 2024: no other team is on the platform yet
    found = attribution.table(
        values("2024"), attribution.keys_of(study("2024").config), list(study("2024").parts)
    )
    dispatch = found[found["part"] == "unified_dispatch"]
    assert (dispatch["mean"].dropna() == 0).all()


def test_a_partial_delivery_is_drawn_in_every_replication():
    assert not np.array_equal(values("2025", "partial"), values(), equal_nan=True)
    np.testing.assert_array_equal(
        values("2025", "partial")[:, 0], values()[:, 0]
    )  # nothing is delivered in part


def test_an_indicator_that_a_coalition_lacks_is_left_out_of_the_replication():
    given = np.arange(12.0).reshape(3, 4, 1)
    given[1, 2, 0] = np.nan
    found = attribution.table(given, [("k", "all", "all", "min")], ["a", "b"])
    assert set(found["replications"]) == {2}
    sums = found.groupby("way")["mean"].sum()
    assert sums["shapley"] == pytest.approx(sums["change"])


# -- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(command, "measure", lambda studies: by_year(*studies))


def asked(*arguments):
    return command.studies_of(command.USAGE.parse(arguments))


ASKED = ["year=2025", "groups=patrol_cars,unified_dispatch", *SHORT]


def test_the_command_leaves_table_picture_and_what_was_run(tmp_path, quick, capsys):
    folder = tmp_path / "new" / "attribution"
    assert cli.main(["attribution", *ASKED, f"out={folder}"]) == 0
    of_several = {f"{output.BY_YEAR}.png", f"{output.BY_YEAR}.svg"}
    assert {path.name for path in folder.iterdir()} == command.FILES - of_several
    pd.testing.assert_frame_equal(
        pd.read_csv(folder / command.TABLE, keep_default_na=False, na_values={"mean": [""], "low": [""], "high": [""]}),
        by_year(2025), check_dtype=False,
    )  # fmt: skip
    info = json.loads((folder / command.INFO).read_text(encoding="utf-8"))
    assert (info["status"], info["scenario"], info["coalitions"]) == ("complete", 2025, 8)
    assert info["years"] == [2025]
    assert list(info["parts"]) == ["patrol_cars", "unified_dispatch", OTHER]
    said = capsys.readouterr().out
    assert "3 parts, 8 coalitions, 2 replications" in said
    assert "other (drone_nests, platform, specialist_kit" in said
    assert "first capable arrival, mean, min:" in said
    assert "first arrival within 10 min, %:" in said
    assert "Shapley values by setting" in said
    assert cli.main(["attribution", *ASKED, f"out={folder}"]) == 0  # again: takes the place of the old one
    assert [path.name for path in folder.parent.iterdir()] == ["attribution"]


def test_other_peoples_folders_are_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert cli.main(["attribution", *ASKED, f"out={tmp_path}"]) == 2
    assert "thesis.txt, which is no attribution" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_mistake_or_ctrl_c_leaves_nothing(tmp_path, quick, monkeypatch, capsys):
    def broken(*_):
        raise OSError(28, "No space left on device")

    def interrupted(*_):
        raise KeyboardInterrupt

    folder = tmp_path / "attribution"
    monkeypatch.setattr(output, "draw", broken)
    assert cli.main(["attribution", *ASKED, f"out={folder}"]) == 2
    assert "the disk is full" in capsys.readouterr().err
    monkeypatch.setattr(output, "draw", interrupted)
    assert cli.main(["attribution", *ASKED, f"out={folder}"]) == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["year=1999"], "year is '1999'; allowed: all, 2023"),
        (["year=2025,2025"], "year names one twice"),
        (["groups=cars"], "groups has 'cars'"),
        (["groups="], "groups is empty"),
        (["scenario=2025"], "scenario is given as year"),
        (["replications=auto"], "replications is 'auto'; an attribution needs a number"),
        (["--fast"], "unknown flag --fast"),
        (["plan.patrol_cars.share=2"], "plan.patrol_cars.share is 2"),
    ],
)
def test_bad_options_are_one_sentence(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["attribution", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_processes_do_not_change_the_result():
    studies = {
        year: replace(study(str(year)), config=replace(study(str(year)).config, workers=2))
        for year in (2024, 2025)
    }
    pd.testing.assert_frame_equal(command.measure(studies), by_year(2024, 2025))


def test_the_default_is_what_the_readme_asks_about():
    studies, folder = asked()
    assert list(studies) == [2025]
    assert list(studies[2025].parts) == [*command.GROUPS, OTHER]
    assert folder == command.OUT / "2025"
    studies, _ = asked("groups=all", "year=2030")
    groups = attribution.groups_of(studies[2030].config.plan)
    assert list(studies[2030].parts) == list(groups)
    assert studies[2030].coalitions == 2 ** len(groups) == 2**10


@pytest.mark.slow
def test_several_years_are_asked_for_together(tmp_path, quick, capsys):
    folder = tmp_path / "attribution"
    assert cli.main(["attribution", "year=2025,2024", *ASKED[1:], f"out={folder}"]) == 0
    assert {path.name for path in folder.iterdir()} == command.FILES
    assert list(pd.read_csv(folder / command.TABLE)["year"].unique()) == [2024, 2025]
    assert json.loads((folder / command.INFO).read_text(encoding="utf-8"))["years"] == [2024, 2025]
    assert "State at the end of 2024, 2025" in capsys.readouterr().out
    studies, own = asked("year=all")
    assert list(studies) == list(range(2024, 2031))
    assert own == command.OUT / "all"


def test_worlds_that_are_the_same_are_run_once_across_years(monkeypatch):
    runs = []
    run = attribution.simulated
    monkeypatch.setattr(attribution, "simulated", lambda *given: runs.append(given) or run(*given))
    config = compose(["scenario=2027", "replications=1", "days=3"])
    region = regions.load(config.region)
    shared = attribution.Shared.of(config, region, 0)
    found = {}
    for year in (2027, 2028, 2030):
        config = compose([f"scenario={year}", "replications=1", "days=3"])
        variants = attribution.configs(AttributionStudy(config, parts_of(config.plan, ["patrol_cars"])))
        found[year] = attribution.coalition_values(variants, region, 0, shared)
        alone = attribution.coalition_values(variants[-1:], region, 0)
        np.testing.assert_array_equal(found[year][-1], alone[0])  # sharing changes nothing
    # 2028 brings nothing; in 2030 the proposed stations are new, with and without patrol cars
    assert len(runs) - 3 == 4 + 0 + 2
    np.testing.assert_array_equal(found[2027], found[2028])


def test_growing_demand_makes_other_worlds_of_the_same_levels():
    shared = {}
    for year in (2027, 2028):
        config = compose([f"scenario={year}", "demand.growth=0.05", "days=3"])
        levels_ = replication.levels_of(config, regions.load(config.region))
        shared[str(levels_)] = [
            *shared.get(str(levels_), []),
            tuple(replication.demand_factor(config, levels_)),
        ]
    assert len(shared) == 1
    assert len(set(next(iter(shared.values())))) == 2


def test_the_size_up_is_a_mean_over_the_incidents():
    keys = attribution.keys_of(study().config)
    world = replication.build_world(compose(["scenario=2025", *SHORT]))
    incidents = replications.one(world, 0).incidents.to_pandas()
    fires = incidents["type"].str.endswith("_fire")
    whole, of_fires = (
        values()[0, -1, keys.index(("size_up_mean", *key, "min"))]
        for key in (("all", "all"), ("category", "fire"))
    )
    assert whole == pytest.approx(incidents["size_up_s"].mean() / 60)
    assert of_fires == pytest.approx(incidents.loc[fires, "size_up_s"].mean() / 60)
