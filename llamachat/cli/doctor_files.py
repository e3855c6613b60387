"""The settings file, the history and the log, as `llamachat doctor` looks at them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llamachat.base.problems import ConfigError, Problem
from llamachat.base.sizes import count_text, size_text
from llamachat.cli.doctor_findings import Finding, Level
from llamachat.cli.log_file import NAME
from llamachat.cli.screen_settings import wrong_for_the_screen
from llamachat.store import Store, StoreError

if TYPE_CHECKING:
    from llamachat.config.places import Places
    from llamachat.config.schema import Settings

SCARCE_BYTES: Final = 100_000_000
"""Less free space than this is worth knowing."""

_MOST_FINDINGS: Final = 10


def check_settings(places: Places, settings: Settings | ConfigError) -> list[Finding]:
    """What is wrong with the settings file, each with its line; `settings` is what came of reading it."""
    from llamachat.config.tokens import warnings

    file = places.config_file
    if isinstance(settings, ConfigError):
        return [_setting(problem) for problem in settings.problems]
    if wrong := wrong_for_the_screen(settings, places):
        return [_setting(problem, is_theme=problem.file != file) for problem in wrong]
    if not file.exists():
        return [_finding("settings", "ok", f"none written; the defaults hold, and a file would be {file}")]
    open_files = [_finding("settings", "problem", *_split(warning)) for warning in warnings(file, settings.nodes)]
    return open_files or [_finding("settings", "ok", f"{file} is all right")]


def check_history(places: Places) -> list[Finding]:
    """Whether the history can be used and is sound. Reads all of it. An older one is upgraded, as by any command that
    opens it, with a copy kept."""
    file = places.history_file
    if not file.exists():
        return [*_directory(places.data_dir), *_space(places.data_dir)]
    try:
        with Store.open(file) as store:
            wrong = store.integrity_check()
            chats = len(store.list_chats())
            writable = store.writable
    except StoreError as error:
        return [_finding("history", "problem", str(error))]
    findings = [_finding("history", "problem", f"{file}: {line}", _mend(line)) for line in wrong[:_MOST_FINDINGS]]
    if not writable:
        text = f"{file} can only be read; nothing new is kept"
        findings.append(_finding("history", "problem", text, f"chmod u+w {file} {file.parent}"))
    if not findings:
        counted = f"{count_text(chats)} {'conversation' if chats == 1 else 'conversations'}"
        findings = [_finding("history", "ok", f"{counted}, {size_text(file.stat().st_size)} in {file}; sound")]
    return [*findings, *_space(places.data_dir)]


def check_log(places: Places) -> list[Finding]:
    """Where to read what went wrong in earlier runs."""
    file = places.state_dir / NAME
    try:
        size = file.stat().st_size
    except FileNotFoundError:
        return [_finding("log", "ok", f"nothing was written to {file} yet")]
    except OSError as error:
        return [_finding("log", "note", f"{file} cannot be looked at: {error.strerror}")]
    return [_finding("log", "ok", f"warnings and errors of earlier runs are in {file} ({size_text(size)})")]


def _finding(name: str, level: Level, text: str, change: str | None = None) -> Finding:
    return Finding("files", name, level, text, change)


def _setting(problem: Problem, *, is_theme: bool = False) -> Finding:
    place = "" if problem.file is None else f"{problem.file}:{problem.line or 1}"
    text = f"{problem.key}: found {problem.found}; allowed: {problem.allowed}"
    change = place if is_theme else f"{place}, or `llamachat config edit`"
    return _finding("settings", "problem", text, change if place else None)


def _split(warning: str) -> tuple[str, str | None]:
    """A warning of the form "what is wrong; run: what to run"."""
    text, found, command = warning.partition("; run: ")
    return text, command if found else None


def _mend(line: str) -> str:
    if "rebuild the index" in line:
        return "llamachat chats export --all -o chats.json, then import that into a fresh --data-dir"
    return "put back a copy of the file; those made before upgrades lie beside it, ending in .backup"


def _directory(directory: Path) -> Iterator[Finding]:
    """Whether the history can be made where there is none."""
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK, effective_ids=True):
        text = f"{directory} cannot be made: {existing} is not a directory that you may write to"
        yield _finding("history", "problem", text, "--data-dir DIRECTORY, or LLAMACHAT_DATA_DIR")
    else:
        yield _finding("history", "ok", f"none yet; the first question makes it in {directory}")


def _space(directory: Path) -> Iterable[Finding]:
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < SCARCE_BYTES:
        yield _finding("space", "problem", f"{size_text(free)} are free on the disk of {directory}", "free some space")
    else:
        yield _finding("space", "ok", f"{size_text(free)} are free on the disk of {directory}")
