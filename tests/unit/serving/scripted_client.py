"""A client whose every frame the test sends and takes, on a connection without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from llamachat.protocol import (
    AiResponse,
    AnyDaemonFrame,
    ClientFrame,
    Codec,
    Error,
    Hello,
    Principal,
    UserMessage,
    decode_daemon,
    encode,
)
from llamachat.protocol.frames import Params, PromptMessage
from llamachat_daemon.serving.node import Node
from llamachat_daemon.serving.session import ClientSession
from tests.unit.serving.scripted_worker import PATIENCE_S

_Frame = TypeVar("_Frame")


class ScriptedConnection:
    """Both directions in memory. While `gate` is closed, the socket takes nothing: `send` waits."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.closed: tuple[int, str] | None = None
        self.gone = False
        self.sent: asyncio.Queue[bytes | str] = asyncio.Queue()
        self._incoming: asyncio.Queue[bytes | str | None] = asyncio.Queue()

    async def send(self, data: bytes | str) -> None:
        await self.gate.wait()
        if self.gone:
            raise ConnectionResetError("gone")
        self.sent.put_nowait(data)

    async def close(self, code: int, reason: str) -> None:
        self.closed = code, reason
        self._incoming.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[bytes | str]:
        while (data := await self._incoming.get()) is not None:
            yield data

    def put(self, data: bytes | str | None) -> None:
        self._incoming.put_nowait(data)


class ScriptedClient:
    """A connection with its session running; to be used as a context."""

    def __init__(self, node: Node, principal: Principal | None = None, codec: Codec = Codec.MSGPACK) -> None:
        self.codec = codec
        self.connection = ScriptedConnection()
        self.session = ClientSession(node, principal or Principal("ann", admin=False), codec, self.connection)
        self.task: asyncio.Task[None]

    async def __aenter__(self) -> ScriptedClient:
        self.task = asyncio.create_task(self.session.run())
        assert isinstance(await self.take(), Hello)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.vanish()
        await asyncio.wait_for(self.task, PATIENCE_S)

    def vanish(self) -> None:
        """The connection is cut."""
        self.connection.gone = True
        self.connection.gate.set()
        self.connection.put(None)

    def send(self, frame: ClientFrame) -> None:
        self.connection.put(encode(frame, self.codec))

    def send_raw(self, data: bytes | str) -> None:
        self.connection.put(data)

    def ask(self, attempt_id: str, **fields: Any) -> UserMessage:
        """Sends a question; `seed` and the other parameters are given in `params`."""
        values = {"chat_id": "chat", "messages": [PromptMessage("user", "hello")], "params": Params(seed=7), **fields}
        frame = UserMessage(id=attempt_id, **values)
        self.send(frame)
        return frame

    async def take(self) -> AnyDaemonFrame:
        """The next frame from the daemon."""
        async with asyncio.timeout(PATIENCE_S):
            return decode_daemon(await self.connection.sent.get(), self.codec)

    async def expect(self, kind: type[_Frame]) -> _Frame:
        """The next frame, which must be of this kind."""
        frame = await self.take()
        assert isinstance(frame, kind), frame
        return frame

    async def until(self, kind: type[_Frame]) -> _Frame:
        """The next frame of this kind; others are passed over."""
        while not isinstance(frame := await self.take(), kind):
            pass
        return frame

    async def follow(self, attempt_id: str, text: str = "", tokens: tuple[int, ...] = ()) -> Followed:
        """The answer to its end; every piece must begin where the last one ended."""
        followed = Followed(text, list(tokens))
        while not followed.over:
            frame = await self.take()
            if isinstance(frame, AiResponse | Error) and frame.id == attempt_id:
                followed.add(frame)
        return followed


class Followed:
    """What a client knows of one answer."""

    def __init__(self, text: str, tokens: list[int]) -> None:
        self.text = text
        self.tokens = tokens
        self.frames: list[AiResponse] = []
        self.done: AiResponse | None = None
        self.error: Error | None = None

    @property
    def over(self) -> bool:
        return self.done is not None or self.error is not None

    @property
    def last(self) -> AiResponse:
        assert self.done is not None, self.error
        return self.done

    def add(self, frame: AiResponse | Error) -> None:
        if isinstance(frame, Error):
            self.error = frame
            return
        assert (frame.offset, frame.token_offset) == (len(self.text), len(self.tokens))
        self.text += frame.text
        self.tokens += frame.tokens
        self.frames.append(frame)
        if frame.done:
            self.done = frame
