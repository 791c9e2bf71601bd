"""The register holds every clause of the policy and no other; measures and clauses reference each other."""

import csv
import re
from pathlib import Path

import pytest

import sim
from sim import cli
from sim.config.compose import compose, raw
from sim.config.groups.plan import belongs, measures
from sim.config.schema import read
from sim.errors import SimError

ROOT = Path(sim.__file__).parents[1]
SHIPPED = ROOT / "sim" / "data" / "quzhou" / "clauses.csv"


@pytest.fixture(scope="module")
def config():
    return compose(["scenario=2030"])


@pytest.fixture(scope="module")
def register(config):
    return config.plan.register


@pytest.fixture(scope="module")
def clauses():
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return {row["clause"]: row for row in csv.DictReader(file)}


def shared(name):
    """Return a file of the shared folder beside the repository, or above it."""
    for folder in ROOT.parents:
        if (path := folder / "shared" / "domain" / name).is_file():
            return path
    pytest.skip(f"../shared/domain/{name} is not there: the repository stands alone")


def test_shipped_clauses_equal_the_shared_register():
    assert SHIPPED.read_bytes() == shared("clauses.csv").read_bytes()


def test_shipped_clauses_are_complete_and_none_is_extra(register, clauses):
    assert len(clauses) == 39
    assert list(register) == list(clauses)


def test_clause_commitments_equal_the_shared_register(register, clauses):
    responsible = ""
    for number, row in clauses.items():
        entry = register[number]
        if row["responsible_lead_first"] != "as above":
            responsible = row["responsible_lead_first"].replace("*", "")
        said = [row["title"], row["commitment"], row["deadline"], row["quantity"], responsible]
        found = [entry.title, entry.commitment, entry.deadline, entry.quantity, entry.responsible]
        assert found == ["none" if item == "—" else item for item in said], number


def test_quotations_occur_in_the_policy_text(register):
    policy = shared("policy-2024.txt").read_text(encoding="utf-8")
    assert [
        (number, quote) for number, entry in register.items() for quote in entry.quotes if quote not in policy
    ] == []


def test_quotations_contain_the_years_and_numbers_of_the_commitment(register):
    for number, entry in register.items():
        words = " ".join(entry.quotes)
        assert entry.quotes, number
        for year in re.findall(r"20\d\d(?!\d*前)", entry.deadline):
            assert f"{year}年" in words, number
    held = {
        "一(二)a": ["0.047", "90%"], "三(三)": ["4", "8"], "六(二)b": ["全市所有乡镇"], "七(二)e": ["75%", "100%"],
        "七(三)b": ["100%"], "七(三)d": ["2处"], "五(三)c": ["不少于1套"], "六(五)": ["12年", "10%"],
    }  # fmt: skip
    for number, numbers in held.items():
        assert all(item in " ".join(register[number].quotes) for item in numbers), number


def test_measures_and_clauses_reference_each_other(config, register):
    pointed = {(key, clause) for key, measure in measures(config.plan) for clause in measure.clauses}
    back = {
        (key, clause)
        for clause, entry in register.items()
        for key, _ in measures(config.plan)
        if any(belongs(name, f"plan.{key}") for name in entry.sets)
    }
    assert pointed == back
    assert len(pointed) >= len(list(measures(config.plan)))


def test_part_of_a_clause_that_is_not_modelled_says_why(register):
    for number, words in {
        "五(三)a": ("Cameras", "e-bikes"),
        "六(二)a": ("Vehicles",),
        "七(二)a": ("Upgrades",),
    }.items():
        assert all(word in register[number].outside for word in words), number
    assert register["五(三)a"].sets  # the rest of it is
    assert register["六(二)a"].sets


