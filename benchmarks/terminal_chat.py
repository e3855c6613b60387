"""The chat screen without a terminal: opening and reading a long conversation, and answers that stream into it."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.events import AppBlur, AppFocus
from textual.pilot import Pilot
from textual.widgets import Markdown, OptionList

from benchmarks.terminal_history import FILE, fill
from benchmarks.terminal_peer import END, ended_at, peer, tokens_of
from benchmarks.terminal_pty import SIZE
from benchmarks.terminal_stalls import Stalls, p95, watched
from llamachat.config import Settings
from llamachat.config.schema import ChatSettings
from llamachat.fleet import Fleet, NodeAddress
from llamachat.store import StoreThread
from llamachat.tui import collecting
from llamachat.tui.app import LlamachatApp
from llamachat.tui.services import Services
from llamachat.tui.widgets.message_view import MessageView
from llamachat.tui.widgets.transcript import Transcript

PATIENCE_S: Final = 60.0
TEXTUAL_LIMIT_S: Final = 20.0
"""Longer than this behind the end is not waited for."""


@asynccontextmanager
async def chat(directory: Path, *urls: str) -> AsyncIterator[Pilot[int]]:
    """The program over a history and nodes, with keys to press."""
    nodes = [NodeAddress(f"node-{number}", url) for number, url in enumerate(urls)]
    async with StoreThread(directory / FILE) as store, Fleet(nodes) as fleet:
        app = LlamachatApp(Services(Settings(chat=ChatSettings(titles="words")), fleet, store))
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await until(lambda: bool(app.screen.query("#composer")))
            await pilot.pause()
            collecting.spare()
            yield pilot


async def until(holds: Callable[[], bool]) -> None:
    """Waits until that holds.

    Raises:
        TimeoutError: it does not for long.
    """
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110  no event tells what a screen shows
            await asyncio.sleep(0.002)


# ── a long conversation ─────────────────────────────────────────────────────────────────────────────────────────────


async def long_conversation(messages: int, repeats: int) -> dict[str, list[float]]:
    """Milliseconds for what a person does with it: opening it, paging up through it, leaving the terminal and coming
    back. For opening, until its end is drawn; for the others, the longest stall of each."""
    found: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        fill(Path(name), messages)
        for _ in range(repeats):
            async with chat(Path(name)) as pilot:
                await _open(pilot, messages, found)
                async with watched() as stalls:
                    for _ in range(20):
                        await pilot.press("pageup")
                _add(found, "page up", stalls)
                async with watched() as stalls:
                    for _ in range(5):
                        pilot.app.post_message(AppBlur())
                        await pilot.pause()
                        pilot.app.post_message(AppFocus())
                        await pilot.pause()
                _add(found, "focus out and in", stalls)
    return found


def _add(found: dict[str, list[float]], name: str, stalls: Stalls) -> None:
    found[name] += [1000 * stall for stall in stalls.windows]
    found[f"{name}, processor time"] += [1000 * stall for stall in stalls.cpu_windows]


async def _open(pilot: Pilot[int], messages: int, found: dict[str, list[float]]) -> None:
    history, transcript = pilot.app.screen.query_one(OptionList), pilot.app.screen.query_one(Transcript)
    await until(lambda: history.option_count > 0)
    history.focus()
    await pilot.pause()
    history.highlighted = history.option_count - 1
    begin, cpu = time.perf_counter(), time.process_time()
    history.action_select()
    last = f"m{messages - 1}"

    def is_drawn() -> bool:
        views = transcript.query(MessageView)
        return bool(views) and views.last().message_id == last and views.last().region.height > 0

    await until(is_drawn)
    found["open"].append(1000 * (time.perf_counter() - begin))
    found["open, processor time"].append(1000 * (time.process_time() - cpu))
    await pilot.pause()


# ── streaming ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def streamed(kind: str, rate: float, chats: int, seconds: int) -> tuple[Stalls, float]:
    """Stalls while so many answers stream at once, each into a chat of its own of which the last is open, and how many
    milliseconds the screen is behind the node at the end."""
    with tempfile.TemporaryDirectory() as name, peer(rate) as (url, said):
        async with chat(Path(name), url) as pilot:
            fleet = pilot.app.services.fleet  # type: ignore[attr-defined]
            await until(lambda: any(node.usable for node in fleet.snapshots()))
            for number in range(chats):
                if number:
                    await pilot.press("ctrl+n")
                await pilot.press(*f"{kind} {seconds}", "enter")
                await until(lambda: bool(_shown(pilot)))
            async with watched() as stalls:
                await asyncio.sleep(seconds * 0.4)
                await until(lambda: _shown(pilot).endswith(END))
                now = time.perf_counter()
            ends = [ended_at(said) for _ in range(chats)]
    return stalls, 1000 * (now - max(ends))


def _shown(pilot: Pilot[int]) -> str:
    views = [view for view in pilot.app.screen.query(MessageView) if view.role == "assistant"]
    return views[-1].text if views else ""


class TextualsOwn(App[None]):
    """Textual's own Markdown in a container that follows its end."""

    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            scroll.anchor()
            yield Markdown()


