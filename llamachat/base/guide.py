"""The bundled model, as clients recognise it."""

from __future__ import annotations

from typing import Final

GUIDE_MODEL: Final = "guide"
"""Its id at every node. It knows llamachat and can do nothing else."""

GUIDE_LABEL: Final = "the tiny built-in guide, which knows llamachat and nothing else"
"""What people are told it is, wherever it answers."""
