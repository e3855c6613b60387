"""What a chat has of its own instead of the settings file's; a table apart, since no other machine gets it."""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE own_settings (
        chat INTEGER PRIMARY KEY REFERENCES chats (row) ON DELETE CASCADE,
        settings TEXT NOT NULL            -- JSON; {} where there were some once
    )
    """,
)
