"""Every action of the table is started by a test that checks what it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.tui.actions import ACTIONS
from tests.screens.covering import covered, covers, watched
from tests.screens.scripted import TWO_NODES, ScriptedFleet, running


def test_every_action_has_a_test():
    assert [action.id for action in ACTIONS if action.id not in covered()] == []


def test_only_actions_of_the_table_can_be_covered():
    with pytest.raises(ValueError, match=r"no chat\.stpo"):
        covers("chat.stop", "chat.stpo")


async def test_an_action_counts_as_started_only_where_it_ran(tmp_path: Path):
    with watched() as ran:
        async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
            await pilot.press("f", "5", "f6")
    assert ran == {"chat.live"}
