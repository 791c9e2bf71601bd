"""axe-core in a page: what is serious or critical for who cannot see, or uses no mouse."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from helpers.chromium import Page

FILE = Path(os.environ.get("AXE", "absent"))  # axe.min.js of `npm pack axe-core`; .ci/run names it
SERIOUS = (
    "axe.run({ resultTypes: ['violations'] }).then((found) => found.violations"
    ".filter((one) => ['serious', 'critical'].includes(one.impact))"
    ".map((one) => `${one.id}, ${one.nodes.length} times: ${one.nodes[0].html.slice(0, 200)}`))"
)


def findings(page: Page) -> Any:
    """Return the rules that are broken seriously, each with the first element that breaks it."""
    page.evaluate(FILE.read_text(encoding="utf-8") + ";0")
    return page.evaluate(SERIOUS)
