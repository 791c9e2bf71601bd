"""Options of the command line: which are accepted, and the message for each that is refused."""

# ruff: noqa: E501 -- the table of refusals reads best with one option a line

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.config.compose import compose, options, quoted
from sim.errors import SimError
from sim.sweeps import expand

ALL_YEARS = "2023, 2024, 2025, 2026, 2027, 2028, 2029, 2030"

REFUSED = {
    "scenario=2031": ["scenario is '2031'", ALL_YEARS],
    "scenario=": ["scenario is ''", ALL_YEARS],
    "scenario=[2025]": ["scenario is [2025]", ALL_YEARS],
    "scenario=2023,2024": ["several values", "-m"],
    "scenario=range(2023,2025)": ["several values", "-m"],
    "+scenario=2024": ["scenario is chosen already", "scenario=name"],
    "scenario@x=2025": ["'scenario@x=2025'", "no key"],
    "~scenario": ["key scenario is missing"],
    "foo=1": ["unknown key foo", "docs/configuration.md"],
    "+foo=1": ["unknown key foo", "known keys here: scenario, delivery"],
    "plan.foo=1": ["unknown key plan.foo"],
    "+plan.foo=1": ["unknown key plan.foo", "known keys in plan: name"],
    "+scenario.foo=1": ["unknown key scenario.foo", "known keys in scenario: year, title"],
    "+plan.patrol_cars.foo=1": ["unknown key plan.patrol_cars.foo", "enabled, clauses"],
    "+demand.places.moon_fire.urban_rate=1": ["unknown key demand.places.moon_fire", "residential_fire"],
    "+days=3": ["days is there already", "without a plus"],
    "days=many": ["days must be a whole number in 1..365 days", "found 'many'"],
    "days=1.5": ["days must be a whole number in 1..365 days", "found 1.5"],
    "days=366": ["days is 366 days", "1..365"],
    "days=1,2": ["several values", "-m"],
    "replications=0": ["replications is 0", "1..100000"],
    "seed=-1": ["seed is -1", "0..9223372036854775807"],
    "seed=9223372036854775808": ["seed is 9223372036854775808", "0..9223372036854775807"],
    "workers=-1": ["workers is -1", "0..4096"],
    "figures=some": ["figures is 'some'", "none, main, all"],
    "out=": ["out is empty", "folder"],
    "name=../x": ["name is '../x'", "slash"],
    "name=a/b": ["name is 'a/b'", "slash"],
    "name=..": ["name is '..'", "dot"],
    "name=a\\b": ["name is 'a", "backslash"],
    "name=''": ["name is ''", "1..120 bytes"],
    f"name={'a' * 121}": ["name is 'aaa", "1..120 bytes"],
    f"name={'衢' * 41}": ["name is '衢衢", "1..120 bytes"],
    "name=${foo}": ["foo"],
    "name=${oc.env:HOME}": ["name is '${oc.env:HOME}'", "outside the configuration"],
    "~seed": ["key seed is missing", "random streams"],
    "~plan.patrol_cars.phase.2024": ["plan.patrol_cars.phase is empty"],
    "~dispatch.run_cards.standby": ["key dispatch.run_cards.standby is missing"],
    "~foo": ["unknown key foo", "nothing to take away"],
    "days": ["'days'", "key=value"],
    "": ["''", "key=value"],
    "=3": ["'=3'", "no key"],
    "~": ["'~'", "no key"],
    "days=[1": ["'days=[1'", "key=value"],
    "out='": ["out='", "key=value"],
    "plan=other": ["plan is 'other'", "quzhou_2024"],
    "region=hangzhou": ["region is 'hangzhou'", "quzhou"],
    "outcome=[target,national]": ["outcome is ['target', 'national']", "national, target, zhejiang"],
    "launch=cloud": ["launch is 'cloud'", "basic"],
    "hydra/launcher=cloud": ["hydra/launcher is 'cloud'", "basic, joblib"],
    "plan.patrol_cars.phase={2024: 1}": [
        "plan.patrol_cars.phase cannot be replaced",
        "+plan.patrol_cars.phase.entry",
    ],
    "plan.patrol_cars.phase.2026=1": [
        "unknown key plan.patrol_cars.phase.2026",
        "+plan.patrol_cars.phase.2026=value",
    ],
    "+plan.patrol_cars.phase.1999=1": ["plan.patrol_cars.phase", "1999", "2023..2050"],
    "+plan.unified_dispatch.phase.2028=0.2": ["plan.unified_dispatch.phase falls to 0.2 in 2028"],
    "plan.patrol_cars.share=2": ["plan.patrol_cars.share is 2", "0..1"],
    "plan.awareness.level=0.1": ["plan.awareness.level is 0.1", "0.8"],
    "demand.fires.building=0.9": ["demand.fires.building", "add up to 1"],
    "outcome.victims=[0.9,0.2]": ["outcome.victims", "add up to 1", "[0.9, 0.2]"],
    "demand.severity.growth.vehicle_fire=[1,1,0,0]": ["demand.severity.growth.vehicle_fire", "add up to 1"],
    "+demand.rescues.cat_rescue=1": ["demand.rescues.cat_rescue", "traffic_rescue"],
    "+forces.specialists.cave=金川站": ["unknown key forces.specialists.cave", "chemical"],
    "forces.professional.classes.class1.vehicles={boat: 1}": ["forces.professional.classes.class1.vehicles"],
    "+forces.professional.classes.class1.vehicles.boat=1": [
        "unknown key forces.professional.classes.class1.vehicles.boat",
        "engine",
    ],
    "forces.township.kinds=[city]": ["forces.township.kinds holds 'city'", "town, township, subdistrict"],
    "+dispatch.run_cards.standby.0.boat=1": ["dispatch.run_cards"],
    "dispatch.run_cards.standby=[{crew: 1}]": ["dispatch.run_cards.standby must have 3 cards", "found 1"],
    "dispatch.queue=pray": ["dispatch.queue is 'pray'", "wait, loss"],
    "fireground.growth.doubling.scale=0": ["fireground.growth.doubling.scale is 0 s", "above 0"],
    "forces.recovery.law=normal": ["forces.recovery.law is 'normal'", "lognormal, exponential, constant"],
    "region.lon_min=120": ["region.lon_min is 120", "below region.lon_max, 119.5"],
    "~travel.detour.urban": ["travel.detour.urban is missing"],
}


