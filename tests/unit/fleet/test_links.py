"""Links to scripted nodes: what state a node is in, why, and how it is found again."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

import llamachat
from llamachat.fleet import Fleet, FleetLimits, NodeAddress, NodeSnapshot
from llamachat.protocol import Memory, ModelInfo
from tests.unit.fleet.scripted_node import ANSWER, ScriptedNode
from tests.unit.fleet.turns import SLOW, a_turn, all_online, collect, fleet_of, until, written


async def _reaches(fleet: Fleet, *states: str) -> NodeSnapshot:
    return (await until(fleet, lambda nodes: nodes[0].state in states))[0]


async def test_a_connected_node_is_online_with_its_facts_and_a_round_trip() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        (snapshot,) = await until(fleet, lambda nodes: nodes[0].rtt_ms is not None)
        assert (snapshot.name, snapshot.state, snapshot.reason, snapshot.retry_at) == ("node", "online", "", None)
        assert snapshot.hello is not None
        assert snapshot.status is not None
        assert [model.id for model in snapshot.models] == ["guide"]
        assert snapshot.default_model == "guide"


async def test_the_client_says_who_it_is_and_asks_for_no_compression() -> None:
    node = ScriptedNode()
    async with fleet_of(node):
        (headers,) = node.headers
        assert headers["user-agent"] == f"llamachat/{llamachat.__version__}"
        assert headers["sec-websocket-protocol"] == "llamachat.v1.msgpack"
        assert "sec-websocket-extensions" not in headers
        assert "authorization" not in headers


async def test_the_token_is_sent_as_a_header_and_read_again_for_each_try() -> None:
    tokens = iter(["wrong", " right \n"])
    node = ScriptedNode()
    node.token = "right"
    async with node, Fleet([node.address(token=lambda: next(tokens))], limits=SLOW) as fleet:
        snapshot = await _reaches(fleet, "refused")
        assert "token" in snapshot.reason
        assert "wrong" not in snapshot.reason
        assert snapshot.retry_at is None
        fleet.reconnect_now("node")
        await _reaches(fleet, "online")
        assert [headers.get("authorization") for headers in node.headers] == ["Bearer wrong", "Bearer right"]


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file", "/home/me/token"),
        ValueError("the command printed two lines"),
        subprocess.CalledProcessError(1, "pass show node"),
    ],
)
async def test_a_token_that_cannot_be_read_is_told(error: Exception) -> None:
    def read() -> str:
        raise error

    node = ScriptedNode()
    async with node, Fleet([node.address(token=read)], limits=SLOW) as fleet:
        snapshot = await _reaches(fleet, "refused")
        assert snapshot.reason.startswith("Its token cannot be read")
        assert node.headers == []


async def test_a_token_that_cannot_be_sent_is_refused_without_showing_it() -> None:
    node = ScriptedNode()
    async with node, Fleet([node.address(token=lambda: "sec\nret")], limits=SLOW) as fleet:
        snapshot = await _reaches(fleet, "refused")
        assert "sec" not in snapshot.reason


def test_no_token_is_shown_by_an_address() -> None:
    address = NodeAddress("a", "ws://h:1/chat", lambda: "s3cret")
    assert "token" not in repr(address)
    assert NodeAddress("a", "ws://me:s3cret@h:1/chat").place == "h:1"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 426])
async def test_a_refused_handshake_is_not_tried_again_by_itself(status: int) -> None:
    node = ScriptedNode()
    node.http_status = status
    async with node, Fleet([node.address()], limits=SLOW) as fleet:
        snapshot = await _reaches(fleet, "refused")
        assert snapshot.reason.endswith((".", "?"))
        assert len(node.headers) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_refusal_is_tried_again(status: int) -> None:
    node = ScriptedNode()
    node.http_status = status
    async with node, Fleet([node.address()], limits=SLOW) as fleet:
        snapshot = await _reaches(fleet, "offline")
        assert str(status) in snapshot.reason
        assert snapshot.retry_at is not None
        node.http_status = None
        await _reaches(fleet, "online")


async def test_another_version_of_the_protocol_is_refused() -> None:
    node = ScriptedNode()
    node.protocol = 2
    async with node, Fleet([node.address()], limits=SLOW) as fleet:
        assert "protocol 2" in (await _reaches(fleet, "refused")).reason


async def test_a_server_that_says_no_hello_is_offline() -> None:
    node = ScriptedNode()
    node.says_hello = False
    async with node, Fleet([node.address()], limits=replace(SLOW, hello_timeout_s=0.05)) as fleet:
        assert "said nothing" in (await _reaches(fleet, "offline")).reason


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/chat", "ws://", "nonsense", "ws://127.0.0.1:99999/chat"])
async def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    async with Fleet([NodeAddress("node", url)], limits=SLOW) as fleet:
        assert (await _reaches(fleet, "refused")).reason.startswith("Its address cannot be used")


async def test_where_nobody_listens_is_offline_with_the_time_of_the_next_try() -> None:
    node = ScriptedNode()
    await node.start()
    await node.stop()
    async with Fleet([node.address()], limits=replace(SLOW, backoff_first_s=30, backoff_cap_s=30)) as fleet:
        snapshot = await _reaches(fleet, "offline")
        assert snapshot.gone
        assert "Nothing listens" in snapshot.reason
        assert snapshot.retry_at is not None
        assert snapshot.retry_at - snapshot.since == pytest.approx(30, abs=5)
        await node.start()
        fleet.reconnect_now("node")
        await _reaches(fleet, "online")
    await node.stop()


async def test_a_connection_that_had_lasted_is_tried_again_at_once() -> None:
    limits = replace(SLOW, backoff_first_s=60, backoff_cap_s=60, settled_s=0.0)
    node = ScriptedNode()
    async with fleet_of(node, limits=limits) as fleet:
        node.drop()
        await until(fleet, lambda nodes: not nodes[0].connected)
        await _reaches(fleet, "online")


async def test_a_daemon_that_dies_while_it_is_tried_again_is_soon_known_to_be_gone() -> None:
    limits = replace(SLOW, backoff_first_s=60, backoff_cap_s=60, settled_s=0.0, redial_s=0.5)
    node = ScriptedNode()
    async with fleet_of(node, limits=limits) as fleet:
        node.http_status = 503  # the first new try still meets somebody
        node.drop()
        await until(fleet, lambda nodes: "503" in nodes[0].reason)
        await node.stop()
        await until(fleet, lambda nodes: nodes[0].gone)


async def test_a_connection_that_did_not_last_is_not_tried_again_at_once() -> None:
    limits = replace(SLOW, backoff_first_s=60, backoff_cap_s=60, settled_s=60)
    node = ScriptedNode()
    async with fleet_of(node, limits=limits) as fleet:
        node.drop()
        snapshot = await _reaches(fleet, "offline")
        assert snapshot.retry_at is not None


async def test_a_node_on_this_machine_is_reached_without_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    node = ScriptedNode()
    async with fleet_of(node):
        assert len(node.headers) == 1


async def test_a_server_that_is_not_a_websocket_is_offline() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Fleet([NodeAddress("node", f"ws://127.0.0.1:{port}/chat")], limits=SLOW) as fleet:
        snapshot = await _reaches(fleet, "offline")
        assert not snapshot.gone


async def test_a_handshake_that_is_never_answered_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # the kernel connects, nobody accepts
        url = f"ws://127.0.0.1:{server.getsockname()[1]}/chat"
        async with Fleet([NodeAddress("node", url)], limits=replace(SLOW, open_timeout_s=0.05)) as fleet:
            assert "did not answer" in (await _reaches(fleet, "offline")).reason


async def test_a_half_open_connection_is_first_a_warning_then_offline() -> None:
    limits = replace(SLOW, warn_silence_s=0.2, offline_silence_s=0.5, open_timeout_s=0.05)
    node = ScriptedNode()
    async with fleet_of(node, limits=limits) as fleet:
        seen: list[str] = []
        fleet.subscribe(lambda: seen.append(fleet.snapshots()[0].state))
        node.freeze()
        await _reaches(fleet, "offline", "connecting")
        assert seen.index("warning") < max(seen.index(state) for state in {"offline", "connecting"} & set(seen))


async def test_a_client_that_stood_still_declares_nobody_dead() -> None:
    limits = FleetLimits(tick_s=0.01, ping_interval_s=0.01, status_interval_s=0.05)
    stood_still = 0.0
    node = ScriptedNode()
    async with node, Fleet([node.address()], limits=limits, monotonic=lambda: time.monotonic() + stood_still) as fleet:
        await all_online(fleet)
        stood_still = 3600.0  # as after Ctrl+Z: an hour in which nothing ran
        (before,) = fleet.snapshots()
        await until(fleet, lambda nodes: nodes[0].status_at is not None and nodes[0].status is not before.status)
        assert fleet.snapshots()[0].state == "online"
        assert len(node.headers) == 1


@pytest.mark.parametrize(
    ("status", "state", "word"),
    [
        ({"state": "draining"}, "draining", "no new work"),
        ({"state": "degraded"}, "warning", "degraded"),
        ({"load": 1.0}, "warning", "load"),
        ({"memory": Memory(99, 100, 1, 1, 0, 1)}, "warning", "memory"),
    ],
)
async def test_what_a_node_says_of_itself_is_its_state(status: dict[str, object], state: str, word: str) -> None:
    node = ScriptedNode()
    node.status = status
    async with fleet_of(node) as fleet:
        assert fleet.snapshots()[0].state == state
        assert word in fleet.snapshots()[0].reason


async def test_a_revoked_token_is_a_refusal() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        await node.connections[0].close(4401, "revoked")
        assert "token" in (await _reaches(fleet, "refused")).reason


async def test_a_daemon_that_shuts_down_says_so() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        reasons: list[str] = []
        fleet.subscribe(lambda: reasons.append(fleet.snapshots()[0].reason))
        await node.connections[0].close(1001)
        await until(fleet, lambda _: any("shutting down" in reason for reason in reasons))


async def test_a_node_that_only_sends_garbage_is_given_up() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        reasons: list[str] = []
        fleet.subscribe(lambda: reasons.append(fleet.snapshots()[0].reason))
        for _ in range(fleet.limits.bad_frames):
            await node.connections[0].send(b"\xc1")
        await until(fleet, lambda _: any("cannot be read" in reason for reason in reasons))


async def test_facts_of_a_restarted_node_replace_the_old_ones() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        node.models = [ModelInfo(id="other", name="o", fingerprint="f", state="loaded")]
        await node.restart()
        await until(fleet, lambda nodes: nodes[0].connected and nodes[0].model("other") is not None)
        assert fleet.snapshots()[0].model("guide") is None


async def test_a_reason_from_a_peer_is_one_safe_line() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        reasons: list[str] = []
        fleet.subscribe(lambda: reasons.append(fleet.snapshots()[0].reason))
        await node.connections[0].close(1011, "bad\x1b[31m\nnews")
        await until(fleet, lambda _: any("news" in reason for reason in reasons))
        assert not any("\x1b" in reason or "\n" in reason for reason in reasons)


async def test_nodes_are_added_removed_and_reordered() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    async with fleet_of(first) as fleet, second:
        fleet.add(second.address())
        await all_online(fleet)
        assert [node.name for node in fleet.snapshots()] == ["a", "b"]
        fleet.reorder(["b", "unknown"])
        assert [node.name for node in fleet.snapshots()] == ["b", "a"]
        with pytest.raises(ValueError, match="Two nodes"):
            fleet.add(second.address())
        await fleet.remove("b")
        await fleet.remove("b")
        assert [node.name for node in fleet.snapshots()] == ["a"]


async def test_a_subscriber_that_fails_hurts_nobody_else() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:

        def fails() -> None:
            raise RuntimeError("a defect of the screen")

        fleet.subscribe(fails)
        assert written(await collect(fleet, a_turn())) == ANSWER
        node.drop()
        await until(fleet, lambda nodes: not nodes[0].connected)
        await all_online(fleet)


async def test_an_unsubscribed_callback_is_not_called() -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet:
        calls: list[int] = []
        fleet.subscribe(lambda: calls.append(1))()
        fleet.reorder(["node"])
        assert calls == []


async def test_leaving_the_fleet_says_goodbye_and_leaves_no_task() -> None:
    node = ScriptedNode()
    before = asyncio.all_tasks()
    async with node:
        tasks = asyncio.all_tasks()
        async with Fleet([node.address()], limits=SLOW) as fleet:
            await all_online(fleet)
            (connection,) = node.connections
        await connection.wait_closed()
        assert connection.close_code == 1000
        assert not {task for task in asyncio.all_tasks() - tasks if not task.done() and "link" in task.get_name()}
    assert not {task for task in asyncio.all_tasks() - before if "fleet" in task.get_name()}


async def test_tls_is_trusted_by_the_given_authority_alone(tmp_path: Path) -> None:
    certificate, key = _self_signed(tmp_path)
    node = ScriptedNode()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    await node.start(ssl=context)
    url = node.url.replace("ws:", "wss:")
    addresses = [
        NodeAddress("trusting", url, ca_file=certificate),
        NodeAddress("wary", url),
        NodeAddress("mistaken", url, ca_file=tmp_path / "missing.pem"),
    ]
    async with Fleet(addresses, limits=SLOW) as fleet:
        await until(fleet, lambda nodes: [n.state for n in nodes] == ["online", "refused", "refused"])
        _, wary, mistaken = fleet.snapshots()
        assert "ca_file" in wary.reason
        assert "missing.pem" in mistaken.reason
        assert written(await collect(fleet, a_turn())) == ANSWER
    await node.stop()


def _self_signed(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, made with the openssl command."""
    certificate, key = directory / "node.pem", directory / "node.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate, key
