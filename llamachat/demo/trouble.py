"""Why there is no demo."""

from __future__ import annotations


class DemoError(Exception):
    """The demo cannot run; the text says why, and what to do where something can be done."""
