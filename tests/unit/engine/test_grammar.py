from __future__ import annotations

import pytest

from llamachat.protocol import Params
from llamachat_daemon.engine import grammar
from llamachat_daemon.engine.grammar import check_gbnf, compile_grammar
from llamachat_daemon.engine.llama import GrammarError, Model


def compiled(model: Model, **asked: object) -> object:
    return compile_grammar(Params(**asked), model.vocabulary)  # type: ignore[arg-type]


def test_a_request_without_a_grammar_has_none(model: Model) -> None:
    assert compiled(model) is None


def test_a_grammar_and_a_schema_are_compiled(model: Model) -> None:
    assert compiled(model, grammar='root ::= "yes" | "no"') is not None
    assert compiled(model, json_schema={"type": "array", "items": {"type": "integer"}, "maxItems": 5}) is not None


@pytest.mark.parametrize(
    "text",
    [
        "root ::= " + "(" * 100 + '"a"' + ")" * 100,
        "root ::= " + " ".join(['"a"?'] * 500),
        'root ::= "' + "a" * 70_000 + '"',
    ],
)
def test_a_grammar_over_a_limit_is_refused(text: str) -> None:
    with pytest.raises(GrammarError):
        check_gbnf(text)


def test_what_stands_in_quotes_classes_and_comments_does_not_count() -> None:
    check_gbnf('root ::= "' + "(?" * 300 + '\\"" [(?*' + "*" * 300 + "\\]] # " + "(" * 300)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 10**9},
        {"type": "array", "items": {"type": "array", "items": {}, "minItems": 10**6}},
        {"type": "string", "pattern": "^a{1000000}$"},
        {"enum": ["x" * 70_000]},
    ],
)
def test_a_schema_over_a_limit_is_refused(model: Model, schema: dict[str, object]) -> None:
    with pytest.raises(GrammarError):
        compiled(model, json_schema=schema)


def test_a_schema_whose_grammar_grows_too_large_is_refused(model: Model) -> None:
    inner: dict[str, object] = {"type": "array", "items": {"type": "integer"}, "minItems": 500}
    for _ in range(2):
        inner = {"type": "array", "items": inner, "minItems": 500}
    schema = {"type": "object", "properties": {f"p{n}": {**inner, "minItems": 400 + n} for n in range(60)}}
    with pytest.raises(GrammarError, match="too large"):
        compiled(model, json_schema=schema)


def test_a_grammar_that_takes_too_long_is_refused(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "MAX_TRIAL_SECONDS", 0.0)
    with pytest.raises(GrammarError, match="ambiguous"):
        compiled(model, grammar='root ::= "a"')
