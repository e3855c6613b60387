"""`llamachat chats rename`, `pin`, `move`, `restore`, `purge`: keeping the conversations in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import click

from llamachat.cli.chats_store import opened_store
from llamachat.cli.invocation import Invocation, UsageProblem, place_options
from llamachat.cli.listing import chat_line, count

if TYPE_CHECKING:
    from llamachat.store import ChatSummary, Store

_SECONDS_A_DAY: Final = 24 * 3600


@click.command()
@click.argument("chat_id", metavar="ID")
@click.argument("title")
@place_options
@click.pass_obj
def rename(invocation: Invocation, chat_id: str, title: str) -> None:
    """Give a chat another title. The beginning of its id is enough."""
    from llamachat.store import given_name

    name = given_name(title)
    if not name:
        raise UsageProblem("A title needs at least one character that can be seen.")
    _change(invocation, [chat_id], lambda store, chat: store.rename(chat.id, name))


@click.command()
@click.argument("wanted", metavar="ID...", nargs=-1, required=True)
@place_options
@click.pass_obj
def pin(invocation: Invocation, wanted: tuple[str, ...]) -> None:
    """Put chats at the top of the list. The beginning of an id is enough."""
    _change(invocation, wanted, lambda store, chat: store.set_pinned(chat.id, True))


@click.command()
@click.argument("wanted", metavar="ID...", nargs=-1, required=True)
@place_options
@click.pass_obj
def unpin(invocation: Invocation, wanted: tuple[str, ...]) -> None:
    """Let pinned chats go. The beginning of an id is enough."""
    _change(invocation, wanted, lambda store, chat: store.set_pinned(chat.id, False))


@click.command()
@click.argument("words", metavar="ID... FOLDER", nargs=-1, required=True)
@click.option("--out", is_flag=True, help="Out of their folders; then there is no FOLDER.")
@place_options
@click.pass_obj
def move(invocation: Invocation, words: tuple[str, ...], out: bool) -> None:
    """Put chats into a folder. The folder Archived is for what is put away; any other name makes a folder."""
    from llamachat.store import given_name

    wanted, folder = (words, None) if out else (words[:-1], given_name(words[-1]))
    if not out and not (wanted and folder):
        raise UsageProblem("Give the id of a chat and a folder, or ids and --out to take them out of theirs.")
    _change(invocation, wanted, lambda store, chat: store.set_folder(chat.id, folder))


@click.command()
@click.argument("wanted", metavar="ID...", nargs=-1, required=True)
@place_options
@click.pass_obj
def restore(invocation: Invocation, wanted: tuple[str, ...]) -> None:
    """Bring deleted chats back. `llamachat chats list --deleted` shows them."""
    with opened_store(invocation) as store:
        found = _deleted(store, wanted)
        with store.transaction():
            for chat in found:
                store.restore_chat(chat.id)
        for chat in found:
            click.echo(chat_line(chat), err=True)
    click.echo(f"Restored {len(found)}.", err=True)


@click.command()
@click.argument("wanted", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All deleted chats, and all single messages that were deleted.")
@click.option(
    "--days", type=click.FloatRange(0), metavar="N", help="With --all: only what was deleted at least N days ago."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@place_options
@click.pass_obj
def purge(invocation: Invocation, wanted: tuple[str, ...], every: bool, days: float | None, yes: bool) -> None:
    """Forget deleted chats for good, with the files that only they had. Nothing brings them back on this computer."""
    if every == bool(wanted):
        raise UsageProblem("Name the deleted chats to purge by their ids, or all of them with --all.")
    if days is not None and not every:
        raise UsageProblem("--days goes with --all.")
    with opened_store(invocation) as store:
        before = time.time() - (days or 0) * _SECONDS_A_DAY
        deleted = store.list_chats(shown="deleted")
        found = [chat for chat in deleted if (chat.deleted_at or 0) < before] if every else _deleted(store, wanted)
        for chat in found:
            click.echo(chat_line(chat), err=True)
        if not yes:
            what = count(len(found), "chat") + (" and every single message deleted until then" if every else "")
            click.confirm(f"Forget {what} for good?", abort=True, err=True)
        with store.transaction():
            messages = 0
            if every:
                messages = store.purge_deleted(before) - len(found)
            else:
                for chat in found:
                    store.purge_chat(chat.id)
            files = store.purge_attachments(time.time())
        store.compact()
    gone = [count(len(found), "chat")]
    gone += [count(messages, "deleted message")] if messages > 0 else []
    gone += [count(files, "attached file")] if files else []
    click.echo(f"Purged {', '.join(gone)}.", err=True)


def _change(invocation: Invocation, wanted: Sequence[str], change: Callable[[Store, ChatSummary], None]) -> None:
    """Does it to all of these chats or, when one cannot be found, to none; prints them as they are then."""
    from llamachat.cli import chat_ids

    with opened_store(invocation) as store:
        every = store.list_chats()
        found = list(dict.fromkeys(chat_ids.find(each, every) for each in wanted))
        with store.transaction():
            for chat in found:
                change(store, chat)
        for chat in found:
            click.echo(chat_line(store.summary(chat.id)), err=True)


def _deleted(store: Store, wanted: Sequence[str]) -> list[ChatSummary]:
    """The deleted chats with these ids, each once."""
    from llamachat.cli import chat_ids

    every = store.list_chats(shown="deleted")
    shown = "llamachat chats list --deleted"
    return list(dict.fromkeys(chat_ids.find(each, every, what="deleted chat", listed_by=shown) for each in wanted))
