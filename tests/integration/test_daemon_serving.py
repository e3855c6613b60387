"""A running daemon from outside: its ready line, its port, bad clients, tokens, signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.integration.daemons import READY_SECONDS, RunningDaemon, daemon_command, eventually, run_daemon, start_daemon

PATIENCE_S = 60.0
LONG = {"ignore_eos": True, "max_tokens": 1000, "temperature": 0}


@pytest.fixture(scope="module")
def daemon() -> Iterator[RunningDaemon]:
    with start_daemon("--name", "box", "--threads", "1") as one:
        yield one


@contextmanager
def client(daemon: RunningDaemon, codec: str = "json", token: str | None = None) -> Iterator[ClientConnection]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    subprotocols: Any = [f"llamachat.v1.{codec}"]
    with connect(daemon.url, subprotocols=subprotocols, additional_headers=headers, max_size=None) as one:
        yield one


def receive(connection: ClientConnection) -> dict[str, Any]:
    data = connection.recv(timeout=PATIENCE_S)
    frame: dict[str, Any] = json.loads(data) if isinstance(data, str) else msgpack.unpackb(data)
    return frame


def until(connection: ClientConnection, *kinds: str) -> dict[str, Any]:
    """The next frame of one of these types."""
    while True:
        frame = receive(connection)
        if frame["type"] in kinds:
            return frame


def last_of(connection: ClientConnection, attempt: str) -> dict[str, Any]:
    """The frame that ends the attempt."""
    while True:
        frame = until(connection, "ai_response", "error")
        if frame["id"] == attempt and (frame.get("done") or frame.get("final")):
            return frame


def question(attempt: str, **params: Any) -> str:
    messages = [{"role": "user", "content": "Hello"}]
    frame = {"type": "user_message", "id": attempt, "chat_id": "c", "messages": messages, "params": params}
    return json.dumps(frame)


def begin(connection: ClientConnection, attempt: str) -> None:
    """Asks for a long answer; returns when it has begun."""
    connection.send(question(attempt, **LONG))
    while not until(connection, "ai_response")["text"]:
        pass


def closed_with(connection: ClientConnection) -> int:
    """The code that the daemon closes with."""
    with suppress(ConnectionClosed):
        for _ in connection:
            pass
    assert connection.close_code is not None
    return connection.close_code


# ── the port ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_hello_is_the_first_frame_in_the_connections_codec(daemon: RunningDaemon, codec: str):
    with client(daemon, codec) as connection:
        data = connection.recv(timeout=PATIENCE_S)
        assert isinstance(data, bytes) == (codec == "msgpack")
        hello = json.loads(data) if isinstance(data, str) else msgpack.unpackb(data)
    assert hello["type"] == "hello"
    assert hello["protocol"] == 1
    assert hello["node"]["name"] == "box"
    assert hello["default_model"] == "guide"
    assert [(model["id"], model["state"]) for model in hello["models"]] == [("guide", "loaded")]
    assert hello["principal"] == {"name": "local", "admin": True}


def test_the_routes_tell_of_a_ready_node(daemon: RunningDaemon):
    assert daemon.request("/healthz").status == 200
    assert daemon.request("/readyz").json == {"ready": True}
    [node] = daemon.request("/api/nodes").json["nodes"]
    assert node["name"] == "box"
    assert node["url"] == f"ws://127.0.0.1:{daemon.port}/chat"
    assert node["status"] in ("healthy", "warning")
    assert 0 < node["memory"] <= 100
    assert node["models"] == ["guide"]
    assert daemon.request("/chats").json["chats"] == []
    assert daemon.request("/chat/none").status == 404
    assert b"llamachat_slots 4.0" in daemon.request("/metrics").body


def test_an_answer_is_counted(daemon: RunningDaemon):
    with client(daemon) as connection:
        connection.send(question("counted", max_tokens=3, ignore_eos=True))
        done = last_of(connection, "counted")
        assert done["usage"]["completion_tokens"] == 3
        connection.send(json.dumps({"type": "status", "interval": 60}))
        status = until(connection, "backend_status")
    assert status["totals"]["completed"] >= 1
    assert status["latency_ms"] > 0
    assert status["memory"]["process"] > status["memory"]["model"] > 0


def test_get_is_answered_while_answers_are_written(daemon: RunningDaemon):
    with client(daemon) as connection:
        begin(connection, "busy")
        for path in ("/healthz", "/readyz", "/api/nodes", "/metrics"):
            assert daemon.request(path).status == 200
        connection.send(json.dumps({"type": "cancel", "id": "busy"}))
        last_of(connection, "busy")


# ── bad clients ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_garbage_is_refused_frame_by_frame_and_the_connection_stays(daemon: RunningDaemon):
    with client(daemon, "msgpack") as connection:
        assert receive(connection)["type"] == "hello"
        for garbage in (b"", b"\xc1", os.urandom(100), b"\xdd\xff\xff\xff\xff", msgpack.packb([1]), "text", "{}"):
            connection.send(garbage)
            assert until(connection, "error")["code"] == "bad_frame"
        connection.send(msgpack.packb({"type": "nonsense", "req": "r1"}))
        error = until(connection, "error")
        assert (error["code"], error["req"]) == ("unknown_type", "r1")
        connection.send(msgpack.packb({"type": "status", "interval": 60}))
        assert until(connection, "backend_status")


def test_twenty_bad_frames_in_a_row_close_with_1008(daemon: RunningDaemon):
    with client(daemon) as connection:
        for _ in range(20):
            connection.send("not json")
        assert closed_with(connection) == 1008
    assert daemon.request("/readyz").status == 200


def test_a_5_mib_frame_closes_with_1009_and_nothing_else(daemon: RunningDaemon):
    with client(daemon) as connection, client(daemon) as other:
        receive(connection)
        with suppress(ConnectionClosed):
            connection.send("x" * (5 * 1024 * 1024))
        assert closed_with(connection) == 1009
        other.send(json.dumps({"type": "status", "interval": 60}))
        assert until(other, "backend_status")


@pytest.mark.parametrize("phase", ["handshake", "hello", "asked", "streaming"])
def test_a_client_that_vanishes_leaves_a_daemon_that_serves(daemon: RunningDaemon, phase: str):
    if phase == "handshake":
        with socket.create_connection(("127.0.0.1", daemon.port)) as half:
            half.sendall(b"GET /chat HTTP/1.1\r\nHost: localhost\r\n")
    else:
        with client(daemon) as connection:
            if phase == "asked":
                connection.send(question(f"left-{phase}", **LONG))
            if phase == "streaming":
                begin(connection, f"left-{phase}")
            connection.socket.shutdown(socket.SHUT_RDWR)
    with client(daemon) as connection:
        connection.send(question(f"after-{phase}", max_tokens=2))
        assert last_of(connection, f"after-{phase}")["done"]
        connection.send(json.dumps({"type": "cancel", "id": f"left-{phase}", "req": "r"}))
        assert until(connection, "ok")["req"] == "r"


def test_a_page_of_another_origin_gets_nothing(daemon: RunningDaemon):
    assert daemon.request("/api/nodes", {"Origin": "https://evil.example"}).status == 403
    assert daemon.request("/api/nodes", {"Host": "evil.example"}).status == 403
    answer = daemon.request("/api/nodes", {"Origin": "http://localhost:5173"})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"


# ── tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_tokens_open_and_their_revocation_closes(tmp_path: Path):
    token = run_daemon("token", "add", "alice", "--data-dir", tmp_path).stdout.strip()
    with start_daemon("--host", "0.0.0.0", data_dir=tmp_path) as daemon:
        assert daemon.request("/api/nodes").status == 401
        assert daemon.request("/readyz").status == 200
        assert daemon.request("/api/nodes", {"Authorization": f"Bearer {token}"}).status == 200
        with client(daemon, token=token) as connection:
            assert receive(connection)["principal"] == {"name": "alice", "admin": False}
            assert run_daemon("token", "revoke", "alice", "--data-dir", tmp_path).returncode == 0
            assert closed_with(connection) == 4401
        assert daemon.request("/api/nodes", {"Authorization": f"Bearer {token}"}).status == 401
        assert token not in daemon.stderr()


# ── several ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_peers_are_shown_beside_the_node(daemon: RunningDaemon):
    with start_daemon("--name", "second", "--peer", daemon.url) as second:
        eventually(lambda: second.request("/api/nodes").json["nodes"][1]["status"] != "offline")
        own, peer = second.request("/api/nodes").json["nodes"]
        assert (own["name"], peer["name"], peer["url"]) == ("second", "box", daemon.url)


def test_of_several_models_one_is_served_and_it_is_said(tmp_path: Path):
    (tmp_path / "daemon.toml").write_text(
        'default_model = "guide"\n[models]\nfiles = [{id = "other", path = "gone.gguf"}]\n'
    )
    with start_daemon(data_dir=tmp_path) as daemon, client(daemon) as connection:
        assert [model["id"] for model in receive(connection)["models"]] == ["guide"]
        assert "serves one at a time: guide" in daemon.stderr()


def test_a_model_that_llama_cpp_refuses_is_one_sentence(tmp_path: Path):
    guide = Path(run_daemon("models", "list", "--data-dir", tmp_path).stdout.split("\t")[-1].strip()).read_bytes()
    path = tmp_path / "odd.gguf"
    path.write_bytes(guide.replace(b"general.architecture", b"general.architectura", 1))
    run = run_daemon("serve", "--port", "0", "--data-dir", tmp_path, "--model", path)
    assert run.returncode == 1
    assert run.stdout == ""
    assert "Traceback" not in run.stderr
    assert run.stderr.strip().splitlines()[-1].startswith("llamachat-daemon: ")


# ── its life ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_daemon_ends_at_the_first_signal(number: signal.Signals):
    with start_daemon() as daemon, client(daemon) as connection:
        receive(connection)
        daemon.signal(number)
        assert closed_with(connection) == 1001
        assert daemon.wait() == 0
        assert daemon.process.stdout is not None
        assert daemon.process.stdout.read() == ""


def test_a_signal_lets_running_answers_finish_and_refuses_new_ones(tmp_path: Path):
    (tmp_path / "daemon.toml").write_text("[engine]\ndrain_seconds = 3600\n")
    with (
        start_daemon("--threads", "1", data_dir=tmp_path) as daemon,
        client(daemon) as connection,
        client(daemon) as late,
    ):
        begin(connection, "running")
        receive(late)
        daemon.signal(signal.SIGTERM)
        eventually(lambda: "stopping" in daemon.stderr())
        ready = daemon.request("/readyz")
        assert (ready.status, ready.json["ready"]) == (503, False)
        late.send(question("late"))
        assert last_of(late, "late")["code"] == "draining"
        done = last_of(connection, "running")
        assert done["finish_reason"] == "length"
        assert done["usage"]["completion_tokens"] == LONG["max_tokens"]
        assert daemon.wait() == 0


def test_after_the_drain_time_answers_are_cut_with_interrupted(tmp_path: Path):
    (tmp_path / "daemon.toml").write_text("[engine]\ndrain_seconds = 0\n")
    with start_daemon(data_dir=tmp_path) as daemon, client(daemon) as connection:
        begin(connection, "cut")
        daemon.signal(signal.SIGTERM)
        assert last_of(connection, "cut")["finish_reason"] == "interrupted"
        assert daemon.wait() == 0


def test_a_second_signal_ends_it_now():
    with start_daemon() as daemon, client(daemon) as connection:
        begin(connection, "running")
        daemon.signal(signal.SIGTERM)
        eventually(lambda: "stopping" in daemon.stderr())
        daemon.signal(signal.SIGINT)
        assert daemon.wait() == 128 + signal.SIGINT


def test_the_end_of_standard_input_can_stop_it_at_once(tmp_path: Path):
    command = daemon_command("serve", "--port", "0", "--data-dir", tmp_path, "--stop-with-stdin")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().split()[2].rstrip(",")
        with connect(url) as connection:
            begin(connection, "running")
            process.stdin.close()
            assert last_of(connection, "running")["finish_reason"] == "interrupted"
        assert process.wait(PATIENCE_S) == 0


def test_a_hangup_reloads_limits_and_a_wrong_file_changes_nothing(tmp_path: Path):
    path = tmp_path / "daemon.toml"
    path.write_text("[queue]\nlimit = 7\n")

    def limit(daemon: RunningDaemon) -> int:
        with client(daemon) as connection:
            return int(receive(connection)["limits"]["queue"])

    with start_daemon(data_dir=tmp_path) as daemon:
        assert limit(daemon) == 7
        path.write_text("[queue]\nlimit = 9\n")
        daemon.signal(signal.SIGHUP)
        eventually(lambda: limit(daemon) == 9)
        path.write_text("[queue]\nlimit = 'many'\n")
        daemon.signal(signal.SIGHUP)
        eventually(lambda: "daemon.toml:2: queue.limit" in daemon.stderr())
        assert limit(daemon) == 9


def test_systemd_is_told(tmp_path: Path):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(PATIENCE_S)
        with start_daemon(env={**os.environ, "NOTIFY_SOCKET": address}) as daemon:
            assert listener.recv(100) == b"READY=1"
            daemon.signal(signal.SIGTERM)
            assert listener.recv(100) == b"STOPPING=1"
            assert daemon.wait() == 0


def test_stdout_has_the_ready_line_alone_and_the_log_can_be_json(tmp_path: Path):
    command = daemon_command("serve", "--port", "0", "--data-dir", tmp_path, "--log-json", "--log-level", "debug")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("ready on ws://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        rest, log = process.communicate(timeout=READY_SECONDS)
    assert rest == ""
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"time", "level", "source", "text"} == set(lines[0])
