"""Files of chats: this program's own JSON, ChatGPT's export, Open WebUI's export. Pure: bytes in, chats out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from llamachat.base.text import one_line
from llamachat.protocol import Chat
from llamachat.store import importing_chatgpt, importing_openwebui
from llamachat.store.exporting import DEFAULT_TRANSFER_LIMITS, FORMAT, VERSION, TransferError, TransferLimits
from llamachat.store.importing_values import LeftOut, mapping, string
from llamachat.store.own_settings import OwnSettings, checked, with_settings
from llamachat.store.records import StoredAttachment, StoredMessage

Source = Literal["llamachat", "ChatGPT", "Open WebUI"]

_LATEST: Final = 32_503_680_000.0  # the year 3000: what comes later cannot be shown as a date everywhere
_KNOWN: Final = (
    "a file of `llamachat chats export --format json`, conversations.json of ChatGPT, an export of Open WebUI"
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file holds: chats, which may be `StoredChat`s of `StoredMessage`s, and files attached to them.

    `unreadable` has a sentence for each chat or file that could not be read, `left_out` the kind and number of parts
    of readable chats that have no place here.
    """

    source: Source
    chats: tuple[Chat, ...]
    attachments: tuple[StoredAttachment, ...] = ()
    unreadable: tuple[str, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()


class _Header(msgspec.Struct, frozen=True):
    format: str = ""
    version: int = 0


class _File(msgspec.Struct, frozen=True):
    chats: list[msgspec.Raw]
    attachments: list[msgspec.Raw] = []


class _Local(msgspec.Struct, frozen=True):
    """What only the machine knew of a chat that it was exported on."""

    messages: list[StoredMessage] = []
    settings: OwnSettings | None = None


def read_export(data: bytes, now: float, limits: TransferLimits = DEFAULT_TRANSFER_LIMITS) -> Imported:
    """The chats in a file, whose format is recognised. The same file always gives the same chats, ids included.

    Args:
        data: the whole file.
        now: Unix seconds; what another program dates later than a day from now counts as undated.

    Raises:
        TransferError: it is too large, not JSON, of no known format, or of a newer version.
    """
    if len(data) > limits.file_bytes:
        raise TransferError(
            f"The file has more than {limits.file_bytes} bytes. Split it, or export fewer chats at once."
        )
    if data.startswith(b"PK\x03\x04"):
        raise TransferError("The file is a ZIP archive. Unpack it, and import the conversations.json that is in it.")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        header = msgspec.json.decode(data, type=_Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_foreign(data, now)
    return _read_own(data, header) if header.format == FORMAT else _read_foreign(data, now)


def _read_own(data: bytes, header: _Header) -> Imported:
    if header.version > VERSION:
        raise TransferError(
            f"The file was exported by a newer llamachat (format {header.version}; this one reads up to {VERSION}). "
            "Update llamachat to import it."
        )
    try:
        file = msgspec.json.decode(data, type=_File)
    except msgspec.DecodeError as error:
        raise TransferError(f"The file is not a whole export of llamachat: {error}. Export the chats again.") from None
    unreadable: list[str] = []
    chats = [chat for n, raw in enumerate(file.chats, 1) if (chat := _own_chat(n, raw, unreadable))]
    attachments = [each for n, raw in enumerate(file.attachments, 1) if (each := _own_file(n, raw, unreadable))]
    return Imported("llamachat", tuple(chats), tuple(attachments), tuple(unreadable))


def _own_chat(number: int, raw: msgspec.Raw, unreadable: list[str]) -> Chat | None:
    try:
        chat = msgspec.json.decode(raw, type=Chat)
        local = msgspec.json.decode(raw, type=_Local)
        settings = None if local.settings is None else checked(local.settings)
    except (ValueError, RecursionError) as error:
        unreadable.append(f"Chat {number}: {one_line(str(error))}")
        return None
    messages = local.messages
    dated = [chat.created_at, chat.deleted_at, *(m.created_at for m in messages), *(m.deleted_at for m in messages)]
    if not all(time is None or 0 <= time < _LATEST for time in dated):
        unreadable.append(f"Chat {number}: a time in it is not one between the years 1970 and 3000.")
        return None
    chat = msgspec.structs.replace(chat, messages=messages)
    return chat if settings is None else with_settings(chat, settings)


def _own_file(number: int, raw: msgspec.Raw, unreadable: list[str]) -> StoredAttachment | None:
    try:
        file = msgspec.json.decode(raw, type=StoredAttachment)
    except msgspec.DecodeError as error:
        unreadable.append(f"Attached file {number}: {one_line(str(error))}")
        return None
    if hashlib.sha256(file.content).hexdigest() != file.sha256:
        unreadable.append(f"Attached file {number}: its contents are not those that were exported.")
        return None
    return file


_Reader = Callable[[Mapping[str, Any], float, LeftOut], Chat]
_FORMATS: Final[tuple[tuple[Source, Callable[[object], bool], _Reader], ...]] = (
    ("ChatGPT", importing_chatgpt.is_conversation, importing_chatgpt.read_conversation),
    ("Open WebUI", importing_openwebui.is_conversation, importing_openwebui.read_conversation),
)


def _read_foreign(data: bytes, now: float) -> Imported:
    try:
        # Not msgspec: other programs write halves of characters, which it refuses and the store replaces.
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise TransferError(f"The file is not JSON, or not all of it. What can be imported: {_KNOWN}.") from None
    items = value if isinstance(value, list) else [value]
    for source, matches, read in _FORMATS:
        if any(matches(item) for item in items):
            return _read_items(source, items, matches, read, now)
    raise TransferError(f"The file is JSON, but holds no chats in a known format. What can be imported: {_KNOWN}.")


def _read_items(
    source: Source, items: list[object], matches: Callable[[object], bool], read: _Reader, now: float
) -> Imported:
    chats: dict[str, Chat] = {}
    unreadable: list[str] = []
    left_out = LeftOut()
    for number, item in enumerate(items, 1):
        named = one_line(string(mapping(item).get("title")), 60)
        where = f"Chat {number} ({named})" if named else f"Chat {number}"
        if not matches(item):
            unreadable.append(f"{where}: it has no messages in the form of an export of {source}.")
            continue
        try:
            chat = read(mapping(item), now, left_out)
        except ValueError as error:
            unreadable.append(f"{where}: {error}.")
            continue
        if chat.id in chats:
            unreadable.append(f"{where}: another chat in the file has the same id.")
        chats.setdefault(chat.id, chat)
    return Imported(source, tuple(chats.values()), (), tuple(unreadable), left_out.items())
