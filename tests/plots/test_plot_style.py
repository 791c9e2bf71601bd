"""The look: a font with every name, tiers that read in grey and for every eye, files of the same bytes."""

import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

import sim
from sim.plots import labels, style
from sim.plots.style import TIER_LOOKS, new_figure, save, use_style

QUZHOU = Path(sim.__file__).parent / "data" / "quzhou"

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
COLOUR_VISION = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def lab(colour, vision="normal"):
    """CIE L*a*b* (D65) of a colour as seen with a kind of colour vision."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(COLOUR_VISION[vision] @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    t = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_lab_of_known_colours():
    assert lab("white")[0] == pytest.approx(100, abs=0.01)
    assert lab("#777777")[0] == pytest.approx(50.03, abs=0.05)
    assert lab("red") == pytest.approx([53.24, 80.09, 67.20], abs=0.1)


def test_every_tier_has_a_look_of_its_own():
    assert set(TIER_LOOKS) <= set(labels.TIERS)  # a further tier is grey until it has a look
    for field in ("colour", "line", "marker", "hatch"):
        assert len({str(getattr(look, field)) for look in TIER_LOOKS.values()}) == len(TIER_LOOKS)


@pytest.mark.parametrize(("one", "other"), list(combinations(TIER_LOOKS, 2)))
def test_tiers_stay_apart_in_grey_and_for_every_eye(one, other):
    colours = TIER_LOOKS[one].colour, TIER_LOOKS[other].colour
    assert abs(lab(colours[0])[0] - lab(colours[1])[0]) >= 8
    for vision in COLOUR_VISION:
        assert np.linalg.norm(lab(colours[0], vision) - lab(colours[1], vision)) >= 11, vision


def test_scenarios_go_from_light_to_dark():
    lightness = [lab(look.colour)[0] for look in style.scenario_looks(7)]
    assert all(light - dark >= 5 for light, dark in pairwise(lightness))
    assert style.scenario_looks(1)[0].colour == style.scenario_looks(7)[0].colour


def names_of_the_region():
    tables = {name: pd.read_csv(QUZHOU / f"{name}.csv") for name in ("townships", "counties", "stations")}
    names = [*tables["townships"]["name"], *tables["counties"]["county"]]
    names += [
        *tables["stations"]["name"],
        *tables["stations"]["brigade"],
        *tables["stations"]["clause"].dropna(),
    ]
    return names


def draw_texts(texts):
    with use_style():
        figure = new_figure(10, 10)
        for place, text in enumerate(texts):
            figure.text(place % 7 / 7, place // 7 / 40, text)
        figure.canvas.draw()


def test_every_name_and_label_has_its_glyphs():
    # a missing glyph is a warning, and warnings are errors here
    names = names_of_the_region()
    assert len(names) > 100 + 6 + 16
    draw_texts(names)
    draw_texts([str(text) for text in labels.LABELS.values()])


def test_a_missing_glyph_would_be_noticed():
    with pytest.warns(UserWarning, match="missing from font"):
        draw_texts(["한국"])


def test_chinese_comes_from_the_font_of_the_package():
    family = style.font_family()
    assert family == "Noto Sans CJK SC Subset"
    found = matplotlib.font_manager.findfont(family, fallback_to_default=False)
    assert Path(found).resolve() == style.FONT_FILE.resolve()


def test_the_style_ends_with_its_context_and_overrides_the_reader():
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 31}):
        with use_style():
            assert matplotlib.rcParams["axes.facecolor"] == "white"
            assert matplotlib.rcParams["font.family"] == ["DejaVu Sans", "Noto Sans CJK SC Subset"]
        assert matplotlib.rcParams["font.size"] == 31


def test_no_pyplot_and_no_display_needed():
    code = (
        "import sys\n"
        "from sim.plots import contributions, registry, style\n"
        "with style.use_style():\n"
        "    style.new_figure(2, 2).subplots().plot([1, 2])\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)\n"
    )
    root = Path(sim.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, env={"PYTHONPATH": str(root)})


def figure_with_words():
    with use_style():
        figure = new_figure(4, 3)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], marker="o", label="到场 arrival")
        axes.imshow(np.arange(4).reshape(2, 2), extent=(0, 1, 0, 1)).set_rasterized(True)
        axes.bar([0.2], [0.4], hatch="///")
        axes.set(title="衢州", xlabel="min")
        axes.legend()
    return figure


def test_files_are_the_same_bytes_twice(tmp_path):
    (tmp_path / "again").mkdir()
    figure = figure_with_words()
    first = [path.read_bytes() for path in save(figure, tmp_path, "one")]
    same_figure = [path.read_bytes() for path in save(figure, tmp_path, "two")]
    new_drawing = [path.read_bytes() for path in save(figure_with_words(), tmp_path / "again", "one")]
    assert first == same_figure == new_drawing


def test_files_carry_no_date_and_no_version_and_have_150_dpi(tmp_path):
    png, svg = save(figure_with_words(), tmp_path, "one")
    assert (png.name, svg.name) == ("one.png", "one.svg")
    data, text = png.read_bytes(), svg.read_text("utf-8")
    assert data[16:24] == (600).to_bytes(4, "big") + (450).to_bytes(4, "big")
    assert b"Software" not in data
    assert "<dc:date>" not in text
    assert matplotlib.__version__ not in text
    assert "<text" not in text  # letters are outlines


def test_note_says_why_a_panel_is_empty():
    with use_style():
        axes = new_figure(3, 2).subplots()
        assert style.note(axes, "No data\n无数据") is axes
    assert [text.get_text() for text in axes.texts] == ["No data\n无数据"]