async def streamed_by_textual(kind: str, rate: float, seconds: int, limit_s: float) -> tuple[Stalls, float]:
    """The same tokens at the same pace through `Markdown.get_stream`; how far it is behind is counted up to a limit."""
    async with TextualsOwn().run_test(size=SIZE) as pilot:
        stream = Markdown.get_stream(pilot.app.query_one(Markdown))
        async with watched() as stalls:
            begin = time.perf_counter()
            for count, piece in enumerate(itertools.islice(tokens_of(kind), round(seconds * rate))):
                await asyncio.sleep(max(0.0, begin + count / rate - time.perf_counter()))
                await stream.write(piece)
            due = begin + seconds
            ending = asyncio.create_task(stream.stop())
            await asyncio.wait([ending], timeout=limit_s)
            late = time.perf_counter() - due
    return stalls, 1000 * late


def report_long_conversation(messages: int, repeats: int) -> None:
    """Prints what a long conversation costs."""
    found = asyncio.run(long_conversation(messages, repeats))
    print(f"{f'{messages} messages':44}{'median':>8}{'p95':>8}{'worst':>8}  ms")
    for name, values in found.items():
        print(f"{name:44}{median(values):8.0f}{p95(values):8.0f}{max(values):8.0f}")


def report_streaming(seconds: int) -> None:
    """Prints how answers stream, by what they are."""
    print(f"{'answers streaming: longest stall in 0.1 s':44}{'processor':>20}{'elapsed':>16}{'behind':>8}  processor")
    print(f"{'':44}{'median':>10}{'p95':>10}{'p95':>8}{'worst':>8}{'ms':>8}      share")
    for kind in ("code", "list", "words"):
        for chats, rate in ((3, 100.0), (1, 300.0)):
            stalls, behind = asyncio.run(streamed(kind, rate, chats, seconds))
            _row(f"{kind}, {chats} of {rate:.0f} tokens/s", stalls, behind)
        stalls, behind = asyncio.run(streamed_by_textual(kind, 300.0, seconds, TEXTUAL_LIMIT_S))
        _row(f"{kind}, 300 tokens/s, Textual's own", stalls, behind)


def _row(name: str, stalls: Stalls, behind_ms: float) -> None:
    work = [1000 * stall for stall in stalls.cpu_windows]
    passed = [1000 * stall for stall in stalls.windows]
    print(
        f"{name:44}{median(work):10.0f}{p95(work):10.0f}{p95(passed):8.0f}{max(passed):8.0f}{behind_ms:8.0f}"
        f"{stalls.cpu_s / stalls.took_s:11.0%}",
        flush=True,
    )
