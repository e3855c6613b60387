"""Every time and size that the fleet goes by, in one place, so that settings and tests can change them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FleetLimits:
    """Names ending in `_s` are seconds, in `_ms` milliseconds.

    Connecting:
        open_timeout_s: for TCP, TLS and the WebSocket handshake together.
        hello_timeout_s: from the handshake to the daemon's first frame.
        close_timeout_s: for saying goodbye, and for frames still to be written then.
        backoff_first_s, backoff_cap_s: shortest and longest pause between two tries.
        settled_s: a connection that lived this long is tried again at once when it is lost, and once more after
            `redial_s`: a daemon that just died may still take a connection, and only then is known to be gone.
        bad_frames: undecodable frames in a row after which a connection is given up.

    Liveness:
        status_interval_s: how often a node is asked to say how it is.
        ping_interval_s: how often the round trip is measured.
        kept_pings: round trips whose median is shown.
        warn_silence_s, offline_silence_s: no sign of a node for this long.
        stream_silence_s, stream_gap_factor: an attempt that was quiet for so long, and for so many of its usual gaps,
            is asked about with a ping.
        probe_s: how long that ping may take.
        tick_s: how often the client looks whether its own loop runs.
        slow_ping_ms, warn_load, warn_memory: above these a node is shown with a warning (load and memory 0 to 1; the
            load of a node that writes no answers).

    Turns:
        settle_s: a fleet that has just begun to connect is given so long before the first choice among its nodes.
        grace_s: how long a lost node may take to come back before its answer goes on elsewhere, and how long after the
            question a node that broke the connection is waited for, even by who does not wait for nodes.
        cancel_wait_s: how long a node may take to confirm that it stopped.
        retry_default_s, retry_floor_s, retry_cap_s: how long to wait for a busy node that does not say, and the
            bounds of what it may say.
        recheck_s: an attempt quiet for this long on a living link is attached to again, in case the node forgot it.
        attach_tries: attachments without progress before a node is left.
        cooldown_first_s, cooldown_cap_s: how long a node is left alone with a model after it failed there.
        save_interval_s: the longest time that a part of an answer is not yet in the store.
        touch_interval_s: how often an answer that does not grow is marked as looked after, for other clients.
        abandoned_s: an open answer that nobody marked for so long belongs to a client that is gone.

    Estimates, where a node has not told better:
        characters_per_token: to count a prompt that no tokenizer has seen.
        assumed_prefill_rate: tokens per second.
        assumed_answer_s: how long one answer keeps a slot.
        assumed_load_rate: bytes of a model per second.
        warning_factor: how much longer a node with a warning is expected to take.
        tie_ms: estimates that differ by less are equal, and the user's order decides.
        preference_factor, preference_slack_ms: the policies `priority` and `sticky` keep to their node while its
            estimate is below factor times the best one plus the slack.

    Archives:
        sync_look_s: how often is looked whether the history changed; this or another program may have done it.
        sync_reply_s: how long a node may take to answer about its archive.
        sync_page: chats and messages that are read from the history at a time.
        sync_pull_chats: chats that are asked for at a time.
        sync_frame_bytes: a frame with part of a chat is about so large at most, so that an answer on the same
            connection, and the pings, do not wait long behind it; a message that is larger by itself goes alone.
        sync_backoff_first_s, sync_backoff_cap_s: shortest and longest pause after an archive failed.
        sync_refused_first_s, sync_refused_cap_s: the same until single chats that it refused are sent again.
        sync_close_s: how long the end of the program may wait for the last changes to be taken.

    Kept:
        kept_estimates, kept_cancels, kept_chats: newest so many.
    """

    open_timeout_s: float = 5.0
    hello_timeout_s: float = 5.0
    close_timeout_s: float = 1.0
    backoff_first_s: float = 0.5
    backoff_cap_s: float = 30.0
    settled_s: float = 0.25
    redial_s: float = 0.1
    bad_frames: int = 20

    status_interval_s: float = 2.0
    ping_interval_s: float = 2.0
    kept_pings: int = 8
    warn_silence_s: float = 5.0
    offline_silence_s: float = 10.0
    stream_silence_s: float = 3.0
    stream_gap_factor: float = 5.0
    probe_s: float = 1.0
    tick_s: float = 0.25
    slow_ping_ms: float = 1000.0
    warn_load: float = 0.95
    warn_memory: float = 0.95

    settle_s: float = 0.3
    grace_s: float = 2.0
    cancel_wait_s: float = 2.0
    retry_default_s: float = 1.0
    retry_floor_s: float = 0.1
    retry_cap_s: float = 60.0
    recheck_s: float = 30.0
    attach_tries: int = 3
    cooldown_first_s: float = 5.0
    cooldown_cap_s: float = 60.0
    save_interval_s: float = 0.5
    touch_interval_s: float = 1.0
    abandoned_s: float = 2.5

    characters_per_token: float = 4.0
    assumed_prefill_rate: float = 500.0
    assumed_answer_s: float = 10.0
    assumed_load_rate: float = 500e6
    warning_factor: float = 2.0
    tie_ms: float = 20.0
    preference_factor: float = 2.0
    preference_slack_ms: float = 1000.0

    sync_look_s: float = 1.0
    sync_reply_s: float = 30.0
    sync_page: int = 50
    sync_pull_chats: int = 20
    sync_frame_bytes: int = 256 * 1024
    sync_backoff_first_s: float = 1.0
    sync_backoff_cap_s: float = 300.0
    sync_refused_first_s: float = 60.0
    sync_refused_cap_s: float = 3600.0
    sync_close_s: float = 1.0

    kept_estimates: int = 256
    kept_cancels: int = 256
    kept_chats: int = 1024
