"""What one side accepts from the other. Both sides check, so that neither depends on the other's good manners."""

from __future__ import annotations

from typing import Final

DEFAULT_PORT: Final = 13000
"""The TCP port that a daemon listens on when nothing else is said."""

MAX_FRAME_BYTES: Final = 4 * 1024 * 1024
"""Largest frame in either direction, in bytes; a longer one closes the connection with 1009."""

MAX_ARRAY_ITEMS: Final = 65_536
MAX_MAP_ENTRIES: Final = 4_096
MAX_NESTING: Final = 32

MAX_VALUES: Final = 524_288
"""Values of any kind in one frame, containers included. The limits per container alone would still let a 4 MiB
frame of empty maps grow to 300 MB of objects; with this one the largest frame builds about 40 MB."""

MAX_BAD_FRAMES: Final = 20
"""Undecodable or unknown frames in a row after which a connection is closed with 1008."""

MAX_STOP_STRINGS: Final = 16
MAX_STOP_CHARACTERS: Final = 256
"""Longest stop string, in code points: a match is held back from the reader, so it must stay short."""

PING_INTERVAL_S: Final = 20.0
PING_TIMEOUT_S: Final = 20.0
HANDSHAKE_TIMEOUT_S: Final = 10.0

MIN_STATUS_INTERVAL_S: Final = 0.2
"""Shortest interval between two `backend_status` frames, in seconds."""

SHORTHAND_STATUS_INTERVAL_S: Final = 2.0
"""How often a connection that speaks the shorthand gets `backend_status` unasked, in seconds."""
