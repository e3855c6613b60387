"""Text as it is written into a settings file."""

from __future__ import annotations

import tomllib

import tomlkit
from tomlkit.items import Item, String, StringType, Trivia


def text_item(text: str) -> Item:
    """Text as a value of TOML: what has several lines on several, where TOML can hold it so."""
    if "\n" in text:
        quoted = tomlkit.string(text, multiline=True).as_string()[3:-3]
        body = quoted if quoted.startswith("\n") else f"\n{quoted}"
        if tomllib.loads(f'text = """{body}"""')["text"] == text:
            return String(StringType.MLB, text, body, Trivia())
    return tomlkit.item(text)
