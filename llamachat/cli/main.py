"""The command `llamachat`: the screen, or one of the commands."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Final

import click

from llamachat import __version__
from llamachat.cli.interrupts import exits_on_signals
from llamachat.cli.invocation import CommandError, Invocation, UsageProblem, node_options

_COMMANDS: Final = ("ask", "chats", "config", "demo", "doctor", "nodes")
"""Each is in the module of its name."""


class _Commands(click.Group):
    """Loads a command when it is asked for: the screen, which is none, begins the sooner."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click passes it
        """All of them, in the order of the alphabet."""
        return [*_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """That command; None when there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"llamachat.cli.{cmd_name}"), cmd_name)
        return command


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Without a command: the chat on the whole screen.",
)
@node_options
@click.option("--theme", metavar="NAME", help="The colours, as in [look] of the settings.")
@click.option(
    "--plain", is_flag=True, help="Chat line by line without redrawing, for screen readers and dumb terminals."
)
@click.version_option(__version__, "--version", prog_name="llamachat", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, theme: str | None, plain: bool) -> None:
    """Chat with the models on your own machines."""
    invocation = context.ensure_object(Invocation)
    invocation.theme, invocation.plain = theme, plain
    if context.invoked_subcommand is None:
        with exits_on_signals():
            sys.exit(start(invocation))


def start(invocation: Invocation) -> int:
    """Runs the screen, or the line mode where it was asked for or the terminal can do no more; the exit status."""
    plain = invocation.plain
    if not plain and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageProblem(
            "The screen needs a terminal. For a pipe or a script there are `llamachat ask` and `llamachat --plain`."
        )
    if not plain and os.environ.get("TERM", "dumb") == "dumb":
        click.echo("This terminal cannot draw a screen; chatting line by line.", err=True)
        plain = True
    with invocation.context() as context:
        if plain:
            from llamachat.cli.plain import run
        else:
            from llamachat.tui.app import run
        try:
            return run(context)
        except Exception as error:
            from llamachat.store import StoreError  # loads the store, which comes after the first frame of the screen

            if isinstance(error, StoreError):
                raise CommandError(str(error)) from None
            raise
