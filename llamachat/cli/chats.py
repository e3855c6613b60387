"""`llamachat chats`: the conversations kept on this computer."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from llamachat.base.text import one_line, printable
from llamachat.cli.chats_store import opened_store
from llamachat.cli.chats_sync import sync
from llamachat.cli.chats_transfer import export, import_
from llamachat.cli.invocation import Invocation, UsageProblem, place_options
from llamachat.cli.listing import attached_text, time_text, title_text

if TYPE_CHECKING:
    from llamachat.store import ChatSummary, SearchHit


@click.group()
def chats() -> None:
    """The conversations kept on this computer."""


chats.add_command(export)
chats.add_command(import_)
chats.add_command(sync)


@chats.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("-n", "--limit", type=click.IntRange(1), metavar="N", help="At most the N newest.")
@place_options
@click.pass_obj
def list_(invocation: Invocation, as_json: bool, limit: int | None) -> None:
    """List them, newest first."""
    with opened_store(invocation) as store:
        found = store.list_chats(limit)
    if as_json:
        click.echo(json.dumps([_summary(chat) for chat in found], indent=2))
    elif not found:
        click.echo("No chats yet. `llamachat ask` and the chat screen make them.", err=True)
    else:
        for chat in found:
            click.echo(_line(chat))


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
            click.echo(_line(chat), err=True)
        if not yes:
            click.confirm(
                f"Delete {'this chat' if len(found) == 1 else f'these {len(found)} chats'}?", abort=True, err=True
            )
        for chat in found:
            store.delete_chat(chat.id)
    click.echo(f"Deleted {len(found)}.", err=True)


def _line(chat: ChatSummary) -> str:
    from llamachat.cli.chat_ids import short

    mark = "★ " if chat.pinned else ""
    folder = f"  [{one_line(chat.folder, 40)}]" if chat.folder else ""
    when, title = time_text(chat.updated_at), title_text(chat.title)
    return f"{short(chat.id)}  {when}  {chat.message_count:>4}  {mark}{title}{folder}"


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
