"""Nodes, routing, failover and the outbox, as the person at the client sees them."""

from __future__ import annotations

from .grammar import Intent, fact

FACTS: tuple[Intent, ...] = (
    fact(
        "nodes.what",
        """A node is a machine that runs `llamachat-daemon` with one or more models. You can have several; llamachat picks one for each question and goes
        on at another if one is lost.""",
        "llamachat-daemon",
        topics="""[the] (nodes|node|fleet|meaning of a node|term node|word node|node concept|idea of nodes); a node; nodes; fleet; several nodes; what a node is; inference boxes; an inference box; the machines behind it; a fleet of nodes""",
        actions="use (nodes|several nodes|more than one node|a fleet|two nodes); (understand|learn about) nodes; work with nodes; have (several nodes|more nodes|two nodes)",
        says="i do not know what a node is; it talks about nodes; everybody talks about nodes; i only have one machine; i only have one node",
        asks="""what is a node; what are nodes; what does node mean; why (several nodes|more than one node|nodes|do i need nodes); do i need (several nodes|a node|nodes|more than one node); how many nodes can i have; is a node a server; what is the fleet; what is a node for; what runs on a node; is one node enough; what is the difference between a node and the daemon; what are nodes good for;
        what is meant by node; can my own machine be a node""",
    ),
    fact(
        "nodes.add",
        """Go to the Nodes tab and press `a`: give the URL, for example `ws://10.0.0.5:13000/chat`, and the token; it is tested before it is saved. Or write a
        `[[nodes]]` part in config.toml.""",
        "nodes tab; `a`",
        topics="""(adding|add) (a node|nodes|another node|a server|a second node); a (new|second|third|further|additional) (node|server|machine|box); node add; add node; more nodes; the key to add a node; connecting (a node|to a node|to a server|a server|a box); the url of a node; new node; node setup; node config; the node url""",
        actions="""(add|connect|register|set up|configure|enter|include|attach|hook up|join|put in|link|plug in) (a node|another node|a new node|a second node|my node|my server|a server|my gpu box|a machine|one more node|nodes|a box|more nodes|my daemon|an inference box|a third node|my own server|a host); (connect|point|link) (it|llamachat|the client|this) to (a node|my server|my daemon|a daemon|another machine|my gpu box|the server|my box);
        (tell|show) llamachat (about my server|where my server is|about a node); (enter|change|give) the (url|address) of (a node|my server|the node|a daemon); use my server from (here|my laptop|this machine)""",
        says="""i have (a new|another|a second|my own) (server|node|machine|gpu box|box|daemon|computer) [and want to use it]; my server is running [and now]; the daemon (is running|runs) on (another machine|my server) [and now]; i bought a gpu box; my new server should be used; i have a daemon running elsewhere; no node is there yet; i set up a daemon and want to use it; i have the url of a server""",
        asks="""how do i add a node; how do i add one; which key adds a node; where do i (enter|put|type) the (url|address) [of a node]; can i add (more nodes|a second node|another server); what url do i need; how do i get my server in here; how do i connect to (my server|a node|my daemon|another machine); what is the url of a node; where do i add a server; how does a new node get in""",
    ),
    fact(
        "nodes.order",
        """In the Nodes tab move a card with Shift+Left and Shift+Right, or drag it with the mouse. The order is the priority; it takes effect at once and is
        saved.""",
        "shift; priority",
        topics="""[the] (order of nodes|node order|order of the nodes|order|priority of nodes|priority order|order of the cards|priority of a node|ranking of nodes|card order|sequence of nodes); reordering (nodes|cards|the nodes); node priorities; the first node; sorting nodes; my favourite node; moving cards; node priority""",
        actions="""(change|set|alter|modify) (the order|the order of nodes|the node order|the priority of nodes|the priority of a node|node priorities|the order of the cards|the order of my nodes|which node is first|the priority); (reorder|move|sort|rearrange|drag|shift|arrange) (nodes|the nodes|cards|node cards|a card|a node|the node cards|my nodes|a node card);
        (put|move|make|get) (a node|my best node|one node|my fast node|a card|the good node) (first|to the front|up|higher|at the top|last|to the end|down)""",
        says="my nodes are in the wrong order; the wrong node is first; my best node should be first; one node is more important; my gpu box should come first; i want one node on top",
        asks="""how do i (reorder|sort|move) (nodes|cards|the nodes|my nodes); which key moves a card; what is the order of nodes [for]; what does the order mean; which node is first; how do i give a node priority; can i change the order; does the order of nodes matter; how do i move a card; can i drag nodes; how do i make a node the first one""",
    ),
    fact(
        "nodes.drain",
        """In the Nodes tab move to the card and press `d`. A draining node takes no new questions and finishes its running answers; the others take over. Press
        `d` again to end it.""",
        "`d`; new questions",
        topics="""(draining|drain) [a node|the node|nodes]; a draining node; the state draining; drain; node maintenance; taking a node out [of service]; the drain key; maintenance; a pause for a node; the word draining; planned maintenance; the error draining""",
        actions="""(drain|pause|rest|park) (a node|one node|the node|nodes|my node|a machine|a server); (take|get|put) (a node|a machine|one node|my server|a box) (out of service|out of rotation|offline for maintenance|down for maintenance|into maintenance|out for a while|out of use); (stop|keep) (a node|it|one node) from (getting new questions|taking new work|taking new questions);
        (prepare|free) a node for (maintenance|a reboot|an update|shutdown|a restart); (reboot|update|restart|shut down|repair) (a node|my server|a machine|the box) (safely|without losing answers|without cutting answers|gracefully|without trouble); not use a node for a while; undrain a node""",
        says="""i (have|want|need) to (reboot|update|restart|repair|service) (a node|my server|a machine|the gpu box); a node needs (maintenance|a reboot|an update|a break); (a|the|my) node (is|says|shows|says it is) draining; i do maintenance on a server; a node should get no more work; it says draining; the daemon says it is draining""",
        asks="""what (does drain mean|is draining|does draining mean|is a drain); which key drains a node; how do i (drain|pause) a node; how do i take a node out; what does d do; what happens when a node is drained; how do i stop draining; how do i do maintenance; what happens to running answers when i drain; what does it mean to drain a node""",
    ),
    fact(
        "nodes.remove",
        "In the Nodes tab move to the card and press `x`. The node leaves your list and config.toml; the machine itself is not touched.",
        "`x`",
        topics="(removing|deleting|remove|delete) (a node|nodes|a server|one node|an old node|a node card); the key to remove a node; node remove; a dead node in the list; an old node; node removal; a node i no longer have; a node too many",
        actions="""(remove|delete|erase|get rid of|drop|throw out|kick out|disconnect|take away|unregister|forget|cross out) (a node|an old node|one node|a dead node|the node|a server|a node card|nodes|a card|an offline node|my old server|this node|a machine|the second node);
        take a node (off|out of) (the list|my list|config|my nodes); clean up (my nodes|the node list)""",
        says="i no longer have that (node|server|machine|box); an old node is still in the list; i do not need this node anymore; a node is in the list that is gone for good; i sold that machine; this node does not exist anymore; there is a node too many",
        asks="""how do i (remove|delete|get rid of) a node; which key (removes|deletes) a node; what does x do; can i delete a node; does removing a node stop the daemon; how do i get rid of an old server; where do i remove a node; how do i disconnect a node""",
    ),
    fact(
        "nodes.reconnect",
        """Press `r` on its card in the Nodes tab to try again now. By itself llamachat tries again after 0.5 s, then less and less often, at most 30 s
        apart.""",
        "`r`; 30 s",
        topics="""(reconnecting|reconnect|the reconnect key|retry in 12 s|the next try|connecting again|the retry time|automatic reconnect|reconnection|the backoff|the countdown|retrying|a new connection attempt); reconnect now; next try in 4 s; node reconnect; the retry""",
        actions="""(reconnect|connect again|try again|retry|get back|reconnect by hand) [to|with] (a node|the node|my node|a lost node|a server|an offline node|the server) [now|at once|right now]; force a (reconnect|retry|new connection|connection); (skip|shorten|not wait for) (the wait|the countdown|the retry time); wake up an offline node; bring a node back [online]; renew a connection""",
        says="""my server is back [online] [but still shown offline]; the node is (up|back|running) again [but llamachat does not see it]; i restarted the daemon [and it is still offline]; it says (retry in 12 s|next try in 4 s); i do not want to wait for the next try; the node came back; i fixed my server; it does not reconnect""",
        asks="""how do i reconnect [now]; which key reconnects; does it reconnect (by itself|automatically|alone); when does it try again; how often does it (try again|retry|reconnect); what does r do; what does retry in 12 s mean; how long until it reconnects; can i force a reconnect; will it connect again by itself""",
    ),
    fact(
        "nodes.offline",
        """An offline node has a struck-through card with an OFFLINE badge, the reason and the time of the next try. Check that the daemon runs there; press `r` to
        try now. Other nodes go on answering.""",
        "OFFLINE; `r`",
        topics="""[an] offline (node|nodes|card|badge|server); the OFFLINE badge; a (dead|red|crossed out|struck-through|lost) (node|card|server); the state offline; node offline; a node that is down; the struck-through card; an unreachable node; a node with a cross; node down""",
        actions="""(see|know|find out) why a node is (offline|down|not reachable|dead|unreachable); (fix|repair|revive|get back) (an offline node|a dead node|a node that is offline|a lost node); get a node back online; bring my server back; see which nodes are offline""",
        says="""(a|my|one|the|llama-01|the first|one of my) (node|server|card|machine) (is|went|shows|goes|is shown|is always|keeps going) offline; (a|my|the|one) (node|server) is (down|dead|red|gone|crossed out|lost|not reachable|unreachable|struck through|away); a card is (struck through|crossed out|red); my (server|gpu box|node) (crashed|died|is off|does not answer|has no power|is not reachable);
        it says OFFLINE; there is an OFFLINE badge; all my nodes are offline""",
        asks="""why is (my|a|the) (node|server) offline; what does (offline|OFFLINE|the offline badge|a struck-through card|the cross) mean; what happens when a node is (offline|down); what do i do when a node is (offline|down|dead); why is the card crossed out; how do i get a node online again; what if a server is down; is it bad when a node is offline""",
    ),
    fact(
        "nodes.states",
        "A node is in one of these states:",
        "warning; draining; refused",
        block="""
        | state | means |
        | --- | --- |
        | connecting | trying |
        | online | ready |
        | warning | busy, slow or silent for 5 s |
        | draining | takes no new questions |
        | offline | lost, will be tried again |
        | refused | wrong token or protocol |
        """,
        topics="""[the|all] (node states|states of a node|states|status of a node|node status|status words|meaning of the states|state of a node|health of a node|node health|possible states|marks on the cards); a node state; the state (warning|refused|connecting|healthy|online); warning; refused; a node in warning; states of nodes; a warning on a node; the orange card""",
        actions="(understand|read|see) (the states|the node states|the state of a node|the status of a node|the health of a node|the status of my nodes); check (the health|the state|the status) of (a node|my nodes|the nodes)",
        says="a node (shows|is in|says|has) (warning|a warning|refused|connecting); my node is (orange|in warning|refused|yellow|connecting all the time); it says (warning|refused|connecting) on the card; a node is healthy but slow; the card is orange; a node stays in connecting; a node has a warning sign",
        asks="""what (states|status) can a node have; which states (are there|can a node have|exist); what does (warning|refused|connecting|healthy|the state of a node|the status) mean; why is (a|my) node in warning; why is (my|a) node refused; what is a refused node; what are the node states; how do i see the state of a node; what does orange mean; when is a node in warning""",
    ),
    fact(
        "nodes.card",
        """A node card shows load, memory, requests per second, latency, tokens per second, the queue, busy slots and the models, with a chart of requests.
        Press Enter for more.""",
        "load; memory; queue",
        topics="""[the] (node cards|node card|cards|card of a node|nodes tab|nodes screen|numbers on a card|bars on the card|numbers on the cards|nodes page|list of nodes|node view|node overview); a node card; nodes tab; load and memory; load; the load of a node; latency; queue 0/64; slots 3/8; the latency of a node; the cards in the nodes tab; requests per second; the memory of a node""",
        actions="""(read|understand|see) (a node card|the cards|the node cards|a card|the numbers on a card|the bars); (see|watch|view|show|check|open|list|monitor|look at) (my nodes|the nodes|all nodes|the load|the load of a node|the latency|the memory of a node|how busy a node is|the nodes tab|how my nodes are doing|the queue of a node|the nodes screen|my servers)""",
        says="i want to see how busy my nodes are; the card shows many numbers; i do not understand the numbers on the card; i want to see the load; the load is high; the memory bar is full",
        asks="""what (does|do) (a card|the cards|a node card|the numbers on the card|the bars|the node cards) (show|mean); where do i see (the load|my nodes|the latency|how busy a node is|the memory of a node|the nodes); what is on a node card; what does queue 0/64 mean; what does slots 3/8 mean; what is latency; how busy is my node; how do i open the nodes tab; what is the nodes tab; how are my nodes doing; what does load mean""",
    ),
    fact(
        "nodes.detail",
        """Press Enter on a node card: charts of latency, throughput, memory and queue, its models with load and unload, its live log with search, and its
        settings.""",
        "enter; charts; log",
        topics="""[the] (node details|details of a node|node page|charts|charts of a node|log of a node|node log|live log|node settings|graphs|node detail|history of a node|throughput chart|statistics of a node|graphs of a node|node chart); a node's (log|charts|models|settings); more about a node; details on a node; the models of a node; the memory chart; inside a node""",
        actions="""(open|see|show|view|inspect|look into|look inside|examine) (a node|the details of a node|the charts|the charts of a node|the log of a node|a node's log|the node log|the models on a node|the live log|graphs|the settings of a node|a node in detail|the graphs of a node|details|more of a node|what a node is doing); (read|search|follow) (the log of a node|a node's log|the live log|the log on a node|the logs of my server);
        (load|unload) a model (on a node|from the screen|in the nodes tab|from here)""",
        says="i want to see what a node is doing; i want to look inside a node; i need the log of my node; i want to see graphs; i want more numbers about a node; a card shows too little",
        asks="""what does enter do on a card; where (is|are) (the log of a node|the node log|the charts|the graphs|node details|the models of a node|the settings of a node); can i see (the log|graphs|charts|the log of a node) [here]; how do i (open|inspect) a node; are there charts; how do i see what a node is doing; how do i load a model on a node; can i see the logs of the server from here; are there graphs""",
    ),
    fact(
        "route.policies",
        "There are three policies:",
        "fastest; priority; sticky",
        block="""
        - `fastest`: the node with the least expected time to the first token
        - `priority`: your order of nodes, while the first is not much slower
        - `sticky`: the last node of this chat while it is healthy
        """,
        topics="""[the] (routing|routing policies|policies|policy|router|routing policy|choice of a node|node choice|load balancing|node selection|routing rules|ways to choose a node|selection of the node|strategies|load balancer); routing; policies; load balancing; how a node is chosen; the policy fastest; the words fastest priority sticky; distribution of questions; the three policies; fastest or sticky; a routing policy""",
        actions="""(choose|understand|see|compare) (a policy|the policies|a routing policy|between policies|the routing|the right policy|which policy to use); (spread|balance|distribute|share) (the load|questions|work|the work|requests) (over nodes|between nodes|over my nodes|over several nodes|among nodes|on two nodes); decide which node answers; see how a node is picked""",
        says="i do not know which policy to take; i do not know which node is used; i have three nodes and want to share the work; i do not understand the routing; the questions should go to different nodes",
        asks="""which policies (are there|exist|can i use|does it have); how does (it|llamachat|the router) (choose|pick|select|decide on) (a node|the node|between nodes|nodes); how is (a node|the node|the answering node) (chosen|picked|selected); what is (a policy|the router|routing|the routing policy); how does routing work; which node answers [my question]; how does load balancing work; what does the router do;
        which node will get my question; is there load balancing; who decides which node answers; what are the routing policies; what policy is best""",
    ),
    fact(
        "route.fastest",
        """`fastest` is the default policy: llamachat picks the node with the least expected time to the first token, from round trip, queue, tokens to read and
        model load time.""",
        "first token",
        topics="""[the] [policy] fastest; the fastest (node|policy|mode); policy fastest; the default policy; the expected time; the estimate of the router; the expected time to the first token; policy = "fastest"; fastest policy; the fastest way; the quickest node""",
        actions="(use|get|take|choose|prefer) (the fastest node|the quickest node|the node with the shortest queue|the policy fastest|fastest|the least busy node); always use the (fastest|quickest|least busy) node; get the (quickest|fastest) answer",
        says="it says fastest at the top; i want the quickest node; it should use the least busy node; i want the fastest answer; a slow node is chosen; i see fastest in the header",
        asks="""what (does|is) [the policy] fastest [mean|do]; how does fastest work; what is the default policy; how does it know which node is fastest; how is the fastest node found; what does fastest look at; which policy is the default; how is the expected time computed; what does fastest count; which node is the fastest""",
    ),
    fact(
        "route.priority",
        """With `policy = "priority"` your order of nodes counts: the first node answers while its estimate is within a bound of the best one. Set the order in the
        Nodes tab.""",
        "order",
        topics="""[the] [policy] priority; the priority (policy|mode); policy priority; policy = "priority"; a preferred node; a main node and a spare; a backup node; a spare node; preferring a node; the main node; main and backup; primary and secondary; priority failover; a fallback node""",
        actions="""(prefer|favour|favor) (a node|one node|my own node|my gpu box|a certain node|my best server); (use|take|try) (one node first|my gpu box first|the first node first|a node first|a preferred node|the policy priority|priority|my main node first|my big server first); always use (the same node|my main node|the first node) (first|unless it is down|when possible); (set|have|use|make) (a backup node|a preferred node|a main node|a spare node|a fallback node)""",
        says="one node should be used first; the second node is only a backup; the other node is only for emergencies; my gpu box should do the work and the other is a spare; i want one main node; i prefer one node",
        asks="""what (does|is) [the policy] priority [mean|do]; how does priority work; how do i use one node first; can i prefer a node; how do i set a main node; can i have a backup node; how do i make a fallback; when is the second node used; what is the bound of priority""",
    ),
    fact(
        "route.sticky",
        """With `policy = "sticky"` a chat stays on its last node while that node is healthy. That keeps its prompt cache warm, so later turns start faster.""",
        "last node|stays; warm|cache",
        topics="""[the] [policy] sticky; the sticky (policy|mode); policy sticky; policy = "sticky"; a sticky chat; one node for a chat; the same node for the whole chat; sticky sessions; session affinity; stickiness""",
        actions="(stay|remain|keep a chat|keep the chat|stick|hold a chat) (on one node|on the same node|with one node|with the same node|on its node); use (sticky|the policy sticky|the same node for a chat|one node for a chat|sticky sessions); (avoid|stop|prevent) (switching nodes|changing nodes|the chat from moving|jumping between nodes)",
        says="my chat (jumps|moves|switches|hops) between nodes; the node changes (all the time|with each question|every time); each answer comes from another node; i want one chat on one node; it switches nodes in one chat; i want the same node for the whole chat",
        asks="""what (does|is) [the policy] sticky [mean|do]; how does sticky work; can a chat stay on one node; how do i keep a chat on one node; why does the node change; why do answers come from different nodes; when should i use sticky; is sticky faster""",
    ),
    fact(
        "route.set",
        """Set it in Settings, chat, policy, or in config.toml under `[chat]`: `policy = "fastest"`, `"priority"` or `"sticky"`.""",
        "policy =|settings",
        topics="(setting|changing|switching) the [routing] policy; the policy setting; the routing setting; policy in config.toml; changing the routing; policy config; the setting for routing",
        actions="(set|change|switch|select|configure|alter|edit|modify) (the policy|the routing policy|the routing|policy|another policy|to another policy|the router|how nodes are chosen|the way nodes are chosen|the policy to sticky|the policy to priority|from fastest to priority)",
        says="i want another policy; the policy is wrong for me; i do not want fastest; i want to change the routing",
        asks="where do i set the policy; where is the policy [setting]; how do i (change|set|switch) the (policy|routing|routing policy); can i change the (policy|routing); where can i choose sticky; how do i turn on (sticky|priority); where do i choose between fastest and sticky; which key changes the policy",
    ),
    fact(
        "route.why",
        """Each answer shows its node beside the model name, and the live panel says why it was chosen, for example `free, chat is warm`. In the shell `llamachat ask --json`
        prints it as `routed`.""",
        "live panel",
        topics="""the node of an answer; the node badge; the reason for a node; the line why; why: free, chat is warm; a warm chat; chat is warm; the node beside an answer; the word warm; the node name on an answer; the answering node; routed""",
        actions="(see|know|find out|check|tell) (which node answered|where an answer came from|why a node was chosen|which machine answered|which server answered|who answered|what node i am on|which node was used|where my question went|the node of an answer|which node is used); see the reason for the choice of a node",
        says="i do not know which node answered; i want to know which machine did it; it says chat is warm; it says why: free; there is a node name beside the answer; it picked the wrong node",
        asks="""which node (answered|did that|was used|gave this answer|am i on|is answering|is used); why was this node (chosen|picked|used); where (did|does) the answer come from; what does (chat is warm|warm|why: free) mean; how do i see which node answered; which machine answered; who answered my question; why this node; on which server does it run; why did it pick that node""",
    ),
    fact(
        "failover",
        """If a node is lost in the middle of an answer, another node continues the same answer from its tokens. You see one answer and a line such as
        `llama-01 lost at 214 characters, continued here`.""",
        "another node|continued",
        topics="""[the] (failover|fail over|failover of nodes|failover in the middle|loss of a node|lost node|crash of a node|failure of a node|takeover|node failure); failover; high availability; redundancy; fault tolerance; a (crash|power cut|failure) of a (node|server); a node that dies; a broken node in the middle of an answer; server failure; node crash""",
        actions="""(survive|handle|survive) (a crash|a node crash|a lost node|a dead server|a power cut of a node|a node failure|the loss of a node); (test|try|see|try out|provoke) (failover|the failover|what happens when a node dies|a failover); (turn off|kill|unplug|pull the plug of|shut down|switch off) a node (while it answers|in the middle of an answer|during an answer)""",
        says="""(a node|my server|the node|the server|one node|a machine|llama-01) (died|crashed|went down|was lost|is lost|broke|failed|goes down|dies|fails|crashes|disappears) (in the middle of an answer|while it was answering|during an answer|while answering|in mid answer|half way through|in the middle); somebody unplugged (my server|a node); a node dies; a server crashes; the power of a node goes out""",
        asks="""what happens (if|when) (a node|a server|my server|the node|one node|a machine) (dies|crashes|goes down|is lost|fails|goes offline|breaks|is killed|disappears) [in the middle|in the middle of an answer|while it answers]; what is failover; how does failover work; does the answer go on when a node (dies|crashes|is lost); do i lose the answer when a node (dies|crashes|goes down); can another node continue the answer;
        is the answer lost [when a node dies]; does it switch to another node; is there failover; what if my server crashes; who takes over when a node dies; does it survive a crash of a node""",
    ),
    fact(
        "failover.seam",
        """That line is a seam: it says which node was lost, at which character, and that another node continued. It is a note, not an error; the answer is
        whole.""",
        "seam|continued",
        topics="""[the|a] seam; seams; the seam line; the line in the (answer|message|middle of the answer); the mark lost at 214 characters; the line continued here; lost at 214 characters; continued here; the two arrows in a message; the note in the answer""",
        actions="(read|understand) the (seam|seam line|line in the answer|note in the message); see where an answer was continued; know where the nodes changed; see the seam",
        says="""there is a (strange line|seam|line|note|mark) in (the answer|my answer|the message|the middle of the answer); it says (llama-01 lost at 214 characters|continued here|lost at 214 characters|lost and continued); my answer has a (seam|line in it|strange line|strange note); a line (lost|continued here) is in my text; a line with two arrows appeared""",
        asks="""what is (the seam|a seam|this line in the answer|the line in the middle|the strange line); what does (lost at 214 characters|continued here|the seam|the line with the arrows|the note in the answer) mean; is the seam an error; is text lost at the seam; why is there a line in my answer; is my answer complete after a seam""",
    ),
    fact(
        "outbox",
        """When no node is there, your message waits in the outbox, also after a restart. It is sent in order when a node returns. In the list you can edit, move, send
        now, or drop each one.""",
        "outbox; order",
        topics="""[the] (outbox|outbox list|waiting messages|messages in the outbox|unsent messages|list of waiting messages|out box|waiting list|unsent queue); outbox; 2 waiting in outbox; waiting in outbox; messages that wait; offline messages; an unsent message; pending messages""",
        actions="""(see|open|edit|empty|clear|change|manage|show|look at|sort|clean) (the outbox|my outbox|messages in the outbox|waiting messages|a waiting message|the waiting list|a message in the outbox|unsent messages|pending messages); (drop|delete|remove|cancel|take back) (a waiting message|a message from the outbox|an unsent message|a message that waits|messages in the outbox);
        (send|write|type) (messages|a message|something) (without a node|while offline|when no node is there|when all nodes are down|while all nodes are offline); (move|reorder) messages in the outbox; send a waiting message now""",
        says="""(my message|a message|it|my question) (is|waits|stays|sits|hangs) in the outbox; it says (2 waiting in outbox|waiting in outbox|outbox); all (nodes|servers|my nodes|my servers) are (down|offline|dead|gone|away); no node is (there|online|available|reachable|up|left); there is no node; my message is waiting [to be sent]; my message was not sent yet; no node answers; i wrote a message while offline""",
        asks="""what is the outbox [for]; where is the outbox; why is my message in the outbox; what happens (to my message|to my question|to messages) when (no node is there|all nodes are down|all nodes are offline|no node is online|there is no node); does the outbox survive (a restart|quitting|a reboot); does esc clear the outbox; how do i (empty|clear|edit|see|open) the outbox; when is the outbox sent; what does 2 waiting in outbox mean;
        is my message lost when all nodes are down; can i edit the outbox; what if all nodes are offline""",
    ),
    fact(
        "route.full",
        """The node's queue is full or you sent too many requests. llamachat tries the next node; when all say so it waits, with an orange banner that counts the
        seconds. The operator sets limits in daemon.toml under `[queue]`.""",
        "next node|waits; [queue]",
        topics="""queue_full; rate_limited; [the] (orange banner|rate limit|rate limits|full queue|error queue_full|error rate_limited|request limit|retry_after); rate limiting; too many requests; 429; the queue limit; a rate limit; retry_after; a full queue; the limit of requests""",
        actions="(raise|change|lift|avoid|increase|set|lower|remove) (the rate limit|the queue limit|the limit|rate limits|the limits|the request limit); get (more requests|around the rate limit|rid of the rate limit); send more (requests|questions) per minute; limit (the requests|requests|requests per minute|how many questions somebody sends)",
        says="""(the|my) queue is full; i (get|see|have) (queue_full|rate_limited|an orange banner|a rate limit|too many requests|error 429|a 429|a queue_full error); i am rate limited; there is an orange banner; it says (rate limited|queue full|too many requests|slow down|i am rate limited); i must wait because of a limit; i sent too many questions; the server says too many requests; everybody uses the node and the queue is full""",
        asks="""what (is|does) (queue_full|rate_limited|the orange banner|a rate limit|rate limited|queue full) [mean]; why am i rate limited; why is the queue full; how long am i rate limited; where do i set the rate limit; what happens when the queue is full; is there a (rate limit|limit of requests); how many requests can i send; why is the banner orange; how big is the queue""",
    ),
    fact(
        "nodes.token",
        """Give the token when you add the node, or in config.toml in its `[[nodes]]` part: `token_command`, `token_file` or `token`. LLAMACHAT_TOKEN works
        too.""",
        "token_command; token_file",
        topics="""[the] (token of a node|token for a node|node token|token in the config|token_command|token_file|password of a node|token in config.toml|node password|token on the client side|secret of a node); token_command; token_file; my token; a password manager; node tokens; pass show; a secret in the config""",
        actions="""(enter|give|set|use|type|put in|store|save|insert|paste|add|provide|write) (a token|the token|my token|the node's token|a token for a node|the token of a node|a password|the node token|the token i got) [in the client|for a node|in the config|in config.toml|in llamachat|on my side]; (hide|protect) (the token|my token|the token in the config); keep the token (out of the config|in pass|in a password manager|secret|in a file);
        (log in|authenticate|identify myself) (to a node|at a node|with a token|to my server)""",
        says="i (got|have|was given) a token [from the admin|for a node]; the node wants a token; i do not want the token in the config file; the server asks for a token; my admin gave me a token; it asks for a token",
        asks="""where do i (put|enter|write|type|store|paste|give) (the token|my token|a token|the password|the token of a node); how do i use a token; what is token_command; what is token_file; how do i give a token to llamachat; can the token come from a password manager; where goes the token; what do i do with my token; which file has the token; i have a token where does it go""",
    ),
    fact(
        "nodes.cli",
        "`llamachat nodes` prints the state of all nodes, `--watch` keeps it fresh and `--json` is for scripts. `--node URL` uses a node only for this start.",
        "llamachat nodes",
        topics="""llamachat nodes; the nodes command; --node; --node URL; nodes in the shell; nodes --watch; nodes --json; nodes on the command line; the command for nodes; the state of the fleet; the fleet from the shell; watching nodes""",
        actions="""(see|list|show|print|check|get|watch|monitor|view) (my nodes|the nodes|all nodes|the state of my nodes|the fleet|the state of the fleet|node states|which nodes are up) (in the shell|from the command line|in a script|from a script|on the command line|without the screen|from the shell); use a node (only once|just for this start|without adding it|without the config|only now|for one run);
        start (it|llamachat) with (another node|one node|two nodes|a node url|a given node)""",
        says="i want the state of my nodes in a script; i want to use a node just once; i need the nodes as json; i do not want to open the screen to see my nodes",
        asks="""what does llamachat nodes do; how do i see my nodes in the shell; is there a command for (nodes|the nodes|my nodes); what is --node [for]; can i use a node without adding it; how do i list nodes on the command line; can i watch my nodes from the shell; how do i give a node on the command line""",
    ),
    fact(
        "nodes.speed_of_detection",
        """A silent node shows warning after 5 s and offline after 10 s. While an answer streams it is faster: 3 s of silence are checked with a ping, and
        without a reply within 1 s another node takes over.""",
        "5 s; 10 s",
        topics="(detection|detecting) (of a lost node|a lost node|a dead node|of dead nodes|node failures); (a silent|a hanging|a frozen|a stuck) (node|server); pings; heartbeats; the timeout of a node; the node timeout; timeouts; a half-open connection; a node that hangs; the ping of a node",
        actions="(notice|detect|see|find) (a dead node|that a node is dead|a lost node|a hanging node|that a node hangs) [quickly]; set the (timeout|timeout of a node|ping interval)",
        says="a node (hangs|is frozen|is silent|is stuck|does not answer anymore|froze|stopped responding); the answer stands still; the stream stopped without an error; (the answer|it) (hangs|is stuck|froze|stopped moving|is frozen) [in the middle]; my network cable was pulled; nothing moves anymore",
        asks="how (fast|quickly|soon) (is a dead node noticed|does it notice|does it see a dead node|does failover happen|is a lost node found|does it notice a lost node); how long does failover take; what if a node hangs; what is the timeout; when is a node offline; after how many seconds is a node offline; how does it know that a node is dead; how often does it ping; what happens if a node freezes",
    ),
    fact(
        "nodes.find",
        """The first-run screen can find nodes on this host. A node on another machine you add by its URL: Nodes tab, `a`. The daemon's default port is
        13000.""",
        "13000|this host",
        topics="(finding|discovery of|discovering|searching for) (nodes|a node|servers|nodes on this host|local nodes|daemons); node discovery; auto discovery; automatic discovery; local nodes; nodes on my network; a network scan; find nodes on this host",
        actions="(find|discover|scan for|search for|look for|detect) (nodes|my node|nodes on this host|local nodes|nodes on my network|servers|a daemon on this machine|daemons|nodes automatically|a local daemon|my server in the network); (use|connect to) a (local daemon|daemon on this machine|node on this host|daemon on localhost)",
        says="i do not know the address of my node; i do not know the url of my server; i have a daemon on this machine; a daemon already runs here; i forgot the url of my node",
        asks="does it find nodes (by itself|automatically|on my network|alone); can it (find|discover) nodes; how do i find (my node|nodes|my server|nodes on my network); is there auto discovery; does it see a daemon on localhost; which address has my node; can it scan my network; how do i find the address of a node",
    ),
)
