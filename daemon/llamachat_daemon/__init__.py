"""llamachat-daemon: what an inference box runs so that llamachat can talk to its models."""
