from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.base.problems import ConfigError, Problem
from llamachat.config import attaching, sampling
from llamachat.config.loading import load, parse
from llamachat.config.patience import fleet_limits
from llamachat.config.schema import POLICIES, THEMES, Settings
from llamachat.documents.limits import DocumentLimits
from llamachat.fleet import Policy
from llamachat.fleet.limits import FleetLimits
from llamachat.protocol.frames import Params
from llamachat.tui.theme import THEMES as tui_themes

FILE = Path("/home/user/config.toml")


def problems(text: str) -> list[tuple[int | None, str, str, str]]:
    with pytest.raises(ConfigError) as caught:
        parse(text, FILE)
    assert all(problem.file == FILE for problem in caught.value.problems)
    return [(problem.line, problem.key, problem.found, problem.allowed) for problem in caught.value.problems]


def test_an_empty_file_gives_the_defaults() -> None:
    assert parse("") == Settings()


def test_the_default_sampling_is_the_protocols() -> None:
    assert sampling.params(Settings().chat.sampling) == Params()


def test_what_the_file_says_arrives() -> None:
    settings = parse(
        """
        [[nodes]]
        name = "llama-01"
        url = "10.0.0.5"
        token_file = "token"
        [[nodes]]
        url = "https://box.example/llm"
        [chat]
        model = "llama3-8b"
        [chat.sampling]
        temperature = 1
        stop = ["END"]
        [look]
        motion = false
        [attachments]
        max_file_bytes = "2MB"
        """,
        FILE,
    )
    first, second = settings.nodes
    assert (first.name, first.url) == ("llama-01", "ws://10.0.0.5:13000/chat")
    assert first.token_file == FILE.parent / "token"
    assert (second.name, second.url) == ("box.example", "wss://box.example/llm")
    assert (settings.chat.model, sampling.model(settings.chat)) == ("llama3-8b", "llama3-8b")
    assert sampling.params(settings.chat.sampling).stop == ["END"]
    assert sampling.params(settings.chat.sampling).temperature == 1.0
    assert not settings.look.motion
    assert settings.attachments.max_file_bytes == 2_000_000


@pytest.mark.parametrize(
    ("text", "line", "key", "found", "allowed"),
    [
        ("[chat]\npolicy = 'quick'", 2, "chat.policy", '"quick"', '"fastest", "priority", "sticky"'),
        ("[chat]\n\npolcy = 'fastest'", 3, "chat.polcy", "an unknown key", 'did you mean "policy"?'),
        ("[chat]\ntemperature = 1", 2, "chat.temperature", "an unknown key", '"temperature" stands in [chat.sampling]'),
        ("[zzz]", 1, "zzz", "an unknown key", ", ".join(field.name for field in fields(Settings))),
        ("[chat.sampling]\ntemperature = 9", 2, "chat.sampling.temperature", "9", "a number, 0 to 5"),
        ("[chat.sampling]\ntemperature = true", 2, "chat.sampling.temperature", "true", "a number, 0 to 5"),
        ("[chat.sampling]\ntop_p = nan", 2, "chat.sampling.top_p", "nan", "a number, 0 to 1"),
        ("[chat.sampling]\ntop_k = 1.5", 2, "chat.sampling.top_k", "1.5", "a whole number, 0 to 1000000"),
        ("[look]\nmotion = 'no'", 2, "look.motion", '"no"', "true or false"),
        ("look = 3", 1, "look", "3", "a table [look]"),
        ("[nodes]\nurl = 'a'", 1, "nodes", "a table", "tables [[nodes]]"),
        ("nodes = [1]", 1, "nodes[0]", "1", "a table [nodes[0]]"),
        ("[[nodes]]\nname = 'a'", 1, "nodes[0].url", "nothing", "the URL of the daemon, like ws://10.0.0.5:13000/chat"),
        ("[attachments]\nmax_file_bytes = 'big'", 2, "attachments.max_file_bytes", '"big"', None),
    ],
)
def test_a_wrong_setting_is_reported_with_its_line_and_what_is_allowed(
    text: str, line: int, key: str, found: str, allowed: str | None
) -> None:
    [problem] = problems(text)
    assert problem[:3] == (line, key, found)
    assert allowed is None or problem[3] == allowed


def test_all_problems_are_reported_at_once_in_the_order_of_the_file() -> None:
    text = "[look]\nmotion = 1\n[[nodes]]\nurl = 'ws://a'\nnam = 'x'\n[[nodes]]\nurl = 'ws://a'\n[chat]\npolicy = 2"
    assert [(line, key) for line, key, _found, _allowed in problems(text)] == [
        (2, "look.motion"),
        (5, "nodes[0].nam"),
        (7, "nodes[1].url"),
        (9, "chat.policy"),
    ]


def test_two_ways_to_give_one_token_are_refused() -> None:
    [problem] = problems("[[nodes]]\nurl = 'a'\ntoken = 'x'\ntoken_command = 'y'")
    assert problem[:3] == (4, "nodes[0].token_command", "token and token_command")


