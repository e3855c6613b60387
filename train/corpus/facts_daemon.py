"""Running the daemon: start, network, access, limits, watching it, and the models it runs."""

from __future__ import annotations

from .grammar import Intent, fact

FACTS: tuple[Intent, ...] = (
    fact(
        "daemon.serve",
        """Run `llamachat-daemon serve`, with `--model PATH` for your GGUF file. It prints `ready on ws://127.0.0.1:13000/chat` when it is ready. Without a model it runs
        the guide.""",
        "llamachat-daemon serve",
        topics="""(llamachat-daemon serve|serve|the serve command|starting the daemon|starting a node|a daemon start|starting a server|the daemon command|the command for the daemon|running the daemon); daemon start; start daemon; serve command; daemon launch""",
        actions="""(start|run|launch|boot|open|bring up|fire up|begin|spin up) (the daemon|a daemon|llamachat-daemon|a node|my own node|the server|an inference server|my node|my own server|a server|the server part|the backend); (make|turn) (this machine|my server|my gpu box|a machine|my computer|a box) (into a node|a node|to a node); (serve|host) (a model|models|a llm|my model)""",
        says="i want to run my own (node|server|daemon); the daemon is not running; my gpu box should be a node; the daemon is installed [and now]; i want my own node; i installed the daemon; no daemon runs",
        asks="""how do i start (the daemon|a node|the server|a daemon|my own node); which command starts the daemon; what is the command to start (the daemon|a node); what does serve do; when is the daemon ready; how do i know that the daemon is (ready|running|up); how do i run the daemon; how do i host a model; what is printed when the daemon is ready; how do i make a machine a node""",
        portable=False,
    ),
    fact(
        "daemon.options",
        "The most used options of `llamachat-daemon serve`:",
        "--model; --port; --slots",
        block="""
        - `--host ADDR` and `--port 13000`
        - `--model PATH` or `--models-dir DIR`
        - `--context N`, `--slots N`, `--gpu-layers N`, `--threads N`
        - `--queue N`, `--peer URL`, `--archive`
        - `--config FILE`, `--data-dir DIR`, `--log-level L`
        """,
        topics="""[the|all] (options of the daemon|daemon options|serve options|options of serve|flags of the daemon|daemon flags|command line options of the daemon|parameters of serve|options of llamachat-daemon|daemon parameters|daemon arguments|switches of the daemon|flags of serve); llamachat-daemon serve --help; serve --help; daemon flags""",
        actions="(see|list|know|show|get) (the options of the daemon|the daemon options|all options of serve|the flags of the daemon|the options of llamachat-daemon|all daemon flags); configure the daemon (on the command line|with options|with flags)",
        says="i do not know the options of the daemon; i need the flags of serve; i look for the daemon options; there are so many daemon options",
        asks="""which (options|flags|parameters|arguments) does (the daemon|serve|llamachat-daemon|llamachat-daemon serve) (have|take|know|accept); what (options|flags|arguments) (can i give|are there for|exist for) (the daemon|serve|llamachat-daemon); what can i set on the daemon; list the daemon options""",
        portable=False,
    ),
    fact(
        "daemon.config",
        "The daemon reads `daemon.toml`. A short one:",
        "daemon.toml; [models]",
        block="""
        ```toml
        # daemon.toml
        host = "127.0.0.1"
        port = 13000
        default_model = "llama3-8b"

        [models]
        directory = "/srv/models"

        [queue]
        limit = 64
        ```
        """,
        topics="""daemon.toml; [the] (config of the daemon|daemon config|daemon settings|daemon config file|configuration of the daemon|config file of the daemon|settings of the daemon|server config|daemon configuration|daemon.toml file); an example daemon.toml; a sample daemon.toml; the server settings; the node's config; daemon toml; daemon config example""",
        actions="(configure|set up|adjust|tune) (the daemon|llamachat-daemon|my node|the server|my daemon) [with a file]; (write|edit|make|create|see|change) (daemon.toml|the daemon config|a daemon.toml|the config of the daemon|the daemon settings|the server config); change (the settings of the daemon|a daemon setting|daemon settings)",
        says="i do not know what to write in daemon.toml; i want the daemon options in a file; i look for the daemon's config; my daemon.toml is empty; i have no daemon.toml",
        asks="""where is the daemon config; what (goes in|is in|does it look like in|can i set in|do i write in) daemon.toml; what does daemon.toml look like; how do i configure the daemon; show me a daemon.toml; which file configures the daemon; can the daemon options be in a file; does the daemon have a config file; give me an example daemon.toml""",
        portable=False,
    ),
    fact(
        "daemon.port",
        """The default port is 13000. Change it with `llamachat-daemon serve --port N` or `port` in daemon.toml; port 0 picks a free one. The address is
        `ws://HOST:13000/chat`.""",
        "13000; --port",
        topics="""[the] (port|default port|port number|port of the daemon|daemon port|tcp port|address of the daemon|url of the daemon|daemon url|server port|port setting|listening port); --port; port 13000; 13000; port 0; a port in use; another port; a different port; the url of my daemon; the firewall; the standard port""",
        actions="""(change|set|choose|pick|use|alter|select|open) (the port|another port|a different port|the port of the daemon|a free port|the daemon port|port 0|the port number|the port in the firewall); run (two daemons|two nodes|several daemons) on one machine; find the port; open the firewall""",
        says="""(the port|port 13000|the address|13000) is (in use|taken|already in use|already taken|blocked|busy|used by another program); it says (port in use|address already in use|the port is taken); another program uses port 13000; the daemon says the port is in use; my firewall asks for a port; i want two daemons on one machine; error address already in use""",
        asks="""(which|what) port (does it use|is it|does the daemon use|is used|do i open|does it listen on|must be open); what is the (default port|port|address of the daemon|url of the daemon|port number); how do i change the port; what does port 0 do; can i use another port; which port do i open in the firewall; what is 13000; where does the daemon listen; what do i do when the port is taken""",
    ),
    fact(
        "daemon.network",
        """The daemon listens on 127.0.0.1 only, until it has tokens. For other machines: `llamachat-daemon token add NAME`, then `llamachat-daemon serve --host 0.0.0.0`. Or use
        `--no-auth` in a network you trust.""",
        "token add; --host",
        topics="""--host; 0.0.0.0; (network access|access from other machines|remote access|the bind address|listening on the network|the daemon on the network|other machines|access over the network|the local network|lan access|access from another computer|the lan|the home network); the host option; binding; bind; loopback only; host = "127.0.0.1" """,
        actions="""(reach|use|connect to|see|access) (the daemon|my node|my daemon|the node|my server) from (another machine|other machines|my laptop|another computer|outside|the network|the lan|a second computer); (open|expose|share|offer|publish) (the daemon|my node|the node|my daemon) (to the network|on the network|to other machines|in my lan|to the lan|to the internet); (listen|bind) (on all addresses|to 0.0.0.0|on the network|to another address|on the lan); make the daemon reachable""",
        says="""(other machines|another machine|my laptop|my other computer|a second machine) (cannot connect|cannot reach the daemon|cannot reach the node|gets no connection|does not see the node) [to the daemon]; the daemon refuses to (bind|start on 0.0.0.0|listen on the network|start with --host); it only works on (localhost|the same machine|this machine); i can reach the daemon only (locally|on the same machine|from localhost); the daemon only listens on 127.0.0.1; it says other bind is refused; it works locally but not from my laptop""",
        asks="""how do i (reach|use|connect to) the daemon from another machine; why can other machines not connect; how do i open the daemon to the network; why does it only listen on localhost; what does --host do; can i use it in my (lan|home network|office network); why does the daemon refuse to bind; how do i bind to 0.0.0.0; why does it only work locally; how can my laptop use the node on my desktop""",
    ),
    fact(
        "daemon.tokens",
        """`llamachat-daemon token add NAME` prints a new token once; only its hash is stored. `token list` shows the names, `token revoke NAME` ends one and closes its
        connections.""",
        "token add; revoke",
        topics="""[the] (tokens|access tokens|token|access control|authentication|token command|security of the daemon|passwords|login|tokens of the daemon|tokens.toml|admin token|authorization|access rights); token (add|list|revoke); llamachat-daemon token; --admin; an admin token; a new token; auth; a lost token; token creation""",
        actions="""(make|create|add|get|generate|issue|print|produce) (a token|tokens|an access token|a new token|a token for a friend|an admin token|a password for the daemon|a token for my laptop|a token for a user); (revoke|remove|delete|list|see|cancel|end|invalidate|withdraw) (a token|tokens|all tokens|the tokens|access|an old token|a lost token|the token of somebody); (protect|secure|lock) (the daemon|my node|my server|a node|the node);
        (limit|control|restrict) (access|who can use my node|who may connect|access to the daemon); kick somebody out""",
        says="i lost (the|my) token; a token leaked; somebody has my token; i forgot the token; i want nobody else to use my node; strangers use my node; a colleague left and should have no access; anyone can use my node; i need a token for my daemon",
        asks="""how do i (make|create|get|add|generate) a token; where do (i get|tokens come from|i find) [a token]; how do i (revoke|delete|list) (a token|tokens); where are tokens stored; can i see a token again; what is an admin token; how do i protect (my node|the daemon); what are tokens for; how do i secure the daemon; who can connect to my node; which command makes a token; how does access work; is there a login""",
    ),
    fact(
        "daemon.no_auth",
        """`--no-auth` lets everybody who can reach the daemon use it without a token. Use it only in a network that you trust; tokens are the better way.""",
        "trust",
        topics="--no-auth; no-auth; no auth; (running without tokens|no tokens|an open daemon|open access|access without a token|use without a password|a daemon without tokens|no authentication|no password); the option --no-auth; running open",
        actions="(run|use|start|serve) (the daemon|a node|it|my node) without (tokens|a token|authentication|a password|auth|login); (turn off|disable|skip|switch off|drop) (authentication|tokens|auth|the tokens|access control|the login|the token check); let everybody in; allow everyone to use my node",
        says="i do not want tokens; i do not need tokens at home; i trust my network; tokens are too much work; i am alone in my network; tokens annoy me",
        asks="what does --no-auth do; is --no-auth (safe|dangerous|a good idea|secure|ok); can i run it without (tokens|a token|auth|a password); when should i use --no-auth; do i need tokens; is a token required; must i use tokens; what is the risk of --no-auth",
    ),
    fact(
        "daemon.tls",
        """Start the daemon with `--tls-cert FILE --tls-key FILE` and use a `wss://` URL at the client. Or connect through an SSH tunnel:
        `ssh -L 13000:127.0.0.1:13000 HOST`.""",
        "--tls-cert; wss://",
        topics="""tls; ssl; https; wss; wss://; (encryption|a certificate|certificates|secure connections|an encrypted connection|tls certificates|an ssh tunnel|a tunnel|encrypted traffic|a tls key|the certificate|letsencrypt|a secure connection|port forwarding); --tls-cert; --tls-key; tls setup; ssh tunnel; ssl certificate""",
        actions="""(use|set up|turn on|enable|configure|add|activate|switch on) (tls|ssl|encryption|https|a certificate|wss|secure connections|a tunnel|an ssh tunnel|certificates); encrypt (the connection|traffic|the traffic|everything between client and daemon|my questions|the line); (connect|reach a node) (over the internet|securely|safely|through a tunnel|with encryption|with tls|through ssh); give the daemon a certificate""",
        says="the connection is not encrypted; somebody could (listen|read along|read my traffic); my node is on the internet; i have a certificate; i want a secure connection; the network is not safe; my admin wants tls",
        asks="""is the (connection|traffic|line) (encrypted|secure|safe); does it (support|have|use|do) (tls|ssl|https|wss|encryption); how do i (use|set up|enable|turn on) (tls|ssl|encryption|wss|https); where do i put the certificate; what is wss; can i use an ssh tunnel; is it encrypted; how do i make a tunnel; can others read the traffic""",
    ),
    fact(
        "daemon.peers",
        """Peers are other daemons that this one asks for their state, to show them all in `/api/nodes`. Start with `--peer URL`, once for each, or `peers` in
        daemon.toml. They do not share work; the client routes.""",
        "/api/nodes; --peer",
        topics="[the] (peers|peer|--peer option|peer list|peer daemons|cluster|list of peers|peers setting|other daemons|cluster mode); --peer; --peer URL; peers; /api/nodes; api/nodes; a cluster of daemons; a peer; peers in daemon.toml; several daemons together; clustering",
        actions="(add|set|use|configure|list|give|define) (a peer|peers|the peers|a peer daemon|other daemons as peers|peer daemons); (connect|link|join|combine|cluster) (daemons|two daemons|several daemons|my daemons|nodes|the daemons) [with each other|together|to each other|into a cluster]; make a cluster; let daemons know each other",
        says="my daemons do not know each other; i have several daemons; i want the state of all daemons in one place; one daemon should show the others; my cluster has three machines",
        asks="what (is|are) (a peer|peers|/api/nodes|the peers) [for]; what does --peer do; do daemons talk to each other; do daemons share (work|requests|models|the load); can daemons work together; how do i make a cluster; is there a cluster; what does /api/nodes (show|give|return|answer); do i need peers; how do i add a peer",
    ),
    fact(
        "daemon.health",
        """`/healthz` answers 200 while the daemon lives, and `/readyz` answers 200 when a request would be served now, else 503 with the reason. Neither needs a
        token.""",
        "/healthz; /readyz",
        topics="/healthz; /readyz; healthz; readyz; [the] (health check|health checks|health route|readiness|health routes|liveness|probes|readiness check|liveness check|health endpoint|health urls|monitoring check|get routes|http routes|status page); kubernetes probes for the daemon; http 503; 503; an http check; health; a load balancer check",
        actions="(check|test|probe|ask|see|monitor) (if the daemon is alive|the health of the daemon|if the daemon is ready|the daemon's health|whether the daemon lives|whether the daemon is up|with curl if the daemon runs|if my daemon is up|the readiness of the daemon); (use|write|add|set up) (a health check|health checks|a probe|a liveness check|a readiness probe|an http check) [for the daemon]; curl the daemon",
        says="my monitoring wants a health url; i need a health check; readyz gives 503; i get 503 from the daemon; the daemon answers 503; my orchestrator needs a probe; healthz is fine but readyz is not",
        asks="is there a health (check|route|url|endpoint); what is (healthz|/healthz|readyz|/readyz|the difference between healthz and readyz) [for]; how do i (check|monitor) the health of the daemon; which url for health checks; which http routes (are there|does the daemon have); why does readyz give 503; does healthz need a token; how do i see if the daemon is alive; how do i check with curl",
    ),
    fact(
        "daemon.metrics",
        "Scrape `/metrics` on the daemon's port; it is in Prometheus text format. With tokens configured it needs one, as `Authorization: Bearer TOKEN`.",
        "/metrics; prometheus",
        topics="/metrics; metrics; [the] (metrics|prometheus metrics|metrics route|monitoring|statistics of the daemon|metrics of the daemon|prometheus endpoint|metrics url|daemon metrics); prometheus; grafana with the daemon; monitoring of my nodes; prometheus support; a dashboard of my daemon",
        actions="(monitor|watch|scrape|measure|graph|observe) (the daemon|my daemon|my nodes with prometheus|the daemon with prometheus|metrics|the metrics|the daemon over time|the load of the daemon in grafana); (get|read|see|collect|export) (metrics|the metrics|prometheus metrics|daemon metrics|metrics from the daemon|statistics of the daemon); connect prometheus [to the daemon]; make a dashboard of my daemons",
        says="i use prometheus; i want my node in grafana; prometheus gets a 401; i need metrics; my team wants a dashboard of the daemons; i want graphs over weeks",
        asks="does (it|the daemon) (have|support|export|offer) (metrics|prometheus|prometheus metrics|monitoring); where are the metrics; which url has the metrics; is there a prometheus endpoint; how do i monitor (the daemon|my nodes|it); can prometheus read it; in which format are the metrics; do metrics need a token; how do i get metrics",
    ),
    fact(
        "daemon.service",
        """Use the unit file in the folder `systemd/` of the daemon: copy it to /etc/systemd/system and run `systemctl enable --now llamachat-daemon`. It tells systemd when it
        is ready.""",
        "systemd",
        topics="systemd; [a|the] (systemd service|service file|systemd unit|service|unit file|autostart|background service|system service|automatic start|systemd setup|start at boot); systemctl; the daemon as a service; autostart of the daemon; starting at boot; a daemon in the background; journalctl",
        actions="(run|start|install|use|set up) (the daemon|it|llamachat-daemon|a node) (as a service|with systemd|at boot|in the background|automatically|under systemd|as a systemd service|when the machine boots|permanently|on startup); (autostart|enable) the daemon; (keep|have) the daemon (running|running all the time|start by itself|running after logout|always on); make a (service|systemd unit) of it",
        says="the daemon ends when i log out; the daemon is gone after a reboot; the daemon should start by itself; i want the daemon to run always; the daemon stops when i close ssh; after each reboot i have to start it by hand",
        asks="is there a (systemd unit|service file|systemd service|unit file); how do i run it as a service; how do i start it at boot; does it work with systemd; how does the daemon start (at boot|automatically|by itself); how do i keep the daemon running; where is the service file; can it run in the background",
        portable=False,
    ),
    fact(
        "daemon.container",
        "The folder `container/` of the daemon has what you need to build an image. Publish port 13000, mount your models, and give the daemon a token.",
        "container/; 13000",
        topics="docker; podman; [a|the] (container|docker image|container image|dockerfile|containers|docker setup|image of the daemon|container file|containerfile); the daemon in a container; the daemon in docker; docker compose; container use; docker support",
        actions="(run|use|start|put|have|deploy) (the daemon|a node|llamachat-daemon|it) (in a container|in docker|with docker|in podman|with podman|as a container); build (an image|a container|a docker image) of the daemon; make a docker image; containerize the daemon; use (docker|podman) [for the daemon]",
        says="i want it in docker; we use containers; i only run containers on my server; everything here runs in docker",
        asks="is there a (docker image|dockerfile|container|container image|containerfile); does it run in (docker|a container|podman); how do i run the daemon in (docker|a container|podman); can i use docker; where is the dockerfile; how do i build the image; which port do i publish",
        portable=False,
    ),
    fact(
        "daemon.stop",
        """Press Ctrl+C or send SIGTERM. The daemon takes no new work, lets running answers finish for 30 seconds (`drain_seconds`), then ends so that clients go on elsewhere. A
        second signal ends it now.""",
        "drain_seconds; second",
        topics="(stopping|ending|shutting down|restarting|shutdown of|killing|a clean end of|a restart of) (the daemon|a daemon|llamachat-daemon|a node|the server); drain_seconds; SIGTERM; shutdown; the shutdown; daemon stop; sigterm; graceful shutdown; daemon shutdown; daemon restart",
        actions="(stop|end|shut down|quit|restart|kill|terminate|turn off|halt|close|reboot) (the daemon|a daemon|llamachat-daemon|the server|my daemon|the daemon now|the daemon at once|my node|the daemon cleanly|the daemon gracefully)",
        says="the daemon does not end at once; the daemon takes 30 seconds to stop; the daemon hangs at the end; ctrl+c does not end the daemon at once; i pressed ctrl+c and the daemon still runs; the daemon is slow to stop",
        asks="how do i (stop|shut down|end|restart|kill) the daemon; what happens to (running answers|answers) when the daemon stops; why does the daemon take so long to stop; what is drain_seconds; what does (sigterm|ctrl+c) do to the daemon; how long does shutdown take; how do i stop it at once; what does a second ctrl+c do; is it safe to kill the daemon; does a restart of the daemon lose answers",
        portable=False,
    ),
    fact(
        "daemon.reload",
        """Send SIGHUP to the daemon: it reads tokens and limits again without a restart. The tokens file is also read again by itself when it changes.""",
        "SIGHUP",
        topics="SIGHUP; reload; (reloading|reload of) (the daemon|the config|daemon.toml|tokens|limits|the limits|settings of the daemon); a config reload; sighup; a change without restart; hot reload; reload without restart",
        actions="(reload|reread|refresh|apply) (the config of the daemon|daemon.toml|tokens|limits|the daemon config|the limits|new limits|the tokens|changed limits|a changed daemon.toml|the daemon settings) [without a restart]; change (limits|the limits|tokens) (without a restart|while the daemon runs|without stopping the daemon); avoid a restart of the daemon",
        says="i changed daemon.toml [and nothing happened]; the daemon does not see my changes; i changed a limit and it is not used; my new limits are ignored; i do not want to restart the daemon for a change; the daemon uses the old limits",
        asks="do i have to restart the daemon [after a change|after changing daemon.toml]; how do i reload (the config|the daemon|daemon.toml|limits|tokens); what does sighup do; when does the daemon read its config; is there a reload; are changes read (at once|automatically); does the daemon need a restart for new tokens",
    ),
    fact(
        "daemon.logs",
        """The daemon logs to stderr; `--log-level L` sets how much and `--log-json` makes it JSON. In the client press Enter on a node card for its live log, if the operator allows
        it.""",
        "--log-level",
        topics="[the] (log|logs|log level|log file|logging|logs of the daemon|daemon log|log output|daemon logs|server logs|log of the daemon|error log|verbose output); --log-level; --log-json; clients_may_read; log level debug; logging; verbose; debug output; json logs",
        actions="(see|read|find|get|show|follow|tail|look at|search) (the log|the logs|the daemon log|logs|the log of the daemon|daemon logs|server logs|the server log|the error log|what the daemon does); (change|set|raise|lower|increase) (the log level|logging|the verbosity|how much is logged); (make|get|have) (json logs|more log output|less log output|the log as json); debug the daemon",
        says="i need (the logs|more log output|the log of the daemon|a log); the log is (too long|too short|empty|full of lines); i want to know what the daemon does; the daemon says nothing; the daemon is too chatty in the log",
        asks="where (are|is) (the logs|the log|the daemon log|the log of the daemon|the log file|the server logs); how do i (see|read|find|get) the (log|logs|daemon log|server log); how do i change the log level; what does --log-level do; can i have json logs; is there a log [file]; can clients read the log; does the log contain my chats; which log levels are there",
    ),
    fact(
        "daemon.check",
        "Run `llamachat-daemon check`: it looks at configuration, ports, models and memory, and says what would happen at `serve`. Nothing is started.",
        "llamachat-daemon check",
        topics="llamachat-daemon check; the check command; [a] (check of the daemon|daemon check|dry run|dry run of the daemon|check before start|test of the daemon config|pre-flight check); checking the daemon; check; daemon validation",
        actions="(check|test|validate|verify) (the daemon|daemon.toml|the daemon config|the daemon setup|my daemon config|if the daemon would start|my server setup|if my model fits|the daemon before starting|the server config); (do|make) a dry run [of the daemon]; see what would happen at serve; find errors in daemon.toml",
        says="(the daemon|daemon|llamachat-daemon|my daemon|serve) (does not start|wont start|will not start|doesnt start|dies at once|refuses to start|crashes at start|does not come up); my daemon.toml is wrong; the daemon ends at once; (the daemon|llamachat-daemon) fails at start; the daemon complains about its config; i do not know if my model fits; serve fails; the daemon exits with an error; the daemon won't start",
        asks="why does the daemon not start; how do i check (the daemon|daemon.toml|my daemon config|the daemon config); what does llamachat-daemon check do; is there a dry run; will my model fit; does my model fit in memory; how can i test the daemon config; what is wrong with my daemon; how do i know if it will start",
        portable=False,
    ),
    fact(
        "daemon.bench",
        "Run `llamachat-daemon bench --model M`. It measures prompt and decode speed and suggests slots and threads.",
        "bench",
        topics="llamachat-daemon bench; bench; [the] (benchmark|bench command|speed test|benchmarks|performance test|speed measurement|benchmark of a model|best thread count|suggested slots); benchmarking; a speed test of my machine; measuring speed; make bench",
        actions="(measure|benchmark|test|find out) (the speed of my machine|the speed of a model|my machine|a model|how fast my machine is|the speed|the daemon's speed|my gpu|how fast a model is|my hardware|the performance); (run|start|do) (a benchmark|the benchmark|a speed test|bench|the bench); (find|choose|tune|get) (the best number of threads|the right slots|good settings for my machine|the best threads and slots|the right number of threads)",
        says="i want to know how fast my machine is; i do not know how many (threads|slots) to use; i want to compare two machines; i want numbers about my hardware; i need to know my tokens per second",
        asks="how fast is my (machine|gpu|hardware|server|box); is there a (benchmark|speed test|bench); how do i (benchmark|measure the speed|test the speed); how many (threads|slots) should i (use|set|take); what does bench do; which settings are best for my machine; what is the best number of threads; how do i find the right number of slots",
    ),
    fact(
        "daemon.queue",
        """In daemon.toml under `[queue]`: `limit` (64) is how many may wait, `parallel` (8) how many at once per user, `requests_per_minute` (0) means no limit. `--queue N` sets the
        first.""",
        "limit; parallel",
        topics="[the] (queue section|queue settings|queue limit of the daemon|limits of the daemon|requests_per_minute|queue of the daemon|parallel setting|limits for users|limits in daemon.toml|daemon queue|queue length); --queue; requests_per_minute; parallel; requests per minute; parallel requests; queue limit; concurrent requests; how many at once",
        actions="(set|change|limit|raise|lower|configure|increase) (the queue of the daemon|requests per minute|parallel requests|how many may wait|the number of parallel requests|the queue length|requests_per_minute|limits for users|how many questions a user may send|the queue limit in daemon.toml|concurrent requests); stop one user from taking everything; give each user a limit",
        says="one user takes everything; my node is (overrun|overloaded|flooded) [by users|with requests]; somebody sends too many requests to my node; i want limits for my users; too many people use my node at once",
        asks="how many (requests|users|questions) (at once|can wait|can run in parallel|can a node take|can it handle|per minute); what is requests_per_minute; what is parallel; how long is the queue of the daemon; where do i set the (queue limit|limits for users|limits of the daemon|requests per minute); how do i limit (users|a user|requests); is the queue fair; can i limit requests; how many requests can wait",
    ),
    fact(
        "daemon.records",
        """The daemon keeps a finished answer for 86400 seconds, one day, so that clients can resume it: `retain_seconds` and `retain_bytes` (256MB) in daemon.toml under
        `[records]`.""",
        "retain_seconds",
        topics="retain_seconds; retain_bytes; [the] (records section|records|kept answers|retention|retention of answers|record of an answer|retention time|records of the daemon); retention; how long answers are kept; records; answers kept on the node; data retention; the retention on a node",
        actions="(set|change|shorten|limit|lengthen) (the retention|how long answers are kept|retain_seconds|the time answers are kept|retention|how long the node keeps answers); (keep|store) answers (longer|shorter|on the node for less time) [on the node]; not keep answers on the node; delete answers from the node",
        says="i do not want answers kept on the node; answers should be kept longer; i want nothing to stay on the server; the node keeps my answers too long",
        asks="how long (does a node keep an answer|are answers kept|is an answer kept|does the daemon keep answers|can i resume an answer|is an answer on the node|do answers stay on the node); what is retain_seconds; what are records; where do i set the retention; what stays on the node; what does the daemon keep; why does the daemon keep answers",
    ),
    fact(
        "daemon.worker",
        """Each model runs in its own worker process. If a worker crashes, the daemon starts it again and the answers go on from their tokens; you need to do
        nothing.""",
        "worker; again",
        topics="[the] (worker|workers|worker process|worker processes|engine|inference engine|error worker_failed|crash of a worker|worker crash|crash of the model); worker_failed; worker; llama.cpp; a crash of llama.cpp; the process of a model; a segfault; llama.cpp crash; a crashed worker",
        actions="(restart|kill|see) (a worker|the worker|a worker process|the engine|a crashed worker|the model process); recover from a (worker crash|crash of the model|crash of llama.cpp|segfault); (survive|handle) a worker crash",
        says="(the|a) worker (crashed|died|was killed|failed|is gone|segfaulted); llama.cpp (crashed|died|aborted|segfaulted); i get worker_failed; it says worker_failed; the model (process|worker) (crashed|died|was killed); somebody killed the worker; the worker was restarted; error worker_failed",
        asks="what is (a worker|the worker|worker_failed|the engine); what happens (when|if) (a worker crashes|the worker dies|llama.cpp crashes|the worker is killed|the model process dies|a worker dies); why are there two processes; does a worker crash lose the answer; how is the model run; does the daemon survive a crash of llama.cpp; which engine runs the models; does it use llama.cpp; why does each model have a process",
    ),
    fact(
        "daemon.exact",
        """`--exact-batches` makes a CPU node decode in batches that give the same numbers each time, so a continued answer is identical. It is off by default and costs about 14 % of the
        prompt speed.""",
        "identical",
        topics="--exact-batches; exact_batches; exact batches; (identical answers after a crash|identical text after failover|exact continuation|bit exact answers|the exact batches option); the option --exact-batches; exact-batches; target_gap; the engine section of daemon.toml",
        actions="(use|turn on|set|enable|switch on) (--exact-batches|exact_batches|exact batches|exact-batches); get (exactly the same text after a failover|identical text on another node|bit identical answers|the same text after a crash|identical answers from two nodes)",
        says="a continued answer is not quite the same; the text differs after a failover; two nodes give slightly different answers with the same seed; the text is slightly different on another node; the same seed gives other text on the other node",
        asks="what does --exact-batches do; what (is|are) (exact_batches|exact batches); when do i need exact batches; why is exact_batches off; what does exact_batches cost; is a continued answer identical; how do i get identical answers after a failover; why do two nodes differ with the same seed; is the answer the same after failover",
    ),
)
