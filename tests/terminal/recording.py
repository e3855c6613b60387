"""What a program writes to its terminal, as an asciinema file: python -m tests.terminal.recording FILE COLUMNS ROWS

The program's output comes on standard input. Version 2 of the format: a header, then a line for each piece.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
import time
from pathlib import Path

_CHUNK = 65536


def record(file: Path, columns: int, rows: int, source: int) -> None:
    """Writes what comes from a file descriptor, with the seconds at which it came, until its end."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    began = time.monotonic()
    with file.open("w") as cast:
        print(json.dumps({"version": 2, "width": columns, "height": rows}), file=cast, flush=True)
        while data := os.read(source, _CHUNK):
            event = [round(time.monotonic() - began, 3), "o", decoder.decode(data)]
            print(json.dumps(event, ensure_ascii=False), file=cast, flush=True)


def written(file: Path) -> str:
    """All that was written, as far as it has been recorded."""
    lines = file.read_text().splitlines() if file.exists() else []
    return "".join(json.loads(line)[2] for line in lines[1:])


if __name__ == "__main__":
    record(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.stdin.fileno())
