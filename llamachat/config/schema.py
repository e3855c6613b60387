"""Every setting of the client: its default, what it may be, and a sentence about it.

The checks, the template of the settings file and `llamachat config show` are all made from these classes. A setting
stands here only when it has an effect.
"""

# `_setting` and `_section` make dataclass fields, which the rule cannot see.
# ruff: noqa: RUF009

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from llamachat.config.rules import (
    MAX_NAME_CHARACTERS,
    FilePath,
    Flag,
    Keys,
    NodeUrl,
    Number,
    OneOf,
    PromptName,
    Rule,
    Size,
    Text,
    Texts,
    ThemeName,
)
from llamachat.documents.limits import DocumentLimits
from llamachat.protocol.frames import Params
from llamachat.protocol.limits import MAX_STOP_CHARACTERS, MAX_STOP_STRINGS
from llamachat.protocol.params import RANGES, Range

if TYPE_CHECKING:
    from llamachat.fleet import Policy

THEMES: Final = ("llamachat", "llamachat-light", "high-contrast", "ansi")
DENSITIES: Final = ("comfortable", "compact")
PANELS: Final = ("both", "history", "live", "none")
TITLES: Final = ("model", "words")
POLICIES: Final = ("fastest", "priority", "sticky")
AUTO_MODEL: Final = "auto"
MAX_KEPT_DAYS: Final = 36_500
_WIRE: Final = Params()
_FILES: Final = DocumentLimits()


@dataclass(frozen=True, slots=True)
class Setting:
    """What the schema knows about one value. A `secret` one is never shown."""

    rule: Rule
    help: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """What the schema knows about a table, or with `many` about a list of tables."""

    type: type[Any]
    help: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """What the schema knows about a table in which the person chooses the keys: `names` says what they are, each value
    follows `rule`, and `example` is one of them. Where the names are the person's own, they follow `name_rule`."""

    rule: Rule
    help: str
    names: str
    example: tuple[str, str]
    name_rule: Rule | None = None


def _setting(default: Any, rule: Rule, help: str, *, secret: bool = False) -> Any:
    return dataclasses.field(default=default, metadata={"schema": Setting(rule, help, secret)}, repr=not secret)


def _section(kind: type[Any], help: str) -> Any:
    return dataclasses.field(default_factory=kind, metadata={"schema": Section(kind, help)})


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """One daemon. At most one of the three ways to give a token."""

    url: str = _setting("", NodeUrl(), "Where the daemon listens; required.")
    name: str = _setting(
        "",
        Text(MAX_NAME_CHARACTERS, one_line=True, empty=False),
        "What the node is called on the screen and after --node; the host of its URL when left out.",
    )
    token: str | None = _setting(
        None, Text(4096, one_line=True, empty=False), "The token that the daemon's operator gave you.", secret=True
    )
    token_file: Path | None = _setting(None, FilePath(), "A file whose first line is the token.")
    token_command: str | None = _setting(
        None,
        Text(4096, one_line=True, empty=False),
        "A shell command whose first line of output is the token, run once when it is first needed.",
    )
    token_timeout: float = _setting(
        30.0, Number(Range(0, 600, above=True)), "How long token_command may take, in seconds."
    )
    ca_file: Path | None = _setting(
        None, FilePath(), "Certificates (PEM) to trust for a wss:// URL instead of the system's."
    )


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How answers are sampled; the names and ranges are those of the protocol's `params`."""

    temperature: float = _setting(
        _WIRE.temperature, Number(RANGES["temperature"]), "How freely words are drawn; 0 always takes the likeliest."
    )
    top_k: int = _setting(
        _WIRE.top_k, Number(RANGES["top_k"], whole=True), "Draw from this many likeliest tokens; 0 for no limit."
    )
    top_p: float = _setting(
        _WIRE.top_p, Number(RANGES["top_p"]), "Draw from the likeliest tokens that together have this probability."
    )
    min_p: float = _setting(
        _WIRE.min_p, Number(RANGES["min_p"]), "Leave out tokens less likely than this share of the likeliest one's."
    )
    repeat_penalty: float = _setting(
        _WIRE.repeat_penalty,
        Number(RANGES["repeat_penalty"]),
        "Divide the odds of tokens that came up; 1 is off.",
    )
    presence_penalty: float = _setting(
        _WIRE.presence_penalty, Number(RANGES["presence_penalty"]), "Lower the odds of tokens that came up at all."
    )
    frequency_penalty: float = _setting(
        _WIRE.frequency_penalty,
        Number(RANGES["frequency_penalty"]),
        "Lower the odds of tokens each time they came up.",
    )
    seed: int | None = _setting(
        None, Number(RANGES["seed"], whole=True), "Draw the same words again for the same conversation."
    )
    max_tokens: int | None = _setting(
        None, Number(RANGES["max_tokens"], whole=True), "End an answer after this many tokens."
    )
    stop: tuple[str, ...] = _setting(
        (), Texts(MAX_STOP_STRINGS, MAX_STOP_CHARACTERS), "End an answer before any of these texts."
    )


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """What is asked, and how a node is chosen."""

    model: str = _setting(
        AUTO_MODEL,
        Text(256, one_line=True, empty=False),
        'The model to ask, by its id at the nodes; "auto" takes each node\'s default.',
    )
    policy: Policy = _setting(
        "fastest",
        OneOf(POLICIES),
        "Which node answers: the one expected to begin first, your order of nodes, or the chat's last node.",
    )
    titles: str = _setting(
        "model",
        OneOf(TITLES),
        "Who names a new chat: the model that answered, when nothing else is to be done, or its first words alone.",
    )
    system_prompt: str = _setting("", Text(), "What the model is told before every conversation.")
    sampling: SamplingSettings = _section(SamplingSettings, "How answers are sampled.")


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """When a node counts as slow or lost. The defaults are those of `llamachat.fleet.limits`."""

    open_timeout: float = _setting(
        5.0, Number(Range(0.5, 120)), "How long a connection to a node may take to open, in seconds."
    )
    offline_after: float = _setting(
        10.0, Number(Range(5, 600)), "A node that gave no sign for so long is taken as lost, in seconds."
    )
    grace: float = _setting(
        2.0,
        Number(Range(0, 120)),
        "How long a lost node may take to come back before its answer goes on elsewhere, in seconds.",
    )
    longest_pause: float = _setting(
        30.0, Number(Range(0.5, 3600)), "The longest pause between two tries to reach a lost node, in seconds."
    )
    slow_ping: float = _setting(
        1000.0, Number(Range(1, 60_000)), "A node that answers more slowly is shown with a warning, in milliseconds."
    )
    warn_load: float = _setting(
        0.95, Number(Range(0.05, 1)), "A node with more load is shown with a warning; 1 is all it can do."
    )
    warn_memory: float = _setting(
        0.95, Number(Range(0.05, 1)), "A node that uses more of its memory is shown with a warning; 1 is all of it."
    )


