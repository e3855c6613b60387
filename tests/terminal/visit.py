"""What a run needs: two nodes, the home of somebody who has never used the program, and a terminal to use it in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.nodes import FaultyNode
from tests.terminal.recording import written
from tests.terminal.tmux import Tmux
from tests.unit.documents.building import pdf

SLOW_LINK_BITS_PER_S: Final = 64_000
SLOW_NODE_BYTES_PER_S: Final = 2_000
"""So slowly an answer comes that somebody has time to do something meanwhile; the guide needs a second otherwise."""

SETTINGS: Final = """\
# Written by hand; saving leaves this line alone.
[chat.sampling]
temperature = 0.0  # the guide is right most often so
"""

EDITOR: Final = """\
#!/bin/sh
printf ' in an editor' >> "$1"
"""

PDF_TEXT: Final = "Minutes of the llama club\nThe fence is painted in May."


@dataclass(frozen=True)
class Terminal:
    """What the program finds at its end of the line.

    Args:
        columns, rows: its size.
        bare: sixteen colours, of which NO_COLOR forbids the use, and a line of 64 kbit/s.
    """

    columns: int
    rows: int
    bare: bool = False

    def __str__(self) -> str:
        return f"{self.columns}x{self.rows}{' bare' if self.bare else ''}"


@dataclass
class Visit:
    """One run of the program after another by the same person.

    Attributes:
        tmux: the terminal.
        nodes: the real daemons behind their proxies, by name.
        home: the person's directory.
        kept: where recordings and screens go.
        recordings: of each start of the program.
    """

    terminal: Terminal
    tmux: Tmux
    nodes: dict[str, FaultyNode]
    home: Path
    kept: Path
    recordings: list[Path] = field(default_factory=list)

    async def start(self) -> None:
        """Starts the program in the pane."""
        recording = self.kept / f"{str(self.terminal).replace(' ', '-')}-{len(self.recordings) + 1}.cast"
        recording.unlink(missing_ok=True)
        self.recordings.append(recording)
        command = [sys.executable, "-m", "llamachat"]
        if self.terminal.bare:
            command = [sys.executable, "-m", "tests.terminal.link", str(SLOW_LINK_BITS_PER_S), *command]
        await self.tmux.start(command, recording)

    def written(self) -> str:
        """All that the program has sent to the terminal, in all its runs."""
        return "".join(map(written, self.recordings))

    @property
    def config_file(self) -> Path:
        """The person's settings."""
        return self.home / ".config" / "llamachat" / "config.toml"

    def slow_nodes(self, bytes_per_s: int | None) -> None:
        """Makes answers come slowly, or with None at full speed again."""
        for node in self.nodes.values():
            node.proxy.weather.bytes_per_s = bytes_per_s


@contextlib.asynccontextmanager
async def visit(terminal: Terminal, kept: Path) -> AsyncIterator[Visit]:
    """A home with a settings file that names no node, two nodes that run, and a terminal."""
    async with contextlib.AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="llamachat-")))
        home = scratch / "home"
        settings = home / ".config" / "llamachat" / "config.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(SETTINGS)
        (home / "minutes.pdf").write_bytes(pdf(PDF_TEXT))
        (home / "editor").write_text(EDITOR)
        (home / "editor").chmod(0o700)
        nodes = [FaultyNode("box-1"), FaultyNode("box-2")]
        await asyncio.gather(*(stack.enter_async_context(node) for node in nodes))
        tmux = await stack.enter_async_context(
            Tmux(
                scratch,
                terminal.columns,
                terminal.rows,
                terminal="screen" if terminal.bare else "tmux-256color",
                environment=_environment(home, scratch, bare=terminal.bare),
            )
        )
        yield Visit(terminal, tmux, {node.name: node for node in nodes}, home, kept)


def _environment(home: Path, scratch: Path, *, bare: bool) -> dict[str, str]:
    """Nothing of the machine's own settings, history or token."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path),
        "HOME": str(home),
        "EDITOR": str(home / "editor"),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        **({"NO_COLOR": "1"} if bare else {"COLORTERM": "truecolor"}),
    }
