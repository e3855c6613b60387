"""Kept conversations: finding, sorting, moving them, and keeping several machines equal."""

from __future__ import annotations

from .grammar import Intent, fact

FACTS: tuple[Intent, ...] = (
    fact(
        "history.where",
        """All chats are in one SQLite file, `history.db`, in your data directory. `--data-dir DIR` or LLAMACHAT_DATA_DIR moves it.""",
        "history.db",
        topics="""history.db; the history file; the (place|location|file|folder|database|path) of (my chats|the history|the chats|my conversations); the data directory; the chat database; sqlite; the database; the chat file; the history database; the storage of chats""",
        actions="""(find|see|locate|open|move) (the history file|history.db|the file with my chats|my chats on disk|the chat database|the data directory|the database); (put|keep|store|save) (my chats|the history|history.db|conversations) (on another disk|somewhere else|in another folder|in another place|elsewhere)""",
        says="i cannot find my chats on disk; i want to move my chats to another disk; i look for the file with my chats",
        asks="""where (are|is) (my chats|the chats|my conversations|my history|the history|my messages|everything) (stored|saved|kept|on disk); where does (it|llamachat) (store|save|keep) (my chats|chats|conversations|the history|messages); in which file are my chats; where is history.db; which database does it use;
        are my chats saved; does it save my chats; what file holds my chats; does it remember my chats after a restart; where do my chats go; where is the data directory; is the history kept""",
    ),
    fact(
        "history.search",
        """Type in the search box at the top of the history panel: it searches titles and messages of all chats. In the shell use
        `llamachat chats search WORDS`.""",
        "search",
        topics="""[the] search; searching [chats|the history|old chats|my chats|messages]; search (box|field|function|in chats|in the history|bar); full-text search; the search box; a text search; looking for old messages; find; chats search""",
        actions="""(search|find|look for|look up|locate|dig up) (an old chat|a chat|old chats|an old message|a message|a word|text|something|a word in my chats|something i said|something from last week|an old answer|my chats|in my chats|the history|in the history|all my chats|a conversation|an older conversation|a text in old chats|what i asked last week);
        (filter|grep) (chats|my chats|the history|through my chats)""",
        says="""i cannot find (an old chat|a chat|my chat|a message|an old message|a conversation from last week|what i wrote); i know i asked that before; i forgot in which chat it was; i lost a chat; i had a chat about that last week; my old chat (is gone|is missing|disappeared); i remember only a word of the chat; i look for an old chat""",
        asks="""where is the search; can i search (my chats|old chats|the history|inside chats|in messages|all messages|for a word); how do i search; is there a search; does it search (inside messages|in messages|in titles); how do i find (an old chat|something i said|what i asked); which key searches; can it find a word in old chats; how does the search work""",
    ),
    fact(
        "history.list",
        """The history panel on the left lists your chats: pinned first, then today, yesterday, this week, this month and older, and your folders.
        Enter opens one. In the shell: `llamachat chats list`.""",
        "history panel|chats list",
        topics="""the history [panel]; history; my (old|older|previous|last|earlier|past|recent) (chats|conversations|chat); the list of chats; the chat list; (old|older|previous|earlier) (chats|conversations); chats list; the chats on the left; the date groups; llamachat chats list; chat history; the left panel""",
        actions="""(open|reopen|see|load|go to|go back to|continue|return to|list|show|get back to|switch to|resume) (an old chat|old chats|an older conversation|a previous chat|yesterday's chat|my last chat|all my chats|all chats|my chats|another chat|the previous conversation|my earlier conversations|the chat from yesterday|a chat from last week|the last conversation);
        (browse|sort|order|group) (the history|my chats|chats|old chats)""",
        says="i want to go on with an old chat; i want yesterday's chat; my chats from yesterday should be there; the history is empty; i have no history; i see no chats; i want to go back to my last chat",
        asks="""where are my (old chats|chats|conversations|older chats|previous chats|chats from yesterday); how do i (open|reopen|get back to|continue) (an old chat|a chat|yesterday's chat|my last chat); how are chats (sorted|grouped|ordered|listed); can i go back to an old chat; can i list my chats in the shell;
        how do i see all chats; why is the history empty; how do i switch between chats; does it keep old chats""",
    ),
    fact(
        "history.folders",
        "Yes, you can make folders: focus the chat in the history panel, press Ctrl+P, choose the folder action and type the name. Folders are at the end of the panel.",
        "folder; history panel",
        topics="""[the] folders; a [new] folder; chat folders; (categories|groups|tags|labels|projects) for chats; folders in the history; (sorting|organizing|grouping|ordering) chats; a folder for work; categories; tags; order in my chats; tidy chats""",
        actions="""(make|create|add|use|get|set up) (a folder|folders|a new folder|a category|categories|a folder for work|a group|tags|a project folder) [for my chats|for chats]; (put|move|file|sort|drag) (a chat|chats|my chats|a conversation|this chat) (into a folder|in a folder|to a folder|into folders|into categories|in another folder);
        (organize|organise|tidy up|group|sort out|clean up|categorize) (my chats|the history|chats|my conversations)""",
        says="my history is (a mess|too long|full|chaos); i have too many chats; my chats are a mess; i want order in my chats; the chat list is very long",
        asks="""are there folders; can i (make|have|use) folders; how do folders work; can i sort my chats; can i put chats in folders; how do i keep my chats in order; does it have (folders|categories|tags); how can i group my chats; where are the folders""",
    ),
    fact(
        "history.pin",
        """Focus the chat in the history panel, press Ctrl+P and choose pin. A pinned chat has a star and stays at the top; unpin it the same
        way.""",
        "pin; top",
        topics="""[the] (pins|pinning|pinned chats|pin|favourites|favorites|star|starred chats|bookmarks); a pinned chat; pinning a chat; the star; favourite chats; important chats; the star in the history; the pinned group""",
        actions="""(pin|star|bookmark|favourite|favorite|unpin|mark) (a chat|this chat|an important chat|a conversation|chats|my chat|the chat); (keep|put|hold|have|move) (a chat|an important chat|a conversation|this chat) (at the top|on top|at the top of the list|first in the list);
        mark a chat as (important|favourite|favorite); add a chat to (favourites|favorites|my bookmarks)""",
        says="i use one chat every day; an important chat slides down; i want this chat at the top; my important chat gets lost in the list; i need this chat again and again",
        asks="""can i pin a chat; how do i (pin|unpin|star); what does the star mean; what is a pinned chat; how do i keep a chat on top; are there favourites; which key pins a chat; can i bookmark chats; what is the star for; how do i mark a chat""",
    ),
    fact(
        "history.export",
        """Use `llamachat chats export ID --format md -o FILE`, with `--format json` for JSON and `--all` for every chat. `llamachat chats list` shows
        the ids.""",
        "chats export",
        topics="""[the] (export|exporting|chat export|export format|export command); export to (markdown|json|a file); exporting (chats|a chat|my chats|everything); chats export; saving a chat to a file; a chat as markdown; a (markdown|text|json) file of a chat; export formats""",
        actions="""(export|save|download|dump|write|extract|convert|output) (a chat|my chats|all chats|the conversation|a conversation|chats|everything|this chat|all my conversations|one chat|the chat) [(to|as|into) (a file|markdown|json|md|a markdown file|text|a json file)];
        (share|send|mail|give|print) (a chat|a conversation|this chat) [to (somebody|a friend|a colleague|others)]; (take|get) my (chats|conversations|data) (out|out of llamachat|with me|elsewhere)""",
        says="i want to send a chat to a (colleague|friend); i need the chat as a (file|text|document|markdown file); i want to keep the chat as a file; i want to show a chat to somebody; i need a copy of a chat for a report",
        asks="""can i (export|save|share) (a chat|my chats|chats|conversations|everything); how do i (export|share|save) a chat; in which formats can i export; is there an export; where is the export; how do i get my chats out; does it export to (markdown|json|pdf|html); what command exports chats; how can i show a chat to others; where is the export saved""",
    ),
    fact(
        "history.import",
        "Use `llamachat chats import FILE`. It reads its own JSON and the export files of ChatGPT and Open WebUI.",
        "chats import",
        topics="""[the] (import|importing|import command|chat import|import formats); importing (chats|my old chats|from chatgpt|from open webui); chats import; chats from (chatgpt|open webui|another program|another machine); a chatgpt export; an open webui export; my chatgpt (history|chats); the conversations.json""",
        actions="""(import|load|bring over|read in|take over|transfer|move|migrate|restore|copy) (chats|my chats|my old chats|conversations|an export|a json file|a backup|my conversations|my history) [from (chatgpt|open webui|a file|another machine|an export|a json file)]; (switch|migrate|move|change|come) from (chatgpt|open webui) [to llamachat]""",
        says="i have an export (from chatgpt|from open webui|of my chats|file); i used (chatgpt|open webui) before; my old chats are in (chatgpt|open webui); i come from (chatgpt|open webui)",
        asks="""can i import (from chatgpt|chats|from open webui|my old chats|my chatgpt chats|an export); how do i import; what can be imported; which formats can it import; does it read chatgpt exports; is there an import; can i bring my chats from (chatgpt|open webui); how do i get my chatgpt history into this; what command imports chats""",
        portable=False,
    ),
    fact(
        "history.delete",
        """Use `llamachat chats delete ID`, or press Ctrl+P on the chat in the history panel and choose delete. It stays deleted on every synced
        machine, so export it first if you may need it.""",
        "delete",
        topics="(deleting|removing) (a chat|chats|old chats|a conversation|my chats|the history|all chats|everything); chats delete; delete; a chat that should go; deletion of chats; clearing the history",
        actions="""(delete|remove|erase|clear|wipe|get rid of|throw away|trash|destroy|drop) (a chat|chats|an old chat|a conversation|my history|the history|all chats|old chats|the chat history|everything|this chat|my conversations|all my chats|a whole chat|one chat);
        empty (the history|my history|the chat list); (clean up|clear out) (old chats|the history); forget all chats""",
        says="i have old chats that i do not need; a chat should go away; i want my history gone; i do not need this chat anymore; i want to forget this chat; i have too many old chats to keep",
        asks="""how do i delete (a chat|chats|my history|everything|all chats|a conversation); can i delete (a chat|my history|everything|chats); which key deletes a chat; what happens to a deleted chat; can i get a deleted chat back; is a deleted chat really gone; does a deleted chat come back; which command deletes chats; how do i clear my history;
        where do deleted chats go""",
    ),
    fact(
        "history.titles",
        "A chat gets its title from the first question and answer. The titles are shown in the history panel and found by the search.",
        "first",
        topics="[the] (titles|chat titles|title|chat names|names of chats|title of a chat|name of a chat); where titles come from; automatic titles; naming chats; chat naming",
        actions="(name|title|rename|retitle|give a name to) (a chat|my chat|chats|a conversation|the chat|this chat); change the (title|name) of a chat; give a chat (a name|a title|another name)",
        says="the title of my chat is (wrong|strange|odd|bad); my chat has a strange name; the title does not fit; i do not like the title",
        asks="""where does the title come from; who makes the titles; how are chats named; can i rename a chat; what is the title of a chat; how is the title made; why is my chat called that; why does the chat have that name; how does a chat get its name""",
    ),
    fact(
        "history.backup",
        """Copy `history.db` while llamachat is closed, or run `llamachat chats export --all --format json -o FILE`. Before each change of its tables
        llamachat makes a backup by itself.""",
        "history.db; export --all",
        topics="""[the] (backup|backups|back up|safety copy|backup of my chats); a backup [of my chats|of the history]; backups of chats; saving my chats; a copy of (all my chats|history.db|my chats); data loss; a damaged history; a broken database""",
        actions="""(back up|backup|save|make a backup of|make a copy of|secure|keep a copy of|make a safety copy of) (my chats|the history|history.db|everything|all my chats|all chats|my data|the chat history|my conversations); (restore|repair) (a backup|my chats from a backup|the history|a damaged history); protect my chats (from loss|against a crash)""",
        says="i am afraid to lose my chats; my disk is (full|dying|failing|old); i do not want to lose my chats; my history is damaged; i lost all my chats; the database is broken; i get a new (laptop|computer)",
        asks="""how do i (back up|save|secure) my chats; is there a backup; are there backups; does it make backups; what should i back up; which file do i copy; can i copy history.db; how do i move my chats to a new (laptop|computer|machine); how do i keep my chats safe; what if history.db is damaged""",
    ),
    fact(
        "history.sync",
        """Yes: switch on the archive of one daemon with `llamachat-daemon serve --archive`. Each client then sends what changed and takes what it
        lacks, on connecting and after each turn, so all your machines have the same chats.""",
        "--archive",
        topics="""[the] (sync|syncing|synchronization|archive|history sync|archive on a node|synchronisation); (two|several|many) (machines|laptops|computers|devices) [with the same chats]; --archive; the archive of a daemon; my chats on (another machine|two machines|all machines|another computer|my other laptop); archive.db; chats on the server;
        the archive section; the same chats everywhere""",
        actions="""(sync|synchronize|share|have|see|get|use|mirror) (my chats|the same chats|the history|my history|chats|my conversations) (on two machines|between machines|on another machine|on all my machines|on my laptop and desktop|between two computers|between my machines|across machines|on several computers|on my other computer);
        (switch on|turn on|enable|use|activate|set up|switch off|disable) (the archive|sync|the archive on a node|syncing|synchronization); (keep|store|save|archive) (chats|my chats) (on the server|on the node|on the daemon|on a node)""",
        says="i use (two|several) (machines|computers|laptops); my chats are only on one machine; my other (laptop|machine|computer) does not have my chats; i work on two computers; my chats are on the other machine; it says disabled for the history",
        asks="""can i (sync|have) my chats [on two machines]; how do i sync; does it sync [between machines]; is there (sync|a sync); what is the archive; what does --archive do; how do i get my chats on another machine; are my chats on the server; is the archive on by default; does the node keep my chats; how does sync work; how does the sync solve conflicts""",
    ),
)
