"""The commands of python -m sim: one way of options, --help for each, the word that was probably meant, completion."""

from __future__ import annotations

import importlib
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.command_line import sim

from sim import __version__, cli
from sim.cli.commands import COMMANDS
from sim.cli.help import help_text
from sim.config.compose import compose, known_keys
from sim.errors import SimError, did_you_mean
from sim.options import Option, Usage, as_arguments


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_names_each_of_its_options(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([name, "--help"]) == 0
    out, err = capsys.readouterr()
    usage: Usage = importlib.import_module(COMMANDS[name].module).USAGE
    assert out.startswith(f"python -m sim {name} ")
    assert all(f"\n  {option.name}=" in out for option in usage.options)
    assert ("one of the configuration" in out) == usage.configuration
    assert all(len(line) <= 120 for line in out.splitlines())
    assert err == ""


def test_help_lists_every_command_with_a_line() -> None:
    lines = help_text().splitlines()
    for name, command in COMMANDS.items():
        assert any(line.split() == [name, *command.help.split()] for line in lines), name


def test_every_example_of_a_command_is_understood() -> None:
    examples = [
        shlex.split(line)[3:]
        for command in COMMANDS.values()
        for line in (importlib.import_module(command.module).__doc__ or "").splitlines()
        if line.startswith("    python -m sim ") and " -m " not in line[8:].split("sim", 1)[1]
    ]
    assert len(examples) >= 8
    for name, *words in examples:
        importlib.import_module(COMMANDS[name].module).USAGE.parse(words, known_keys)


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith(f"fire-response-sim {__version__}, event model ")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["comapre", "results"], "unknown command comapre (did you mean compare?)"),
        (["replicatons=3"], "unknown key replicatons (did you mean replications?)"),
        (["seats=3"], "unknown key seats (did you mean dispatch.centre.seats?)"),
        (["plan.patrol_car.enabled=false"], "(did you mean plan.patrol_cars.enabled?)"),
        (["~plan.patrol_car"], "(did you mean plan.patrol_cars?)"),
        (["outcome=nationl"], "outcome is 'nationl' (did you mean national?); allowed: national, target"),
        (["delivery=lagging"], "delivery is 'lagging' (did you mean lagged?); allowed: promised, lagged"),
        (["+experiment=rolout"], "experiment is 'rolout' (did you mean rollout?)"),
        (["-m", "launch=labtop"], "launch is 'labtop' (did you mean laptop?)"),
        (["scenario=2052"], "scenario is '2052'; allowed: 2023"),
        (["compare", ".", "basline=2023"], "unknown option basline (did you mean baseline?)"),
        (["compare", ".", "--baseline", "2023"], "unknown flag --baseline (did you mean baseline=...?)"),
        (["compare", ".", "figures=al"], "figures is 'al' (did you mean all?); allowed: none, main, all."),
        (["siting", "wat=nests"], "unknown option wat (did you mean what?)"),
        (["siting", "what=nest"], "what is 'nest' (did you mean nests?)"),
        (["attribution", "yeer=2025"], "unknown option yeer (did you mean year?)"),
        (["completion", "bsh"], "the shell is 'bsh' (did you mean bash?); allowed: bash, zsh."),
        (["completion"], "needs 1 bash|zsh, found 0"),
        (["effects", "results"], "results is not of the form key=value; this command takes no plain words"),
    ],
)
def test_a_mistyped_word_is_one_sentence_with_the_word_that_was_meant(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1
    assert hint in err


def test_a_word_like_no_other_has_no_hint() -> None:
    assert did_you_mean("xyzzy", ["compare", "report"]) == ""
    assert did_you_mean("enabled", ["a.enabled", "b.enabled"]) == ""  # two keys end so
    assert did_you_mean("2052", ["2025"]) == ""


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_prints_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert script.startswith("autoload") == (shell == "zsh")
    assert "complete -o default -F _fire_response_sim fire-response-sim" in script


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("fire-response-sim comp", ["compare", "completion"]),
        ("fire-response-sim compare basel", ["baseline="]),
        ("fire-response-sim compare . figures=a", ["all"]),
        ("fire-response-sim scenario=202", [str(year) for year in range(2023, 2030)]),
        ("fire-response-sim plan.patrol_cars.en", ["plan.patrol_cars.enabled="]),
        ("fire-response-sim siting plan.patrol_cars.en", ["plan.patrol_cars.enabled="]),
        ("fire-response-sim compare plan.patrol_cars.en", []),
        ("fire-response-sim completion z", ["zsh"]),
    ],
)
def test_completion_offers_commands_keys_and_choices_in_bash(
    line: str, offered: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["completion", "bash"])
    script = tmp_path / "completion.sh"
    ask = (
        f'COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=($COMP_LINE); '
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _fire_response_sim; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    script.write_text(capsys.readouterr().out + ask, encoding="utf-8")
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.split() == offered


def test_commands_work_from_any_folder_and_write_below_it(tmp_path: Path) -> None:
    small = ("days=2", "replications=2", "workers=1", "figures=none")
    for year in (2023, 2025):
        assert sim(f"scenario={year}", f"name={year}", *small, cwd=tmp_path).returncode == 0
    done = sim("compare", "results", "figures=none", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    done = sim("effects", "replications=1", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [
        "2023",
        "2025",
        "comparison.csv",
    ]


USAGE = Usage(
    (
        Option("share", "a share", 0.5, float, 0, 1),
        Option("count", "a count", 3, int, 1),
        Option("keep", "a switch", type=bool),
        Option("names", "names", None, list, allowed=("a", "b")),
        Option("out", "a folder", None, Path),
    ),
    words="FOLDER",
    least=1,
    most=2,
)


def test_options_have_their_types_and_defaults(tmp_path: Path) -> None:
    asked = USAGE.parse(["x", "share=0.25", "keep=true", "names=a, b", f"out={tmp_path}"])
    assert asked.words == ("x",)
    assert [asked[name] for name in ("share", "count", "keep", "names", "out")] == [
        0.25, 3, True, ["a", "b"], tmp_path
    ]  # fmt: skip
    assert asked.given == {"share", "keep", "names", "out"}


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("share=2", "share is '2'; allowed: a number in 0..1."),
        ("share=nan", "share is 'nan'"),
        ("count=0", "count is '0'; allowed: a whole number, 1 or more."),
        ("count=1.5", "count is '1.5'"),
        ("keep=yes", "keep is 'yes'; allowed: true, false."),
        ("names=c", "names is 'c'; allowed: a, b."),
        ("names=,", "names is empty; it needs at least one name."),
        ("out=", "out is empty; allowed: a path."),
        ("colour=red", "unknown option colour; options are share, count"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_is_allowed(argument: str, said: str) -> None:
    with pytest.raises(SimError) as refusal:
        USAGE.parse(["x", argument])
    assert said in str(refusal.value)


def test_the_folder_of_a_run_may_hold_an_equals_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("seed=3").mkdir()
    assert USAGE.parse(["seed=3", "results/2025,days=3"]).words == ("seed=3", "results/2025,days=3")
    with pytest.raises(SimError, match="needs 1 FOLDER or more, found 0"):
        USAGE.parse([])


def test_keywords_of_a_program_are_what_the_command_line_would_be_given() -> None:
    options = {
        "scenario": 2025, "plan.patrol_cars.enabled": False, "name": "it's a, b", "seed": 7,
        "precision_kpis": ["deaths_a", "first_arrival_mean"],
    }  # fmt: skip
    config = compose(as_arguments(["days=3"], options))
    assert (config.scenario.year, config.days, config.seed, config.name) == (2025, 3, 7, "it's a, b")
    assert not config.plan.patrol_cars.enabled
    assert config.precision_kpis == ("deaths_a", "first_arrival_mean")
    assert as_arguments([], {"scenario": [2023, 2025]}, sweep=True) == ["scenario=2023,2025"]
    with pytest.raises(SimError, match="2025 is no option"):
        as_arguments([2025], {})
    with pytest.raises(SimError, match="cannot be given as a whole"):
        as_arguments([], {"plan": {"a": 1}})


def test_start_of_a_run_imports_what_shows_and_tables_results_only_when_it_is_needed() -> None:
    code = "import sys, sim.cli, sim.reports.terminal, sim.sweeps.expand; print(sorted({*sys.modules} & {*WORDS}))"
    words = ["pandas", "matplotlib", "jinja2", "submitit", "rich.progress", "scipy.stats", "scipy.optimize"]
    done = subprocess.run(
        [sys.executable, "-c", code.replace("WORDS", repr(words))], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
