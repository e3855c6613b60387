"""The table of `llamachat nodes`."""

from __future__ import annotations

import io

from rich.console import Console

from llamachat.cli.node_table import as_json, experience, reasons, table
from llamachat.fleet import Estimate, NodeSnapshot

NOW = 1_000.0


def node(name: str, state: str, reason: str = "", retry_at: float | None = None) -> NodeSnapshot:
    return NodeSnapshot(name, f"ws://{name}", state, 0.0, reason, retry_at=retry_at)  # type: ignore[arg-type]


def drawn(*nodes: NodeSnapshot, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(table(nodes))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_node_is_one_line_in_eighty_columns_whatever_is_wrong_with_it() -> None:
    lines = drawn(node("llama-01", "offline", "Nothing listens there. " * 5, NOW + 3), width=80)
    assert len(lines) == 2
    assert lines[1].startswith("llama-01 ✖ offline")


def test_why_a_node_is_as_it_is_stands_below_with_the_time_of_the_next_try() -> None:
    nodes = (
        node("a", "offline", "Nothing listens at a:1. Is the daemon running?", NOW + 3.2),
        node("b", "online"),
        node("c", "refused", "The token is wrong"),
        node("d", "connecting", "", NOW + 1),
    )
    assert reasons(nodes, NOW) == [
        "a: Nothing listens at a:1. Is the daemon running? Next try in 3 s.",
        "c: The token is wrong.",
        "d: Next try in 1 s.",
    ]


def test_what_a_node_says_never_reaches_the_terminal_as_a_command() -> None:
    assert "\x1b" not in "".join(reasons((node("\x1b[2J", "offline", "\x1b]0;x"),), NOW))


def test_how_good_the_estimates_were_is_told_of_nodes_that_have_answered() -> None:
    kept = {"a": [Estimate("a", "m", 1, 100, 150), Estimate("a", "m", 2, 100, 250)], "b": []}
    assert experience(kept) == ["a: first text after 2.0 times the expected time (median of 2 answers)."]
    values = as_json(node("a", "online"), NOW, kept["a"])["estimates"]
    assert (values["kept"], values["actual_over_expected"]) == (2, 2.0)
    assert values["newest"]["actual_ms"] == 250
    assert as_json(node("b", "online"), NOW)["estimates"] == {
        "kept": 0,
        "actual_over_expected": None,
        "newest": None,
    }
