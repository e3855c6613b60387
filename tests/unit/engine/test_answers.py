from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from llamachat.protocol import PromptMessage
from llamachat_daemon.engine.answers import Answers, Written, splice, written_as
from llamachat_daemon.engine.prefixes import Owner

ANN, BEN = Owner("ann", "c"), Owner("ben", "c")
BYTES = [bytes([value]) for value in range(256)]


def piece(token: int) -> bytes:
    """Ids 0 to 255 are bytes, those behind them words."""
    return BYTES[token] if token < 256 else b"word"


def ids(*values: int) -> npt.NDArray[np.int32]:
    return np.array(values, dtype=np.int32)


def of_text(text: str) -> npt.NDArray[np.int32]:
    return ids(*text.encode())


def text_of(pieces: list[int | str | npt.NDArray[np.int32]]) -> str:
    texts = [each if isinstance(each, str) else "" if isinstance(each, int) else _decode(each) for each in pieces]
    return "".join(texts)


def _decode(tokens: npt.NDArray[np.int32]) -> str:
    return b"".join(map(piece, tokens.tolist())).decode("utf-8", "replace")


def test_an_answer_is_found_by_its_conversation_and_its_text() -> None:
    answers = Answers(100)
    answers.remember(ANN, "word!", ids(300, 33), piece)
    found = answers.find(ANN, "word!")
    assert found is not None
    assert (found.ids.tolist(), found.length) == ([300, 33], 5)
    assert answers.find(BEN, "word!") is None
    assert answers.find(ANN, "word") is None


def test_what_a_stop_string_cut_off_is_no_part_of_what_is_remembered() -> None:
    written = written_as("wordab", ids(300, 97, 300), piece)  # the third id began the stop string
    assert written is not None
    assert (written.ids.tolist(), written.length) == ([300, 97], 5)


def test_ids_that_stand_for_another_text_are_not_remembered() -> None:
    assert written_as("something else", ids(300), piece) is None
    assert written_as("", ids(300), piece) is None


@given(st.lists(st.integers(1, 30), max_size=30))
def test_no_more_ids_are_kept_than_the_limit_and_the_newest_stay(lengths: list[int]) -> None:
    answers = Answers(40)
    texts = ["x" * length + str(number) for number, length in enumerate(lengths)]
    for text in texts:
        answers.remember(ANN, text, of_text(text), piece)
    kept = [text for text in texts if answers.find(ANN, text)]
    assert sum(len(text.encode()) for text in kept) <= 40
    assert texts[len(texts) - len(kept) :] == kept
    if kept != texts:
        assert sum(map(len, kept)) + len(texts[-len(kept) - 1]) > 40


words = st.text(st.sampled_from("ab \n"), min_size=0, max_size=4)


@given(st.lists(st.tuples(words, words), max_size=5), st.lists(st.sampled_from(["user", "assistant"]), min_size=5))
def test_whatever_is_spliced_the_text_stays_the_same(turns: list[tuple[str, str]], roles: list[str]) -> None:
    messages = [PromptMessage(role, text) for role, (text, _) in zip(roles, turns, strict=False)]  # type: ignore[arg-type]
    pieces: list[int | str] = []
    for message, (_, noise) in zip(messages, turns, strict=False):
        pieces += [7, f"{message.role}{noise}{message.content}"]
    answers = Answers(10_000)
    for message in messages:
        answers.remember(ANN, message.content, of_text(message.content), piece)
    spliced = splice(pieces, messages, lambda text: answers.find(ANN, text))
    assert text_of(spliced) == "".join(each for each in pieces if isinstance(each, str))
    assert [each for each in spliced if isinstance(each, int)] == [each for each in pieces if isinstance(each, int)]


def test_an_answers_ids_take_the_place_of_its_text_and_its_head_stays_text() -> None:
    messages = [
        PromptMessage("user", "assistant?"),
        PromptMessage("assistant", "s"),
        PromptMessage("user", "s"),
        PromptMessage("assistant", "word."),
        PromptMessage("user", "go on"),
    ]
    pieces: list[int | str] = []
    for message in messages:
        pieces += [1, f"{message.role}\n{message.content}", 2, "\n"]
    known = {"s": Written(ids(300), 1), "word.": Written(ids(301), 4)}
    spliced = splice(pieces, messages, known.get)
    plain = [each.tolist() if isinstance(each, np.ndarray) else each for each in spliced]
    assert plain[4:8] == [1, "assistant\n", [300], 2]
    assert plain[9:12] == [1, "user\ns", 2]
    assert plain[13:18] == [1, "assistant\n", [301], ".", 2]  # what a stop string cut stays text


def test_a_text_that_the_template_changed_stays_text() -> None:
    messages = [PromptMessage("assistant", " padded "), PromptMessage("user", "go on")]
    pieces: list[int | str] = [1, "assistant\npadded", 2, 1, "user\ngo on", 2]
    assert splice(pieces, messages, lambda _: Written(ids(5), 8)) == pieces
