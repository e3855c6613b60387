"""What the chat screen does with a message."""

from __future__ import annotations

from typing import Final

from textual.screen import Screen

from llamachat.tui.choices import Choice
from llamachat.tui.conversations import Conversations
from llamachat.tui.keymap import first_key, with_keys
from llamachat.tui.message_menu import COPY_CODE, MessageFacts, answerers, can_go_on, extension, menu
from llamachat.tui.screens.chat_open import OpenChat
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.screens.editing import EditScreen
from llamachat.tui.screens.saving import SaveScreen
from llamachat.tui.services import Services
from llamachat.tui.undoing import UndoList
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.message_view import MessageView

_RUNNING: Final = "An answer is coming in this conversation. {chat.stop} stops it, then try again."
_EDIT_NOTE: Final = (
    "{composer.send} asks it as another branch; what was there stays beside it. Esc leaves it. "
    "{composer.newline} begins a new line."
)


class MessageDesk:
    """Between the messages on the screen and the conversations. Methods raise `StoreError`."""

    def __init__(
        self,
        screen: Screen[None],
        services: Services,
        conversations: Conversations,
        chat: OpenChat,
        undo: UndoList,
    ) -> None:
        self._screen = screen
        self._services = services
        self._conversations = conversations
        self._chat = chat
        self._undo = undo

    async def do(self, wish: str, view: MessageView) -> None:
        """What the user wishes for that message; `wish` is one of the menu's choices."""
        chat_id = self._chat.chat_id
        if chat_id is None:
            return
        if wish.startswith(COPY_CODE):
            view.action_copy_code(int(wish.removeprefix(COPY_CODE)))
        elif wish in ("copy", "raw"):
            view.action_message("copy" if wish == "copy" else "raw")
        elif wish == "menu":
            own = self._services.settings.keys
            chosen = await self._choose(
                "Your message" if view.role == "user" else "Answer", menu(self._facts(view), own)
            )
            if chosen is not None:
                await self.do(chosen, view)
        elif wish == "quote":
            self._quote(view)
        elif wish == "save":
            await self._save(view)
        elif self._conversations.live(chat_id) is not None and not self._may_be_deleted(wish, view):
            self._tell(_RUNNING)
        else:
            await self._change(wish, view, chat_id)

    def _may_be_deleted(self, wish: str, view: MessageView) -> bool:
        return wish == "delete" and not self._chat.is_last(view.message_id)

    async def _change(self, wish: str, view: MessageView, chat_id: str) -> None:
        match wish:
            case "edit" if view.role == "user":
                await self._edit(view, chat_id)
            case "again":
                await self._answer_again(view, chat_id, "any")
            case "again_with":
                choices = answerers(self._services.fleet.snapshots())
                chosen = await self._choose("Answer again", choices)
                if chosen is not None:
                    await self._answer_again(view, chat_id, chosen)
            case "go_on":
                await self._go_on(view, chat_id)
            case "before" | "after":
                await self._switch(view, -1 if wish == "before" else 1)
            case "delete":
                await self._delete(view)
            case _:
                self._tell("An answer is not edited; edit your question to ask it in other words.")

    async def _edit(self, view: MessageView, chat_id: str) -> None:
        settings = self._services.settings
        note = with_keys(_EDIT_NOTE, settings.keys)
        text = await self._screen.app.push_screen_wait(
            EditScreen("Ask this instead", note, view.text, blink=settings.look.motion)
        )
        if text is None:
            return
        question = await self._conversations.ask_instead(chat_id, view.message_id, text)
        await self._begun(question is not None)

    async def _answer_again(self, view: MessageView, chat_id: str, by: str) -> None:
        kind, _, name = by.partition(":")
        question_id = await self._conversations.stored.question_of(view.message_id)
        if question_id is None:
            self._tell("The question to this answer is gone; there is nothing to answer again.")
            return
        begun = await self._conversations.answer_again(
            chat_id,
            question_id,
            node=name if kind == "node" else None,
            model=name if kind == "model" else None,
        )
        await self._begun(begun)

    async def _go_on(self, view: MessageView, chat_id: str) -> None:
        if not can_go_on(self._facts(view)):
            self._tell("Only the last answer can be gone on with, when it ended early.")
        elif not await self._conversations.go_on(chat_id, view.message_id):
            self._tell(_RUNNING)

    async def _begun(self, begun: bool) -> None:
        if begun:
            await self._chat.reload()
            self._screen.query_one(Composer).focus()
        else:
            self._tell(_RUNNING)

    async def _switch(self, view: MessageView, by: int) -> None:
        chosen = await self._conversations.stored.switch_branch(view.message_id, by)
        if chosen is None:
            self._tell("There is no other branch on that side.")
        else:
            await self._chat.reload(at=chosen)

    async def _delete(self, view: MessageView) -> None:
        message_id = view.message_id
        neighbour = self._chat.neighbour(message_id)
        await self._conversations.stored.delete(message_id)
        self._undo.add("The message is back.", lambda: self._restore(message_id))
        await self._chat.reload(at=neighbour)
        if neighbour is None:
            self._screen.query_one(Composer).focus()
        undo = first_key("chat.undo", self._services.settings.keys) if neighbour else "Undo among the commands"
        self._tell(f"Deleted. {undo} brings it back.")

    async def _restore(self, message_id: str) -> None:
        await self._conversations.stored.restore(message_id)
        await self._chat.reload(at=message_id)

    async def _save(self, view: MessageView) -> None:
        blocks, languages = view.code_blocks, view.code_languages
        if not blocks:
            self._tell("There is no code block in this message.")
            return
        number = 1
        if len(blocks) > 1:
            choices = [
                Choice(str(n), f"Code block {n}", str(n) if n < 10 else "", language or "")
                for n, language in enumerate(languages, 1)
            ]
            chosen = await self._choose("Which code block?", choices)
            if chosen is None:
                return
            number = int(chosen)
        suggestion = f"code-{number}.{extension(languages[number - 1])}"
        saved = await self._screen.app.push_screen_wait(
            SaveScreen(f"code block {number}", blocks[number - 1], suggestion)
        )
        if saved is not None:
            self._tell(f"Saved as {saved}.")

    def _quote(self, view: MessageView) -> None:
        composer = self._screen.query_one(Composer)
        quoted = "\n".join(f"> {line}" if line else ">" for line in view.text.strip("\n").split("\n"))
        before = f"{composer.message.rstrip()}\n\n" if composer.message.strip() else ""
        composer.load_text(f"{before}{quoted}\n\n")
        composer.move_cursor(composer.document.end)
        composer.focus()

    def _facts(self, view: MessageView) -> MessageFacts:
        chat_id = self._chat.chat_id or ""
        return MessageFacts(
            view.role,
            view.text,
            len(view.code_blocks),
            view.branch,
            view.finish_reason,
            self._chat.is_last(view.message_id),
            self._conversations.live(chat_id) is not None,
        )

    async def _choose(self, title: str, choices: tuple[Choice, ...] | list[Choice]) -> str | None:
        return await self._screen.app.push_screen_wait(ChoiceScreen(title, choices))

    def _tell(self, text: str) -> None:
        self._screen.notify(with_keys(text, self._services.settings.keys), markup=False)
