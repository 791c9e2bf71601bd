"""In Chinese one thing has one word, everywhere: in the code's words, the documentation and the published tables."""

import re
from pathlib import Path

import pytest

from sim.reports.sections import used

ROOT = Path(__file__).resolve().parents[2]
QUOTED = {"quzhou_2024.yaml", "policy-register.md", "configuration.md", "clauses.csv"}  # the plan's own words
TEXTS = {".py", ".yaml", ".md", ".csv", ".js", ".html", ".jinja"}
OTHER_WORDS = {  # what would be a second word
    "现场指挥部": "前沿指挥部|前线指挥部|前方指挥部",
    "119统一调度": "(?<!119)统一调度|统一指挥",
    "车辆占用率": "出动占用率|车辆利用率|忙碌率",
    "90%分位值": "百分位|分位数",
    "专职力量出水": "专业队伍|专职人员出水",
    "移防补位": "移动布防|调防",
}


@pytest.mark.parametrize("word", OTHER_WORDS)
def test_one_thing_has_one_word(word: str) -> None:
    files = [
        ROOT / "README.zh.md",
        *(file for part in ("sim", "docs", "experiments") for file in (ROOT / part).rglob("*")),
    ]
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in files
        if file.suffix in TEXTS and file.name not in QUOTED
        for match in re.finditer(OTHER_WORDS[word], file.read_text(encoding="utf-8"))
    ]
    assert found == []
    assert word in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def test_every_parameter_of_a_report_has_a_chinese_name() -> None:
    assert [row["symbol"] for row in used() if not row["name_zh"]] == []
