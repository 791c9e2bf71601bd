"""Choose place names that never overlap on a map, by a greedy rule when the figure is drawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import Bbox, ScaledTranslation

from sim.plots.style import INK

# horizontal and vertical side of the point in order of preference: right before left, above before below
_SIDES = ((1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0))
_GAP_POINTS = 2.5
_FAR = (1, 5, 9)  # gaps tried for a name that must be shown
_HORIZONTAL = {1: "left", 0: "center", -1: "right"}
_VERTICAL = {1: "bottom", 0: "center", -1: "top"}


@dataclass(frozen=True)
class Place:
    """A name at a point (degrees) and its size in points.

    One that `must` be shown may lie farther off; it prefers the side to which it leans (degrees east, north).
    """

    text: str
    lon: float
    lat: float
    size: float
    must: bool = False
    lean: tuple[float, float] = (0.0, 0.0)

    @property
    def candidates(self) -> list[tuple[int, int, int]]:
        """Gap factor and sides (east, north) to try, best first."""
        sides = sorted(_SIDES, key=lambda side: -(side[0] * self.lean[0] + side[1] * self.lean[1]))
        return [(gap, *side) for gap, side in product(_FAR if self.must else _FAR[:1], sides)]


class MarkerBox:
    """The bounding box of a point marker. Names keep clear of it."""

    def __init__(self, axes: Axes, lon: float, lat: float, half_points: float) -> None:
        self._axes, self._at, self._half_points = axes, (lon, lat), half_points

    def get_window_extent(self, renderer: Any) -> Bbox:
        """Box in pixels, as an artist gives it."""
        x, y = self._axes.transData.transform(self._at)
        half = renderer.points_to_pixels(self._half_points)
        return Bbox.from_extents(x - half, y - half, x + half, y + half)


class PlaceNames(Artist):
    """Names of places, positioned just before they are drawn. Each takes the first free position, or is hidden.

    Sizes of letters and of the panel are only known when a picture is drawn, after the layout has made room
    for colour bars and labels; a choice made earlier would overlap later.
    """

    def __init__(self, panel: Axes, places: Sequence[Place], avoid: Iterable[Any]) -> None:
        super().__init__()
        self.set_zorder(9)  # before the texts, after everything they must keep clear of
        self.set_in_layout(False)
        self._panel = panel
        self._avoid = list(avoid)
        halo = [withStroke(linewidth=2.2, foreground="white")]
        look: dict[str, Any] = {"color": INK, "zorder": 10, "path_effects": halo, "in_layout": False}
        self.texts = [panel.text(p.lon, p.lat, p.text, fontsize=p.size, **look) for p in places]
        self._places = list(places)
        panel.add_artist(self)

    def draw(self, renderer: Any) -> None:
        """Choose the positions; the texts then draw themselves."""
        taken = [artist.get_window_extent(renderer) for artist in self._avoid]
        for text, place in zip(self.texts, self._places, strict=True):
            box = self._place(text, place, taken, renderer)
            text.set_visible(box is not None)
            if box is not None:
                taken.append(box)

    def _place(self, text: Text, place: Place, taken: list[Bbox], renderer: Any) -> Bbox | None:
        """Move a text to its first free place and give its box; None if there is none and it may go."""
        inside = self._panel.get_window_extent(renderer)
        if not inside.contains(*self._panel.transData.transform(text.get_position())):
            return None
        least: tuple[int, tuple[int, int, int]] | None = None
        for candidate in place.candidates:
            box = self._set(text, *candidate, renderer)
            if box.x0 < inside.x0 or box.x1 > inside.x1 or box.y0 < inside.y0 or box.y1 > inside.y1:
                continue
            hits = sum(box.overlaps(other) for other in taken)
            if not hits:
                return box
            if least is None or hits < least[0]:
                least = (hits, candidate)
        return self._set(text, *least[1], renderer) if place.must and least else None

    def _set(self, text: Text, gap: int, across: int, up: int, renderer: Any) -> Bbox:
        inches = gap * _GAP_POINTS / 72
        shift = ScaledTranslation(across * inches, up * inches, self._panel.figure.dpi_scale_trans)
        text.set(
            transform=self._panel.transData + shift, ha=_HORIZONTAL[across], va=_VERTICAL[up], visible=True
        )
        return Bbox(text.get_window_extent(renderer))
