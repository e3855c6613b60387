"""What somebody who mistyped a word may have meant."""

from __future__ import annotations

from llamachat.base.hints import did_you_mean


def test_the_likest_word_is_asked_for() -> None:
    assert did_you_mean("polcy", ["police", "policy", "model"]) == 'did you mean "policy"?'


def test_a_word_like_none_has_no_hint() -> None:
    assert did_you_mean("zzz", ["policy", "model"]) is None
    assert did_you_mean("zzz", []) is None
