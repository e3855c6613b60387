"""What the screen costs: to start, to read and to watch, in time, bytes and memory.

    python -m benchmarks terminal [--only start|open|stream|bytes|memory] [--seconds 10] [--rounds 7] [--messages 10000]

start:  from the start of the process to the first frame, against an app with nothing in it; rounds alternate.
open:   a conversation of 10 000 messages: opened, paged through, the terminal left and come back to.
stream: answers that are one long code block, one long list, one long paragraph: how long the program does not come
        back (the longest time in each tenth of a second), how far it is behind the node at the end, how soon a key is
        seen; beside it Textual's own Markdown with the same tokens.
bytes:  what is sent to the terminal a second, while words stream in and while nothing happens with two real nodes.
memory: resident, with the long conversation open.

Opening and streaming run without a terminal, over a real history and a node in a process of its own that speaks the
protocol at a set pace; everything else is the real program at a terminal of 120 columns and 40 lines.
"""

from __future__ import annotations

import argparse

from benchmarks import terminal_chat, terminal_wire


def main(arguments: list[str]) -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks terminal", description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("start", "open", "stream", "bytes", "memory"))
    parser.add_argument("--seconds", type=int, default=10, help="how long answers stream and bytes are counted")
    parser.add_argument("--rounds", type=int, default=7, help="of starts, and of opening the conversation")
    parser.add_argument("--messages", type=int, default=10_000)
    options = parser.parse_args(arguments)

    def wanted(part: str) -> bool:
        return options.only in (None, part)

    if wanted("start"):
        terminal_wire.start(options.rounds)
    if wanted("open"):
        terminal_chat.report_long_conversation(options.messages, options.rounds)
    if wanted("stream"):
        terminal_chat.report_streaming(options.seconds)
        terminal_wire.echo(options.seconds)
    if wanted("bytes"):
        terminal_wire.wire(options.seconds)
    if wanted("memory"):
        terminal_wire.memory(options.messages)
    return 0
