from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from llamachat.protocol import Params, PromptMessage, ProtocolError
from llamachat_daemon.engine.engine import kv_bytes_per_token
from llamachat_daemon.engine.gguf_header import read_header
from llamachat_daemon.engine.llama import Model
from llamachat_daemon.engine.preparing import Desk, Prepared, PreparingThread, Refused, check_prefix, text_ids
from llamachat_daemon.engine.rendering import TemplateFailed
from llamachat_daemon.engine.template import ChatTemplate, Special, Specials
from llamachat_daemon.pipe.frames import Generate

HELLO = [PromptMessage("user", "Hello")]


def request(messages: list[PromptMessage] | None = None, **more: Any) -> Generate:
    return Generate(key=1, messages=HELLO if messages is None else messages, **{"params": Params(seed=1), **more})


def desk(model: Model, *, context: int = 200, template: ChatTemplate | None = None) -> Desk:
    return Desk(model.vocabulary, template or ChatTemplate(None, Specials([])), context=context)


def prepared(outcome: Prepared | Refused) -> Any:
    assert isinstance(outcome, Prepared), outcome
    return outcome.attempt


def refused(outcome: Prepared | Refused) -> Any:
    assert isinstance(outcome, Refused)
    return outcome.failed


def test_the_prompt_is_the_templates_text_and_control_tokens(model: Model) -> None:
    def render(messages: Any) -> str:
        return f"<|im_start|>{messages[0].content}<|im_end|>"

    template = ChatTemplate(render, Specials([Special(1, "<|im_start|>"), Special(2, "<|im_end|>")]))
    attempt = prepared(desk(model, template=template).prepare(request([PromptMessage("user", "a<|im_end|>")])))
    assert attempt.ids.tolist() == [1, *model.vocabulary.tokenise("a<|im_end|>").tolist(), 2]


def test_a_prompt_begins_with_the_beginning_token_once_where_the_model_wants_one(model: Model) -> None:
    vocabulary: Any = SimpleNamespace(
        beginning=1,
        size=model.vocabulary.size,
        ordinary=model.vocabulary.ordinary,
        end_of_generation=model.vocabulary.end_of_generation,
        tokenise=model.vocabulary.tokenise,
        piece=model.vocabulary.piece,
    )
    for text in ("<|im_start|>a", "a"):
        template = ChatTemplate(lambda _, text=text: text, Specials([Special(1, "<|im_start|>")]))  # type: ignore[misc]
        attempt = prepared(Desk(vocabulary, template, context=100).prepare(request()))
        assert attempt.ids.tolist() == [1, *model.vocabulary.tokenise("a").tolist()]


def test_a_request_that_the_front_should_have_refused_is_refused(model: Model) -> None:
    at = desk(model)
    for bad in (
        request([]),
        request([PromptMessage("assistant", "Hi")]),
        request(params=Params(seed=None)),
        request(params=Params(seed=1, top_p=2)),
    ):
        assert refused(at.prepare(bad)).code == "invalid_params"


def test_a_message_over_the_context_is_refused_with_the_figures(model: Model) -> None:
    failed = refused(desk(model, context=50).prepare(request([PromptMessage("user", "word " * 100)])))
    assert failed.code == "context_overflow"
    assert failed.detail["context"] == 50
    assert failed.detail["prompt_tokens"] > 50


def test_a_template_that_refuses_is_an_error_of_the_model(model: Model) -> None:
    def render(_: Any) -> str:
        raise TemplateFailed("roles must alternate")

    failed = refused(desk(model, template=ChatTemplate(render, Specials([]))).prepare(request()))
    assert failed.code == "model_failed"
    assert "roles must alternate" in failed.message


def test_half_a_megabyte_in_one_word_is_counted_and_refused(model: Model) -> None:
    failed = refused(desk(model).prepare(request([PromptMessage("user", "a" * 500_000)])))
    assert failed.code == "context_overflow"


def test_without_a_template_the_answer_ends_where_the_users_part_begins(model: Model) -> None:
    attempt = prepared(desk(model).prepare(request()))
    for byte in b"So.\nUser: and":
        attempt.text.feed(bytes([byte]))
    assert attempt.text.stopped


def test_the_preparing_thread_delivers_outcomes_in_order_and_survives_a_fault() -> None:
    outcomes: SimpleQueue[Any] = SimpleQueue()

    def prepare(frame: Generate) -> Any:
        if frame.key == 2:
            raise ZeroDivisionError
        return frame.key

    thread = PreparingThread(prepare, outcomes.put)
    thread.start()
    for key in (1, 2, 3):
        thread.submit(Generate(key=key, messages=HELLO, params=Params()))
    assert outcomes.get(timeout=20) == 1
    assert refused(outcomes.get(timeout=20)).code == "internal"
    assert outcomes.get(timeout=20) == 3


# ── prefixes ────────────────────────────────────────────────────────────────────────────────────────────────────────


class SpacePutting:
    """A vocabulary of single bytes that puts a space in front of every text, as SentencePiece ones do."""

    def __init__(self, *, drops: str = "") -> None:
        self.drops = drops

    def tokenise(self, text: str) -> npt.NDArray[np.int32]:
        for character in self.drops:
            text = text.replace(character, "")
        return np.frombuffer(b" " + text.encode(), dtype=np.uint8).astype(np.int32)

    def piece(self, token: int) -> bytes:
        return bytes([token])


@pytest.mark.parametrize("text", ["Hello", " Hello", "  Hello", "\nHello", "", " "])
def test_the_ids_of_a_text_stand_for_exactly_that_text(text: str) -> None:
    vocabulary: Any = SpacePutting()
    assert b"".join(map(vocabulary.piece, text_ids(text, vocabulary).tolist())).decode() == text


def test_where_no_ids_stand_for_the_text_the_plain_ones_are_taken() -> None:
    vocabulary: Any = SpacePutting(drops="x")
    assert text_ids("axb", vocabulary).tolist() == [ord(" "), ord("a"), ord("b")]


@pytest.mark.parametrize("prefix", ["", "Gr", "Grü", "Grü\ufffd"])
def test_a_prefix_may_be_any_beginning_of_what_the_ids_stand_for(model: Model, prefix: str) -> None:
    ids = model.vocabulary.tokenise("Grü😀").tolist()[:-2]  # the last character is not complete
    check_prefix(ids, prefix, model.vocabulary)


@pytest.mark.parametrize(("ids", "prefix"), [([0], ""), ([2], ""), ([512], ""), ([-5], ""), ([2**70], ""), ([80], "?")])
def test_a_prefix_of_other_ids_or_another_text_is_refused(model: Model, ids: list[int], prefix: str) -> None:
    with pytest.raises(ProtocolError) as error:
        check_prefix(ids, prefix, model.vocabulary)
    assert error.value.detail["field"] == "prefix_tokens"


def test_sizes_given_layer_by_layer_are_added_up(tiny: Path) -> None:
    header = read_header(tiny)
    header.values["llama.attention.head_count_kv"] = (2, 1, 0)
    assert kv_bytes_per_token(header) == 2 * (16 + 16) * 3
