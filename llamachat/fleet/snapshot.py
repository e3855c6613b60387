"""What is known about a node at one moment: everything that a screen shows and the router decides by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llamachat.protocol import BackendStatus, Hello, ModelInfo

LinkState = Literal["connecting", "online", "warning", "draining", "offline", "refused"]


@dataclass(frozen=True, slots=True)
class NodeSnapshot:
    """A node as last heard of. Facts stay when the connection is lost; `state` tells whether they still hold.

    Attributes:
        name, url: as configured.
        state: `warning` still takes work; `draining` only finishes its own; `refused` is not tried again by itself.
        since: when `state` began, seconds since the epoch.
        reason: a sentence, empty when there is nothing to say.
        retry_at: when the next try to connect begins, seconds since the epoch.
        gone: nothing listens at its address.
        rtt_ms: median of the last round trips.
        hello, status: what the node said last; names inside are the peer's, not made safe to print.
        status_at: when `status` came, seconds since the epoch.
    """

    name: str
    url: str
    state: LinkState
    since: float
    reason: str = ""
    retry_at: float | None = None
    gone: bool = False
    rtt_ms: float | None = None
    hello: Hello | None = None
    status: BackendStatus | None = None
    status_at: float | None = None

    @property
    def connected(self) -> bool:
        """Whether frames reach it."""
        return self.state in ("online", "warning", "draining")

    @property
    def usable(self) -> bool:
        """Whether it takes new work."""
        return self.state in ("online", "warning")

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """The models it offers, by its latest word."""
        if self.status is not None and self.status.models:
            return tuple(self.status.models)
        return tuple(self.hello.models) if self.hello is not None else ()

    @property
    def default_model(self) -> str | None:
        """The model it takes when none is named."""
        return self.hello.default_model if self.hello is not None else None

    def model(self, model_id: str | None) -> ModelInfo | None:
        """The offered model with this id."""
        return next((model for model in self.models if model.id == model_id), None)
