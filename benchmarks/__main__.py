"""Runs the measurements: all of them, or those named.

python -m benchmarks [NAME [OPTION…]]
"""

from __future__ import annotations

import importlib
import sys

NAMES = ("attention", "batching", "engine", "routing", "store", "terminal")


def main(arguments: list[str]) -> int:
    """Runs one measurement with its options, or all with their defaults."""
    if arguments and arguments[0] not in NAMES:
        print(f"There is no measurement {arguments[0]!r}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    status = 0
    for name in arguments[:1] or NAMES:
        print(f"── {name} ──", flush=True)
        status |= importlib.import_module(f"benchmarks.{name}").main(arguments[1:])
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
