"""How quick the store is, and how large, with a long history.

    python -m benchmarks store [--messages 100000] [--chats 5000] [--repeats 200] [--json]

Makes a history of invented text (words drawn by Zipf's law, a tenth of the answers with code, some accents and some
Chinese), then times what a person waits for: the list, opening a chat, searching, sending. Times are wall-clock
milliseconds of one call on a warm file; the chats and words are drawn from a seed.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from llamachat.protocol import Chat, ChatMessage, Seam, Timings, Usage
from llamachat.store import Store

VOCABULARY = 60_000
NODES = ("llama-01", "llama-02", "llama-03", "gpu-box")
MODELS = ("llama3-8b", "qwen3-32b", "mistral-small")
FOLDERS = (None, None, None, "work", "home", "research")
START = 1_600_000_000.0
CHINESE = "量子计算是一种利用量子力学规律的新型计算模式它与经典不同"


class Writer:
    """Invents text. Word `n` of the vocabulary is drawn with a weight of 1/(n + 2.7), as in natural languages."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        syllables = [c + v for c in "bcdfghklmnprstvz" for v in "aeiou"] + ["the", "ing", "er", "con", "ré", "ün"]
        made: dict[str, None] = {}
        while len(made) < VOCABULARY:
            rank = len(made)
            length = 1 + min(4, int(rank.bit_length() / 3.5)) if rank else 1
            made["".join(self.random.choices(syllables, k=max(1, length + self.random.choice((-1, 0, 0, 1)))))] = None
        self.words = list(made)
        self.weights = list(itertools.accumulate(1 / (n + 2.7) for n in range(VOCABULARY)))

    def word(self) -> str:
        return self.words[bisect.bisect(self.weights, self.random.random() * self.weights[-1])]

    def sentence(self) -> str:
        words = [self.word() for _ in range(self.random.randint(4, 22))]
        return " ".join(words).capitalize() + self.random.choice(".....?!")

    def text(self, characters: int) -> str:
        parts: list[str] = []
        size = 0
        while size < characters:
            draw = self.random.random()
            if draw < 0.02:
                part = f"\n```python\n{self.word()}_{self.word()} = {self.random.randrange(10**6)}\n```\n"
            elif draw < 0.025:
                part = "".join(self.random.choices(CHINESE, k=20))
            else:
                part = self.sentence() + ("\n\n" if draw > 0.85 else " ")
            parts.append(part)
            size += len(part)
        return "".join(parts).strip()


def fill(store: Store, writer: Writer, chats: int, messages: int) -> int:
    """Writes the history; returns the bytes of its text."""
    size, per_chat, draw = 0, messages // chats, writer.random
    for number in range(chats):
        moment = START + number * 30_000
        parent: str | None = None
        tree: list[ChatMessage] = []
        for index in range(per_chat):
            is_user = index % 2 == 0
            message = ChatMessage(
                id=f"{draw.getrandbits(128):032x}",
                parent_id=parent,
                role="user" if is_user else "assistant",
                content=writer.text(int(draw.lognormvariate(5.3 if is_user else 6.9, 0.8))),
                created_at=moment + index * 60,
                model=None if is_user else draw.choice(MODELS),
                seams=[] if is_user else [Seam(draw.choice(NODES), 0)],
                usage=None if is_user else Usage(draw.randrange(4000), draw.randrange(2000), draw.randrange(900)),
                timings=None if is_user else Timings(0.0, 0.0, 214.31, 240.05, 8123.4, 31.4),
                finish_reason=None if is_user else "stop",
            )
            parent = message.id
            size += len(message.content.encode())
            tree.append(message)
        store.merge_chat(
            Chat(
                id=f"{draw.getrandbits(128):032x}",
                title=" ".join(writer.word() for _ in range(6)),
                folder=draw.choice(FOLDERS),
                pinned=draw.random() < 0.01,
                active_leaf=parent,
                created_at=moment,
                messages=tree,
            )
        )
    return size


