"""What a model's files tell without loading them: whether they can be a model at all, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from llamachat.base.text import one_line
from llamachat_daemon.engine.fingerprint import read_model
from llamachat_daemon.engine.gguf_header import BrokenFile, Header


class ModelFileError(Exception):
    """The file is not a model that can be loaded; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """`size` is bytes of all its files; `context` the tokens that it was trained for, None where it does not tell."""

    architecture: str
    size: int
    context: int | None
    header: Header


def summarise(path: Path) -> ModelSummary:
    """The summary of the model in `path` (of one split over several files, the first).

    Raises:
        ModelFileError: a file is missing, unreadable, damaged or something else.
    """
    try:
        headers = [header for _, header in read_model(path)]
    except BrokenFile as error:
        raise ModelFileError(f"The model file {path} {error}.") from error
    first = headers[0]
    return ModelSummary(
        architecture=one_line(first.architecture) or "unknown",
        size=sum(header.file_size for header in headers),
        context=first.number(f"{first.architecture}.context_length"),
        header=first,
    )
