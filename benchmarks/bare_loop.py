"""What the engine could do at best: one loop over `llama_decode` with the same sampling, and nothing else.

    python -m benchmarks.bare_loop MODEL STREAMS CONTEXT THREADS

reads lines "STREAMS TOKENS" and answers each with the tokens per second of so many answers together, written with flash
attention: the quicker way for short ones.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.peers import SAMPLING
from llamachat_daemon.engine import llama
from llamachat_daemon.engine.sampling import Sampler

PROMPT_TOKENS = 24


def run(context: llama.Context, streams: int, tokens: int) -> float:
    """Tokens per second, prompts included."""
    vocabulary = context.model.vocabulary
    candidates = llama.Candidates(vocabulary.size)
    truncation = llama.Truncation(SAMPLING.top_k, SAMPLING.top_p, SAMPLING.min_p)
    forbidden = np.flatnonzero(~vocabulary.ordinary).astype(np.int32)
    samplers = [
        Sampler(SAMPLING, seed=seed, forbidden=forbidden, truncate=lambda row: candidates.truncate(row, truncation))
        for seed in range(streams)
    ]
    for sequence in range(streams):
        context.forget(sequence)
    started = time.perf_counter()
    context.batch.clear()
    for sequence in range(streams):
        context.batch.add(np.arange(300, 300 + PROMPT_TOKENS, dtype=np.int32), 0, sequence, logits=True)
    context.decode()
    for position in range(PROMPT_TOKENS, PROMPT_TOKENS + tokens):
        logits = context.logits()
        drawn = [sampler.next(logits[row]) for row, sampler in enumerate(samplers)]
        if position == PROMPT_TOKENS + tokens - 1:
            break
        context.batch.clear()
        for sequence, token in enumerate(drawn):
            samplers[sequence].accept(token or 0)
            context.batch.add(np.array([token], dtype=np.int32), position, sequence, logits=True)
        context.decode()
    return streams * tokens / (time.perf_counter() - started)


def main(arguments: list[str]) -> int:
    """Answers until standard input ends."""
    llama.initialise()
    model = llama.Model.load(Path(arguments[0]), gpu_layers=0, progress=lambda _: None)
    streams, context_tokens, threads = map(int, arguments[1:4])
    options = llama.ContextOptions(
        cells=streams * context_tokens,
        sequences=streams,
        batch_rows=512,
        threads=threads,
        unified=True,
    )
    context = llama.Context(model, options)
    for line in sys.stdin:
        count, tokens = map(int, line.split())
        print(run(context, count, tokens), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
