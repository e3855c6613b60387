"""Conversations in SQLite: message tree, full-text search, outbox, merge. Everything public is re-exported here."""

from llamachat.store.categories import ARCHIVED, Category, CategoryKind, group, is_archived
from llamachat.store.errors import QueryError, StoreError, StoreState
from llamachat.store.exporting import Transcript, TransferError, TransferLimits, attached, to_json
from llamachat.store.exporting_markdown import to_markdown
from llamachat.store.importing import Imported, read_export
from llamachat.store.importing_chats import ImportedChat
from llamachat.store.limits import StoreLimits
from llamachat.store.own_settings import SAMPLING_NAMES, OwnSettings, StoredChat
from llamachat.store.records import (
    Changes,
    ChatSummary,
    Estimate,
    MessageState,
    OpenAttempt,
    OutboxItem,
    Pulled,
    RefusedChat,
    SearchHit,
    SnippetPart,
    StoredAttachment,
    StoredMessage,
    SyncCursor,
    UsageTotals,
    plain,
)
from llamachat.store.store import Store
from llamachat.store.thread import StoreThread
from llamachat.store.titles import derive_title, first_title, given_name

__all__ = [
    "ARCHIVED", "SAMPLING_NAMES", "Category", "CategoryKind", "Changes", "ChatSummary", "Estimate", "Imported",
    "ImportedChat", "MessageState", "OpenAttempt", "OutboxItem", "OwnSettings", "Pulled", "QueryError",
    "RefusedChat", "SearchHit", "SnippetPart", "Store", "StoreError", "StoreLimits", "StoreState",
    "StoreThread", "StoredAttachment", "StoredChat", "StoredMessage", "SyncCursor", "Transcript",
    "TransferError", "TransferLimits", "UsageTotals", "attached", "derive_title", "first_title", "given_name",
    "group", "is_archived", "plain", "read_export", "to_json", "to_markdown",
]  # fmt: skip
