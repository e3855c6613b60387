"""Where a training keeps its things, and the record of the export that the model card quotes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent
RUNS = ROOT / "runs"
RUN = RUNS / "guide"
"""The run of the bundled model: checkpoint, tokeniser, log, misses. Not in version control."""

MODELS = ROOT.parent / "daemon" / "llamachat_daemon" / "models"
MODEL = MODELS / "guide.gguf"
CARD = MODELS / "MODEL_CARD.md"
BLIND = ROOT / "blind"
RECORD = "export.json"


@dataclass(frozen=True, slots=True)
class Training:
    """How far a training came: optimiser steps, tokens seen (padding not counted), minutes."""

    steps: int
    tokens: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Export:
    """What an export found: the file's size and the outcome of the gate."""

    training: Training
    parameters: int
    size: int
    gate_prompts: int
    gate_tokens: int
    gate_ties: int

    def save(self, run: Path) -> None:
        """Write the record into a run's directory."""
        (run / RECORD).write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")

    @classmethod
    def load(cls, run: Path) -> Export:
        """Read what ``save`` wrote."""
        values = json.loads((run / RECORD).read_text(encoding="utf-8"))
        return cls(**{**values, "training": Training(**values["training"])})


def corpus_fingerprint(corpus: Path = ROOT / "corpus") -> str:
    """A digest of the corpus's source files: another one means that a training must begin anew."""
    digest = hashlib.sha256()
    for path in sorted(corpus.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(corpus).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
