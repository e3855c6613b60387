"""The file that is shipped, as llama.cpp reads it; only its vocabulary is loaded."""

from collections.abc import Iterator

import pytest
from llama_cpp import Llama

from train.packing import CONTEXT
from train.record import MODEL
from train.template import CHAT_TEMPLATE, CONTROL_TOKENS, TURN_END

SIZE_LIMIT = 6_000_000


@pytest.fixture(scope="module")
def vocabulary() -> Iterator[Llama]:
    llama = Llama(str(MODEL), vocab_only=True, verbose=False)
    yield llama
    llama.close()


def test_it_is_small_enough_to_travel_in_every_installation() -> None:
    assert MODEL.stat().st_size <= SIZE_LIMIT


def test_it_says_what_it_is(vocabulary: Llama) -> None:
    metadata = vocabulary.metadata
    assert metadata["general.name"] == "llamachat guide"
    assert metadata["general.license"] == "mit"
    assert metadata["llama.context_length"] == str(CONTEXT)
    assert metadata["general.description"]


def test_it_carries_the_template_that_it_was_trained_with(vocabulary: Llama) -> None:
    assert vocabulary.metadata["tokenizer.chat_template"] == CHAT_TEMPLATE


def test_a_turn_end_ends_the_generation_and_nothing_is_put_before_a_prompt(vocabulary: Llama) -> None:
    [turn_end] = vocabulary.tokenize(TURN_END.encode(), add_bos=False, special=True)
    assert vocabulary.token_eos() == turn_end
    assert vocabulary.tokenize(b"Hello", add_bos=True) == vocabulary.tokenize(b"Hello", add_bos=False)


def test_markers_are_one_token_as_markup_and_ordinary_characters_as_text(vocabulary: Llama) -> None:
    for marker in CONTROL_TOKENS:
        assert len(vocabulary.tokenize(marker.encode(), add_bos=False, special=True)) == 1
        written = vocabulary.tokenize(marker.encode(), add_bos=False, special=False)
        assert len(written) > 1
        assert vocabulary.detokenize(written).decode() == marker


def test_digits_are_single_tokens_and_any_text_survives_the_way_through_tokens(vocabulary: Llama) -> None:
    assert len(vocabulary.tokenize(b"1234", add_bos=False)) == 4
    for text in ("def f(x):\n    return x  # ünïcode", "привет, 世界 🦙", "\ttabs\r\n\n  and spaces  "):
        assert vocabulary.detokenize(vocabulary.tokenize(text.encode(), add_bos=False)).decode() == text
