"""Hypothesis strategies for the typed values of the protocol, made from their annotations."""

from __future__ import annotations

import types
import typing
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
ids = st.from_regex(r"\A[A-Za-z0-9_-]{1,64}\Z")
integers = st.integers(-(2**53) + 1, 2**53 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | integers | floats | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """A strategy for anything that a frame's annotation may say."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        constraint = arguments[1]
        if constraint.pattern is not None:
            return ids
        return st.integers(constraint.ge, 2**53 - 1)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*[values_of(argument) for argument in arguments])
    if origin is list:
        return st.lists(values_of(arguments[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(text, values_of(arguments[1]), max_size=2)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: text, int: integers, float: floats, bool: st.booleans(), Any: plain,
        type(None): st.none(), UnsetType: st.just(UNSET),
    }  # fmt: skip
    return simple[annotation] if annotation in simple else structs(annotation)


def structs(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """A strategy for one msgspec struct, with every field drawn."""
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{name: values_of(hints[name]) for name in kind.__struct_fields__})
