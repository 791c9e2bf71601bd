"""The summary of indicators over replications, also for indicators that appear late or are missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.analysis import accumulator as module
from sim.analysis.accumulator import KEYS, Accumulator


def values(**found: float) -> pd.DataFrame:
    rows = [(name, "all", "all", "min", value) for name, value in found.items()]
    return pd.DataFrame(rows, columns=[*KEYS, "value"])


def test_summary_keeps_the_order_of_first_occurrence() -> None:
    accumulator = Accumulator()
    for first, second in ((1.0, 5.0), (2.0, 5.0), (6.0, 8.0)):
        accumulator.add(values(b=first, a=second))
    summary = accumulator.summary()
    assert summary["kpi"].tolist() == ["b", "a"]
    assert summary["mean"].tolist() == pytest.approx([3, 6])
    low, high = stats.t.interval(0.95, 2, loc=3, scale=stats.sem([1, 2, 6]))
    assert summary.loc[0, ["low", "high"]].tolist() == pytest.approx([low, high])
    assert summary["replications"].tolist() == [3, 3]


def test_indicator_missing_in_some_replications_counts_the_others() -> None:
    accumulator = Accumulator()
    accumulator.add(values(a=1.0))
    accumulator.add(values(late=4.0, a=3.0))
    accumulator.add(values(late=np.nan))
    summary = accumulator.summary().set_index("kpi")
    assert summary.loc["a", "mean"] == 2
    assert summary.loc["late", "mean"] == 4
    assert summary["replications"].to_dict() == {"a": 2, "late": 1}
    assert accumulator.replications == 3


def test_summary_does_not_depend_on_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    accumulator = Accumulator()
    for _ in range(9):
        accumulator.add(values(**{f"k{i}": value for i, value in enumerate(rng.normal(size=50))}))
    whole = accumulator.summary()
    monkeypatch.setattr(module, "PART", 9 * 7)
    pd.testing.assert_frame_equal(accumulator.summary(), whole, check_exact=True)


def test_values_of_one_indicator_can_be_read() -> None:
    accumulator = Accumulator()
    assert accumulator.summary().empty
    accumulator.add(values(a=1.0, b=2.0))
    accumulator.add(values(a=3.0))
    assert accumulator.over("a", "all").tolist() == [1, 3]
    assert accumulator.over("a", "county").tolist() == []


def test_duplicate_indicator_in_a_replication_is_an_error() -> None:
    with pytest.raises(ValueError, match="twice"):
        Accumulator().add(pd.concat([values(a=1.0), values(a=2.0)]))
