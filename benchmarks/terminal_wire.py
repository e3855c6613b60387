"""What goes over the wire to a terminal and how soon, by the real program at a terminal of its own."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.nodes import daemon
from benchmarks.terminal_history import TITLE, fill
from benchmarks.terminal_peer import END, ended_at, peer
from benchmarks.terminal_pty import Terminal, at_terminal
from benchmarks.terminal_stalls import p95

PROGRAM: Final = ("-m", "llamachat")
EMPTY_APP: Final = """\
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("nothing more")

Empty().run()
"""
COMPOSER: Final = "Type your message"
LETTERS: Final = "".join(map(chr, range(0x410, 0x450)))
"""For keys whose echo is told from everything else on the screen: Cyrillic."""

SETTLING_S: Final = 14.0
"""After so long without a key, nothing on the screen moves that moves by itself: the cursor blinks for ten seconds."""


def start(rounds: int) -> None:
    """Prints how long the first frame takes, against that of an app with nothing in it."""
    ratios, cpu_ratios, found = [], [], []
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        home.mkdir()
        empty = home / "empty.py"
        empty.write_text(EMPTY_APP)
        for number in range(rounds + 1):
            with at_terminal((empty,), home) as terminal:
                base, base_cpu = terminal.until("nothing more"), terminal.cpu_s
            with at_terminal((*PROGRAM, "--node", "ws://127.0.0.1:9/chat"), home) as terminal:
                first, first_cpu = terminal.until(COMPOSER), terminal.cpu_s
                whole, whole_cpu = terminal.until("History"), terminal.cpu_s
            if number:  # the first one compiles
                found.append((base, first, whole, base_cpu, first_cpu, whole_cpu))
                ratios.append(first / base)
                cpu_ratios.append(first_cpu / base_cpu)
    columns = [1000 * median(column) for column in zip(*found, strict=True)]
    print(f"{'start, ms':24}{'empty app':>10}{'outlines':>10}{'chat':>8}   outlines / empty app")
    print(f"{'elapsed':24}{columns[0]:10.0f}{columns[1]:10.0f}{columns[2]:8.0f}{median(ratios):16.2f}")
    print(f"{'processor time':24}{columns[3]:10.0f}{columns[4]:10.0f}{columns[5]:8.0f}{median(cpu_ratios):16.2f}")


def echo(seconds: int) -> None:
    """Prints how soon a key is seen while an answer streams, and how far the terminal is behind its end."""
    print(f"{'at a terminal':44}{'key p95':>10}{'worst':>8}{'behind':>8}  ms")
    for kind in ("code", "list", "words"):
        with tempfile.TemporaryDirectory() as name, peer(300.0) as (url, said), _ready(name, url) as terminal:
            terminal.type(f"{kind} {seconds}\r")
            terminal.bytes_in(seconds / 4)
            waits = [_echo(terminal, letter) for letter in LETTERS[: int(seconds / 2 / 0.15)]]
            terminal.until(END)
            behind = time.perf_counter() - ended_at(said)
        print(f"{kind + ', 300 tokens/s':44}{1000 * p95(waits):10.0f}{1000 * max(waits):8.0f}{1000 * behind:8.0f}")


def _echo(terminal: Terminal, letter: str) -> float:
    terminal.bytes_in(0.12)
    begin = time.perf_counter()
    terminal.type(letter)
    terminal.until(letter)
    return time.perf_counter() - begin


def wire(seconds: int) -> None:
    """Prints the bytes a second while words stream in and while nothing happens, and the processor's share."""
    print(f"{'':44}{'bytes/s':>10}{'processor':>12}")
    with tempfile.TemporaryDirectory() as name, peer(30.0) as (url, _), _ready(name, url) as terminal:
        terminal.type(f"words {seconds + 4}\r")
        terminal.bytes_in(2)
        _count("30 words/s stream in", terminal, seconds)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        options: list[str] = []
        for number in (1, 2):
            directory = Path(name) / f"node-{number}"
            directory.mkdir()
            options += ["--node", stack.enter_context(daemon(directory))]
        home = Path(name) / "home"
        home.mkdir()
        terminal = stack.enter_context(at_terminal((*PROGRAM, *options), home))
        terminal.until("2 of 2")
        terminal.bytes_in(SETTLING_S)
        _count("idle, two nodes, the chat", terminal, seconds)
        terminal.type("\x1bOR")  # F3
        terminal.bytes_in(SETTLING_S)
        _count("idle, two nodes, the nodes", terminal, seconds)


def _count(name: str, terminal: Terminal, seconds: int) -> None:
    cpu = terminal.cpu_s
    count = terminal.bytes_in(seconds)
    print(f"{name:44}{count / seconds:10.0f}{(terminal.cpu_s - cpu) / seconds:12.1%}", flush=True)


def memory(messages: int) -> None:
    """Prints the resident memory of the program with a long conversation open."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        fill(home / "data", messages)
        with peer(30.0) as (url, _), at_terminal((*PROGRAM, "--node", url), home) as terminal:
            terminal.until(TITLE[:12])
            terminal.bytes_in(2)
            before = terminal.memory
            terminal.type("\x1b[<0;8;4M\x1b[<0;8;4m")  # a click on the first conversation of the list
            if terminal.bytes_in(6) < 2000:
                raise RuntimeError("The conversation was not opened.")
            print(f"memory, MB: {before / 1e6:.0f}, and {terminal.memory / 1e6:.0f} with {messages} messages open")


@contextmanager
def _ready(directory: str, url: str) -> Iterator[Terminal]:
    """The program with one node that is connected."""
    home = Path(directory) / "home"
    home.mkdir()
    with at_terminal((*PROGRAM, "--node", url), home) as terminal:
        terminal.until("1 of 1")
        terminal.bytes_in(1)
        yield terminal
