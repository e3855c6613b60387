"""A whole client in sixty lines: stream, cancel, resume, continue, send twice. Needs only websockets and msgpack.

Run it against a daemon:  python minimal_client.py ws://127.0.0.1:13000/chat
"""

import asyncio
import sys
import uuid

import msgpack
import websockets

QUESTION = [{"role": "user", "content": "Give me the tour."}]


class Daemon:
    def __init__(self, url):
        self.connecting = websockets.connect(url, subprotocols=["llamachat.v1.msgpack"], max_size=4 * 1024 * 1024)

    async def __aenter__(self):
        self.socket = await self.connecting
        self.hello = msgpack.unpackb(await self.socket.recv())
        return self

    async def __aexit__(self, *error):
        await self.socket.close()

    async def send(self, type, **fields):
        await self.socket.send(msgpack.packb({"type": type, **fields}))

    async def follow(self, id, text="", tokens=(), stop_at=None):
        """The answer from what is already held; every piece must begin where the last one ended."""
        tokens = list(tokens)
        while True:
            frame = msgpack.unpackb(await self.socket.recv())
            if frame["type"] == "error":
                raise RuntimeError(f"{frame['code']}: {frame['message']}")
            if frame["type"] != "ai_response" or frame["id"] != id:
                continue
            assert (frame["offset"], frame["token_offset"]) == (len(text), len(tokens)), "a gap or a repetition"
            text, tokens = text + frame["text"], tokens + frame["tokens"]
            if frame.get("done") or (stop_at is not None and len(text) >= stop_at):
                return text, tokens, frame


async def main(url):
    ask = {"chat_id": "example", "messages": QUESTION, "params": {"temperature": 0}}
    first, second, third = (uuid.uuid4().hex for _ in range(3))
    async with Daemon(url) as daemon:
        await daemon.send("user_message", id=first, **ask)
        part, part_tokens, frame = await daemon.follow(first, stop_at=60)
        print(f"got {len(part)} characters from {frame['model']}, then the connection is dropped")
    async with Daemon(url) as daemon:
        await daemon.send("attach", id=first, offset=len(part), token_offset=len(part_tokens))
        whole, token_ids, done = await daemon.follow(first, part, part_tokens)
        print(f"resumed: {len(whole)} characters, {len(token_ids)} tokens, {done['finish_reason']}")
        await daemon.send("user_message", id=first, **ask)
        again, _, repeated = await daemon.follow(first)
        print(
            f"sent twice: {'the kept answer' if (again, repeated['timings']) == (whole, done['timings']) else 'FAILED'}"
        )
        prefix = {"prefix": part, "prefix_tokens": part_tokens, "fingerprint": frame["fingerprint"]}
        await daemon.send("user_message", id=second, message_id=first, **prefix, **ask)
        continued, _, _ = await daemon.follow(second, part)
        print(f"continued from its tokens: {'the same answer' if continued == whole else 'FAILED'}")
        await daemon.send("user_message", id=third, **ask)
        held = await daemon.follow(third, stop_at=20)
        await daemon.send("cancel", id=third)
        text, _, ended = await daemon.follow(third, *held[:2])
        print(f"cancelled after {len(text)} of {len(whole)} characters: {ended['finish_reason']}")


asyncio.run(main(sys.argv[1]))
