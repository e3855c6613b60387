"""The worker process: `python -m llamachat_daemon.engine --read-fd R --write-fd W`, started by the front.

It ends when the front says so or is gone, and with an error status when the model cannot be loaded or used any more.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from queue import SimpleQueue
from typing import Final

from llamachat_daemon.engine.engine import CannotLoad, load
from llamachat_daemon.engine.interruption import Interruption
from llamachat_daemon.engine.llama import LlamaError
from llamachat_daemon.engine.preparing import Desk, PreparingThread
from llamachat_daemon.engine.rendering import Renderer
from llamachat_daemon.engine.worker import Item, Worker
from llamachat_daemon.pipe.frames import AnyToWorker, Cancel, Load, LoadFailed, LoadProgress, Stop
from llamachat_daemon.pipe.worker_end import WorkerEnd

CANNOT_LOAD: Final = 1
DECODE_FAILED: Final = 70
"""Exit statuses; 70 is EX_SOFTWARE of sysexits.h."""

PROGRESS_SECONDS: Final = 0.1
"""Shortest time between two reports of how far the model is loaded."""


def main() -> int:
    """Runs the worker; returns its exit status."""
    parser = argparse.ArgumentParser(prog="llamachat_daemon.engine", description="Runs one model for the daemon.")
    parser.add_argument("--read-fd", type=int, required=True)
    parser.add_argument("--write-fd", type=int, required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(PermissionError):  # it leads a session already
        os.setsid()

    inbox: SimpleQueue[Item] = SimpleQueue()
    interruptions: list[Interruption] = []

    def deliver(frame: AnyToWorker) -> None:
        if isinstance(frame, Stop):
            leave("")
        if isinstance(frame, Cancel):
            for interruption in interruptions:
                interruption.cancel(frame.key)
        inbox.put(frame)

    pipe = WorkerEnd(arguments.read_fd, arguments.write_fd, deliver=deliver, on_gone=leave)
    pipe.start()
    request = inbox.get()
    if not isinstance(request, Load):
        raise SystemExit(f"the first frame must be load, not {type(request).__name__}")

    renderer = Renderer()
    renderer.start()
    try:
        engine = load(request, renderer, LoadReporter(pipe).report)
    except CannotLoad as error:
        pipe.send(LoadFailed(message=str(error)))
        return CANNOT_LOAD
    desk = Desk(engine.model.vocabulary, engine.template, context=engine.sequence_tokens, answers=engine.answers)
    preparing = PreparingThread(desk.prepare, inbox.put)
    preparing.start()
    interruption = Interruption(engine.context.stop_decoding)
    interruptions.append(interruption)
    worker = Worker(engine, inbox, interruption, send=pipe.send, prepare=preparing.submit)
    pipe.send(engine.loaded)
    try:
        worker.run()
    except LlamaError as error:
        sys.stderr.write(f"error: {error}\n")
    except BrokenPipeError:
        return 0
    return DECODE_FAILED


class LoadReporter:
    """Tells the front how far the model is loaded, not too often."""

    def __init__(self, pipe: WorkerEnd) -> None:
        self._pipe = pipe
        self._last = 0.0

    def report(self, done: int, total: int) -> None:
        """So many bytes of so many."""
        now = time.monotonic()
        if done in (0, total) or now - self._last >= PROGRESS_SECONDS:
            self._last = now
            self._pipe.send(LoadProgress(done=done, total=total))


def leave(reason: str) -> None:
    """Ends the process at once, from any thread, in the middle of whatever C code runs."""
    try:
        if reason:
            sys.stderr.write(f"worker ends: {reason}\n")
    finally:  # where the front is gone, nobody reads what is written
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
