"""The terminal UI: the only room that knows Textual. `llamachat.tui.app.run` starts it."""
