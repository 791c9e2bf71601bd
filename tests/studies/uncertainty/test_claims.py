"""Claims as a file holds them: what is refused, what must be run, and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config.compose import compose, options
from sim.errors import SimError
from sim.studies.attribution.groups import groups_of
from sim.studies.uncertainty import claims
from sim.studies.uncertainty.claims import Claim, Decision, Point

GROUPS = groups_of(compose(["scenario=2023"]).plan)
KEYS = {
    ("first_capable_mean", "all", "all"),
    ("first_capable_mean", "type", "highrise_fire"),
    ("deaths_a", "all", "all"),
}
GOOD = "kpi: first_capable_mean, year: 2027"


def read(file: Path) -> claims.Claims:
    return claims.read(file, GROUPS, options("scenario"), KEYS)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", r"claims\.a has none of them; allowed: one of falls_from, rises_from, at_most"),
        ("at_most: 1, falls_from: 2023", r"claims\.a has falls_from and at_most; allowed: one of"),
        ("falls_from: 2027", r"claims\.a\.falls_from is 2027, as year is; allowed: another"),
        ("falls_from: 2040", r"claims\.a\.falls_from is '2040'; allowed: 2023, 2024"),
        ("measure: dronez", r"claims\.a\.measure is 'dronez' \(did you mean drones\?\); allowed"),
        (
            "measure: drones, more_than: drones",
            r"more_than is 'drones', as measure is; allowed: another group",
        ),
        ("at_most: 1, more_than: drones", r"more_than is given without measure; allowed: with measure"),
        ("at_most: 1, by: 2", r"claims\.a\.by is given without falls_from or rises_from"),
        ("at_most: x", r"claims\.a\.at_most must be a number .*found 'x'"),
        ("at_most: 1, calls: fires", r"claims\.a\.calls is 'fires' \(did you mean fire\?\)"),
        ("measure: drones, way: first", r"claims\.a\.way is 'first'.*allowed: alone, last"),
        ("atmost: 1", r"unknown key claims\.a\.atmost \(did you mean at_most\?\)"),
        ("at_most: 1, kpi: x", "not readable as YAML|claims.a.kpi is 'x'"),
    ],
)
def test_a_bad_claim_is_refused_with_file_key_found_and_allowed(rest: str, said: str, tmp_path: Path) -> None:
    _refused(f"claims: {{a: {{{GOOD}{', ' if rest else ''}{rest}}}}}", said, tmp_path / "mine.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("claims: {a: {kpi: x, year: 2027, at_most: 1}}", r"claims\.a\.kpi is 'x', which a run does not have"),
        ("claims: {}", r"claims is empty; allowed: one claim or more"),
        ("claim: {}", r"unknown key claim \(did you mean claims\?\)"),
        ("- 1", r"the file of claims is not a table"),
        (f"claims: {{a: {{{GOOD}, at_most: 1}}}}\ndecisions: {{d: {{kpi: deaths_a, year: 2027, first: [drones]}}}}",
         r"decisions\.d\.first is drones; allowed: two or more groups"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_file_key_found_and_allowed(text: str, said: str, tmp_path: Path) -> None:
    _refused(text, said, tmp_path / "mine.yaml")


def _refused(text: str, said: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(SimError, match=said) as refusal:
        read(file)
    assert str(refusal.value).startswith(str(file))
    assert "\n" not in str(refusal.value)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimError, match=r"none\.yaml"):
        read(tmp_path / "none.yaml")


def test_only_the_worlds_that_the_claims_need_are_run() -> None:
    two = Claim("first_capable_mean", 2027, measure="drones", more_than="stations")
    assert two.terms == ((-1.0, Point(2027, "alone", "drones")), (1.0, Point(2027, "alone", "stations")))
    last = Claim("first_capable_mean", 2027, measure="drones", way="last")
    assert last.terms == ((1.0, Point(2027, "last", "drones")), (-1.0, Point(2027)))
    share = Claim("first_capable_within_15", 2027, measure="drones")
    assert share.terms == ((-1.0, Point(2027, "alone")), (1.0, Point(2027, "alone", "drones")))
    falls = Claim("first_capable_mean", 2027, falls_from=2023, by=1.5)
    assert falls.terms == ((1.0, Point(2027)), (-1.0, Point(2023)))
    assert (falls.bound, falls.above) == (-1.5, False)


@pytest.mark.parametrize(
    ("claim", "en", "opposite", "zh"),
    [
        (Claim("first_capable_mean", 2027, falls_from=2023, by=2.0),
         "First capable arrival, mean falls by more than 2 min from 2023 to 2027",
         "First capable arrival, mean does not fall by more than 2 min from 2023 to 2027",
         "2023年至2027年，首个有效力量到场时间均值下降超过2 min"),
        (Claim("first_capable_within_15", 2027, at_least=0.75),
         "First capable arrival, within 15 min is at least 75 % in 2027",
         "First capable arrival, within 15 min is below 75 % in 2027",
         "2027年，首个有效力量到场时间15分钟内不低于75 %"),
        (Claim("first_capable_mean", 2027, "highrise_fire", measure="drones", more_than="stations"),
         "First capable arrival, mean, high-rise fire: drones alone does more than stations (works start) in 2027",
         "First capable arrival, mean, high-rise fire: drones alone does not do more than stations (works start) in 2027",
         "2027年，无人机单独实施对高层火灾的首个有效力量到场时间均值的作用大于消防站(开工)"),
    ],
)  # fmt: skip
def test_a_claim_and_its_opposite_are_told_in_both_languages(
    claim: Claim, en: str, opposite: str, zh: str
) -> None:
    unit = "share" if "within" in claim.kpi else "min"
    assert claim.told("en", unit) == en
    assert claim.told("en", unit, holds=False) == opposite
    assert claim.told("zh", unit) == zh


def test_an_order_counts_by_the_mean_over_its_stages() -> None:
    asked = Decision("first_capable_mean", 2027, ("drones", "stations", "vehicles"))
    assert len(asked.orders) == 6
    none, one = Point(2027, "alone"), Point(2027, "alone", "stations")
    two = Point(2027, "alone", "drones+stations")  # one world for both orders
    for order in ("stations > drones > vehicles", "drones > stations > vehicles"):
        first = Point(2027, "alone", order.split(" > ", maxsplit=1)[0])
        assert {point: factor for factor, point in asked.orders[order]} == {
            none: 1,
            first: -0.5,
            two: -0.5,
        }
    assert asked.pairs["drones+stations"] == ((1.0, none), (-1.0, two))
    assert one in {point for terms in asked.orders.values() for _, point in terms}
    assert not Decision("first_capable_mean", 2027, ("drones", "stations")).orders


def test_the_shipped_claims_can_be_read() -> None:
    from sim.studies.uncertainty.ensemble import known

    shipped = claims.read(None, GROUPS, options("scenario"), known(compose(["scenario=2023"])))
    assert len(shipped.claims) > 10
    assert len(shipped.decisions or {}) == 2
