"""What the screens work with, put together in one place so that tests can put something else there."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from llamachat.config import Settings
from llamachat.fleet import Fleet, Syncing
from llamachat.store import StoreThread
from llamachat.tui.activity import Activity


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