def test_register_counts_starts_of_works_as_stations(register):
    for number in ("七(二)b", "七(二)c", "七(二)d"):
        assert "开工" in register[number].quotes[0]
        assert "START of works" in register[number].reading


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan.patrol_cars.clauses=['九(九)']"], "plan.patrol_cars.clauses has '九(九)', which is no clause"),
        (["plan.patrol_cars.clauses=[]"], "plan.patrol_cars.clauses is empty"),
        (["plan.platform.clauses=['八']"], "plan.platform.clauses has '八', but plan.register.八.sets"),
        (["plan.patrol_cars.clauses=['三(三)']"], "plan.register.六(二)b.sets has a key of plan.patrol_cars"),
        (["plan.platform.group=''"], "plan.platform.group is empty"),
        (["plan.patrol_cars.share=1.5"], "plan.patrol_cars.share is 1.5; allowed: 0..1"),
        (["plan.drone_nests.per_brigade=21"], "plan.drone_nests.per_brigade is 21"),
        (["+plan.platform.phase.1999=1.0"], "plan.platform.phase has the year 1999"),
        (["+plan.platform.phase.2023=1.0"], "plan.platform.phase has the year 2023, before the plan holds"),
        (["plan.unified_dispatch.phase.2027=0.4"], "plan.unified_dispatch.phase falls to 0.4 in 2027"),
        (["plan.stations.zhihui_small.works_start=2023"], "plan.stations.zhihui_small.works_start has the year 2023"),
        (["plan.stations.zhihui_small.works_start=2060"], "plan.stations.zhihui_small.works_start is 2060"),
        (["plan.stations.zhihui_small.works_month=13"], "plan.stations.zhihui_small.works_month is 13"),
        (["plan.slip_months=61"], "plan.slip_months is 61"),
        (["plan.p_ontime=1.1"], "plan.p_ontime is 1.1"),
        (["plan.awareness.delivered=[0.9,0.5]"], "plan.awareness.delivered is [0.9, 0.5]"),
        (["plan.in_force=spring"], "plan.in_force is 'spring'"),
        (["delivery=never"], "delivery is 'never'; allowed: promised, lagged, partial"),
        (["scenario.targets.death_rate=-1"], "scenario.targets.death_rate is -1"),
    ],
)  # fmt: skip
def test_wrong_plan_is_refused_by_key(arguments, said):
    with pytest.raises(SimError) as refused:
        compose(["scenario=2025", *arguments])
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("clause", "changes", "said"),
    [
        ("八", {"outside": ""}, "plan.register.八 has neither sets nor outside"),
        (
            "八",
            {"sets": ["plan.nothing"], "outside": ""},
            "plan.register.八.sets has 'plan.nothing', which is no key",
        ),
        ("附", {"sets": ["plan.stations.none.name"]}, "plan.register.附.sets has 'plan.stations.none.name'"),
        (
            "八",
            {"sets": ["plan.platform.phase"], "outside": ""},
            "plan.register.八.sets has a key of plan.platform",
        ),
        ("八", {"date": "2025"}, "unknown key plan.register.八.date"),
        ("七(二)e", {"sets": ["plan.extra_stations"]}, "scenario.targets.station_coverage has no clause"),
    ],
)
def test_wrong_register_is_refused_by_key(clause, changes, said):
    tree = raw(["scenario=2027"])
    tree["plan"]["register"][clause] |= changes
    with pytest.raises(SimError) as refused:
        read(tree)
    assert said in str(refused.value)


def test_target_needs_a_clause_only_where_it_is_promised():
    tree = raw(["scenario=2025"])
    tree["plan"]["register"]["七(二)e"] |= {"sets": ["plan.extra_stations"]}
    assert read(tree).scenario.targets.station_coverage is None


def test_command_refuses_a_wrong_plan_with_status_2_and_writes_nothing(tmp_path, capsys):
    assert cli.main([f"out={tmp_path / 'results'}", "plan.awareness.clauses=['九(一)']"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: plan.awareness.clauses has '九(一)', which is no clause of plan.register")
    assert list(tmp_path.iterdir()) == []
