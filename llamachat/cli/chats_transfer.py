"""`llamachat chats export` and `import`: conversations in files."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from llamachat.base.files import write_atomically
from llamachat.base.text import one_line, printable
from llamachat.cli.chats_store import opened_store
from llamachat.cli.invocation import EXIT_FAILED, CommandError, Invocation, UsageProblem, place_options
from llamachat.cli.listing import count, title_text

if TYPE_CHECKING:
    from llamachat.store import Imported, ImportedChat, Store

_STANDARD_OUTPUT: Final = "-"
_SUFFIXES: Final = {".md": "md", ".markdown": "md", ".json": "json"}
_MOST_LINES: Final = 20


@click.command()
@click.argument("wanted", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All chats; in JSON the deleted ones too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "json"]),
    help="md to read, json complete, to import again.  [default: by the ending of FILE]",
)
@click.option("-o", "--output", required=True, metavar="FILE", help="Where to; - is standard output.")
@click.option("--force", is_flag=True, help="Replace FILE.")
@place_options
@click.pass_obj
def export(
    invocation: Invocation, wanted: tuple[str, ...], every: bool, form: str | None, output: str, force: bool
) -> None:
    """Write chats to a file. The beginning of an id is enough."""
    if every == bool(wanted):
        raise UsageProblem("Name the chats to export by their ids, or all of them with --all.")
    form = form or _SUFFIXES.get(Path(output).suffix.lower())
    if form is None:
        raise UsageProblem("Say --format md (to read) or --format json (complete, to import again).")
    if output != _STANDARD_OUTPUT:
        _check_target(Path(output), invocation.places().history_file, force)
    with opened_store(invocation) as store:
        chosen = _chosen(store, wanted, form)
        text = _text(store, chosen, form)
    if output == _STANDARD_OUTPUT:
        click.echo(text.encode(), nl=False)
    else:
        try:
            write_atomically(Path(output), text)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror or error}.") from None
    click.echo(f"Exported {count(len(chosen), 'chat')}.", err=True)


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@place_options
@click.pass_obj
def import_(invocation: Invocation, file: Path) -> None:
    """Take over chats from a file: a JSON export of llamachat, conversations.json of ChatGPT, an export of Open WebUI.

    Importing a file again adds only what is new in it. Exit status 1 when any chat in it could not be imported.
    """
    from llamachat.store import StoreError, TransferError, TransferLimits, read_export

    limits = TransferLimits()
    try:
        with file.open("rb") as opened:
            found = read_export(opened.read(limits.file_bytes + 1), time.time(), limits)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror or error}.") from None
    except TransferError as error:
        raise CommandError(f"{file} cannot be imported. {error}") from None
    failed = list(found.unreadable)
    done: list[ImportedChat] = []
    with opened_store(invocation) as store:
        for number, attachment in enumerate(found.attachments, 1):
            try:
                store.put_attachment(attachment.content, attachment.text)
            except StoreError as error:
                if error.state != "too_large":
                    raise
                failed.append(f"Attached file {number}: {error}")
        for chat in found.chats:
            try:
                done.append(store.import_chat(chat))
            except StoreError as error:
                if error.state not in ("conflict", "invalid"):
                    raise
                failed.append(f"{title_text(chat.title)}: {error}")
    _report(found, done, failed)
    sys.exit(EXIT_FAILED if failed else 0)


def _check_target(target: Path, history: Path, force: bool) -> None:
    if target.is_dir():
        raise UsageProblem(f"{target} is a directory; name a file in it.")
    if not target.resolve().parent.is_dir():
        raise UsageProblem(f"There is no directory {target.parent}; make it, or choose another file.")
    if target.exists() and not target.is_file():
        raise UsageProblem(f"{target} is not a regular file; `-o -` writes to standard output.")
    resolved = target.resolve()
    if resolved.parent == history.resolve().parent and resolved.name.startswith(history.name):
        raise UsageProblem(f"{target} belongs to the history itself. Choose another file.")
    if target.exists() and not force:
        raise UsageProblem(f"{target} exists already; --force replaces it.")


def _chosen(store: Store, wanted: Sequence[str], form: str) -> list[str]:
    from llamachat.cli import chat_ids

    if wanted:
        live = store.list_chats()
        return list(dict.fromkeys(chat_ids.find(each, live).id for each in wanted))
    chosen = [chat.id for chat in store.list_chats(shown="all" if form == "json" else "live")]
    if not chosen:
        raise CommandError("There are no chats to export yet.")
    return chosen


def _text(store: Store, chosen: Sequence[str], form: str) -> str:
    from llamachat.store import TransferError, TransferLimits, attached, to_json, to_markdown

    transcripts = store.transcripts(chosen)
    if form == "md":
        return to_markdown(transcripts)
    limits = TransferLimits()
    chats = [transcript.chat for transcript in transcripts]
    try:
        named = attached(chats, limits)
        files = [file for each in named if (file := store.attachment(each.sha256)) is not None]
        text = to_json(chats, files, limits)
    except TransferError as error:
        raise CommandError(str(error)) from None
    if missing := len(named) - len(files):
        click.echo(f"Not on this computer, and so left out: {count(missing, 'attached file')}.", err=True)
    return text


def _report(found: Imported, done: Sequence[ImportedChat], failed: Sequence[str]) -> None:
    new = [each for each in done if each.is_new]
    grown = [each for each in done if each.changed and not each.is_new]
    same = len(done) - len(new) - len(grown)
    messages = sum(each.new_messages for each in done)
    click.echo(f"From {found.source}: imported {count(len(new), 'chat')}, {count(messages, 'new message')}.")
    if grown:
        click.echo(f"Brought up to date: {count(len(grown), 'chat')}.")
    if same:
        click.echo(f"Here already: {count(same, 'chat')}.")
    if kept := sum(each.stays_deleted for each in done):
        click.echo(f"Deleted here, and left so: {count(kept, 'chat')}.")
    if found.left_out:
        click.echo("Not taken over:")
        for kind, number in found.left_out:
            click.echo(f"  {number} × {printable(kind)}")
    if failed:
        click.echo(f"Could not be imported: {count(len(failed), 'chat or file', 'chats or files')}.", err=True)
        for line in failed[:_MOST_LINES]:
            click.echo(f"  {one_line(line, 300)}", err=True)
        if len(failed) > _MOST_LINES:
            click.echo(f"  … and {len(failed) - _MOST_LINES} more", err=True)
