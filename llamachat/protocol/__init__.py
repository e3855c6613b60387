"""The contract between any client and any daemon: typed frames, their codecs, limits, errors, and the merge of chats.

This room imports nothing of ours. Everything public is re-exported here.
"""

from llamachat.protocol.chats import (
    Attachment,
    Chat,
    ChatMessage,
    Cost,
    FinishReason,
    Id,
    Role,
    Seam,
    Timings,
    Usage,
)
from llamachat.protocol.codec import Codec, decode_client, decode_daemon, encode
from llamachat.protocol.errors import ErrorCode, ProtocolError
from llamachat.protocol.frames import (
    PROTOCOL_VERSION,
    AiResponse,
    AnyClientFrame,
    AnyDaemonFrame,
    Attach,
    BackendStatus,
    Cancel,
    ChatHistory,
    ClientFrame,
    DaemonFrame,
    Detach,
    Drain,
    Error,
    GetHistory,
    Gpu,
    Hello,
    Limits,
    LoadModel,
    Log,
    LogLine,
    Logs,
    Memory,
    ModelInfo,
    ModelState,
    NodeEvent,
    NodeInfo,
    NodeState,
    Ok,
    Params,
    Principal,
    Progress,
    PromptMessage,
    Queued,
    QueueState,
    SaveChat,
    Shorthand,
    SlotState,
    Status,
    Totals,
    UnloadModel,
    UserMessage,
)
from llamachat.protocol.limits import DEFAULT_PORT, MAX_FRAME_BYTES
from llamachat.protocol.merge import merge_chats, merge_messages

__all__ = [
    "DEFAULT_PORT", "MAX_FRAME_BYTES", "PROTOCOL_VERSION", "AiResponse", "AnyClientFrame", "AnyDaemonFrame",
    "Attach", "Attachment", "BackendStatus", "Cancel", "Chat", "ChatHistory", "ChatMessage", "ClientFrame",
    "Codec", "Cost", "DaemonFrame", "Detach", "Drain", "Error", "ErrorCode", "FinishReason", "GetHistory",
    "Gpu", "Hello", "Id", "Limits", "LoadModel", "Log", "LogLine", "Logs", "Memory", "ModelInfo", "ModelState",
    "NodeEvent", "NodeInfo", "NodeState", "Ok", "Params", "Principal", "Progress", "PromptMessage",
    "ProtocolError", "QueueState", "Queued", "Role", "SaveChat", "Seam", "Shorthand", "SlotState", "Status",
    "Timings", "Totals", "UnloadModel", "Usage", "UserMessage", "decode_client", "decode_daemon", "encode",
    "merge_chats", "merge_messages",
]  # fmt: skip
