"""What a chat has of its own instead of what the settings file says: model, system prompt, sampling."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from llamachat.protocol import Chat, Params, ProtocolError
from llamachat.protocol.params import check
from llamachat.store.cleaning import storable
from llamachat.store.connection import Database, Part
from llamachat.store.errors import StoreError
from llamachat.store.rows import chat_row

SAMPLING_NAMES: Final = (
    "temperature", "top_k", "top_p", "min_p", "repeat_penalty", "presence_penalty", "frequency_penalty", "seed",
    "max_tokens", "stop",
)  # fmt: skip
"""The fields of the protocol's `params` that a chat may have its own values for."""

MAX_MODEL_CHARACTERS: Final = 256
MAX_PROMPT_CHARACTERS: Final = 100_000
"""In code points; as many as the settings file may have."""

SamplingValue = float | int | list[str] | None


class OwnSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The settings of one chat. What is None or left out is as in the settings file; only this machine knows of them.

    Attributes:
        model: its id at the nodes, or "auto" for each node's default.
        system_prompt: "" is none at all, whatever the settings file has.
        sampling: values by the names of the protocol's `params`; there, None means that it is not set.
    """

    model: Annotated[str, Meta(min_length=1, max_length=MAX_MODEL_CHARACTERS)] | None = None
    system_prompt: Annotated[str, Meta(max_length=MAX_PROMPT_CHARACTERS)] | None = None
    sampling: dict[str, SamplingValue] = {}


class StoredChat(Chat, frozen=True, kw_only=True):
    """A chat with settings of its own, which only this machine knows of."""

    settings: OwnSettings | None = None


def with_settings(chat: Chat, settings: OwnSettings) -> StoredChat:
    """The chat with settings of its own."""
    return StoredChat(**{name: getattr(chat, name) for name in Chat.__struct_fields__}, settings=settings)


def without_settings(chat: Chat) -> Chat:
    """The chat as it travels."""
    if type(chat) is Chat:
        return chat
    return Chat(**{name: getattr(chat, name) for name in Chat.__struct_fields__})


def checked(own: OwnSettings) -> OwnSettings:
    """The same in the form in which it is kept; names that this version does not know are left out.

    Raises:
        ValueError: a value is not allowed; with a sentence that names it.
    """
    known = {name: value for name, value in own.sampling.items() if name in SAMPLING_NAMES}
    try:
        params = msgspec.convert(known, Params)
        params = msgspec.structs.replace(params, stop=list(map(storable, params.stop)))
        check(params)
        return msgspec.convert(
            {
                "model": None if own.model is None else storable(own.model),
                "system_prompt": None if own.system_prompt is None else storable(own.system_prompt),
                "sampling": {name: getattr(params, name) for name in SAMPLING_NAMES if name in known},
            },
            OwnSettings,
        )
    except (msgspec.ValidationError, ProtocolError) as error:
        raise ValueError(f"The settings of the chat cannot be so: {error}") from None


class OwnChatSettings(Part):
    """Methods of the store about the settings of single chats. Each raises `StoreError` `missing` without the chat."""

    def own_settings(self, chat_id: str) -> OwnSettings:
        """What the chat has of its own."""
        return find_own_settings(self._db, chat_row(self._db, chat_id)) or OwnSettings()

    def set_own_settings(self, chat_id: str, own: OwnSettings) -> None:
        """Gives the chat these, in the place of all it had.

        Raises:
            StoreError: `invalid`, when a value is not allowed; nothing is changed then.
        """
        with self._db.write(durable=True):
            put_own_settings(self._db, chat_row(self._db, chat_id), own)


def find_own_settings(database: Database, chat: int) -> OwnSettings | None:
    """Those of the chat in that row; None when it never had any."""
    row = database.one("SELECT settings FROM own_settings WHERE chat = ?", chat)
    return None if row is None else msgspec.json.decode(row[0], type=OwnSettings)


def put_own_settings(database: Database, chat: int, own: OwnSettings) -> None:
    """Keeps them for the chat in that row; with none, that there were some once.

    Raises:
        StoreError: `invalid`, when a value is not allowed.
    """
    try:
        own = checked(own)
    except ValueError as error:
        raise StoreError("invalid", str(error)) from None
    database.run("INSERT OR REPLACE INTO own_settings VALUES (?, ?)", chat, msgspec.json.encode(own).decode())
