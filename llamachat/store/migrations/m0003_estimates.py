"""What was expected of nodes, beside what came true: it outlives the program that asked."""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE estimates (
        row INTEGER PRIMARY KEY,
        node TEXT NOT NULL,
        model TEXT NOT NULL,
        at REAL NOT NULL,                 -- when the first text came, Unix seconds
        expected_ms REAL NOT NULL,
        actual_ms REAL NOT NULL
    )
    """,
    "CREATE INDEX estimates_of_node ON estimates (node, row)",
)
