"""How files stand in a question: framed and named, so that a model can tell them from what the person wrote. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llamachat.base.text import one_line


@dataclass(frozen=True, slots=True)
class FileText:
    """A file's name, and its text; None when this computer has only the name."""

    name: str
    text: str | None


def question_text(content: str, files: Sequence[FileText]) -> str:
    """What a node is sent for a message: what was written, then each file in a frame.

    A frame is a fence of backquotes longer than any in the file, so that no file can end its own frame. The same
    message with the same files gives the same text, which is what lets a node reuse what it has read before.
    """
    return "\n\n".join([*([content] if content else []), *map(framed, files)])


def framed(file: FileText) -> str:
    """One file in its frame."""
    name = one_line(file.name)
    if file.text is None:
        return f"File: {name}\n(Its text is not on this computer.)"
    longest = max((len(run) for run in re.findall("`+", file.text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "" if file.text.endswith("\n") or not file.text else "\n"
    return f"File: {name}\n{fence}\n{file.text}{end}{fence}"
