"""Figures. `registry` lists them, `figures` has one file for each. The other modules draw a table into an Axes.

Only `matplotlib.figure.Figure` is used, never pyplot: no display, no window, no global figure.
"""

import os
import sys
from contextlib import suppress

# MPLBACKEND may name what matplotlib does not know here, such as the backend of the notebook that started this process,
# and the import would fail. Our figures need no backend; those of a program that calls us get it where it exists.
if "matplotlib" not in sys.modules and (_backend := os.environ.pop("MPLBACKEND", "")):
    import matplotlib

    os.environ["MPLBACKEND"] = _backend
    with suppress(ValueError):
        matplotlib.rcParams["backend"] = _backend
