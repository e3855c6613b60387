"""ChatGPT's data export: an array of conversations, each a `mapping` of nodes with `parent` and `children`.

There is no published schema; the fields and content types read here are those seen in exports up to 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from llamachat.protocol import Chat, ChatMessage
from llamachat.protocol.chats import FinishReason
from llamachat.store.importing_values import (
    LeftOut,
    fenced,
    from_the_beginning,
    mapping,
    own_id,
    seconds,
    sequence,
    stamps,
    string,
)

_PROGRAM: Final = "chatgpt"
_BROWSED: Final = {"tether_quote", "tether_browsing_display", "sonic_webpage"}
_CONTEXT: Final = {"user_editable_context", "model_editable_context"}
_REASONING: Final = {"thoughts", "reasoning_recap"}
_ENDS: Final[dict[str, FinishReason]] = {"max_tokens": "length", "interrupted": "cancelled"}
_PARTS: Final = {
    "image_asset_pointer": "image",
    "audio_asset_pointer": "audio",
    "video_container_asset_pointer": "video",
    "real_time_user_audio_video_asset_pointer": "audio",
}


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a node says. `working`: a call of a tool or what it returned, which belongs to the answer that follows."""

    kind: Literal["message", "working"]
    role: Literal["system", "user", "assistant"]
    text: str
    created_at: float | None
    model: str | None = None
    finish_reason: FinishReason | None = None


@dataclass(frozen=True, slots=True)
class _Pending:
    """Workings on the way to the next message, and the node of the last of them."""

    node: str = ""
    text: str = ""
    model: str | None = None


_State = tuple[str | None, _Pending, float]
"""On the way down: the last message made, the workings since, the time of the last node that has one."""


@dataclass(slots=True)
class _Tree:
    """The messages made so far, and for every node the message that the conversation has reached there."""

    chat_key: str
    messages: dict[str, ChatMessage] = field(default_factory=dict)
    reached: dict[str, str | None] = field(default_factory=dict)

    def add(self, node: str, parent: str | None, piece: _Piece, text: str, created_at: float) -> str:
        identifier = own_id(_PROGRAM, self.chat_key, node)
        answer = piece.role == "assistant"
        self.messages[node] = ChatMessage(
            id=identifier,
            parent_id=parent,
            role=piece.role,
            content=text,
            created_at=created_at,
            model=piece.model if answer else None,
            finish_reason=(piece.finish_reason or "stop") if answer else None,
        )
        self.reached[node] = identifier
        return identifier


def is_conversation(value: object) -> bool:
    """Whether it looks like one conversation of such an export."""
    return isinstance(value, dict) and isinstance(value.get("mapping"), dict)


def read_conversation(conversation: Mapping[str, Any], now: float, left_out: LeftOut) -> Chat:
    """One conversation with all its branches.

    Tool calls and their output become code blocks of the answer that they led to. Counted in `left_out`: pictures and
    files (not part of the JSON; a mark stands in their place), web pages that were read, reasoning, hidden context,
    and what is not known.

    Raises:
        ValueError: it has neither an id nor messages.
    """
    nodes = {key: mapping(node) for key, node in conversation["mapping"].items()}
    key = string(conversation.get("conversation_id")) or string(conversation.get("id")) or next(iter(nodes), "")
    if not key:
        raise ValueError("it has neither an id nor messages")
    pieces = {name: _piece(mapping(node.get("message")), now, left_out) for name, node in nodes.items()}
    times = [piece.created_at for piece in pieces.values() if piece is not None and piece.created_at is not None]
    created_at = seconds(conversation.get("create_time"), now) or min(times, default=0.0)
    tree = _grow(_Tree(key), nodes, pieces, created_at)
    if conversation.get("is_archived") is True:
        left_out.add("mark: archived")
    return Chat(
        id=own_id(_PROGRAM, key),
        title=string(conversation.get("title")),
        active_leaf=tree.reached.get(string(conversation.get("current_node"))),
        created_at=created_at,
        stamps=stamps(_PROGRAM, created_at, seconds(conversation.get("update_time"), now)),
        messages=sorted(tree.messages.values(), key=lambda message: (message.created_at, message.id)),
    )