def test_a_file_that_is_not_toml_is_reported_with_the_line() -> None:
    [problem] = problems("[chat]\nmodel = = 1")
    assert problem[:2] == (2, "the file")


def test_a_file_that_ends_too_soon_is_reported_with_its_last_line() -> None:
    [problem] = problems('[chat]\nmodel = "a')
    assert problem[0] == 2


def test_a_missing_file_and_one_that_is_not_text_are_problems_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "bytes.toml")


def test_a_size_with_half_a_unit_is_a_wrong_value() -> None:
    assert problems("[attachments]\nmax_file_bytes = '5i'")[0][1] == "attachments.max_file_bytes"


@pytest.mark.parametrize("wrong", ["token = '{}\\n'", "token = ['{}']", "tokn = '{}'", "url = 'ws://me:{}@host/chat'"])
def test_no_secret_is_quoted_in_a_problem(wrong: str) -> None:
    url = "" if wrong.startswith("url") else "url = 'a'\n"
    text = f"[[nodes]]\n{url}{wrong.format('s3cret')}".replace("token = 's3cret\\n'", 'token = "s3cret\\n"')
    with pytest.raises(ConfigError) as caught:
        parse(text, FILE)
    assert "s3cret" not in str(caught.value)


def test_a_token_is_not_part_of_the_repr() -> None:
    settings = parse("[[nodes]]\nurl = 'a'\ntoken = 's3cret'")
    assert settings.nodes[0].token == "s3cret"
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    "url", ["", "ftp://a", "ws://", "ws://u:p@h/chat", "ws://h/chat?token=x", "h:99999", "h:0", "a b", "ws://h/#x"]
)
def test_what_cannot_be_the_address_of_a_daemon_is_refused(url: str) -> None:
    [problem] = problems(f"[[nodes]]\nurl = '{url}'")
    assert problem[1] == "nodes[0].url"


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("box", "ws://box:13000/chat"),
        ("box:14000", "ws://box:14000/chat"),
        ("::1", None),
        ("[::1]", "ws://[::1]:13000/chat"),
        ("ws://box", "ws://box/chat"),
        ("http://box:1/", "ws://box:1/chat"),
        ("https://box/llm/chat", "wss://box/llm/chat"),
    ],
)
def test_an_address_is_completed(written: str, full: str | None) -> None:
    text = f"[[nodes]]\nurl = '{written}'"
    if full is None:
        problems(text)
    else:
        assert parse(text).nodes[0].url == full


def test_overrides_win_over_the_file_and_are_checked_like_it() -> None:
    assert parse("[look]\ntheme = 'ansi'", FILE, {"look.theme": "high-contrast"}).look.theme == "high-contrast"
    with pytest.raises(ConfigError) as caught:
        parse("[look]\nmotion = 1", FILE, {"look.theme": "pink"})
    assert [(problem.file, problem.key) for problem in caught.value.problems] == [
        (None, "look.theme"),
        (FILE, "look.motion"),
    ]


@given(st.text(max_size=200))
def test_any_text_gives_settings_or_problems(text: str) -> None:
    try:
        parse(text, FILE)
    except ConfigError as error:
        assert error.problems
        assert all(isinstance(problem, Problem) for problem in error.problems)


def test_the_choices_of_the_settings_are_those_of_the_program() -> None:
    assert get_args(Policy) == POLICIES
    assert {theme.name for theme in tui_themes} == set(THEMES)


def test_the_default_patience_is_the_fleets() -> None:
    assert fleet_limits(Settings().fleet) == FleetLimits()


def test_the_fleet_goes_by_what_the_settings_say() -> None:
    text = (
        "[fleet]\nopen_timeout = 1\noffline_after = 20\ngrace = 3\nlongest_pause = 4\nslow_ping = 5\nwarn_load = 0.6\n"
        "warn_memory = 0.7"
    )
    limits = fleet_limits(parse(text).fleet)
    assert limits == replace(
        FleetLimits(),
        open_timeout_s=1,
        offline_silence_s=20,
        grace_s=3,
        backoff_cap_s=4,
        slow_ping_ms=5,
        warn_load=0.6,
        warn_memory=0.7,
    )


def test_the_limits_of_files_are_those_of_the_settings() -> None:
    assert attaching.limits(Settings().attachments) == DocumentLimits()
    settings = parse(
        """
        [attachments]
        max_file_bytes = "5MB"
        max_text_bytes = "10kB"
        max_files = 2
        max_seconds = 1.5
        max_memory_bytes = "300MB"
        context_share = 0.5
        """
    )
    assert attaching.limits(settings.attachments) == DocumentLimits(
        file_bytes=5_000_000,
        text_bytes=10_000,
        files=2,
        seconds=1.5,
        memory_bytes=300_000_000,
        context_share=0.5,
    )
