"""A history with one long conversation, for what it costs to have it on the screen."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Final

from benchmarks.store import Writer
from llamachat.protocol import ChatMessage, Seam
from llamachat.store import Store

FILE: Final = "history.db"
TITLE: Final = "The long conversation"


def fill(directory: Path, messages: int) -> None:
    """Writes a history with a conversation of so many messages; a tenth of the answers have code, some a list."""
    writer, draw, now = Writer(seed=3), random.Random(4), time.time()
    directory.mkdir(parents=True, exist_ok=True)
    with Store.open(directory / FILE) as store, store.transaction():
        chat = store.create_chat(TITLE)
        parent: str | None = None
        for index in range(messages):
            is_user = index % 2 == 0
            text = writer.text(int(draw.lognormvariate(4.5 if is_user else 6.5, 0.7)))
            if not is_user and draw.random() < 0.1:
                text += "\n\n" + "\n".join(f"- **{writer.word()}** {writer.sentence()}" for _ in range(8))
            message = ChatMessage(
                id=f"m{index}",
                parent_id=parent,
                role="user" if is_user else "assistant",
                content=text,
                created_at=now - 60 * (messages - index),
                model=None if is_user else "llama3-8b",
                seams=[] if is_user else [Seam("llama-01", 0)],
                finish_reason=None if is_user else "stop",
            )
            store.add_message(message, chat)
            parent = message.id
