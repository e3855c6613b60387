"""What answers used and cost, summed up."""

from __future__ import annotations

from collections import Counter

import msgspec

from llamachat.protocol import Cost, Usage
from llamachat.store.connection import Part
from llamachat.store.records import UsageTotals


class Totals(Part):
    """The sums of the store."""

    def usage_totals(self, *, chat_id: str | None = None, since: float = 0.0) -> UsageTotals:
        """The sums over the answers of one chat or of all, on every branch, deleted ones too: they were paid for.

        Args:
            since: of answers that began then or later, Unix seconds.
        """
        if chat_id is None:
            where, value = "m.created_at >= ?", []
        else:
            where, value = "m.chat = (SELECT row FROM chats WHERE id = ?) AND m.created_at >= ?", [chat_id]
        rows = self._db.all(f"SELECT usage, cost FROM messages m WHERE {where} AND usage IS NOT NULL", *value, since)
        sums = Counter[str]()
        costs: dict[str, float] = {}
        for packed, price in rows:
            usage = Usage(*msgspec.msgpack.decode(packed))
            sums["prompt"] += usage.prompt_tokens
            sums["cached"] += usage.cached_tokens
            sums["completion"] += usage.completion_tokens
            if price is not None:
                cost = Cost(*msgspec.msgpack.decode(price))
                costs[cost.currency] = costs.get(cost.currency, 0.0) + cost.amount
        return UsageTotals(
            answers=len(rows),
            prompt_tokens=sums["prompt"],
            cached_tokens=sums["cached"],
            completion_tokens=sums["completion"],
            costs=tuple(sorted(costs.items())),
        )