@dataclass(frozen=True, slots=True)
class LookSettings:
    """The screen."""

    theme: str = _setting("llamachat", ThemeName(THEMES), "The colours: built in, or from a file of your own.")
    density: str = _setting(
        "comfortable", OneOf(DENSITIES), "Room around messages and fields; compact shows more lines of text."
    )
    panels: str = _setting(
        "both", OneOf(PANELS), "What stands beside the conversation at the start, where there is room for it."
    )
    motion: bool = _setting(True, Flag(), "Fades, pulses and the blinking cursor; false for a still screen.")


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """What leaves this computer beside the questions themselves, and how long it keeps what was said."""

    archive: bool = _setting(
        True,
        Flag(),
        "Keep the history in step with every node that keeps an archive; false: nothing is pushed and nothing pulled.",
    )
    delete_after_days: int = _setting(
        0,
        Number(Range(0, MAX_KEPT_DAYS), whole=True),
        "At the start, delete conversations without a message for so many days, here and in the archives; 0 keeps all."
        " Pinned ones are kept.",
    )


@dataclass(frozen=True, slots=True)
class AttachmentSettings:
    """Files that go into a question."""

    max_file_bytes: int = _setting(
        _FILES.file_bytes, Size(1, 64_000_000), "The largest file that can be attached; it is kept with its message."
    )
    max_text_bytes: int = _setting(
        _FILES.text_bytes,
        Size(1000, _FILES.question_text_bytes),
        "The most text that is taken out of one file, or from standard input.",
    )
    max_files: int = _setting(
        _FILES.files, Number(Range(1, 256), whole=True), "The most files that one question takes."
    )
    max_seconds: float = _setting(
        _FILES.seconds, Number(Range(0, 600, above=True)), "How long reading one file may take, in seconds."
    )
    max_memory_bytes: int = _setting(
        _FILES.memory_bytes,
        Size(200_000_000, 64_000_000_000),
        "The most memory (address space) that the process reading a PDF may take.",
    )
    context_share: float = _setting(
        _FILES.context_share,
        Number(Range(0.05, 0.95)),
        "The share of a model's context that files may fill; the rest is for the question, the chat and the answer.",
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; `nodes` are in order of priority."""

    nodes: tuple[NodeSettings, ...] = dataclasses.field(
        default=(),
        metadata={"schema": Section(NodeSettings, "The daemons to ask, in order of priority.", many=True)},
    )
    chat: ChatSettings = _section(ChatSettings, "What is asked, and how a node is chosen.")
    prompts: Mapping[str, str] = dataclasses.field(
        default_factory=dict,
        metadata={
            "schema": Entries(
                Text(empty=False),
                "System prompts to choose from, for single conversations.",
                "what you call the prompt",
                ("Code review", "You review code. Name every defect, the worst first."),
                PromptName(),
            )
        },
    )
    fleet: FleetSettings = _section(
        FleetSettings, "When a node counts as slow or lost; holds from the next start of the program on."
    )
    look: LookSettings = _section(LookSettings, "The screen.")
    keys: Mapping[str, tuple[str, ...]] = dataclasses.field(
        default_factory=dict,
        metadata={
            "schema": Entries(
                Keys(),
                "Keys of your own for actions; what does not stand here keeps its keys.",
                "the name of an action",
                ("chat.stop", "escape,f10"),
            )
        },
    )
    privacy: PrivacySettings = _section(
        PrivacySettings,
        "What leaves this computer beside the questions, and how long it keeps what was said; holds from the next start"
        " of the program on.",
    )
    attachments: AttachmentSettings = _section(AttachmentSettings, "Files that go into a question.")


def members(table: type[Any]) -> Iterator[tuple[str, Any, Setting | Section | Entries]]:
    """The name, default and schema of each entry of a settings class, in order. The default of a table is None."""
    for field in dataclasses.fields(table):
        default = None if field.default is dataclasses.MISSING else field.default
        yield field.name, default, field.metadata["schema"]


def entries() -> dict[str, Entries]:
    """The tables in which the person chooses the keys, by name."""
    return {name: member for name, _default, member in members(Settings) if isinstance(member, Entries)}


def settings_under(
    table: type[Any] = Settings, prefix: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Setting]]:
    """Every single setting with its path; those of a node have the path `("nodes", name)`."""
    for name, _default, member in members(table):
        if isinstance(member, Section):
            yield from settings_under(member.type, (*prefix, name))
        elif isinstance(member, Setting):
            yield (*prefix, name), member