@pytest.mark.parametrize("option", REFUSED)
def test_wrong_option_is_refused_in_one_sentence(option: str) -> None:
    with pytest.raises(SimError) as refusal:
        compose([option])
    text = str(refusal.value)
    assert all(word in text for word in REFUSED[option]), text
    assert "\n" not in text
    assert len(text) < 600
    assert text.endswith(".")


@given(st.text(max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_text_as_option_is_composed_or_refused_in_a_sentence(option: str) -> None:
    try:
        compose([option])
    except SimError as refusal:
        text = str(refusal)
    else:
        text = ""
    assert "Traceback" not in text


@given(
    st.sampled_from(["days", "seed", "name", "scenario", "plan.patrol_cars.share", "+x", "~plan", "outcome"]),
    st.text(max_size=12),
)
@settings(max_examples=15, deadline=None)
def test_any_value_of_a_known_key_is_composed_or_refused(key: str, text: str) -> None:
    try:
        config = compose([f"{key}={text}"])
    except SimError:
        return
    assert 1 <= config.days <= 365
    assert 0 <= config.plan.patrol_cars.share <= 1


@pytest.mark.parametrize(
    ("option", "found"),
    [
        ("name=衢州", "衢州"), ("name='衢州 2'", "衢州 2"), ("name=a b", "a b"), ("name=2025", "2025"), ("name=x,y", None),
        ("name='a,b'", "a,b"), ("name=-", "-"), ("name=x*?", "x*?"), (f"name={'a' * 120}", "a" * 120), ("name=null", None),
    ],
)  # fmt: skip
def test_run_name_accepts_valid_names_and_refuses_sweeps(option: str, found: str | None) -> None:
    if option == "name=x,y":
        with pytest.raises(SimError, match="several values"):
            compose([option])
    else:
        assert compose([option]).name == found


def test_last_of_two_values_for_a_key_wins() -> None:
    config = compose(["replications=1", "scenario=2023", "replications=3", "scenario=2026"])
    assert (config.replications, config.scenario.year) == (3, 2026)


def test_table_entries_can_be_added_and_removed() -> None:
    config = compose(
        [
            "+plan.patrol_cars.phase.2026=1.0",
            "plan.patrol_cars.phase.2024=0.5",
            "~demand.rescues.hazmat_rescue",
        ]
    )
    assert config.plan.patrol_cars.phase == {"2024": 0.5, "2026": 1.0}
    assert "hazmat_rescue" not in config.demand.rescues


def test_chinese_values_need_no_quotes() -> None:
    assert compose(["forces.specialists.chemical=金川站"]).forces.specialists["chemical"] == "金川站"
    assert quoted(["name=衢州,龙游,a"]) == ["name='衢州','龙游',a"]
    assert quoted(["name='衢州'"]) == ["name='衢州'"]


@pytest.mark.parametrize(
    ("arguments", "years"),
    [
        (["scenario=2023,2024,2030"], ["2023", "2024", "2030"]),
        (["scenario='2023','2024'"], ["2023", "2024"]),
        (["scenario=range(2023,2026)"], ["2023", "2024", "2025"]),
        (["scenario=choice(2024,2027)"], ["2024", "2027"]),
        (["scenario=glob(*)"], options("scenario")),
        (["scenario=glob(202*,exclude='2025')"], ["2023", "2024", "2026", "2027", "2028", "2029"]),
        (["scenario=2025"], ["2025"]),
    ],
)
def test_sweep_over_years_expands_to_one_run_per_year(arguments: list[str], years: list[str]) -> None:
    jobs = expand.jobs(arguments)
    assert [quoted(job)[0] for job in jobs] == [f"scenario='{year}'" for year in years]


def test_sweep_is_the_product_of_its_values() -> None:
    jobs = expand.jobs(["scenario=2023,2024", "plan.patrol_cars.enabled=true,false", "days=2"])
    assert len(jobs) == 4
    configs = [compose(job) for job in jobs]
    assert len({(config.scenario.year, config.plan.patrol_cars.enabled) for config in configs}) == 4


def test_sweep_over_files_accepts_a_pattern() -> None:
    assert [job[0] for job in expand.jobs(["outcome=glob(*)"])] == [
        "outcome=national",
        "outcome=target",
        "outcome=zhejiang",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scenario=2023,2031"], ["'2031'", ALL_YEARS]),
        (["scenario=2023,2024", "days=0,3"], ["days is 0"]),
        (["scenario=2023", "outcome=target,best"], ["outcome is 'best'"]),
        (["scenario=2023,2024", "foo=1"], ["unknown key foo"]),
        (["scenario=2023,2024", "name=x"], ["two runs", "scenario='2023'", "scenario='2024'", "results/x"]),
        (["scenario=2023,2023"], ["two runs", "the same", "results/2023"]),
        (["workers=1,2"], ["two runs", "workers=1", "workers=2"]),
        (["scenario=glob(19*)"], ["scenario"]),
        (["days=[1"], ["'days=[1'"]),
    ],
)
def test_invalid_sweep_is_refused_before_any_run(arguments: list[str], words: list[str]) -> None:
    with pytest.raises(SimError) as refusal:
        expand.checked(expand.jobs(arguments))
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_sweep_over_folder_or_launcher_is_refused() -> None:
    for key, values in (("out", "a,b"), ("launch", "basic,laptop")):
        with pytest.raises(SimError, match=f"{key} differs between the runs of a sweep"):
            expand.checked(expand.jobs([f"{key}={values}", "scenario=2023"]))
