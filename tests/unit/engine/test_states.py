"""The state of a sequence, rearranged, on real contexts: with flash attention and without, shared cells and divided."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from llamachat_daemon.engine import short
from llamachat_daemon.engine.llama import Context, ContextOptions, Ids, Model
from llamachat_daemon.engine.prefixes import State
from llamachat_daemon.engine.short import ShortContext
from llamachat_daemon.engine.states import Layout, UnknownLayout, rearranged

IDS = np.arange(10, 50, dtype=np.int32)
SEQUENCE = 2


@pytest.fixture
def home(model: Model) -> Iterator[Context]:
    options = ContextOptions(cells=1024, sequences=4, batch_rows=64, threads=1, unified=False, plain_attention=True)
    made = Context(model, options)
    yield made
    made.free()


@pytest.fixture
def abroad(home: Context) -> Iterator[ShortContext]:
    made = ShortContext(home, 1)
    yield made
    made.free()


def feed(context: Context, ids: Ids, position: int = 0, sequence: int = SEQUENCE) -> int:
    context.batch.clear()
    context.batch.add(ids, position, sequence, logits=True)
    context.decode()
    return int(context.logits()[0].argmax())


def saved(context: Context) -> State:
    state = context.save(SEQUENCE)
    assert state is not None
    return state


def test_there_and_back_every_byte_is_as_it_was(home: Context) -> None:
    feed(home, IDS)
    state = saved(home)
    there = rearranged(state, Layout(1, 0, transposed=False))
    assert not np.array_equal(there, state)
    assert np.array_equal(rearranged(there, Layout(4, SEQUENCE, transposed=True)), state)


def test_an_answer_that_visits_the_other_context_goes_on_as_it_would_have_at_home(
    home: Context, abroad: ShortContext
) -> None:
    token = np.array([feed(home, IDS)], dtype=np.int32)
    stayed = []
    for step in range(6):
        stayed.append(feed(home, token if not stayed else np.array([stayed[-1]], dtype=np.int32), len(IDS) + step))
    home.forget(SEQUENCE, len(IDS))

    assert abroad.visit(SEQUENCE)
    assert home.last_position(SEQUENCE) == len(IDS) - 1, "it stays at home, too"
    went = [feed(abroad.context, token, len(IDS))]
    for step in (1, 2):
        went.append(feed(abroad.context, np.array([went[-1]], dtype=np.int32), len(IDS) + step))
    assert abroad.go_home(SEQUENCE)
    assert abroad.context.last_position(SEQUENCE) == -1
    assert home.last_position(SEQUENCE) == len(IDS) + 2
    for step in (3, 4, 5):
        went.append(feed(home, np.array([went[-1]], dtype=np.int32), len(IDS) + step))
    assert went == stayed


def test_an_answer_may_begin_on_a_visit(home: Context, abroad: ShortContext, capfd: pytest.CaptureFixture[str]) -> None:
    stayed = feed(home, IDS[:1])
    home.forget(SEQUENCE)
    assert abroad.visit(SEQUENCE)
    assert capfd.readouterr().err == ""
    assert feed(abroad.context, IDS[:1]) == stayed
    assert abroad.go_home(SEQUENCE)
    assert home.last_position(SEQUENCE) == 0


def test_a_visitor_may_change_its_number(home: Context, abroad: ShortContext) -> None:
    token = np.array([feed(home, IDS)], dtype=np.int32)
    stayed = feed(home, token, len(IDS))
    home.forget(SEQUENCE, len(IDS))
    assert abroad.visit(SEQUENCE)
    abroad.move(SEQUENCE, 0)
    assert abroad.context.last_position(SEQUENCE) == -1
    assert abroad.go_home(0)
    assert home.last_position(0) == len(IDS) - 1
    assert feed(home, token, len(IDS), sequence=0) == stayed


def test_whether_visits_work_is_found_out_and_leaves_nothing_behind(home: Context, abroad: ShortContext) -> None:
    feed(home, IDS)
    assert abroad.works()
    assert home.last_position(SEQUENCE) == len(IDS) - 1
    assert [home.last_position(sequence) for sequence in (0, 1, 3)] == [-1] * 3


def test_values_in_a_wrong_order_are_noticed(
    home: Context, abroad: ShortContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(state: State, layout: Layout) -> State:
        done = rearranged(state, layout)
        done[len(done) // 2 :] = done[len(done) // 2 :].reshape(-1, 2)[::-1].reshape(-1)
        return done

    def unknown(_state: State, _layout: Layout) -> State:
        raise UnknownLayout("as told")

    monkeypatch.setattr(short, "rearranged", unknown)
    assert not abroad.works()
    monkeypatch.setattr(short, "rearranged", wrong)
    assert not abroad.works()


def test_bytes_that_are_something_else_are_an_error_wherever_they_end(home: Context) -> None:
    feed(home, IDS[:3])
    state = saved(home)
    wanted = Layout(1, 0, transposed=False)
    for length in {*range(200), *range(200, len(state), 97)}:
        with pytest.raises(UnknownLayout):
            rearranged(state[:length], wanted)
    with pytest.raises(UnknownLayout):
        rearranged(np.concatenate([state, state[:1]]), wanted)
    home.forget(SEQUENCE)
    with pytest.raises(UnknownLayout):
        rearranged(saved(home), wanted)
