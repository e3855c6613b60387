"""What can be done with a message, and by whom an answer can be given again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llamachat.fleet import NodeSnapshot
from llamachat.protocol import BackendStatus, Memory, ModelInfo, QueueState, SlotState
from llamachat.tui.message_menu import MessageFacts, answerers, can_go_on, extension, menu
from llamachat.tui.models import model_choices

ANSWER = MessageFacts("assistant", "text", finish_reason="stop", is_last=True)
QUESTION = MessageFacts("user", "text")


def ids(facts: MessageFacts) -> set[str]:
    return {choice.id for choice in menu(facts, {})}


def node(name: str, state: str = "online", **models: str) -> NodeSnapshot:
    status = BackendStatus(
        node=name, time=0, state="ready", load=0.1, memory=Memory(34, 100, 5, 5, 1, 2), queue=QueueState(0, 64),
        slots=SlotState(1, 4), models=[ModelInfo(id=id_, name=id_, state=loaded) for id_, loaded in models.items()],
    )  # fmt: skip
    return NodeSnapshot(name, "ws://a", state, 0.0, status=status)  # type: ignore[arg-type]


def test_questions_are_edited_and_answers_are_not():
    assert "edit" in ids(QUESTION)
    assert "edit" not in ids(ANSWER)
    assert "raw" in ids(ANSWER)


def test_every_code_block_can_be_copied_and_saved():
    assert {"code:1", "code:2", "save"} <= ids(replace(ANSWER, code_blocks=2))
    assert "save" not in ids(ANSWER)
    assert "code:10" not in ids(replace(ANSWER, code_blocks=12))


def test_only_branches_that_exist_are_offered():
    assert not {"before", "after"} & ids(ANSWER)
    assert ids(replace(ANSWER, branch=(1, 3))) & {"before", "after"} == {"after"}
    assert ids(replace(ANSWER, branch=(2, 3))) & {"before", "after"} == {"before", "after"}


@pytest.mark.parametrize("reason", ["length", "cancelled", "deadline", "interrupted", ""])
def test_the_last_answer_can_be_gone_on_with_unless_the_model_was_done(reason: str):
    early = replace(ANSWER, finish_reason=reason)
    assert can_go_on(early)
    assert not can_go_on(replace(early, is_last=False))
    assert not can_go_on(replace(early, text=""))
    assert not can_go_on(ANSWER)


def test_while_an_answer_comes_nothing_is_offered_that_would_branch():
    running = replace(ANSWER, is_running=True, branch=(1, 2), finish_reason="")
    assert ids(running) == {"copy", "quote", "raw"}


def test_every_choice_has_a_key_of_its_own():
    keys = [choice.key for choice in menu(replace(ANSWER, code_blocks=9, branch=(2, 3), finish_reason="length"), {})]
    assert all(keys)
    assert len(set(keys)) == len(keys)


def test_the_menu_shows_the_keys_that_the_person_chose():
    keys = {choice.id: choice.key for choice in menu(QUESTION, {"message.quote": ("ctrl+g", "x"), "message.copy": ()})}
    assert (keys["quote"], keys["copy"], keys["edit"]) == ("Ctrl+G", "", "e")


def test_an_answer_is_given_again_by_nodes_that_take_work():
    nodes = (node("a", x="loaded"), node("b", x="available", y="loaded"), node("c", "offline", z="loaded"))
    assert [choice.id for choice in answerers(nodes)] == ["any", "node:a", "node:b", "model:x", "model:y"]


def test_models_say_where_they_are_loaded():
    nodes = (node("a", x="loaded"), node("b", x="available", y="failed"), node("c", "draining", x="loading"))
    assert [(choice.id, choice.detail) for choice in model_choices(nodes)] == [
        ("auto", ""),
        ("x", "loaded on a · loading on c · not loaded on b"),
        ("y", "failed on b"),
    ]


@pytest.mark.parametrize(
    ("language", "ending"),
    [("python", "py"), ("C++", "cpp"), ("go", "go"), ("", "txt"), ("../x", "txt"), ("mermaid", "txt")],
)
def test_the_file_for_a_code_block_has_the_usual_ending(language: str, ending: str):
    assert extension(language) == ending
