"""Conversations as nodes are sent them, with the text of attached files out of the store."""

from __future__ import annotations

from collections.abc import Sequence

from llamachat.documents import fitting
from llamachat.documents.document import Document
from llamachat.documents.estimating import RULE_OF_THUMB, TokenRatio, measured
from llamachat.documents.fitting import Room
from llamachat.documents.limits import DocumentLimits
from llamachat.documents.prompting import FileText, question_text
from llamachat.fleet.recording import add_question, conversation
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import Attachment, ChatMessage, PromptMessage
from llamachat.store import Store, StoredMessage


def keep_documents(store: Store, documents: Sequence[Document]) -> tuple[Attachment, ...]:
    """Stores files under their hashes, once each, and returns how a message names them.

    Raises:
        StoreError: they cannot be kept.
    """
    with store.transaction():
        for document in documents:
            store.put_attachment(document.content, document.text)
    return tuple(document.attachment for document in documents)


def keep_question(
    store: Store, chat_id: str, text: str, created_at: float, documents: Sequence[Document] = ()
) -> ChatMessage:
    """`add_question` with files: all of it is kept, or nothing.

    Raises:
        StoreError: it cannot be kept.
    """
    with store.transaction():
        attachments = keep_documents(store, documents)
        return add_question(store, chat_id, text, created_at, attachments=attachments)


def prompt(store: Store, system_prompt: str, path: Sequence[StoredMessage]) -> tuple[PromptMessage, ...]:
    """What a node is sent for a stored conversation: `conversation` with every attached file. Later turns, retries and
    other nodes are sent the same text, since it is what was stored when the file was attached.

    Raises:
        StoreError: the history cannot be read.
    """
    return conversation(system_prompt, path, store.attachment_texts(path))


def passing_prompt(system_prompt: str, question: str, documents: Sequence[Document]) -> tuple[PromptMessage, ...]:
    """What a node is sent for a question that is kept nowhere."""
    files = [FileText(document.name, document.text) for document in documents]
    return (*conversation(system_prompt, ()), PromptMessage("user", question_text(question, files)))


def token_ratio(store: Store, path: Sequence[StoredMessage]) -> TokenRatio:
    """Bytes per token as the last counted answer on `path` shows them, else by the rule of thumb.

    The system prompt is not known any more and counts as nothing; in a prompt long enough to go by, it is little.
    """
    for place in reversed(range(len(path))):
        usage = path[place].usage
        if usage is None or usage.dropped_messages:
            continue
        before = path[:place]
        messages = conversation("", before, store.attachment_texts(before))
        found = measured(sum(len(message.content.encode()) for message in messages), usage.prompt_tokens)
        if found is not None:
            return found
    return RULE_OF_THUMB


def room_for_files(
    nodes: Sequence[NodeSnapshot], model_id: str | None, ratio: TokenRatio, limits: DocumentLimits
) -> Room:
    """What the files of a question may have, by the largest context among the nodes that could answer now with that
    model (None: each with its default). Where no node has said, only the limit of the protocol holds."""
    models = [node.model(model_id or node.default_model) for node in nodes if node.usable]
    known = [(model.context, model.id) for model in models if model is not None and model.context is not None]
    if not known:
        return fitting.room("", None, ratio, limits)
    context, name = max(known)
    return fitting.room(name, context, ratio, limits)
