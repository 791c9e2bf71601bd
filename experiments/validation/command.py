"""Compare the simulation with theory and with known facts about the city: every check with its verdict.

    python -m experiments.validation [theory|city] [replications=20] [workers=0] [write]
    python -m experiments.validation rest

Prints every check: expected, simulated, interval, verdict, seconds. `theory` or `city` runs only that half. `write`
renews docs/verification.md, which also describes the coverage of property tests, fuzzing and mutants. `rest` renews
only that part, without a simulation.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from experiments.command_line import command, options
from experiments.mutation import read as read_mutants
from experiments.validation import face, facts, page, surge
from experiments.validation.check import Check
from experiments.verification import theory
from sim.errors import SimError
from sim.files import write_text
from sim.reports.terminal import console

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verification.md"
HALVES = ("theory", "city")
REST = "rest"
REFUSAL = f"unknown option {{}}; allowed: {', '.join(HALVES)}, {REST}, replications=N, workers=N, write."


def city(replications: int, workers: int) -> list[Check]:
    """Return the checks against the face-validity table and the named facts, each with its share of the seconds."""
    began = time.perf_counter()
    base = face.run(2023, replications, workers)
    later = face.run(2025, replications, workers)
    days = surge.checks(surge.run(replications, workers))
    checks = [*face.checks(base, later), *facts.checks(base, later), *days]
    share = (time.perf_counter() - began) / len(checks)
    return [replace(check, seconds=share) for check in checks]


def _print(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(name, no_wrap=name in ("where", "verdict"), overflow="fold")
    for row in rows:
        table.add_row(*row)
    console().print(table)


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Run the checks and return 0 if all are met or explained, 1 otherwise, 2 for a mistake of the user."""
    asked = options(arguments, REFUSAL, (*HALVES, REST, "write"), replications=20, workers=0)
    halves = [half for half in HALVES if asked[half]] or list(HALVES)
    if asked["write"] and len(halves) < len(HALVES):
        raise SimError("write renews the whole page: leave theory and city out.")
    if asked[REST]:
        if len(arguments) > 1:
            raise SimError(f"{REST} stands alone: it runs no check.")
        if not PAGE.is_file():
            raise SimError(f"{PAGE} is missing: write it whole first.")
        write_text(PAGE, page.renew(PAGE.read_text(encoding="utf-8"), read_mutants()))
        print(f"Sections 3 to 7 of {PAGE.name} are new.")
        return 0
    began = time.perf_counter()
    proofs, checks = [], []
    if "theory" in halves:
        proofs = list(theory.run(lambda name: print(name, file=sys.stderr)))
        _print(page.PROOF, map(page.proof_cells, proofs))
    if "city" in halves:
        checks = city(asked["replications"], asked["workers"])
        _print(page.CHECK, map(page.check_cells, checks))
    missed = [check for check in checks if not check.met]
    broken = [proof for proof in proofs if not (proof.met and proof.refused)]
    met = len(checks) + len(proofs) - len(missed) - len(broken)
    print(f"{met} of {len(checks) + len(proofs)} checks met, {time.perf_counter() - began:.0f} s")
    for check in missed:
        print(f"missed: {check.number}, {check.quantity}: {check.why or 'not explained yet'}")
    for proof in broken:
        print(
            f"missed: {proof.law}, {proof.quantity}: {'a mistake is not seen' if proof.met else 'the law is broken'}"
        )
    if asked["write"]:
        write_text(PAGE, page.write(proofs, checks, read_mutants(), asked["replications"]))
    return 1 if broken or any(not check.why for check in missed) else 0
