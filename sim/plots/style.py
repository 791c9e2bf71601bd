"""The style of all figures: font, colours, sizes. Drawing a figure again gives the same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager, get_font
from matplotlib.layout_engine import ConstrainedLayoutEngine

FONT_FILE = Path(__file__).parents[1] / "data" / "fonts" / "NotoSansCJKsc-subset.otf"
DPI = 150
_SETTLING = 3  # drawings after which the layout of a map moves by less than a hundredth of a pixel
NO_DATA = "#F3F3F3"
INK = "#262626"
FAINT = "#8A8A8A"


@dataclass(frozen=True)
class Look:
    """How one series is drawn: colour, line style, marker and hatch; each alone identifies it."""

    colour: str
    line: Any
    marker: str
    hatch: str


# CIE lightness rises in steps of about ten from enterprise (0) and drone (11) to patrol (81), so the tiers stay apart
# in grey and for every form of colour blindness; hues are near those of Okabe and Ito
TIER_LOOKS = {
    "professional": Look("#A31621", "-", "o", ""),
    "township": Look("#0072B2", (0, (7, 1.5)), "s", "///"),
    "volunteer": Look("#009E73", (0, (5, 1.5, 1, 1.5)), "D", "xxx"),
    "micro": Look("#E69F00", (0, (3, 1.2)), "v", "..."),
    "patrol": Look("#9CCFF0", (0, (8, 1.5, 1, 1.5, 1, 1.5)), "^", "---"),
    "drone": Look("#24104A", (0, (1, 1.2)), "*", "***"),
    "civil": Look("#3A3A3A", (0, (2, 1, 6, 1)), "P", "\\\\\\"),
    "enterprise": Look("#000000", (0, (4, 1, 1, 1)), "h", "ooo"),
}
NOBODY = Look("#E4E4E4", "-", "x", "")
SERIES = (
    Look("#1B1B1B", "-", "o", ""),
    Look("#0072B2", (0, (6, 1.5)), "s", "///"),
    Look("#D55E00", (0, (3, 1.2)), "^", "..."),
    Look("#009E73", (0, (5, 1.5, 1, 1.5)), "D", "xxx"),
    Look("#E69F00", (0, (1, 1.2)), "v", "---"),
    Look("#CC79A7", (0, (8, 1.5, 1, 1.5, 1, 1.5)), "P", "\\\\\\"),
    Look("#7F7F7F", (0, (2, 1)), "X", "+++"),
    Look("#7A3B1D", (0, (4, 1, 1, 1)), "h", "ooo"),
)
BETTER, WORSE, UNCERTAIN = "#0072B2", "#D55E00", "#B8B8B8"

_SETTINGS = {
    **dict.fromkeys(("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color"), INK),
    "font.size": 9,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.9,
    "lines.markersize": 5,
    "hatch.linewidth": 0.5,
    "hatch.color": "white",
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handlelength": 3.2,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "text.parse_math": False,  # a name such as $x^ is a name
    "svg.fonttype": "path",  # glyphs as outlines: the reader needs no Chinese font
    "svg.hashsalt": "fire-response-sim",
}


@cache
def font_family() -> str:
    """Register the font that comes with the package and give its family name."""
    fontManager.addfont(FONT_FILE)
    return str(get_font(FONT_FILE).family_name)


@contextmanager
def use_style() -> Iterator[None]:
    """Draw in the project's look inside the context, whatever the reader's own matplotlibrc says."""
    family = {"font.family": ["DejaVu Sans", font_family()]}
    with matplotlib.style.context(["default", {**_SETTINGS, **family}]):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """Make an empty figure (inches) whose panels make room for their labels. Call inside `use_style`."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)  # a canvas that draws, with no display: the figure's own one only writes files
    return figure


def scenario_looks(count: int) -> list[Look]:
    """Give `count` looks in order, light to dark, for scenarios that follow each other in time.

    Lines are solid: scenarios lie close together, and dashes of neighbours would run into one another.
    """
    colours = matplotlib.colormaps["viridis"]
    steps = [0.85 * (1 - i / max(count - 1, 1)) for i in range(count)]
    return [
        Look(matplotlib.colors.to_hex(colours(step)), "-", look.marker, look.hatch)
        for step, look in zip(steps, cycle(SERIES), strict=False)
    ]


def errorbars(axes: Axes, x: Any, rows: Any, look: Look, factor: float, **how: Any) -> None:
    """Draw `mean, low, high` of some rows, multiplied by a factor, over x as a line with intervals."""
    mean, low, high = (factor * rows[column].to_numpy(float) for column in ("mean", "low", "high"))
    look_of_line = {"color": look.colour, "linestyle": look.line, "marker": look.marker}
    axes.errorbar(
        x, mean, [mean - low, high - mean], **{"elinewidth": 1.1, "capsize": 3, **look_of_line, **how}
    )


def note(axes: Axes, text: str) -> Axes:
    """Say in the middle of a panel why nothing is drawn there."""
    axes.text(
        0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=INK, fontsize=10, zorder=20,
        bbox={"boxstyle": "round,pad=0.6", "facecolor": NO_DATA, "edgecolor": FAINT},
    )  # fmt: skip
    return axes


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write `name`.png (150 dpi) and `name`.svg into an existing folder; neither has a date or a version.

    The layout is settled and then fixed, so that a figure saved again is the same bytes: a panel of fixed
    aspect and its colour bar move each other a little at every drawing.
    """
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    with use_style():
        if isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
            for _ in range(_SETTLING):
                figure.draw_without_rendering()
            # No engine at all: for any, "none" too, saving draws everything once more.
            with matplotlib.rc_context({"figure.constrained_layout.use": False}):
                figure.set_layout_engine(None)
        figure.savefig(png, dpi=DPI, metadata={"Software": None})
        figure.savefig(svg, dpi=DPI, metadata={"Date": None, "Creator": None})
    return png, svg
