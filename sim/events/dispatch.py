"""Who is sent: run cards and policies. The dispatcher sees what a dispatcher would.

That is: expected travel times, who is free and where, who is on duty; never the luck of a trip. A choice is carried
out at once (`Fleet.send`), so that the next choice sees its effect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import bdtr

from sim.config.schema import Config
from sim.events.candidates import Candidates, Choice, by_township
from sim.events.durations import mean, one
from sim.events.fleet import Fleet, Returning
from sim.terms import FIRE_TYPES, PROVIDERS, RESCUE_TYPES, TYPES
from sim.world.forces import Forces, Station
from sim.world.region import Region
from sim.world.travel import TravelLaw


@dataclass(slots=True)
class Sent:
    """A unit sent to an incident; times in seconds of the year, infinite where not (yet) known."""

    unit: int
    station: int
    tier: str
    kind: str
    reason: str
    crew: int
    dispatched: float
    turned_out: float
    arrives: float
    route_m: float
    released: float = math.inf
    ready: float = math.inf
    waited: float = 0.0  # seconds that the need waited before somebody was free
    outcome: str = "arrived"
    origin: tuple[float, float] | None = None  # where it was when ordered, if not at its station


def need_of(needs: Mapping[str, int], kind: str) -> str | None:
    """Return the open need that a unit of this kind fills, of several the one that the fewest kinds can fill."""
    able = [need for need, count in needs.items() if count and kind in PROVIDERS[need]]
    return min(able, key=lambda need: len(PROVIDERS[need]), default=None)


class Dispatcher:
    """Chooses and sends units for incidents, by number `i` in the workload."""

    def __init__(
        self,
        candidates: Candidates,
        forces: Forces,
        fleet: Fleet,
        region: Region,
        law: TravelLaw,
        config: Config,
    ) -> None:
        self.at = candidates
        self.forces, self.fleet, self.law = forces, fleet, law
        self.stations, self.units = forces.stations, forces.units
        self.rules, self.tiers = config.dispatch, config.forces
        self.cards = [[dict(card) for card in config.dispatch.run_cards[kind]] for kind in TYPES]
        self.fire_or_rescue = [kind in FIRE_TYPES + RESCUE_TYPES for kind in TYPES]
        self.is_fire_like = [kind in FIRE_TYPES or kind == "false_alarm" for kind in TYPES]
        self.first_aid = {
            tier: [kind in config.dispatch.first_aid.get(tier, ()) for kind in TYPES]
            for tier in ("micro", "patrol", "civil")
        }
        self.drone_kind = [kind in config.dispatch.drone_types for kind in TYPES]
        self._township = {tier: by_township(forces, region, tier) for tier in ("volunteer", "patrol")}
        self._never = config.dispatch.relay.never
        self._turn_up = np.asarray(
            bdtr(
                np.arange(config.forces.volunteer.staff),
                config.forces.volunteer.staff,
                config.forces.volunteer.turn_up,
            )
        ).tolist()
        self._turnout = {
            "professional": self.tiers.professional.turnout,
            "township": self.tiers.township.turnout,
            "volunteer": self.tiers.volunteer.turnout,
            "micro": self.tiers.micro.turnout,
            "drone": self.tiers.drones.turnout,
            "civil": self.tiers.civil.turnout,
        }
        self._brigade_turnout_s = mean(self.tiers.professional.turnout)
        self._outside = {
            unit.kind: unit.index for unit in forces.units if self.stations[unit.station].area == "outside"
        }
        self._local_teams = {
            unit.kind for unit in forces.units if self.stations[unit.station].area != "outside"
        }
        self._cells = _PatrolBeats(region)
        self._volunteer_least = self.tiers.volunteer.crew_least

    # -- the run card ---------------------------------------------------------------------------------------

    def card(self, kind: int, severity: int) -> dict[str, int]:
        """Return what the run card of a type (index into TYPES) asks for at a severity."""
        return self.cards[kind][severity - 1]

    def send_needs(
        self, i: int, kind: int, needs: dict[str, int], now: float, reason: str, mutual_s: float
    ) -> tuple[list[Sent], dict[str, int]]:
        """Send the nearest free units for `needs`; return them and what nobody free could meet."""
        sent: list[Sent] = []
        short: dict[str, int] = {}
        for capability, count in needs.items():
            missing = count
            while missing:
                order = self._nearest(i, capability, now, reason)
                if order is None and capability in self._outside and capability not in self._local_teams:
                    order = self._from_outside(i, capability, now, mutual_s)
                if order is None:
                    short[capability] = missing
                    break
                sent.append(order)
                missing -= 1
        return sent, short

    def add_professional(self, i: int, kind: int, sent: list[Sent], now: float) -> Sent | None:
        """Send a professional unit along where the nearest forces are all of other tiers."""
        if not (self.rules.professional_always and self.fire_or_rescue[kind]):
            return None
        if not sent or any(order.tier == "professional" for order in sent):
            return None
        return self._nearest(i, "crew", now, "professional", professional=True)

    def reach(self, i: int, capability: str, now: float) -> tuple[float, float, float]:
        """Return expected seconds to the nearest capable unit that is free, and to the nearest at all.

        The third is the travel time alone of the nearest one that is free and professional.
        """
        choice = self.at.appliances
        free = nearest = math.inf
        for station, expected in zip(choice.order[i], choice.expected_s[i], strict=True):
            brigade = self.stations[station].tier == "professional"
            if not self.fleet.able(station, capability) or (free < math.inf and not brigade):
                continue
            nearest = min(nearest, expected)
            if self._free_unit(i, station, capability, now)[0] >= 0:
                free = min(free, expected)
                if brigade:
                    return free, nearest, expected - self._brigade_turnout_s
        return free, nearest, math.inf

    def _nearest(
        self, i: int, capability: str, now: float, reason: str, *, professional: bool = False
    ) -> Sent | None:
        """Send the free unit with this capability that is expected first, wherever it is; ties to the first listed."""
        fleet = self.fleet
        choice = self.at.appliances
        best: tuple[float, int, int, int, float] | None = None
        for place, station in enumerate(choice.order[i]):
            if professional and self.stations[station].tier != "professional":
                continue
            unit, crew = self._free_unit(i, station, capability, now)
            if unit >= 0:
                best = (choice.expected_s[i][place], unit, station, crew, choice.distance_m[i][place])
                break
        if best is None:
            best = self._widen(i, capability, now)
        if fleet.returning and self.rules.en_route:
            on_the_way = self._returning(i, capability, now, best[0] if best else math.inf, professional)
            if on_the_way is not None:
                return self._turn_around(i, on_the_way, now, reason)
        if best is None:
            return None
        _, unit, station, crew, distance = best
        return self._order(i, unit, station, crew, now, now, distance, reason)

    def _free_unit(self, i: int, station: int, capability: str, now: float) -> tuple[int, int]:
        """Return a free unit of the station and its crew, or -1: unit, crew and roster must all be there."""
        units = self.fleet.able(station, capability)
        free_from = self.fleet.free_from
        for unit in units:
            if free_from[unit] <= now:
                crew = self._crew(i, station, unit, now)
                if crew:
                    return unit, crew
        return -1, 0

    def _crew(self, i: int, station: int, unit: int, now: float) -> int:
        """Return how many persons would go out with the unit, 0 if it must stay."""
        tier = self.stations[station].tier
        if unit in self.fleet.lent:
            return self.units[unit].crew
        if tier == "professional":
            persons = self.at.persons[self.at.shift[i]][station]
            free = self.fleet.crews(station, persons, now)
            if free <= 0:
                return 0
            full = self.forces.crew_per_vehicle
            last = full if free > 1 else min(full, persons - full * ((persons + 2) // full - 1))
            return min(last, self.units[unit].crew)
        if tier == "township":
            persons = self.at.persons[self.at.shift[i]][station]
            return persons if persons >= self.tiers.township.crew_least else 0
        if tier == "volunteer":
            mark = self.at.present[i][self.stations[station].slot]
            persons = sum(mark >= step for step in self._turn_up)
            return persons if persons >= self._volunteer_least else 0
        return self.units[unit].crew

    def _widen(self, i: int, capability: str, now: float) -> tuple[float, int, int, int, float] | None:
        """Look at every professional and platform station, where the nearest ones cannot help."""
        listed = set(self.at.appliances.order[i])
        best: tuple[float, int, int, int, float] | None = None
        for tier in ("professional", "township", "volunteer"):
            for index in self.forces.by_tier[tier].tolist():
                station = self.stations[index]
                if index in listed or not station.integrated or not self.fleet.able(index, capability):
                    continue
                unit, crew = self._free_unit(i, index, capability, now)
                if unit < 0:
                    continue
                distance, expected = self._trip(i, station.x, station.y)
                expected += mean(self._turnout[tier])
                if best is None or expected < best[0]:
                    best = (expected, unit, index, crew, distance)
        return best

    def _returning(
        self, i: int, capability: str, now: float, limit: float, professional: bool
    ) -> Returning | None:
        """Return the unit on its way home that is expected before `limit` seconds, the first of them."""
        kinds = PROVIDERS[capability]
        found = None
        for item in self.fleet.returning:
            unit = self.units[item.unit]
            if item.home_s <= now or unit.kind not in kinds or (professional and unit.tier != "professional"):
                continue
            if item.left_s > now or not self.stations[unit.station].integrated:
                continue
            x, y = self.fleet.place_of(item, now)
            _, expected = self._trip(i, x, y)
            if expected < limit:
                found, limit = item, expected
        return found

    def _turn_around(self, i: int, item: Returning, now: float, reason: str) -> Sent:
        x, y = self.fleet.place_of(item, now)
        distance, expected = self._trip(i, x, y)
        self.fleet.returning.remove(item)
        unit = self.units[item.unit]
        self.fleet.send(unit.index)
        luck = self.at.luck[i][self.stations[unit.station].slot]
        route = distance * float(self.law.detour[self.at.setting[i]])
        item.order.ready = now  # its turn ends here
        return Sent(
            unit.index,
            unit.station,
            unit.tier,
            unit.kind,
            reason,
            item.order.crew,
            now,
            now,
            now + expected * luck,
            route,
            origin=(x, y),
        )

    def _from_outside(self, i: int, capability: str, now: float, mutual_s: float) -> Sent | None:
        """Ask another city for its specialist team."""
        unit = self.units[self._outside[capability]]
        if self.fleet.free_from[unit.index] > now:
            return None
        self.fleet.send(unit.index)
        return Sent(
            unit.index,
            unit.station,
            unit.tier,
            unit.kind,
            "mutual_aid",
            unit.crew,
            now,
            now,
            now + mutual_s,
            math.nan,
        )

    # -- tiers that come beside the run card ------------------------------------------------------------------

    def relay(self, i: int, kind: int, now: float, relay_s: float) -> list[Sent]:
        """Tell teams that are not on the platform of a fire: the nearest full-time team, the township's volunteers.

        A team is told if it is expected, the relay included, before the nearest professional unit on the
        dispatcher's list. Some never hear of it.
        """
        if not self.is_fire_like[kind]:
            return []
        limit = self._brigade_expected(i) - relay_s
        told: list[tuple[Station, float]] = []
        teams = self.at.teams
        for index, expected, distance in zip(
            teams.order[i], teams.expected_s[i], teams.distance_m[i], strict=True
        ):
            station = self.stations[index]
            if expected >= limit:
                break
            if not station.integrated and self._hears(i, station):
                told.append((station, distance))
                break
        volunteers = self._township["volunteer"][self.at.township[i]]
        if volunteers is not None and not volunteers.integrated and self._hears(i, volunteers):
            distance, travel = self._trip(i, volunteers.x, volunteers.y)
            if mean(self._turnout["volunteer"]) + travel < limit:
                told.append((volunteers, distance))
        sent = []
        for station, distance in told:
            for unit in self.forces.units_of[station.index]:
                crew = self._crew(i, station.index, unit, now) if self.fleet.free_from[unit] <= now else 0
                if crew:
                    sent.append(
                        self._order(i, unit, station.index, crew, now, now + relay_s, distance, "relay")
                    )
        return sent

    def _brigade_expected(self, i: int) -> float:
        """Return the expected seconds to the nearest professional station, busy or not."""
        choice = self.at.appliances
        for station, expected in zip(choice.order[i], choice.expected_s[i], strict=True):
            if self.stations[station].tier == "professional":
                return expected
        return math.inf

    def send_first_aid(self, i: int, kind: int, now: float, relay_s: float) -> list[Sent]:
        """Send micro stations, the patrol car and civil teams: they come besides, they fill no run card."""
        sent: list[Sent] = []
        if self.first_aid["micro"][kind]:
            sent += self._besides(i, self.at.micro, now, relay_s, self._micro_there)
        if self.first_aid["patrol"][kind]:
            car = self._patrol(i, now, relay_s)
            if car is not None:
                sent.append(car)
        if self.first_aid["civil"][kind]:
            sent += self._besides(i, self.at.civil, now, relay_s, self._civil_there, most=1)
        return sent

    def _besides(
        self,
        i: int,
        choice: Choice,
        now: float,
        relay_s: float,
        there: Callable[[int, Station], bool],
        *,
        most: int | None = None,
    ) -> list[Sent]:
        """Send those of the listed stations that are free, there and told, at most `most` of them."""
        sent: list[Sent] = []
        for index, distance in zip(choice.order[i], choice.distance_m[i], strict=True):
            if len(sent) == most:
                break
            station = self.stations[index]
            unit = self.forces.units_of[index][0]
            if self.fleet.free_from[unit] > now or not there(i, station) or not self._hears(i, station):
                continue
            notice = now if station.integrated else now + relay_s
            reason = "first_aid" if station.integrated else "relay"
            sent.append(self._order(i, unit, index, self.units[unit].crew, now, notice, distance, reason))
        return sent

    def _micro_there(self, i: int, station: Station) -> bool:
        chance = station.presence * (self.tiers.micro.night_factor if self.at.night[i] else 1.0)
        return self.at.present[i][station.slot] < chance

    def _civil_there(self, i: int, station: Station) -> bool:
        return self.at.present[i][station.slot] < station.presence

    def _hears(self, i: int, station: Station) -> bool:
        return station.integrated or self.at.heard[i][station.slot] >= self._never.get(station.tier, 0.0)

    def _patrol(self, i: int, now: float, relay_s: float) -> Sent | None:
        """Send the patrol car that is expected first: those on the platform nearby, else the township's own."""
        rules = self.tiers.patrol
        since = (self.at.hour[i] - rules.staffed_from_h) % 24
        if since >= rules.staffed_hours:
            return None
        own = self._township["patrol"][self.at.township[i]]
        cars = list(self.at.patrol.order[i])
        if own is not None and own.index not in cars:
            cars.append(own.index)
        best: tuple[float, float, bool, Station] | None = None
        for index in cars:
            station = self.stations[index]
            if not station.integrated and station is not own:
                continue
            unit = self.forces.units_of[index][0]
            if self.fleet.free_from[unit] > now or not self._hears(i, station):
                continue
            if self.at.persons[self.at.shift[i]][index] < rules.crew:
                continue
            mark = self.at.position[i][station.slot]
            share = rules.mobile_night if self.at.night[i] else rules.mobile_day
            mobile = mark < share
            x, y = self._cells.point(station.township, mark / share) if mobile else (station.x, station.y)
            distance, travel = self._trip(i, x, y)
            turnout = rules.turnout_mobile if mobile else rules.turnout_parked
            expected = mean(turnout) + travel / rules.speed_factor + (0.0 if station.integrated else relay_s)
            if best is None or expected < best[0]:
                best = (expected, distance, mobile, station)
        if best is None:
            return None
        _, distance, mobile, station = best
        unit = self.forces.units_of[station.index][0]
        self.fleet.send(unit)
        duration = rules.turnout_mobile if mobile else rules.turnout_parked
        notice = now if station.integrated else now + relay_s
        left = notice + one(duration, self.at.turnout_z[i][station.slot])
        setting = self.at.setting[i]
        travel = (
            self.law.trip(distance, setting)
            / self.at.speed[i]
            / rules.speed_factor
            * self.at.luck[i][station.slot]
        )
        route = distance * float(self.law.detour[setting])
        reason = "first_aid" if station.integrated else "relay"
        return Sent(
            unit, station.index, "patrol", "patrol", reason, rules.crew, now, left, left + travel, route
        )

    def send_drone(self, i: int, kind: int, now: float) -> Sent | None:
        """Launch the drone of the nearest nest that covers the scene, weather permitting."""
        if not self.drone_kind[kind] or self.at.grounded[i]:
            return None
        for index, distance in zip(self.at.drones.order[i], self.at.drones.distance_m[i], strict=True):
            unit = self.forces.units_of[index][0]
            station = self.stations[index]
            if self.fleet.free_from[unit] <= now and self.at.present[i][station.slot] < station.presence:
                return self._order(i, unit, index, 0, now, now, distance, "drone")
        return None

    # -- an order ---------------------------------------------------------------------------------------------

    def _trip(self, i: int, x: float, y: float) -> tuple[float, float]:
        """Return distance and expected travel time of a heavy vehicle from a point to the incident."""
        dx, dy = self.at.x[i] - x, self.at.y[i] - y
        distance = math.hypot(dx, dy) if self.law.euclid else abs(dx) + abs(dy)
        return distance, self.law.trip(distance, self.at.setting[i]) / self.at.speed[i]

    def _order(
        self,
        i: int,
        unit: int,
        station: int,
        crew: int,
        now: float,
        notice: float,
        distance: float,
        reason: str,
    ) -> Sent:
        """Send a unit from its station: fix when it leaves and, with this trip's luck, when it arrives."""
        place = self.stations[station]
        tier = place.tier
        turnout = self._turnout[tier]
        slot = place.slot
        left = notice + one(turnout, self.at.turnout_z[i][slot])
        if tier == "professional" and self.at.night[i]:
            left += self.tiers.professional.turnout_night_s
        setting = self.at.setting[i]
        route = distance * float(self.law.detour[setting])
        if tier == "drone":
            route = distance
            travel = distance / self.tiers.drones.speed_ms
        elif tier == "micro":
            travel = route / (self.tiers.micro.speed_kmh / 3.6) * self.at.luck[i][slot]
        else:
            travel = self.law.trip(distance, setting) / self.at.speed[i] * self.at.luck[i][slot]
        self.fleet.send(unit)
        return Sent(unit, station, tier, self.units[unit].kind, reason, crew, now, left, left + travel, route)


class _PatrolBeats:
    """Where a patrol car on the move may be: with the people of its township."""

    def __init__(self, region: Region) -> None:
        cells = region.cells
        order = np.argsort(cells.township, kind="stable")
        edges = np.searchsorted(cells.township[order], np.arange(len(region.townships) + 1))
        self._cells = [order[a:b] for a, b in pairwise(edges)]
        self._steps = [np.cumsum(cells.population[chosen]) for chosen in self._cells]
        self._x, self._y = cells.x, cells.y

    def point(self, township: int, mark: float) -> tuple[float, float]:
        """Return the centre of the cell at a rank 0..1 in the township's population."""
        steps = self._steps[township]
        place = min(int(np.searchsorted(steps, mark * steps[-1], side="right")), len(steps) - 1)
        cell = self._cells[township][place]
        return float(self._x[cell]), float(self._y[cell])
