"""`serve` from start to end: the parts are put together here, and signals decide how it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from typing import Final

from llamachat.base.problems import ConfigError
from llamachat.base.tasks import run_until
from llamachat.protocol import Codec, Principal
from llamachat_daemon.config import DaemonConfig
from llamachat_daemon.model_files import summarise
from llamachat_daemon.notify import notify
from llamachat_daemon.serving.logs import LogBook
from llamachat_daemon.serving.node import Node
from llamachat_daemon.serving.peers import Peers
from llamachat_daemon.serving.routes import Routes
from llamachat_daemon.serving.server import Server, SocketConnection
from llamachat_daemon.serving.session import ClientSession
from llamachat_daemon.serving.telemetry import Telemetry
from llamachat_daemon.serving.tokens import TokenBook

STDIN: Final = 0
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger(__name__)


async def serve(
    config: DaemonConfig,
    logs: LogBook,
    *,
    announce: Callable[[str], None],
    read_config: Callable[[], DaemonConfig],
    stop_with_stdin: bool = False,
) -> None:
    """Serves until a signal ends it, or with `stop_with_stdin` the end of standard input.

    `logs` is what clients may be shown of the log; `announce` is given the ready line, once; `read_config` reads the
    settings again on SIGHUP.

    Raises:
        TokenError, ModelFileError, ListenError, StartError: it cannot be started; the text is a sentence.
    """
    config = _with_one_model(config)
    summarise(config.served_model.path)
    tokens = TokenBook(config.tokens_file, auth=config.auth)
    telemetry = Telemetry()
    node = Node(config, telemetry, logs=logs)
    peers = Peers(config.peers)

    async def run_session(principal: Principal, codec: Codec, connection: SocketConnection) -> None:
        await ClientSession(node, principal, codec, connection).run()

    server = Server(config, tokens, lambda address: Routes(node, telemetry, peers, address), run_session)
    async with AsyncExitStack() as stack:
        signals = stack.enter_context(_Signals())
        if stop_with_stdin:
            signals.watch_stdin()
        stack.push_async_callback(node.stop)
        await server.start()  # before the model is loaded, so that a taken port is known at once and /readyz answers
        stack.push_async_callback(server.close)
        if not await run_until(node.start(), signals.stop.wait()):
            return
        announce(f"ready on {server.url}, model {config.default_model}")
        notify("READY=1")
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(peers.run()),
                group.create_task(_reload(signals, config, server, node, read_config)),
            ]
            await signals.stop.wait()
            notify("STOPPING=1")
            seconds = 0.0 if signals.at_once else config.engine.drain_seconds
            _log.info("stopping: running answers have %g s to finish; a second signal ends it now", seconds)
            node.begin_drain()
            await node.finish_drain(seconds)
            for task in beside:
                task.cancel()


class _Signals:
    """What the process was told: `stop` at the first signal to end (`at_once` when nobody waits for the answers),
    `reload` at SIGHUP. A second signal ends it there and then; the workers see their pipe close and follow."""

    def __init__(self) -> None:
        self.at_once = False
        self.stop = asyncio.Event()
        self.reload = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> _Signals:
        for number in STOP_SIGNALS:
            self._loop.add_signal_handler(number, self._told_to_stop, number)
        self._loop.add_signal_handler(signal.SIGHUP, self.reload.set)
        return self

    def __exit__(self, *_: object) -> None:
        for number in (*STOP_SIGNALS, signal.SIGHUP):
            self._loop.remove_signal_handler(number)

    def watch_stdin(self) -> None:
        """Stops when standard input ends: whoever started this process has ended or closed it, however that came."""
        threading.Thread(target=self._read_stdin, name="stdin", daemon=True).start()

    def _read_stdin(self) -> None:
        with suppress(OSError):  # closed or unreadable from the start is an end too
            while os.read(STDIN, 4096):
                pass
        with suppress(RuntimeError):  # the loop has ended by itself meanwhile
            self._loop.call_soon_threadsafe(self._stdin_ended)

    def _stdin_ended(self) -> None:
        _log.info("standard input has ended")
        self.at_once = True
        self.stop.set()

    def _told_to_stop(self, number: int) -> None:
        if self.stop.is_set():
            _log.warning("ended by a second signal")
            os._exit(128 + number)
        self.stop.set()


async def _reload(
    signals: _Signals, running: DaemonConfig, server: Server, node: Node, read_config: Callable[[], DaemonConfig]
) -> None:
    """Takes over tokens, allowed origins and limits at every SIGHUP; what needs a new start stays as it is."""
    while True:
        await signals.reload.wait()
        signals.reload.clear()
        try:
            read = read_config()
        except ConfigError as error:
            _log.error("the settings stay as they are:\n%s", error)
            continue
        config = replace(
            running,
            allow_origins=read.allow_origins,
            queue=read.queue,
            records=read.records,
            archive=replace(read.archive, enabled=running.archive.enabled),
            log=read.log,
        )
        server.reload(config)
        node.reload(config)
        _log.info("tokens, allowed origins and limits were read again; other settings wait for the next start")


def _with_one_model(config: DaemonConfig) -> DaemonConfig:
    """The settings with the served model alone, so that clients are offered nothing else."""
    files = config.models.files
    if len(files) > 1:
        _log.warning(
            "%d models are configured, but this version serves one at a time: %s. Choose with --default-model: %s",
            len(files),
            config.default_model,
            ", ".join(file.id for file in files),
        )
    return replace(config, models=replace(config.models, files=(config.served_model,)))
