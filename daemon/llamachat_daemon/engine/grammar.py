"""Grammars and JSON schemas from requests, kept to what llama.cpp survives and finishes in reasonable time.

llama.cpp reads a grammar recursively (deep nesting overflows its stack), and tries all ways of reading an ambiguous one
at once (hundreds of optional items in a row take it minutes). None of that can be interrupted, so it is bounded before.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from llamachat.protocol import Params
from llamachat_daemon.engine.llama import Grammar, GrammarError, Vocabulary, grammar_of_schema

MAX_GRAMMAR_CHARACTERS: Final = 65_536
MAX_NESTING: Final = 64
MAX_QUANTIFIERS: Final = 200
"""Most `?`, `*`, `+` and `{…}` in a grammar that somebody wrote; those made from a schema are not ambiguous."""
MAX_SCHEMA_CHARACTERS: Final = 65_536
MAX_SCHEMA_GRAMMAR_CHARACTERS: Final = 262_144
MAX_REPETITIONS: Final = 1000
"""Largest length or count that a schema may ask for: the converter writes each repetition out."""
MAX_TRIAL_SECONDS: Final = 0.5
"""Processor time to find out which tokens may come first. Every later token can take as long."""

_COUNTS: Final = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})


def compile_grammar(params: Params, vocabulary: Vocabulary) -> Grammar | None:
    """The grammar that `params` ask for, at its beginning; None where they ask for none.

    Raises:
        GrammarError: it is wrong, too large or too slow; the text is a sentence.
    """
    if params.json_schema is not None:
        text = _from_schema(params.json_schema)
    elif params.grammar is not None:
        text = params.grammar
        check_gbnf(text)
    else:
        return None
    started = time.thread_time()
    grammar = Grammar(vocabulary, text)
    grammar.allowed(np.arange(vocabulary.size, dtype=np.int32))
    if time.thread_time() - started > MAX_TRIAL_SECONDS:
        raise GrammarError("The grammar is too ambiguous to be followed in time; use fewer optional items in a row.")
    return grammar


def check_gbnf(text: str) -> None:
    """Raises `GrammarError` when the grammar passes a limit of this module."""
    if len(text) > MAX_GRAMMAR_CHARACTERS:
        raise GrammarError(f"The grammar has {len(text)} characters; at most {MAX_GRAMMAR_CHARACTERS} are allowed.")
    bare = re.sub(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#[^\n]*', " ", text)
    if _nesting(bare) > MAX_NESTING:
        raise GrammarError(f"The grammar nests parentheses deeper than {MAX_NESTING}.")
    quantifiers = sum(map(bare.count, "?*+{"))
    if quantifiers > MAX_QUANTIFIERS:
        raise GrammarError(f"The grammar has {quantifiers} repetitions; at most {MAX_QUANTIFIERS} are allowed.")


def _from_schema(schema: dict[str, Any]) -> str:
    if len(json.dumps(schema)) > MAX_SCHEMA_CHARACTERS:
        raise GrammarError(f"The JSON schema is longer than {MAX_SCHEMA_CHARACTERS} characters.")
    for key, value in _entries(schema):
        if key in _COUNTS and isinstance(value, int | float) and value > MAX_REPETITIONS:
            raise GrammarError(f"{key} in the JSON schema is {value}; at most {MAX_REPETITIONS} can be followed.")
        if key == "pattern" and isinstance(value, str) and _largest_count(value) > MAX_REPETITIONS:
            raise GrammarError(f"A pattern in the JSON schema repeats more often than {MAX_REPETITIONS} times.")
    text = grammar_of_schema(schema)
    if len(text) > MAX_SCHEMA_GRAMMAR_CHARACTERS:
        raise GrammarError("The JSON schema becomes a grammar that is too large; ask for fewer or shorter things.")
    return text


def _entries(value: object) -> Iterator[tuple[str, object]]:
    """Every key of every object inside, with its value."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield from item.items()
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _nesting(text: str) -> int:
    deepest = depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _largest_count(pattern: str) -> int:
    return max((int(number) for number in re.findall(r"\d+", pattern)), default=0)
