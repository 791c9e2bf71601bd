"""Ranges of the parameter book: what their texts mean, and that every row is read or refused for a stated reason."""

from __future__ import annotations

import pytest

from sim.config.book import Range, book, parse, parse_own, walk
from sim.config.compose import compose
from sim.studies.sensitivity.parameters import Parameter, variable

ROWS = book()
LEAVES = {leaf.key: leaf for leaf in walk(compose(["scenario=2025"]))}

# Rows with a text as range that is none, each with its reason. All other rows with a text are read.
NO_RANGE = {
    "n_county": "names other committees",
    **dict.fromkeys(("m_class_kmh", "m_default_kmh", "m_off_road_kmh", "m_off_road"), "of a road network alone"),
    "t_to_std": "one value by day and one by night",
    "A_st1": "one end", "A_st2": "one end", "A_sts": "one end", "A_sub": "one end",
    "A_spc": "refers to another row",
    "A": "a formula",
    "crew_s": "one value", "veh_s": "one value",
    "crew_t1": "one end", "crew_t2": "one end", "crew_tv": "one end", "veh_t1": "one end", "veh_t2": "one end",
    "crew_m": "one end",
    "t_micro": "a quotation of the rule",
    "kpi_death": "words", "kpi_aware": "one end",
    "n_nest_per_bde": "one end",
    "y_platform": "a date and a slip", "y_spec": "a reading of a date", "y_comm": "a reading of a date",
    "y_pc": "a share of townships beside a year",
    "y_sc2": "words", "y_sg": "words", "y_scs": "words",
    "hyd_ok25": "one value",
    "wat_cov25": "the range stands behind a quotation: an assumed shortfall, no range of the promise",
    "n_wp": "one end",
    "y_plan": "one value",
    "N_2021": "shares by type", "N_2023": "numbers by type", "N_2024": "growth", "N_2025": "shares by type",
    "F_2021": "deaths", "F_2022": "deaths", "F_2023m10": "deaths", "F_2024": "deaths", "F_2025": "deaths",
    "F_zj": "deaths", "F_ds": "shares by type",
    "k_nb": "one end is infinite: Poisson days",
    "p_fac_b": "words", "p_self": "one value of something else", "p_ebike": "two sources", "r_ebike": "another value",
    "d_ebike": "the fraction behind the value", "p_rta": "words", "p_haz": "the fraction behind the value",
    "p_drought": "the fraction behind the value",
    "w_hour_fire": "what the profile was calibrated to", "w_hour_oth": "words",
    "w_mon_fire": "what the profile was calibrated to", "w_mon_resc": "what the profile was calibrated to",
    "w_mon_soc": "what the profile was calibrated to",
    "D_tgt": "a product", "d_fire": "years", "d_fac": "a fraction",
    "p_d60": "two values by period, the second one of several years",
    "rr_night": "the shares behind the value", "rr_day": "the shares behind the value",
    "rr_oth": "the shares behind the value", "p_dwin": "one value of something else",
    "n_vic": "how the last share is read",
    "t_disp_std": "a quotation", "t_to_pc": "two ranges, for a car on the move and a parked one",
    "T(d)": "a formula", "w_d": "values by product",
    "t_fw_std": "the value in another unit", "k_crew": "words",
    "d_hyd": "one end", "q_hyd": "one end", "q_crane": "one end",
    "n_veh": "values by year", "n_per": "values by year", "erf_res": "standards",
    "t_far": "a place", "al_s": "what the value means", "al_m": "what the value means",
    "al_f": "what the value means", "al_u": "what the value means", "mix_res": "names of the classes",
    "A15": "words", "l_m2": "two ranges, for dwellings and factories", "b_nz": "words", "rng_us": "words",
    "b_uk": "words", "RR_A(t)": "a formula", "tau_A": "a formula",
    "RR_B(t)": "the range of a time scale inside the formula", "k_nofrs": "the value in per cent",
    "p_harm": "types", "c1_man": "a formula", "c1_euc": "a second constant",
    "n1710_call": "shares", "n1710_to": "a share", "n1710_tr": "a share", "n1710_erf": "a share",
    "n1720_r": "one end", "n1720_u": "one end", "t_rur": "words", "t_uk": "the value in another form",
    "t_nj": "words", "A_cs": "words", "n_busy": "values by year",
    "n_pro": "ranges by severity", "n_rs": "three ranges", "m_local_teams": "ranges by severity",
    "m_confined": "by setting",
    "m_enroute": "a switch", "m_calibration": "derived", "m_drone_types": "a list",
    "m_first_aid": "a list", "m_hydrant_settings": "a list", "m_integrated": "a year earlier or later",
    "m_priority": "a list", "m_severity": "a list of shares", "m_spec_home": "a list",
    "m_moveup": "two ranges", "c_inflation": "two values, of prices and of wages",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "low", "high", "times"),
    [
        ("0.4–0.95; night 0.6x", 0.4, 0.95, False),
        ("2.276e6 (2020 census) – 2.30e6", 2.276e6, 2.30e6, False),
        ("-0.8 – -0.2, phased 2024–2027", -0.8, -0.2, False),
        ("-0.6–0", -0.6, 0, False),
        ("7 (Dock 1) – 10 (Dock 2)", 7, 10, False),
        ("5–15 incl. specialist", 5, 15, False),
        ("×0.5–2", 0.5, 2, True),
        ("0.10–.20", 0.1, 0.2, False),
        ("2–10, 1–3 days, Jun–Jul", 2, 10, False),
    ],
)
def test_a_range_is_its_two_ends(text: str, low: float, high: float, times: bool) -> None:
    assert parse(text) == Range(low, high, times)


