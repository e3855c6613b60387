"""The command line, scripts, the protocol, and connection trouble."""

from __future__ import annotations

from .grammar import Intent, fact

FACTS: tuple[Intent, ...] = (
    fact(
        "cli.commands",
        "These are the commands of `llamachat`:",
        "llamachat ask; llamachat chats; llamachat doctor",
        block="""
        - `llamachat`: the chat screen
        - `llamachat ask`: one answer on stdout
        - `llamachat nodes`: state of the nodes
        - `llamachat chats`: list, show, search, export, import, delete
        - `llamachat config`: path, show, validate, edit
        - `llamachat demo` and `llamachat doctor`
        """,
        topics="""[the|all] (commands|command line commands|subcommands|command line|shell commands|cli|commands of llamachat|llamachat commands|command line interface|terminal commands|command line options|cli commands|options of llamachat); llamachat --help; cli; command line; list of commands; commands; --help; the help on the command line; subcommands""",
        actions="(see|list|know|learn|show) (the commands|all commands|the subcommands|the command line|the shell commands|all shell commands); use (it|llamachat) (from the shell|on the command line|from the command line)",
        says="i do not know the commands; i need the list of commands; i forgot the commands; i look for a command",
        asks="which commands (are there|exist|does it have|does llamachat have|can i use in the shell); what commands (are there|does llamachat have|exist|can i type in the shell); what (can i do|is there) (in the shell|on the command line|from the command line); list the commands [of llamachat]; what are the subcommands; what are the command line options; is there a command line; what does llamachat --help show; does llamachat have a cli",
    ),
    fact(
        "ask.use",
        """`llamachat ask "your question"` prints one answer on stdout and ends. `--model M`, `--system TEXT`, `--temperature T`, `--max-tokens N` and `-f FILE` change
        it.""",
        "llamachat ask",
        topics="""llamachat ask; ask; the ask command; [a] (one-shot question|single question|one answer in the shell|question from the shell|answer on stdout|quick question from the shell|command line question|one shot|oneshot); the command ask; one-shot mode; one shot questions; asking from the shell; options of ask; non-interactive use; batch mode""",
        actions="(ask|send|put) (a question|one question|something|a prompt|a single question|a quick question) (from the shell|on the command line|in the shell|without the screen|in bash|without opening the chat|from the command line|from the terminal directly|non-interactively); (get|print) (one answer|an answer|a single answer|just one answer|an answer on stdout) (in the shell|on the command line|without the screen|on stdout|without the ui); use (ask|llamachat ask|it without the ui|it non-interactively|it without a screen)",
        says="i want just one answer in the shell; i do not want the full screen for one question; i need an answer on stdout; i only have a quick question in bash; i want a one-liner",
        asks="what does (llamachat ask|ask|the ask command) do; how do i use (ask|llamachat ask|the ask command); can i ask from the (shell|command line); which options does ask have; is there a one-shot (command|mode); can i use it without the (ui|screen|chat screen); how do i ask a question (in|from) the shell; how do i get just one answer; how do i use it from the command line",
    ),
    fact(
        "ask.stdin",
        "`llamachat ask` reads stdin when you pipe into it, and `-f FILE` adds files:",
        "stdin; -f",
        block="""
        ```sh
        cat notes.txt | llamachat ask "Summarize this"
        llamachat ask "Explain this" -f main.py
        ```
        """,
        topics="(stdin|a pipe|pipes|piping|pipe into it|standard input|ask with a file|ask -f|-f FILE|piped input|ask and stdin|a pipe into ask|unix pipes|shell pipes); stdin; pipe; piping text; files with ask; -f; ask with stdin",
        actions="(pipe|feed|send|put|pass) (text|a file|a log|output|stdin|the output of a command|data|a git diff|a text file|something) (into it|into ask|to ask|to llamachat|to the model|into llamachat|through it); (give|pass|hand) (ask|llamachat ask) (a file|stdin|text from a file|several files|input); (ask about|summarize|explain) (a file|a log|a git diff|the output of a command) (from the shell|in the shell|on the command line|with ask); use (stdin|it in a pipe|pipes|it with pipes)",
        says="i want to pipe a file into it; i have a log file to explain in the shell; i want to use it in a pipe; i want to send the output of a command to the model",
        asks="can i pipe (into it|text into it|to ask|a file into it|something into it); does (ask|it) read stdin; how do i pipe [text|a file] (into it|to ask|into llamachat); how do i give ask a file; does it work in a pipe; can ask read a file; what does -f do; can i use it with cat; how do i send stdin; can i pipe a git diff into it",
    ),
    fact(
        "ask.json",
        """`llamachat ask --json` prints one JSON object a line: `routed`, `queued`, `loading`, `prefilling`, `delta` with text, `rerouted`, and at the end `finished` or `failed`.""",
        "delta; finished",
        topics="--json; ask --json; [the] (json output|json events|events of ask|json mode|json lines|output of ask --json|event names|machine readable output|json format of ask|jsonl output); json output; jsonl; machine readable output; delta and finished; json; the event delta; structured output of ask",
        actions="(get|have|print|read|parse|use|produce) (json|json output|the events as json|machine readable output|json lines|the answer as json|json events|output for a script|the json output of ask); (parse|process|read) (the output|answers|the answer) (in a script|by program|with jq|from python); use jq [with it|on the answer]",
        says="my script needs json; i want to parse the output; i need machine readable output; i want the timings in a script; plain text is hard to parse",
        asks="what does (--json|ask --json) (do|print|show); does ask (print|have|support) json; how do i get json [output]; which events (are there|does --json print|are in the json); what is (the event delta|a delta|rerouted|the event finished|prefilling); can i get json; is there json output; what does the json look like; how do i get the answer as json; how do i parse the output",
    ),
    fact(
        "ask.exit",
        "The exit status of `llamachat ask`:",
        "130; no node",
        block="""
        | status | means |
        | --- | --- |
        | 0 | answered |
        | 1 | failed |
        | 2 | wrong usage |
        | 3 | no node |
        | 130 | interrupted |
        """,
        topics="[the] (exit code|exit codes|exit status|return code|return codes|status codes of ask|exit status of ask|return value|return value of ask|error code of the command); exit codes; exit status (3|130|1|2|0); exit code (3|130|1|2); return code 3; status 3; error status in the shell",
        actions="(check|test|use|see|know|handle|read) (the exit code|the exit status|the return code|in a script if it worked|exit codes|the return value|if ask failed|whether ask worked); see in a script if it (failed|worked); know if there was an answer in a script",
        says="it ends with (3|130|1|2|status 3|exit code 1|exit code 130); my script must know if it failed; ask returns (1|3|130|2); it exits with 3; the exit code is 3; i get exit status 3",
        asks="what (are|is) the exit (codes|status|code); what does exit (code|status) (3|130|1|2|0) mean; which exit codes (are there|does ask have|exist); how do i know in a script if it worked; what does ask return; what is status 3; what is 130; why does it return 3; what does ask return when there is no node; which return codes are there",
    ),
    fact(
        "ask.continue",
        """Use `llamachat ask --continue` to go on with the last chat, or `--chat ID` for a certain one. `llamachat chats list` shows the ids.""",
        "--continue; --chat",
        topics="--continue; --chat ID; ask --continue; --chat; ask --chat; (a follow-up question in the shell|continuing a chat in the shell|a chat from the shell|the next question in the shell|ask with history|a conversation from the shell); the chat id; ids of chats; follow-up with ask; a second ask",
        actions="(continue|go on with|resume) (the last chat|a chat|my chat|a conversation|the last conversation|an old chat) (from the shell|with ask|on the command line|in the shell|from the command line|in a script); ask (a follow-up|a second question|a follow-up question|the next question) (in the shell|with ask|on the command line|from the shell); (find|see|get) (the id of a chat|a chat id|chat ids); keep the context between two asks",
        says="ask forgot my last question; i want to ask a follow-up in the shell; ask starts a new chat each time; every ask is a new chat; ask does not remember",
        asks="how do i continue a chat (with ask|from the shell|in the shell|on the command line); can ask continue (a chat|the last chat|my last chat); what does --continue do; what is --chat; does ask remember [the last question|my chat]; where do i find the chat id; how do i ask a follow-up in the shell; are asks saved in the history; how can i keep a conversation in the shell",
    ),
    fact(
        "ask.script",
        "A loop in the shell:",
        "llamachat ask; for",
        block="""
        ```sh
        for f in *.txt; do
          llamachat ask "Summarize this file" -f "$f" > "$f.summary" || echo "failed: $f"
        done
        ```
        """,
        topics="(a script|a shell script|a bash script|scripting|scripts|shell scripts|a bash example|automation|a shell example|cron|a cron job|a loop in the shell|batch processing|an example script|bash|a batch job); scripting; bash; automation; script example; cron job; a shell loop",
        actions="(use|call|run) (it|llamachat|ask|llamachat ask|the model) (in a script|from a script|in bash|in a shell script|in a loop|from cron|in a cron job|from a bash script|in a makefile); (write|make|see) (a script|a bash script|a shell script|a loop over files|an example script) [with it|with ask|that asks the model|with llamachat]; (automate|script) (it|llamachat|questions|things|many questions); (summarize|process|ask about) (many files|all files in a folder|a lot of files|several files) [in a loop|at once|in a script]",
        says="i have many files to summarize; i want to automate it; i want to use it in a script; i have a hundred questions to ask; i need it in cron; i have a folder of files to process",
        asks="can i (script it|use it in a script|use it in bash|automate it|call it from a script); how do i use it in (a script|bash|a shell script|cron|a loop); is it (scriptable|good for scripts); show me a (script|bash script|shell script|shell example|bash example|loop); how do i process many files; how do i summarize many files; can it run from cron; do you have a bash example; give me a shell script example",
    ),
    fact(
        "proto.what",
        """Client and daemon talk over a WebSocket at `ws://HOST:13000/chat`, with msgpack or JSON frames. Each frame is a map with a `type`. It is not Socket.IO and not the OpenAI
        API.""",
        "websocket; msgpack",
        topics="[the] (protocol|wire protocol|network protocol|llamachat protocol|protocol version|websocket protocol|frames|wire format|websocket api|websocket|api|api of the daemon|rest api|daemon api|http api); websocket; msgpack; msgpack or json; llamachat.v1.msgpack; llamachat.v1.json; subprotocols; socket.io; frames; protocol; api; frame types; the subprotocol; rest api",
        actions="(understand|learn|read|use|speak|see) (the protocol|the wire protocol|the api|the websocket|the frames|the websocket api|the api of the daemon|msgpack frames); (talk|connect|speak) to the daemon (by hand|directly|without the client|with my own program|over websocket|by websocket)",
        says="i want to know the protocol; i want to talk to the daemon directly; i look for the api; i want to know what goes over the wire; i need the api of the daemon; i want to integrate it into my program",
        asks="what is the protocol; which protocol (does it use|is used|do they speak|is it); how do (client and daemon|they|the client and the daemon) talk; is it (rest|http|socket.io|websocket|grpc); is there an api; what goes over the wire; does it use (websockets|http|rest|json|msgpack|socket.io|grpc); what is a frame; json or msgpack; how does the protocol work; what format are the frames; where is the api described; does the daemon have an api",
    ),
    fact(
        "proto.python",
        "A small client in Python:",
        "websockets; user_message",
        block="""
        ```python
        import asyncio, json, websockets

        async def main():
            async with websockets.connect("ws://localhost:13000/chat") as ws:
                await ws.send(json.dumps({"type": "user_message", "message": "Hello"}))
                async for frame in ws:
                    data = json.loads(frame)
                    print(data.get("text", ""), end="")
                    if data.get("done"):
                        break

        asyncio.run(main())
        ```
        """,
        topics="(a python client|python|my own client|a client in python|a python example|an own client|python code for the daemon|a client of my own|a simple client|a client program|an example client|client code|a python script for the daemon|a python snippet|a minimal client); python client; python example; own client; client example; writing a client; a python api; python library",
        actions="(write|make|build|code|program|create|develop) (a client|my own client|a python client|a client in python|a simple client|a small client|a bot|my own client program|a program that talks to the daemon|a chat bot with it|a minimal client); (use|call|ask|reach|query) (the daemon|a node|it|llamachat|the model) (from python|in python|from a python script|from my own program|from code|with python|from my program|in my python program); connect (from python|with python|my own program) [to the daemon]",
        says="i want to write my own client; i want to use the daemon from python; i need python code; my python program should talk to the daemon; i program in python; i want to build a bot with it",
        asks="how do i (write|make|build) (a client|my own client|a python client); can i use (it|the daemon) from python; is there a python (client|example|api|library); how do i (connect|talk to the daemon|ask the model|call it) from python; show me (a python client|python code|a client|the python code|a client in python); do you have a python example; give me python code; can i write my own client; how would a client look; how do i use websockets with it",
    ),
    fact(
        "proto.json",
        "With JSON you send one object per question, and the daemon streams `ai_response` frames; the last has `done`:",
        "user_message; ai_response",
        block="""
        ```json
        {"type": "user_message", "message": "Hello", "model": "guide"}
        {"type": "ai_response", "offset": 0, "text": "Hello! ", "done": false}
        {"type": "ai_response", "offset": 7, "text": "", "done": true, "finish_reason": "stop"}
        ```
        """,
        topics="(a json frame|user_message|ai_response|a frame|an example frame|a json example|a message on the wire|a request frame|the answer frames|a json message|the frame user_message|the frame ai_response|finish_reason|streaming frames|an example of the protocol|the first frame|json frames); user_message; ai_response; json frame; json example; frame example; finish_reason; the shorthand; type inference; done true",
        actions="(send|write|see|build|make|form) (a json frame|a frame|a user_message|a json message|a question as json|a json request|a request by hand|an example frame|a question over the websocket|json to the daemon); (read|receive|parse|understand) (the answer frames|ai_response|the stream|ai_response frames|the frames of an answer|the streamed answer|the answer over the websocket); use (websocat|wscat|javascript) with the daemon",
        says="i want to see a json frame; i do not know what to send; i need an example of a frame; i want to send json to the daemon; i am connected to the websocket, what do i send",
        asks="what does (a json frame|a frame|a question|user_message|ai_response|an answer frame|a json message) look like; what do i send [to the daemon|over the websocket]; what is (user_message|ai_response|finish_reason|the last frame|in an ai_response); what comes back from the daemon; how is an answer streamed; show me (a json frame|a frame|an example frame|json|a json example|a user_message|the json); how do i send a question as json; give me a json example; which frame has the answer; how do i know that the answer is done",
    ),
    fact(
        "proto.cancel",
        """Send `{"type": "cancel", "id": ID}`: the daemon stops within one step. To resume after a lost connection send `attach` with the `id` and your `offset`; you get the rest and then the
        live text.""",
        "cancel; attach",
        topics="(the frame cancel|the frame attach|attach|cancel in the protocol|resuming in the protocol|the attach frame|the cancel frame|offsets|the offset|a resume over the protocol|detach|cancel frame|attach frame|token_offset|text offsets); attach; cancel frame; offset; detach; attach and offset; protocol resume",
        actions="(cancel|stop|abort) (an answer|a generation|a request|an attempt) (by frame|in the protocol|from my own client|over the websocket|from my client|with json|from python); (resume|continue|attach to|reattach to) (an answer|a stream|a running answer|a lost stream|an attempt) (by frame|in the protocol|from my own client|over the websocket|after a disconnect in my client|with json|from my client)",
        says="my own client lost the connection; my client wants to stop an answer; my own client should resume an answer; my websocket dropped in the middle",
        asks="what (is|does) (attach|the attach frame|the cancel frame|detach|the offset|an offset) [do|for]; how does my client (cancel|resume|stop an answer); how do i (cancel|resume) (in my own client|over the websocket|in the protocol|from python|with a frame); which frame (cancels|stops|resumes) [an answer]; what are offsets; how does resume work in the protocol; how do i send cancel",
    ),
    fact(
        "proto.errors",
        """Errors come as a frame `error` with a `code` and a sentence that says what to do: for example `bad_frame`, `unknown_model`, `queue_full`, `context_overflow`, `draining`, `unauthorized`,
        `not_found`.""",
        "code; bad_frame",
        topics="[the] (error codes|errors of the protocol|error frame|list of errors|codes of errors|protocol errors|error bad_frame|error list|codes|error messages|error unknown_type|error id_conflict|error invalid_params); error codes; bad_frame; unknown_type; id_conflict; invalid_params; not_found; too_large; an error frame; error code; unauthorized code; internal error",
        actions="(see|list|handle|understand|read|know|catch) (error codes|the error codes|errors in my client|an error frame|the errors of the daemon|protocol errors|all errors|all error codes|the codes)",
        says="i get (bad_frame|invalid_params|id_conflict|unknown_type|not_found|an error code|too_large|an error frame|internal); the daemon (answers|sends|says) (bad_frame|unknown_type|invalid_params|an error|an error frame); my frame is (refused|rejected|not accepted); the daemon does not like my frame; error bad_frame",
        asks="which error codes (are there|exist|can come); what (does|is) (bad_frame|invalid_params|id_conflict|unknown_type|not_found|an error frame|too_large|an error code) [mean]; what errors can the daemon send; how are errors reported; list the error codes; why do i get bad_frame; what does an error look like; which errors are there in the protocol",
    ),
    fact(
        "proto.limits",
        """No frame may be larger than 4 MiB; a larger one closes the connection with 1009. 20 bad frames in a row close it with 1008. Compression is never used.""",
        "4 MiB; 1009",
        topics="(frame limits|the largest frame|the frame size|the maximum frame size|4 MiB|close code 1009|close code 1008|1009|1008|limits of the protocol|compression|websocket compression|message size|frame size limit|the limit of a frame|maximum message size|close codes); frame size; max frame; 4 MiB; 1009; close 1008; compression; size limits",
        actions="(send|use) (a big frame|a large frame|frames larger than 4 MiB|compression|a huge frame|compressed frames|a very big message over the websocket); raise the frame limit; turn on compression",
        says="the connection closes with (1009|1008|code 1009|code 1008); my frame is too (big|large); the websocket closes when i send a big frame; i get close code 1009; i get 1008",
        asks="how (big|large) (can|may) a frame be; what is the (largest frame|maximum frame size|frame limit|limit of a frame|max frame size); what does (1009|1008|close code 1009|close code 1008) mean; does it compress frames; is there compression; why does the connection close with (1009|1008); how much can i send at once over the websocket; is compression used",
    ),
    fact(
        "trouble.connect",
        """Check that the daemon runs (`llamachat-daemon serve`), that the URL is right, such as `ws://HOST:13000/chat`, and that it listens on the network (`--host`). `llamachat doctor` tests every
        node.""",
        "llamachat doctor; 13000",
        topics="""(connection problems|connection refused|a refused connection|connection trouble|no connection|the connection|network problems|connecting problems|a connection error|connection issues|connection failure|connect errors|no connection to a node); connection refused; connection error; daemon not reachable; node unreachable; cannot connect; connection timeout; network trouble""",
        actions="(fix|repair|solve|debug) (the connection|connection problems|a connection error|connection refused|a refused connection|the connection to my node|the connection to the daemon|connection trouble); (get|make) (a connection|it connect|the connection work|my node connect|it connected)",
        says="""(i|llamachat|it|the client|my client) (cannot connect|can not connect|does not connect|cannot reach the daemon|cannot reach my node|gets no connection|could not connect|fails to connect|can't connect|cannot reach the server|won't connect) [to the daemon|to my node|to the server|to my server]; the daemon (is not reachable|cannot be reached|does not answer|is unreachable|does not respond|cannot be found|is not there); connection (refused|failed|timed out|error); i get connection refused; it says (connection refused|not reachable|connection failed|timed out|could not connect|no route to host); there is no connection; the connection (fails|does not work|is refused|times out|does not come up); my node cannot be reached; nothing connects""",
        asks="why can (i|it) not connect [to the daemon|to my node]; why is (the daemon|my node|the server) not reachable; what does connection refused mean; how do i fix the connection; why (does it not|doesn't it|won't it) connect; why is the connection refused; what do i check when it does not connect; how do i find out why it does not connect; can't connect, why",
    ),
    fact(
        "trouble.banner",
        """The red banner says that a node was lost and counts down to the next try. Press `r` to try now. The chat stays usable, and other nodes answer; with no node your message waits in the
        outbox.""",
        "next try; outbox",
        topics="[the] (red banner|banner|banner connection lost|lost connection|connection lost banner|connection lost|red line at the top|message connection lost|countdown in the banner|red bar|red message); red banner; connection lost; a lost connection; the banner with a countdown; the red warning",
        actions="(close|hide|remove|get rid of|understand|dismiss) (the red banner|the banner|the message connection lost|the red bar|the red message); react to a lost connection",
        says="(the|my) connection (is lost|was lost|got lost|is gone|dropped|drops all the time|keeps dropping|breaks all the time); there is a red (banner|line|bar|message) [at the top]; it says (connection lost|connection to llama-01 lost|that the connection is lost); i (see|have|get) a red (banner|bar|line|message); everything is red at the top; connection to llama-01 lost; i lost the connection to my node",
        asks="what (is|does) the (red banner|banner|red line|message connection lost|red bar) [mean]; why is (the banner|the connection lost|there a red banner|my connection lost|everything red); what do i do when the connection is lost; can i go on typing when the connection is lost; why does the connection drop; is my chat lost when the connection is lost; what happens when the connection drops; what does connection lost mean",
    ),
    fact(
        "trouble.401",
        """401 means that the node wants a token and yours is missing or wrong. Get one with `llamachat-daemon token add NAME` on the node and put it in the node's settings. A revoked token gives
        this too.""",
        "token add",
        topics="401; error 401; [the] (error 401|error unauthorized|401 error|wrong token|missing token|bad token|token error|http 401|invalid token|401 unauthorized); a wrong token; unauthorized; 401 unauthorized; a refused token; close code 4401; 4401; authentication failed; forbidden token; an expired token; wrong password",
        actions="(fix|solve|repair|get rid of|avoid|handle) (401|a 401|the error 401|unauthorized|a wrong token|a refused token|the 401 error|an authentication error|a bad token|401 unauthorized)",
        says="i get (401|a 401|error 401|unauthorized|a 401 error|401 unauthorized|an authentication error); it says (401|unauthorized|wrong token|token missing|access denied|not authorized|invalid token|authentication failed); my token (is refused|is wrong|does not work|is not accepted|is rejected|stopped working|is invalid|was revoked|no longer works); the node (refuses|rejects|does not accept|does not take) my token; the card says wrong token; access denied; i am not (authorized|allowed to connect|let in); the connection closes with 4401; the node says unauthorized",
        asks="what does (401|4401|unauthorized|wrong token|error 401) mean; why do i get (401|unauthorized|a 401|4401); why is my token (refused|wrong|not accepted|rejected|invalid|not working); what do i do about (a 401|401|unauthorized|a wrong token); how do i fix (401|a 401|unauthorized|the 401); why does the node refuse me; what if my token is wrong; what is error 401; do tokens expire",
    ),
    fact(
        "trouble.protocol",
        """Client and daemon do not speak the same protocol version. Update the older one with `pip install --upgrade llamachat` (on the node `'llamachat[daemon]'`); the card says which. Also check that the
        URL ends in `/chat`.""",
        "update|upgrade; /chat",
        topics="[the] (wrong protocol|old protocol|protocol error|protocol mismatch|different versions|version mismatch|protocol version error|incompatible versions|old daemon|incompatible daemon|old client); wrong protocol; protocol mismatch; version mismatch; an old daemon; incompatible versions; wrong version; a protocol that does not match; a different version",
        actions="(fix|solve) (a wrong protocol|the protocol error|a version mismatch|a protocol mismatch|an old protocol|the wrong protocol); (use|mix|combine|connect) (different versions|an old daemon|an old client|two versions) [of client and daemon|with a new client|with a new daemon]",
        says="it says (wrong protocol|old protocol|protocol mismatch|version mismatch|incompatible|that the protocol is wrong|unknown protocol); the card says (old protocol|wrong protocol|to update); the (daemon|client) is (too old|older|an old version|newer); client and daemon have different versions; the versions do not match; the protocol is wrong; my node has the wrong protocol; my daemon is older than my client",
        asks="what does (wrong protocol|old protocol|protocol mismatch) mean; why does it say (wrong protocol|old protocol); must client and daemon have the same version; can i (mix|use different) versions; why is the protocol wrong; how do i fix (the wrong protocol|a protocol mismatch|wrong protocol); what do i do about an old protocol; do versions have to match; is my daemon too old",
    ),
    fact(
        "trouble.no_answer",
        """Look at the status bar: with no node the message waits in the outbox; with a queue it says your position. If the node is fine, the line above the answer says loading or reading. Else run
        `llamachat doctor`.""",
        "status bar; llamachat doctor",
        topics="(no answer|a missing answer|silence|an empty answer|no reply|no response|a blank answer|nothing|no output|an unanswered question|no reaction|an answer that never comes)",
        actions="(get|receive) (an answer|any answer|a reply) at all; find out why there is no (answer|reply|response|output); make it answer [me]",
        says="""(nothing happens|nothing comes|no answer comes|there is no answer|i get no answer|it does not answer|it says nothing|no reply|it does not reply|the answer does not come|i get nothing|i get no reply|no response|it does not respond|no text appears|it is silent|it ignores me|it never answers|the model does not answer) [at all|when i send|after i press enter|when i ask something]; i (wait|waited) and nothing (comes|happens|came|happened); i sent a question and nothing (comes|happens|happened|came back); the answer is empty; the answer stays empty; it just sits there; still no answer""",
        asks="why (is there no answer|do i get no answer|does it not answer|does nothing happen|is there no reply|is the answer empty|does the model not answer|does it say nothing|does it not respond|doesn't it answer|is it silent); where is my answer; when does the answer come; will it ever answer; what do i do when there is no answer; why is nothing happening; does anybody answer here",
    ),
    fact(
        "trouble.screen",
        """Check the size and the font first: it needs a UTF-8 terminal. Resize the window to draw the screen again, try the theme `ansi`, or use `llamachat --plain`. `llamachat doctor` names the line to
        change.""",
        "ansi; llamachat doctor",
        topics="(a broken screen|strange boxes|a messed up screen|drawing problems|display problems|the display|wrong borders|a broken layout|question marks on the screen|boxes instead of letters|a garbled screen|unicode problems|font problems|a mess on the screen|rendering problems|broken borders|screen corruption|missing symbols)",
        actions="(fix|repair|redraw|refresh|clean) (the screen|a broken screen|the display|the layout|a messed up screen|a garbled screen|the borders|the drawing); draw the screen again",
        says="(the screen|the display|the layout|everything|the picture) (is broken|is messed up|is garbled|looks broken|looks wrong|is a mess|is full of garbage|looks strange|looks messed up|is distorted); (the borders|the lines|the boxes|the symbols) (are broken|look wrong|are question marks|are wrong|are missing); i see (boxes|question marks|strange boxes|squares|broken lines|black squares) [instead of letters|instead of symbols|on the screen]; the borders do not line up; after resizing the screen is broken; half of the screen is (missing|empty|black|gone); the symbols are not shown",
        asks="why is the screen (broken|messed up|garbled|a mess); why do i see (boxes|question marks|squares); how do i (fix|redraw|refresh) the screen; why are the borders broken; which font do i need; what terminal do i need; which terminals (work|are supported|are good); why does it look (broken|strange|wrong); does it need unicode; how do i fix the display; why are the lines broken",
    ),
)
