"""Which test stands for which action of the table, and whether the action has really run in it.

A test says `@covers("chat.stop")`; it fails when no key, click or command has started that action before it ended.
Which actions have such a test is asked of the modules themselves: the answer does not depend on what runs, and where.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.dom import DOMNode

from llamachat.tui.actions import ACTIONS

IDS = frozenset(action.id for action in ACTIONS)


def covers(*action_ids: str) -> pytest.MarkDecorator:
    """Says that a test starts these actions and checks what they do.

    Raises:
        ValueError: the table has no such action.
    """
    if unknown := set(action_ids) - IDS:
        raise ValueError(f"the table of actions has no {', '.join(sorted(unknown))}")
    return pytest.mark.covers(*action_ids)


def claimed(marks: list[Any]) -> set[str]:
    """The actions that the marks of a test name."""
    return {action_id for mark in marks if mark.name == "covers" for action_id in mark.args}


def covered() -> set[str]:
    """The actions that have a test in any module beside this one. What may be skipped or may fail is none."""
    found: set[str] = set()
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.screens.{file.stem}")
        for name, test in vars(module).items():
            marks = getattr(test, "pytestmark", []) if name.startswith("test_") else []
            if not {mark.name for mark in marks} & {"skip", "skipif", "xfail"}:
                found |= claimed(marks)
    return found


@contextmanager
def watched() -> Iterator[set[str]]:
    """The actions that run meanwhile."""
    ran: set[str] = set()
    original = App.run_action

    async def run_action(self: App[Any], action: Any, default_namespace: DOMNode | None = None, *more: Any) -> bool:
        done = await original(self, action, default_namespace, *more)
        if done:
            ran.update(_names(action, self if default_namespace is None else default_namespace))
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "run_action", run_action)
        yield ran


def _names(action: Any, namespace: DOMNode) -> set[str]:
    """What the table calls an action of that widget, screen or app. An action with several keys of which each means
    another thing has a binding for each: `message.code.1`."""
    ids = {binding.id or "" for _key, binding in namespace._bindings if binding.action == action}
    return {name for found in ids for name in (found, found.rpartition(".")[0]) if name in IDS}
