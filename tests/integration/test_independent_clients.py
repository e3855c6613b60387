"""Clients that share no code with the project, against a real daemon: the protocol is what the page says."""

from __future__ import annotations

import functools
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.integration.daemons import start_daemon

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "minimal_client.py"
PAGES = Path(__file__).parent / "browser"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# As Debian's package needs it where tests run as root in a container, and without its calls home.
CHROMIUM_OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
]  # fmt: skip


def test_the_sixty_line_client_needs_nothing_but_the_protocol():
    code = EXAMPLE.read_text()
    assert len(code.splitlines()) <= 80
    imported = set(re.findall(r"^import (\w+)", code, re.MULTILINE))
    assert imported <= {"asyncio", "sys", "uuid", "msgpack", "websockets"}
    with start_daemon("--exact-batches") as daemon:
        run = subprocess.run(
            [sys.executable, EXAMPLE, daemon.url], capture_output=True, text=True, timeout=100, check=False
        )
    assert run.returncode == 0, run.stderr
    assert "FAILED" not in run.stdout
    for promise in ("resumed: ", "sent twice: the kept answer", "continued from its tokens: the same", ": cancelled"):
        assert promise in run.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
def test_a_browser_page_from_another_port_does_the_same_over_json(tmp_path: Path):
    reports: list[str] = []
    reported = threading.Event()

    class Pages(http.server.SimpleHTTPRequestHandler):
        def do_POST(self) -> None:
            reports.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            reported.set()
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Requests are not worth a line in the test's output."""

    handler = functools.partial(Pages, directory=str(PAGES))
    with (
        start_daemon("--exact-batches") as daemon,
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as pages,
    ):
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        page = f"http://localhost:{pages.server_port}/client.html?port={daemon.port}"
        browser = subprocess.Popen(
            [str(CHROMIUM), *CHROMIUM_OPTIONS, f"--user-data-dir={tmp_path}", "--remote-debugging-port=0", page],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            assert reported.wait(90), "the page did not report"
        finally:
            browser.kill()
            browser.communicate()
            pages.shutdown()
    report = json.loads(reports[0])
    assert "error" not in report, report
    assert report["nodes"][0]["status"] == "healthy"
    assert report["whole"].startswith(report["part"])
    assert report["again"] == report["whole"]
    assert report["continued"] == report["whole"]
    assert report["cancelled"] == "cancelled"
    assert report["shorthand"]
