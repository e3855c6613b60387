from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.fleet import NodeSnapshot
from llamachat.fleet.discovery import MAX_OFFERS, Offer, offers, place_of, to_look_at
from llamachat.protocol import Hello, Limits, NodeInfo, Principal

BOX = "ws://10.0.0.5:13000/chat"
OTHER = "ws://10.0.0.6:13000/chat"
HERE = "ws://127.0.0.1:13000/chat"


def node(name: str, url: str, *peers: str, node_id: str | None = None) -> NodeSnapshot:
    """A node that said hello with these peers."""
    hello = Hello(
        protocol=1,
        node=NodeInfo(node_id or name, name, "1", 0),
        models=[],
        default_model=None,
        limits=Limits(4_000_000, 64, 8),
        principal=Principal("p", False),
        peers=list(peers),
    )
    return NodeSnapshot(name, url, "online", 0.0, hello=hello)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("ws://box:13000/chat", ("box", 13000)),
        ("ws://BOX./chat", ("box", 80)),
        ("wss://box/chat", ("box", 443)),
        ("ws://localhost:1/chat", ("localhost", 1)),
        ("ws://127.0.0.7:1/chat", ("localhost", 1)),
        ("ws://[::1]:1/chat", ("localhost", 1)),
        ("ws://[2001:db8::1]:1/chat", ("2001:db8::1", 1)),
        ("http://box/chat", None),
        ("ws:///chat", None),
        ("ws://me:secret@box/chat", None),
        ("ws://box/chat?token=x", None),
        ("ws://box:0/chat", None),
        ("ws://box:99999/chat", None),
        ("ws://[::1/chat", None),
        ("ws://box/\x1b[2J", None),
        ("ws://box/a b", None),
        ("ws://box/" + "a" * 600, None),
        ("", None),
    ],
)
def test_a_place_is_where_a_client_would_connect(url: str, place: tuple[str, int] | None) -> None:
    assert place_of(url) == place


def test_a_peer_is_offered_once_with_all_who_name_it() -> None:
    nodes = (node("a", BOX, OTHER), node("b", "ws://b:1/chat", "ws://10.0.0.6:13000/chat", "ws://c:1/chat"))
    assert offers(nodes) == (Offer(OTHER, ("a", "b")), Offer("ws://c:1/chat", ("b",)))


@pytest.mark.parametrize(
    ("name", "nodes", "known"),
    [
        ("it is in the fleet", (node("a", BOX, OTHER), node("b", "ws://10.0.0.6:13000/other")), ()),
        ("it is in the settings", (node("a", BOX, OTHER),), (OTHER,)),
        ("it names itself", (node("a", BOX, BOX),), ()),
        ("it is no address", (node("a", BOX, "http://10.0.0.6/", "ws://x:y@10.0.0.6/"),), ()),
        ("it is the loopback of another machine", (node("a", BOX, HERE),), ()),
        ("nobody said hello", (NodeSnapshot("a", BOX, "offline", 0.0),), ()),
    ],
)
def test_a_peer_is_not_offered_when(name: str, nodes: tuple[NodeSnapshot, ...], known: tuple[str, ...]) -> None:
    assert offers(nodes, known=known) == (), name


def test_a_node_on_this_machine_may_name_another_one_here() -> None:
    assert offers((node("a", HERE, "ws://localhost:13001/chat"),)) == (Offer("ws://localhost:13001/chat", ("a",)),)


def test_the_daemon_found_here_comes_first_and_a_peer_of_that_name_adds_to_it() -> None:
    here = node("it", HERE, node_id="here")
    found = offers((node("a", "ws://[::1]:5/chat", OTHER, "ws://localhost:13000/chat"),), here)
    assert found == (Offer(HERE, ("a",), "it"), Offer(OTHER, ("a",)))


def test_the_daemon_found_here_is_not_offered_when_the_fleet_has_it_by_another_address() -> None:
    assert offers((node("a", BOX, node_id="same"),), node("it", HERE, node_id="same")) == ()


def test_a_place_without_a_hello_is_not_offered() -> None:
    assert offers((), NodeSnapshot(HERE, HERE, "refused", 0.0)) == ()


def test_what_a_daemon_calls_itself_is_made_safe_to_print() -> None:
    (offer,) = offers((), node("\x1b[2Jevil\n" + "x" * 100, HERE, node_id="e"))
    assert "\x1b" not in offer.name
    assert "\n" not in offer.name
    assert len(offer.name) <= 64


def test_this_machine_is_looked_at_only_where_no_node_is() -> None:
    found = to_look_at([BOX])
    assert found is not None
    assert found.url == HERE
    assert found.token is None
    assert to_look_at([BOX, "ws://localhost:13000/chat"]) is None


@given(st.lists(st.integers(1, 65_535), max_size=200))
def test_however_many_peers_are_named_few_are_offered(ports: list[int]) -> None:
    found = offers((node("a", BOX, *(f"ws://peer:{port}/chat" for port in ports)),))
    assert len(found) == min(len(set(ports)), MAX_OFFERS)
