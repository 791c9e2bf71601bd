"""The section of a report about a portfolio study: the answer, its pictures and what is paid, from the study's folder."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from sim.analysis.not_known import world
from sim.errors import SimError
from sim.plots.labels import number
from sim.reports.sections import Cell, Section, Table
from sim.storage.run_folder import Result
from sim.studies.markdown import SETTINGS
from sim.studies.portfolio import finance, page

PICTURES = {"pareto": 1000, "map": 1340}  # pixels of width on the page
NEEDED = ("region_digest", "world", "year", "keys")
WORDS = {
    "en": {
        "about": "Levers of the plan, end of {year}, {region}, yuan of {price_year}. Objective: {objective}.",
        "adds": "For the plan's price it adds: {}.", "less": "It gives up: {}.", "none": "nothing",
        "beside": "Beside greedy and the covering model, on incidents that chose nothing: {}",
        "why": "Why a chief could still prefer the plan:",
        "brackets": "(95 % interval of chance, {final} replications) [middle 90 % of {draws} draws of what is not known]",
        "pareto": "Cost against each objective: what was screened, its front, and the chosen portfolios.",
        "map": "What would stand where.", "portfolios": "The chosen portfolios", "money": "million yuan a year",
        "finance": "What is paid, million yuan of {price_year}; finance.csv has {years} years in yuan",
    },
    "zh": {
        "about": "规划措施，{region}，{year}年底，{price_year}年价格。目标：{objective}。",
        "adds": "用规划的费用，它增加：{}。", "less": "它放弃：{}。", "none": "无",
        "beside": "与贪心法和选址模型相比（未参与挑选的警情）：{}",
        "why": "领导仍可能选择规划的理由：",
        "brackets": "（配对的95%区间，{final}次未参与挑选的模拟）[{draws}组未知因素抽样的中间90%]",
        "pareto": "费用与各目标：初筛方案、其前沿和所选方案。",
        "map": "力量分布。", "portfolios": "所选方案", "money": "百万元/年",
        "finance": "逐年支付，百万元，{price_year}年价格；finance.csv以元列出{years}年",
    },
}  # fmt: skip


def section(folder: Path, runs: Mapping[str, Result], lang: Literal["en", "zh"]) -> Section:
    """Return the section; SimError where the folder holds no such study, or one of other runs."""
    place = folder / "portfolio" if (folder / "portfolio" / SETTINGS).is_file() else folder
    try:
        report = page.read(place)
        if lacking := [key for key in NEEDED if key not in report.settings]:
            raise ValueError(f"it lacks {', '.join(lacking)}")
        pictures = {name: (place / f"{name}.png").read_bytes() for name in PICTURES}
        for each in pictures.values():
            Image.open(io.BytesIO(each)).load()
        found = _section(report, pictures, lang)
    except OSError as problem:
        what = f"{problem.filename}: {problem.strerror}" if problem.filename else "a picture of it is damaged"
        raise SimError(
            f"{folder} holds no portfolio study that can be read ({what}); make one with python -m sim portfolio "
            "out=FOLDER."
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError, SyntaxError, StopIteration) as problem:
        raise SimError(
            f"{folder} holds no portfolio study that can be read ({problem}); "
            "make one with python -m sim portfolio out=FOLDER."
        ) from None
    _refuse_other(report.settings, place, runs)
    return found


def _refuse_other(study: Mapping[str, Any], place: Path, runs: Mapping[str, Result]) -> None:
    """Refuse (SimError) runs of another region, or of which none is the plan that the study began with."""
    year, why = str(study["year"]), ""
    own = {name: result for name, result in runs.items() if str(result.info["scenario"]) == year}
    for name, result in runs.items():
        if result.info["region_digest"] != study["region_digest"]:
            why = f"{name} is another region's"
    if not why and not own:
        why = f"none is of {year}"
    if not why and all(world(result.config) != study["world"] for result in own.values()):
        why = f"{', '.join(own)}: not {year} with the options of the study"
    if why:
        raise SimError(
            f"portfolio={place} does not speak of these runs ({why}): "
            "leave it out, or make a study with the runs' own options."
        )


def _section(report: page.Report, pictures: Mapping[str, bytes], lang: Literal["en", "zh"]) -> Section:
    words, settings, keys = WORDS[lang], report.settings, report.keys
    more, less = (
        ("；" if lang == "zh" else "; ").join(part) or words["none"]
        for part in page.differences(report, "same_money", lang)
    )
    values = {**settings, "objective": page.words(keys[0], lang), "years": finance.YEARS}
    before = [
        words["about"].format(**values), page.answer(report, lang),
        words["adds"].format(more), words["less"].format(less),
        words["beside"].format(page.beside(report, lang)[1]), words["brackets"].format(**values), words["why"],
    ]  # fmt: skip
    rows = [
        [Cell(str(row["portfolio"])), Cell(page.millions(row["cost"]), "num"),
         *(Cell(number(row[key]), "num", (page.interval(row, key),)) for key in keys)]
        for row in report.tables["portfolios"].to_dict("records")
    ]  # fmt: skip
    chosen = Table(["", words["money"], *(page.words(key, lang) for key in keys)], rows)
    head, lines = finance.read(report.tables["finance"], lang)
    paid = Table(
        head, [[Cell(text, "num" if at > 1 else "") for at, text in enumerate(line)] for line in lines]
    )
    return Section(
        before, page.reasons(report, lang),
        [(pictures[name], width, words[name]) for name, width in PICTURES.items()],
        [(words["portfolios"], chosen), (words["finance"].format(**values), paid)],
    )  # fmt: skip
