"""Open a page on this machine on which a what-if is put together on a map and answered while one looks.

Stations, nests, teams and cars come, move and close by a click, measures by a switch, uncertain values by a slider.
The page shows the plan as it stands and the what-if on the same incidents, with intervals that shrink, what the
changes cost a year, and a day of it. It saves a file that `python -m sim whatif file=FILE` runs to the same tables.
Only this machine can open it; nothing leaves it.
With `city` the page is about the stations, vehicles and log of another city's folder. Keys of the configuration, such
as region.folder=..., hold for every question. Ctrl-C ends it.

    python -m sim app lang=zh
"""

from __future__ import annotations

from pathlib import Path

from sim.app.questions import ALLOWED, Questions
from sim.app.server import Server
from sim.app.study import Study, warm_up
from sim.errors import SimError
from sim.options import Asked, Option, Usage
from sim.reports.terminal import say

USAGE = Usage(
    (
        Option("lang", "language of the page at first", "en", allowed=("en", "zh")),
        Option(
            "city",
            "folder of another city (python -m sim city import and fit): the page is about it",
            None,
            Path,
        ),
        Option("costs", "YAML file like configs/costs/quzhou.yaml: what the levers cost", None, Path),
        Option("port", "port on 127.0.0.1; 0 takes a free one", 8123, int, 0, 65535),
    ),
    configuration=True,
    refused={key: f"{key} is chosen on the page." for key in ALLOWED},
    interrupted="the page is closed; what was saved stays.",
)


def run(asked: Asked) -> int:
    """Serve the page until Ctrl-C."""
    questions, study = _of(asked)
    try:
        server = Server(asked["port"], questions, asked["lang"], study)
    except OSError as problem:
        raise SimError(
            f"port is {asked['port']}, which cannot be used ({problem.strerror}); allowed: a free one, or 0."
        ) from None
    with server:
        warm_up()
        say(f"Open http://127.0.0.1:{server.server_port}/ in a browser; Ctrl-C ends it.")
        server.serve_forever()
    return 0


def _of(asked: Asked) -> tuple[Questions, type[Study]]:
    """Return what may be asked, and what answers it: of the plan, or of a city."""
    if asked["city"] is None:
        return Questions(asked.others, asked["costs"]), Study
    for word in (*asked.others, *(["costs"] if asked["costs"] else [])):
        raise SimError(
            f"{word.partition('=')[0]} has no meaning with city: its log, stations and fit say all."
        )
    from sim.app.city import CityQuestions, CityStudy  # pictures come with it, half a second

    return CityQuestions(asked["city"]), CityStudy
