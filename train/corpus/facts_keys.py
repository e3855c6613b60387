"""Keys and the pieces of the chat screen."""

from __future__ import annotations

from .grammar import Intent, fact

FACTS: tuple[Intent, ...] = (
    fact(
        "keys.all",
        "These are the most useful keys:",
        "Ctrl+J; Esc; Ctrl+Q",
        block="""
        | key | does |
        | --- | --- |
        | Enter | send |
        | Ctrl+J | new line |
        | Esc | stop the answer |
        | F1 | keys of this screen |
        | Ctrl+P | every action by name |
        | Ctrl+O | jump to a panel |
        | Ctrl+Q | quit |
        """,
        topics="""[the|all|all the] (keys|shortcuts|hotkeys|key bindings|keyboard shortcuts|keybindings|key combinations); the (list of|most important|main|basic) (keys|shortcuts); keyboard; the keyboard;
        a (list|table|cheat sheet) of (keys|shortcuts); [key] cheat sheet; the controls; controls""",
        actions="(see|list|show|learn|print|know) (the keys|all keys|the shortcuts|all shortcuts|the key bindings); use the keyboard; use (it|llamachat) by keyboard; control (it|llamachat|this program)",
        says="i do not know the keys; i forgot the keys; i do not know what to press; i do not know any shortcut",
        asks="""which keys (are there|do i need|can i use|exist|should i know); what (keys|shortcuts|hotkeys) (are there|exist|does it have|do i need); what are the (keys|shortcuts|controls|key bindings); how do i (control|operate) this;
        what do i press; what can i press; list (the|all) (keys|shortcuts); what keys do what; which shortcut does what; keys pls""",
    ),
    fact(
        "keys.send",
        "Press Enter to send the message. Ctrl+Enter also sends where the terminal knows that key.",
        "enter",
        topics="the send (key|button); sending [a message|messages]; the key (to send|for sending); the enter key; submit; Ctrl+Enter; the Send button",
        actions="""(send|submit|post|fire off) (a message|my message|the message|the question|a question|my question|my text|what i typed|it|the prompt|a prompt|my prompt);
        (write|type) to the model; talk to the model; (ask|send) (the model|it) something; ask a question; make it send""",
        says="i typed (something|a question|a message) [and nothing happens]; my message is not sent; my message just sits there; my text does not go out; i wrote my question",
        asks="""which key sends [the message]; what key sends [a message]; what does enter do; how is a message sent; does enter send; where is the send button; what do i press to send;
        how do i say something to the model; i typed my question what now; which button sends; what do i press when i am done typing""",
    ),
    fact(
        "keys.newline",
        """Press Ctrl+J for a new line; it works in every terminal. Shift+Enter works only where the terminal tells it apart from
        Enter; in most it just sends.""",
        "Ctrl+J",
        topics="""(a|the) (new line|newline|line break|linebreak|second line|next line|line feed); multi-line (messages|input|text); multiline [messages|input|text]; several lines; the key for a new line;
        (Shift+Enter|shift enter|Alt+Enter|alt enter); Ctrl+J; more than one line; a paragraph; line breaks""",
        actions="""(make|insert|type|enter|add|start|write|get|put in|do) a (new line|newline|line break|linebreak|second line|next line|paragraph|blank line); write (several|multiple|two|more) lines; (write|type|enter) (a multi-line message|more than one line|multiline text|on the next line);
        go to the next line [without sending]; break (the|a) line; press enter without sending; add a line without sending; use shift+enter; have enter make a new line""",
        says="""(shift+enter|shift enter|alt+enter) (sends|sends the message|does not work|just sends|submits|sends my message too early|sends instead of a new line); enter sends [too early|before i am finished|right away]; i cannot (make|get|type) a (new line|line break);
        it sends when i want a new line; my message goes out too early; the message is sent when i press enter; new line does not work; it sends half my message""",
        asks="""which key (makes|gives|is for) a (new line|line break); why does shift+enter send; what does ctrl+j do; how do i get a new line; what do i press for a new line; which key for newline;
        can a message have more lines; how do i avoid sending with enter; why is shift enter not working""",
    ),
    fact(
        "keys.stop",
        "Press Esc to stop the running answer. It asks nothing, and what was written so far stays. Esc never clears the outbox.",
        "esc",
        topics="""(stopping|cancelling|aborting|interrupting) [an answer|the answer|a generation]; the stop (key|button); cancel; the (esc|escape) key; stop; escape; esc; the key to stop; stop generation; the cancel (key|button)""",
        actions="""(stop|cancel|abort|interrupt|end|halt|break off|kill|cut off|quit) (the answer|an answer|the running answer|the model|the generation|the reply|the output|it talking|the response|a long answer|it);
        (make|get) (it|the model) [to] (stop|shut up|be quiet|stop talking|stop writing|stop generating); stop (it|the model) (from talking|from writing); shut (it|the model) up; turn off the answer""",
        says="""it (does not stop|never stops|will not stop|will not shut up) [talking|writing]; the answer is too long; the model (talks too much|does not stop|keeps talking|goes on and on|rambles|repeats itself|is stuck in a loop|loops);
        i asked the wrong question; i want it to stop; it keeps (writing|going|repeating); i sent it by mistake; enough; too much text; the answer is going in the wrong direction; it is answering the wrong thing""",
        asks="""which key stops [an answer|the answer|it]; what key (stops|cancels) [an answer|it]; how do i stop it; what does esc do; what does escape do; help stop answer; what do i press to stop; where is the stop button;
        does stopping lose the text; can i stop in the middle; how do i cancel; is the text lost when i stop""",
    ),
    fact(
        "keys.quit",
        """Press Ctrl+Q to quit. A running answer goes on at the node and is there when you come back; chats and the outbox are
        saved.""",
        "Ctrl+Q",
        topics="""(quitting|leaving|exiting|closing) [llamachat|the program|the app]; the (quit|exit) key; exit; quit; Ctrl+Q; the way out; the key to (quit|leave|exit); logout; close""",
        actions="""(quit|exit|leave|close|end|get out of|shut down|terminate) (llamachat|the program|the app|this program|this app|this|it|here|the client|the screen|the ui); get out [of here]; go back to (my|the) shell; get my shell back; log out; (quit|exit|leave)""",
        says="""i am (stuck|trapped) [in here|in this program]; i cannot (get out|leave|quit|exit); it does not (quit|close|exit); ctrl+c does not (quit|close it|work|exit); i am done [for today]; i want out; let me out; i want to leave""",
        asks="""how do i (quit|exit|leave|get out|close it|get out of here|close this); which key (quits|exits|closes it|leaves); what does ctrl+q do; what key (quits|exits); how do i get back to the shell;
        what happens to (a running answer|my answer) when i (quit|close it|leave); do i lose the answer when i quit; is anything lost when i quit; how to :q; where is the exit; does ctrl+c quit""",
    ),
    fact(
        "keys.help",
        "Press F1: it shows the keys of where you are. Ctrl+P lists every action by name.",
        "f1",
        topics="""(the|a) help [screen|page|key|text|window]; F1; help; the help function; on-screen help; built-in help; tooltips; the tooltip""",
        actions="(open|show|see|get|find|bring up) (the help|help|a help page|the help screen); get (some|more) help",
        says="i need help; i am lost here; i do not know what to do here",
        asks="""where is the help; is there (a help|help|a help page|a help screen|a help key); what does f1 do; which key shows help; which key is help; how do i get help; can you help me; help me; help; what key opens the help;
        what is this number on the screen; what does this mark mean""",
    ),
    fact(
        "keys.palette",
        "Ctrl+P opens the command palette: type a few letters of any action and press Enter. Every action is there by name.",
        "Ctrl+P",
        topics="""the (command palette|palette|command list|list of commands|commands menu|action list|menu|main menu); Ctrl+P; command palette; palette; all actions; every action; the menu; a menu; menus; the list of actions""",
        actions="""(open|find|show|see|use) the (command palette|palette|menu|command list|list of actions); (find|search|run|start) (an action|a command|any action|an action by name|a function); see all (commands|actions); find a command that i forgot;
        do something without knowing the key; (switch|change|go to|move to) (the tab|tabs|another tab|the nodes tab|the settings tab)""",
        says="i forgot the key for an action; i cannot find a (function|command|menu); there is no menu; i do not remember the key",
        asks="""what does ctrl+p do; is there a (menu|command palette|palette); where is the menu; where are the commands; how do i find a command; which key opens the palette; what commands are there on the screen;
        which key is the command palette; how do i get to the (nodes|settings) tab; how do i switch tabs; how do i run a command by name""",
    ),
    fact(
        "keys.jump",
        "Ctrl+O starts the jump mode: a letter shows on each panel, press the letter and you are there.",
        "Ctrl+O",
        topics="""the jump mode; jump mode; Ctrl+O; jump; jumping [to a panel]; moving between panels; the letters on the panels; focus; the focus; navigation; moving around""",
        actions="""jump [to (a panel|another panel|the history|the composer|the live panel)]; (move|go|get|switch) (between panels|to another panel|to the history panel|to the other side|from panel to panel); (move|change|switch|set) the focus; move around [without the mouse|by keyboard];
        (reach|focus|select) (a panel|the history|another panel|the history panel|the composer); get back to the (composer|input|text box)""",
        says="""there are letters on my panels; i cannot reach the (history|other panel|panel); i cannot get out of this panel; the focus is in the wrong panel; the cursor is in the wrong place; tab does not work""",
        asks="""what does ctrl+o do; what is jump mode; how do i jump; which key jumps; how do i get to another panel; what are the letters on the panels; how do i move the focus; how do i navigate; is there a key to change panels; which key changes the panel""",
    ),
    fact(
        "keys.panels",
        """F5 shows or hides the history panel and F6 the live panel. With 120 columns or more you see all three panels, below that one
        side panel at a time, below 80 columns one column.""",
        "f5; f6",
        topics="""the (panels|side panels|sidebar|side panel|side bar|sidebars|layout|three panels|left panel|right panel|columns); (F5|F6); F5 and F6; the history panel key; panels; sidebar; more space; screen layout; a narrow (terminal|window|screen); the width of the terminal;
        a small (terminal|screen|window)""",
        actions="""(show|hide|toggle|open|close|see|remove|get rid of|bring back|switch off|collapse) (the history panel|the live panel|the side panel|the sidebar|the panels|a panel|the left panel|the right panel|the history on the left|the panel on the right);
        (make|get|have) more (room|space) for (the chat|text|the answer); use (it|llamachat) in a (small|narrow) (window|terminal)""",
        says="""the (history|live panel|sidebar|panel|left side|right side|side panel|history panel) is (gone|missing|hidden|not there|not visible|away); i do not see (the history|the live panel|the panels|my chats on the left); my (terminal|window|screen) is (too small|narrow|small);
        the panels take too much space; there is not enough room; the panel disappeared; everything is cramped""",
        asks="""what does (f5|f6) do; where is the (history panel|live panel|sidebar|panel); which key (shows|hides|toggles) (the history|the panel|the panels|the live panel); how wide must the terminal be; how many columns do i need; why do i see only one panel;
        where did the panel go; can i hide the sidebar; does it work with 80 columns""",
    ),
    fact(
        "keys.editor",
        "Press Ctrl+E in the composer: your text opens in $EDITOR. Save and close the editor, and the text is back in the composer.",
        "Ctrl+E",
        topics="""(the external editor|my own editor|$EDITOR|an external editor|my editor); Ctrl+E; editor; writing in (vim|nano|emacs|my editor); the EDITOR variable; (vim|nano|emacs) for my message; writing long messages""",
        actions="""(write|edit|type|compose|open) (my message|a message|the message|my prompt|a long message|my question|the text) in (vim|nano|emacs|my editor|$EDITOR|an editor|my own editor|an external editor); (use|open|start) (my editor|$EDITOR|an external editor|my own editor) [for the message];
        (write|type) (a long message|a long text|a long prompt|long messages) [comfortably]""",
        says="the composer is too small [for my text]; i want to use my own editor; my text is long; the input box is too small",
        asks="""what does ctrl+e do; which key opens (the editor|my editor|vim); can i use (vim|nano|emacs|my editor) [to write]; how do i open the editor; is there a way to use my editor; which editor is used; how do i write longer texts""",
        portable=False,
    ),
    fact(
        "keys.messages",
        """Move to a message with alt+up or alt+down, then press Enter for its menu: copy, copy code, edit and resend, regenerate,
        continue, branch, quote, raw text, delete.""",
        "alt+up; enter",
        topics="""the message menu; message menu; the menu of a message; message actions; (selecting|focusing) a message; alt+up; alt+down; alt and arrow keys; the actions on a message; raw text; quote; the message options""",
        actions="""(open|see|get|show) the (message menu|menu of a message|menu for a message); (select|focus|choose|highlight|mark|move to|go to|reach|pick) (a message|an older message|an answer|a previous message|the last answer|one message|messages by keyboard);
        (quote|reply to) (a message|an answer); (see|show|get) the raw (text|markdown) [of an answer]; do something with a message; scroll from message to message""",
        says="i cannot select a message; i want to do something with an old message; i cannot click on a message; i see no menu on the message",
        asks="""what can i do with a message; what does alt+up do; how do i (select|focus) a message; how do i reach an older message; which key selects a message; where is the message menu; what is in the message menu; which key goes to the previous message;
        how do i quote; how do i see the raw text; what is alt+down""",
    ),
    fact(
        "keys.recall",
        "Press the up arrow in an empty composer: your last message comes back, ready to change and send again.",
        "up",
        topics="""(recalling|repeating) [the last message|my last message|a message]; the up arrow; recall; my last (message|prompt|question|input); arrow up; the up key; previous input; input history""",
        actions="""(recall|repeat|get back|bring back|resend|reuse|send again|see again) (my last message|the last message|my last question|my last prompt|what i typed before|what i just typed|the previous prompt|my previous message);
        avoid typing it again; (type|ask|send) the same [question|thing] again""",
        says="i do not want to type it all again; i want my last message back; i need the same question again; i sent it with a typo",
        asks="""what does the up arrow do; what does up do; which key recalls [my last message]; how do i get my last message back; does arrow up work like in a shell; can i get back my last input; is there an input history; must i type it again""",
    ),
    fact(
        "keys.rebind",
        "Open Settings and go to keys: every action can be bound to another key, and conflicts are shown. It is saved in config.toml.",
        "settings; keys",
        topics="""(changing|rebinding|remapping|customizing|own|custom|configurable) (keys|shortcuts|key bindings|keybindings|hotkeys); key remapping; rebinding; vim keys; emacs keys; the key settings; my own (keys|shortcuts); (keymap|the keymap|key map)""",
        actions="""(change|rebind|remap|customize|redefine|configure|alter|reassign|swap|edit) (the keys|a key|keys|the shortcuts|a shortcut|a key binding|key bindings|hotkeys|the keybindings|the stop key|the quit key|the send key|the keyboard shortcuts);
        (set|use|define|make|choose|assign) (my own keys|another key|other keys|a different key|vim keys|emacs keys|my own shortcuts|a new shortcut|different shortcuts) [for an action]; put an action on another key""",
        says="i do not like (the keys|this key|these shortcuts|the shortcuts); a key is (taken|used) by (my terminal|tmux|another program|my window manager); my terminal eats (a key|ctrl+q|f5|f1); a key (conflicts|clashes) with (tmux|my terminal)",
        asks="""can i change (the keys|a key|the shortcuts|keys); are the keys configurable; where are the key settings; can i have vim keys; are there vim keys; where do i change the keys; can keys be changed; is it possible to use other keys; does it support vim bindings""",
    ),
    fact(
        "keys.mouse",
        """The mouse works: click, scroll, and drag node cards to reorder them. But everything can be done by keyboard; start with F1
        and Ctrl+O.""",
        "mouse; keyboard",
        topics="the mouse; mouse support; mouse; clicking; scrolling with the mouse; the mouse wheel; a touchpad; mouse usage; drag and drop",
        actions="use (the mouse|a mouse|my mouse|the touchpad); (click|scroll) with the mouse; (click on|drag) things; (work|use it) without a mouse; scroll with the wheel; use only the keyboard",
        says="i have no mouse; i like the mouse; i hate keys; the mouse does nothing; my mouse is broken",
        asks="""does the mouse work; can i use (the|my|a) mouse; is there mouse support; does it support the mouse; can i click [on things]; do i need a mouse; can i scroll with the wheel; is it keyboard only; can i do everything by keyboard; can i drag the cards""",
    ),
    fact(
        "keys.garbage",
        """Run `llamachat doctor` in that terminal: it tests keys, colours and clipboard and names the line to change. If keys
        come in wrong, start with `TEXTUAL_DISABLE_KITTY_KEY=1`.""",
        "llamachat doctor; TEXTUAL_DISABLE_KITTY_KEY",
        topics="""(wrong|strange|broken|weird|garbage|dead) (keys|characters|key presses|symbols); garbage [on the screen]; key problems; keyboard problems; the kitty protocol; the kitty keyboard protocol; TEXTUAL_DISABLE_KITTY_KEY; the key tester; strange letters when i type; escape codes;
        control characters""",
        actions="""(fix|repair|get rid of) (garbage|strange|wrong|weird|broken) (keys|characters|symbols|letters); test my (keys|keyboard|terminal); find out why a key does not work; turn off the kitty protocol; check my terminal""",
        says="""(keys|some keys|the keys|the function keys|f keys|my keys|the arrow keys|my keyboard|f1|f5|ctrl+enter|the alt key) (do not work|does not work|come in wrong|do nothing|does nothing|is broken|are broken|do the wrong thing|print garbage);
        (garbage|strange characters|weird letters|strange symbols|numbers and semicolons|funny characters|codes) (appear|show up|come|are printed) [when i (type|press a key|move the mouse)]; typing (gives|prints) (garbage|strange characters|numbers);
        i get (garbage|strange characters|weird symbols|rubbish) (when i press keys|in the input|in the text box|on the screen); pressing f5 prints codes""",
        asks="""why do my keys not work; why are there strange characters; why does a key do nothing; how do i test my keys; what is TEXTUAL_DISABLE_KITTY_KEY; is there a key tester; why does it print codes; why are there garbage characters; what is wrong with my keyboard""",
    ),
    fact(
        "chat.slash",
        "Type `/` in the composer to see its commands, and `@` with a file name to attach a file.",
        "/; @",
        topics="""(slash|the slash|/) commands; slash; the slash; commands in the (composer|input|chat); the composer commands; the / key; commands that start with a slash""",
        actions="""use (slash commands|commands in the chat|a slash command|/ commands); (type|enter|run) (a command|commands|a slash command) in the (composer|chat|input|text box|message); see the slash commands; list the slash commands""",
        says="typing a slash opens a list; i see a list when i type /; a list pops up when i type a slash",
        asks="""are there (slash commands|/ commands|commands in the chat); what does / do; what (slash commands|/ commands) are there; what does the slash do; what happens when i type /; which commands can i type; what does @ do""",
    ),
    fact(
        "chat.composer",
        """The composer is the input box at the bottom of the chat. It grows to 10 lines. Enter sends, Ctrl+J makes a new line, the draft
        of each chat is kept, and a large paste is folded.""",
        "composer; 10 lines",
        topics="""the composer; composer; the (input box|text box|input field|input line|prompt box|text field|input area|message box); [the] drafts; a draft; unsent text; pasting; a (large|big|long) paste; paste; pasted text; copy and paste into the chat; the box at the bottom""",
        actions="""paste (text|a lot of text|a long text|a log|an article|something big|code) [into the chat|into the composer]; keep a draft; (save|find) (a draft|my draft|an unfinished message|my unsent text); type (a message|text); find the input box; make the input box bigger""",
        says="""my paste (was folded|is folded|disappeared|is shown as one line|is hidden); i pasted (a lot|a long text|too much|something big); i typed half a message and left; i did not finish my message; i switched chats before sending""",
        asks="""what is the composer; where do i type; where is the input [box]; can i paste long text; what happens to a large paste; why is my paste folded; are drafts (saved|kept); is my draft saved; do i lose my unsent text; how long can a message be; how many lines does the input have;
        where can i write; does it keep what i typed; how much can i paste""",
    ),
    fact(
        "chat.statusbar",
        """The status bar at the bottom shows the node, its queue, the connection with its delay in ms, how many messages wait in the
        outbox, and the main keys.""",
        "node; queue; outbox",
        topics="""the (status bar|statusbar|status line|bottom line|last line|footer|bottom bar|line at the bottom|bar at the bottom); status bar; the footer; the connection mark; the (green|red) dot; the dot at the bottom; the header; the top line""",
        actions="(read|understand) the (status bar|status line|footer|bottom line|header); see (if i am connected|whether i am connected|the connection|the state of the connection); check (my|the) connection",
        says="there is a (green|red) dot; the bottom line shows numbers; the status bar shows a number; it says connected 4 ms",
        asks="""what does the (status bar|status line|bottom line|footer) (show|mean|say|tell me); what is at the bottom [of the screen]; what does connected 4 ms mean; what does the dot mean; what is the number at the bottom; am i connected; how do i see if i am connected;
        where do i see the queue; what are the numbers at the bottom; what is the line at the bottom""",
    ),
    fact(
        "chat.live",
        """The live panel on the right shows the node and why it was chosen, the queue and prefill time, time to first token, tokens per
        second, tokens in, cached and out, the cost, tools and events. F6 toggles it.""",
        "tokens per second; F6",
        topics="""the (live panel|right panel|statistics|stats|live view|numbers on the right|speed|token count|token counter|metrics on the right|panel on the right|timings|live numbers|performance numbers); (tok/s|tokens per second|tokens/s|time to first token|first token|prefill|ttft); prefill time; the live panel on the right;
        tokens; token usage; the sparkline; cached tokens; the word cached; usage""",
        actions="""(see|show|read|measure|check|watch|know) (the speed|tokens per second|how fast it is|the statistics|how many tokens i used|the token count|the timings|the tokens|the live panel|how fast the answer comes|the token usage); count (tokens|my tokens)""",
        says="i want to see how fast it is; i see 412 in 380 cached 96 out; there are numbers on the right; the right side shows tok/s",
        asks="""what does the live panel show; what is on the right; what do the numbers on the right mean; how fast is (it|the answer|my node|the model); what is tok/s; what does tok/s mean; what is time to first token; what does prefill mean; what is prefill; how many tokens did i use;
        where do i see (the speed|tokens per second|the tokens|how fast it is|the token count); what does cached mean; what are tokens in and out""",
    ),
    fact(
        "chat.waiting",
        """While you wait it says what is going on: `queued 2 of 5, about 4 s`, `loading model 43 %`, or `reading prompt 1 200 of 3 400
        tokens`. Then the text comes.""",
        "queued; loading; reading prompt",
        topics="""(waiting for an answer|the waiting line|the progress|progress of an answer|the thinking mark|queued 2 of 5|loading model|reading prompt|the state of my question|the spinner|the progress line|the loading line|a progress bar|queue position);
        my place in the queue; queued; the message queued; reading prompt tokens; loading model percent""",
        actions="(see|know|find out) (what it is doing|why i wait|how long it takes|my place in the queue|the progress|if it is working|how far it is|what the node is doing|my position in the queue); check the progress",
        says="""it (says|shows) (queued|loading model|reading prompt|queued 2 of 5|loading model 43 %) [for a long time]; i have to wait; i am waiting [for the answer]; the answer has not started; it is still loading; it has been loading for a while; it is thinking""",
        asks="""what does (queued|loading model|reading prompt|queued 2 of 5) mean; why do i wait; how long do i [have to] wait; what is it doing [now|right now]; why is there no text yet; is it (working|doing something|thinking|busy); why does it say (queued|loading|reading prompt);
        how do i know that it works; what am i waiting for; where am i in the queue""",
    ),
    fact(
        "chat.scroll",
        """The chat follows the end only while you are at the end. Scroll up to read in peace; a mark such as `12 new lines` shows what is
        new below. Go to the end to follow again.""",
        "new lines; end",
        topics="""(scrolling|autoscroll|auto scroll|the scrolling|following the end|the mark 12 new lines|12 new lines|new lines|scroll|the scroll position|automatic scrolling|scrolling back|scroll back); the end of the chat; the new lines mark; the arrow with new lines""",
        actions="""(scroll up|scroll|scroll back|read older messages|read while it writes|go to the end|follow the answer|jump to the end|go to the bottom|scroll down|scroll in the chat|go back to the bottom|see older messages); stop (the autoscroll|it from scrolling|the scrolling|automatic scrolling); turn off autoscroll""",
        says="""it (does not follow|stopped following|does not scroll|no longer scrolls|does not scroll down|stopped scrolling) [the answer]; the text (jumps|runs away|moves while i read|scrolls too fast|runs away while i read); i see 12 new lines; it says new lines; the new text is out of sight; the chat does not move;
        i do not see the new text""",
        asks="""why does it not scroll; what does 12 new lines mean; how do i scroll [up|down]; how do i follow the answer again; does it scroll by itself; how do i get to the (end|bottom); what is the arrow with new lines; how do i see older messages; can i scroll while it is writing; how do i scroll back""",
    ),
)
