"""What an archive did not take, to be sent again: a chat that is refused must not hold up the others.

`since` is the count above which the chat's changes are to be sent; the count up to which the archive has everything
else goes on past them.
"""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE sync_refused (
        archive TEXT NOT NULL,
        chat_id TEXT NOT NULL,
        since INTEGER NOT NULL,
        reason TEXT NOT NULL,             -- the archive's sentence
        PRIMARY KEY (archive, chat_id)
    ) WITHOUT ROWID
    """,
)
