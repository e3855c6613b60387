"""What was acknowledged, and whether a history has it. Pure but for reading the history."""

from __future__ import annotations

from dataclasses import dataclass, field

from llamachat.store import Store

Deed = tuple[str, ...]
"""`message` id; `partial` id length; `title` chat number; `deleted` chat; `waiting` id; `pushed` ids."""


def text_of(message_id: str) -> str:
    """The whole text of a message; it can be told from the id."""
    return f"{message_id} and a sentence about llamas " * 20


def chat_of(message_id: str) -> str:
    """The chat of a message."""
    return message_id.partition("-")[0]


@dataclass
class Ledger:
    """What workers said: `begun` before a deed, `done` once it was acknowledged to them."""

    done: list[Deed] = field(default_factory=list)
    halfway: int = 0
    _open: bool = False

    def take(self, stage: str, deed: Deed) -> None:
        """One line of a worker."""
        self._open = stage == "begun"
        if stage == "done":
            self.done.append(deed)

    def killed(self) -> None:
        """The worker is gone; was it in the middle of something?"""
        self.halfway += self._open
        self._open = False

    def of(self, kind: str) -> list[Deed]:
        """The deeds of a kind."""
        return [deed for deed in self.done if deed[0] == kind]

    def missing(self, store: Store) -> list[str]:
        """What was acknowledged and is not in that history, a sentence each."""
        wrong = []
        chats = {chat.id: chat for chat in store.list_chats(shown="all")}
        there = {message.id: message.content for chat in chats for message in store.chat(chat).messages}
        wrong += [f"{id_} is not whole" for _, id_ in self.of("message") if there.get(id_) != text_of(id_)]
        wrong += [
            f"{id_} has less than {length} characters"
            for _, id_, length in self.of("partial")
            if len(there.get(id_, "")) < int(length)
        ]
        newest = {chat: int(number) for _, chat, number in self.of("title")}
        wrong += [
            f"the title of {chat} is older than {number}"
            for chat, number in newest.items()
            if chat not in chats or int(chats[chat].title or 0) < number
        ]
        gone = {chat.id for chat in chats.values() if chat.deleted_at is not None}
        wrong += [f"{chat} is not deleted" for _, chat in self.of("deleted") if chat not in gone]
        waiting = {item.user_message_id for item in store.outbox_list()}
        wrong += [f"{id_} does not wait" for _, id_ in self.of("waiting") if id_ not in waiting]
        if messages := self.of("message"):
            newest_id = messages[-1][1]
            if newest_id not in {hit.message_id for hit in store.search(f'"{newest_id}"')}:
                wrong.append(f"{newest_id} is not found")
        return wrong
