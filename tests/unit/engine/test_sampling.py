from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.protocol import Params
from llamachat_daemon.engine.sampling import REPEAT_WINDOW, NotFinite, Penalties, Sampler, draw, likeliest, uniform

Floats = npt.NDArray[np.float32]
NOTHING = np.empty(0, dtype=np.int32)
NUMBERS_OF_SEED_1 = [0.368189515652, 0.526717995572, 0.73769925269]


def logits(*values: float) -> Floats:
    return np.array(values, dtype=np.float32)


class Only:
    """Rules that allow some ids."""

    def __init__(self, *ids: int) -> None:
        self.ids = ids
        self.accepted: list[int] = []

    def allowed(self, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        return np.isin(ids, self.ids)

    def accept(self, token: int) -> None:
        self.accepted.append(token)


def sampler(params: Params, **options: object) -> Sampler:
    return Sampler(params, **{"seed": 1, "forbidden": NOTHING, "truncate": None, **options})  # type: ignore[arg-type]


@given(st.integers(0, 2**53 - 1), st.integers(0, 10**6))
def test_a_draws_number_depends_on_seed_and_index_alone(seed: int, index: int) -> None:
    number = uniform(seed, index)
    assert 0 <= number < 1
    assert number == uniform(seed, index)
    assert number != uniform(seed, index + 1)
    assert number != uniform(seed + 1, index)


@given(st.integers(1, 100), st.integers(1, 9000), st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 8]))
def test_the_likeliest_are_all_among_the_few_that_are_looked_at(count: int, size: int, seed: int, steps: int) -> None:
    values = np.random.default_rng(seed).standard_normal(size).astype(np.float32)
    if steps:  # many equal ones, and some that are impossible
        values = np.round(values * steps)
        values[values == values.max()] = -np.inf
    found = likeliest(values, count)
    assert np.array_equal(found, np.unique(found))
    least = np.sort(values)[-min(count, size)]
    assert set(np.flatnonzero(values > least)) <= set(found)
    assert len(found) >= min(count, size)


def test_looking_for_the_likeliest_leaves_few() -> None:
    values = np.random.default_rng(1).standard_normal(50_000).astype(np.float32)
    assert len(likeliest(values, 40)) < 80


def test_the_numbers_of_a_seed_never_change() -> None:
    # Another daemon, or a later version, must go on where this one stopped.
    assert [round(uniform(1, index), 12) for index in range(3)] == NUMBERS_OF_SEED_1


def test_numbers_are_spread_evenly() -> None:
    counts, _ = np.histogram([uniform(seed, index) for seed in range(100) for index in range(100)], 10, (0, 1))
    assert counts.min() > 900
    assert counts.max() < 1100


@given(st.permutations(range(5)), st.floats(0, 0.999999))
def test_a_draw_does_not_depend_on_the_order_of_the_candidates(order: list[int], number: float) -> None:
    ids = np.array([4, 9, 2, 7, 5], dtype=np.int32)
    values = logits(1, 3, 1, 0.5, 2)
    assert draw(ids[order], values[order], 0.8, number) == draw(ids, values, 0.8, number)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_probabilities(temperature: float) -> None:
    values = logits(2, 1, 0)
    wanted = np.exp(values / temperature) / np.exp(values / temperature).sum()
    ids = np.arange(3, dtype=np.int32)
    drawn = [draw(ids, values, temperature, (step + 0.5) / 3000) for step in range(3000)]
    assert np.bincount(drawn) / 3000 == pytest.approx(wanted, abs=0.002)


@pytest.mark.parametrize("temperature", [1e-300, 1e-5, 5])
def test_the_most_extreme_temperatures_draw_an_id(temperature: float) -> None:
    ids = np.arange(3, dtype=np.int32)
    assert draw(ids, logits(-3e38, 3e38, 1), temperature, 0.999999) == 1


def test_temperature_zero_takes_the_largest() -> None:
    assert sampler(Params(temperature=0)).next(logits(1, 5, 2)) == 1


@pytest.mark.parametrize("temperature", [0, 0.8])
def test_forbidden_ids_never_come(temperature: float) -> None:
    chain = sampler(Params(temperature=temperature), forbidden=np.array([1], dtype=np.int32))
    assert {chain.next(logits(1, 50, 2, 1)) for _ in range(20)} <= {0, 2, 3}


@pytest.mark.parametrize("temperature", [0, 0.8])
@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_logits_that_are_no_numbers_are_an_error(temperature: float, broken: float) -> None:
    with pytest.raises(NotFinite):
        sampler(Params(temperature=temperature)).next(logits(1, broken, 2))


def test_draws_go_on_behind_a_prefix_as_if_they_had_made_it() -> None:
    values = logits(*np.linspace(0, 3, 50))
    whole = sampler(Params(temperature=1))
    tokens = []
    for _ in range(20):
        token = whole.next(values.copy())
        assert token is not None
        whole.accept(token)
        tokens.append(token)
    rest = sampler(Params(temperature=1))
    rest.accept_all(tokens[:8])
    for token in tokens[8:]:
        assert rest.next(values.copy()) == token
        rest.accept(token)


@pytest.mark.parametrize("temperature", [0, 0.8])
def test_rules_allow_what_the_truncation_left_first_and_the_whole_vocabulary_second(temperature: float) -> None:
    def top_two(values: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
        ids = np.argsort(-values)[:2].astype(np.int32)
        return ids, values[ids]

    chain = sampler(Params(temperature=temperature), truncate=top_two, rules=Only(1, 3))
    assert chain.next(logits(9, 8, 7, 1)) == 1
    chain = sampler(Params(temperature=temperature), truncate=top_two, rules=Only(3))
    assert chain.next(logits(9, 8, 7, 1)) == 3
    chain = sampler(Params(temperature=temperature), truncate=top_two, rules=Only())
    assert chain.next(logits(9, 8, 7, 1)) is None


def test_rules_hear_of_every_token() -> None:
    rules = Only(1)
    chain = sampler(Params(), rules=rules)
    chain.accept_all([1, 1])
    chain.accept(1)
    assert rules.accepted == [1, 1, 1]
    assert chain.count == 3


def test_penalties_are_left_out_where_they_change_nothing() -> None:
    assert Penalties.asked_for(Params()) is None
    assert Penalties.asked_for(Params(repeat_penalty=1.1)) is not None
    assert Penalties.asked_for(Params(presence_penalty=-0.5)) is not None
    assert Penalties.asked_for(Params(frequency_penalty=0.1)) is not None


def test_repeating_divides_what_is_positive_and_multiplies_what_is_negative() -> None:
    penalties = Penalties(2.0, 0, 0)
    for token in (0, 1, 1):
        penalties.accept(token)
    values = logits(4, -4, 4)
    penalties.apply(values)
    assert values.tolist() == [2, -8, 4]


def test_presence_counts_once_and_frequency_every_time() -> None:
    penalties = Penalties(1.0, 0.5, 0.25)
    for token in (0, 1, 1, 1):
        penalties.accept(token)
    values = logits(4, 4, 4)
    penalties.apply(values)
    assert values.tolist() == [3.25, 2.75, 4]


def test_repeating_looks_back_a_window_and_presence_over_the_whole_answer() -> None:
    penalties = Penalties(2.0, 1.0, 0)
    for token in range(REPEAT_WINDOW + 1):
        penalties.accept(token)
    values = np.full(REPEAT_WINDOW + 2, 4, dtype=np.float32)
    penalties.apply(values)
    assert values[0] == 3
    assert values[1] == 1
    assert values[-1] == 4
