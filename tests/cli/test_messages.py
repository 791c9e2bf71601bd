"""Every refusal of the program, read from its source: cause, place, remedy, in at most three lines."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from functools import cache
from pathlib import Path

import pytest

from sim.cli.commands import COMMANDS
from sim.config.compose import known_keys
from sim.errors import pasteable

ROOT = Path(__file__).resolve().parents[2]
LINE, LINES = 110, 3
OPEN = "…"  # stands for a part that is known only when the message is told
EMPTY_WORDS = (
    "invalid",
    "error occurred",
    "something went wrong",
    "failed to",
    "unexpected",
    "illegal",
    "traceback",
)
PATTERNS = {"plan.x.enabled"}  # that stand for any key of their kind
OF_HYDRA = {"entry", "key", "another", "enabled"}  # in explanations of its grammar


def _text(node: ast.expr) -> str:
    """Return what is written in an expression, with a sign for what is not."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return OPEN


@cache
def refusals() -> dict[str, str]:
    """Return the text of every SimError by the place where it is raised."""
    found = {}
    for path in sorted((ROOT / "sim").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "SimError"
                and node.args
            ):
                found[f"{path.relative_to(ROOT)}:{node.lineno}"] = _text(node.args[0])
    return found


def written() -> dict[str, str]:
    """Return those that are written where they are raised, not put together elsewhere."""
    return {place: text for place, text in refusals().items() if text != OPEN}


def breaking(rule: re.Pattern[str]) -> list[str]:
    return [f"{place}: {text}" for place, text in written().items() if rule.search(text)]


def test_the_list_is_whole() -> None:
    raised = sum(
        path.read_text(encoding="utf-8").count("raise SimError(") for path in (ROOT / "sim").rglob("*.py")
    )
    assert len(refusals()) >= raised > 250
    assert len(refusals()) - len(written()) < 20


def test_a_message_has_at_most_three_lines() -> None:
    long = [place for place, text in written().items() if len(text.replace(OPEN, 12 * "x")) > LINES * LINE]
    assert long == []
    assert breaking(re.compile(r"\n")) == []


def test_a_message_says_more_than_that_something_is_wrong() -> None:
    assert breaking(re.compile("|".join(EMPTY_WORDS), re.IGNORECASE)) == []
    # what is the matter, and after it what is allowed, needed, found or to be done
    parts = re.compile(r"[:;] |allowed|must |need|found|, which ")
    assert [
        f"{place}: {text}"
        for place, text in written().items()
        if not parts.search(text) and len(text.split()) > 4
    ] == []


def test_a_message_begins_with_a_place_or_a_small_letter_and_is_spelt_with_care() -> None:
    assert breaking(re.compile(rf"^(?![a-z{OPEN}])")) == []  # after "error: "
    assert breaking(re.compile(r"  | [.,;:](?![.\w])|(?<!\.)\.\.$|[,;:]$")) == []
    assert [place for place, text in written().items() if text.count("(") != text.count(")")] == []


def test_keys_that_a_message_names_exist() -> None:
    keys = set(known_keys())
    groups = {key.split(".")[0] for key in keys}
    tables = {key.rsplit(".", depth)[0] for key in keys for depth in range(1, key.count(".") + 1)}
    unknown = [
        f"{place}: {word}"
        for place, text in written().items()
        for word in re.findall(rf"(?<![\w/{OPEN}.])[a-z_]+(?:\.[a-z_0-9]+)+(?![\w({OPEN}.])", text)
        if word.split(".")[0] in groups and word not in keys | tables | PATTERNS
    ]
    assert unknown == []


def test_options_that_a_message_offers_exist() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "sim").rglob("*.py"))
    options = set(re.findall(r'\bOption\(\s*"(\w+)"', code))
    known = {*known_keys(), *(key.split(".")[0] for key in known_keys()), *options, *OF_HYDRA}
    unknown = [
        f"{place}: {word}="
        for place, text in written().items()
        for word in re.findall(rf"(?<![\w{OPEN}.])([a-z_]+(?:\.[a-z_]+)*)=", text)
        if word not in known
    ]
    assert unknown == []


def test_commands_that_a_message_or_a_page_tells_exist() -> None:
    pages = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in ROOT.glob("docs/*.md")}
    for place, text in {
        **written(),
        **pages,
        "README": (ROOT / "README.md").read_text(encoding="utf-8"),
    }.items():
        for word in re.findall(r"python -m sim ([a-z]+)\b(?![=.])", text):
            assert word in COMMANDS, f"{place}: {word}"


def test_what_is_to_be_installed_can_be() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *(item for extra in extras.values() for item in extra)]
    names = {re.split(r"[<>=!~\[; ]", item)[0].lower() for item in needed} | {"fonttools"}
    files = [ROOT / "README.md", *(path for kind in ("md", "py", "yaml") for room in ("docs", "sim", "configs")
                                  for path in (ROOT / room).rglob(f"*.{kind}"))]  # fmt: skip
    told = 0
    for path in files:
        for what in re.findall(
            r"pip install (?:-\S+ (?:\S+\.txt )?)*([^\s`\")]+|\"[^\"]+\")", path.read_text(encoding="utf-8")
        ):
            name = what.strip("\"'`.,;:") or "."
            told += 1
            if extra := re.fullmatch(r"\[(\w+)\]|\.?\[(\w+(?:,\w+)*)\]", name):
                assert set((extra[1] or extra[2]).split(",")) <= set(extras), f"{path}: {what}"
            else:  # the program itself is on no index: only a checkout can be installed
                assert name == "." or name.lower() in names - {project["name"]}, f"{path}: {what}"
    assert told >= 5


@pytest.mark.parametrize("words", [("collect", "my results"), ("compare", "it's", "a b")])
def test_a_command_that_is_told_can_be_pasted(words: tuple[str, ...]) -> None:
    assert shlex.split(pasteable(*words)) == ["python", "-m", "sim", *words]


def test_no_command_is_told_with_a_name_as_it_is() -> None:
    """Commands are written by `pasteable`: a folder's name in an f-string breaks at its first space."""
    raw = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "sim").rglob("*.py")
        if path.name not in ("errors.py", "options.py")  # options.py writes the help of any command
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr) and re.search(rf"python -m sim [^.;,]*{OPEN}", _text(node))
        and "--help" not in _text(node)
    ]  # fmt: skip
    assert raw == []
