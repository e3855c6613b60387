"""What the screens work with, put together in one place so that tests can put something else there."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from llamachat.tui.activity import Activity

if TYPE_CHECKING:
    from llamachat.config import AppContext, Settings
    from llamachat.fleet import Fleet, Syncing
    from llamachat.store import StoreThread

StartDemo = Callable[[Callable[[str], None]], "Awaitable[AppContext]"]
"""Starts the demo, tells how far it is, and returns what to go on with; raises `DemoError`."""


@dataclass(slots=True)
class Services:
    """The core behind the screens.

    Attributes:
        settings: replaced when other ones hold, so it is read anew each time.
        clock: Unix seconds.
        zone: None is the machine's time zone.
        banner: a sentence that stays above the conversation.
        syncing: keeps the history in step with other machines', None where that is not wanted.
        config_file: where changed settings are kept, None for nowhere.
        activity: what the conversation tells the other tabs.
        start_demo: None where there is none.
        following: what the program goes on with when the screens are left; None to end it.
    """

    settings: Settings
    fleet: Fleet
    store: StoreThread
    clock: Callable[[], float] = time.time
    zone: tzinfo | None = None
    banner: str = ""
    syncing: Syncing | None = None
    config_file: Path | None = None
    activity: Activity = field(default_factory=Activity)
    start_demo: StartDemo | None = None
    following: AppContext | None = None
