"""`llamachat ask` over a network that breaks again and again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults.nodes import FaultyNode
from tests.integration.programs import Home

CUT_EVERY_S = 0.3
MOST_ASKS = 30  # a quick machine may answer between two cuts
QUESTION = ("ask", "--no-history", "--temperature", "0", "--max-tokens", "400", "Give me the tour of llamachat.")


async def test_ask_prints_the_exact_answer_once_while_the_connection_is_cut_every_300_ms(tmp_path: Path) -> None:
    home = Home(tmp_path)

    async def flap() -> None:
        while True:
            await asyncio.sleep(CUT_EVERY_S)
            node.proxy.cut()

    async with FaultyNode("flapping") as node:
        undisturbed = await home.run(*QUESTION, "--node", node.proxy.url)
        assert undisturbed.status == 0, undisturbed.stderr
        flapping = asyncio.create_task(flap())
        try:
            for _ in range(MOST_ASKS):
                disturbed = await home.run(*QUESTION, "--node", node.proxy.url)
                assert (disturbed.status, disturbed.stdout) == (0, undisturbed.stdout), disturbed.stderr
                if node.proxy.attaches:
                    break
        finally:
            flapping.cancel()
    assert node.proxy.attaches, "no cut came in the middle of an answer"
