"""The limits of reading files, with their defaults; those that a person may want to change are in the settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """Every bound on what a file may cost and bring."""

    file_bytes: int = 20_000_000
    """Largest file that is read, in bytes. A file is held in memory as a whole, and kept with its message."""
    text_bytes: int = 1_000_000
    """Most text that is read out of one file, in bytes of UTF-8; what follows can only be left out."""
    question_text_bytes: int = 2_000_000
    """Most text of all files of one question, in bytes of UTF-8. It travels with the whole conversation in one frame of
    the protocol, which ends at 4 MiB."""
    files: int = 16
    """Most files of one question."""
    seconds: float = 30.0
    """How long reading one file may take, in seconds."""
    memory_bytes: int = 1_000_000_000
    """Most memory (address space) of the process that reads a PDF, in bytes."""
    context_share: float = 0.75
    """Most of a model's context that the files of one question are to fill. The rest is for the question, the
    conversation before it and the answer, and for an estimate that was too low."""
    pasted_characters: int = 16_384
    """A longer paste is not looked at for paths."""
    pasted_paths: int = 32
    """Nor one with more paths, since each is looked up on the disk."""


DEFAULT_LIMITS = DocumentLimits()
