"""Things to do with messages and answers: copy, attach, edit, branch, regenerate, queue."""

from __future__ import annotations

from .grammar import Intent, fact

FACTS: tuple[Intent, ...] = (
    fact(
        "copy.message",
        """Move to the message with alt+up, press Enter and choose copy. Or select text with the mouse and press Ctrl+C. The text is
        sent to your terminal's clipboard.""",
        "alt+up|ctrl+c; copy",
        topics="(copying|copy) [text|a message|an answer|answers|the answer]; the copy key; copy and paste; the clipboard; copy; clipboard; selecting text; text selection; Ctrl+C",
        actions="""(copy|grab|take|yank|get) (an answer|the answer|a message|the last answer|text|the text|some text|the whole answer|a reply|a sentence|the response) [to the clipboard|out of here|out of the chat]; (select|mark|highlight) (text|some text|the text|a sentence|words);
        put (an answer|the text|the answer) (into|in|on) the clipboard; copy and paste [an answer|the text]; paste an answer somewhere else""",
        says="i want to paste the answer somewhere else; i need the answer in another program; i need that text in my editor; i cannot select text",
        asks="""which key copies; how do i copy; is there a copy (key|button|command); can i copy (an answer|text); how does copy work; what does ctrl+c do; how do i get the text out; can i select text with the mouse; where is the copy button""",
    ),
    fact(
        "copy.code",
        "Code blocks are numbered. Focus the message with alt+up and press the number of the block, or click its copy mark. Only the code is copied.",
        "number",
        topics="""(copying|copy) (code|a code block|the code|just the code|only the code|code blocks|a snippet|source code); code blocks; a code block; the number on a code block; code; numbered code blocks; the code copy; snippets""",
        actions="""(copy|grab|take|get|yank|extract) (code|the code|a code block|just the code|only the code|the code block|the snippet|a snippet|code blocks|the second code block|the script|the python code|one code block) [out of an answer|from an answer|to the clipboard|out of the chat];
        use the code (from an answer|in my editor); (copy|take) the code without the text""",
        says="i only want the code; i need just the code; i want the snippet and not the text; the code has a number on it; i copied the text but i only want the code",
        asks="""how do i get the code out; which key copies (code|the code|a code block); what is the number on the code [block]; why are code blocks numbered; can i copy just the code; how do i copy a code block; what does 1 copy mean; how to copy only code; what do the numbers on code mean""",
    ),
    fact(
        "copy.broken",
        """Copy uses OSC 52, and some terminals ignore it. In tmux set `set-clipboard on` or `allow-passthrough on`. Otherwise choose save
        to file in the notice. `llamachat doctor` checks your clipboard.""",
        "set-clipboard on; OSC 52",
        topics="""(OSC 52|osc52|osc 52); (copy|copying|clipboard) (problems|in tmux|over ssh|issues|trouble|not working|broken|failure); the clipboard in tmux; the clipboard over ssh; set-clipboard; allow-passthrough; the notice sent to your terminal; an empty clipboard""",
        actions="""(fix|repair) (copy|copying|the clipboard|copy in tmux|the copy problem); copy (over ssh|in tmux|from a remote machine|to my local clipboard|inside tmux|through ssh|in screen); get the clipboard to work; make copy work [in tmux|over ssh]; save the copied text to a file""",
        says="""(copy|copying|the clipboard|copy and paste|the copy key|the copy function) (does not work|is broken|does nothing|fails|stopped working|does not do anything|has no effect) [in tmux|over ssh|here|in my terminal]; (nothing is copied|nothing was copied|nothing gets copied|the clipboard is empty|the clipboard stays empty|my clipboard is empty);
        it says (copied|sent to your terminal) but (nothing is there|the clipboard is empty|paste gives nothing|i cannot paste it|there is nothing); i copied but cannot paste; i cannot (copy|copy text|copy anything|paste what i copied) [in tmux|over ssh|from it]; paste gives the old text; pasting gives nothing""",
        asks="""why does copy not work; why is my clipboard empty; why can i not copy; what is osc 52; does copy work (over ssh|in tmux); how do i copy in tmux; what does sent to your terminal mean; why is nothing copied; why does ctrl+c not copy; how does copy work over ssh""",
    ),
    fact(
        "attach.file",
        """Type `@` and the file name in the composer, or press Ctrl+F. PDF, TXT, MD and source files work; the size and the token estimate
        are shown. With `ask` use `-f FILE`.""",
        "@; Ctrl+F",
        topics="""(attaching|attach|uploading|sending) [a file|files|a document|documents]; [the] attachments; an attachment; file upload; files; documents; (Ctrl+F|@file); (a pdf|pdf|pdfs|pdf files|a pdf file|my pdf); the file types; supported file types; (images|pictures|photos|a picture|an image|word files|a text file|markdown files); the size of an attachment; a paper""",
        actions="""(attach|upload|add|send|include|give it|put in|insert|hand over|pass|drop) (a file|a document|files|a pdf|my pdf|a text file|source code|several files|a paper|an attachment|documents|my notes|a log file|a picture|an image|a photo|a markdown file|two files) [to a message|to my question|to the chat];
        (ask|chat|talk) (about a file|about a pdf|about my document|about a document|with a pdf|about my code|with my documents); (summarize|read|analyse|summarise|discuss) (a file|a pdf|my document|a document|a paper|my notes|a text file) [with it];
        (remove|take out|drop) an attachment [again]; feed it (a file|a document)""",
        says="i have a (pdf|file|document|text file|report|paper); i want to ask about a (file|pdf|document); i want it to read (a file|my file|this file|my pdf); the model should read my (file|document|notes); i have a file to show you",
        asks="""can (it|the model|llamachat) read (files|a file|pdf|pdfs|documents|images|pictures|my files|word documents); which files (can i attach|work|are supported|can it read); what (file types|files|formats) (can i attach|are supported|work|does it take); can i (send|upload|attach) (images|a picture|a file|pdfs|photos|files|documents|a document);
        does it (support|take|read|understand) (pdf|images|files|attachments|documents|pictures); which key attaches [a file]; what does ctrl+f do; how big can a file be; how do i show it a file; can i drag a file in; is there file upload; can it see pictures""",
    ),
    fact(
        "msg.edit",
        """Focus your message with alt+up, press Enter and choose edit and resend. The old version stays: the new one becomes a branch
        beside it.""",
        "edit and resend; branch",
        topics="""(editing|edit) [a message|messages|a question|my message|my question]; edit and resend; editing after sending; a typo in my message; correcting a message; a sent message; changing a message""",
        actions="""(edit|change|correct|fix|rewrite|modify|rephrase|alter|improve|reword) (a message|my message|a sent message|my question|an old question|a question|my last message|an earlier message|what i wrote|my prompt|a typo in my message|what i asked|the question i sent) [after sending|and send it again|that i already sent];
        (edit and resend|resend|ask again differently|send a corrected question); take back (a message|what i wrote)""",
        says="""i made a (typo|mistake) [in my message|in my question]; i asked it (wrong|badly); my question was wrong; i want to ask it differently; i sent the wrong (question|message); there is a mistake in my message; i misspelled something; oops, i sent it too early""",
        asks="""can i (edit|change|correct) (a message|my message|what i sent|a sent message|my question); how do i edit; which key edits [a message]; can i fix a typo after sending; does editing delete the old message; is the old version lost when i edit; can messages be edited""",
    ),
    fact(
        "msg.regenerate",
        """Focus the answer with alt+up, press Enter and choose regenerate: here, on another node, or with another model. The first answer
        stays as a branch.""",
        "regenerate",
        topics="""(regenerating|regenerate|regeneration) [an answer|the answer]; a (second|new|different|better) answer; another (answer|try|attempt); a retry; retry; the retry (key|button); the regenerate (key|button); a new attempt; trying again""",
        actions="""(regenerate|redo|retry|repeat|renew|rerun|reroll) (an answer|the answer|the last answer|a reply|the reply|the response|it); (get|have|ask for|make|request) (another|a different|a new|a second|a better) (answer|reply|response|try|version) [to the same question]; (try|ask|answer) again;
        (answer|repeat) it (on another node|with another model|with a different model); compare (answers|two models|two answers|models); let (another model|another node) answer [the same question]""",
        says="i do not like the answer; the answer is (not good|bad|not what i wanted|poor); i want another answer; i want a different answer; that answer is no good; the answer could be better; give me another answer",
        asks="""how do i get another answer; can i (regenerate|retry); is there a retry (key|button); which key regenerates; can it try again; how do i make it answer again; can another model answer the same question; is there a regenerate button; how do i redo an answer""",
    ),
    fact(
        "msg.branch",
        """Editing a question or regenerating an answer makes a branch. The mark `2/3` on a message shows it: focus the message, press Enter
        and choose branch to go to the other versions. Nothing is lost.""",
        "branch; 2/3",
        topics="""[the] branches; branching; a branch; (the mark 2/3|2/3|the numbers 2/3|the mark 1/2); (older|other|earlier) (versions|answers|versions of an answer); the message tree; versions of a message; forks; the version arrows; the conversation tree; forking; the arrows with 2/3""",
        actions="""(switch|change|go|move|flip) (between|to) (branches|versions|another branch|the other answer|the other version|the old answer|the first answer|the previous version); (see|find|get back|restore|show|view|read|get) (the old answer|the old version|the first answer|the other answer|an earlier version|the older answer|the other branch|the previous answer|older versions);
        (make|create|start|open) a (branch|new branch|fork); (fork|branch) (a chat|the conversation|a conversation|the chat)""",
        says="my (old|first|previous) answer is gone; the first answer disappeared after regenerate; i see 2/3 on a message; there is a 2/3 mark; i lost my (old|first) (question|answer) when i edited; my old version is gone; i want the old answer back",
        asks="""what does 2/3 mean; what is a branch; what are branches; where is (the old answer|my old answer|the first answer|the other version|my first answer); how do branches work; does it keep the old answer; is the old answer lost; what is the number on the message; can i fork a chat; how do i get the first answer back""",
    ),
    fact(
        "msg.continue",
        """Focus the answer with alt+up, press Enter and choose continue: the model goes on after the last word. An answer ends early when it
        reaches `max_tokens` or the context.""",
        "continue; max_tokens",
        topics="""(continuing|continue) [an answer|the answer]; a cut answer; an (unfinished|incomplete|interrupted|stopped) answer; max_tokens; --max-tokens; max tokens; the length of answers; the maximum length; the answer length; longer answers; the finish reason length; the limit of an answer; a truncated answer""",
        actions="""(continue|finish|complete|resume|go on with|extend) (an answer|the answer|the last answer|a stopped answer|a cut answer|an unfinished answer|the reply|the text); make (it|the model) (continue|go on|finish|write more|finish the answer); (get|have) (the rest|longer answers|the rest of the answer|the whole answer);
        (set|change|limit|raise|increase|lower) (max_tokens|the length of answers|the maximum length|the answer length); make answers (longer|shorter)""",
        says="""the answer (stops|ends|was cut|is cut|is cut off|breaks off|stopped|ended|is incomplete|is unfinished|is truncated) [in the middle|too early|in the middle of a sentence|half way|mid sentence]; it (stopped|stops) in the middle [of a sentence|of the answer]; the end of the answer is missing;
        the answer is not finished; the answer is too short; half of the answer is missing; i stopped the answer too early; it did not finish""",
        asks="""why (is|was) the answer cut [off]; why does it stop in the middle; how do i (continue|make it continue|get the rest); can it go on; how long can an answer be; what is max_tokens; where do i set max_tokens; why did it stop; can i continue a stopped answer; what is the longest answer""",
    ),
    fact(
        "msg.delete",
        "Focus the message with alt+up, press Enter and choose delete. A deleted message stays deleted, on synced machines too.",
        "delete",
        topics="(deleting|removing) (a message|messages|one message|an answer|a single message|a question); message deletion; one bad message",
        actions="""(delete|remove|erase|get rid of|drop|clear|throw away|take out) (a message|one message|my message|an answer|a single message|the last message|one answer|a question|this message|the last answer|some messages|an old message) [from the chat];
        make a message go away""",
        says="a message should go; i want one message gone; this message is embarrassing; there is a secret in a message; one message is wrong and should go",
        asks="""can i delete (a message|one message|messages|single messages); how do i delete a message; which key deletes a message; can messages be deleted; is a deleted message really gone; how do i get rid of one answer""",
    ),
    fact(
        "chat.queue_message",
        "Just send it: while an answer runs, your next message is queued and shown below. It goes out when the answer is done.",
        "queued",
        topics="""(sending|typing|writing) while (an answer runs|it is answering|the model writes|it writes); (a second|another|the next|a follow-up) message while it answers; queued messages; the message queue; several messages at once; typing ahead; a queued message""",
        actions="""(send|write|type|ask|post) (another message|a second question|the next question|more|a second message|a follow-up|something else|the next message) while (it is answering|an answer runs|the answer is running|it writes|it is busy|the model is writing|it is still talking); queue (a message|messages|several questions|questions|a question);
        (send|ask) (two|several|more) (messages|questions) (at once|in a row|one after the other); type ahead""",
        says="the model is still writing [and i have another question]; it is still answering [and i have another question]; i have another question already; i thought of something else while it answers; my second message is waiting; my message is queued",
        asks="""can i (send|write|type|ask) while it (is answering|answers|is writing|writes|is busy); must i wait for the answer; do i have to wait until it is done; what happens if i send while an answer runs; can i ask two things at once; can i type ahead;
        what happens to my second message; can i queue messages; do i have to wait before i ask again""",
    ),
    fact(
        "chat.new",
        "Press Ctrl+P, type new chat and press Enter. The old chat stays in the history panel.",
        "Ctrl+P; new chat",
        topics="a new (chat|conversation|thread|session|topic); new chat; starting over; a fresh (chat|start|conversation); an empty chat; clearing the chat; the new chat key; another chat; a second chat",
        actions="""(start|open|begin|create|make|get|have) a (new|fresh|second|blank|clean|separate|empty) (chat|conversation|thread|session|dialog); (start|begin) (over|again|from scratch|afresh); (clear|reset|empty|clean|wipe) (the chat|the screen|the conversation|this chat|the context);
        (change|switch) (the topic|to another topic|the subject|topics); forget (what i said|the conversation|everything|this conversation); talk about something else; open another chat""",
        says="i want to talk about something else; this chat is (too long|full|messy|getting long); i need a clean start; i want an empty chat; i want to start over; new topic now",
        asks="""how do i start a new chat; how do i clear the chat; how do i start over; which key makes a new chat; where is the new chat button; is there a reset; can i have more than one chat; how do i open a second chat; how many chats can i have; how do i begin a new conversation""",
    ),
    fact(
        "chat.model",
        """Click the model name in the composer line, or press Ctrl+P and choose the model. The default is in config.toml:
        `model = "auto"` under `[chat]`. For one question: `llamachat ask --model M`.""",
        "model; auto",
        topics="""(switching|changing|choosing|selecting|picking) [the|a] model; the model (menu|name|list|picker|selector|selection|setting|of a chat); model auto; model = auto; auto; the current model; another model in the chat; which model answers; the model for a chat; the model choice""",
        actions="""(switch|change|choose|select|set|pick|swap) (the model|models|another model|a model|a different model|my model|to another model|the model of a chat|the language model|the llm|between models) [for this chat|in the chat|in a chat]; use (another model|a different model|two models) [in this chat|for one question|for this question];
        see which models (there are|i have|i can use); use a model only for one question; set (a|the) default model for my chats""",
        says="i want (another|a different) model [for this chat]; it uses the wrong model; the wrong model answers; i have two models; i want to try the other model",
        asks="""how do i (switch|change|choose|pick) the model; which models can i use; where do i (choose|change|select|pick) the model; can i use two models; what does model auto mean; what is auto; how do i see which model answers; which model will answer; can i change the model in a chat; where is the model list;
        is it possible to change the llm; what models are there""",
    ),
    fact(
        "chat.system",
        """Open Settings, chat: the system prompt library keeps your system prompts. For one question use `llamachat ask --system TEXT`.
        The guide model itself ignores system prompts.""",
        "system prompt; --system",
        topics="""[the] system (prompt|prompts|message|messages); a system prompt; the system prompt library; a (persona|role|character|personality); --system; custom instructions; prompt templates; saved prompts; a prompt library; a library of prompts; presets; instructions for the model""",
        actions="""(set|change|write|use|edit|add|give|define|create|save|enter|store) (a system prompt|the system prompt|a persona|a role|my own system prompt|system prompts|custom instructions|another system prompt|a prompt template|prompts); (give|tell) (the model|it) (a role|a persona|a character|how to behave|instructions|what role to play);
        make (it|the model) (act like a pirate|behave differently|answer in german|be polite|short|be brief|talk like an expert)""",
        says="the model should (play a role|behave differently|always answer in german|be an expert|answer shorter); i want it to be a (teacher|pirate|coder); i type the same instructions each time; i repeat my instructions every time",
        asks="""where is the system prompt; can i (set|use|change) a system prompt; what is a system prompt; how do i give it a role; are there system prompts; where do i put instructions; how do i change how the model behaves; can i save prompts; why are you ignoring my system prompt; does it have prompt templates""",
    ),
    fact(
        "chat.sampling",
        """Open Settings, chat, sampling. The defaults are temperature 0.7, top_k 40, top_p 0.95 and min_p 0.05; temperature 0 is greedy. For
        one question: `llamachat ask --temperature T`.""",
        "temperature; 0.7",
        topics="""[the] (temperature|sampling|top_k|top_p|min_p|repeat penalty|sampling settings|sampling parameters|creativity|randomness|parameters of the model|model parameters|generation settings|generation parameters); top k; top p; --temperature; greedy [decoding|sampling]; the default temperature""",
        actions="""(set|change|lower|raise|adjust|increase|reduce|tune|edit|configure|turn down|turn up) (the temperature|the sampling|top_k|top_p|min_p|the sampling settings|the creativity|the randomness|the generation settings|the repeat penalty|sampling parameters);
        make (it|the model|the answers|answers) (more creative|less random|more exact|more precise|less creative|more random|wilder|calmer|less wild|more boring)""",
        says="the answers are (too random|too wild|boring|too creative|always the same|not creative|crazy); the model is too (creative|random|boring); it makes things up; every answer is different",
        asks="""what (is|does) the temperature [mean|do]; what is the default temperature; where do i set the temperature; what is (top_k|top_p|min_p|greedy|sampling); what does temperature 0 do; can i change the temperature; which sampling settings are there; what temperature should i use; how do i get less random answers; how do i make it more creative""",
    ),
    fact(
        "chat.seed",
        """Give a seed: `llamachat ask --seed 42`. The same seed, model and question draw the same answer; `--temperature 0` needs no seed at
        all. Every finished answer carries the seed that it used.""",
        "--seed",
        topics="""[the|a] (seed|random seed); --seed; (reproducible|repeatable|deterministic|identical) (answers|results|output|text); the same answer twice; reproducibility; determinism; seeds; repeatability""",
        actions="""(get|have) (the same answer|the same answer twice|reproducible answers|repeatable answers|identical answers|the same text|deterministic answers|the same result again|deterministic output); (set|use|choose|give|fix|pass) (a seed|the seed|a random seed|a fixed seed);
        (repeat|reproduce) (an answer|a result|an answer exactly|the answer exactly)""",
        says="i get a different answer each time; the answer changes every time; i need the same answer again; the answers differ from run to run; i want the same result twice",
        asks="""what is (a|the) seed; why is the answer different each time; how do i get the same answer (again|twice); is it deterministic; are answers reproducible; can i set a seed; where do i see the seed; does the same question give the same answer; how do i repeat an answer exactly""",
    ),
    fact(
        "chat.context",
        """The context is how much the model can read at once, in tokens. When a chat gets too long, the oldest turns are left out, never the
        system prompt or your last message. One message that cannot fit gives `context_overflow`.""",
        "oldest; context_overflow",
        topics="""[the] context [window|length|size|limit]; context_overflow; context overflow; the memory of (the model|a chat|the conversation); a (too long|very long|long) (chat|conversation|message|prompt); the token limit; dropped messages; dropped_messages; the context of a model; the limit of a chat; how much it remembers;
        the max length of a (chat|conversation|prompt)""",
        actions="(have|continue|keep) a very long (chat|conversation); make it remember (more|everything|the beginning); see how (much context|much of the context|full the context) is used; send a very long (message|text|document)",
        says="""it (forgets|forgot) (what i said|the beginning|the start of the chat|older messages|my first message|what we talked about|everything); the model (forgets|forgot|does not remember) (things|the beginning|what i said|what i told it|earlier messages|the start); my (message|question|document|file|pdf|text|prompt) is too (long|big|large);
        the chat is too long for the model; i get context_overflow; it says context overflow; error context_overflow; the prompt does not fit; it has no memory""",
        asks="""what is the context; how long can a (chat|conversation|prompt) be; why does it forget [things]; why does the model forget; what happens when a chat is too long; what is context_overflow; how much can the model (read|remember); how many tokens fit; does it remember (older messages|the whole chat|everything);
        what does context overflow mean; how long is the context; does the model have a memory; what if the chat is longer than the context""",
    ),
    fact(
        "chat.markdown",
        """Answers are shown as Markdown while they stream: headings, lists, tables, and code with colours. For the plain source focus the
        message with alt+up, press Enter and choose raw text.""",
        "markdown; raw text",
        topics="""[the] (markdown|formatting|syntax highlighting|code highlighting|rendering|rich text|bold text|headings|tables in answers|code colours); markdown support; markdown rendering; colours in code; formatted answers; latex; formulas; html in answers; unformatted text""",
        actions="(see|show|read|get) (the markdown|the source of an answer|the plain text|unformatted text|the raw markdown|the markdown source); (turn off|disable) (markdown|formatting|the formatting); (format|highlight) (text|code|answers); see tables in answers",
        says="i see stars and hashes; the (formatting|markdown) looks (wrong|strange|broken); the table looks broken; the answer is not formatted; the stars are missing",
        asks="""does it (show|support|render|understand) (markdown|tables|code|formatting|syntax highlighting|latex); is markdown supported; is code highlighted; how is markdown shown; can i see the raw markdown; why are there stars in the text; does it have syntax highlighting; can it show tables""",
    ),
    fact(
        "chat.resume",
        """Nothing is lost: the answer goes on at the node without you and is kept for a day. Start llamachat again, and it attaches to the
        running answer. At most half a second of text is unsaved.""",
        "goes on; attaches",
        topics="""(resuming|resume) [an answer|after a crash|after a restart]; (closing the terminal|a closed terminal|a lost ssh connection|a crash of the client|a dropped ssh|a dead laptop|a dropped connection while it answers|closing my laptop|a crash|an ssh disconnect|a power cut); running answers after quit; a killed client""",
        actions="""(close|leave|quit|kill) (the terminal|it|llamachat|my laptop|the window|the client) while (it answers|an answer runs|the answer is running|it is writing); (resume|get back to|reattach to|pick up|come back to) (a running answer|my answer|the answer|an answer|an interrupted answer|the running answer);
        come back later [for the answer]; let it work while i am away; (disconnect|log off) and come back""",
        says="""my ssh (connection|session) (dropped|died|broke|was lost|is gone) [in the middle of an answer|while it was answering]; i closed the (terminal|window|laptop) [by mistake|by accident|during an answer|while it was answering]; (llamachat|the client|the program) (crashed|was killed|died|closed|was closed) [during an answer|in the middle of an answer];
        my laptop (went to sleep|died|lost power|crashed) [during an answer]; my terminal crashed; i quit in the middle of an answer; the power went out; i lost my answer""",
        asks="""what happens [to the answer] (if|when) i (close the terminal|close the laptop|lose the connection|lose ssh|quit in the middle|quit while it answers); is the answer lost [when i close it|when ssh drops]; do i lose the answer when (ssh drops|it crashes|i close the window); does the answer go on (without me|when i leave|when i quit|if i close it);
        what if llamachat crashes; how much do i lose in a crash; can i come back to a running answer; does it survive (a lost ssh connection|a crash|a reboot)""",
    ),
    fact(
        "chat.two_clients",
        """Yes: two clients can follow the same answer, and both see it live. Closing one is not cancelling. Two clients on one history file
        never send a message twice.""",
        "two clients",
        topics="""(two clients|two windows|two terminals|a second screen|two screens|several windows|a second client|two copies|two instances|a second window|a second terminal); watching an answer from another (screen|terminal|machine); the same chat on two (screens|machines)""",
        actions="""(open|run|start|use) (llamachat|it) (twice|two times|in two terminals|in two windows|on two screens|a second time); (watch|follow|see) (an answer|the same answer|a chat|the answer) (from two screens|on a second screen|on another machine|from another terminal|in two windows|twice); use two (windows|terminals|clients|instances) [at once|at the same time];
        start a second (client|instance|window)""",
        says="i have llamachat open twice; llamachat is already running; i started it twice; there are two windows open; i opened a second terminal",
        asks="""can i (run|open|start) (it|llamachat) twice; can two (clients|screens|windows) follow one answer; what happens if i start it twice; does a second window cause trouble; is it safe to run two copies; can i watch from another terminal; can i have it open on two machines""",
    ),
)
