"""`llamachat config`: where the settings are, what holds, whether it is right, and changing it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from llamachat.base.files import write_atomically
from llamachat.base.problems import ConfigError
from llamachat.base.text import printable
from llamachat.cli.invocation import CommandError, Invocation, UsageProblem, place_options
from llamachat.cli.screen_settings import wrong_for_the_screen


@click.group()
def config() -> None:
    """The settings file."""


@config.command()
@place_options
@click.pass_obj
def path(invocation: Invocation) -> None:
    """Print where the settings file is."""
    click.echo(invocation.places().config_file)


@config.command()
@place_options
@click.pass_obj
def show(invocation: Invocation) -> None:
    """Print what holds now, with a sentence on each setting. Tokens are not shown."""
    from llamachat.config.describing import effective

    click.echo(printable(effective(invocation.settings())), nl=False)


@config.command()
@place_options
@click.pass_obj
def validate(invocation: Invocation) -> None:
    """Check the settings file, the keys in it and the themes beside it, and report every problem."""
    from llamachat.config.tokens import warnings

    settings = invocation.settings()
    file = invocation.places().config_file
    if wrong := wrong_for_the_screen(settings, invocation.places()):
        raise UsageProblem("Some of the settings cannot be used.\n" + "\n".join(map(str, wrong)))
    for warning in warnings(file, settings.nodes):
        click.echo(f"Warning: {printable(warning)}", err=True)
    click.echo(f"{file} is all right." if file.exists() else f"There is no {file}; the defaults hold.")


@config.command()
@place_options
@click.pass_obj
def edit(invocation: Invocation) -> None:
    """Open the settings in your editor ($VISUAL or $EDITOR). They are saved only when all is right."""
    from llamachat.config import loading
    from llamachat.config.describing import template

    file = invocation.places().config_file
    try:
        before = file.read_text(encoding="utf-8") if file.exists() else template()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}.") from None
    with tempfile.TemporaryDirectory(prefix="llamachat-") as directory:  # for its owner alone, as the tokens in it ask
        draft = Path(directory) / file.name
        draft.write_text(before, encoding="utf-8")
        while True:
            click.edit(filename=str(draft))
            try:
                after = draft.read_text(encoding="utf-8")
                loading.parse(after, file)
                break
            except (ConfigError, UnicodeDecodeError) as error:
                click.echo(printable(str(error)), err=True)
                if not click.confirm("Edit again? (no: leave the settings as they were)", default=True, err=True):
                    raise UsageProblem("Nothing was saved.") from None
    if after == before and file.exists():
        click.echo("Nothing was changed.")
        return
    try:
        write_atomically(file, after)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
    click.echo(f"Saved {file}.")
