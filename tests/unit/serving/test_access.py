"""Who may ask: tables of headers against what the operator set up."""

from __future__ import annotations

import base64
import string
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.protocol import Codec
from llamachat_daemon.serving.access import (
    Facts,
    Policy,
    Refusal,
    allowed_origin,
    check_place,
    check_token,
    choose_codec,
    is_loopback,
    offered_token,
    refuse_bind,
)

LOOPBACK = Policy(needs_token=False, bind="127.0.0.1")
TOKENS = Policy(needs_token=True, bind="0.0.0.0")
OPEN_BIND = Policy(
    needs_token=False,
    bind="0.0.0.0",
    allow_origins=("http://chat.example.org",),
    host_names=("box", "box.local"),
)


def facts(*, host: str | None = "127.0.0.1:13000", origin: str | None = None, **more: object) -> Facts:
    return Facts(
        method="GET",
        path="/chat",
        hosts=[] if host is None else [host],
        origins=[] if origin is None else [origin],
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:13000", "localhost", "LOCALHOST:13000", "[::1]:13000", "10.1.2.3:13000", "[fe80::1]"],
)
def test_without_tokens_an_address_or_localhost_is_a_good_host(host: str):
    assert check_place(LOOPBACK, facts(host=host)) is None


@pytest.mark.parametrize(
    "host",
    [
        None, "", "evil.example", "evil.example:13000", "localhost.evil.example", "127.0.0.1.evil.example", "box",
        "127.0.0.1@evil.example", "::1", "[127.0.0.1]", "localhost:13000:1", "localhost/", "2130706433", "127.1",
    ],
)  # fmt: skip
def test_without_tokens_any_other_host_is_refused(host: str | None):
    refusal = check_place(LOOPBACK, facts(host=host))
    assert refusal is not None
    assert refusal.status is HTTPStatus.FORBIDDEN


def test_two_hosts_are_refused():
    twice = Facts("GET", "/chat", hosts=["127.0.0.1", "localhost"])
    assert check_place(LOOPBACK, twice) is not None


@pytest.mark.parametrize("host", ["box:13000", "BOX.local", "chat.example.org", "192.168.1.5:13000"])
def test_an_open_daemon_answers_to_its_own_names_and_those_of_allowed_origins(host: str):
    assert check_place(OPEN_BIND, facts(host=host)) is None


@pytest.mark.parametrize("host", ["evil.example", "box.evil.example", ""])
def test_an_open_daemon_is_still_closed_to_rebound_names(host: str):
    assert check_place(OPEN_BIND, facts(host=host)) is not None


def test_an_open_daemon_that_listens_on_a_name_answers_to_it():
    assert check_place(Policy(needs_token=False, bind="gpu.lan"), facts(host="gpu.lan:13000")) is None


