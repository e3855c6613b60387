"""Without motion nothing moves by itself, and with it cursors blink."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from llamachat.config import Settings
from llamachat.config.schema import ChatSettings, LookSettings
from tests.screens.samples import THREE
from tests.screens.scripted import ScriptedApp, ScriptedFleet, until


def moving(path: Path, *, motion: bool) -> ScriptedApp:
    app = ScriptedApp(ScriptedFleet(THREE), path)
    app.services.settings = Settings(chat=ChatSettings(titles="words"), look=LookSettings(motion=motion))
    return app


@pytest.mark.parametrize("motion", [False, True])
@pytest.mark.parametrize(
    "keys", [["f8"], ["f9"], ["ctrl+f"], ["ctrl+p"], ["f3", "a"], ["f3", "enter", "3", "/"]], ids="-".join
)
async def test_a_cursor_blinks_only_with_motion_wherever_one_writes(tmp_path: Path, keys: list[str], motion: bool):
    app = moving(tmp_path, motion=motion)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await until(pilot, lambda: isinstance(app.focused, Input))
        assert isinstance(app.focused, Input)
        await until(pilot, lambda: app.focused.cursor_blink is motion)
