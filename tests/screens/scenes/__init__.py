"""Every screen and every state of the program, by name."""

from __future__ import annotations

from typing import Final

from tests.screens.scenes import chat, files, history, nodes, panels, settings
from tests.screens.scenes.scene import Scene

_ROOMS: Final = (chat, panels, history, files, nodes, settings)

SCREENS: Final[dict[str, Scene]] = {name: scene for room in _ROOMS for name, scene in room.SCREENS.items()}
"""Pictured in three sizes and two themes."""

STATES: Final[dict[str, Scene]] = {name: scene for room in _ROOMS for name, scene in room.STATES.items()}
"""Pictured at 80×24."""

THEMED: Final = ("message-focused", "settings-wrong")
"""States that are pictured in all themes."""
