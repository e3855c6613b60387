"""The limits of the archive, with their defaults. Those an operator may want otherwise are in the configuration."""

from __future__ import annotations

from typing import Final

MAX_CHAT_BYTES: Final = 64 * 1024
MAX_MESSAGE_BYTES: Final = 3 * 1024 * 1024
"""Largest chat without its messages, and largest message, in bytes of JSON: one of each fits into a frame of either
codec."""

PAGE_BYTES: Final = 256 * 1024
"""Rows of history in one frame, in bytes; only a message that is larger by itself passes it. Small, because the answers
of everybody else wait while a frame is encoded."""

ROW_BYTES: Final = 512
"""What a row takes in a frame beyond its own JSON, names of fields left out there included."""

STORED_ROW_BYTES: Final = 128
"""What a row counts beyond its own JSON towards the quota: its ids, its place in the indexes."""

MAX_LISTED_CHATS: Final = 10_000
"""Chats that `/chats` lists, those that changed last."""

MAX_WHOLE_CHAT_BYTES: Final = 32 * 1024 * 1024
"""Largest chat that `/chat/{id}` gives in one answer; a larger one comes by `chat_history`."""

DELETED_DAYS: Final = 30
"""Days after which the text of what was deleted is dropped; that it was deleted is kept."""

UPKEEP_S: Final = 3600.0
"""Seconds between two looks for what is too old."""

EXPIRED_AT_ONCE: Final = 100
"""Rows dropped in one transaction, so that nobody waits long for the file."""

BUSY_TIMEOUT_S: Final = 10.0
"""How long another program that holds the file is waited for, in seconds."""

KEPT_BACKUPS: Final = 2
"""Copies from before upgrades that are kept, the newest ones."""

WAITING_REQUESTS: Final = 2
"""Requests of one connection that wait for the archive before the connection is read no further."""

RETRY_AFTER_S: Final = 30.0
"""When to try again what the file refused, in seconds."""
