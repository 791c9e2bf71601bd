"""How much is tried: the sizes that the tests use and the page of verification states."""

from __future__ import annotations

# Random small worlds on which every invariant is tried: by make test, by make verify.
WORLDS = (100, 500)

# Inputs with something wrong, by door: by make test, by make verify.
FUZZ = {
    "region tables": (200, 6000),
    "configuration values": (150, 3500),
    "plan files": (40, 500),
    "configuration files through Hydra": (6, 100),
    "command-line arguments": (12, 200),
    "result folders": (60, 1500),
}
