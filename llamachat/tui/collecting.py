"""When Python looks for unreachable cycles. It stops everything for that, a key's echo too."""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (10_000, 10, 10)
"""Objects made more than freed before the youngest are looked through, and how often that before the older ones are. By
default it is 700: while an answer streams, all objects were looked through every second, for 60 ms each time."""


def spare() -> None:
    """From now on looks seldom, and never again at what is there already: the code and the screens, most of all there
    is."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
