"""What is said about the settings of a chat. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llamachat.base.text import one_line
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.store import OwnSettings
from llamachat.store.own_settings import SAMPLING_NAMES, SamplingValue

_NAME = 40
_TEXTS = 24


def prompt_name(text: str, prompts: Mapping[str, str]) -> str:
    """What a system prompt is called in the person's library; empty where it is not in it."""
    return next((name for name, known in prompts.items() if known == text), "")


def differences(own: OwnSettings, prompts: Mapping[str, str]) -> list[str]:
    """What a chat has of its own besides its model, in a few words each."""
    said = []
    if own.system_prompt is not None:
        name = prompt_name(own.system_prompt, prompts)
        said.append(f"prompt {one_line(name, _NAME)}" if name else "own prompt" if own.system_prompt else "no prompt")
    said += [f"{title(name)} {value_text(own.sampling[name])}" for name in SAMPLING_NAMES if name in own.sampling]
    return said


def title(name: str) -> str:
    """The name of a setting as words."""
    return name.replace("_", " ")


def value_text(value: SamplingValue | tuple[str, ...]) -> str:
    """A value of sampling as people write it."""
    match value:
        case None:
            return "not set"
        case list() | tuple():
            return one_line(", ".join(f'"{text}"' for text in value), _TEXTS) or "none"
        case _:
            return f"{value:.15g}"


def model_trouble(model: str | None, nodes: Sequence[NodeSnapshot]) -> str:
    """Says that nobody has the model, as far as the connected nodes tell; empty when somebody has, or nobody tells."""
    connected = [node for node in nodes if node.connected and node.models]
    if model is None or not connected or any(node.model(model) is not None for node in connected):
        return ""
    return "no connected node has it"
