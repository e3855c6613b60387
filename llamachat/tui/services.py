"""What the screens work with, put together in one place so that tests can put something else there."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from llamachat.config import Settings
from llamachat.fleet import Fleet
from llamachat.store import StoreThread


@dataclass(frozen=True, slots=True)
class Services:
    """The core behind the screens. `clock` gives Unix seconds; `zone` None is the machine's time zone; `banner` is a
    sentence that stays above the conversation."""

    settings: Settings
    fleet: Fleet
    store: StoreThread
    clock: Callable[[], float] = time.time
    zone: tzinfo | None = None
    banner: str = ""
