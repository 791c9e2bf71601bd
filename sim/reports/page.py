"""Write the report as one HTML file. Style, script, font and figures are inside, so it opens without a network."""

import base64
import io
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from sim.calendar import YEAR_DAYS
from sim.errors import SimError
from sim.files import publish_file
from sim.plots.labels import in_language
from sim.plots.registry import figures_of
from sim.plots.style import DPI, FONT_FILE, use_style
from sim.reports import interactive_map, sections
from sim.reports.first_page import FirstPage
from sim.reports.report_runs import ReportRuns, catalogue, translated

COLOURS = 256
MOST_BYTES = 8_000_000
# Chinese characters use the reader's own font, else the one inside the page. It stands first in every list of families:
# a browser that falls back to a font that is still loading may keep the empty boxes that it drew before.
OWN_FONTS = ("PingFang SC", "PingFangSC-Regular", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC")
CJK_RANGE = "U+2E80-9FFF, U+F900-FAFF, U+FE30-FE4F, U+FF00-FFEF"
FONT_PLACE = "/* the font */"
FAMILY = '"Report CJK", system-ui, "Segoe UI", sans-serif'


def write(
    report: ReportRuns,
    path: Path,
    command: str,
    skipped: Sequence[str] = (),
    mixed: Sequence[str] = (),
    portfolio: sections.Section | None = None,
) -> int:
    """Write the report, whole or not at all, and return its size in bytes; SimError when it cannot be."""
    page = build(report, command, skipped, mixed, portfolio).encode()
    if len(page) > MOST_BYTES:
        raise SimError(
            f"the report would have {len(page) / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:g}: name fewer runs"
        )
    with publish_file(path) as temporary:
        temporary.write_bytes(page)
    return len(page)


def build(
    report: ReportRuns,
    command: str,
    skipped: Sequence[str] = (),
    mixed: Sequence[str] = (),
    portfolio: sections.Section | None = None,
) -> str:
    """Return the page."""
    facts = interactive_map.data(report)
    runs = facts["runs"]
    notes = [_made(report)]
    days = sorted({int(result.info["days"]) for result in report.results.values()})
    notes += [report.text("part_of_year", days=count) for count in days if count < YEAR_DAYS]
    notes += [_readings(report), *told(report)]
    if skipped:
        notes.append(report.text("skipped", list="; ".join(skipped)))
    if mixed:
        notes.append(report.text("mixed", list="; ".join(mixed)))
    first = FirstPage(report)
    content = {
        "map": facts,
        "pictures": _pictures(report),
        "force": sections.in_force(report),
        "scoreboard": sections.scoreboard(report),
        "headline": sections.headline(report),
        "portfolio": portfolio,
        "method": catalogue(report.language)["method"],
        "assumptions": sections.assumptions(report),
        "reproduce": sections.reproduce(report),
    }
    page = environment().get_template("page.html").render(
        content, posts=sections.posts(report), t=report.text,
        keys=[key for key in content if key != "portfolio" or portfolio],
        language=report.language, notes=notes, first=first, question=sections.question(report),
        facts=facts, baseline=report.short[report.baseline], last=len(runs) - 1,
        ticks=runs if len(runs) <= 8 else (runs[0], runs[-1]), proposals=report.opened_proposals, command=command,
        shown=[_picture(*picture) for picture in portfolio.pictures] if portfolio else [],
        drawing=interactive_map.figure(report, facts, FAMILY), style=file_text("style.css"), font_placeholder=FONT_PLACE,
        library=_library(), map_script=file_text("map.js"),
    )  # fmt: skip
    return page.replace(FONT_PLACE, font_face(page), 1) + "\n"


def environment() -> Environment:
    """Templates that escape every value, in HTML and in the JSON inside a script element."""
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return environment


def _made(report: ReportRuns) -> str:
    infos = [result.info for result in report.results.values()]

    def either(key: str) -> str:
        values = sorted({int(info[key]) for info in infos})
        return str(values[0]) if len(values) == 1 else f"{values[0]}–{values[-1]}"

    incidents = f"{sum(int(info.get('incidents', 0)) for info in infos):,}"
    values = {"replications": either("replications"), "days": either("days"), "incidents": incidents}
    return report.text("made", runs=len(infos), **values)


def _readings(report: ReportRuns) -> str:
    """Say how the runs read the plan's open clauses; with the runs that have a reading where not all do."""
    having: dict[str, list[str]] = {}
    for name, result in report.results.items():
        having.setdefault(result.info["reading"], []).append(report.short[name])
    runs = {name: "" if len(having) == 1 else f" ({', '.join(names)})" for name, names in having.items()}
    return report.text("readings", list="; ".join(f"{name}{tail}" for name, tail in runs.items()))


def told(report: ReportRuns) -> list[str]:
    """Return the notes that the runs were given, each with the runs that have it where not all do."""
    having: dict[str, list[str]] = {}
    for key in ("outside_book", "region_notes"):
        for name, result in report.results.items():
            for note in result.info.get(key, []):
                having.setdefault(note, []).append(report.short[name])
    return [
        report.named(translated("notes", note, report.language))
        + (f" ({', '.join(names)})" if len(names) < len(report.results) else "")
        for note, names in having.items()
    ]


def _pictures(report: ReportRuns) -> list[dict[str, Any]]:
    """Return the main figures of a comparison in the report's language, each with what it shows in words."""
    pictures = []
    captions = catalogue(report.language)["captions"]
    for spec in figures_of("comparison", "main"):
        if spec.possible(report.data):
            with in_language(report.language), use_style():
                figure = spec.make(report.data)
                full = io.BytesIO()
                figure.savefig(full, dpi=DPI, format="png")
                title = f"{spec.title}. {spec.subtitle(report.data)}"
            caption = captions.get(spec.name, "")
            width = int(figure.get_figwidth() * 80)
            pictures.append(_picture(full.getvalue(), width, caption, f"{title}. {caption}"))
    return pictures


def _picture(png: bytes, width: int, caption: str, alt: str = "") -> dict[str, Any]:
    """Return a picture with at most 256 colours: a third of the size, with no visible difference."""
    small = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        colours = picture.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
        colours.save(small, format="png", optimize=True)
    data = base64.b64encode(small.getvalue()).decode()
    return {"alt": alt or caption, "caption": caption, "width": width, "data": data}


def _library() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script")


def file_text(name: str) -> str:
    """Return a file that goes into a page: a style or a script."""
    return (resources.files("sim.reports") / name).read_text(encoding="utf-8")


def font_face(words: str) -> str:
    """Return the shipped font cut down to the page's Chinese characters: a browser without one still shows them."""
    from fontTools import subset  # comes with matplotlib

    wanted = {letter for letter in set(words) if ord(letter) > 0x2E7F}
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
