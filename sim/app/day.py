"""A day of the answer's first year, with or without the changes, in the player of `python -m sim watch`."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from sim.app.study import Study
from sim.config.text import to_yaml
from sim.reports import watch
from sim.reports.page import file_text
from sim.reports.report_runs import Language
from sim.storage.run_folder import Result
from sim.studies.days import number_of_day

# The player's one script may run, and nothing else; it can ask for nothing.
SCRIPT = b64encode(hashlib.sha256(file_text("watch.js").encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; script-src 'sha256-{SCRIPT}'; style-src 'unsafe-inline'; font-src data:; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def page(study: Study, side: int, name: str, day: str, language: Language) -> bytes:
    """Return the page of a day, of the busiest where none is named; SimError for a day that the year has not."""
    config, (incidents, dispatches) = study.configs[side], study.first[side]
    info = {"name": name, "scenario": config.scenario.year, "days": config.days}
    table = incidents.to_pandas()
    number = number_of_day(day, info) if day else watch.busiest(table, config.days)[1]
    result = Result.of(incidents=table, dispatches=dispatches.to_pandas(), info=info, config=to_yaml(config))
    return watch.build(result, number, 0, language).encode()
