"""Full-text search over titles and messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from math import ceil
from typing import Final

import msgspec

from llamachat.store.chats import in_folder
from llamachat.store.connection import Part
from llamachat.store.query import Query, Term, match_expression, parse
from llamachat.store.records import SearchHit
from llamachat.store.snippets import matcher, snippet

_LIVE: Final = "c.deleted_at IS NULL"
_TYPED_CHARACTERS: Final = 3
"""Shortest beginning of a word that is looked up in messages while it is typed; there are many fewer titles."""

_TITLES: Final = 0.25  # of the hits at most: a common word is in so many titles that no message would be left


class Search(Part):
    """The search of the store."""

    def search(self, text: str, limit: int = 50, *, tz: tzinfo | None = None, typing: bool = False) -> list[SearchHit]:
        """Searches what is not deleted; `query.parse` says what can be typed.

        Args:
            limit: most hits.
            tz: for `before:` and `after:`; None is this machine's zone.
            typing: the text is still being typed, its last word may go on.

        Returns:
            Chats whose title matches, then messages, each best first (BM25). With filters alone, the newest messages.

        Raises:
            QueryError: it cannot be searched for; the text says why.
        """
        query = parse(text, self._db.now(), tz, typing=typing, limits=self._db.limits)
        found_in_titles = query
        if typing:
            query = replace(query, terms=tuple(map(_unless_short, query.terms)))
        with self._db.read():
            titles = (
                [] if query.about_messages or not query.terms else self._titles(found_in_titles, ceil(limit * _TITLES))
            )
            return [*titles, *self._messages(query, limit - len(titles))]

    def _titles(self, query: Query, limit: int) -> list[SearchHit]:
        conditions, parameters = self._conditions(query, "c.updated_at")
        rows = self._db.all(
            "SELECT c.id, c.title, c.folder, c.created_at FROM title_index i CROSS JOIN chats c ON c.row = i.rowid"
            f" WHERE title_index MATCH ? AND {conditions} ORDER BY bm25(title_index), c.updated_at DESC LIMIT ?",
            match_expression(query.terms),
            *parameters,
            limit,
        )
        pattern, length = matcher(query.terms), self._db.limits.snippet_characters
        return [
            SearchHit(chat_id, title, folder, None, None, created_at, snippet(title, pattern, length))
            for chat_id, title, folder, created_at in rows
        ]

    def _messages(self, query: Query, limit: int) -> list[SearchHit]:
        conditions, parameters = self._conditions(query, "m.created_at")
        conditions += " AND m.deleted_at IS NULL"
        if query.role is not None:
            conditions += " AND m.role = ?"
            parameters.append(query.role)
        if query.model is not None:
            conditions += " AND instr(lower(m.model), lower(?)) > 0"
            parameters.append(query.model)
        if query.node is not None:
            conditions += " AND instr(m.seams, ?) > 0"
            parameters.append("[" + msgspec.json.encode(query.node).decode()[:-1])  # names that begin so
        if query.terms:
            # The rank of every match of a common word would take long; the latest stored ones are ranked.
            rows = self._db.all(
                "SELECT m.row FROM (SELECT i.rowid AS row, bm25(message_index) AS score FROM message_index i"
                " CROSS JOIN messages m ON m.row = i.rowid CROSS JOIN chats c ON c.row = m.chat"
                f" WHERE message_index MATCH ? AND {conditions} ORDER BY i.rowid DESC LIMIT ?) found"
                " JOIN messages m ON m.row = found.row ORDER BY found.score, m.created_at DESC LIMIT ?",
                match_expression(query.terms),
                *parameters,
                self._db.limits.ranked_matches,
                limit,
            )
        else:
            rows = self._db.all(
                f"SELECT m.row FROM messages m CROSS JOIN chats c ON c.row = m.chat WHERE {conditions}"
                " ORDER BY m.created_at DESC LIMIT ?",
                *parameters,
                limit,
            )
        return [self._hit(row, query) for (row,) in rows]

    def _hit(self, row: int, query: Query) -> SearchHit:
        chat_id, title, folder, message_id, role, created_at, content = self._db.require(
            "SELECT c.id, c.title, c.folder, m.id, m.role, m.created_at, t.content FROM messages m"
            " JOIN chats c ON c.row = m.chat JOIN texts t ON t.message = m.row WHERE m.row = ?",
            row,
        )
        parts = snippet(content, matcher(query.terms), self._db.limits.snippet_characters)
        return SearchHit(chat_id, title, folder, message_id, role, created_at, parts)

    def _conditions(self, query: Query, time: str) -> tuple[str, list[object]]:
        conditions, parameters = [_LIVE], list[object]()
        if query.folder is not None:
            condition, names = in_folder(self._db, query.folder)
            conditions.append(condition)
            parameters += names
        if query.before is not None:
            conditions.append(f"{time} < ?")
            parameters.append(query.before)
        if query.after is not None:
            conditions.append(f"{time} >= ?")
            parameters.append(query.after)
        return " AND ".join(conditions), parameters


def _unless_short(term: Term) -> Term:
    return replace(term, prefix=term.prefix and len(term.text) >= _TYPED_CHARACTERS)
