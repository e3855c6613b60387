"""The first frame waits for nothing that it does not show."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys
import llamachat.cli
import llamachat.tui.app
print(json.dumps(sorted(sys.modules)))
"""


def test_the_first_frame_loads_neither_the_core_nor_the_screens():
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    loaded = set(json.loads(ended.stdout))
    late = {"websockets", "sqlite3", "markdown_it", "pygments", "textual.widgets._text_area", "textual_plotext"}
    late |= {"llamachat.fleet", "llamachat.store", "llamachat.tui.screens.chat", "llamachat.demo.running", "tomlkit"}
    assert not loaded & late
