"""The full-text index: what goes into it and out of it."""

from __future__ import annotations

import re
from typing import Final

from llamachat.store.connection import Database

# Scripts that are written without spaces: Thai, Lao, Myanmar, Khmer, kana, Han. SQLite's tokenizer would take a whole
# sentence for one word; with each character a word of its own, a search for some of them is a search for a phrase.
UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)


def index_text(text: str) -> str:
    """`text` as it goes into the index, and as a search is looked up in it."""
    return text if text.isascii() else UNSPACED.sub(r" \g<0> ", text)


def add_message(database: Database, row: int, content: str) -> None:
    """Puts the message of that row into the index."""
    database.run("INSERT INTO message_index (rowid, body) VALUES (?, ?)", row, index_text(content))
    database.run("UPDATE messages SET indexed = 1 WHERE row = ?", row)


def remove_message(database: Database, row: int, content: str) -> None:
    """Takes it out again; `content` must be exactly what was put in."""
    database.run(
        "INSERT INTO message_index (message_index, rowid, body) VALUES ('delete', ?, ?)", row, index_text(content)
    )
    database.run("UPDATE messages SET indexed = 0 WHERE row = ?", row)


def add_title(database: Database, row: int, title: str) -> None:
    """Puts the title of the chat of that row into the index."""
    if title:
        database.run("INSERT INTO title_index (rowid, title) VALUES (?, ?)", row, index_text(title))


def remove_title(database: Database, row: int, title: str) -> None:
    """Takes it out again; `title` must be exactly what was put in."""
    if title:
        database.run(
            "INSERT INTO title_index (title_index, rowid, title) VALUES ('delete', ?, ?)", row, index_text(title)
        )
