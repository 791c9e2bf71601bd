"""The documentation site: the tutorial runs and shows the program's output, each page has its place, no link is dead."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.chromium import Page, found

from experiments.reference import site
from sim.cli.commands import COMMANDS

LESS = {"scenario=2023": ["days=3"], "scenario=2027": ["days=3"], "whatif": ["days=3"]}


@pytest.mark.slow
def test_the_tutorial_runs_and_shows_what_the_program_prints(tmp_path: Path) -> None:
    text = (site.ROOT / site.TUTORIALS[0]).read_text(encoding="utf-8")
    for step in site.STEP.finditer(text):
        command, shown = step[1], step[2]
        told = site.run(command, tmp_path, LESS.get(command.split()[3], ()))
        assert shown, f"{command} shows nothing: run python -m experiments.reference.site tutorial=true"
        assert shown.split()[0] in told, f"{command} prints other words by now"


def test_both_tutorials_give_the_same_commands() -> None:
    first, second = (site.steps((site.ROOT / name).read_text(encoding="utf-8")) for name in site.TUTORIALS)
    assert first == second
    assert len(first) >= 7


def test_every_page_is_in_the_menu_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    pages = site.pages()
    menu = set(
        re.findall(r"[\w/.-]+\.md", (site.ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("nav:")[-1])
    )
    assert menu == set(pages)
    for name, text in pages.items():
        for _, _, target, _ in site.LINK.findall(re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)):
            if not target or ":" in target:
                continue
            place = (Path("/") / name).parent.joinpath(target).resolve().relative_to("/").as_posix()
            known = place in pages or place in {f"pictures/{path.name}" for path in site.pictures()}
            assert known, f"{name} links to {target}"


def test_every_command_column_and_picture_has_its_place(tmp_path: Path) -> None:
    pages = site.pages()
    assert all(f"## {name}\n" in pages["commands.md"] for name in COMMANDS)
    assert "| `first_capable_s` | float64 | s |" in pages["data-dictionary.md"]
    assert "## sim.compare" in pages["api.md"]
    assert all(f"pictures/{path.name}" in pages["gallery.md"] for path in site.pictures())


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="the extra `docs` is not installed")
    assert site.main([f"out={tmp_path / 'pages'}"]) == 0
    config = (site.ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    config = config.replace("build/pages", str(tmp_path / "pages")).replace(
        "build/site", str(tmp_path / "site")
    )
    (tmp_path / "mkdocs.yml").write_text(config, encoding="utf-8")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(tmp_path / "mkdocs.yml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for page in (tmp_path / "site").rglob("*.html"):
        asked = re.findall(
            r"""<(?:script|img|link)[^>]*(?:src|href)=["'](https?://[^"']+)""", page.read_text("utf-8")
        )
        assert not asked, f"{page.name} asks {asked}"
    if browser := found():
        page = Page(browser, tmp_path / "profile")
        try:
            page.open(tmp_path / "site" / "zh" / "quickstart.html")
            page.until("document.readyState === 'complete'")
            x, y = page.evaluate(
                "(() => { const b = document.querySelector('.md-search__input').getBoundingClientRect();"
                " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
            )
            for kind in ("mousePressed", "mouseReleased"):
                page.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
            page.until("document.querySelector('.md-search-result__meta').textContent.includes('Type')")
            page.send("Input.insertText", text="巡逻车")
            page.evaluate("document.querySelector('.md-search__input').dispatchEvent(new Event('keyup'))")
            page.until("document.querySelectorAll('.md-search-result__item').length > 1")
            assert page.complaints() == []
            assert all(url.startswith("file:") for url in page.requests())
        finally:
            page.close()
