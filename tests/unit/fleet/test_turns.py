"""Turns against scripted nodes: whatever a node does, the answer comes once, whole and in order."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from llamachat.fleet import Fleet, OpenAttempt
from llamachat.fleet.events import Delta, Loading, Prefilling, Queued, Rerouted, Routed
from llamachat.protocol import ModelInfo, Params, Progress, PromptMessage, QueueState, Seam, SlotState
from tests.unit.fleet.scripted_node import ANSWER, Plan, ScriptedNode
from tests.unit.fleet.turns import SLOW, a_turn, collect, failed, finished, fleet_of, only, until, written


async def test_an_answer_streams_in_contiguous_pieces() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        assert len(only(events, Delta)) > 10
        assert sum(delta.tokens for delta in only(events, Delta)) == len(ANSWER)
        end = finished(events)
        assert (end.node, end.model, end.finish_reason, end.seams) == ("node", "guide", "stop", ())
        assert isinstance(events[0], Routed)


async def test_what_happens_before_the_first_token_is_told() -> None:
    plan = Plan(
        queue=(2, 1),
        progress=(
            Progress(id="x", phase="loading", done=5, total=10),
            Progress(id="x", phase="prefill", done=1, total=3),
        ),
    )
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [plan]
        events = await collect(fleet, a_turn())
        assert [event.position for event in only(events, Queued)] == [2, 1]
        assert only(events, Loading) == [Loading("node", 5, 10)]
        assert only(events, Prefilling) == [Prefilling("node", 1, 3, 0)]


async def test_a_seed_is_always_sent_and_the_callers_own_is_kept() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        drawn = finished(await collect(fleet, a_turn()))
        assert node.asked[0].params.seed == drawn.seed
        assert drawn.seed is not None
        given = finished(await collect(fleet, a_turn(params=Params(seed=7))))
        assert (node.asked[1].params.seed, given.seed) == (7, 7)


async def test_text_of_the_model_passes_unchanged_but_names_are_made_safe() -> None:
    wicked = "\x1b[31mred\x07 [bold]x[/bold]\u202e"
    node = ScriptedNode(wicked)
    node.models = [ModelInfo(id="gu\x1b[0mide", name="g", fingerprint="weights-1", state="loaded")]
    node.default_model = "gu\x1b[0mide"
    async with fleet_of(node) as fleet:
        events = await collect(fleet, a_turn())
        assert written(events) == wicked
        assert "\x1b" not in finished(events).model
        assert "\x1b" not in only(events, Delta)[0].model


# ── the connection is lost, the node is not ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("piece", [0, 1, 7])
async def test_after_a_cut_connection_the_same_attempt_goes_on_at_the_held_offsets(piece: int) -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [Plan(at={piece: "drop"}, size=5)]
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        assert len(node.asked) == 1
        assert [(attach.offset, attach.token_offset) for attach in node.attached] == [
            ((piece + 1) * 5, (piece + 1) * 5)
        ]
        assert only(events, Rerouted) == []


async def test_a_connection_cut_again_and_again_still_gives_the_answer_once() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [Plan(at=dict.fromkeys(range(0, 40, 3), "drop"))]
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        assert len(node.asked) == 1
        assert len(node.attached) >= 10


async def test_a_cut_before_the_question_arrived_asks_again_under_a_new_id() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [Plan(at={0: "die"})]
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        assert len({question.id for question in node.asked}) == 2
        assert len({question.message_id for question in node.asked}) == 1


async def test_a_piece_that_comes_twice_is_taken_once() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [Plan(at={2: "twice", 3: "twice", 9: "twice"})]
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        assert node.attached == []


async def test_a_missing_piece_is_fetched_by_attaching_where_the_answer_ends() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [Plan(at={2: "skip"})]
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        assert [attach.offset for attach in node.attached] == [15]


async def test_pieces_that_stay_missing_send_the_answer_elsewhere() -> None:
    limits = replace(SLOW, stream_silence_s=0.02)
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={2: "skip"})]
    first.answers_attach = False
    async with fleet_of(first, second, limits=limits) as fleet:
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        assert finished(events).seams == (Seam("b", 15),)
        await first.until(lambda: first.cancelled == [first.asked[0].id])


async def test_frames_that_cannot_be_read_are_passed_over() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [Plan(at={1: "garbage", 4: "garbage"})]
        assert written(await collect(fleet, a_turn())) == ANSWER


async def test_an_attempt_that_a_living_node_forgot_is_asked_for_again() -> None:
    limits = replace(SLOW, recheck_s=0.05)
    node = ScriptedNode()
    async with fleet_of(node, limits=limits) as fleet:
        node.plans = [Plan(at={2: "hold"})]

        def forget(event: object) -> None:
            if isinstance(event, Delta) and event.offset == 10:
                node._records.clear()

        events = await collect(fleet, a_turn(), forget)
        assert written(events) == ANSWER
        assert node.asked[1].prefix == ANSWER[:15]


# ── the node is lost ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ahead", [0, 3])
@pytest.mark.parametrize("piece", [0, 1, 6])
async def test_when_its_node_is_killed_the_answer_goes_on_exactly_at_another(piece: int, ahead: int) -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={piece: "hold"}, ahead=ahead)]
    async with fleet_of(first, second) as fleet:

        async def kill() -> None:
            await first.stop()

        def react(event: object) -> object:
            return (
                kill()
                if isinstance(event, Delta) and event.offset + len(event.text) == (piece + 1) * 5 - ahead
                else None
            )

        events = await collect(fleet, a_turn(), react)
        assert written(events) == ANSWER
        held = (piece + 1) * 5 - ahead
        (rerouted,) = only(events, Rerouted)
        assert (rerouted.from_node, rerouted.to_node, rerouted.offset) == ("a", "b", held)
        assert finished(events).seams == (Seam("b", held),)
        (went_on,) = second.asked
        assert went_on.id != first.asked[0].id
        assert went_on.message_id == first.asked[0].message_id
        assert went_on.prefix == ANSWER[:held]
        assert went_on.prefix_tokens == second.tokens(ANSWER[: held + ahead])
        assert went_on.fingerprint == "weights-1"
        assert went_on.params.seed == first.asked[0].params.seed


async def test_a_node_with_other_weights_goes_on_from_the_text_and_a_third_from_its_ids() -> None:
    first, second, third = (ScriptedNode(name=name, fingerprint=f"weights-{name}") for name in "abc")
    third.fingerprint, third.models = "weights-b", second.models
    first.plans, second.plans = [Plan(at={2: "die"})], [Plan(at={3: "die"})]
    limits = replace(SLOW, grace_s=0.0)
    async with fleet_of(first, second, third, limits=limits, policy="priority") as fleet:

        def react(event: object) -> None:
            if isinstance(event, Delta):
                fleet.reorder(["b", "c", "a"])

        events = await collect(fleet, a_turn(), react)
        assert written(events) == ANSWER
        assert second.asked[0].prefix_tokens == first.tokens(second.asked[0].prefix)
        assert third.asked[0].fingerprint == "weights-b"
        assert third.asked[0].prefix_tokens == second.tokens(third.asked[0].prefix)


async def test_the_attempt_left_behind_is_cancelled_when_its_node_is_seen_again() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={1: "hold"})]
    async with fleet_of(first, second) as fleet:

        def react(event: object) -> object:
            return first.stop() if isinstance(event, Delta) and event.node == "a" and event.offset == 5 else None

        events = await collect(fleet, a_turn(), react)
        assert written(events) == ANSWER
        assert first.cancelled == []
        await first.restart()
        await first.until(lambda: first.cancelled == [first.asked[0].id])


async def test_a_node_that_falls_silent_while_streaming_is_left_after_an_unanswered_ping() -> None:
    limits = replace(SLOW, stream_silence_s=0.2, probe_s=0.2)
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={1: "freeze"})]
    async with fleet_of(first, second, limits=limits) as fleet:
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        assert "ping" in only(events, Rerouted)[0].reason


async def test_a_quiet_stream_of_a_living_node_is_not_left() -> None:
    limits = replace(SLOW, stream_silence_s=0.05, probe_s=5)
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={1: "hold"})]
    async with fleet_of(first, second, limits=limits) as fleet:

        def react(event: object) -> None:
            if isinstance(event, Delta) and event.offset == 5:
                asyncio.get_running_loop().call_later(0.5, first.go.set)  # ten times the silence that is asked about

        events = await collect(fleet, a_turn(), react)
        assert written(events) == ANSWER
        assert second.asked == []


async def test_an_interrupted_answer_goes_on_elsewhere() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={3: "interrupt"})]
    async with fleet_of(first, second) as fleet:
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        assert finished(events).seams == (Seam("b", 20),)


async def test_an_answer_whose_only_node_was_restarted_goes_on_there_from_its_ids() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [Plan(at={4: "hold"})]

        def react(event: object) -> object:
            return node.restart() if isinstance(event, Delta) and event.offset == 20 and len(node.asked) == 1 else None

        events = await collect(fleet, a_turn(), react)
        assert written(events) == ANSWER
        assert node.asked[1].prefix_tokens == node.tokens(ANSWER[:25])
        assert finished(events).seams == ()


async def test_a_node_removed_while_it_answers_hands_the_answer_on() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={1: "hold"})]
    async with fleet_of(first, second) as fleet:

        def react(event: object) -> object:
            return fleet.remove("a") if isinstance(event, Delta) and event.node == "a" and event.offset == 5 else None

        assert written(await collect(fleet, a_turn(), react)) == ANSWER
        assert [node.name for node in fleet.snapshots()] == ["b"]


# ── errors of a node ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", ["queue_full", "rate_limited", "draining", "worker_failed", "model_failed", "internal",
                                  "unknown_model", "forbidden", "a_code_of_tomorrow"])  # fmt: skip
async def test_what_another_node_can_mend_is_asked_there(code: str) -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(refuse=code)]
    async with fleet_of(first, second) as fleet:
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        (rerouted,) = only(events, Rerouted)
        assert (rerouted.from_node, rerouted.to_node, rerouted.offset) == ("a", "b", 0)
        assert code in rerouted.reason
        assert finished(events).seams == ()


@pytest.mark.parametrize("code", ["invalid_params", "bad_frame", "too_large"])
async def test_what_no_node_can_mend_ends_the_turn(code: str) -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(refuse=code)]
    async with fleet_of(first, second) as fleet:
        assert failed(await collect(fleet, a_turn())).code == code
        assert second.asked == []


@pytest.mark.parametrize("code", ["worker_failed", "unknown_model", "context_overflow"])
async def test_what_every_node_says_ends_the_turn(code: str) -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    for node in (first, second):
        node.plans = [Plan(refuse=code)]
    async with fleet_of(first, second) as fleet:
        assert failed(await collect(fleet, a_turn())).code == code
        assert (len(first.asked), len(second.asked)) == (1, 1)


async def test_a_conversation_too_long_for_one_node_goes_to_a_larger_one_only() -> None:
    small, equal, large = ScriptedNode(name="a"), ScriptedNode(name="b"), ScriptedNode(name="c")
    small.plans = [Plan(refuse="context_overflow", detail={"prompt_tokens": 5000, "context": 4096})]
    large.models = [ModelInfo(id="guide", name="g", context=8192, fingerprint="weights-1", state="loaded")]
    async with fleet_of(small, equal, large) as fleet:
        assert written(await collect(fleet, a_turn())) == ANSWER
        assert (len(small.asked), len(equal.asked), len(large.asked)) == (1, 0, 1)


async def test_when_all_are_busy_the_turn_waits_as_long_as_they_say_and_shows_it() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(refuse="queue_full", retry_after=0.1)]
    second.plans = [Plan(refuse="rate_limited", retry_after=30)]
    async with fleet_of(first, second) as fleet:
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        waiting = only(events, Queued)[0]
        assert (waiting.node, waiting.position, waiting.depth) == (None, 1, 1)
        assert waiting.retry_in_s is not None
        assert 0 <= waiting.retry_in_s <= 0.1
        assert "queue_full" in waiting.reason
        assert (len(first.asked), len(second.asked)) == (2, 1)


async def test_an_error_in_the_middle_of_an_answer_goes_on_elsewhere() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={2: "error:worker_failed"})]
    async with fleet_of(first, second) as fleet:
        events = await collect(fleet, a_turn())
        assert written(events) == ANSWER
        assert second.asked[0].prefix == ANSWER[:15]


async def test_ids_that_a_node_does_not_accept_are_left_out() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={2: "interrupt"})]
    second.plans = [Plan(refuse="invalid_params", detail={"field": "prefix_tokens"})]
    async with fleet_of(first, second) as fleet:
        events = await collect(fleet, a_turn(node=None))
        assert written(events) == ANSWER
        assert [(question.prefix, question.prefix_tokens) for question in second.asked] == [
            (ANSWER[:15], second.tokens(ANSWER[:15])),
            (ANSWER[:15], None),
        ]


async def test_a_conversation_larger_than_a_frame_fails_with_a_sentence() -> None:
    node = ScriptedNode()
    node.frame_bytes = 2000
    async with fleet_of(node) as fleet:
        end = failed(await collect(fleet, a_turn("x" * 3000)))
        assert end.code == "too_large"
        assert "2000" in end.message


async def test_ids_that_make_the_frame_too_large_are_left_out() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={30: "interrupt"})]
    second.frame_bytes = 1000
    async with fleet_of(first, second) as fleet:
        assert written(await collect(fleet, a_turn())) == ANSWER
        assert second.asked[0].prefix == ANSWER[:155]
        assert second.asked[0].prefix_tokens is None


async def test_text_that_is_not_unicode_fails_with_a_sentence() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        assert failed(await collect(fleet, a_turn("\udcff"))).code == "bad_frame"
        assert written(await collect(fleet, a_turn())) == ANSWER


# ── no node ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_a_node_the_turn_waits_visibly_and_is_answered_when_one_comes() -> None:
    node = ScriptedNode()
    await node.start()
    await node.stop()
    async with Fleet([node.address()], limits=SLOW) as fleet:

        def react(event: object) -> object:
            return (
                node.restart() if isinstance(event, Queued) and "offline" in event.reason and not node.headers else None
            )

        events = await collect(fleet, a_turn(), react)
        assert written(events) == ANSWER
        waiting = next(event for event in only(events, Queued) if "offline" in event.reason)
        assert (waiting.node, waiting.position, waiting.depth) == (None, 1, 1)
    await node.stop()


async def test_turns_that_wait_are_numbered_and_sent_in_their_order() -> None:
    node = ScriptedNode()
    await node.start()
    await node.stop()
    async with Fleet([node.address()], limits=SLOW) as fleet:
        seen: list[tuple[str, int]] = []
        ready = asyncio.Event()

        def watch(name: str) -> object:
            def react(event: object) -> None:
                if isinstance(event, Queued):
                    seen.append((name, event.position))
                    if {("one", 1), ("two", 2), ("three", 3)} <= set(seen):
                        ready.set()

            return react

        names = ("one", "two", "three")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(collect(fleet, a_turn(name), watch(name))) for name in names]  # type: ignore[arg-type]
            await ready.wait()
            await node.start()
        assert [written(task.result()) for task in tasks] == [ANSWER] * 3
        assert [question.messages[0].content for question in node.asked] == list(names)
    await node.stop()


async def test_a_caller_that_does_not_wait_is_told_that_no_node_is_there() -> None:
    node = ScriptedNode()
    await node.start()
    await node.stop()
    async with Fleet([node.address()], limits=SLOW) as fleet:
        end = failed(await collect(fleet, a_turn(wait_for_node=False)))
        assert end.code == "no_node"
        assert "node" in end.message


async def test_a_node_that_breaks_the_first_connection_is_tried_again_even_by_a_caller_that_does_not_wait() -> None:
    async with ScriptedNode() as node:
        node.http_status = 503
        async with Fleet([node.address()], limits=replace(SLOW, settle_s=0)) as fleet:
            asking = asyncio.create_task(collect(fleet, a_turn(wait_for_node=False)))
            await until(fleet, lambda nodes: nodes[0].state == "offline")
            node.http_status = None
            assert written(await asking) == ANSWER


async def test_a_node_that_only_breaks_connections_is_not_waited_for_longer_than_the_grace() -> None:
    async with ScriptedNode() as node:
        node.http_status = 503
        async with Fleet([node.address()], limits=replace(SLOW, grace_s=0.1)) as fleet:
            assert failed(await collect(fleet, a_turn(wait_for_node=False))).code == "no_node"


async def test_a_fleet_without_nodes_says_so() -> None:
    async with Fleet([], limits=SLOW) as fleet:
        assert failed(await collect(fleet, a_turn(wait_for_node=False))).code == "no_node"


async def test_a_node_asked_for_by_a_name_that_nobody_has_is_an_error() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        end = failed(await collect(fleet, a_turn(node="nobody")))
        assert end.code == "no_node"
        assert "nobody" in end.message


async def test_a_model_that_nobody_has_is_an_error_that_lists_what_there_is() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        end = failed(await collect(fleet, a_turn(model="llama9")))
        assert end.code == "unknown_model"
        assert "guide" in end.message
        assert node.asked == []


async def test_the_first_choice_waits_until_the_nodes_had_time_to_say_how_they_are() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.status = {"slots": SlotState(4, 4), "queue": QueueState(60, 64)}
    async with first, second, Fleet([first.address(), second.address()], limits=SLOW) as fleet:
        assert finished(await collect(fleet, a_turn())).node == "b"


async def test_only_the_node_asked_for_is_asked() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    async with fleet_of(first, second) as fleet:
        assert finished(await collect(fleet, a_turn(node="b"))).node == "b"
        assert first.asked == []


# ── cancelling, leaving, deadlines ──────────────────────────────────────────────────────────────────────────────────


async def test_a_cancelled_answer_ends_with_what_it_has_and_stops_at_the_node() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [Plan(at={2: "hold"})]
        turn = a_turn()

        def react(event: object) -> object:
            return fleet.cancel(turn.message_id) if isinstance(event, Delta) and event.offset == 10 else None

        events = await collect(fleet, turn, react)
        assert written(events) == ANSWER[:15]
        assert finished(events).finish_reason == "cancelled"
        assert node.cancelled == [node.asked[0].id]


async def test_cancelling_ends_the_turn_even_when_its_node_is_gone_and_reaches_the_node_later() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [Plan(at={2: "hold"})]
        turn = a_turn()

        async def lose_and_cancel() -> None:
            await node.stop()
            await fleet.cancel(turn.message_id)

        def react(event: object) -> object:
            return lose_and_cancel() if isinstance(event, Delta) and event.offset == 10 else None

        events = await collect(fleet, turn, react)
        assert written(events) == ANSWER[:15]
        assert finished(events).finish_reason == "cancelled"
        await node.restart()
        await node.until(lambda: node.asked[0].id in node.cancelled)


async def test_cancelling_a_turn_that_waits_for_a_node_ends_it() -> None:
    async with Fleet([], limits=SLOW) as fleet:
        turn = a_turn()
        events = await collect(fleet, turn, lambda _: fleet.cancel(turn.message_id))
        assert written(events) == ""
        assert finished(events).finish_reason == "cancelled"


async def test_a_node_that_does_not_confirm_a_cancel_is_not_waited_for_long() -> None:
    limits = replace(SLOW, cancel_wait_s=0.1)
    node = ScriptedNode()
    async with fleet_of(node, limits=limits) as fleet:
        node.plans = [Plan(at={2: "freeze"})]
        turn = a_turn()

        def react(event: object) -> object:
            return fleet.cancel(turn.message_id) if isinstance(event, Delta) and event.offset == 10 else None

        assert finished(await collect(fleet, turn, react)).finish_reason == "cancelled"


async def test_closing_the_iterator_is_not_cancelling() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.plans = [Plan(at={1: "hold"})]
        events = fleet.ask(a_turn())
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, Delta):
                    break
        await node.until(lambda: node.detached == [node.asked[0].id])
        assert node.cancelled == []


async def test_an_answer_still_running_is_attached_to_after_a_restart_of_the_client() -> None:
    async with ScriptedNode() as node:
        node.plans = [Plan(at={3: "hold"}, ahead=2)]
        turn = a_turn()
        async with Fleet([node.address()], limits=SLOW) as fleet:
            events = fleet.ask(turn)
            async with contextlib.aclosing(events):
                async for event in events:
                    if isinstance(event, Delta) and event.offset + len(event.text) == 18:
                        break
                held = fleet.held(turn.message_id)
            assert held is not None
            assert (held.text, len(held.tokens), held.token_offset) == (ANSWER[:18], 20, 20)
        node.go.set()
        async with Fleet([node.address()], limits=SLOW) as fleet:
            assert held.attempt_id is not None
            again = replace(
                turn,
                prefix=held.text,
                prefix_tokens=held.tokens,
                fingerprint=held.fingerprint,
                attempt=OpenAttempt(held.attempt_id, "node", held.token_offset),
            )
            events_after = await collect(fleet, again)
            assert written(events_after, held.text) == ANSWER
            assert len(node.asked) == 1
            assert (node.attached[0].offset, node.attached[0].token_offset) == (18, 20)
            assert finished(events_after).seams == ()


async def test_an_open_attempt_that_its_node_forgot_goes_on_from_what_is_held() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        turn = a_turn(
            prefix=ANSWER[:9],
            prefix_tokens=tuple(node.tokens(ANSWER[:9])),
            fingerprint="weights-1",
            attempt=OpenAttempt("an-old-attempt", "node", 9),
        )
        assert written(await collect(fleet, turn), ANSWER[:9]) == ANSWER
        assert node.asked[0].prefix_tokens == node.tokens(ANSWER[:9])


async def test_an_open_attempt_at_a_node_that_left_goes_on_elsewhere_and_keeps_its_seams() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        turn = a_turn(prefix=ANSWER[:9], attempt=OpenAttempt("old", "a-node-no-longer-there"), seams=(Seam("x", 3),))
        events = await collect(fleet, turn)
        assert written(events, ANSWER[:9]) == ANSWER
        assert finished(events).seams == (Seam("x", 3), Seam("node", 9))


async def test_a_deadline_ends_a_turn_that_waits_for_a_node() -> None:
    async with Fleet([], limits=SLOW) as fleet:
        events = await collect(fleet, a_turn(params=Params(deadline_s=0.05)))
        assert finished(events).finish_reason == "deadline"


async def test_an_attempt_that_goes_on_elsewhere_gets_what_is_left_of_the_deadline() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(refuse="queue_full")]
    async with fleet_of(first, second) as fleet:
        await collect(fleet, a_turn(params=Params(deadline_s=100)))
        (before,), (after,) = first.asked, second.asked
        assert before.params.deadline_s is not None
        assert after.params.deadline_s is not None
        assert 0 < after.params.deadline_s < before.params.deadline_s <= 100


async def test_a_fleet_that_closes_ends_its_turns() -> None:
    async with ScriptedNode() as node:
        node.plans = [Plan(at={1: "hold"})]
        async with Fleet([node.address()], limits=SLOW) as fleet:
            started = asyncio.Event()
            task = asyncio.create_task(collect(fleet, a_turn(), lambda _: started.set()))
            await started.wait()
        assert failed(await task).code == "closed"
        assert node.cancelled == []


# ── several at once ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_many_answers_at_once_do_not_mix() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={n: "drop"}, size=1 + n) for n in range(6)]
    async with fleet_of(first, second) as fleet:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(collect(fleet, a_turn(str(n)))) for n in range(12)]
        assert {written(task.result()) for task in tasks} == {ANSWER}
        assert second.asked, "with its slots taken, the first node is not the quickest"


async def test_expected_and_actual_times_are_kept_side_by_side() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        events = await collect(fleet, a_turn())
        (estimate,) = fleet.estimates("node")
        assert estimate.model == "guide"
        assert estimate.expected_ms == only(events, Routed)[0].expected_ms
        assert estimate.actual_ms > 0


async def test_a_failing_node_is_left_alone_by_the_next_turn() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(refuse="worker_failed")]
    async with fleet_of(first, second) as fleet:
        await collect(fleet, a_turn())
        assert finished(await collect(fleet, a_turn())).node == "b"
        assert len(first.asked) == 1


async def test_a_chat_stays_where_it_was_with_the_policy_sticky() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    async with fleet_of(first, second, policy="sticky") as fleet:
        await collect(fleet, a_turn(chat_id="c1", node="b"))
        assert finished(await collect(fleet, a_turn(chat_id="c1"))).node == "b"
        assert finished(await collect(fleet, a_turn(chat_id="c2"))).node == "a"


async def test_the_whole_conversation_is_sent() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        messages = (PromptMessage("system", "Be brief."), PromptMessage("user", "a"), PromptMessage("assistant", "b"),
                    PromptMessage("user", "c"))  # fmt: skip
        await collect(fleet, replace(a_turn(), messages=messages))
        assert node.asked[0].messages == list(messages)
