import itertools
import random
from collections.abc import Sequence

from train.corpus import Dialogue, Message
from train.packing import CONTEXT
from train.stream import DECIDED_TOKENS, Position, encode_all, singles, stream
from train.template import Segment


class Bytes:
    """A tokeniser of one token for each byte, control tokens being a single negative one."""

    def encode_segments(self, segments: Sequence[Segment]) -> list[list[int]]:
        return [[-1] if segment.control else list(segment.text.encode()) for segment in segments]


def sample(rng: random.Random) -> Dialogue:
    number = rng.randrange(10**6)
    return Dialogue(
        (Message("user", f"q{number}"), Message("assistant", f"a{number}" * rng.randint(1, 9))), kind="fact"
    )


def test_a_stream_resumed_at_a_position_goes_on_as_if_it_had_not_been_interrupted() -> None:
    whole = list(itertools.islice(stream(sample, Bytes(), 7, Position()), 400))
    assert whole[-1][0].block >= 1
    for cut in (1, 57, next(i for i, (at, _) in enumerate(whole) if at.block == 1) + 1, 399):
        resumed = itertools.islice(stream(sample, Bytes(), 7, whole[cut - 1][0]), 400 - cut)
        assert list(resumed) == whole[cut:]


def test_another_seed_gives_another_stream() -> None:
    first, second = (next(stream(sample, Bytes(), seed, Position()))[1] for seed in (1, 2))
    assert first != second


def test_the_model_learns_the_assistants_words_fully_the_users_a_little_and_others_not_at_all() -> None:
    messages = (
        Message("system", "sys"),
        Message("user", "ask"),
        Message("assistant", "call"),
        Message("tool", "out"),
        Message("assistant", "say"),
    )
    [encoded] = encode_all([Dialogue(messages, kind="x")], Bytes())
    tokens = encoded.head + encoded.body
    learned = {
        weight: bytes(t for t, w in zip(tokens.ids, tokens.weights, strict=True) if w == weight and t >= 0)
        for weight in (1.0, 0.3)
    }
    assert learned == {1.0: b"callsay", 0.3: b"ask"}
    assert sum(weight == 1.0 for token, weight in zip(tokens.ids, tokens.weights, strict=True) if token < 0) == 2


def test_the_system_message_is_kept_apart_for_joining() -> None:
    with_system = Dialogue((Message("system", "sys"), Message("user", "a"), Message("assistant", "b")), kind="x")
    without = Dialogue((Message("user", "a"), Message("assistant", "b")), kind="x")
    first, second = encode_all([with_system, without], Bytes())
    assert (first.system, second.system) == ("sys", "")
    assert bytes(t for t in first.head.ids if t >= 0) == b"system\nsys\n"
    assert len(second.head) == 0
    assert first.body == second.body


def test_independent_turns_become_singles_follow_ups_stay_whole_and_others_give_none() -> None:
    system, first, second = (
        Message("system", "s"),
        (Message("user", "a"), Message("assistant", "b")),
        (
            Message("user", "c"),
            Message("assistant", "d"),
        ),
    )
    messages = (system, *first, *second)
    assert [single.messages for single in singles(Dialogue(messages, "fact"))] == [first, second]
    assert singles(Dialogue(messages, "followup")) == [Dialogue(messages, "followup")]
    assert singles(Dialogue(messages, "tool")) == []


def test_a_dialogue_is_decided_some_tokens_into_its_last_answer() -> None:
    long, short = "x" * 100, "y" * 5
    for last in (long, short):
        turns = [Message("user", "a"), Message("assistant", long), Message("user", "b"), Message("assistant", last)]
        [encoded] = encode_all([Dialogue(tuple(turns), kind="x")], Bytes())
        ends = encoded.body.first(encoded.decided)
        assert bytes(token for token in ends.ids if token >= 0).endswith(
            last[:DECIDED_TOKENS].encode() + b"\n" * (last == short)
        )


def test_no_row_is_longer_than_the_context() -> None:
    def long(rng: random.Random) -> Dialogue:
        return Dialogue((Message("user", "q" * rng.choice((5, CONTEXT + 1))), Message("assistant", "a")), kind="x")

    for _, batch in itertools.islice(stream(long, Bytes(), 1, Position()), 50):
        assert all(len(row) <= batch.length <= CONTEXT for row in batch.rows)
