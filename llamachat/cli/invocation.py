"""What the options of one command line mean, and the errors that end a command."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from llamachat.base.hints import did_you_mean
from llamachat.base.problems import ConfigError, shown
from llamachat.base.text import printable

if TYPE_CHECKING:
    from llamachat.config.context import AppContext
    from llamachat.config.places import Places
    from llamachat.config.schema import NodeSettings, Settings

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_NO_NODE: Final = 3

NO_NODE: Final = (
    "No node is configured. Name one with --node ws://HOST:13000/chat, add one for good with "
    "`llamachat nodes --add ws://HOST:13000/chat`, or try `llamachat demo`, which needs none."
)

_Command = TypeVar("_Command", bound=Callable[..., Any])


class CommandError(click.ClickException):
    """Ends a command with a message on standard error; exit status 1."""

    exit_code = EXIT_FAILED

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class UsageProblem(CommandError):
    """The command line or the settings cannot be used; exit status 2."""

    exit_code = EXIT_USAGE


class NoNodeError(CommandError):
    """There is no node to ask; exit status 3."""

    exit_code = EXIT_NO_NODE


@dataclasses.dataclass(slots=True)
class Invocation:
    """The options that every command shares. `demo_nodes` is how many daemons to start for this one run."""

    config: Path | None = None
    data_dir: Path | None = None
    nodes: tuple[str, ...] = ()
    theme: str | None = None
    plain: bool = False
    demo_nodes: int | None = None

    def places(self) -> Places:
        """Where the files are."""
        from llamachat.config import places

        return places.find(os.environ, self.config, self.data_dir)

    def settings(self) -> Settings:
        """The settings that hold.

        Raises:
            UsageProblem: with every problem.
        """
        from llamachat.config import loading

        where = self.places()
        file = where.config_file if where.config_named or where.config_file.exists() else None
        overrides = {} if self.theme is None else {"look.theme": self.theme}
        try:
            return loading.load(file, overrides, themes=where.themes_dir)
        except ConfigError as error:
            raise UsageProblem(f"The settings cannot be used.\n{error}") from None

    @contextmanager
    def context(self) -> Iterator[AppContext]:
        """Everything that a command needs, and in a demo its daemons, which are stopped at the end.

        Raises:
            CommandError: the settings are wrong, or the demo cannot start.
        """
        from llamachat.cli import log_file

        if self.demo_nodes is not None:
            from llamachat.cli import demo_nodes

            if self.nodes:
                raise UsageProblem("A demo asks its own nodes; leave --node out.")
            with (
                demo_nodes.running(self.demo_nodes, self.settings(), self.places()) as context,
                log_file.kept(context.places.state_dir),
            ):
                yield context
        else:
            context = self.configured()
            with log_file.kept(context.places.state_dir):
                yield context

    def configured(self) -> AppContext:
        """Everything that a command needs outside a demo.

        Raises:
            UsageProblem: the settings are wrong, or `--node` names none.
        """
        from llamachat.config.context import AppContext
        from llamachat.config.tokens import warnings

        settings = self.settings()
        if self.nodes:
            settings = dataclasses.replace(settings, nodes=chosen_nodes(self.nodes, settings.nodes))
        where = self.places()
        return AppContext(
            settings=settings,
            places=where,
            environment=os.environ,
            warnings=tuple(warnings(where.config_file, settings.nodes)),
        )


def chosen_nodes(wanted: tuple[str, ...], configured: tuple[NodeSettings, ...]) -> tuple[NodeSettings, ...]:
    """The nodes that `--node` names, in the order given: configured ones by name or address, others by address.

    Raises:
        UsageProblem: one is neither the name of a configured node nor an address.
    """
    from llamachat.config.rules import full_url, name_of
    from llamachat.config.schema import NodeSettings

    by_name = {node.name: node for node in configured}
    by_url = {node.url: node for node in configured}
    found: dict[str, NodeSettings] = {}
    for text in wanted:
        try:
            url = full_url(text)
        except ValueError:
            url = ""
        node = by_name.get(text) or by_url.get(url)
        if node is None and not (url and _looks_like_address(text)):
            raise UsageProblem(_unknown_node(text, tuple(by_name)))
        node = node or NodeSettings(name=name_of(url), url=url)
        found.setdefault(node.url, node)
    names = [node.name for node in found.values()]
    # Two paths on one host would share a name; the whole address tells them apart.
    return tuple(
        node if names.count(node.name) == 1 else dataclasses.replace(node, name=node.url) for node in found.values()
    )


def _looks_like_address(text: str) -> bool:
    return "://" in text or ":" in text or "." in text or text == "localhost"


def _unknown_node(text: str, names: tuple[str, ...]) -> str:
    hint = "an address looks like ws://HOST:13000/chat."
    if names:
        hint = did_you_mean(text, names) or f"the configured ones are {', '.join(names)}; {hint}"
    return f"There is no node {shown(text)}: {hint}"


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Puts an option into the invocation, wherever on the command line it stood; the last one wins."""
    if value not in (None, (), False):
        assert parameter.name is not None
        invocation = context.ensure_object(Invocation)
        setattr(invocation, parameter.name, value)
    return value


_CONFIG = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    expose_value=False,
    callback=_keep,
    help="The settings file.  [default: see `llamachat config path`]",
)
_DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    expose_value=False,
    callback=_keep,
    help="The directory of the conversations.",
)
_NODES = click.option(
    "--node",
    "nodes",
    multiple=True,
    metavar="URL",
    expose_value=False,
    callback=_keep,
    help="Ask this node: its address, or the name of a configured one. Repeat it for more; the order is priority.",
)


def place_options(command: _Command) -> _Command:
    """`--config` and `--data-dir`."""
    return _CONFIG(_DATA_DIR(command))


def node_options(command: _Command) -> _Command:
    """`--node`, `--config` and `--data-dir`."""
    return _NODES(place_options(command))
