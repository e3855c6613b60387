"""The conversations behind the chat screen: what is stored, what is being answered, and what waits to be sent."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from llamachat.config import sampling
from llamachat.fleet import Turn
from llamachat.fleet.recording import record
from llamachat.protocol import ChatMessage, PromptMessage
from llamachat.store import Category, StoredMessage, group
from llamachat.tui.answers import LiveAnswer, advance
from llamachat.tui.services import Services

MAX_LISTED: Final = 500
"""Conversations in the history list."""
