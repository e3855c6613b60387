"""The first schema.

Chats and messages are kept as JSON, as they came and were merged; beside it stand only the columns that are searched
by. `change` counts the writes of one principal, a number for each row. Ids are a principal's own, so two principals may
use the same one.

A cursor is such a number, the era in which it was counted, and the principal's `id`, which no other archive has. An era
begins with a principal's first write after the file was opened. When an older copy of the file is put back, the numbers
are counted a second time, but in other eras: a cursor from what was lost is known for what it is.
"""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE principals (
        row INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        id TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))),
        change INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0    -- of all rows, as the quota counts them
    )
    """,
    """
    CREATE TABLE eras (
        principal INTEGER NOT NULL REFERENCES principals (row) ON DELETE CASCADE,
        start INTEGER NOT NULL,             -- the number before the first one that was counted in it
        id TEXT NOT NULL,
        PRIMARY KEY (principal, start)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE chats (
        row INTEGER PRIMARY KEY,
        principal INTEGER NOT NULL REFERENCES principals (row) ON DELETE CASCADE,
        id TEXT NOT NULL,
        body BLOB NOT NULL,                 -- JSON, without the messages
        deleted INTEGER NOT NULL,
        bare INTEGER NOT NULL DEFAULT 0,    -- nothing is kept but that it was deleted
        changed_at REAL NOT NULL,           -- by this machine's clock, the messages included
        change INTEGER NOT NULL,
        UNIQUE (principal, id)
    )
    """,
    "CREATE INDEX chats_by_change ON chats (principal, change)",
    "CREATE INDEX chats_by_age ON chats (changed_at) WHERE NOT bare",
    """
    CREATE TABLE messages (
        row INTEGER PRIMARY KEY,
        principal INTEGER NOT NULL REFERENCES principals (row) ON DELETE CASCADE,
        chat INTEGER NOT NULL REFERENCES chats (row) ON DELETE CASCADE,
        id TEXT NOT NULL,
        body BLOB NOT NULL,                 -- JSON
        fading REAL,                        -- when it was deleted, as long as its text is still there
        change INTEGER NOT NULL,
        UNIQUE (principal, id)
    )
    """,
    "CREATE INDEX messages_by_change ON messages (principal, change)",
    "CREATE INDEX messages_by_chat ON messages (chat)",
    "CREATE INDEX messages_by_age ON messages (fading) WHERE fading IS NOT NULL",
)
