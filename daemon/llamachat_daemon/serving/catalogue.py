"""The models that this daemon offers: what their files say, what their workers told, and in which state they are."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from llamachat.protocol import Cost, ErrorCode, ModelInfo, ProtocolError, Usage
from llamachat_daemon.config import DaemonConfig, ModelFile
from llamachat_daemon.pipe.frames import Load, Loaded

TOKENS_PER_PRICE = 1_000_000
"""Prices are per so many tokens."""


class Model:
    """One model: its file, and what is known of it."""

    def __init__(self, file: ModelFile) -> None:
        self.file = file
        self.details: Loaded | None = None
        self._info = ModelInfo(id=file.id, name=file.id, size=_size(file), slots=file.slots)

    @property
    def id(self) -> str:
        """What clients call it."""
        return self.file.id

    @property
    def info(self) -> ModelInfo:
        """What clients are told."""
        return self._info

    @property
    def slots(self) -> int:
        """Sequences that decode together at most."""
        return self.details.slots if self.details else self.file.slots

    @property
    def size(self) -> int:
        """Bytes of the file, 0 when it cannot be read."""
        return self._info.size or 0

    def available(self) -> None:
        """It is not loaded, and can be."""
        self.details = None
        self._info = msgspec.structs.replace(self._info, state="available", error=None)

    def loading(self) -> None:
        """A worker loads it."""
        self.details = None
        self._info = msgspec.structs.replace(self._info, state="loading")

    def loaded(self, details: Loaded) -> None:
        """A worker has it."""
        self.details = details
        self._info = ModelInfo(
            id=self.id,
            name=details.name,
            size=details.size,
            parameters=details.parameters,
            quantization=details.quantization,
            context=details.context,
            fingerprint=details.fingerprint,
            state="loaded",
            slots=details.slots,
        )

    def failed(self, sentence: str) -> None:
        """It cannot be served, for the reason given."""
        self.details = None
        self._info = msgspec.structs.replace(self._info, state="failed", error=sentence)


class Catalogue:
    """All models, by id, in the operator's order."""

    def __init__(self, config: DaemonConfig) -> None:
        self._config = config
        self._models = {file.id: Model(file) for file in config.models.files}

    @property
    def default(self) -> Model:
        """The model of a request that names none.

        Raises:
            ProtocolError: `unknown_model`, when the daemon has none.
        """
        return self.find(self._config.default_model)

    def find(self, name: str | None) -> Model:
        """The model with this id; None is the default.

        Raises:
            ProtocolError: `unknown_model`, with the ids that there are.
        """
        if name is None:
            return self.default
        model = self._models.get(name)
        if model is None:
            known = list(self._models)
            raise ProtocolError(
                ErrorCode.UNKNOWN_MODEL,
                f"This node has no model {name[:64]!r}. It offers: {', '.join(known) or 'none'}.",
                detail={"models": known},
            )
        return model

    def find_or_default(self, name: str | None) -> Model:
        """The model with this id, or the default where there is none."""
        return self._models.get(name or "") or self.default

    def infos(self) -> list[ModelInfo]:
        """What clients are told about all models."""
        return [model.info for model in self._models.values()]

    def models(self) -> Iterable[Model]:
        """All of them."""
        return self._models.values()

    def load_frame(self, model: Model) -> Load:
        """What a worker is told to load."""
        file, engine = model.file, self._config.engine
        return Load(
            path=str(file.path),
            slots=file.slots,
            context=file.context,
            gpu_layers=file.gpu_layers,
            threads=file.threads,
            exact_batches=engine.exact_batches,
            target_gap=engine.target_gap,
            isolate_principals=engine.isolate_principals,
            attention=engine.attention,
            warm_bytes=engine.warm_bytes,
        )

    def price(self, name: str, usage: Usage) -> Cost | None:
        """What an answer of this model costs; None where the operator set no prices."""
        file = self._models[name].file
        if not (file.price_in or file.price_out):
            return None
        amount = usage.prompt_tokens * file.price_in + usage.completion_tokens * file.price_out
        return Cost(amount / TOKENS_PER_PRICE, self._config.models.currency)


def _size(file: ModelFile) -> int | None:
    try:
        return file.path.stat().st_size
    except OSError:
        return None
