"""Chats as Markdown: front matter, then the conversation as last looked at. For reading, not for importing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from llamachat.base.text import one_line, printable
from llamachat.store.exporting import Transcript
from llamachat.store.records import StoredMessage

_SPEAKERS: Final = {"user": "You", "assistant": "Assistant", "system": "System"}
_ENDINGS: Final = {
    "length": "cut at the token limit",
    "cancelled": "stopped",
    "deadline": "stopped at the time limit",
    "interrupted": "interrupted",
}

# A YAML reader takes some of these for line ends and refuses others; JSON strings may hold all of them.
_NOT_IN_YAML: Final = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_MARKUP: Final = re.compile(r"([\\`*_\[\]<>#&|~$])")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def to_markdown(transcripts: Sequence[Transcript]) -> str:
    """The active path of each chat. One chat has its facts as front matter; of several, each has them in a block."""
    if len(transcripts) == 1:
        return f"---\n{_facts(transcripts[0])}---\n\n{_chat(transcripts[0])}"
    chapters = [_chapter(transcript) for transcript in transcripts]
    return f"---\nchats: {len(transcripts)}\n---\n\n" + "\n".join(chapters)


def _chapter(transcript: Transcript) -> str:
    heading, _, rest = _chat(transcript).partition("\n")
    return f"{heading}\n\n```yaml\n{_facts(transcript)}```\n{rest}"


def _facts(transcript: Transcript) -> str:
    chat = transcript.chat
    shown = {message.id for message in transcript.path}
    elsewhere = sum(message.id not in shown and message.deleted_at is None for message in chat.messages)
    models = list(dict.fromkeys(message.model for message in transcript.path if message.model))
    last = max((message.created_at for message in chat.messages), default=chat.created_at)
    facts: dict[str, Any] = {
        "title": chat.title,
        "id": chat.id,
        "created": _iso(chat.created_at),
        "updated": _iso(last),
    }
    if chat.folder is not None:
        facts["folder"] = chat.folder
    if chat.pinned:
        facts["pinned"] = True
    if models:
        facts["models"] = models
    if elsewhere:
        facts["messages_on_other_branches"] = elsewhere
    return "".join(f"{name}: {_quoted(value)}\n" for name, value in facts.items())


def _quoted(value: object) -> str:
    """A value of one line that YAML and JSON read alike."""
    text = json.dumps(value, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _chat(transcript: Transcript) -> str:
    title = one_line(transcript.chat.title) or "(untitled)"
    return "\n".join([f"# {_escaped(title)}\n", *(_message(message) for message in transcript.path)])


def _message(message: StoredMessage) -> str:
    by = _SPEAKERS[message.role]
    if message.model:
        by += f" ({_escaped(one_line(message.model, 64))})"
    ending = "failed" if message.state == "failed" else _ENDINGS.get(message.finish_reason or "", "")
    if message.state == "partial":
        ending = "not complete"
    lines = [f"## {by}, {_minute(message.created_at)}{' — ' + ending if ending else ''}", ""]
    lines += [f"Attached: {_escaped(one_line(each.name))} ({each.size} bytes)\n" for each in message.attachments]
    lines += [_closed(printable(message.content).strip("\n")), ""]
    nodes = list(dict.fromkeys(seam.node for seam in message.seams))
    if len(nodes) > 1:
        lines += [f"Answered by {', then '.join(_escaped(one_line(node, 64)) for node in nodes)}.", ""]
    if message.error:
        lines += [f"Error: {_escaped(one_line(message.error))}", ""]
    return "\n".join(lines)


def _closed(text: str) -> str:
    """The text with its last code block closed, so that it ends where the message does."""
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if match is None:
            continue
        mark, rest = match[1], match[2]
        if not fence:
            fence = mark if mark[0] == "~" or "`" not in rest else ""
        elif mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip():
            fence = ""
    return f"{text}\n{fence}" if fence else text


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _iso(seconds: float) -> str:
    moment = _moment(seconds)
    return str(seconds) if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _minute(seconds: float) -> str:
    moment = _moment(seconds)
    return str(seconds) if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):  # beyond the years that a date can name
        return None
