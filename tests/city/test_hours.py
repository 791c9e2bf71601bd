"""Units with crews and hours of the week: read, refused, never sent off duty, and no absences that the fit finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up_city import BASE_S, PER_KM_S, tables, write

from sim.city import check
from sim.city.files import description, folder, hours, importing
from sim.city.files.folder import Folder
from sim.city.model import choice, world
from sim.city.model import fit as fits
from sim.city.replay import whatif
from sim.errors import SimError

DAY = "Mo-Su 08:00-20:00"
WORKDAYS = "Mo-Fr 08:00-18:00"


def made(to: Path, raw: dict[str, pd.DataFrame], zone: str = "Europe/London") -> Folder:
    """Return an imported made-up city."""
    file = write(to / "raw", raw, {"time_zone": zone})
    importing.run(description.read_map(str(file)), to / "raw", to / "city")
    return folder.load(to / "city")


def with_hours(city: Folder, text: str, ending: str = "-2") -> Folder:
    """Return the city with hours for the vehicles whose names end so."""
    limited = city.units["unit"].str.endswith(ending)
    return replace(city, units=city.units.assign(hours=np.where(limited, text, "")))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, fits.Fit]:
    """Return a made-up city and its fit."""
    found = made(tmp_path_factory.mktemp("city"), tables(3, 600))
    with pytest.MonkeyPatch.context() as patch:  # the choice is not tried here
        patch.setattr(choice, "fit", lambda *_: choice.Choice(0.0, 0.0, np.zeros(24)))
        return found, fits.run(found, found.log)


@pytest.mark.parametrize(("text", "minutes", "on", "off"), [
    ("", 10_080, ["Mo 00:00", "Su 23:59"], []),
    (WORKDAYS, 3000, ["Mo 08:00", "Fr 17:59"], ["Mo 07:59", "Fr 18:00", "Sa 12:00"]),
    ("Su 20:00-06:00", 600, ["Su 20:00", "Mo 05:59"], ["Mo 06:00", "Su 05:00"]),
    ("Fr-Mo 00:00-24:00", 5760, ["Fr 00:00", "Mo 23:59"], ["Tu 00:00", "Th 23:59"]),
    ("Mo 08:00-12:00; Mo 11:00-13:00;We 22:00-00:00", 420, ["Mo 12:59", "We 23:59"], ["Th 00:00"]),
])  # fmt: skip
def test_hours_are_minutes_of_the_week(text: str, minutes: int, on: list[str], off: list[str]) -> None:
    week = hours.week(text)
    assert week.sum() == minutes
    for moments, staffed in ((on, True), (off, False)):
        for moment in moments:
            minute = 1440 * hours.DAYS.index(moment[:2]) + 60 * int(moment[3:5]) + int(moment[6:])
            assert week[minute] == staffed, moment


@pytest.mark.parametrize("weekday", range(7))
def test_a_unit_is_off_duty_in_all_minutes_in_which_it_is_not_on_duty(weekday: int) -> None:
    for text in (WORKDAYS, "Su 20:00-06:00", "Tu-We 23:00-01:30; Sa 00:00-24:00"):
        off = np.zeros(30 * 1440, dtype=bool)
        for begin, end in hours.off_duty(text, weekday, 29 * 86_400.0):
            off[int(begin // 60) : int(end // 60)] = True
        days = off[: 29 * 1440]
        minute = (np.arange(len(days)) + weekday * 1440) % hours.WEEK_MIN
        np.testing.assert_array_equal(days, ~hours.week(text)[minute])


def test_free_units_are_those_on_duty_and_not_out() -> None:
    units = pd.DataFrame({"unit": ["a", "b"]})
    staffed = np.array([[True] * 4, [True, True, False, False]])
    work = pd.DataFrame({"unit": ["b", "a"], "begin": [50.0, 250.0], "end": [220.0, 400.0]})
    at = np.array(
        [0.0, 100.0, 200.0, 300.0]
    )  # b goes out at 50, off duty before 200, is back at 220; a goes at 250
    assert hours.free(units, staffed, work, at).tolist() == [2, 1, 1, 0]


@pytest.mark.parametrize(("column", "cell", "problem"), [
    ("hours", "Mo-Fr 8-18", "line 3, column hours: 'Mo-Fr 8-18' is none of what is allowed: hours of the week such as"),
    ("hours", "Xx 08:00-18:00", "line 3, column hours: 'Xx 08:00-18:00' is none of what is allowed"),
    ("hours", "Mo 08:00-08:00", "line 3, column hours: 'Mo 08:00-08:00' begins when it ends; allowed: hours"),
    ("crew", "0", "line 3, column crew: '0' is outside what is allowed: 1..99"),
    ("crew", "4.5", "line 3, column crew: '4.5' is not a whole number; 1..99 is allowed"),
])  # fmt: skip
def test_crews_and_hours_that_are_none_are_refused_by_file_line_and_column(
    tmp_path: Path, column: str, cell: str, problem: str
) -> None:
    raw = tables(1, 60)
    vehicles = raw["vehicles"]
    made(tmp_path, raw)
    units = pd.read_csv(tmp_path / "city" / "units.csv")
    units.assign(**{column: ["", cell, *[""] * (len(vehicles) - 2)]}).to_csv(
        tmp_path / "city" / "units.csv", index=False
    )
    with pytest.raises(SimError) as refused:
        folder.load(tmp_path / "city")
    assert "units.csv, " + problem in str(refused.value)


def test_a_map_brings_crews_and_hours_and_check_tells_them(tmp_path: Path) -> None:
    raw = tables(1, 200)
    limited = raw["vehicles"]["vehicle"].str.endswith("-2")
    vehicles = raw["vehicles"].assign(persons=5, when=np.where(limited, "Mo-Su 08:00-20:00", ""))
    columns = {"unit": "vehicle", "kind": "kind", "station": "station", "crew": "persons", "hours": "when"}
    file = write(
        tmp_path / "raw", raw | {"vehicles": vehicles}, {"units": {"file": "vehicles.csv", **columns}}
    )
    importing.run(description.read_map(str(file)), tmp_path / "raw", tmp_path / "city")
    found = folder.load(tmp_path / "city")
    told = check.table(found)
    duty = told[told["what"] == "on duty"]["found"].tolist()
    assert duty == [
        "16 to 32 vehicles, 24.0 in the mean of the week", "80 to 160 persons, 120.0 in the mean",
    ]  # fmt: skip
    assert told["found"].str.contains("orders to vehicles with hours are out of them, such as S").any()


def test_hours_are_those_of_the_citys_time_zone(tmp_path: Path) -> None:
    city = made(tmp_path, tables(1, 60), "America/Los_Angeles")
    at = pd.Series(pd.to_datetime(["2024-01-08 15:59", "2024-01-08 16:00", "2024-07-08 15:00"], utc=True))
    units = city.units.iloc[:1].assign(hours="Mo 08:00-18:00")
    assert city.staffed(units, city.seconds(at)).tolist() == [
        [False, True, True]
    ]  # 8 h there, winter and summer


def test_a_unit_off_duty_is_not_sent_and_one_that_is_out_finishes(city: tuple[Folder, fits.Fit]) -> None:
    found = with_hours(city[0], WORKDAYS, "")  # all of them: orders at night wait for the morning
    built = world.build(found, found.log, city[1])
    sent = world.simulate(built, 0)
    minute = (sent["dispatched_s"] // 60 + found.start.weekday() * 1440).to_numpy() % hours.WEEK_MIN
    staffed = hours.week(WORKDAYS)
    assert staffed[minute.astype(int)].all()
    assert len(sent) == len(found.log)
    ends = (sent["released_s"] // 60 + found.start.weekday() * 1440).to_numpy() % hours.WEEK_MIN
    late = ~staffed[ends.astype(int)]
    assert late.sum() > 5
    assert (sent["arrived_s"].notna() | ~late).all()


def test_without_hours_nothing_changes(city: tuple[Folder, fits.Fit]) -> None:
    found, fit = city
    always = with_hours(found, "Mo-Su 00:00-24:00")
    one, other = (world.simulate(world.build(each, each.log, fit), 0) for each in (found, always))
    pd.testing.assert_frame_equal(one, other)


def test_vehicles_off_duty_are_no_absences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "LEADS_S", (0.0,))
    monkeypatch.setattr(choice, "SPREADS_S", (0.0,))
    raw = tables(4, 1200, by_day="02")  # whole stations, every second column, by day alone
    blind = made(tmp_path, raw)
    limited = blind.units["unit"].str[2].isin(["0", "2"])
    told = replace(blind, units=blind.units.assign(hours=np.where(limited, DAY, "")))
    table = fits.observed(blind, blind.log)
    away = [table[axis].to_numpy()[:, None] - blind.stations[axis].to_numpy() for axis in ("x", "y")]
    expected_s = BASE_S + PER_KM_S * np.hypot(*away) / 1000
    shares = [choice.fit(each, table, expected_s).absent for each in (blind, told)]
    assert shares[0][[0, 4, 20]].min() > 0.2
    assert shares[1][[0, 4, 20]].max() < 0.1


def test_a_vehicle_with_hours_helps_less_than_one_that_is_always_there(city: tuple[Folder, fits.Fit]) -> None:
    found = replace(city[0], units=city[0].units.assign(crew=5.0))
    gains, persons = [], []
    for words in ("", ":Mo-Su 08:00-20:00"):
        after = whatif.changed(found, city[1], [f"New@4500/4500:engine{words}"], [], [])
        table = whatif.run((found, city[1]), after, 2, 1)[0].set_index("indicator")
        gains.append(table.loc["first unit, mean", "difference"])
        persons.append(table.loc["persons on duty, mean of the week", "difference"])
    assert gains[0] < gains[1] < 0
    assert persons == [5.0, 2.5]
    with pytest.raises(SimError, match=r"add is 'S00:engine:Mo 8-9': 'Mo 8-9' is none of what is allowed"):
        whatif.changed(found, city[1], ["S00:engine:Mo 8-9"], [], [])
