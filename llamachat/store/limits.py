"""The limits of the store, with their defaults; whoever opens a store may give others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """Every bound that the store keeps."""

    busy_timeout_s: float = 10.0
    """How long a write waits for another llamachat on the same file, in seconds."""
    claim_timeout_s: float = 30.0
    """Seconds without a heartbeat after which a claim on a turn in the outbox may be taken over."""
    attachment_bytes: int = 64 * 1024 * 1024
    """Largest attachment that is stored, in bytes."""
    query_characters: int = 1_000
    """Longest search, in code points."""
    query_terms: int = 32
    """Most words and phrases in one search."""
    ranked_matches: int = 2_000
    """A search ranks this many matching messages, the latest stored first; it keeps very common words quick."""
    snippet_characters: int = 160
    """Longest snippet of a hit, in code points."""
    kept_estimates: int = 256
    """Times to a first token that are kept of each node, the newest ones."""
    kept_backups: int = 3
    """Copies from before upgrades that are kept, the newest ones."""


DEFAULT_LIMITS = StoreLimits()
