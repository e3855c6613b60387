"""Every frame of protocol version 1 as a typed value.

Client frames may carry `req`; what answers one directly echoes it. A field left `UNSET` is not sent at all; `None`
is sent as null. Sizes are bytes, times are seconds since the epoch unless a name ends in `_ms`; `offset` counts Unicode
code points of an answer's text, `token_offset` its token ids.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from llamachat.protocol.chats import Chat, Cost, FinishReason, Id, Role, Timings, Usage

PROTOCOL_VERSION = 1

Count = Annotated[int, msgspec.Meta(ge=0)]


class ClientFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What a client sends."""

    req: Id | UnsetType = UNSET


class DaemonFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What a daemon sends."""


# ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class PromptMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of the conversation that is asked about."""

    role: Role
    content: str
    name: str | None = None


class Params(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer is sampled. Types are checked here, ranges by `llamachat.protocol.params.check`.

    `temperature` 0 is greedy; `top_k` 0 is off; `seed` null lets the daemon pick; `max_tokens` null goes to the end of
    the context; `deadline_s` is seconds from the arrival of the frame.
    """

    temperature: float = 0.7
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    repeat_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    seed: int | None = None
    max_tokens: int | None = None
    stop: list[str] = []
    ignore_eos: bool = False
    json_schema: dict[str, Any] | None = None
    grammar: str | None = None
    deadline_s: float | None = None


class UserMessage(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="user_message"):
    """Asks for an answer, or for the rest of one.

    `id` names this attempt; `message_id` (default: `id`) names the answer, and stays the same when another node goes on
    with it. `prefix` is the text of the answer so far; `prefix_tokens` with `fingerprint` are its exact ids.
    """

    id: Id
    message_id: Id | None = None
    chat_id: Id
    model: str | None = None
    messages: list[PromptMessage]
    prefix: str = ""
    prefix_tokens: list[Count] | None = None
    fingerprint: str | None = None
    params: Params = Params()
    tools: list[str] = []


class Shorthand(ClientFrame, frozen=True, kw_only=True):
    """The short form of simple clients: one text, no ids. `kind` is the type it came with."""

    kind: Literal["inference", "user_message"]
    content: str
    model: str | None = None


class Attach(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="attach"):
    """Streams the attempt to this connection, from both offsets on."""

    id: Id
    offset: int
    token_offset: int = 0


class Detach(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="detach"):
    """Stops streaming the attempt here; it runs on."""

    id: Id


class Cancel(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="cancel"):
    """Stops the attempt, wherever it is."""

    id: Id


class Status(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="status"):
    """Asks for `backend_status` now and every `interval` seconds; 0 stops it."""

    interval: float


class Logs(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="logs"):
    """Asks for the last `lines` log lines, and those to come with `follow`."""

    lines: Count
    follow: bool = False


class LoadModel(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="load_model"):
    """Loads a model (admin)."""

    model: str


class UnloadModel(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="unload_model"):
    """Unloads a model (admin)."""

    model: str


class Drain(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="drain"):
    """Stops or starts taking new work (admin)."""

    on: bool


class SaveChat(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="save_chat"):
    """Merges a chat, with any subset of its messages, into the archive."""

    chat: Chat


class GetHistory(ClientFrame, frozen=True, kw_only=True, tag_field="type", tag="chat_history"):
    """Asks for what changed in the archive after a cursor, and for what will with `follow`."""

    since: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] = 100
    follow: bool = False


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class NodeInfo(msgspec.Struct, frozen=True):
    """Who a daemon is. `started_at` tells a restart from a reconnect."""

    id: str
    name: str
    version: str
    started_at: float


ModelState = Literal["available", "loading", "loaded", "failed"]


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a daemon offers; numbers are None while unknown. `context` is the true figure per sequence."""

    id: str
    name: str
    size: int | None = None
    parameters: int | None = None
    quantization: str | None = None
    context: int | None = None
    fingerprint: str | None = None
    state: ModelState = "available"
    slots: int | None = None
    error: str | None = None


class Limits(msgspec.Struct, frozen=True):
    """What a daemon accepts: bytes per frame, waiting attempts, attempts at once for one principal."""

    frame_bytes: int
    queue: int
    parallel: int


class Principal(msgspec.Struct, frozen=True):
    """Who the daemon takes this connection for."""

    name: str
    admin: bool


class Hello(DaemonFrame, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    """The first frame on every connection, unasked."""

    protocol: int
    node: NodeInfo
    models: list[ModelInfo]
    default_model: str | None
    peers: list[str] = []
    limits: Limits
    principal: Principal
    tools: list[str] = []
    archive: bool = False


class Queued(DaemonFrame, frozen=True, kw_only=True, tag_field="type", tag="queued"):
    """The attempt waits: `position` 1 is next, of `depth` waiting. Sent again when the position changes."""

    req: Id | UnsetType = UNSET
    id: Id
    position: int
    depth: int
    eta_ms: float | None = None


class Progress(DaemonFrame, frozen=True, kw_only=True, tag_field="type", tag="progress"):
    """What happens before the first token: bytes of the model loaded, or tokens of the prompt read."""

    req: Id | UnsetType = UNSET
    id: Id
    phase: Literal["loading", "prefill"]
    done: int
    total: int
    cached: int = 0


class AiResponse(DaemonFrame, frozen=True, kw_only=True, tag_field="type", tag="ai_response"):
    """A piece of an answer. The last one has `done` and everything after it."""

    req: Id | UnsetType = UNSET
    id: Id
    message_id: Id
    node: str
    model: str
    fingerprint: str | None
    offset: int
    text: str
    token_offset: int
    tokens: list[int]
    done: bool = False
    finish_reason: FinishReason | UnsetType = UNSET
    message: str | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    usage: Usage | UnsetType = UNSET
    timings: Timings | UnsetType = UNSET
    cost: Cost | UnsetType | None = UNSET


NodeState = Literal["ready", "loading", "busy", "draining", "degraded"]


class Memory(msgspec.Struct, frozen=True):
    """Bytes: `used` and `total` of the machine, `process` of the daemon with its workers, `model` of the weights,
    `kv_used` and `kv_total` of the caches of keys and values."""

    used: int
    total: int
    process: int
    model: int
    kv_used: int
    kv_total: int


class Gpu(msgspec.Struct, frozen=True):
    """One graphics card; `load` is 0 to 1, memory is bytes."""

    name: str
    load: float | None
    memory_used: int | None
    memory_total: int | None


class QueueState(msgspec.Struct, frozen=True):
    """Attempts that wait, and how many may."""

    depth: int
    limit: int


class SlotState(msgspec.Struct, frozen=True):
    """Sequences that are decoded together at most, and how many are at work."""

    busy: int
    total: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Counts since the daemon started; tokens are tokens, `cost` is in the operator's currency."""

    requests: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0


class NodeEvent(msgspec.Struct, frozen=True):
    """Something that happened at the node; `kind` is a word for programs, `text` a sentence for people."""

    time: float
    kind: str
    text: str


class BackendStatus(DaemonFrame, frozen=True, kw_only=True, tag_field="type", tag="backend_status"):
    """How a node is. Rates are per second over the last minute; `latency_ms` is the median time to first token of the
    last minute; `resident` maps the principal's own chats to warm tokens; `events` are those since the last status."""

    req: Id | UnsetType = UNSET
    node: str
    time: float
    state: NodeState
    load: float
    memory: Memory
    gpus: list[Gpu] = []
    queue: QueueState
    slots: SlotState
    requests_per_second: float = 0.0
    latency_ms: float | None = None
    tokens_per_second: float | None = None
    prefill_tokens_per_second: float | None = None
    models: list[ModelInfo] = []
    resident: dict[str, int] = {}
    totals: Totals = Totals()
    events: list[NodeEvent] = []


class LogLine(msgspec.Struct, frozen=True):
    """One line of a daemon's log; `source` is `daemon` or the model whose worker wrote it."""

    time: float
    level: str
    source: str
    text: str


class Log(DaemonFrame, frozen=True, kw_only=True, tag_field="type", tag="log"):
    """Log lines, oldest first."""

    req: Id | UnsetType = UNSET
    lines: list[LogLine]


class Ok(DaemonFrame, frozen=True, kw_only=True, tag_field="type", tag="ok"):
    """The request was carried out, durably where durability is meant."""

    req: Id | UnsetType = UNSET


class Error(DaemonFrame, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """A refusal or a failure. With `final`, the attempt `id` has ended with it."""

    req: Id | UnsetType = UNSET
    id: str | None = None
    code: str
    message: str
    retry_after: float | None = None
    detail: dict[str, Any] = {}
    final: bool = False


class ChatHistory(DaemonFrame, frozen=True, kw_only=True, tag_field="type", tag="chat_history"):
    """What changed in the archive. `more` says that asking again after `cursor` brings more at once."""

    req: Id | UnsetType = UNSET
    chats: list[Chat]
    cursor: str
    more: bool = False


AnyClientFrame = (
    UserMessage
    | Shorthand
    | Attach
    | Detach
    | Cancel
    | Status
    | Logs
    | LoadModel
    | UnloadModel
    | Drain
    | SaveChat
    | GetHistory
)
AnyDaemonFrame = Hello | Queued | Progress | AiResponse | BackendStatus | Log | Ok | Error | ChatHistory

CLIENT_FRAMES: dict[str, type[ClientFrame]] = {
    "user_message": UserMessage,
    "attach": Attach,
    "detach": Detach,
    "cancel": Cancel,
    "status": Status,
    "logs": Logs,
    "load_model": LoadModel,
    "unload_model": UnloadModel,
    "drain": Drain,
    "save_chat": SaveChat,
    "chat_history": GetHistory,
}
DAEMON_FRAMES: dict[str, type[DaemonFrame]] = {
    "hello": Hello,
    "queued": Queued,
    "progress": Progress,
    "ai_response": AiResponse,
    "backend_status": BackendStatus,
    "log": Log,
    "ok": Ok,
    "error": Error,
    "chat_history": ChatHistory,
}
