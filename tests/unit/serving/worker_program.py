"""A worker process without a model, for tests of how processes are started and ended. Its argument says how it acts.

`answers` loads at once and answers each request with its last message, an id for each character. `floods` answers with
four million characters in four thousand steps. `deaf` says it is loaded and does nothing more, not even stop. `noisy`
writes to its log, then what is no frame. `dies` ends at once.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from queue import SimpleQueue

from llamachat_daemon.pipe.frames import AnyToWorker, Finished, Generate, Loaded, Produced, Started, Step, Stop
from llamachat_daemon.pipe.worker_end import WorkerEnd

LOADED = Loaded(
    name="Program", architecture="none", parameters=1, quantization="none", size=1, context=64, vocabulary=2,
    fingerprint="p", slots=2, model_bytes=1, kv_bytes=1, kv_tokens=1, threads=1,
)  # fmt: skip


def command(manner: str) -> Callable[[int, int], list[str]]:
    """How to start it, as `start_worker` wants it."""
    return lambda read_fd, write_fd: [sys.executable, __file__, manner, str(read_fd), str(write_fd)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("manner")
    parser.add_argument("read_fd", type=int)
    parser.add_argument("write_fd", type=int)
    given = parser.parse_args()
    incoming: SimpleQueue[AnyToWorker] = SimpleQueue()
    end = WorkerEnd(given.read_fd, given.write_fd, deliver=incoming.put, on_gone=lambda _: os._exit(0))
    end.start()
    if given.manner == "dies":
        sys.exit(3)
    if given.manner == "noisy":
        print("a line on stdout")
        print("a line on stderr", file=sys.stderr)
        sys.stdout.write("x" * 20_000 + "\n\xff the end")
        sys.stdout.flush()
        os.write(given.write_fd, b"\x00\x00\x00\x01\xc1")
    end.send(LOADED)
    while given.manner not in ("answers", "floods"):
        time.sleep(60)
    while not isinstance(frame := incoming.get(), Stop):
        if isinstance(frame, Generate):
            pieces = ["x" * 1000] * 4000 if given.manner == "floods" else list(frame.messages[-1].content)
            answer(end, frame, pieces)


def answer(end: WorkerEnd, frame: Generate, pieces: list[str]) -> None:
    """Sends the pieces with an id each, but for those whose ids the front has already."""
    prefix = frame.prefix_tokens or []
    started = Started(key=frame.key, prompt_tokens=1, cached_tokens=0, dropped_messages=0, prefix_tokens=prefix)
    end.send(Step(started=[started]))
    for piece in pieces[len(prefix) :]:
        end.send(Step(produced=[Produced(key=frame.key, tokens=[ord(piece[0])], text=piece)]))
    end.send(Finished(key=frame.key, reason="stop", prefill_ms=0, decode_ms=0, prefill_tokens=0, decode_tokens=0))


if __name__ == "__main__":
    main()