@pytest.mark.parametrize("host", [None, "anything.example"])
def test_with_tokens_the_host_says_nothing(host: str | None):
    assert check_place(TOKENS, facts(host=host)) is None


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost", True),
        ("https://localhost:8443", True),
        ("http://127.0.0.1:3000", True),
        ("http://[::1]:3000", True),
        ("HTTP://LOCALHOST:3000", True),
        ("http://localhost.evil.example", False),
        ("http://localhost:3000.evil.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://127.0.0.2", False),
        ("ftp://localhost", False),
        ("https://evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_local_pages_alone_may_ask_where_there_are_no_tokens(origin: str, allowed: bool):
    assert (check_place(LOOPBACK, facts(origin=origin)) is None) == allowed
    assert (allowed_origin(LOOPBACK, [origin]) == origin) == allowed


@pytest.mark.parametrize("origin", ["http://localhost", "http://127.0.0.1:3000", "https://evil.example", "null"])
def test_with_tokens_no_page_may_ask_unless_it_is_named(origin: str):
    assert check_place(TOKENS, facts(origin=origin)) is not None


@pytest.mark.parametrize("origin", ["https://chat.example.org", "null", "HTTPS://Chat.Example.org"])
@pytest.mark.parametrize("needs_token", [True, False])
def test_a_named_origin_may_ask_and_is_echoed_as_it_came(origin: str, needs_token: bool):
    policy = Policy(needs_token, "127.0.0.1", allow_origins=("https://chat.example.org", "null"))
    assert check_place(policy, facts(origin=origin)) is None
    assert allowed_origin(policy, [origin]) == origin


def test_two_origins_are_refused():
    both = Facts("GET", "/chat", hosts=["localhost"], origins=["http://localhost", "http://localhost"])
    assert check_place(LOOPBACK, both) is not None


def test_a_request_without_an_origin_is_fine_and_gets_no_cors_header():
    assert check_place(LOOPBACK, facts()) is None
    assert allowed_origin(LOOPBACK, []) is None


@pytest.mark.parametrize(
    ("authorization", "subprotocols", "token"),
    [
        (["Bearer lc_abc"], [], "lc_abc"),
        (["bearer   lc_abc "], [], "lc_abc"),
        (["Basic lc_abc"], [], None),
        (["Bearer"], [], None),
        (["Bearer a b"], [], None),
        (["Bearer a", "Bearer a"], [], None),
        ([], ["llamachat.v1.json", "bearer.bGNfYWJj"], "lc_abc"),
        ([], ["bearer.bGNfYWI"], "lc_ab"),
        ([], ["bearer.bGNfYWI="], "lc_ab"),
        ([], ["bearer.bGNfYWJj", "bearer.bGNfYWJj"], None),
        ([], ["bearer.!"], None),
        ([], ["bearer."], ""),
        ([], ["bearer._w"], None),
        (["Bearer lc_abc"], ["bearer.b3RoZXI"], "lc_abc"),
        (["Basic x"], ["bearer.bGNfYWJj"], None),
        ([], ["llamachat.v1.json"], None),
        ([], [], None),
    ],
)
def test_the_token_is_found_where_it_may_stand(authorization: list[str], subprotocols: list[str], token: str | None):
    assert offered_token(facts(authorization=authorization, subprotocols=subprotocols)) == token


@given(st.text(alphabet=string.ascii_letters + string.digits + "_-", min_size=1, max_size=60))
def test_any_token_survives_the_subprotocol(token: str):
    offered = "bearer." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    assert offered_token(facts(subprotocols=["llamachat.v1.msgpack", offered])) == token


@given(st.lists(st.text(max_size=40), max_size=3), st.lists(st.text(max_size=40).map("bearer.".__add__), max_size=3))
def test_no_header_makes_looking_for_a_token_fail(authorization: list[str], subprotocols: list[str]):
    found = offered_token(facts(authorization=authorization, subprotocols=subprotocols))
    assert found is None or isinstance(found, str)


@given(st.text(max_size=60))
def test_no_host_or_origin_makes_the_check_fail(value: str):
    for policy in (LOOPBACK, OPEN_BIND, TOKENS):
        check_place(policy, facts(host=value, origin=value))


def test_a_known_token_opens_and_a_missing_or_unknown_one_does_not():
    known = {"lc_abc": "alice"}.get
    assert check_token(TOKENS, facts(authorization=["Bearer lc_abc"]), known) == "alice"
    for headers in ([], ["Bearer lc_guess"]):
        refusal = check_token(TOKENS, facts(authorization=headers), known)
        assert isinstance(refusal, Refusal)
        assert refusal.status is HTTPStatus.UNAUTHORIZED
        assert "Bearer TOKEN" in refusal.sentence
        assert "lc_guess" not in refusal.sentence


def test_without_tokens_nobody_is_asked_for_one():
    assert check_token(LOOPBACK, facts(authorization=["Bearer whatever"]), lambda _: pytest.fail("asked")) is None


@pytest.mark.parametrize(
    ("offered", "codec", "selected"),
    [
        ([], Codec.JSON, None),
        (["soap"], Codec.JSON, None),
        (["bearer.abc"], Codec.JSON, None),
        (["llamachat.v1.json"], Codec.JSON, "llamachat.v1.json"),
        (["llamachat.v1.msgpack"], Codec.MSGPACK, "llamachat.v1.msgpack"),
        (["bearer.abc", "soap", "llamachat.v1.msgpack", "llamachat.v1.json"], Codec.MSGPACK, "llamachat.v1.msgpack"),
        (["llamachat.v1.json", "llamachat.v1.msgpack"], Codec.JSON, "llamachat.v1.json"),
    ],
)
def test_the_first_known_subprotocol_is_selected_and_a_bearer_never_is(
    offered: list[str], codec: Codec, selected: str | None
):
    assert choose_codec(offered) == (codec, selected)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("10.0.0.5", False), ("gpu.lan", False), ("", False),
    ],
)  # fmt: skip
def test_loopback_is_told_from_the_rest(host: str, loopback: bool):
    assert is_loopback(host) == loopback


def test_another_bind_without_tokens_is_refused_with_both_ways_out():
    refused = refuse_bind("0.0.0.0", has_tokens=False, auth=True)
    assert refused is not None
    assert "token add" in refused
    assert "--no-auth" in refused
    assert refuse_bind("0.0.0.0", has_tokens=True, auth=True) is None
    assert refuse_bind("0.0.0.0", has_tokens=False, auth=False) is None
    assert refuse_bind("127.0.0.1", has_tokens=False, auth=True) is None
