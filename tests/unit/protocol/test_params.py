"""Ranges of the sampling parameters, each with its error."""

from __future__ import annotations

import math

import msgspec
import pytest

from llamachat.protocol import ErrorCode, Params, PromptMessage, ProtocolError, UserMessage
from llamachat.protocol.limits import MAX_STOP_CHARACTERS, MAX_STOP_STRINGS
from llamachat.protocol.params import RANGES, Range, check, check_request

ASK = UserMessage(id="a", chat_id="c", messages=[PromptMessage("user", "hi")])


def field_refused(action) -> str:
    with pytest.raises(ProtocolError) as caught:
        action()
    assert caught.value.code is ErrorCode.INVALID_PARAMS
    assert caught.value.detail["range"]
    return caught.value.detail["field"]


def test_the_defaults_are_in_range():
    check(Params())
    check_request(ASK)


@pytest.mark.parametrize("name", RANGES)
def test_each_bound_is_allowed_and_the_next_value_is_not(name):
    bounds = RANGES[name]
    outside = [bounds.low if bounds.above else bounds.low - 1]
    if bounds.high is not None:
        check(Params(**{name: bounds.high}))
        outside.append(bounds.high + 1)
    if not bounds.above:
        check(Params(**{name: bounds.low}))
    for value in [*outside, math.nan, math.inf, -math.inf, -(10**400), *([] if bounds.high is None else [10**400])]:
        assert field_refused(lambda value=value: check(Params(**{name: value}))) == f"params.{name}"


@pytest.mark.parametrize(
    ("bounds", "written"),
    [
        (Range(0, 1_000_000), "0 to 1000000"),
        (Range(0, 2**53 - 1), "0 to 9007199254740991"),
        (Range(-10.0, 0.25), "-10 to 0.25"),
        (Range(0, 10, above=True), "more than 0, up to 10"),
        (Range(0, None, above=True), "more than 0"),
        (Range(1, None), "1 or more"),
    ],
)
def test_bounds_are_written_without_exponents(bounds, written):
    assert str(bounds) == written


def test_stop_strings_are_limited_in_number_and_length():
    check(Params(stop=["x" * MAX_STOP_CHARACTERS] * MAX_STOP_STRINGS))
    for stop in (["x"] * (MAX_STOP_STRINGS + 1), [""], ["x" * (MAX_STOP_CHARACTERS + 1)]):
        assert field_refused(lambda stop=stop: check(Params(stop=stop))) == "params.stop"


def test_a_schema_and_a_grammar_exclude_each_other():
    assert field_refused(lambda: check(Params(json_schema={}, grammar="root ::= x"))) == "params.grammar"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [PromptMessage("user", "a"), PromptMessage("assistant", "b")]}, "messages"),
        ({"prefix_tokens": [1]}, "prefix_tokens"),
        ({"fingerprint": "f"}, "prefix_tokens"),
        ({"tools": ["clock"]}, "tools"),
        ({"params": Params(temperature=9)}, "params.temperature"),
    ],
)
def test_a_request_that_makes_no_sense_names_the_field(changes, field):
    assert field_refused(lambda: check_request(msgspec.structs.replace(ASK, **changes))) == field
