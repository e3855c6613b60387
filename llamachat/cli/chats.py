"""`llamachat chats`: the conversations kept on this computer."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from llamachat.base.text import one_line, printable
from llamachat.cli.chats_keeping import move, pin, purge, rename, restore, unpin
from llamachat.cli.chats_store import opened_store
from llamachat.cli.chats_sync import sync
from llamachat.cli.chats_transfer import export, import_
from llamachat.cli.invocation import Invocation, UsageProblem, place_options
from llamachat.cli.listing import attached_text, chat_line, time_text, title_text

if TYPE_CHECKING:
    from llamachat.store import ChatSummary, SearchHit


@click.group()
def chats() -> None:
    """The conversations kept on this computer."""


for command in (export, import_, sync, rename, pin, unpin, move, restore, purge):
    chats.add_command(command)


@chats.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("-n", "--limit", type=click.IntRange(1), metavar="N", help="At most the N newest.")
@click.option("--folder", metavar="NAME", help="Only those in this folder.")
@click.option("--archived", is_flag=True, help="Only those that were put away: the folder Archived.")
@click.option("--deleted", is_flag=True, help="Those that were deleted, instead, and can be restored.")
@place_options
@click.pass_obj
def list_(
    invocation: Invocation, as_json: bool, limit: int | None, folder: str | None, archived: bool, deleted: bool
) -> None:
    """List them, newest first."""
    from llamachat.store import ARCHIVED

    if archived and folder is not None:
        raise UsageProblem("--archived is the folder Archived: give it or --folder, not both.")
    wanted = ARCHIVED if archived else folder
    with opened_store(invocation) as store:
        found = store.list_chats(limit, shown="deleted" if deleted else "live", folder=wanted)
    if as_json:
        click.echo(json.dumps([_summary(chat) for chat in found], indent=2))
    elif not found and (deleted or wanted is not None):
        click.echo("There are no such chats.", err=True)
    elif not found:
        click.echo("No chats yet. `llamachat ask` and the chat screen make them.", err=True)
    else:
        for chat in found:
            click.echo(chat_line(chat))


@chats.command()
@click.argument("chat_id", metavar="ID")
@place_options
@click.pass_obj
def show(invocation: Invocation, chat_id: str) -> None:
    """Print one as text. The beginning of its id is enough."""
    from llamachat.cli import chat_ids

    with opened_store(invocation) as store:
        chat = chat_ids.find(chat_id, store.list_chats())
        messages = store.active_path(chat.id)
    click.echo(f"{title_text(chat.title)}  ({time_text(chat.created_at)}, {chat.id})")
    for message in messages:
        by = message.role if message.model is None else f"{message.role} ({one_line(message.model, 64)})"
        ending = {"partial": " — not complete", "failed": " — failed"}.get(message.state, "")
        click.echo(f"\n── {by}, {time_text(message.created_at)}{ending}")
        for text in filter(None, (attached_text(message.attachments), printable(message.content))):
            click.echo(text)


@chats.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("-n", "--limit", type=click.IntRange(1), default=50, show_default=True, metavar="N", help="At most N.")
@place_options
@click.pass_obj
def search(invocation: Invocation, query: tuple[str, ...], as_json: bool, limit: int) -> None:
    """Search titles and messages, best first. Exit status 1 when nothing is found."""
    from llamachat.store import QueryError

    with opened_store(invocation) as store:
        try:
            hits = store.search(" ".join(query), limit)
        except QueryError as error:
            raise UsageProblem(str(error)) from None
    if as_json:
        click.echo(json.dumps([_hit(hit) for hit in hits], indent=2))
    else:
        for hit in hits:
            click.echo(_hit_line(hit), color=False if os.environ.get("NO_COLOR") else None)
        if not hits:
            click.echo("Nothing found. Fewer or shorter words find more.", err=True)
    sys.exit(0 if hits else 1)


@chats.command()
@click.argument("wanted", metavar="ID...", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@place_options
@click.pass_obj
def delete(invocation: Invocation, wanted: tuple[str, ...], yes: bool) -> None:
    """Delete chats. The beginning of an id is enough."""
    from llamachat.cli import chat_ids

    with opened_store(invocation) as store:
        every = store.list_chats()
        found = list(dict.fromkeys(chat_ids.find(each, every) for each in wanted))
        for chat in found:
            click.echo(chat_line(chat), err=True)
        if not yes:
            click.confirm(
                f"Delete {'this chat' if len(found) == 1 else f'these {len(found)} chats'}?", abort=True, err=True
            )
        for chat in found:
            store.delete_chat(chat.id)
    click.echo(f"Deleted {len(found)}. `llamachat chats restore` takes that back.", err=True)


def _hit_line(hit: SearchHit) -> str:
    from llamachat.cli.chat_ids import short

    where = "title" if hit.role is None else hit.role
    parts = [_marked(_flat(part.text), part.match) for part in hit.snippet]
    return f"{short(hit.chat_id)}  {time_text(hit.created_at)}  {title_text(hit.title)}\n    {where}: {''.join(parts)}"


def _marked(text: str, match: bool) -> str:
    return click.style(text, bold=True, underline=True) if match else text


def _flat(text: str) -> str:
    """A piece of a snippet on one line; spaces at its ends stay, as pieces are joined."""
    return printable(text).replace("\n", " ").replace("\t", " ")


def _summary(chat: ChatSummary) -> dict[str, Any]:
    return {
        "id": chat.id,
        "title": chat.title,
        "folder": chat.folder,
        "pinned": chat.pinned,
        "created_at": chat.created_at,
        "updated_at": chat.updated_at,
        "deleted_at": chat.deleted_at,
        "messages": chat.message_count,
    }


def _hit(hit: SearchHit) -> dict[str, Any]:
    return {
        "chat": hit.chat_id,
        "title": hit.title,
        "folder": hit.folder,
        "message": hit.message_id,
        "role": hit.role,
        "created_at": hit.created_at,
        "snippet": "".join(part.text for part in hit.snippet),
    }
