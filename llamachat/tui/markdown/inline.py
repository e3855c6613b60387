"""Inline Markdown (emphasis, code, links) as styled text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from markdown_it.token import Token
from textual.content import Content

from llamachat.base.text import printable

_STYLES: Final = {"strong": "bold", "em": "italic", "s": "strike", "link": "underline"}
CODE_STYLE: Final = "bold $text-accent"


def inline_text(tokens: Iterable[Token]) -> Content:
    """The text of inline tokens. A link's address follows its words, since a terminal may not be able to click it."""
    parts: list[Content | str] = []
    open_styles: list[str] = []
    address = ""
    words = ""
    for token in tokens:
        kind, _, edge = token.type.rpartition("_")
        if edge == "open" and kind in _STYLES:
            open_styles.append(_STYLES[kind])
            if kind == "link":
                address, words = str(token.attrGet("href") or ""), ""
        elif edge == "close" and kind in _STYLES:
            open_styles.remove(_STYLES[kind])
            if kind == "link" and address and address != words:
                parts.append(Content.styled(f" ({printable(address)})", "$text-muted"))
        else:
            text = _plain(token)
            words += text
            style = CODE_STYLE if token.type == "code_inline" else ""
            parts.append(Content.styled(text, " ".join([*open_styles, style]).strip()))
    return Content("").join(parts)


def _plain(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n" if token.type == "hardbreak" else " "
    if token.type == "image":
        return printable(f"[image: {token.content or token.attrGet('src')}]")
    return printable(token.content)
