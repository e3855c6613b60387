"""The bytes of a file that a person named: only an ordinary file, and never more of it than a limit."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from llamachat.base.sizes import size_text
from llamachat.base.text import one_line
from llamachat.documents.document import DocumentError

MAX_NAME_CHARACTERS: Final = 200
_PIECE_BYTES: Final = 1 << 20

_OTHER_THINGS: Final = (
    (stat.S_ISDIR, "is a directory. Attach the files in it that matter"),
    (stat.S_ISFIFO, "is a pipe. Write what comes out of it to a file, and attach that"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
    (stat.S_ISCHR, "is a device, not a file"),
)


def safe_name(path: Path) -> str:
    """What a file is called on the screen and in the question."""
    return one_line(path.name or str(path), MAX_NAME_CHARACTERS)


def read_bytes(path: Path, limit: int) -> bytes:
    """All of the file at `path`, symbolic links followed. Blocks as long as the disk does, but never on a pipe or a
    device, which are not even opened.

    Raises:
        DocumentError: it is no ordinary file, cannot be read, is empty, or has more than `limit` bytes.
    """
    name = safe_name(path)
    try:
        _refuse_other_things(name, path.stat().st_mode)
        # Whoever may write to the directory can put something else there meanwhile: it is looked at again when open.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        link = " (it is a link that leads nowhere)" if path.is_symlink() else ""
        raise DocumentError(f"There is no file {one_line(str(path), MAX_NAME_CHARACTERS)}{link}.") from None
    except (OSError, ValueError) as error:  # ValueError: the path has a NUL in it
        raise _unreadable(path, error) from error
    try:
        with open(descriptor, "rb", buffering=0) as file:
            _refuse_other_things(name, os.fstat(descriptor).st_mode)
            pieces = []
            size = 0
            while size <= limit and (piece := file.read(min(_PIECE_BYTES, limit + 1 - size))):
                pieces.append(piece)
                size += len(piece)
            whole = max(size, os.fstat(descriptor).st_size)
    except OSError as error:
        raise _unreadable(path, error) from error
    if size > limit:
        raise DocumentError(
            f"{name} has {size_text(whole)}; files of at most {size_text(limit)} are read. Attach a part of it, or "
            "raise max_file_bytes under [attachments] in the settings."
        )
    if not size:
        raise DocumentError(f"{name} is empty.")
    return b"".join(pieces)


def _refuse_other_things(name: str, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    what = next((words for matches, words in _OTHER_THINGS if matches(mode)), "is not an ordinary file")
    raise DocumentError(f"{name} {what}.")


def _unreadable(path: Path, error: OSError | ValueError) -> DocumentError:
    reason = (error.strerror if isinstance(error, OSError) else None) or "its name cannot be one"
    if isinstance(error, PermissionError):
        reason = "you may not read it"
    return DocumentError(f"{one_line(str(path), MAX_NAME_CHARACTERS)} cannot be read: {one_line(reason)}.")
