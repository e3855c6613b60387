"""The layer over llama.cpp, on a real (tiny) model: what it computes, and that no mistake ends the process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from llamachat_daemon.engine.llama import (
    MAX_CELLS,
    Candidates,
    Context,
    ContextOptions,
    Decoded,
    Grammar,
    GrammarError,
    LlamaError,
    LoadError,
    Model,
    Truncation,
    grammar_of_schema,
)

OPTIONS = ContextOptions(cells=512, sequences=4, batch_rows=64, threads=1, unified=True)


@pytest.fixture
def context(model: Model) -> Iterator[Context]:
    made = Context(model, OPTIONS)
    yield made
    made.free()


def feed(context: Context, ids: list[int], position: int = 0, sequence: int = 0) -> Decoded:
    context.batch.clear()
    context.batch.add(np.array(ids, dtype=np.int32), position, sequence, logits=True)
    return context.decode()


def test_the_model_tells_its_sizes(model: Model) -> None:
    assert model.vocabulary.size == 512
    assert model.training_context == 4096
    assert model.quantization == "Q8_0"
    assert model.metadata("general.name") == "random weights"
    assert model.metadata("no.such.key") is None
    assert "im_start" in (model.chat_template or "")
    assert model.can_drop_parts
    assert model.has_decoder


@pytest.mark.parametrize("text", ["", "Hello there", "Grüße 😀 你好", "a\x00b", "<|im_end|>", "\ud800"])
def test_tokens_stand_for_their_text_and_control_tokens_are_not_read_in_it(model: Model, text: str) -> None:
    ids = model.vocabulary.tokenise(text).tolist()
    assert b"".join(map(model.vocabulary.piece, ids)) == text.encode("utf-8", "replace")
    assert all(model.vocabulary.ordinary[ids])


def test_control_tokens_are_known_and_have_no_text_of_their_own(model: Model) -> None:
    vocabulary = model.vocabulary
    assert np.flatnonzero(vocabulary.special).tolist() == [0, 1, 2]
    assert np.flatnonzero(vocabulary.end_of_generation).tolist() == [2]
    assert vocabulary.text(2) == "<|im_end|>"
    assert vocabulary.piece(2) == b""
    assert vocabulary.text_of_special("bos") == "<|im_start|>"
    assert vocabulary.beginning is None


@pytest.mark.parametrize("token", [-1, 512, 2**31])
def test_an_id_that_does_not_exist_is_an_error(model: Model, token: int) -> None:
    for ask in (model.vocabulary.piece, model.vocabulary.text):
        with pytest.raises(LlamaError):
            ask(token)


def test_sequences_in_one_batch_do_not_see_each_other(context: Context) -> None:
    feed(context, [10, 11, 12], sequence=0)
    alone = context.logits()[0].copy()
    context.forget(0)
    context.batch.clear()
    context.batch.add(np.array([20, 21], dtype=np.int32), 0, 1, logits=True)
    context.batch.add(np.array([10, 11, 12], dtype=np.int32), 0, 0, logits=True)
    assert context.decode() is Decoded.DONE
    assert np.array_equal(context.logits()[1], alone)
    assert context.last_position(0) == 2
    assert context.last_position(1) == 1


def test_a_shared_beginning_is_as_good_as_one_that_was_fed(context: Context) -> None:
    feed(context, [10, 11, 12, 13], sequence=0)
    wanted = context.logits()[0].copy()
    context.share(0, 2, 3)
    feed(context, [13], position=3, sequence=2)
    assert np.allclose(context.logits()[0], wanted, atol=1e-3)
    assert context.forget(0, 2)
    assert context.last_position(0) == 1
    assert context.last_position(2) == 3


def test_what_was_saved_and_loaded_is_as_good_as_what_was_fed(context: Context) -> None:
    feed(context, [10, 11, 12], sequence=0)
    state = context.save(0)
    feed(context, [13], position=3, sequence=0)
    wanted = context.logits()[0].copy()
    assert state is not None
    context.forget(0)
    feed(context, [40, 41], sequence=1)
    assert context.load(2, state)
    assert context.last_position(2) == 2
    feed(context, [13], position=3, sequence=2)
    assert np.allclose(context.logits()[0], wanted, atol=1e-3)
    assert context.forget(2, 1)
    assert context.last_position(2) == 0


def test_what_has_no_room_in_the_cache_is_not_loaded(context: Context) -> None:
    feed(context, [10] * 60, sequence=0)
    state = context.save(0)
    assert state is not None
    for start in range(0, 448, 64):
        feed(context, [10] * 64, position=start, sequence=1)
    context.forget(0)
    assert not context.load(0, state[:-1])
    feed(context, [11] * 60, sequence=2)
    assert not context.load(0, state)
    assert context.last_position(0) == -1
    assert context.last_position(1) == 447
    context.forget(2)
    assert context.load(0, state)


def test_a_full_cache_says_so_and_stays_as_it_was(context: Context) -> None:
    for start in range(0, 512, 64):
        assert feed(context, [10] * 64, position=start) is Decoded.DONE
    assert feed(context, [10], sequence=1) is Decoded.NO_ROOM
    assert context.last_position(0) == 511
    assert context.last_position(1) == -1
    context.forget(0)
    assert feed(context, [10], sequence=1) is Decoded.DONE


def test_a_decode_that_is_told_to_stop_stops(context: Context) -> None:
    context.stop_decoding(True)
    assert feed(context, [10] * 20) is Decoded.ABORTED
    assert context.last_position(0) == -1
    context.stop_decoding(False)
    assert feed(context, [10] * 20) is Decoded.DONE


def test_what_c_would_not_survive_is_an_error_here(context: Context, model: Model) -> None:
    batch = context.batch
    batch.clear()
    with pytest.raises(LlamaError, match="1 to 64 rows"):
        context.decode()
    with pytest.raises(LlamaError, match="cannot take"):
        batch.add(np.zeros(65, dtype=np.int32), 0, 0, logits=False)
    for ids, sequence in (([512], 0), ([-1], 0), ([5], 4), ([5], -1)):
        with pytest.raises(LlamaError):
            feed(context, ids, sequence=sequence)
    batch.clear()
    batch.add(np.array([5], dtype=np.int32), 0, 0, logits=False)
    context.decode()
    with pytest.raises(LlamaError, match="no logits"):
        context.logits()
    batch.clear()
    for position in range(5):
        batch.add(np.array([5], dtype=np.int32), position, 1, logits=True)
    with pytest.raises(LlamaError, match="rows of logits"):
        context.decode()
    for sequence in (-1, 4):
        for use in (context.forget, context.last_position, context.save, lambda bad: context.share(bad, 0, 1)):
            with pytest.raises(LlamaError):
                use(sequence)  # type: ignore[operator]
    with pytest.raises(LlamaError):
        context.share(0, 1, 0)
    with pytest.raises(LoadError):
        Context(model, ContextOptions(cells=512, sequences=300, batch_rows=64, threads=1, unified=True))
    for cells in (0, MAX_CELLS + 1, 2**31, 2**40):
        with pytest.raises(LoadError, match="A cache can hold"):
            Context(model, ContextOptions(cells=cells, sequences=2, batch_rows=64, threads=1, unified=True))


def test_a_file_that_is_no_model_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(LoadError, match=r"no\.gguf"):
        Model.load(path, gpu_layers=0, progress=lambda _: None)


def test_truncation_leaves_the_likely(model: Model) -> None:
    candidates = Candidates(6)
    logits = np.log(np.array([0.4, 0.05, 0.3, 0.05, 0.15, 0.05], dtype=np.float32))

    def left(truncation: Truncation) -> list[int]:
        return sorted(candidates.truncate(logits, truncation)[0].tolist())

    assert left(Truncation(3, 1.0, 0.0)) == [0, 2, 4]
    assert left(Truncation(0, 0.6, 0.0)) == [0, 2]
    assert left(Truncation(0, 1.0, 0.3)) == [0, 2, 4]
    assert left(Truncation(0, 0.0, 0.0)) == [0]
    assert left(Truncation(0, 1.0, 0.0)) == [0, 1, 2, 3, 4, 5]
    assert left(Truncation(1_000_000, 1.0, 1.0)) == [0]


def test_a_grammar_allows_and_accepts_what_it_describes(model: Model) -> None:
    vocabulary = model.vocabulary
    grammar = Grammar(vocabulary, 'root ::= "a" [0-9]')
    every = np.arange(vocabulary.size, dtype=np.int32)
    letter = int(vocabulary.tokenise("a")[0])
    digit = int(vocabulary.tokenise("7")[0])
    assert set(every[grammar.allowed(every)].tolist()) >= {letter}
    for wrong in (digit, 2):
        with pytest.raises(GrammarError):
            grammar.accept(wrong)
    grammar.accept(letter)
    grammar.accept(digit)
    assert every[grammar.allowed(every)].tolist() == [2]
    with pytest.raises(GrammarError):
        grammar.accept(2)


@pytest.mark.parametrize(
    "text", ["", " ", 'x ::= "a"', "root ::= missing", "root ::= (", 'root ::= root "a"', "\x00", 'root ::= "a"\x00b']
)
def test_a_grammar_that_cannot_be_used_is_an_error(model: Model, text: str) -> None:
    with pytest.raises(GrammarError):
        Grammar(model.vocabulary, text)


def test_a_schema_becomes_a_grammar_or_an_error(model: Model) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    Grammar(model.vocabulary, grammar_of_schema(schema))
    for wrong in ({"type": "nonsense"}, {"$ref": "https://example.com/schema"}, {"properties": 5}):
        with pytest.raises(GrammarError):
            grammar_of_schema(wrong)
