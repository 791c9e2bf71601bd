"""Schema of the group `dispatch`: the 119 centre, run cards and dispatch policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.config.fields import fraction, number, refuse_missing, refuse_unknown, value
from sim.config.groups.forces import Duration
from sim.errors import SimError
from sim.terms import CAPABILITIES, TIERS, TYPES


@dataclass(frozen=True)
class CentreConfig:
    """The 119 seats."""

    seats: int = number("seats that answer calls", "seats", 1, 10_000, "m_seats")
    handling_fragmented: Duration = value("call taking and dispatch before unification", "t_disp0")
    handling_unified: Duration = value("call taking and dispatch on the unified platform", "t_disp1")
    repeat_calls: dict[str, float] = number(
        "further callers about the same incident, mean, by type", "calls", 0, 1000, "m_repeat"
    )
    repeat_gap_s: float = number("mean time from the first call to a further one", "s", 0, 36000, "m_repeat")
    repeat_handling: Duration = value("time a further call holds a seat", "m_repeat")


@dataclass(frozen=True)
class RelayConfig:
    """How a team outside the 119 platform hears of an incident."""

    delay: Duration = value("dispatch to notice, by telephone", "t_relay")
    never: dict[str, float] = fraction("chance that a tier never hears of it", "m_never")


@dataclass(frozen=True)
class SizeUpConfig:
    """What becomes known at the scene, and what follows."""

    delay: Duration = value("arrival to report", "m_sizeup")
    escalate: bool = value("send more when it is worse than reported")
    recall: bool = value("recall what is still rolling when it is less than reported")
    by_drone: bool = value("a drone over the scene sizes up, too, not the first crew alone", "b_drone")
    request_s: float = number(
        "report to further units dispatched at a major incident", "s", 0, 7200, "m_request"
    )
    request_command_post_s: float = number("the same with the field command post", "s", 0, 7200, "y_comm")


@dataclass(frozen=True)
class AlarmsConfig:
    """Further alarms: the officer in command looks again, and asks for more while a fire is not held."""

    policy: str = value("who decides about further alarms: none, standard, or module:Class of your own")
    after_s: float = number("report, or last look, to the next look", "s", 60, 14400, "m_review")
    most: int = number("highest alarm level", "-", 1, 9, "m_alarm")
    large_m2: float = number(
        "burning area from which more is asked for in any case", "m2", 1, 1e6, "m_alarm_large"
    )
    edge_m: float = number("edge of a large fire that an engine holds", "m", 1, 1000, "m_alarm_edge")
    outside_m2: float = number(
        "burning area from which columns from outside are asked for", "m2", 1, 1e6, "m_alarm_outside"
    )
    outside_columns: int = number("columns that an alarm then asks for", "columns", 0, 20, "m_alarm_outside")
    needs: dict[str, int] = number("what a further alarm asks for, by capability", "units", 0, 50, "m_alarm")

    def check(self, path: str) -> None:
        """Refuse capabilities that no unit provides."""
        refuse_unknown(f"{path}.needs", self.needs, CAPABILITIES)


@dataclass(frozen=True)
class MoveUpConfig:
    """Engines that stand in at other stations while these have none."""

    policy: str = value(
        "who decides about move-ups: none, nearest, compliance_table, dmexclp, or module:Class of your own"
    )
    least_min: float = number(
        "units expected to be away longer than this call for move-ups", "min", 0, 600, "m_moveup"
    )
    least_level: int = number(
        "alarm level, or severity as it was told, from which an incident calls for move-ups", "level", 1, 3,
        "m_moveup_level",
    )  # fmt: skip
    gain_min: float = number(
        "nearest: moves that shorten the area's nearest reach by at least this", "min", 0, 120, "m_moveup"
    )
    target_min: float = number(
        "compliance_table, dmexclp: an engine covers what it is expected to reach within this", "min", 0, 120,
        "m_moveup_target",
    )  # fmt: skip
    busy_share: float = number(
        "compliance_table, dmexclp: chance that an engine is busy", "-", 0, 0.99, "m_moveup_busy"
    )
    table: dict[str, tuple[str, ...]] = value(
        "compliance_table: stations by number of free engines; empty = computed from expected coverage"
    )


@dataclass(frozen=True)
class DispatchConfig:
    """Who is sent."""

    centre: CentreConfig = value("the 119 centre")
    relay: RelayConfig = value("teams outside the platform")
    size_up: SizeUpConfig = value("escalation and recall")
    policy: str = value("who is sent: nearest, or module:Class of your own")
    alarms: AlarmsConfig = value("further alarms at fires that are not held")
    move_up: MoveUpConfig = value("move-ups into stripped areas")
    queue: Literal["wait", "loss"] = value("what becomes of a need that nobody free can meet")
    priority: dict[str, int] = number("priority by type, 1 the most urgent", "-", 1, 9, "m_priority")
    run_cards: dict[str, tuple[dict[str, int], ...]] = value(
        "what the brigade sends, by type and severity 1, 2, 3; no other tier replaces it", "n_pro", TYPES
    )
    first_aid: dict[str, tuple[str, ...]] = value(
        "types to which the first-aid tiers go", "m_first_aid", TIERS
    )
    drone_types: tuple[str, ...] = value("types to which a drone is sent", "m_drone_types", TYPES)
    local_teams: dict[str, tuple[int, ...]] = number(
        "nearest full-time teams sent beside the brigade, by type and severity; with them a team of volunteers",
        "teams", 0, 50, "m_local_teams",
    )  # fmt: skip
    en_route: bool = value("units on their way home can be sent again", "m_enroute")

    def check(self, path: str) -> None:
        """Refuse run cards that are incomplete or ask for a capability that no unit provides."""
        refuse_missing(f"{path}.run_cards", self.run_cards, TYPES, ": what is sent to this type")
        refuse_missing(f"{path}.local_teams", self.local_teams, TYPES, ": teams beside the brigade")
        for kind, teams in self.local_teams.items():
            if kind not in TYPES or len(teams) != 3:
                allowed = f"3 numbers (severity 1, 2, 3) for each of {', '.join(TYPES)}"
                raise SimError(f"{path}.local_teams.{kind} has {len(teams)} numbers; allowed: {allowed}.")
        refuse_missing(f"{path}.priority", self.priority, TYPES, ": the priority of this type")
        for kind, cards in self.run_cards.items():
            where = f"{path}.run_cards.{kind}"
            if len(cards) != 3:
                raise SimError(f"{where} must have 3 cards (severity 1, 2, 3), found {len(cards)}.")
            for severity, card in enumerate(cards, 1):
                for need, count in card.items():
                    if need not in CAPABILITIES:
                        allowed = ", ".join(CAPABILITIES)
                        raise SimError(f"{where}[{severity}] asks for {need!r}; allowed: {allowed}.")
                    if not 0 <= count <= 50:
                        raise SimError(f"{where}[{severity}].{need} is {count}; allowed: 0..50 units.")
