"""Servers to measure, behind one face: our daemon, llama.cpp's own server, and a bare loop over the same model."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
import websockets

from benchmarks.random_gguf import END_OF_TURN
from llamachat.protocol import (
    AiResponse,
    Cancel,
    Codec,
    Error,
    Params,
    PromptMessage,
    UserMessage,
    decode_daemon,
    encode,
)
from llamachat.protocol.limits import MAX_FRAME_BYTES

SAMPLING = Params(temperature=0.7, top_k=40, top_p=0.95, min_p=0.05, ignore_eos=True)

CPP_SERVER = """
import sys
import xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.n_parallel = sys.argv[1], int(sys.argv[2])
params.n_ctx = int(sys.argv[3]) * params.n_parallel
params.n_gpu_layers, params.port, params.verbosity = 0, 0, 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
"""Run by a Python that has the package xllamacpp, which carries llama.cpp's server."""


@dataclass
class Reply:
    """What came of a request: when it was sent, when tokens came and how many at a time, what they said, and what the
    prompt cost."""

    sent_at: float = field(default_factory=time.perf_counter)
    arrivals: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    text: str = ""
    tokens: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0

    @property
    def first_token_s(self) -> float:
        """Seconds from the request to the first token."""
        return self.arrivals[0] - self.sent_at


class Server(Protocol):
    """Something that answers."""

    name: str

    async def ask(self, messages: list[tuple[str, str]], tokens: int, reply: Reply, chat: str = "") -> Reply:
        """Asks for exactly so many tokens; `reply` is filled as they come. Stops asking when it is cancelled."""
        ...


class Daemon:
    """Ours, over its WebSocket."""

    name = "llamachat"

    def __init__(self, url: str) -> None:
        self._url = url

    async def ask(self, messages: list[tuple[str, str]], tokens: int, reply: Reply, chat: str = "") -> Reply:
        async with websockets.connect(
            self._url, subprotocols=[websockets.Subprotocol(Codec.MSGPACK)], max_size=MAX_FRAME_BYTES, compression=None
        ) as wire:
            name = uuid.uuid4().hex
            params = msgspec.structs.replace(SAMPLING, max_tokens=tokens, seed=1)
            conversation = [PromptMessage(role, text) for role, text in messages]  # type: ignore[arg-type]
            frame = UserMessage(id=name, chat_id=chat or name, messages=conversation, params=params)
            reply.sent_at = time.perf_counter()
            await wire.send(encode(frame, Codec.MSGPACK))
            try:
                while True:
                    said = decode_daemon(await wire.recv(), Codec.MSGPACK)
                    if isinstance(said, Error):
                        raise RuntimeError(f"{said.code}: {said.message}")
                    if not isinstance(said, AiResponse):
                        continue
                    if said.tokens:
                        reply.arrivals.append(time.perf_counter())
                        reply.counts.append(len(said.tokens))
                    reply.tokens += len(said.tokens)
                    reply.text += said.text
                    if said.done:
                        assert said.usage
                        reply.prompt_tokens = said.usage.prompt_tokens
                        reply.cached_tokens = said.usage.cached_tokens
                        return reply
            except asyncio.CancelledError:
                await wire.send(encode(Cancel(id=name), Codec.MSGPACK))
                raise


