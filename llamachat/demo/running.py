"""A demo as the client runs it: the daemons, and what the program is to use them with."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from llamachat.base.guide import GUIDE_LABEL
from llamachat.config.context import AppContext
from llamachat.config.places import Places
from llamachat.config.schema import AUTO_MODEL, ChatSettings, NodeSettings, SamplingSettings, Settings
from llamachat.demo.daemons import Daemons
from llamachat.demo.directory import private_directory
from llamachat.demo.trouble import DemoError

_MISSING_EXTRA: Final = (
    "The demo runs daemons on this computer, and what they need is not installed. Run: pip install 'llamachat[daemon]'"
)


def is_installed() -> bool:
    """Whether what the daemons need is here."""
    return importlib.util.find_spec("llama_cpp") is not None


class Demo:
    """Daemons that run from `start` to the end of the `with` block, which removes everything of them.

    `start` may run in a thread; `give_up`, from any other, ends it soon.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._one_start = threading.Lock()
        self._starting: Daemons | None = None
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(self, count: int, settings: Settings, places: Places, tell: Callable[[str], None]) -> AppContext:
        """Starts `count` daemons with the built-in guide; returns the context to use them in. It may be called again
        only after an error.

        The screen looks as the person has set it; nodes, model, sampling and history are the demo's own. `tell` is
        called with how far it is.

        Raises:
            DemoError: the daemons are not installed, one does not start, or it was given up.
        """
        if not is_installed():
            raise DemoError(_MISSING_EXTRA)
        if not self._one_start.acquire(blocking=False):
            raise DemoError("The demo is being started already.")
        with contextlib.ExitStack() as stack:
            stack.callback(self._one_start.release)
            directory = stack.enter_context(private_directory())
            daemons = self._starting = Daemons()
            stack.callback(daemons.end)
            if self._is_over:
                raise DemoError("The demo was given up.")
            daemons.start(count, directory)
            urls = daemons.wait_until_ready(tell)
            client = directory / "client"
            self._starting = None
            self._stack.push(stack.pop_all())
        nodes = tuple(NodeSettings(name=name, url=url) for name, url in urls.items())
        return AppContext(
            settings=dataclasses.replace(
                settings,
                nodes=nodes,
                # The guide is right most often when it takes the likeliest word each time.
                chat=ChatSettings(model=AUTO_MODEL, sampling=SamplingSettings(temperature=0.0)),
            ),
            places=dataclasses.replace(places, data_dir=client, state_dir=client),
            banner=f"Demo on {count} node{'s' * (count > 1)} of this computer. Answers come from {GUIDE_LABEL}; "
            "nothing is kept.",
        )

    def give_up(self) -> None:
        """Has a `start` that runs in another thread end soon, and any later one fail."""
        self._is_over = True
        if self._starting is not None:
            self._starting.stop()
