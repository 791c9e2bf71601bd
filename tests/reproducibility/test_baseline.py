"""Results of a small run equal the committed baseline; a refresh needs a line in the changelog."""

import pandas as pd
import pytest

from experiments.reference import refresh_baseline as baseline

CHANGELOG = """# Changelog

## Unreleased

### Results change
- First.
- Second, over
  two lines.

## 0.1

### Results change
- Old.
"""


@pytest.fixture(scope="module")
def now():
    return baseline.measure()


def test_results_equal_the_committed_baseline(now):
    changes = baseline.moved(baseline.read(), now)
    assert changes.empty, (
        f"{len(changes)} values moved. If that is meant: a line under 'Results change' in CHANGELOG.md, then "
        f"python -m experiments.reference.refresh_baseline\n{changes.head(10).to_string(index=False)}"
    )


def test_the_baseline_holds_both_scenarios_and_the_main_indicators(now):
    table = baseline.read()
    assert set(table["scenario"]) == set(baseline.SCENARIOS)
    assert {"first_arrival_mean", "first_capable_mean", "deaths_a", "utilisation"} <= set(table["kpi"])
    assert len(table) == len(now) > 500


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A baseline of two values in a folder of its own, with a changelog."""
    table = pd.DataFrame(
        {"scenario": "2023", "kpi": ["a", "b"], "by": "all", "group": "all", "unit": "s"}
        | {"replication_0": [1.0, 2.0], "replication_1": [1.5, None]}
    )
    measured = {"table": table}
    monkeypatch.setattr(baseline, "measure", lambda: measured["table"])
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text(CHANGELOG)
    assert "First baseline of 2 values" in baseline.refresh(tmp_path / "baseline", changelog)
    return measured, tmp_path / "baseline", changelog


def test_refresh_without_a_change_writes_nothing(small):
    _, folder, changelog = small
    before = (folder / "kpi_values.csv").stat().st_mtime_ns
    assert baseline.refresh(folder, changelog).startswith("Nothing moved")
    assert (folder / "kpi_values.csv").stat().st_mtime_ns == before


def test_changed_results_need_a_new_changelog_line(small):
    measured, folder, changelog = small
    measured["table"] = measured["table"].assign(replication_0=[1.0, 2.5])
    with pytest.raises(baseline.SimError, match="1 values moved"):
        baseline.refresh(folder, changelog)
    assert baseline.read(folder)["replication_0"].tolist() == [1.0, 2.0]
    changelog.write_text(CHANGELOG.replace("\n\n## 0.1", "\n- Third.\n\n## 0.1"))
    assert "1 values moved (Third.)" in baseline.refresh(folder, changelog)
    assert baseline.read(folder)["replication_0"].tolist() == [1.0, 2.5]


@pytest.mark.parametrize("factor", [1 + 1e-8, 1 - 1e-3, -1])
def test_any_change_beyond_rounding_is_detected(small, factor):
    measured, folder, _ = small
    table = measured["table"]
    assert baseline.moved(table, table).empty
    assert baseline.moved(table, table.assign(replication_0=table["replication_0"] * (1 + 1e-12))).empty
    assert len(baseline.moved(table, table.assign(replication_0=table["replication_0"] * factor))) == 2
    assert len(baseline.moved(baseline.read(folder), table.head(1))) == 1  # one is gone
    assert len(baseline.moved(table, table.fillna(3.0))) == 1  # one that was empty is there


def test_newest_line_of_the_newest_version_counts(tmp_path):
    file = tmp_path / "CHANGELOG.md"
    file.write_text(CHANGELOG)
    assert baseline.reason(file) == "Second, over two lines."


@pytest.mark.parametrize("text", ["# Changelog\n", "### Results change\n\n## 0.1\n- x\n"])
def test_changelog_without_a_results_line_is_refused(tmp_path, text):
    file = tmp_path / "CHANGELOG.md"
    file.write_text(text)
    with pytest.raises(baseline.SimError, match="Results change"):
        baseline.reason(file)


def test_wrong_argument_gives_one_line_and_status_2(capsys):
    assert baseline.main(["now"]) == 2
    assert "takes none" in capsys.readouterr().err