def _grow(tree: _Tree, nodes: dict[str, dict[str, Any]], pieces: dict[str, _Piece | None], created_at: float) -> _Tree:
    order = from_the_beginning({name: string(node.get("parent")) for name, node in nodes.items()})
    inner = {parent for _, parent in order}
    states: dict[str | None, _State] = {None: (None, _Pending(), created_at)}
    for name, above in order:
        parent, pending, time = _step(tree, name, pieces[name], *states[above])
        if pending.text and name not in inner:
            parent = _flush(tree, parent, pending, time)
        states[name] = (parent, pending, time)
        tree.reached.setdefault(name, parent)
    return tree


def _step(tree: _Tree, name: str, piece: _Piece | None, parent: str | None, pending: _Pending, time: float) -> _State:
    if piece is None:
        return parent, pending, time
    time = time if piece.created_at is None else piece.created_at
    if piece.kind == "working":
        return parent, _Pending(name, _joined(pending.text, piece.text), piece.model or pending.model), time
    if piece.role == "assistant":
        return tree.add(name, parent, piece, _joined(pending.text, piece.text), time), _Pending(), time
    if pending.text:
        parent = _flush(tree, parent, pending, time)
    return tree.add(name, parent, piece, piece.text, time), _Pending(), time


def _flush(tree: _Tree, parent: str | None, pending: _Pending, time: float) -> str:
    """Workings that no answer came after, as a message of their own; once, where several branches go on from them."""
    known = tree.messages.get(pending.node)
    if known is not None:
        return known.id
    piece = _Piece("message", "assistant", pending.text, time, pending.model, "interrupted")
    return tree.add(pending.node, parent, piece, pending.text, time)


def _joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


def _piece(message: dict[str, Any], now: float, left_out: LeftOut) -> _Piece | None:
    """What a message says; None when that is nothing that is taken over."""
    content, metadata = mapping(message.get("content")), mapping(message.get("metadata"))
    role = string(mapping(message.get("author")).get("role"))
    kind = string(content.get("content_type"))
    text = _text(kind, content, metadata, role, left_out)
    if not text:
        return None
    if metadata.get("is_visually_hidden_from_conversation") is True:
        left_out.add("hidden context")
        return None
    created_at = seconds(message.get("create_time"), now)
    model = string(metadata.get("model_slug")) or None
    if role == "user":
        return _Piece("message", "user", text, created_at)
    if role == "system":
        return _Piece("message", "system", text, created_at)
    if role not in ("assistant", "tool"):
        left_out.add(f"role of a message, taken as an answer: {role or 'none'}")
    to_tool = string(message.get("recipient")) not in ("", "all")
    if role == "tool" or to_tool:
        return _Piece("working", "assistant", text, created_at, model)
    how = string(mapping(metadata.get("finish_details")).get("type"))
    end: FinishReason = "interrupted" if message.get("status") == "in_progress" else _ENDS.get(how, "stop")
    return _Piece("message", "assistant", text, created_at, model, end)


def _text(kind: str, content: dict[str, Any], metadata: dict[str, Any], role: str, left_out: LeftOut) -> str:
    if kind in _BROWSED:
        left_out.add("web page that was read")
        return ""
    if kind in _REASONING:
        left_out.add("reasoning")
        return ""
    if kind in _CONTEXT:
        left_out.add("hidden context")
        return ""
    text = string(content.get("text"))
    if kind == "code":
        return fenced(text, string(content.get("language"))) if text else ""
    if kind == "execution_output":
        return fenced(text) if text else ""
    if kind == "system_error":
        return _joined(string(content.get("name")), text)
    parts = [_part(part, left_out) for part in sequence(content.get("parts"))]
    files = [f"[file: {_name(each)}]" for each in sequence(metadata.get("attachments")) if role == "user"]
    if files:
        left_out.add("attached file", len(files))
    if kind not in ("text", "multimodal_text") and content:
        left_out.add(
            f"content type {kind or 'without a name'}" + (", only its text kept" if text or any(parts) else "")
        )
    return _joined(text, *parts, *files)


def _part(part: object, left_out: LeftOut) -> str:
    if isinstance(part, str):
        return part
    fields = mapping(part)
    kind = string(fields.get("content_type"))
    if kind == "audio_transcription":
        return string(fields.get("text"))
    name = _PARTS.get(kind)
    left_out.add(name or f"part of a message: {kind or 'of no known kind'}")
    return f"[{name or 'not imported'}]"


def _name(attachment: object) -> str:
    name = string(mapping(attachment).get("name"))
    return " ".join(name.split())[:200] or "without a name"
