"""The archive: what clients push with `save_chat`, and shorthand conversations, in SQLite, each principal's apart.

`archive` is the part on the event loop; everything that touches the file runs in a thread of its own, in `chats`,
`pages` and `expiry`. Only this room of the daemon opens SQLite.
"""
