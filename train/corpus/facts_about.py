"""What llamachat is, getting it, first steps, cost, privacy, and the guide itself."""

from __future__ import annotations

from .grammar import Intent, fact

FACTS: tuple[Intent, ...] = (
    fact(
        "about.what",
        """llamachat is a chat program for the terminal. It talks to language models that run on your own machines,
        called nodes. If a node goes down, another node continues the answer.""",
        "terminal; nodes",
        topics="""llamachat; llama chat; this program; this app; this thing; the app; this tool; the purpose of
        (llamachat|this program|this app); the idea (of|behind) (llamachat|this); the point of (llamachat|this)""",
        asks="""what (is|was) (llamachat|this program|this app|this thing|this); what does (llamachat|this program|this
        app|it) do; what is (llamachat|this|it) (for|good for); what do i use (this|llamachat|it) for;
        why (would|should) i use (llamachat|this|it); what kind of (program|app|software|tool) is (this|llamachat);
        what am i looking at; where am i; what did i just (install|open|start); who is (llamachat|this program) for;
        (explain|describe) (llamachat|this program) in (one|a) sentence; what is llamachat about;
        give me a (summary|overview) of llamachat; (introduce|describe) llamachat; llamachat what is it;
        what is so special about llamachat; why llamachat""",
        portable=False,
    ),
    fact(
        "about.features",
        "llamachat can do this:",
        "failover; search; attach",
        block="""
        - chat with streamed answers, code copy, edit and branches
        - several nodes with failover in the middle of an answer
        - history with search, folders, pins, export and import
        - attach files, queue messages, wait in an outbox
        - one answer from the shell with `llamachat ask`
        """,
        topics="""(the|all|your|its|the main) features; (feature list|list of features|features); the (abilities|
        capabilities|functions) of (llamachat|this program); possibilities""",
        asks="""what can (llamachat|this program|this app|it) do; what can i do (with llamachat|with this|here|with it);
        what (features|functions) (does it have|are there|does llamachat have); what is possible here;
        what are the (features|main features) of llamachat; list (the|all) features; what all can it do;
        what things can i do here; show me what llamachat can do; which features are there;
        why is llamachat better than other chat programs; what does llamachat offer""",
        portable=False,
    ),
    fact(
        "about.two_programs",
        """There are two programs. `llamachat` is the client with the screen that you use. `llamachat-daemon` runs on
        the machine with the models and has no screen. They talk over a WebSocket.""",
        "llamachat-daemon; client",
        topics="""the (difference between|two programs) llamachat and llamachat-daemon; the difference between client and
        daemon; client and daemon; client (vs|versus) daemon; the daemon; the llamachat daemon; llamachat-daemon;
        the architecture; the (parts|components) of llamachat; the server part; client and server; the two programs""",
        asks="""what is the daemon [for]; what is llamachat-daemon; what does the daemon do; why are there two programs;
        why do i need (the|a) daemon; do i need (the|a) daemon; is the daemon the same as (the client|llamachat);
        is there a server; what is the difference between llamachat and the daemon; how is llamachat built;
        how do client and daemon (talk|work together|fit together); which parts does llamachat have;
        what runs where; what is a daemon; how does (it all|llamachat) work; how does (llamachat|this program) work inside""",
        portable=False,
    ),
    fact(
        "install.client",
        "Install the client with pip; it needs Python 3.11 or newer and no compiler:",
        "pip install llamachat",
        block="""
        ```sh
        pip install llamachat
        llamachat
        ```
        """,
        topics="""installation; installing [llamachat|the client|the program]; the install [command]; setup; the setup;
        pip install; pip; getting started with the install; how to install""",
        actions="""install (llamachat|it|this|the client|the program|the app); (get|set up|obtain|put) (llamachat|the client)
        [on my (laptop|computer|machine|pc)]; (download|get) (llamachat|the program|the app);
        install (llamachat|it) with pip; install (llamachat|it) on (debian|ubuntu|linux|my laptop|another machine)""",
        says="llamachat is not installed; i do not have llamachat yet; command not found: llamachat; llamachat: command not found",
        asks="""where (can|do) i (get|download) (llamachat|this|it); how is (llamachat|it) installed; how does one install llamachat;
        is there a package for llamachat; is it on pip; what is the install command; which command installs llamachat;
        how do i get this on another computer; how can my friend get llamachat""",
        portable=False,
    ),
    fact(
        "install.daemon",
        """Install the daemon with `pip install 'llamachat[daemon]'`. It builds llama.cpp, so it needs a compiler and takes
        a few minutes. Then run `llamachat-daemon serve`.""",
        "llamachat[daemon]",
        topics="""(installing|installation of) the daemon; the daemon extra; the daemon installation; daemon install;
        llama-cpp-python; the compiler; the daemon package""",
        actions="""install (the daemon|llamachat-daemon|the server|the server part); (set up|get) (the daemon|a daemon|llamachat-daemon)
        on (my server|a box|a gpu box|another machine); add the daemon extra; install llama.cpp for the daemon;
        set up (an inference box|a server for models|my own server)""",
        says="""llamachat-daemon is not installed; llamachat-daemon: command not found; llamachat-daemon says that something
        is missing; the daemon says llama-cpp-python is missing; (the daemon|llamachat-daemon) does not start after pip install;
        llama_cpp cannot be imported; the daemon is missing""",
        asks="""how is the daemon installed; do i need a compiler; why does pip install take so long; what does the daemon need
        to be installed; why does it compile llama.cpp; which pip command installs the daemon; what is the extra daemon; what does the daemon extra install""",
        portable=False,
    ),
    fact(
        "install.update",
        """Update with `pip install --upgrade llamachat`. `llamachat --version` shows what you have. Your chats and settings
        stay; the history is backed up before it is changed.""",
        "upgrade; --version",
        topics="updates; (upgrading|updating) [llamachat]; the version [number]; the newest version; new versions; version",
        actions="""(update|upgrade) (llamachat|the program|the client|it); (get|install) the (newest|latest|new) version;
        (see|check|find out|show|print) (the version|which version i have)""",
        says="my version is old; there is a new version; i have an old version",
        asks="""which version (is this|do i have|am i using); what version is this; is there an update; what is my version;
        does an update delete my chats; do i lose my chats when i update""",
    ),
    fact(
        "install.uninstall",
        """Remove it with `pip uninstall llamachat`. Your history and config files stay; `llamachat config path` shows where
        the settings are, and the chats are in history.db in the data directory.""",
        "pip uninstall",
        topics="(uninstalling|removing) [llamachat]; uninstall; the uninstaller; deinstallation",
        actions="""(uninstall|deinstall|remove) (llamachat|the program|this app|it completely|this program);
        (get rid of|delete|throw away|kick out) (llamachat|this program|this app); take llamachat off my (machine|computer|laptop)""",
        says="i do not want llamachat anymore; i am done with llamachat; i no longer need llamachat",
        asks="""how is llamachat uninstalled; what is left after uninstall; does uninstalling delete my chats;
        how do i get it off my machine; which command removes llamachat""",
        portable=False,
    ),
    fact(
        "install.needs",
        """The client needs Python 3.11 or newer and a terminal of at least 20 lines. No GPU is needed. The daemon needs memory
        for its model and the extra `llamachat[daemon]`.""",
        "python 3.11",
        topics="""[the] requirements; [the] system requirements; the (hardware|software) requirements; the python version;
        supported (systems|platforms|python versions); dependencies; the hardware; prerequisites""",
        says="my python is (too old|3.9|3.8|3.10); i have python (3.9|3.10|3.12); i have no gpu; my computer is (old|weak|slow)",
        asks="""what (do i need|is needed|is required) [to run (llamachat|it|this)]; which python [version] (do i need|is needed|does it need);
        does (it|llamachat) (need|require) a (gpu|graphics card); do i need a (gpu|graphics card|big computer|fast computer);
        will (it|llamachat) run on (my laptop|an old computer|a raspberry pi|my machine); can i run it without a gpu;
        does it work with python 3.10; what are the requirements; how much memory do i need; what hardware do i need;
        does llamachat run on my computer; is a graphics card needed; which operating system do i need""",
    ),
    fact(
        "start.demo",
        """Run `llamachat demo`, or `make demo` in the source tree. It starts two local daemons with the bundled guide model,
        opens the chat, and stops everything at the end.""",
        "demo; two",
        topics="""[the] demo; make demo; llamachat demo; the demo mode; the demo command; a trial; a test run; a demonstration""",
        actions="""(try|test) (llamachat|it|this) [out] [without a server|without installing anything|quickly]; (start|run|launch|open) the demo;
        (see|play with) llamachat [without a model|first]; see a demo; take it for a test drive; try it locally;
        run (llamachat|it) without (my own server|any node|a model)""",
        says="i just want to try it; i only want to (look at it|test it); i have no server; i have no (model|node) yet",
        asks="""is there a demo; what does (make demo|the demo|llamachat demo) do; what is make demo; how does the demo work; what happens in the demo;
        does the demo need (internet|a download|a gpu); which model does the demo use; how many nodes does the demo start;
        how can i try it without anything; does the demo clean up; can i ask one question with the demo""",
        portable=False,
    ),
    fact(
        "start.first",
        """On the first start, with no node configured, you get a screen with three ways on: add a node, find nodes on this
        host, or start the demo. Then type a question and press Enter.""",
        "add a node; demo",
        topics="""(the first start|the first run|the first steps|first run|first steps|first start); the first-run screen; the start screen;
        the welcome screen; getting started; beginning; a quick start; quickstart; the basics""",
        actions="""(start|begin|get started|get going) [with (llamachat|this)]; (start|launch|open|run) (llamachat|the program|the app);
        make the first steps; use (llamachat|this|it) for the first time; begin here""",
        says="""i am new [here]; i just installed (it|llamachat); i am a beginner; this is my first time; i just started;
        i do not know where to (start|begin); it says no node is configured; no node configured; i am lost; i am confused""",
        asks="""how do i (start|begin|get started); where do i (start|begin); what do i do first; what should i do first; what now;
        what are the first steps; what is the first thing to do; how do i use (llamachat|this|it); how does this work;
        how do i run it; what is the first-run screen; what comes after the install; i installed it what now; ok what do i do""",
    ),
    fact(
        "about.cost",
        """llamachat is free: MIT licence, no account, no fee. Models run on your own machines. If you set prices per million
        tokens for a model, the live panel shows the cost of each answer.""",
        "free",
        topics="""the (price|cost|costs|fee|pricing) [of llamachat]; price; costs; money; an account; the subscription; payment;
        the free version; cost per answer; token prices""",
        actions="""(pay|buy a licence) for (llamachat|it|this); (see|show) (the cost|what an answer costs); (create|make) an account;
        register; sign up; (log in|login|sign in); set (a price|prices) for (a model|tokens)""",
        says="i do not want to pay; it shows a cost; there is a cost in the live panel",
        asks="""(how much|what) does (it|llamachat|this) cost; is (it|llamachat|this) (free|paid|expensive|for free); do i have to pay [for it|for anything];
        what is the price; is there a free version; do i need (an account|a subscription|to register|a credit card|an api key); what is the cost in the live panel;
        how much is an answer; how much is it; why is there a cost shown; who pays for it; where does the cost come from; is there a fee""",
        portable=False,
    ),
    fact(
        "about.licence",
        "llamachat has the MIT licence: you may use, change and share it, also at work. It is open source.",
        "mit",
        topics="[the] (licence|license); [the] (licence|license) of llamachat; the copyright; licensing; mit; open source",
        actions="""use (llamachat|it) (at work|commercially|in my company|for business); (fork|modify|change|copy|share|redistribute|sell) (llamachat|the code|it)
        [legally]""",
        asks="""what (licence|license) (is it|does it have|is this under|does llamachat have|is llamachat under); is (it|llamachat|this) open source; is the code open;
        under (which|what) (licence|license) is (it|llamachat|this); is it gpl; is it free software; may i use it (at work|in a company|commercially); am i allowed to change the code;
        can i use it for commercial work; is llamachat mit licensed; who owns llamachat""",
        portable=False,
    ),
    fact(
        "about.privacy",
        """Your chats stay with you: they are in history.db on your machine, and questions go only to the nodes that you
        configured. A node keeps an answer for a day so that you can resume it; its archive is off by default.""",
        "history.db; nodes",
        topics="""[the] privacy; data protection; security of my data; my (data|privacy|personal data); tracking; telemetry; confidential data;
        private (chats|data); secrets; gdpr; data privacy; spying""",
        actions="keep my (chats|data|questions) private; (type|enter|send) (private|secret|confidential) (things|data|text); protect my data; stay private; turn off (telemetry|tracking)",
        says="""i am worried about my (data|privacy); i do not want my (data|chats) in the cloud; i do not trust the cloud; my (chats|questions) are (secret|confidential|private);
        i have confidential data""",
        asks="""is (it|this|llamachat) (private|safe|secure); is my data (safe|private|secure); who (can see|sees|reads|can read) my (chats|messages|questions|data); where (does my data|do my questions) go;
        does (it|llamachat) send (my data|data|anything) (to the cloud|to the internet|home|to somebody|anywhere); is there telemetry; does it track me; is this in the cloud; do you (store|save|collect) (my data|what i type);
        does it phone home; is anything sent to the internet; what happens to my data; what leaves my machine; are my chats used for training; can others read my chats; are you spying on me; does the node keep my questions""",
        portable=False,
    ),
    fact(
        "about.offline",
        """Yes, llamachat works offline. The client needs only a way to your nodes, and `llamachat demo` runs all on this machine.
        Only downloading a model with `llamachat-daemon models add` needs the internet.""",
        "offline",
        topics="offline use; working offline; the internet [connection]; offline [mode]; no internet",
        actions="""(use|run) (it|llamachat|this) (offline|without internet|without a network|on a plane|in a train); work offline; chat without internet""",
        says="i have no internet; my internet is down; there is no internet here; i am offline; i am on a (plane|train)",
        asks="""does (it|llamachat|this) (work offline|need internet|need the internet|work without internet|need a network); do i need [the] internet;
        is internet needed; can it run without internet; will it work on a plane; is an internet connection required; is llamachat online or offline;
        does it need the cloud; is it local; does the model run locally; does everything run on my machine""",
        portable=False,
    ),
    fact(
        "about.backends",
        """llamachat talks only to `llamachat-daemon` nodes, with its own protocol. It does not use the OpenAI or Ollama API.
        The daemon runs GGUF models with llama.cpp.""",
        "llamachat-daemon; gguf",
        topics="""(openai|ollama|the openai api|other backends|other servers|the ollama api|lm studio|chatgpt models|gpt-4|claude|gemini|an openai key|vllm|openrouter)
        with llamachat; other backends; openai support; ollama support; the openai api here; an openai compatible api; api keys; other providers""",
        actions="""(use|connect|add) (openai|ollama|chatgpt|gpt-4|claude|lm studio|gemini|vllm|a cloud model|the openai api|llama.cpp server) (with llamachat|in llamachat|here|as a node);
        connect llamachat to (openai|ollama|chatgpt|lm studio|a cloud model|an llama.cpp server|vllm)""",
        asks="""does (it|llamachat) (work with|support|speak|use|talk to) (openai|ollama|chatgpt|claude|gpt-4|lm studio|the openai api|cloud models|vllm|gemini);
        can llamachat talk to (ollama|openai|chatgpt|an openai server|lm studio); is llamachat compatible with (ollama|openai|the openai api);
        which backends does it support; is there an openai api; is it (like|based on) (ollama|chatgpt|open webui|lm studio); does the daemon have an openai api""",
        portable=False,
    ),
    fact(
        "about.docs",
        """The documentation is in the folder `docs/` of the project, for users, operators and contributors. In the program F1 shows
        the keys of where you are, and Ctrl+P finds every action by name.""",
        "docs; f1",
        topics="[the] (documentation|docs|manual|handbook|user guide|user manual|readme|instructions); a (manual|handbook|tutorial); more (documentation|help|information)",
        actions="(read|find|open|see) the (documentation|docs|manual|handbook|instructions|user guide); learn more [about llamachat]; read more",
        asks="""where (is|are|can i find) the (documentation|docs|manual|handbook|instructions); is there (a manual|a handbook|documentation|a tutorial|a guide book); where can i (read|learn) more;
        where do i find help; does llamachat have docs; where is it documented; is there something to read""",
    ),
    fact(
        "about.develop",
        """Read CONTRIBUTING in the project. `make test` runs the tests and `make check` runs the formatter, the type checker and
        the import rules. llamachat is written in Python with Textual.""",
        "make test|make check",
        topics="""(contributing|development|developing) [to llamachat]; [the] source code; the code base; the tests; make (test|check); a bug report; reporting bugs;
        the programming language; the source""",
        actions="""contribute [code|to llamachat|a patch]; (report|file) a bug; (run|start) the (tests|checks|test suite); (build|develop|hack on|work on) llamachat; (see|read|get) the (source|source code|code); help with the development;
        send a patch; fix a bug in llamachat""",
        says="i found a bug; i found an error in llamachat; i want to help the project",
        asks="""how can i (contribute|help the project|report a bug); in which language is (it|llamachat) written; what is (it|llamachat) written in; which language is llamachat made with; where is the source [code];
        is it written in (python|rust|go); how do i run the tests; what does make check do; how is llamachat tested; does it use textual; which framework does it use""",
        portable=False,
    ),
    fact(
        "guide.what",
        """I am the built-in guide, a tiny model of about 5 million parameters that comes with llamachat. I answer questions about
        this program and can be wrong. For real work, run a bigger model on a node.""",
        "built-in guide; tiny",
        topics="""[the] (guide|guide model|bundled model|built-in model|built-in guide|default model of the demo|demo model|bundled guide|included model); the model that i am talking to; this model;
        the tiny model; the model guide""",
        says="""you (are|seem) (small|stupid|dumb|tiny|wrong|not very smart|bad|limited); your answer is (wrong|bad|nonsense|rubbish|stupid); the answers are (bad|stupid|wrong|nonsense); you do not know much;
        you know nothing; the (demo|guide) model (is bad|is stupid|is dumb|gives bad answers); you keep saying the same thing; you only talk about llamachat; that is wrong; this is nonsense""",
        asks="""which model (is this|are you|am i talking to|is answering); what model (is this|are you|do you use|is behind this); how (big|large|smart|good) (are you|is this model|is the guide); how many parameters do you have;
        what is the guide [model]; can i trust (you|your answers|what you say); are your answers (right|correct|reliable|true); can you be wrong; do you make mistakes; why are you so (small|dumb|limited|stupid);
        what can you (do|answer|tell me|help me with); what do you know; what can i ask [you]; what should i ask [you]; what questions can you answer; what are you good (at|for);
        why (is the answer|are the answers) so (bad|short|wrong); who trained you; how were you trained; what is your context; is this a real (model|ai); what are your limits;
        why can't you answer other questions; do you know other things; are you a real language model; what topics do you know""",
        portable=False,
    ),
    fact(
        "guide.replace",
        """Run a bigger model on a node: `llamachat-daemon serve --model PATH` with a GGUF file, then add that node in the
        Nodes tab. The guide is only used when no other model is given.""",
        "--model; gguf",
        topics="""a (better|bigger|smarter|real|proper|stronger|larger) model; a (better|bigger|smarter|real) llm; real answers; (better|smarter) answers; a model for real work""",
        actions="""(get|use|run|have|install|talk to|chat with) a (better|bigger|smarter|real|proper|stronger|larger) (model|llm|ai); (replace|swap|get rid of|turn off) (the guide|the guide model|you|this model|the bundled model);
        (get|have) (better|smarter|real|longer) answers; use (something better|llama3|mistral|qwen|a real model) instead of (you|the guide)""",
        says="i want (a better|a bigger|a smarter|a real|another) model; i need a real model; the guide is not enough; this model is too small; i want to talk about (other|real) things",
        asks="""how do i get a (real|better|bigger|smarter) model; can i use a real model; where do i get a better model; how do i use my own model instead of you; can i have a smarter one;
        how do i talk to a bigger model; how can i run llama3 or mistral; can i replace the guide""",
        portable=False,
    ),
    fact(
        "about.browser",
        """llamachat itself is a terminal program. A web page can talk to a daemon too: open a WebSocket to
        `ws://localhost:13000/chat` with JSON frames. Allow other pages with `--allow-origin ORIGIN`.""",
        "terminal; websocket|allow-origin",
        topics="""(a|the) (web interface|browser version|web ui|web page|gui|graphical interface|website|desktop app|mobile app|phone app|web app|browser client); a browser; --allow-origin; allow-origin; allow_origins; cors;
        the origin [check]; the Origin header; javascript in a page""",
        actions="""use (llamachat|it|this) (in a browser|in firefox|in chrome|on my phone|on a tablet|without a terminal); (connect|chat) from (a web page|a browser|javascript|my website);
        allow (a web page|an origin|my website|a browser) [to connect]; (write|build|make) a web (page|client|interface) for (it|the daemon|llamachat); set the allowed origin""",
        says="""the (browser|web page) (gets|shows) a 403; my web page cannot connect; the origin is (refused|rejected|forbidden); i get a cors error; i do not like terminals;
        403 forbidden in the browser; the daemon answers 403; i get 403; error 403; forbidden""",
        asks="""is there a (web interface|gui|browser version|web version|web ui|mobile app|phone app|desktop app|graphical version|android app|iphone app);
        does it (have|come with) a (gui|web interface|web ui); does it run in a browser; can a browser connect; can i use it on my phone; why do i get a 403;
        what is --allow-origin [for]; how do i use it from javascript; does llamachat have a window""",
    ),
    fact(
        "about.users",
        """Yes, several people can share a node. Give each a token with `llamachat-daemon token add NAME`. The queue is fair, and
        nobody sees the chats of others.""",
        "token add",
        topics="""(several|many|multiple|other|more) (users|people|persons); sharing [a node|the daemon|my server]; (multi user|multiuser|multi-user) [use|support]; user accounts; my team; colleagues; users; my family""",
        actions="""share (a node|my node|the daemon|my server|my gpu) with (others|friends|colleagues|my team|my family|somebody); let (others|my friends|my colleagues|my team|other people|somebody else|my wife) use (my node|my server|the daemon|it|my gpu);
        give (somebody|a friend|a colleague|my team) access; add (a user|users|another user); serve (many|several) people; create a user""",
        says="my team wants to use it too; we are (five|several|three) people; there are several of us; my colleagues need access",
        asks="""can (several|many|two|more) (people|users) use (it|one node|the same node|the daemon); is it multi user; can others use my node; can we share one (gpu|server|node);
        do others see my chats [on the node]; how many (people|users) can use (a node|it); can my colleague connect too; is it for one person or many; can two people chat at the same time; is there user management""",
    ),
    fact(
        "about.tools",
        """Tool calls, such as calculator and clock, are shown in the live panel. Daemons of protocol version 1 offer no tools yet,
        so do not count on them.""",
        "live panel; tools",
        topics="""[the] (tools|tool calls|tool use|function calling|plugins|extensions|calculator tool|clock tool|agents|mcp); tool support; web search; add-ons""",
        actions="use (tools|plugins|function calling|an agent|web search); (call|add|write|install) (a tool|tools|a plugin|plugins|extensions); let the model (call|use) tools; let the model search the web",
        asks="""are there (tools|plugins|extensions|add-ons); does (it|llamachat) (support|have) (tools|plugins|function calling|tool calls|mcp|agents|web search|extensions);
        can the model (use tools|call functions|run code|search the web|browse|read web pages); which tools (are there|does it have|are offered)""",
    ),
)
