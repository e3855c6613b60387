"""How far the history and one archive are in step, to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SyncPhase = Literal["waiting", "syncing", "idle", "refused"]
"""`waiting`: no connection; `idle`: in step; `refused`: not before `retry_at`, for the `reason`."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """One archive at one moment.

    Attributes:
        node: the node that keeps it, as configured.
        phase: what is being done.
        done, total: of the changes that are being pushed.
        pushed, pulled: chats so far on this connection: sent and taken, and changed here by what came.
        news: how many times something that came has changed a chat here.
        left_out: chats that the archive, or this computer, did not take.
        reason: the sentence with which something was refused; text of a peer, made safe to print.
        retry_at: when it is tried again, seconds since the epoch.
    """

    node: str
    phase: SyncPhase = "waiting"
    done: int = 0
    total: int = 0
    pushed: int = 0
    pulled: int = 0
    news: int = 0
    left_out: int = 0
    reason: str = ""
    retry_at: float | None = None


def describe(state: SyncState) -> str:
    """The state in words."""
    match state.phase:
        case "waiting":
            return state.reason or "not connected"
        case "syncing":
            return f"syncing {state.done} of {state.total}" if state.total else "syncing"
        case "refused":
            return f"refused: {state.reason}"
        case "idle" if state.left_out:
            chats = "1 chat" if state.left_out == 1 else f"{state.left_out} chats"
            return f"in step but for {chats}: {state.reason}"
        case "idle":
            return "in step"