class HttpServer:
    """One that speaks OpenAI's way: HTTP with server-sent events. `special` goes into every request."""

    def __init__(self, name: str, address: str, special: Mapping[str, Any]) -> None:
        parts = urlsplit(address)
        self.name = name
        self._host, self._port = parts.hostname, parts.port
        self._special = special

    async def ask(self, messages: list[tuple[str, str]], tokens: int, reply: Reply, chat: str = "") -> Reply:
        del chat
        body = {
            "messages": [{"role": role, "content": text} for role, text in messages],
            "max_tokens": tokens,
            "stream": True,
            "temperature": SAMPLING.temperature,
            "top_p": SAMPLING.top_p,
            "top_k": SAMPLING.top_k,
            "min_p": SAMPLING.min_p,
            "seed": 1,
            **self._special,
        }
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=MAX_FRAME_BYTES)
        try:
            data = json.dumps(body).encode()
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            reply.sent_at = time.perf_counter()
            writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
            while line := await reader.readline():
                if line.startswith(b"data: [DONE]"):
                    return reply
                if line.startswith(b"data: "):
                    self._take(json.loads(line[6:]), reply)
                elif line.startswith(b'{"error"'):
                    raise RuntimeError(line.decode())
            raise RuntimeError(f"the {self.name} closed the connection")
        finally:
            writer.close()

    def _take(self, said: dict[str, Any], reply: Reply) -> None:
        text = "".join(choice["delta"].get("content") or "" for choice in said.get("choices", ()))
        if text:
            reply.arrivals.append(time.perf_counter())
            reply.counts.append(1)  # both servers send each token by itself, and llama-cpp-python's tells no numbers
            reply.text += text
            reply.tokens += 1
        if timings := said.get("timings"):
            reply.tokens = timings["predicted_n"]
            reply.cached_tokens = timings["cache_n"]
            reply.prompt_tokens = timings["cache_n"] + timings["prompt_n"]


class BareLoop:
    """A loop over `llama_decode` with the same sampling in a process of its own, told over its standard input."""

    name = "bare loop"

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def rate(self, streams: int, tokens: int) -> float:
        """Tokens per second of so many answers together, from their prompts on."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{streams} {tokens}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@contextmanager
def daemon(model: Path, slots: int, context: int, directory: Path, threads: int, attention: str) -> Iterator[Daemon]:
    """Our daemon, ready."""
    config = directory / "daemon.toml"
    config.write_text(f'[engine]\nattention = "{attention}"\n')
    command = [
        sys.executable, "-m", "llamachat_daemon", "serve", "--port", "0", "--data-dir", str(directory),
        "--model", str(model), "--slots", str(slots), "--context", str(context), "--log-level", "warning",
        "--threads", str(threads), "--config", str(config),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield Daemon(process.stdout.readline().split()[2].rstrip(","))
        finally:
            process.terminate()


@contextmanager
def cpp_server(python: str, model: Path, slots: int, context: int) -> Iterator[HttpServer]:
    """llama.cpp's server with its defaults, ready; `python` is an interpreter that has xllamacpp."""
    command = [python, "-c", CPP_SERVER, str(model), str(slots), str(context)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().strip()
            special = {"ignore_eos": True, "cache_prompt": True, "stream_options": {"include_usage": True}}
            yield HttpServer("C++ server", address, special)
        finally:
            process.terminate()


@contextmanager
def python_server(python: str, model: Path, context: int) -> Iterator[HttpServer]:
    """llama-cpp-python's server with its defaults, ready; `python` is an interpreter that has it. It answers one
    question at a time."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        python, "-m", "llama_cpp.server", "--model", str(model), "--port", str(port), "--n_ctx", str(context),
        "--verbose", "false",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            special = {"logit_bias": {str(END_OF_TURN): -100}}  # it has no ignore_eos
            yield HttpServer("Python server", f"http://127.0.0.1:{port}", special)
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)  # nothing is measured yet
    raise RuntimeError("llama-cpp-python's server does not start: is it installed there with [server]?")


@contextmanager
def bare_loop(model: Path, streams: int, context: int, threads: int) -> Iterator[BareLoop]:
    """The loop with its model loaded."""
    from llamachat_daemon.pipe.launch import OPENMP_DEFAULTS

    command = [sys.executable, "-m", "benchmarks.bare_loop", str(model), str(streams), str(context), str(threads)]
    environment = {**OPENMP_DEFAULTS, **os.environ}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield BareLoop(process)
        finally:
            process.terminate()


@contextmanager
def busy_process() -> Iterator[None]:
    """Another process that keeps one core busy, as long as this one is there."""
    program = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        try:
            yield
        finally:
            process.terminate()
