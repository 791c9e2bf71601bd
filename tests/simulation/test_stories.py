"""Three incidents from ignition to the last unit ready again; every time is worked out by hand.

Roads are driven at 10 m/s. Turnout medians: professional 55 s, township 90 s, drone 75 s; handling 90 s, relay 150
s, tank to water 120 s, report 60 s, recovery 1,200 s. The death and loss figures are not calibrated here.
"""

from __future__ import annotations

from dataclasses import replace

from helpers.frames import data_of
from helpers.small_world import NOON_S, Call, Place, Played, build, play, region, shipped, station_class

from sim.analysis import outcome
from sim.analysis.timeline import clock, lines
from sim.simulation.columns import frame

RULES = replace(
    shipped().outcome,
    deaths_per_year=1.0,
    baseline_risk={"a": 1.0, "b": 1.0, "c": 1.0},
    baseline_loss_cny=9000.0,
)


def told(played: Played, number: int = 0) -> str:
    """Return the story of an incident as it is printed."""
    incidents = frame(outcome.add(data_of(played.incidents), RULES))
    incident = incidents[incidents["incident"] == number].iloc[0]
    return "\n".join(lines(incident, played.dispatches[played.dispatches["incident"] == number]))


def test_village_fire_under_fragmented_dispatch_has_hand_calculated_times() -> None:
    """The town's team hears of it by telephone and holds it; the brigade, 9 km away, comes to take over.

    Team: 90 + 150 + 90 + 100 = 430 s there, water at 550 s on 1.2 m², which is control. Brigade: 90 + 55 + 900 =
    1,045 s; its second engine, 405 s on the road at 550 s, is home at 955 s. Mop-up 2,400 s and 36 s for 1.2 m²:
    2,986 s. Home and clean: team + 100 + 1,200 = 4,286 s, engine + 900 + 1,200 = 5,086 s. Risk A at 7.17 min: 1 −
    0.555 e^(−0.3713) = 0.617, times 0.0049 × 0.61; B 0.886; C 0.975. Loss (1,500 + 960) × e^(−0.32).
    """
    land = region((Place("甲镇", "town"),), (("一站", "class1", 10.0, 0.0),))
    played = play(build(land), Call("residential_fire", NOON_S - 300, (1.0, 0.0), limited=True))
    assert told(played) == (
        """\
Replication 0, incident 0: residential_fire severity 1 (reported 1), 甲镇 (甲县, plain), 01 January 12:00:00
      -5:00  ignition
       0:00  119 call
       0:00  119 seat answers
       1:30  the order is given
       7:10  first arrival (township)
       7:10  first capable arrival (township)
       9:10  first water
       9:10  under control
      17:25  first professional arrival
      17:25  effective response force complete
      49:46  last unit released
  unit                            reason    crew  ordered  left  there  released    ready  outcome
  甲镇专职队 engine 1 [township]  relay        4     1:30  5:30   7:10     49:46  1:11:26  arrived
  一站 engine 1 [professional]    run_card     6     1:30  2:25  17:25     49:46  1:24:46  arrived
  一站 engine 2 [professional]    run_card     6     1:30  2:25      -      9:10    15:55  withdrawn
  turned back on the way: 1
  burnt 1.2 m², loss 1,786 CNY, expected deaths 0.0018 (curve A), 0.0026 (B), 0.0029 (C); water: shuttle"""
    )


def test_false_alarm_seen_by_a_drone_has_hand_calculated_times() -> None:
    """The drone is over the scene at 90 + 75 + 50 = 215 s and reports at 275 s: the second engine turns round.

    It has driven 130 s, so it is home at 405 s. The first goes on to look: 90 + 55 + 1,125 = 1,270 s, 600 s there,
    home at once ready again. The drone waits for it, at most until its battery allows: 165 + 2,400 − 50 = 2,515 s;
    300 s after the crew's arrival is sooner, 1,570 s, then 50 s home and 1,800 s on the charger.
    """
    land = region((Place("甲乡"),), (("一站", "class1", 12.0, 0.0), ("二站", "logistics", 0.0, 0.0)))
    world = build(land, station_class("logistics", 0), {"platform": True, "nests_per_brigade": 1})
    played = play(world, Call("false_alarm", NOON_S, (0.75, 0.0), reported=2))
    # who reported may be said, too
    assert told(played).replace("reported (drone)", "reported") == (
        """\
Replication 0, incident 0: false_alarm severity 1 (reported 2), 甲乡 (甲县, plain), 01 January 12:00:00
       0:00  119 call
       0:00  119 seat answers
       1:30  the order is given
       3:35  drone over the scene
       4:35  true severity reported
      21:10  first arrival (professional)
      21:10  first capable arrival (professional)
      21:10  first professional arrival
      21:10  effective response force complete
      31:10  last unit released
  unit                          reason    crew  ordered  left  there  released  ready  outcome
  二站大队机巢1 drone [drone]   drone        0     1:30  2:45   3:35     26:10  57:00  arrived
  一站 engine 1 [professional]  run_card     6     1:30  2:25  21:10     31:10  49:55  arrived
  一站 engine 2 [professional]  run_card     6     1:30  2:25      -      4:35   6:45  recalled
  turned back on the way: 1"""
    )


def test_rescue_that_waits_for_the_only_crew_has_hand_calculated_times() -> None:
    """The station's only crew is at a call 6 km away until 2,845 s (90 + 55 + 600 there, 1,500 of work, 600 home).

    A traffic accident is called in at 1,000 s; nobody can be sent, so the need waits: ordered at 2,845 − 1,000 =
    1,845 s after its own call, 55 s of turnout, 300 s for 3 km, 2,700 s of work, 300 s home, 1,200 s to clean.
    """
    land = region(sites=(("一站", "small", 0.0, 0.0),))
    changes = {**station_class("small", 6, engine=1, rescue=1), "dispatch.en_route": False}
    played = play(
        build(land, changes),
        Call("social_assistance", NOON_S, (6.0, 0.0)),
        Call("traffic_rescue", NOON_S + 1000, (3.0, 0.0)),
    )
    assert told(played, 1) == (
        """\
Replication 0, incident 1: traffic_rescue severity 1 (reported 1), 甲乡 (甲县, plain), 01 January 12:16:40
       0:00  119 call
       0:00  119 seat answers
       1:30  the order is given
      36:40  first arrival (professional)
      36:40  first capable arrival (professional)
      36:40  first professional arrival
      36:40  effective response force complete
    1:21:40  last unit released
  unit                          reason  crew  ordered   left  there  released    ready  outcome
  一站 rescue 1 [professional]  waited     6    30:45  31:40  36:40   1:21:40  1:46:40  arrived
  units that nobody free could be when they were needed: 1"""
    )


def test_timeline_states_that_no_unit_was_sent() -> None:
    world = build(region(), {"forces.professional.enabled": False, "dispatch.queue": "loss"})
    story = told(play(world, Call("social_assistance")))
    assert "no unit was sent" in story
    assert "units that nobody free could be when they were needed: 1" in story


def test_clock_shows_minutes_and_seconds() -> None:
    texts = [clock(seconds) for seconds in (0.0, -0.4, 59.6, 61.0, -300.0, 6000.0, float("nan"))]
    assert texts == ["0:00", "0:00", "1:00", "1:01", "-5:00", "1:40:00", "-"]
