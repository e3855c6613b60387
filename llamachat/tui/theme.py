"""The colours of the program as Textual themes."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DEFAULT_THEME: Final = "llamachat"

THEMES: Final = (
    Theme(
        name="llamachat",
        primary="#667eea",
        secondary="#764ba2",
        success="#48bb78",
        warning="#ed8936",
        error="#e53e3e",
        accent="#a3bffa",
        foreground="#e2e8f0",
        background="#14161f",
        surface="#1a1d29",
        panel="#232738",
        dark=True,
    ),
    Theme(
        name="llamachat-light",
        primary="#4c51bf",
        secondary="#6b46c1",
        success="#276749",
        warning="#9c4221",
        error="#c53030",
        accent="#3c366b",
        foreground="#1a202c",
        background="#ffffff",
        surface="#f7fafc",
        panel="#edf2f7",
        dark=False,
    ),
    Theme(
        name="high-contrast",
        primary="#ffffff",
        secondary="#ffffff",
        success="#ffffff",
        warning="#ffff00",
        error="#ffffff",
        accent="#ffffff",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        dark=True,
        # Textual dims these two by itself, which is what somebody who needs contrast cannot read.
        variables={"text-muted": "#ffffff", "text-disabled": "#ffffff", "block-cursor-text-style": "reverse bold"},
    ),
)
