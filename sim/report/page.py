"""The file: one HTML page with its style, script, font and pictures inside; nothing is fetched when it opens."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from sim.errors import SimError
from sim.plots.registry import figures_of
from sim.plots.style import DPI, FONT_FILE, use_style
from sim.report import interactive_map, sections
from sim.report.study import Study
from sim.report.words import text
from sim.storage.files import explain

COLOURS = 256
MOST_BYTES = 8_000_000
# For Chinese characters the reader's own font if there is one, else the one inside the page; first in every list of
# families, since a browser that falls back to a font that is still loading may keep the boxes it drew before.
OWN_FONTS = ("PingFang SC", "PingFangSC-Regular", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC")
CJK_RANGE = "U+2E80-9FFF, U+F900-FAFF, U+FE30-FE4F, U+FF00-FFEF"
FAMILY = '"Report CJK", system-ui, "Segoe UI", sans-serif'


def write(study: Study, path: Path, command: str, skipped: Sequence[str] = ()) -> int:
    """Write the report, whole or not at all, and return its size in bytes; SimError when it cannot be."""
    page = build(study, command, skipped).encode()
    if len(page) > MOST_BYTES:
        raise SimError(
            f"the report would have {len(page) / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:g}: name fewer runs"
        )
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with explain(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(page)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return len(page)


def build(study: Study, command: str, skipped: Sequence[str] = ()) -> str:
    """Return the page."""
    language = study.language
    facts = interactive_map.data(study)
    drawing = interactive_map.figure(study, facts, FAMILY).replace("</", "<\\/")
    parts = {
        "question": sections.question(study),
        "force": sections.in_force(study),
        "scoreboard": sections.scoreboard(study),
        "headline": sections.headline(study),
        "map": _map(study, facts["runs"]),
        "pictures": _pictures(study),
        "method": sections.method(study),
        "assumptions": sections.assumptions(study),
        "reproduce": sections.reproduce(study, command),
    }
    links = "\n".join(f'<a href="#{key}">{html.escape(text(key, language))}</a>' for key in parts)
    body = "".join(
        f'<section id="{key}"><h2>{html.escape(text(key, language))}</h2>{part}</section>'
        for key, part in parts.items()
    )
    title = html.escape(text("title", language, name=study.name))
    notes = [_made(study)]
    if skipped:
        notes.append(text("skipped", language, list="; ".join(skipped)))
    head = f"<h1>{title}</h1>" + "".join(f'<p class="faint">{html.escape(note)}</p>' for note in notes)
    style = _file("style.css") + _font_face(head + body + str(facts))
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{title}</title><style>{style}</style></head>\n<body>{head}<nav>{links}</nav>{body}\n"
        f'<script type="application/json" id="map-data">{interactive_map.script_data(facts)}</script>\n'
        f'<script type="application/json" id="map-figure">{drawing}</script>\n'
        f"<script>{_library()}</script>\n<script>{_file('map.js')}</script>\n</body></html>\n"
    )


def _made(study: Study) -> str:
    infos = [result.info for result in study.results.values()]

    def either(key: str) -> str:
        values = sorted({int(info[key]) for info in infos})
        return str(values[0]) if len(values) == 1 else f"{values[0]}–{values[-1]}"

    incidents = f"{sum(int(info.get('incidents', 0)) for info in infos):,}"
    values = {"replications": either("replications"), "days": either("days"), "incidents": incidents}
    return text("made", study.language, runs=len(infos), **values)


def _map(study: Study, runs: Sequence[str]) -> str:
    language = study.language

    def words(key: str) -> str:
        return html.escape(text(key, language, baseline=study.short[study.baseline]))

    last = len(runs) - 1
    ticks = "".join(
        f"<span>{html.escape(run)}</span>" for run in (runs if last <= 7 else (runs[0], runs[-1]))
    )
    diamond = f" &nbsp; ◆ {words('map_diamond')}" if study.opened_proposals else ""
    change = f'<option value="change">{words("map_change")}</option>' if last else ""
    return (
        f"<p>{words('map_note')}</p>"
        '<div class="controls">'
        f'<label>{words("map_scenario")}<input type="range" id="map-scenario" '
        f'min="0" max="{last}" step="1" value="{last}"><span class="ticks">{ticks}</span></label>'
        f'<label>{words("map_indicator")}<select id="map-indicator"></select></label>'
        f'<label>{words("map_shows")}<select id="map-shows"><option value="value">{words("map_value")}</option>'
        f"{change}</select></label></div>"
        f'<p id="map-title" aria-live="polite"></p><div id="map-picture"></div><p class="faint">▲ {words("map_filled")}'
        f' &nbsp; △ {words("map_hollow")}{diamond}</p><p class="paper faint">{words("map_print")}</p>'
    )


def _pictures(study: Study) -> str:
    parts = []
    for spec in figures_of("comparison", "main"):
        if not spec.possible(study.gallery):
            continue
        figure = spec.make(study.gallery)
        with use_style():
            image = base64.b64encode(_png(figure)).decode()
        width = int(figure.get_figwidth() * 80)
        alt = html.escape(study.say(spec.title))
        parts.append(
            f'<figure><img alt="{alt}" style="width:{width}px" src="data:image/png;base64,{image}"></figure>'
        )
    return "".join(parts)


def _png(figure: Figure) -> bytes:
    """Draw a figure as a PNG of at most 256 colours: a third of the size, and no eye tells them apart."""
    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, dpi=DPI, format="png")
    with Image.open(full) as picture:
        colours = picture.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
        colours.save(small, format="png", optimize=True)
    return small.getvalue()


def _library() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script")


def _file(name: str) -> str:
    return (resources.files("sim.report") / name).read_text(encoding="utf-8")


def _font_face(words: str) -> str:
    """Return the shipped font cut down to the page's Chinese characters: a browser without one still shows them."""
    from fontTools import subset  # comes with matplotlib

    wanted = {letter for letter in words if ord(letter) > 0x2E7F}
    if not wanted:
        return ""
    options = subset.Options(
        flavor="woff", layout_features=[], hinting=False, notdef_outline=True, recalc_timestamp=False
    )
    font = subset.load_font(FONT_FILE, options)
    cut = subset.Subsetter(options)
    cut.populate(text="".join(sorted(wanted)))
    cut.subset(font)
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    font.close()
    data = base64.b64encode(buffer.getvalue()).decode()
    local = ", ".join(f'local("{name}")' for name in OWN_FONTS)
    return (
        f'@font-face {{ font-family: "Report CJK"; font-display: block; unicode-range: {CJK_RANGE}; '
        f'src: {local}, url(data:font/woff;base64,{data}) format("woff"); }}'
    )
