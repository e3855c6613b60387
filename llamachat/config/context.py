"""Everything that a command or the screen is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from llamachat.config.patience import fleet_limits
from llamachat.config.places import Places
from llamachat.config.schema import NodeSettings, Settings
from llamachat.config.tokens import token_source

if TYPE_CHECKING:
    from llamachat.fleet import NodeAddress
    from llamachat.fleet.limits import FleetLimits


@dataclass(frozen=True, slots=True)
class AppContext:
    """What holds for one run of the program.

    Attributes:
        settings: of the file, with the options of the command line on top.
        places: where the settings, the history and the log are.
        environment: where tokens of nodes may stand.
        banner: a sentence to show as long as the program runs, as in the demo.
        warnings: sentences to show once.
    """

    settings: Settings
    places: Places
    environment: Mapping[str, str] = field(default_factory=dict)
    banner: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[NodeAddress, ...]:
        """The nodes to ask, in order of priority; empty when none is configured."""
        return addresses(self.settings.nodes, self.environment)

    @property
    def data_dir(self) -> Path:
        """Where the history is."""
        return self.places.data_dir

    @property
    def limits(self) -> FleetLimits:
        """The times and bounds that the fleet is to go by."""
        return fleet_limits(self.settings.fleet)

    @property
    def theme(self) -> str:
        """The name of the colours."""
        return self.settings.look.theme


def addresses(nodes: tuple[NodeSettings, ...], env: Mapping[str, str]) -> tuple[NodeAddress, ...]:
    """The nodes as the fleet wants them, each with where its token comes from."""
    # Loads the network library, which looking at the settings does not need.
    from llamachat.fleet import NodeAddress

    return tuple(NodeAddress(node.name, node.url, token_source(node, env), node.ca_file) for node in nodes)
