"""What was expected of nodes, beside what came true."""

from __future__ import annotations

from pathlib import Path

from llamachat.store import Estimate, Store, StoreLimits


def estimate(node: str, at: float) -> Estimate:
    return Estimate(node, "m", at, 100.0, 150.0)


def test_estimates_are_kept_by_node_and_survive_the_program(path: Path) -> None:
    with Store.open(path) as store:
        for kept in (estimate("a", 1), estimate("b", 2), estimate("a", 3)):
            store.keep_estimate(kept)
    with Store.open(path) as store:
        assert store.estimates("a") == [estimate("a", 1), estimate("a", 3)]
        assert store.estimates("c") == []


def test_of_each_node_the_newest_estimates_are_kept(path: Path) -> None:
    with Store.open(path, limits=StoreLimits(kept_estimates=2)) as store:
        store.keep_estimate(estimate("b", 0))
        for at in range(5):
            store.keep_estimate(estimate("a", at))
        assert [kept.at for kept in store.estimates("a")] == [3, 4]
        assert len(store.estimates("b")) == 1
