"""Wordings and answers of the follow-up questions.

``ENTRIES``: the name of the wordings, the intents that they may follow, the answer (or the name of the intent whose
answer it is), and the key facts of the answer.
"""

from __future__ import annotations

from typing import Final

from .grammar import split

ASKS: Final = {
    "key": split(
        """(what|which) key was (that|it) [again]; which key [again]; what was the key [again]; what do i press [again|for that|then]; and the key; the key again; what key do you mean; which one was the key; say the key again; which key do i press [for that]; the key please; sorry, which key; and which key is that"""
    ),
    "undo": split(
        """[and|but] how do i (undo|reverse|take back|revert|cancel) (that|it|this); can i (undo|reverse|take back|revert) (it|that|this); undo; and back; how do i get back; can it be undone; and the other way round; what if i did it by mistake; is there an undo [for that]; and if i change my mind; i did that by mistake"""
    ),
    "where": split(
        """[and] where is (that|this|the) file; where is it; where do i find (it|that|that file|them|the file); where is that [exactly]; and where is that; in which (folder|directory|file|place); where exactly; where; where does that go; in what file; which file [is that]; where do i put (it|that)"""
    ),
    "change": split(
        """[and] can i change (it|that|this|them|those); how do i change (it|that|this|them); can (it|that|this) be changed; is (it|that) configurable; can i set (it|that) [myself]; i want to change that; can i use another one; can i have another one; what if i want another one; is that fixed; may i change that; change it how"""
    ),
    "ssh": split(
        """[and] [what about] over ssh; and in ssh; does (it|that) [also] work over ssh; is that the same over ssh; and if i am on a remote machine; what if i use ssh; also over ssh; and on a remote server; does that work remotely"""
    ),
    "tmux": split(
        """[and] [what about] in tmux; does (it|that) [also] work in tmux; and inside tmux; is that the same in tmux; also in tmux; what if i use tmux; and with tmux"""
    ),
    "example": split(
        """[can you] show me an example; [please] give me an example; an example [please]; for example; do you have an example; show me; how does that look; what does (it|that) look like; can i see (it|that|an example); can you show me; an example would help; example please; let me see one"""
    ),
    "shell": split(
        """[and] (from|on) the command line; and in the shell; how do i do (that|it) (in the shell|on the command line|from the shell|from a script|in a script); is there a command for (that|it); and without the screen; which command is that; can i do (that|it) (from the shell|in a script|on the command line); and in a script"""
    ),
    "why": split(
        """why; why is (that|it so); [but] why; why is that so; how come; what is the reason; why that; and why; why would i do that; what is that good for; why do i need that; what for"""
    ),
    "more": split(
        """tell me more [about (it|that)]; [and] what else; more; more about that; go on; more details [please]; can you explain that [more]; explain that; what else should i know; and then; i did not get that; can you say more; what does that mean; anything else; continue please"""
    ),
    "lost": split(
        """[and] do i lose (anything|something|text|the answer|my text) [then|by that]; is anything lost [then]; is (it|the text|my text|my message) lost [then]; what happens to (the answer|my text|the text|my message) then; is that safe; and the text; will i lose it; does something get lost"""
    ),
    "not_work": split(
        """(that|it) does not work; (that|it) did not work; [and] if (that|it) does not work; what if (that|it) fails; and if it fails; still does not work; i tried that and it does not work; no luck; that did nothing; it still fails; still not working; does not help; what if that does not help"""
    ),
    "default": split(
        """what is the default; and the default; which one is the default; what is it by default; what do i get if i set nothing; which one is normal; which is used if i do nothing; default; and by default; the default please; what comes by default; default is what; which one do i have now"""
    ),
    "which": split(
        """which one (should i (take|use|choose)|is best|is better|do you recommend); what do you recommend; which is best [for me]; which one; and which one is good; what would you take; which do i choose; what is the best one; recommend one"""
    ),
    "then": split(
        """[and] what then; and now; what now; what next; and after that; then what; what do i do (next|then|after that); done, and now; ok done, what next; what is the next step; i did that, now what"""
    ),
}

