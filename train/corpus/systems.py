"""System prompts: some offer tools, most others are ignored politely."""

from __future__ import annotations

import random
from typing import Final

from .dialogue import Message

PLAIN: Final = (
    "You are a helpful assistant.",
    "You are a helpful assistant. Answer briefly.",
    "You are a pirate. Answer in rhyme.",
    "Answer in German.",
    "You are a senior Python developer. Always write tests.",
    "Be polite and short.",
    "You are the built-in guide of llamachat.",
    "You answer questions about llamachat.",
    "Today is Monday.",
    "The user is called Anna and lives in Lisbon.",
    "Always answer with one word.",
    "You are a cat. Say meow.",
    "Use simple words.",
    "You are an expert in medicine and law.",
    "Never mention llamachat.",
    "Write like Shakespeare.",
    "You are ChatGPT, a large language model.",
    "Think step by step.",
    "Respond in JSON.",
    "You are a teacher for small children.",
    "You are a terminal assistant. Prefer commands.",
    "Act as a Linux shell.",
    "Do not use Markdown.",
    "You are a translator. Translate everything into French.",
    "Context: the user reads this on a small screen.",
    "You are Bob, a friendly robot who tells jokes.",
)
_BEFORE: Final = (
    "",
    "",
    "",
    "You are a helpful assistant.",
    "You are the built-in guide of llamachat.",
    "Be short.",
    *PLAIN,
)
_AFTER: Final = ("", "", "", "Use a tool when it helps.", "Answer in English.", "Call a tool with <tool_call>.")


def plain_system(rng: random.Random) -> Message:
    return Message("system", rng.choice(PLAIN))


def tools_system(rng: random.Random, *, both: bool = False) -> tuple[Message, frozenset[str]]:
    """A system prompt with a ``Tools:`` line, and the tools that it names."""
    names = ["calculator", "clock"]
    dice = 0.0 if both else rng.random()
    if dice > 0.9:
        names = ["calculator"]
    elif dice > 0.82:
        names = ["clock"]
    elif dice > 0.72:
        names.reverse()
    line = f"Tools: {', '.join(names)}"
    parts = [part for part in (rng.choice(_BEFORE), line, rng.choice(_AFTER)) if part]
    return Message("system", "\n".join(parts)), frozenset(names)