@pytest.mark.parametrize(
    "text",
    ["", "-", "≤7", "≥15 total, ~5 on duty", "3–inf (Poisson)", "no", "±1 year", "5–30 / 45–360", "15", "2–2", "9–3",
     "45 day / 60 night", "27,500 fires 2003–08", "38 % of fires", "30–120 and 3–15"],
)  # fmt: skip
def test_what_has_not_two_ends_of_its_own_is_no_range(text: str) -> None:
    assert parse(text) is None


def test_a_range_of_ones_own_is_written_with_two_points() -> None:
    assert parse_own("-0.5..2e3") == Range(-0.5, 2000)
    assert [parse_own(text) for text in ("3..1", "1", "1..", "1..2..3", "a..b", "1–2")] == [None] * 6


def test_every_row_with_a_range_is_read_or_on_the_list() -> None:
    unread = {symbol for symbol, row in ROWS.items() if row["range"] and parse(row["range"]) is None}
    assert unread == set(NO_RANGE)


def test_every_range_that_is_read_holds_the_value_of_its_row() -> None:
    outside = []
    for symbol, row in ROWS.items():
        span = parse(row["range"])
        try:
            value = float(row["value"])
        except ValueError:
            continue
        if span and not span.times and not span.low <= value <= span.high:
            outside.append(symbol)
    assert outside == []


def test_every_row_is_a_parameter_or_is_refused_in_one_sentence_that_names_it() -> None:
    found = {symbol: variable(symbol, ROWS, LEAVES) for symbol in ROWS}
    varied = {symbol for symbol, item in found.items() if isinstance(item, Parameter)}
    assert len(varied) > 120
    for symbol, item in found.items():
        if isinstance(item, str):
            assert item.startswith(f"parameter {symbol} ")
            assert item.endswith(".")
            assert "\n" not in item


def test_what_can_be_varied_moves_a_key_that_ships_its_value() -> None:
    for symbol in ROWS:
        item = variable(symbol, ROWS, LEAVES)
        if isinstance(item, Parameter):
            for target in item.targets:
                leaf = LEAVES[target.key]
                assert item.nominal * target.scale == pytest.approx(leaf.value), (symbol, target.key)
                assert leaf.low <= item.low * target.scale <= item.high * target.scale <= leaf.high