_KEYS = {
    "keys.send": "Enter.",
    "keys.newline": "Ctrl+J.",
    "keys.stop": "Esc.",
    "keys.quit": "Ctrl+Q.",
    "keys.help": "F1.",
    "keys.palette": "Ctrl+P.",
    "keys.jump": "Ctrl+O.",
    "keys.panels": "F5 for the history and F6 for the live panel.",
    "keys.editor": "Ctrl+E.",
    "keys.messages": "alt+up or alt+down, then Enter.",
    "keys.recall": "The up arrow.",
    "attach.file": "Ctrl+F, or type @.",
    "nodes.add": "`a` in the Nodes tab.",
    "nodes.drain": "`d` in the Nodes tab.",
    "nodes.remove": "`x` in the Nodes tab.",
    "nodes.reconnect": "`r` in the Nodes tab.",
    "nodes.order": "Shift+Left and Shift+Right.",
    "nodes.detail": "Enter on the card.",
    "chat.new": "Ctrl+P, then type new chat.",
    "msg.edit": "alt+up to the message, then Enter.",
    "msg.regenerate": "alt+up to the answer, then Enter.",
    "copy.message": "alt+up to the message, then Enter.",
    "copy.code": "The number of the code block.",
    "history.pin": "Ctrl+P, then pin.",
}

