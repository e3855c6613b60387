"""Calls of the calculator and the clock in the corpus."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train import corpus
from train.corpus import arithmetic
from train.corpus.dialogue import Dialogue, Message

_CALL = re.compile(r"<tool_call>(\{.*\})</tool_call>")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def _dialogues(count: int) -> list[Dialogue]:
    rng = random.Random(11)
    return [arithmetic.dialogue(rng) for _ in range(count)]


def _calls(dialogue: Dialogue) -> Iterator[tuple[Message, dict[str, object]]]:
    for before, message in pairwise(dialogue.messages):
        if "<tool_call>" in message.content and message.role == "assistant":
            match = _CALL.fullmatch(message.content)
            assert match, message.content
            yield before, json.loads(match.group(1))


def test_calls_are_whole_messages_with_valid_json() -> None:
    calls = [call for dialogue in _dialogues(3000) for _, call in _calls(dialogue)]
    assert len(calls) > 2000
    for call in calls:
        assert set(call) == {"name", "arguments"}
        assert call["name"] in ("calculator", "clock")
        assert isinstance(call["arguments"], dict)
        assert set(call["arguments"]) <= ({"expression"} if call["name"] == "calculator" else {"timezone"})


def test_the_numbers_of_a_call_are_those_of_the_question() -> None:
    for dialogue in _dialogues(3000):
        for question, call in _calls(dialogue):
            if call["name"] == "calculator":
                arguments = call["arguments"]
                assert isinstance(arguments, dict)
                called = _NUMBER.findall(arguments["expression"])
                assert sorted(called) == sorted(_NUMBER.findall(question.content)), question.content


def test_a_tool_is_called_only_where_the_system_prompt_offers_it() -> None:
    rng = random.Random(13)
    for dialogue in (corpus.sample(rng) for _ in range(5000)):
        system = dialogue.messages[0].content if dialogue.messages[0].role == "system" else ""
        offered = re.findall(r"^Tools: (.+)$", system, re.MULTILINE)
        for _, call in _calls(dialogue):
            assert offered
            assert call["name"] in offered[0].split(", ")


def test_without_the_tool_the_guide_says_so() -> None:
    without = [d for d in _dialogues(2000) if d.messages[0].role == "user"]
    assert len(without) > 200
    assert all(corpus.is_refusal(dialogue.messages[-1].content) for dialogue in without)


def test_the_result_is_told_as_it_came() -> None:
    for dialogue in _dialogues(500):
        for message, told in pairwise(dialogue.messages):
            if message.role == "tool":
                result = json.loads(message.content)["result"] if message.content.startswith("{") else message.content
                assert result.removeprefix("error: ") in told.content


def test_a_named_city_becomes_its_time_zone() -> None:
    zoned = {
        (city, call["arguments"]["timezone"])  # type: ignore[index]
        for dialogue in _dialogues(3000)
        for question, call in _calls(dialogue)
        if call["name"] == "clock" and call["arguments"]
        for city in arithmetic.ZONES
        if city.lower() in question.content.lower()
    }
    assert {zone for _, zone in zoned} == set(arithmetic.ZONES.values())
    assert all(arithmetic.ZONES[city] == zone for city, zone in zoned)


@given(a=st.integers(0, 9999), b=st.integers(0, 9999), c=st.integers(0, 9999))
def test_the_calculator_keeps_the_order_of_operations(a: int, b: int, c: int) -> None:
    assert arithmetic.evaluate(f"{a} + {b} * {c}") == str(a + b * c)
    assert arithmetic.evaluate(f"({a} + {b}) * {c}") == str((a + b) * c)
    assert arithmetic.evaluate(f"{a} - {b} - {c}") == str(a - b - c)
    assert arithmetic.evaluate(f"{a} - ({b} - {c})") == str(a - (b - c))


@pytest.mark.parametrize(
    ("expression", "result"),
    [("7 / 2", "3.5"), ("1 / 3", "0.333333"), ("8 / 4", "2"), ("3 / 0", "error: division by zero"), ("1.5 * 2", "3")],
)
def test_the_calculator_divides(expression: str, result: str) -> None:
    assert arithmetic.evaluate(expression) == result


def test_questions_with_tools_want_a_call_and_those_without_a_refusal() -> None:
    for question in corpus.tools():
        offered = question.messages[0].role == "system" and "Tools: " in question.messages[0].content
        assert offered == (question.exact is not None)
        assert question.refuse == (not offered)
        if question.exact is not None:
            assert _CALL.fullmatch(question.exact)
