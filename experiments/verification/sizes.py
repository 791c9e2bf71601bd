"""Numbers of trials: used by the tests and stated on the verification page."""

from __future__ import annotations

# Random small worlds on which every invariant is tried: by make test, by make verify.
WORLDS = (100, 500)

# Inputs with something wrong, by door: by make test, by make verify.
FUZZ = {
    "region tables": (200, 8000),
    "configuration values": (150, 2000),
    "plan files": (40, 300),
    "configuration files through Hydra": (16, 60),
    "command-line arguments": (12, 150),
    "result folders": (60, 1000),
}