ENTRIES: Final[tuple[tuple[str, str, str, str], ...]] = (
    *(("key", after, f"The key: {key}", key.split(",")[0].rstrip(".").split(" ")[0]) for after, key in _KEYS.items()),
    ("change", " ".join(name for name in _KEYS if name.startswith("keys.")), "keys.rebind", ""),
    ("undo", "keys.stop", "msg.continue", ""),
    ("undo", "keys.quit", "Start llamachat again: the running answer and your chats are there.", "start"),
    ("undo", "keys.panels", "Press the same key again: F5 for the history, F6 for the live panel.", "again"),
    ("undo", "nodes.drain", "Press `d` on the same card again.", "`d`"),
    ("undo", "nodes.remove", "Add the node again: press `a` in the Nodes tab and give its URL.", "`a`"),
    ("undo", "nodes.add", "nodes.remove", ""),
    ("undo", "nodes.order", "Move the card back with Shift+Left or Shift+Right.", "shift"),
    ("undo", "history.pin", "Unpin it the same way: Ctrl+P on the chat, then unpin.", "unpin"),
    (
        "undo",
        "history.delete msg.delete",
        "A delete cannot be undone: it holds on every synced machine. Export first.",
        "cannot be undone",
    ),
    ("undo", "msg.edit msg.regenerate", "msg.branch", ""),
    ("undo", "look.theme look.contrast", "Open Settings, look, and choose the theme `llamachat` again.", "settings"),
    ("undo", "route.set", 'Set `policy = "fastest"` again; that is the default.', "fastest"),
    ("undo", "daemon.tokens", "Use `llamachat-daemon token revoke NAME` to end a token.", "revoke"),
    (
        "where",
        "config.example config.edit config.validate nodes.add nodes.token route.set chat.model",
        "config.where",
        "",
    ),
    ("where", "history.list history.search history.export history.delete history.folders", "history.where", ""),
    (
        "where",
        "look.own_theme",
        "In `themes/` in your config directory. `llamachat config path` shows the place.",
        "themes/",
    ),
    (
        "where",
        "daemon.config daemon.queue daemon.records",
        "The file is daemon.toml; give it with `--config FILE`.",
        "daemon.toml",
    ),
    (
        "where",
        "models.run models.download",
        "Anywhere on the node: give the path with `--model` or the folder with `--models-dir`.",
        "--model",
    ),
    ("where", "daemon.service", "In the folder `systemd/` of the daemon.", "systemd/"),
    (
        "where",
        "history.where history.backup",
        "`history.db` is in your data directory; `--data-dir DIR` moves it.",
        "data directory",
    ),
    (
        "change",
        "look.theme",
        "Yes: pick another theme, or write your own file in `themes/` in the config directory.",
        "themes/",
    ),
    ("change", "daemon.port nodes.find", "Yes: `llamachat-daemon serve --port N`, or `port` in daemon.toml.", "--port"),
    ("change", "route.policies route.fastest route.priority route.sticky", "route.set", ""),
    ("change", "history.where config.datadir", "Yes: `--data-dir DIR` or LLAMACHAT_DATA_DIR moves it.", "--data-dir"),
    ("change", "config.where", "Yes: `--config FILE` or LLAMACHAT_CONFIG uses another file.", "--config"),
    ("change", "chat.context", "models.context", ""),
    ("change", "daemon.records daemon.queue daemon.stop", "Yes, in daemon.toml.", "daemon.toml"),
    ("change", "guide.what", "guide.replace", ""),
    ("change", "models.default", "Yes: `--default-model ID`, or `default_model` in daemon.toml.", "default"),
    ("change", "route.full", "daemon.queue", ""),
    (
        "ssh",
        "keys.newline keys.send keys.stop keys.jump keys.palette keys.mouse",
        "Yes, it works the same over SSH.",
        "over ssh",
    ),
    ("ssh", "copy.message copy.code", "copy.broken", ""),
    ("ssh", "about.what look.motion look.theme start.first plain.mode", "ssh.use", ""),
    (
        "tmux",
        "keys.newline keys.send keys.stop",
        "Yes, that works in tmux too. `llamachat doctor` checks your tmux.",
        "tmux",
    ),
    (
        "tmux",
        "copy.message copy.code copy.broken",
        "In tmux set `set -g set-clipboard on`, or `allow-passthrough on`.",
        "set-clipboard on",
    ),
    ("tmux", "ssh.use about.what look.theme", "term.tmux", ""),
    ("example", "nodes.add config.where config.edit nodes.token route.set", "config.example", ""),
    ("example", "daemon.queue daemon.records daemon.options daemon.port", "daemon.config", ""),
    ("example", "ask.use", "ask.stdin", ""),
    ("example", "ask.json ask.exit ask.stdin", "ask.script", ""),
    ("example", "proto.what", "proto.json", ""),
    ("example", "proto.json", "proto.python", ""),
    ("example", "attach.file", "Type `@notes.pdf what is in it?` and press Enter.", "@notes.pdf"),
    (
        "example",
        "history.export",
        "`llamachat chats export --all --format md -o chats.md` saves all chats.",
        "--format md",
    ),
    (
        "example",
        "daemon.serve models.run",
        "`llamachat-daemon serve --model /srv/models/llama3-8b.gguf --port 13000`",
        "serve --model",
    ),
    (
        "example",
        "models.download",
        "`llamachat-daemon models add hf:OWNER/REPO:Q4_K_M`, with the names of a real repository.",
        "models add",
    ),
    ("example", "daemon.tokens", "`llamachat-daemon token add anna` prints the token of anna once.", "token add anna"),
    (
        "example",
        "chat.sampling chat.seed chat.system",
        '`llamachat ask --temperature 0 --seed 42 "Name a colour"`',
        "--seed 42",
    ),
    ("shell", "nodes.card nodes.what nodes.offline nodes.states", "nodes.cli", ""),
    ("shell", "history.search", "`llamachat chats search WORDS`, with `--json` for scripts.", "chats search"),
    ("shell", "history.list", "`llamachat chats list`, with `--json` for scripts.", "chats list"),
    ("shell", "history.delete", "`llamachat chats delete ID`.", "chats delete"),
    ("shell", "keys.send chat.model attach.file about.what", "ask.use", ""),
    ("shell", "config.where", "`llamachat config path`.", "config path"),
    ("shell", "config.edit", "`llamachat config edit`.", "config edit"),
    (
        "why",
        "route.fastest route.policies",
        "It saves waiting: queue, prompt and load time are counted for each node.",
        "waiting",
    ),
    ("why", "route.sticky", "models.cache", ""),
    (
        "why",
        "keys.newline",
        "Most terminals send the same code for Shift+Enter and Enter, so llamachat cannot tell them apart.",
        "terminals",
    ),
    ("why", "daemon.network daemon.no_auth", "Without a token anybody in the network could use your node.", "token"),
    ("why", "nodes.drain", "So that you can restart a machine without cutting an answer.", "restart"),
    (
        "why",
        "copy.broken",
        "The terminal never answers to OSC 52, so llamachat cannot know if the copy worked.",
        "terminal",
    ),
    (
        "why",
        "about.two_programs",
        "So that your laptop needs no model and no compiler, and several nodes can work for you.",
        "laptop",
    ),
    ("why", "daemon.records", "So that an answer is not lost when your connection drops.", "lost"),
    ("why", "guide.what", "I have only 5 million parameters, so that the demo needs no download.", "5 million"),
    ("more", "failover", "failover.seam", ""),
    ("more", "about.what", "about.features", ""),
    ("more", "nodes.what", "nodes.add", ""),
    ("more", "route.policies", "route.set", ""),
    ("more", "keys.all", "keys.messages", ""),
    ("more", "daemon.serve", "daemon.options", ""),
    (
        "more",
        "outbox",
        "Esc never clears the outbox, and two clients on one history never send a message twice.",
        "esc",
    ),
    ("more", "about.privacy", "daemon.records", ""),
    (
        "more",
        "start.demo",
        'Use `llamachat demo ask "your question"` for one answer on stdout, or `--nodes N` for more daemons.',
        "--nodes",
    ),
    (
        "more",
        "history.sync",
        "Messages are joined, the latest change of a title or folder wins, and a deleted chat stays deleted.",
        "deleted",
    ),
    ("more", "attach.file", "With `llamachat ask` use `-f FILE`; you can give it several times.", "-f"),
    ("lost", "keys.stop", "No. What was written so far stays, and you can continue it from the message menu.", "stays"),
    ("lost", "keys.quit chat.resume", "No. The answer goes on at the node and is there when you come back.", "goes on"),
    (
        "lost",
        "failover nodes.offline trouble.banner",
        "No. Another node continues from the same tokens, and no character is lost.",
        "another node",
    ),
    ("lost", "outbox", "No. The outbox is saved, also when you quit.", "saved"),
    ("lost", "msg.edit msg.regenerate", "No. The old version stays as a branch.", "branch"),
    (
        "lost",
        "daemon.stop nodes.drain",
        "No. Running answers finish, or clients go on at another node.",
        "another node|finish",
    ),
    ("lost", "chat.context", "No. The chat keeps all messages; only the model does not see the oldest.", "keeps"),
    ("lost", "install.update install.uninstall", "No. Your chats stay in history.db.", "history.db"),
    ("not_work", "keys.newline keys.send keys.panels keys.jump keys.editor", "keys.garbage", ""),
    ("not_work", "copy.message copy.code", "copy.broken", ""),
    ("not_work", "nodes.add nodes.reconnect daemon.network nodes.find", "trouble.connect", ""),
    ("not_work", "nodes.token daemon.tokens", "trouble.401", ""),
    ("not_work", "daemon.serve daemon.config daemon.port", "daemon.check", ""),
    ("not_work", "models.run models.download", "models.failed", ""),
    ("not_work", "trouble.connect copy.broken term.tmux look.theme", "doctor", ""),
    (
        "not_work",
        "start.demo install.client install.daemon",
        "Check `python --version`: it must be 3.11 or newer. Then install again in a fresh environment.",
        "3.11",
    ),
    ("default", "route.policies route.set route.sticky route.priority", "The default policy is `fastest`.", "fastest"),
    ("default", "daemon.port", "The default port is 13000.", "13000"),
    ("default", "look.theme", "The default theme is `llamachat`.", "llamachat"),
    ("default", "chat.sampling", "Temperature 0.7, top_k 40, top_p 0.95, min_p 0.05.", "0.7"),
    ("default", "daemon.queue", "`limit` 64, `parallel` 8, `requests_per_minute` 0.", "64"),
    ("default", "daemon.records", "86400 seconds, and 256MB in all.", "86400"),
    (
        "default",
        "chat.model models.default",
        "In the client it is `auto`; on a daemon without models it is the guide.",
        "auto",
    ),
    (
        "which",
        "route.policies",
        "Start with `fastest`. Take `priority` if one node is yours, `sticky` for long chats.",
        "fastest",
    ),
    (
        "which",
        "look.theme",
        "`llamachat-light` by day, `llamachat` by night, `high-contrast` if text is hard to read.",
        "llamachat-light",
    ),
    ("which", "models.quant", "Start with Q4_K_M; take Q8_0 if it fits in your memory.", "q4_k_m"),
    (
        "which",
        "models.run models.download guide.replace",
        "One that fits in your memory: 7 or 8 billion parameters as Q4 need about 6 GB.",
        "memory",
    ),
    ("then", "install.client", "start.first", ""),
    ("then", "install.daemon", "daemon.serve", ""),
    ("then", "daemon.serve", "nodes.add", ""),
    ("then", "nodes.add", "Go back to the chat, type a question and press Enter.", "enter"),
    ("then", "models.download", "models.run", ""),
    ("then", "daemon.tokens", "nodes.token", ""),
    ("then", "start.first start.demo", "keys.all", ""),
    (
        "then",
        "history.export",
        "Open the file in any editor, or import it on another machine with `llamachat chats import FILE`.",
        "import",
    ),
)
