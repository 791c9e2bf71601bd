"""Every case of docs/verification.md: the model keeps the law, and a deliberate mistake is refused.

Each exact value is found by a method that knows nothing of the model (experiments/verification/exact.py). Level of the
intervals: 99.9 %; an interval so wide that it proves nothing is an error too.
"""

import pytest

from experiments.verification import reduced_model, theory
from experiments.verification.proof import Proof, by_chi_square, by_interval

WIDEST = {
    "Erlang B": 0.06, "Erlang C": 0.10, "two-unit": 0.12, "hypercube": 0.30, "M(t)/G": 0.15,
    "square-root law, n": 0.08, "square-root": 0.06,
    "travel": 0.04, "fire": 0.06,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", theory.CASES)
def test_model_keeps_the_law_and_the_deliberate_mistake_is_refused(name):
    proofs = list(theory.CASES[name]())
    assert proofs
    for proof in proofs:
        said = f"{proof.law}, {proof.quantity}: {proof}"
        assert proof.met, said
        assert proof.refused, said
        if proof.by_interval:
            assert proof.width <= next(most for law, most in WIDEST.items() if proof.law.startswith(law)), (
                said
            )


def test_list_of_cases_is_complete():
    names = " ".join(theory.CASES)
    for load, servers in ((2, 3), (5, 10), (10, 10)):
        for law in ("exponential", "lognormal"):
            assert f"Erlang B({load}, {servers}), {law}" in theory.CASES
    assert "Erlang C(1.5, 3)" in names
    assert "Erlang C(5, 8)" in names
    for units in range(2, 8):
        assert {f"hypercube, {units} units, loss", f"hypercube, {units} units, wait"} <= set(theory.CASES)


VALUES = [0.9, 1.0, 1.1, 1.0]


def test_interval_proof_accepts_right_and_refuses_wrong_values():
    mean, half = reduced_model.interval(VALUES)
    proof = by_interval("law", "thing", "by hand", mean + 0.99 * half, VALUES, "nonsense", mean + 1.01 * half)
    assert proof.met
    assert proof.refused
    assert proof.replications == 4
    assert not by_interval("law", "thing", "by hand", mean - 1.01 * half, VALUES, "none", mean).met
    assert not by_interval("law", "thing", "by hand", mean, VALUES, "too near", mean + 0.5 * half).refused
    biased = by_interval("law", "thing", "by hand", mean / 1.2, VALUES, "none", 9.0, margin=0.2)
    assert biased.met


def test_chi_square_proof_accepts_right_and_refuses_wrong_counts():
    proof = by_chi_square("law", "counts", "by hand", (10.0, 20.0), "nonsense", (21.0, 20.0), 3)
    assert proof.met
    assert proof.refused
    assert not proof.by_interval
    assert not by_chi_square("law", "counts", "by hand", (20.1, 20.0), "none", (19.0, 20.0), 3).met
    assert not by_chi_square("law", "counts", "by hand", (1.0, 20.0), "none", (19.0, 20.0), 3).refused
    # Two tests with other degrees of freedom: each statistic against its own critical value.
    assert by_chi_square("law", "counts", "by hand", (1.0, 20.0), "nonsense", (11.0, 10.0), 3).refused


def test_seconds_of_a_case_are_shared_among_its_proofs():
    def case():
        for _ in range(2):
            yield by_interval("law", "thing", "by hand", 1.0, VALUES, "nonsense", 2.0)

    first, second = theory.timed(case)
    assert isinstance(first, Proof)
    assert first.seconds == second.seconds > 0
