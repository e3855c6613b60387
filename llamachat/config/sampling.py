"""From the settings to what the protocol carries."""

from __future__ import annotations

import dataclasses

import msgspec

from llamachat.config.schema import AUTO_MODEL, ChatSettings, SamplingSettings
from llamachat.protocol.frames import Params


def params(sampling: SamplingSettings) -> Params:
    """The `params` of a request with these settings."""
    values = {field.name: getattr(sampling, field.name) for field in dataclasses.fields(sampling)}
    return msgspec.structs.replace(Params(), **{**values, "stop": list(sampling.stop)})


def model(chat: ChatSettings) -> str | None:
    """The model to ask for; None leaves it to the node."""
    return None if chat.model == AUTO_MODEL else chat.model
