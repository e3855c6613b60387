"""The first schema.

Texts lie in a table of their own, so that listing, walking the tree and filtering touch only short rows. A message
whose text was purged has no row there. The full-text tables are contentless: they hold the index alone, over text
prepared by `indexing.index_text`; a later change of that function needs a migration that rebuilds them. They have no
prefix indexes: those would add a third of the text's size, and prefixes are quick enough without.
Parents and the active leaf are ids without a foreign key, because merged messages may arrive in any order.
`change` counts every write of a row, over the whole file: what another machine has not seen is what is above its mark.
"""

from __future__ import annotations

STATEMENTS = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('writer', lower(hex(randomblob(8)))), ('clock', ''), ('change', 0)",
    """
    CREATE TABLE chats (
        row INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL DEFAULT '',
        folder TEXT,
        pinned INTEGER NOT NULL DEFAULT 0,
        active_leaf TEXT,
        created_at REAL NOT NULL,
        deleted_at REAL,
        stamps TEXT,                      -- JSON, field: stamp
        updated_at REAL NOT NULL,         -- of the newest message; not shared, every machine derives it alike
        purged INTEGER NOT NULL DEFAULT 0,
        change INTEGER NOT NULL
    )
    """,
    "CREATE INDEX chats_by_update ON chats (updated_at)",
    "CREATE INDEX chats_by_change ON chats (change)",
    """
    CREATE TABLE messages (
        row INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        chat INTEGER NOT NULL REFERENCES chats (row) ON DELETE CASCADE,
        parent_id TEXT,
        role TEXT NOT NULL,
        created_at REAL NOT NULL,
        deleted_at REAL,
        state TEXT NOT NULL CHECK (state IN ('complete', 'partial', 'failed')),
        indexed INTEGER NOT NULL DEFAULT 0,
        model TEXT,
        finish_reason TEXT,
        seams TEXT,                       -- JSON, [node, offset] each
        attachments TEXT,                 -- JSON, [name, sha256, size] each
        usage BLOB,                       -- MessagePack, as are the next two: the fields in their order
        timings BLOB,
        cost BLOB,
        error TEXT,                       -- why it failed, a sentence
        stamps TEXT,                      -- JSON, field: stamp
        change INTEGER NOT NULL
    )
    """,
    "CREATE INDEX messages_by_chat ON messages (chat, created_at, deleted_at)",
    "CREATE INDEX messages_by_time ON messages (created_at)",
    "CREATE INDEX messages_by_change ON messages (change)",
    """
    CREATE TABLE texts (
        message INTEGER PRIMARY KEY REFERENCES messages (row) ON DELETE CASCADE,
        content TEXT NOT NULL
    )
    """,
    """
    CREATE VIRTUAL TABLE message_index USING fts5 (
        body, content = '', tokenize = "unicode61 remove_diacritics 2"
    )
    """,
    """
    CREATE VIRTUAL TABLE title_index USING fts5 (
        title, content = '', tokenize = "unicode61 remove_diacritics 2"
    )
    """,
    """
    CREATE TABLE attachments (
        sha256 TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        created_at REAL NOT NULL,
        text TEXT,
        content BLOB NOT NULL
    )
    """,
    "CREATE TABLE drafts (chat_id TEXT PRIMARY KEY, text TEXT NOT NULL, updated_at REAL NOT NULL)",
    """
    CREATE TABLE outbox (
        id TEXT PRIMARY KEY,
        chat INTEGER NOT NULL REFERENCES chats (row) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        text TEXT NOT NULL,
        parent_id TEXT,
        user_message_id TEXT NOT NULL UNIQUE,
        answer_id TEXT NOT NULL UNIQUE,
        attachments TEXT,
        request TEXT,
        created_at REAL NOT NULL,
        owner TEXT,
        heartbeat_at REAL
    )
    """,
    """
    CREATE TABLE attempts (
        id TEXT PRIMARY KEY,
        chat INTEGER NOT NULL REFERENCES chats (row) ON DELETE CASCADE,
        message_id TEXT NOT NULL,
        superseded INTEGER NOT NULL DEFAULT 0,  -- the answer went on as another attempt; to be cancelled at its node
        node TEXT NOT NULL,
        model TEXT,
        fingerprint TEXT,
        seed INTEGER,
        offset INTEGER NOT NULL,                -- code points
        token_offset INTEGER NOT NULL,
        tokens BLOB NOT NULL,                   -- little-endian, 4 bytes an id
        created_at REAL NOT NULL,
        saved_at REAL NOT NULL
    )
    """,
    "CREATE INDEX attempts_by_message ON attempts (message_id)",
    # Apart from the attempts, because it may be a long conversation and they are written twice a second.
    """
    CREATE TABLE attempt_requests (
        attempt TEXT PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
        request TEXT NOT NULL
    )
    """,
    "CREATE TABLE sync_cursors (archive TEXT PRIMARY KEY, pulled TEXT, pushed INTEGER NOT NULL DEFAULT 0)",
)
