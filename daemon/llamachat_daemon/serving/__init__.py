"""The front: server, client sessions, attempts, admission, worker pool, telemetry, access. Never imports the engine."""
