"""Maps: colours by value, borders, scale, names that do not lie on each other."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import sim
from sim.errors import SimError
from sim.plots.figures import response_maps
from sim.plots.figures.response_maps import View
from sim.plots.maps.basemap import KM_PER_DEGREE, Basemap, fill_cells, scale_bar
from sim.plots.maps.place_names import PlaceNames
from sim.plots.style import NO_DATA, new_figure, save, use_style

QUZHOU = Path(sim.__file__).parent / "data" / "quzhou"
FIRE = "residential_fire"


@pytest.fixture(scope="module")
def quzhou():
    return Basemap(*(pd.read_csv(QUZHOU / f"{name}.csv") for name in ("cells", "townships", "stations")))


@pytest.fixture
def small():
    """Three by two 1-km cells on the equator: a county of the left column, one of two townships."""
    step = 1 / KM_PER_DEGREE
    cells = pd.DataFrame(
        {
            "lon": [0, step, 2 * step] * 2,
            "lat": [0.0] * 3 + [step] * 3,
            "township": [11, 21, 22, 11, 21, 22],
            "population": [9, 5, 1, 3, 7, 2],
        }
    )
    townships = pd.DataFrame(
        {
            "code": [11, 21, 22],
            "name": ["府山街道", "石梁镇", "航埠镇"],
            "county": ["柯城区", "衢江区", "衢江区"],
            "kind": ["subdistrict", "town", "town"],
            "lon": [0, step, 2 * step],
            "lat": [step / 2] * 3,
            "population": [12, 12, 3],
        }
    )
    stations = pd.DataFrame({"lon": [0.0, step], "lat": [0.0, step], "status": ["existing", "planned"]})
    return Basemap(cells, townships, stations)


def fires(rows):
    """Incidents of (cell, township, minutes to the first capable arrival)."""
    table = pd.DataFrame(rows, columns=["cell", "township", "minutes"])
    return table.assign(type=FIRE, first_capable_s=60 * table.pop("minutes"))


@pytest.fixture
def incidents():
    return fires([(0, 11, 4), (0, 11, 8), (1, 21, 12), (2, 22, 50), (3, 11, np.nan), (4, 21, 22)])


def draw(make):
    with use_style():
        figure = new_figure(6, 5)
        axes = figure.subplots()
        make(axes)
        figure.canvas.draw()
    return axes


def draw_change(now, before, basemap):
    """The only panel of the changes against a baseline."""
    with use_style():
        figure = new_figure(6, 5)
        (panel,) = response_maps.small_multiples(
            figure, {"before": before, "now": now}, basemap, View(), baseline="before"
        )
        figure.canvas.draw()
    return panel


def colours(axes):
    return [to_hex(colour) for colour in axes.collections[0].get_facecolors()]


def test_squares_are_squares_that_meet(small):
    km = small.squares * KM_PER_DEGREE
    assert km[0] == pytest.approx(np.array([[0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]]), abs=1e-6)
    assert small.squares[0, 0] == pytest.approx(small.squares[1, 3])


def test_squares_of_the_region_follow_its_turned_grid(quzhou):
    # the grid is UTM zone 50N: at 118.7°E, 28.9°N it is turned by about (118.7 - 117) sin 28.9° = 0.8 degrees
    east = quzhou.squares[:, 0] - quzhou.squares[:, 3]
    turn = np.rad2deg(np.arctan2(east[:, 1], east[:, 0] / quzhou.shape))
    assert np.abs(turn) == pytest.approx(0.82, abs=0.15)
    side_km = np.hypot(east[:, 0] / quzhou.shape, east[:, 1]) * KM_PER_DEGREE
    assert side_km == pytest.approx(1.0, abs=0.01)


def test_borders_lie_between_counties_and_around(small):
    sides = small.borders(small.townships["county"].to_numpy()[small.township_of]) * KM_PER_DEGREE
    inner = [side for side in sides if np.allclose(side[:, 0], 0.5) and side[:, 1].min() > -0.6]
    assert len(sides) == 10 + 2  # the outline of three by two, and two sides between the counties
    assert len(inner) == 2
    assert len(small.borders(small.township_of)) == 10 + 4


def test_colours_of_cells_follow_their_values(small, incidents):
    axes = draw(lambda axes: response_maps.response_map(incidents, small, axes, View()))
    c = [colour.lower() for colour in response_maps.TIME_COLOURS]
    # medians: 6, 12, 50, never, 22 minutes, no incident
    assert colours(axes) == [c[1], c[2], c[6], c[6], c[4], NO_DATA.lower()]


def test_a_value_on_a_bound_belongs_to_the_later_bin(small):
    axes = draw(
        lambda axes: response_maps.response_map(
            fires([(0, 11, 4.99), (1, 21, 5), (2, 22, 45)]), small, axes, View()
        )
    )
    c = [colour.lower() for colour in response_maps.TIME_COLOURS]
    assert colours(axes)[:3] == [c[0], c[1], c[6]]


def test_townships_share_a_colour(small, incidents):
    names = small.townships.set_index("code")["name"]
    table = incidents.assign(township=incidents["township"].map(names))
    values = response_maps.cell_minutes(table, small, View(by="township"))
    assert values.tolist() == [8, 17, 50, 8, 17, 50]
    assert np.isnan(response_maps.cell_minutes(table, small, View(by="township", least=2))[2])


def test_a_map_can_show_another_time_column(small, incidents):
    table = incidents.assign(first_arrival_s=60.0)
    assert response_maps.cell_minutes(table, small, View("first_arrival_s"))[0] == 1


def test_change_is_the_difference_of_cells_known_in_both_runs(small, incidents):
    before = fires([(0, 11, 9), (1, 21, np.nan), (2, 22, 50), (3, 11, np.nan), (5, 22, 3)])
    change = response_maps.cell_change(incidents, before, small, View())
    assert change[:4].tolist() == [-3, -np.inf, 0, 0]
    assert np.isnan(change[4:]).all()  # an incident in one of the two runs only
    axes = draw_change(incidents, before, small)
    scale, norm = response_maps.change_scale()
    expected = [to_hex(scale(norm(value))) for value in (-3, -99, 0, 0)]
    assert colours(axes) == [*expected, to_hex(scale.get_bad()), to_hex(scale.get_bad())]
    assert expected[2] == "#ffffff"
    assert to_hex(scale.get_bad()) != "#ffffff"


def test_a_place_that_is_no_longer_reached_is_later_without_bound(small):
    change = response_maps.cell_change(fires([(0, 11, np.nan)]), fires([(0, 11, 9)]), small, View())
    assert change[0] == np.inf
    axes = draw_change(fires([(0, 11, np.nan)]), fires([(0, 11, 9)]), small)
    scale, norm = response_maps.change_scale()
    assert colours(axes)[0] == to_hex(scale(norm(16)))


def test_blue_is_earlier_and_red_is_later():
    scale, norm = response_maps.change_scale()
    earlier, later = scale(norm(-7)), scale(norm(7))
    assert earlier[2] > earlier[0]
    assert later[0] > later[2]


def test_refusals_name_what_was_found_and_what_is_allowed(small):
    with pytest.raises(SimError, match="cell 6 found; the region has cells 0 to 5"):
        response_maps.cell_minutes(fires([(6, 11, 1)]), small, View())
    with pytest.raises(SimError, match="township 99 is not a name"):
        response_maps.cell_minutes(fires([(0, 99, 1)]), small, View(by="township"))
    with pytest.raises(SimError, match="cells: township 11 is not a code"):
        Basemap(small.cells, small.townships[1:], small.stations)
    with pytest.raises(SimError, match="cells: 1 row found"):
        Basemap(small.cells[:1], small.townships, small.stations)


def test_small_multiples_share_one_colour_bar(small, incidents):
    with use_style():
        figure = new_figure(9, 6)
        panels = response_maps.small_multiples(
            figure, dict.fromkeys(["2023", "2024", "2025", "2026"], incidents), small, View()
        )
        figure.canvas.draw()
    assert [axes.get_title(loc="left") for axes in panels] == ["2023", "2024", "2025", "2026"]
    assert len(figure.axes) == 4 + 1
    assert "(min)" in figure.axes[-1].get_ylabel()
    assert all(colours(axes) == colours(panels[0]) for axes in panels)


def test_small_multiples_of_changes_leave_the_baseline_out(small, incidents):
    later = incidents.assign(first_capable_s=incidents["first_capable_s"] + 180)
    with use_style():
        figure = new_figure(9, 4)
        panels = response_maps.small_multiples(
            figure, {"2023": later, "2025": incidents}, small, View(), baseline="2023"
        )
        figure.canvas.draw()
    assert [axes.get_title(loc="left") for axes in panels] == ["2025"]
    scale, norm = response_maps.change_scale()
    assert colours(panels[0])[0] == to_hex(scale(norm(-3)))
    assert "change against 2023" in figure.axes[-1].get_ylabel()


def test_without_incidents_a_map_says_so(small, incidents):
    axes = draw(lambda axes: response_maps.response_map(incidents[:0], small, axes, View()))
    assert "No incident\n无警情" in [text.get_text() for text in axes.texts]
    assert set(colours(axes)) == {NO_DATA.lower()}


def test_map_without_stations_has_no_station_in_its_key(small, incidents):
    bare = Basemap(small.cells, small.townships, small.stations[:0])
    axes = draw(lambda axes: response_maps.response_map(incidents, bare, axes, View()))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["No incident\n无警情"]


def test_planned_stations_are_marked_apart(small, incidents):
    axes = draw(lambda axes: response_maps.response_map(incidents, small, axes, View()))
    marks = {
        line.get_markerfacecolor(): line.get_xdata().tolist()
        for line in axes.lines
        if line.get_marker() == "^"
    }
    assert list(marks.values()) == [[0.0], [small.stations["lon"][1]]]
    assert "white" in marks
    assert "Planned station: works start\n规划消防站（承诺开工）" in [
        text.get_text() for text in axes.get_legend().get_texts()
    ]


def test_kilometres_are_equal_both_ways(quzhou):
    axes = draw(lambda axes: response_maps.response_map(fires([(0, 330802005, 5)]), quzhou, axes, View()))
    a, b, c = axes.transData.transform([(118.6, 28.9), (118.7, 28.9), (118.6, 29.0)])
    assert (b - a)[0] / (c - a)[1] == pytest.approx(np.cos(np.deg2rad(28.93)), abs=0.002)


def test_scale_bar_is_as_long_as_it_says(quzhou):
    def make(axes):
        axes.set(xlim=(118, 119.4), ylim=(28.2, 29.5))
        assert scale_bar(axes, (0.0, 0.0)) == 20

    axes = draw(make)
    left, right = axes.lines[-1].get_xdata()
    assert (right - left) * 111.2 * np.cos(np.deg2rad(28.85)) == pytest.approx(20, abs=0.01)
    assert axes.texts[-1].get_text() == "20 km"


def visible_names(axes):
    (names,) = [artist for artist in axes.get_children() if isinstance(artist, PlaceNames)]
    return names, [text for text in names.texts if text.get_visible()]


@pytest.mark.parametrize("towns", [30, 100])
def test_names_do_not_lie_on_each_other_or_on_stations(quzhou, towns, monkeypatch):
    monkeypatch.setattr(response_maps, "TOWNS", towns)
    axes = draw(lambda axes: response_maps.response_map(fires([(0, 330802005, 5)]), quzhou, axes, View()))
    names, visible = visible_names(axes)
    renderer = axes.figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in visible]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    marks = [mark.get_window_extent(renderer) for mark in names._avoid]
    assert not any(box.overlaps(mark) for box in boxes for mark in marks)
    inside = axes.get_window_extent(renderer)
    assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 for box in boxes)
    assert len(visible) >= 15


def test_every_county_is_named_in_larger_letters(quzhou):
    axes = draw(lambda axes: response_maps.response_map(fires([(0, 330802005, 5)]), quzhou, axes, View()))
    _, visible = visible_names(axes)
    counties = {"柯城区", "衢江区", "常山县", "开化县", "龙游县", "江山市"}
    size = {text.get_text(): text.get_fontsize() for text in visible}
    assert counties <= set(size)
    assert min(size[county] for county in counties) > max(size[name] for name in set(size) - counties)


def test_county_seats_stand_where_people_live(quzhou):
    places = {place.text: place for place in quzhou.places(0)}
    assert len(places) == 6
    # the Kaihua county town, some 10 km north of the seat of Huabu, the township it belongs to
    assert (places["开化县"].lon, places["开化县"].lat) == pytest.approx((118.40, 29.13), abs=0.03)


@pytest.mark.slow
def test_the_map_of_the_region_is_the_same_bytes_twice(quzhou, tmp_path):
    rng = np.random.default_rng(3)
    cell = rng.integers(0, len(quzhou.cells), 500)
    table = fires([(c, 0, minutes) for c, minutes in zip(cell, rng.uniform(2, 50, 500), strict=True)])

    def files(name):
        with use_style():
            figure = new_figure(5, 5)
            response_maps.response_map(table, quzhou, figure.subplots(), View())
        once = [path.read_bytes() for path in save(figure, tmp_path, f"{name}-once")]
        twice = [path.read_bytes() for path in save(figure, tmp_path, f"{name}-twice")]
        assert once == twice
        return once

    first = files("first")
    assert first == files("second")
    assert len(first[1]) < 2_000_000  # cells are an image inside the vector file


@pytest.mark.parametrize(("width", "label"), [(1.4, "{x:.1f}°E"), (0.1, "{x:.2f}°E")])
def test_degrees_have_as_many_digits_as_the_ticks_need(small, width, label):
    axes = new_figure(4, 4).subplots()
    fill_cells(small, axes, (118.0, 118.0 + width, 28.0, 28.0 + width))
    assert axes.xaxis.get_major_formatter().fmt == label
