"""What the next frame for a reader is, as a function of the record, the offsets and the time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamachat.protocol import (
    MAX_FRAME_BYTES,
    AiResponse,
    Codec,
    Cost,
    DaemonFrame,
    PromptMessage,
    Queued,
    Usage,
    UserMessage,
    decode_daemon,
)
from llamachat_daemon.pipe.frames import Produced, Started
from llamachat_daemon.serving.generations import Generation
from llamachat_daemon.serving.outbox import Outbox
from llamachat_daemon.serving.streams import COALESCE_S, MAX_TEXT_CHARACTERS, Stream


class Books:
    """Keeps none."""

    def first_token(self, generation: Generation) -> None:
        pass

    def ended(self, generation: Generation) -> None:
        pass

    def price(self, generation: Generation, usage: Usage) -> Cost | None:
        return None


def generation(prefix: str = "", **fields: Any) -> Generation:
    frame = UserMessage(id="a", chat_id="c", messages=[PromptMessage("user", "x")], prefix=prefix, **fields)
    made = Generation(1, "ann", frame, "tiny", digest=b"", observer=Books(), clock=lambda: 1.0)
    made.dispatched()
    made.sent("f")
    return made


def stream(made: Generation, offset: int = 0, token_offset: int = 0) -> Stream:
    return Stream(made, "box", lambda: None, offset=offset, token_offset=token_offset)


def started(*ids: int) -> Started:
    return Started(key=1, prompt_tokens=1, cached_tokens=0, dropped_messages=0, prefix_tokens=list(ids))


def drain(reader: Stream, now: float = 100.0) -> list[AiResponse]:
    """Every piece that comes when there is time enough."""
    found = []
    while not reader.over and (frame := reader.next(now)) is not None:
        if isinstance(frame, AiResponse):
            found.append(frame)
        now = frame if isinstance(frame, float) else now + 1
    return found


def test_the_first_text_goes_at_once_the_next_only_after_a_while():
    made = generation()
    reader = stream(made)
    made.produced(Produced(key=1, tokens=[1], text=""))
    assert isinstance(reader.next(10.0), AiResponse)  # an id without text
    made.produced(Produced(key=1, tokens=[2], text="a"))
    first = reader.next(10.0)
    assert isinstance(first, AiResponse)
    assert first.text == "a"
    made.produced(Produced(key=1, tokens=[3], text="b"))
    assert reader.next(10.001) == 10.0 + COALESCE_S
    made.produced(Produced(key=1, tokens=[4], text="c"))
    piece = reader.next(10.0 + COALESCE_S)
    assert isinstance(piece, AiResponse)
    assert (piece.text, piece.tokens) == ("bc", [3, 4])
    assert reader.next(99.0) is None


def test_done_follows_the_last_text_at_once_and_comes_once():
    made = generation()
    reader = stream(made)
    made.produced(Produced(key=1, tokens=[1], text="a"))
    made.finish("stop")
    assert isinstance(reader.next(10.0), AiResponse)
    last = reader.next(10.0)
    assert isinstance(last, AiResponse)
    assert (last.done, last.text, last.offset, last.message) == (True, "", 1, "a")
    assert reader.over
    assert reader.next(11.0) is None


def test_a_waiting_reader_is_told_its_position_again_only_when_it_moves():
    frame = UserMessage(id="a", chat_id="c", messages=[PromptMessage("user", "x")])
    made = Generation(1, "ann", frame, "tiny", digest=b"", observer=Books(), clock=lambda: 1.0)
    reader = stream(made)
    assert reader.next(1.0) is None
    made.waits_at(3, 5, None)
    assert reader.next(1.0) == Queued(id="a", position=3, depth=5)
    made.waits_at(3, 4, 100.0)
    assert reader.next(2.0) is None
    made.waits_at(2, 4, 50.0)
    assert reader.next(2.0) == Queued(id="a", position=2, depth=4, eta_ms=50.0)


def test_the_ids_of_a_prefix_come_first_and_without_text_also_when_text_is_there_already():
    made = generation("Hello")
    made.started(started(1, 2))
    made.produced(Produced(key=1, tokens=[3], text="!"))
    frames = drain(stream(made, offset=5))
    assert [(frame.offset, frame.text, frame.token_offset, frame.tokens) for frame in frames] == [
        (5, "", 0, [1, 2]),
        (5, "!", 2, [3]),
    ]


def test_a_reader_from_the_very_beginning_gets_the_prefix_too():
    made = generation("Hello")
    made.started(started(1, 2))
    made.produced(Produced(key=1, tokens=[3], text="!"))
    assert "".join(frame.text for frame in drain(stream(made))) == "Hello!"


@settings(deadline=None)
@given(
    st.text(max_size=3),
    st.lists(st.tuples(st.text(max_size=3), st.lists(st.integers(0, 9), max_size=2)), max_size=8),
    st.lists(st.booleans(), max_size=30),
    st.data(),
)
def test_from_any_offsets_and_at_any_pace_the_pieces_make_up_the_rest(prefix, steps, asked, data):
    made = generation(prefix)
    made.started(started(*range(len(prefix))))
    begun = data.draw(st.integers(0, len(steps)))
    for text, tokens in steps[:begun]:
        made.produced(Produced(key=1, tokens=tokens, text=text))
    offset = data.draw(st.integers(0, made.record.length))
    token_offset = data.draw(st.integers(0, made.record.token_count))
    reader = stream(made, offset, token_offset)
    now, frames = 1.0, []
    for index, (text, tokens) in enumerate(steps[begun:]):
        made.produced(Produced(key=1, tokens=tokens, text=text))
        if index < len(asked) and asked[index]:
            now += 0.007
            frames += [found for found in [reader.next(now)] if isinstance(found, AiResponse)]
    made.finish("length")
    frames += drain(reader, now)
    text, ids = made.record.text()[:offset], made.record.tokens()[:token_offset]
    for frame in frames:
        assert (frame.offset, frame.token_offset) == (len(text), len(ids))
        text += frame.text
        ids += frame.tokens
    assert (text, ids) == (made.record.text(), made.record.tokens())
    assert [frame.done for frame in frames] == [False] * (len(frames) - 1) + [True]


class Wire:
    """A sink that keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[bytes | str] = []

    async def send(self, data: bytes | str) -> None:
        self.sent.append(data)


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("character", ["\x01", "👋"])
async def test_no_frame_is_larger_than_the_limit_however_long_the_answer(codec: Codec, character: str):
    import asyncio

    made = generation()
    length = 5 * MAX_TEXT_CHARACTERS + 1
    made.produced(Produced(key=1, tokens=[2**31 - 1] * 200_000, text=character * length))
    made.finish("stop")
    wire = Wire()
    outbox = Outbox(wire, codec, lambda: 1.0)
    outbox.add("a", stream(made))
    sending = asyncio.create_task(outbox.run())
    await asyncio.wait_for(outbox.flushed(), 20)
    sending.cancel()
    sizes = [len(data.encode() if isinstance(data, str) else data) for data in wire.sent]
    assert max(sizes) <= MAX_FRAME_BYTES
    frames: list[DaemonFrame] = [decode_daemon(data, codec) for data in wire.sent]
    pieces = [frame for frame in frames if isinstance(frame, AiResponse)]
    assert sum(len(piece.text) for piece in pieces) == length
    assert sum(len(piece.tokens) for piece in pieces) == 200_000
    assert pieces[-1].done
