"""Sealed files: JSON or a table with a checksum over all the rest of it.

A seal shows damage and changes by hand. It is no signature: who can write the file can also compute a new seal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.errors import SimError
from sim.files import read_regular

SEAL = "seal"
MOST_BYTES = 256 * 2**20
LAST_LINE = "# sha256 "  # of a table


def sealed(content: Mapping[str, Any], indent: int = 2) -> str:
    """Return JSON text of the content with its seal as the last key."""
    seal = hashlib.sha256(_text(content, indent).encode()).hexdigest()
    return _text({**content, SEAL: seal}, indent)


def unsealed(path: Path, remedy: str, indent: int = 2) -> Any:
    """Return the content of a sealed JSON file, the seal left in it; SimError for a damaged or a changed one.

    What is no sealed object comes back as it is: the caller knows what else the file may be. OSError from the disk.
    """
    raw = read_regular(path, MOST_BYTES)
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:  # deeply nested
        raise SimError(f"{path} is damaged ({error}); {remedy}") from error
    if isinstance(content, dict) and SEAL in content:
        rest = {key: item for key, item in content.items() if key != SEAL}
        # Written once more it must be these bytes: no change is too small, no key may stand twice.
        if sealed(rest, indent).encode(errors="replace") != raw:
            raise SimError(f"{path} was changed after it was written (its seal does not fit); {remedy}")
    return content


def sealed_lines(text: str) -> str:
    """Return a text of lines, such as a table, with its seal as one line more."""
    return f"{text}{LAST_LINE}{hashlib.sha256(text.encode()).hexdigest()}\n"


def unsealed_lines(path: Path, remedy: str) -> str:
    """Return the lines of a sealed text; SimError where it was changed. OSError from the disk."""
    raw = read_regular(path, MOST_BYTES)
    text = raw.rpartition(LAST_LINE.encode())[0].decode("utf-8", errors="replace")
    if sealed_lines(text).encode() != raw:
        raise SimError(f"{path} was changed after it was written (its seal does not fit); {remedy}")
    return text


def _text(content: Mapping[str, Any], indent: int) -> str:
    return json.dumps(content, indent=indent, ensure_ascii=False) + "\n"
