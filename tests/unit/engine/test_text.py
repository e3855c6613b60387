from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.engine.text import TextStream, decode

letters = st.text("ab😀é<", max_size=30)
stops = st.lists(st.text("ab😀é<", min_size=1, max_size=4), max_size=3)


def run(pieces: list[bytes], wanted: list[str], skip: int = 0) -> tuple[str, bool]:
    stream = TextStream(wanted, skip=skip)
    text = stream.feed_all(pieces)
    return text + stream.finish(), stream.stopped


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(st.binary(max_size=40), st.lists(st.integers(0, 1000)), stops)
def test_the_text_does_not_depend_on_how_the_bytes_are_cut(data: bytes, places: list[int], wanted: list[str]) -> None:
    assert run(cut(data, places), wanted) == run([data], wanted) == run([bytes([byte]) for byte in data], wanted)


@given(letters, st.lists(st.integers(0, 1000)))
def test_without_stops_all_text_comes_out(text: str, places: list[int]) -> None:
    assert run(cut(text.encode(), places), []) == (text, False)


@given(letters, stops, st.lists(st.integers(0, 1000)))
def test_a_stop_string_never_comes_out(text: str, wanted: list[str], places: list[int]) -> None:
    out, stopped = run(cut(text.encode(), places), wanted)
    assert stopped == any(stop in text for stop in wanted)
    assert text.startswith(out)
    assert not any(stop in out for stop in wanted)


@given(letters, stops, st.lists(st.integers(0, 1000)), st.integers(0, 40))
def test_skipping_takes_code_points_off_the_front_only(
    text: str, wanted: list[str], places: list[int], skip: int
) -> None:
    whole, _ = run(cut(text.encode(), places), wanted)
    assert run(cut(text.encode(), places), wanted, skip)[0] == whole[skip:]


def test_a_character_comes_out_when_its_last_byte_is_there() -> None:
    stream = TextStream()
    assert [stream.feed(bytes([byte])) for byte in "😀".encode()] == ["", "", "", "😀"]


def test_an_incomplete_character_at_the_end_becomes_one_replacement() -> None:
    stream = TextStream()
    assert stream.feed(b"a\xf0\x9f\x98") == "a"
    assert stream.finish() == "\ufffd"
    assert decode([b"a\xf0\x9f", b"\x98"]) == "a\ufffd"


def test_what_may_become_a_stop_string_is_held_back_and_no_more() -> None:
    stream = TextStream(["</end>"])
    assert stream.feed(b"so</") == "so"
    assert stream.feed(b"en") == ""
    assert stream.feed(b"x") == "</enx"
    assert stream.feed(b"<") == ""
    assert stream.finish() == "<"


def test_of_two_stop_strings_the_one_that_is_complete_first_counts() -> None:
    assert run([b"xabcd"], ["abcd", "bc"]) == ("xa", True)
    assert run([b"x", b"a", b"b", b"c", b"d"], ["abcd", "bc"]) == ("xa", True)
    assert run([b"xabc"], ["bc", "abc"]) == ("x", True)


def test_nothing_comes_out_behind_a_stop_string() -> None:
    stream = TextStream(["."])
    assert stream.feed(b"One. Two.") == "One"
    assert stream.stopped
    assert stream.feed(b"more") == ""
    assert stream.finish() == ""
