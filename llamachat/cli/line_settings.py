"""The settings of single chats in the line mode. What is to be said comes back as sentences."""

from __future__ import annotations

from llamachat.base.text import one_line, sentence
from llamachat.config.holding import holding, named_prompt
from llamachat.config.schema import AUTO_MODEL, ChatSettings, Settings
from llamachat.fleet import Fleet
from llamachat.store import OwnSettings, StoreThread
from llamachat.store.own_settings import SAMPLING_NAMES
from llamachat.tui.chat_draft import MODEL, NAMES, PROMPT, ChatDraft
from llamachat.tui.chat_words import model_trouble, prompt_name, title, value_text

SHOWN_CHARACTERS = 200
"""How much of a system prompt is read out."""

_DEFAULT = "default"
_NONE = "none"


class LineSettings:
    """Changes what a chat has of its own; `chat_id` None is the chat that begins with the next question."""

    def __init__(self, settings: Settings, store: StoreThread, fleet: Fleet) -> None:
        self._settings = settings
        self._store = store
        self._fleet = fleet
        self._new = OwnSettings()

    async def own(self, chat_id: str | None) -> OwnSettings:
        """What the chat has of its own."""
        if chat_id is None:
            return self._new
        return await self._store.read(lambda store: store.own_settings(chat_id))

    async def held(self, chat_id: str | None) -> ChatSettings:
        """What holds for the chat."""
        return holding(self._settings.chat, await self.own(chat_id))

    async def begin(self) -> str:
        """Begins the new chat with what was set for it; returns its id."""
        new, self._new = self._new, OwnSettings()
        return await self._store.run(lambda store: store.create_chat(settings=new))

    def forget(self) -> None:
        """Another new chat is to begin, with nothing of its own."""
        self._new = OwnSettings()

    async def listed(self, chat_id: str | None) -> list[str]:
        """All that holds for the chat, and what of it is its own."""
        own, held = await self.own(chat_id), await self.held(chat_id)

        def line(name: str, value: str, is_own: bool) -> str:
            return f"{title(name)}: {value}{', for this chat' if is_own else ''}"

        model = held.model if held.model != AUTO_MODEL else "each node's default"
        if trouble := model_trouble(held.model if held.model != AUTO_MODEL else None, self._fleet.snapshots()):
            model = f"{model} ({trouble})"
        said = [line(MODEL, model, own.model is not None)]
        said.append(line(PROMPT, self._prompt_text(held.system_prompt), own.system_prompt is not None))
        values = {name: value_text(getattr(held.sampling, name)) for name in SAMPLING_NAMES}
        said += [line(name, value, name in own.sampling) for name, value in values.items()]
        known = ", ".join(one_line(name, 64) for name in self._settings.prompts)
        return [*said, f"Prompts in your library: {known or 'none'}."]

    async def system(self, argument: str, chat_id: str | None) -> list[str]:
        """`/system Code review` takes a prompt of the library, other words are the prompt themselves; `none` is no
        prompt, `default` that of the settings file; nothing says which one holds."""
        draft = ChatDraft(self._settings.chat, await self.own(chat_id))
        if argument:
            word = argument.casefold()
            text = "" if word == _NONE else named_prompt(self._settings.prompts, argument)
            if word == _DEFAULT:
                draft.reset(PROMPT)
            else:
                draft.write(PROMPT, argument if text is None else text)
            if reason := draft.reason(PROMPT):
                return [reason]
            await self._keep(draft.own, chat_id)
        return [f"The system prompt of this chat: {self._prompt_text(str(draft.value(PROMPT)))}"]

    async def set(self, argument: str, chat_id: str | None) -> list[str]:
        """`/set temperature 0.2` is for this chat; `/set temperature default` as in the settings file again."""
        name, _, text = argument.partition(" ")
        name, text = name.lower().replace("-", "_"), text.strip()
        if not argument:
            return await self.listed(chat_id)
        if name == PROMPT:
            return await self.system(text, chat_id)
        if name not in NAMES or not text:
            return [f"/set wants one of {', '.join(NAMES)}, and its value: /set temperature 0.2"]
        draft = ChatDraft(self._settings.chat, await self.own(chat_id))
        if text.casefold() == _DEFAULT:
            draft.reset(name)
        else:
            draft.write(name, "" if text.casefold() == _NONE and name != MODEL else text)
        if reason := draft.reason(name):
            return [f"{title(name)} cannot be {one_line(text, 40)}. {reason}"]
        await self._keep(draft.own, chat_id)
        value = draft.value(name)
        if name != MODEL:
            return [f"The {title(name)} of this chat: {value_text(value)}."]  # type: ignore[arg-type]
        trouble = model_trouble(None if value == AUTO_MODEL else str(value), self._fleet.snapshots())
        shown = "each node's default" if value == AUTO_MODEL else one_line(str(value), 64)
        return [f"The model of this chat: {shown}{f'; {trouble} now' if trouble else ''}."]

    async def _keep(self, own: OwnSettings, chat_id: str | None) -> None:
        if chat_id is None:
            self._new = own
        else:
            await self._store.run(lambda store: store.set_own_settings(chat_id, own))

    def _prompt_text(self, text: str) -> str:
        if not text:
            return "none."
        name = prompt_name(text, self._settings.prompts)
        words = one_line(text, SHOWN_CHARACTERS)
        return sentence(f"{one_line(name, 64)}: {words}" if name else words)