def timed(work: Callable[[], object], repeats: int) -> dict[str, float]:
    """Median, 95th percentile and maximum in milliseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return {"p50": statistics.median(times), "p95": cuts[-1], "max": max(times)}


def measure(path: Path, chats: int, messages: int, repeats: int) -> dict[str, object]:
    """Builds the history at `path` and times the store's calls on it."""
    writer = Writer(seed=1)
    draw = random.Random(2)
    now = START + chats * 30_000
    with Store.open(path, now=lambda: now) as store:
        start = time.perf_counter()
        text_bytes = fill(store, writer, chats, messages)
        built = time.perf_counter() - start
    file_bytes = path.stat().st_size
    with Store.open(path, now=lambda: now) as store:
        every = [chat.id for chat in store.list_chats()]
        common, middle, rare = writer.words[:20], writer.words[200:1_000], writer.words[20_000:]

        def search(make: Callable[[], str], *, typing: bool = False) -> Callable[[], object]:
            return lambda: store.search(make(), typing=typing)

        chat_id = store.create_chat("benchmark")
        answer = writer.text(3_000)
        numbers = itertools.count()

        def append() -> None:
            message = ChatMessage(
                id=f"b{next(numbers)}", role="user", content=writer.words[5] + answer[:150], created_at=now
            )
            store.add_message(message, chat_id)

        def partial() -> None:
            message = ChatMessage(id="partial", role="assistant", content=answer, created_at=now)
            store.save_partial(chat_id, message, attempt_id="partial", node="llama-01", tokens=range(800))

        def finish() -> None:
            message = ChatMessage(
                id=f"f{next(numbers)}", role="assistant", content=answer, created_at=now, finish_reason="stop"
            )
            store.finish_message(chat_id, message)

        work: dict[str, Callable[[], object]] = {
            "list, first 100": lambda: store.list_chats(100),
            "list, all": store.list_chats,
            "open a chat": lambda: store.active_path(draw.choice(every)),
            "search, rare word": search(lambda: draw.choice(rare)),
            "search, two words": search(lambda: f"{draw.choice(middle)} {draw.choice(middle)}"),
            "search, common word": search(lambda: draw.choice(common)),
            "search, phrase": search(lambda: f'"{draw.choice(common)} {draw.choice(middle)}"'),
            "search, prefix": search(lambda: draw.choice(middle)[:3] + "*"),
            "search, as typed, 3 letters": search(lambda: draw.choice(middle)[:3], typing=True),
            "search, word in a folder": search(lambda: f"in:research {draw.choice(middle)}"),
            "search, common word, one node": search(lambda: f"node:gpu-box role:assistant {draw.choice(common)}"),
            "search, common word, an old month": search(lambda: f"before:2020-12 {draw.choice(common)}"),
            "search, filters alone": search(lambda: "model:qwen before:2022-01 in:work"),
            "search, filters without a hit": search(lambda: "node:nowhere role:user"),
            "search, Chinese": search(lambda: "量子力学"),
            "append a question (to disk)": append,
            "save a partial answer": partial,
            "finish an answer (to disk)": finish,
        }
        figures = {name: timed(job, repeats) for name, job in work.items()}
        long_chat = store.create_chat("10 000 messages")
        with store.transaction():
            parent = None
            for index in range(10_000):
                message = ChatMessage(
                    id=f"l{index}", parent_id=parent, role="user", content=answer[:500], created_at=now + index
                )
                store.add_message(message, long_chat)
                parent = message.id
        few = max(repeats // 10, 5)
        figures["open the last 50 of 10 000"] = timed(lambda: store.active_path(long_chat, 50), repeats)
        figures["open all of 10 000"] = timed(lambda: store.active_path(long_chat), few)
    return {
        "messages": messages,
        "chats": chats,
        "text_bytes": text_bytes,
        "file_bytes": file_bytes,
        "file_to_text": file_bytes / text_bytes,
        "build_s": built,
        "milliseconds": figures,
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--chats", type=int, default=5_000)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument(
        "--directory", type=Path, help="on the disk to measure; default: the system's for temporary files"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        result = measure(Path(directory) / "history.db", options.chats, options.messages, options.repeats)
    if options.json:
        print(json.dumps(result))
        return 0
    print(
        f"{result['messages']} messages in {result['chats']} chats, text {result['text_bytes'] / 1e6:.1f} MB, "  # type: ignore[operator]
        f"file {result['file_bytes'] / 1e6:.1f} MB ({result['file_to_text']:.2f} x), built in {result['build_s']:.0f} s"  # type: ignore[operator]
    )
    print(f"{'':36}{'p50':>8}{'p95':>8}{'max':>8}  ms")
    figures = result["milliseconds"]
    assert isinstance(figures, dict)
    for name, times in figures.items():
        print(f"{name:36}{times['p50']:8.2f}{times['p95']:8.2f}{times['max']:8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
