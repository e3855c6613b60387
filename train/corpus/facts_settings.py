"""Settings, files, looks, terminals and ways to use llamachat without a full screen."""

from __future__ import annotations

from .grammar import Intent, fact

FACTS: tuple[Intent, ...] = (
    fact(
        "config.where",
        """The settings are in `config.toml` in your config directory. `llamachat config path` prints where it is; `--config FILE` or
        LLAMACHAT_CONFIG uses another one.""",
        "config path",
        topics="""[the] (config file|configuration file|settings file|config.toml|config path|config directory|place of the settings|location of the config|path of the config|rc file|dotfile); config.toml; where the config is; --config; llamachat config path; the client config; config location""",
        actions="""(find|locate|see|open|look at|print the path of) (the config file|config.toml|the settings file|my config|the configuration file|the config|my settings file); use (another config file|a different config|two configs|another configuration|my own config file); (copy|move) my (settings|config) to another machine""",
        says="i cannot find (the config|config.toml|the config file|my settings|the settings file); i look for the config file; i do not know where the config is",
        asks="""where (is|are) (the config|the config file|config.toml|the settings|my settings|the settings stored|the configuration|my config|the preferences stored); where does (it|llamachat) (keep|store|save) its (settings|config|configuration); which file has the settings; what is the config file called; which config file is used; what does llamachat config path do;
        in which directory is the config; where do settings live""",
    ),
    fact(
        "config.example",
        "A small `config.toml` with one node looks like this:",
        "[[nodes]]; url",
        block="""
        ```toml
        [[nodes]]
        name = "llama-01"
        url = "ws://10.0.0.5:13000/chat"

        [chat]
        model = "auto"
        policy = "fastest"
        ```
        """,
        topics="""(a config example|an example config|a sample config|a config.toml example|an example of config.toml|a toml example|a config template|a minimal config|the config format|the format of config.toml|toml|a config for one node|the toml file|the content of config.toml); toml; config sample; example configuration; config snippet; the nodes part of config.toml""",
        actions="""(write|make|create|see|start) (a config file|config.toml|a config|my own config.toml|a configuration file|an example config|a config from scratch); write a node into (config.toml|the config|the file); (add|configure|define|put) (a node|nodes) (in config.toml|in the config file|by hand|in a file|with a text editor)""",
        says="i do not know what to write in config.toml; i want to write the config by hand; i have no config file yet; my config.toml is empty",
        asks="""what does (config.toml|the config file|a config|the config) look like; what (goes|is|do i write) (into|in) (config.toml|the config file|the config); can you show me (a config|an example config|a config.toml|config.toml); what is the format of the config; how do i write a node in the config; is the config yaml or toml;
        show me a config.toml; give me an example config; how is config.toml written""",
    ),
    fact(
        "config.edit",
        """Use the Settings tab, or `llamachat config edit` to open config.toml in your editor. Comments in the file are kept when the Settings tab
        saves.""",
        "settings tab; config edit",
        topics="""[the] (settings|settings tab|settings screen|options|preferences|configuration|setup screen|settings page|config); llamachat config edit; editing the config; settings; options; preferences; comments in the config; the sections of the settings""",
        actions="""(change|edit|set|open|adjust|modify|find|see|customize|configure|tweak|alter) (the settings|a setting|settings|the config|options|the options|my preferences|the configuration|an option|the preferences|config.toml|the config file|some settings); configure (it|llamachat|the client|things|the program); (save|keep|reset) (the settings|settings|my settings)""",
        says="i want to change something; i do not like the defaults; i want to configure it; i want other defaults; my settings are not saved; my comments in the config should stay",
        asks="""where are the (settings|options|preferences); how do i (change|edit|open) (a setting|the settings|settings|the config|the options); can i change the (settings|defaults|options); what can i (change|set|configure|customize); which settings are there; what is in the settings; are my comments kept [in the config]; which key opens the settings;
        how do i configure it; how do i save the settings; what is configurable""",
    ),
    fact(
        "config.validate",
        """Run `llamachat config validate`. It reports all wrong settings at once, each with file, line, key, what was found and what is allowed. In the
        Settings tab a wrong value has a red border with the reason below.""",
        "config validate",
        topics="""(checking|validating|validation of) (the config|config.toml|my settings|the settings|the config file); llamachat config validate; wrong settings; a (wrong|bad|invalid|broken) (setting|config|value|config file|option); config errors; the red border; an error in the config; a mistake in config.toml; config validation""",
        actions="""(check|validate|verify|test|proof) (the config|config.toml|my settings|the settings|my config|the config file|the configuration|whether my config is right); find (the error|a mistake|errors|what is wrong) in (my config|config.toml|the config file|my settings); (fix|repair|correct) (my config|config.toml|a wrong setting|the config|a broken config)""",
        says="""(my config|config.toml|the config file|the config) is (wrong|broken|not accepted|invalid|refused|not read|ignored); it (says|complains) (that a setting is wrong|about my config|that the config is invalid|about a setting); there is a red border [in the settings]; it does not take my (value|setting); a setting is wrong; llamachat does not start because of the config; i made an error in config.toml; the settings do not save; a field is red""",
        asks="""how do i check my config; is my config right; what is wrong with my config; what does the red border mean; what does config validate do; why is my setting not accepted; why can i not save the settings; how do i find an error in config.toml; why is the field red""",
    ),
    fact(
        "look.theme",
        """Open Settings, look, and choose a theme; you see it live. There are `llamachat`, `llamachat-light`, `high-contrast` and `ansi`. Or start with
        `--theme NAME`.""",
        "settings; llamachat-light",
        topics="""[the] (theme|themes|colours|colors|color scheme|colour scheme|look|appearance|design|skin|dark mode|light mode|light theme|dark theme|night mode|day mode|background|background colour|brightness|palette of colours|style of the screen); --theme; dark mode; light mode; theme; colors; colours; skins; llamachat-light; ansi theme""",
        actions="""(change|switch|set|pick|choose|select|use|get|try|adjust|modify|alter) (the theme|another theme|the colours|the colors|the color scheme|the colour scheme|the look|a light theme|a dark theme|dark mode|light mode|the appearance|a different theme|other colours|the background|other colors|the design); make (it|the screen|everything|the background|llamachat) (dark|light|brighter|darker|bright|white|black|pretty|less bright|nicer|look better|more colourful);
        turn on (dark mode|light mode|night mode); switch to (dark|light|a white background|black on white)""",
        says="""my eyes hurt; it is too (bright|dark|colourful|glaring); the (screen|background|display) is too (bright|dark|white|black); the colours (hurt|are ugly|are awful|are too bright|hurt my eyes|are bad|look bad); i do not like (the colours|purple|the look|these colours|the theme|how it looks|violet); it is (ugly|ugly as hell|not pretty|an eyesore); i work at night; i (want|need|prefer) (a light background|a dark background|dark mode|light mode|other colours|another look);
        it blinds me; i sit in the sun and see nothing; it burns my eyes""",
        asks="""which themes (are there|exist|do you have|does it have|can i choose); is there a (dark|light|dark mode|light mode|dark theme|light theme|night mode); can i change the (colours|theme|colors|look|background|design); where is the theme; where do i change (the theme|the colours|the colors|the look); what themes are there; does it have (themes|a light theme|dark mode|skins); how do i make it (dark|light|darker|brighter);
        how many themes are there; how do i get other colours; can it look different""",
    ),
    fact(
        "look.own_theme",
        "Put a theme file into the folder `themes/` in your config directory, beside config.toml. It then shows up in Settings, look.",
        "themes/",
        topics="(my own|own|custom|a custom|your own|user|personal|home made|self made) (theme|themes|colours|color scheme|colour theme|theme file|theme files); theme files; the themes folder; the themes directory; custom theme; theme file; a theme of my own; more themes",
        actions="""(make|write|create|add|design|use|install|define|build|load) (my own theme|a custom theme|a new theme|a theme file|own themes|my own colours|a theme of my own|custom themes|another theme from the net|my own color scheme|more themes|a theme by myself); share a theme; put a theme file somewhere""",
        says="i want my own colours; none of the themes is right; i have a theme file; i do not like any of the themes; i made a theme",
        asks="""can i (make|write|create|have|use) my own theme; where do theme files go; where do i put a theme; how do i make a theme; are custom themes possible; where is the themes folder; can i install themes; can i define my own colours; can i have more themes""",
    ),
    fact(
        "look.contrast",
        """Choose the theme `high-contrast` in Settings, look, or start with `--theme high-contrast`. It is plain black and white with bold and
        reverse, and no dimmed text.""",
        "high-contrast",
        topics="""(high contrast|high-contrast|the high-contrast theme|contrast|more contrast|the contrast|high contrast mode|low vision|poor eyesight|colour blindness|color blindness|bad eyes|black and white|readable text|dim text|grey text|faint text)""",
        actions="""(use|get|turn on|set|have|switch on|enable|switch to|choose) (high contrast|more contrast|the high-contrast theme|black and white|a high contrast theme|a theme with more contrast|better contrast|strong contrast); (read|see) (the dim text|dim text|the grey text|everything better|the text better|text clearly); make (the text|text|it|the letters) (more readable|easier to read|readable|clearer|stronger|easier to see); increase the contrast""",
        says="""i (cannot|can hardly|can barely|can not) read (the text|the grey text|the dim text|it|anything|the screen|the letters); the text is (too dim|too pale|hard to read|hard to see|too grey|faint|unreadable|too weak); i am (colour blind|color blind|half blind|nearly blind); i have (bad eyes|bad eyesight|poor eyesight|low vision|weak eyes); the contrast is too (low|weak|small); the dim text cannot be read; i see badly; i do not see well; grey on black is hard to read""",
        asks="""is there (a high contrast theme|high contrast|a theme for bad eyes|more contrast); how do i get (more contrast|high contrast); can colour blind people use it; is it usable for colour blind people; what is high-contrast; how do i make the text easier to read; is anything shown by colour alone; does it have a high contrast mode""",
    ),
    fact(
        "look.font",
        """The font belongs to your terminal: change its size there, often with Ctrl and plus. In Settings, look, you can change the density of llamachat.""",
        "terminal; density",
        topics="""[the] (font|font size|fonts|text size|letter size|size of the letters|zoom|density|spacing|line spacing|typeface|density setting); bigger (text|letters|fonts); small letters; font size; zoom; a bigger font; compact mode""",
        actions="""(change|set|increase|choose|enlarge|reduce) (the font|the font size|the text size|the size of the letters|the density|the zoom|the spacing); make (the text|the letters|the font|everything|words) (bigger|larger|smaller|tighter|denser|tiny); (zoom|zoom in|zoom out); use (another font|a bigger font|larger letters|a smaller font|big letters); (have|get) (more lines on the screen|a denser layout|bigger letters|bigger text)""",
        says="the (text|font|writing) is too (small|big|tiny|large); the letters are too (small|big|tiny|large); i need (bigger letters|glasses for this|larger text|a bigger font); everything is too (small|tiny); i cannot read such small letters",
        asks="can i (zoom|change the font|make the text bigger|change the font size|have bigger letters); where is the font size; how do i (zoom|zoom in|make it bigger|get bigger letters|change the font); is there a zoom; which font (is used|does it use); what is the density; why is the text so small",
    ),
    fact(
        "look.no_color",
        "Set the environment variable NO_COLOR, and llamachat uses no colours. The theme `ansi` uses only the colours of your terminal.",
        "NO_COLOR",
        topics="""NO_COLOR; no color; no colour; no colours; (monochrome|colourless|uncoloured) [output|mode]; the terminal's own colours; the ansi theme; ansi; terminal colours; my terminal's (palette|colours|color scheme); 16 colours; 256 colours; true colour; colours of the terminal""",
        actions="""(turn off|disable|switch off|remove|get rid of|stop|drop) (colours|colors|all colours|the colours|colour|color|all colors|the colors); use (no colours|my terminal colours|the colours of my terminal|my terminal's colours|no colors|the terminal palette|only 16 colours|my own terminal palette); run (it|llamachat) without (colours|colors|color)""",
        says="i want no colours [at all]; my terminal has (only 16 colours|no colours|only 256 colours|few colours|no true colour); the colours are wrong in my terminal; the colours look wrong [in my terminal]; i have an old terminal; i do not need colours",
        asks="""does it honour NO_COLOR; can i turn off colours; how do i turn off (colours|colors|all colours); is there a way without colours; can it use my terminal's colours; does it work with 16 colours; what is the ansi theme; does it need true colour""",
        portable=False,
    ),
    fact(
        "look.motion",
        """Set `motion = false` in config.toml, or switch motion off in Settings, look. Then no fade-in, no pulse and no blinking cursor.""",
        "motion = false",
        topics="""(motion|animation|animations|blinking|the blinking cursor|the fade-in|flicker|flickering|the pulse|the animation|effects|moving things|motion = false|the motion setting|reduced motion|visual effects|motion sickness|blinking things)""",
        actions="""(turn off|disable|stop|switch off|reduce|remove|get rid of|kill) (motion|animations|the animation|the animations|blinking|the blinking|the blinking cursor|the fade-in|moving things|effects|the pulse|flicker|all animations|the effects|the flicker); make it (calmer|calm|still|stop blinking|quiet|less nervous|stop moving)""",
        says="""(it|the cursor|something|the mark|the screen|everything|that thing) (blinks|flickers|moves|pulses|flashes) [too much|all the time|and makes me nervous]; the (blinking|animation|motion|flicker|pulse|fading) (makes me sick|annoys me|is annoying|drives me crazy|is distracting|distracts me|disturbs me|makes me dizzy); i get (dizzy|sick|a headache) [from it]; there is too much motion; i want a calm screen;
        messages fade in too slowly; it is too restless""",
        asks="""can i turn off (animations|motion|the blinking|the animation|blinking); how do i stop the (blinking|animation|flicker|pulse); what does motion = false do; where is the motion setting; why does the screen flicker; why does the cursor blink; is there a setting for motion; can it be without animation; are there effects that i can turn off""",
    ),
    fact(
        "plain.mode",
        """Start `llamachat --plain`: the same chat as a plain line by line transcript, no redraws, with role labels and numbered choices. It is good
        for screen readers, simple terminals and scripts.""",
        "--plain",
        topics="""(plain mode|the plain mode|--plain|a linear mode|the line mode|line mode|text mode|a screen reader|screen readers|screen reader support|accessibility|blind users|a braille display|orca|nvda|a dumb terminal|a simple terminal|the transcript mode|speech output|a serial console|the plain line mode); plain; accessible mode; a11y""",
        actions="""(use|run|start|open|have) (it|llamachat) (in plain mode|without a full screen|with a screen reader|as plain text|line by line|in a dumb terminal|with orca|with a braille display|without redraws|in line mode|without the tui|on a serial console); (turn on|start|use|switch to|enter) (plain mode|the plain mode|line mode|the linear mode|--plain|text mode);
        get plain text only; turn off the full screen; have it read aloud; chat without the full screen""",
        says="""i am blind; i use a screen reader; my screen reader (reads rubbish|does not work|reads nothing|reads everything twice|goes crazy|cannot read it); i have a (dumb|simple|very old|stupid) terminal; the full screen does not work [for me|in my terminal]; i only want plain text; i cannot see the screen; i want no full screen; my terminal cannot redraw; the screen reader cannot follow""",
        asks="""is it (accessible|usable for blind people|usable with a screen reader|screen reader friendly); does it work with (a screen reader|orca|nvda|a braille display|a dumb terminal); can blind people use it; what is plain mode; what does --plain do; is there a (plain mode|text mode|mode for screen readers|line mode|simple mode); can i use it without the full screen;
        how do i get plain text; does llamachat support screen readers; how accessible is it""",
    ),
    fact(
        "ssh.use",
        """llamachat is made for SSH. To save bandwidth set `motion = false` and use the theme `ansi`; over SSH in 256 colours it redraws at most 10
        times a second. `--plain` sends the least.""",
        "motion = false; --plain",
        topics="""(ssh|over ssh|ssh use|slow ssh|a slow connection|bandwidth|a slow link|the bandwidth|a remote machine|remote use|a slow line|mobile internet|a bad connection|low bandwidth|mosh|redraws|network traffic|data usage|bandwidth over ssh|a slow network|lag over ssh)""",
        actions="""(use|run|start) (it|llamachat) (over ssh|on a remote machine|through ssh|over a slow connection|over a slow link|with little bandwidth|on a remote server|via ssh|inside ssh|remotely); (save|reduce|lower|limit|cut) (bandwidth|the bandwidth|traffic|data|redraws|the traffic|network traffic|the amount of data); make it (faster|quicker|lighter|smoother|less laggy) over (ssh|a slow link|a slow connection)""",
        says="""it is (slow|laggy|sluggish|jerky) over ssh; my (ssh|connection|link|network|line) is (slow|bad|very slow|laggy|weak); ssh is (slow|laggy) with it; typing lags over ssh; the screen (lags|is slow|stutters) over ssh; i am on a (slow line|train with bad internet|mobile connection|modem); it uses too much (bandwidth|data|traffic); it eats my mobile data; redrawing is slow on the remote machine""",
        asks="""does it work over ssh; can i use it over ssh; how much bandwidth does it need; is it good over ssh; how do i save bandwidth; why is it slow over ssh; does it work on a remote machine; how many redraws; what can i do about a slow ssh connection; is it ok for slow connections; can i use it remotely""",
        portable=False,
    ),
    fact(
        "term.tmux",
        """It works in tmux. For copy set `set -g set-clipboard on` in .tmux.conf, or `allow-passthrough on`. Ctrl+J makes a new line there. `llamachat doctor`
        checks your tmux.""",
        "set-clipboard on",
        topics="(tmux|using tmux|tmux settings|tmux support|the tmux config|tmux.conf|my tmux|tmux and llamachat|running in tmux|gnu screen|a terminal multiplexer|zellij|tmux problems|screen and tmux)",
        actions="""(use|run|start|open|have) (it|llamachat|the program|the chat) (in tmux|inside tmux|with tmux|within tmux|under tmux); (set up|configure|prepare|change|adapt) (tmux|my tmux|tmux for llamachat|.tmux.conf|the tmux config); make (it work in tmux|tmux work with it|tmux behave)""",
        says="i use tmux; (tmux|my tmux) (breaks it|makes trouble|causes trouble|makes problems|does strange things); it (behaves strangely|looks wrong|does not work|is strange|acts up) in tmux; i am in tmux; something is wrong inside tmux; i always work in tmux",
        asks="""does it work in tmux; can i use (tmux|it in tmux); what do i (set|need|put|write) in (tmux|tmux.conf|my tmux config); is tmux supported; which tmux settings are needed; does it like tmux; what about tmux; how do i set up tmux for this; anything special for tmux; does llamachat support tmux""",
        portable=False,
    ),
    fact(
        "config.env",
        """llamachat reads LLAMACHAT_CONFIG (config file), LLAMACHAT_DATA_DIR (data directory), LLAMACHAT_TOKEN (node token) and NO_COLOR.""",
        "LLAMACHAT_CONFIG; LLAMACHAT_TOKEN",
        topics="""[the] (environment variables|env vars|env variables|environment|environment variable|variables of the shell|shell variables|env); LLAMACHAT_CONFIG; LLAMACHAT_DATA_DIR; LLAMACHAT_TOKEN; environment settings; settings by environment; env""",
        actions="""(set|use|change|export|define) (an environment variable|environment variables|env vars|LLAMACHAT_CONFIG|LLAMACHAT_TOKEN|LLAMACHAT_DATA_DIR|env variables); configure (it|llamachat) (with environment variables|by environment|through the environment|with env vars|from the shell); (pass|give) (a token|the token) (in the environment|by environment variable|through the environment)""",
        says="i want to set it in my shell; i start it from a script with variables; i cannot write a config file; i need settings in a container",
        asks="""which (environment variables|env vars|env variables|variables) (are there|exist|does it read|can i set|does it know); what environment variables are there; does it read environment variables; what is LLAMACHAT_TOKEN; what is LLAMACHAT_CONFIG; what is LLAMACHAT_DATA_DIR; can i use env vars; is there an environment variable for the config""",
    ),
    fact(
        "config.datadir",
        """`--data-dir DIR` and `--config FILE` move all files of llamachat. Otherwise: config.toml and themes/ in the config directory, history.db in the data
        directory, the log in the state directory.""",
        "--data-dir; history.db",
        topics="""--data-dir; data-dir; the files of llamachat; (all|the|its|which) files [on disk]; the (directories|folders|file layout|files it makes|state directory|log file of the client|client log); a portable install; the client's log; where files live; a usb stick; the list of files""",
        actions="""(move|put|keep|store) (all files|everything|its files|the files|all its data) (elsewhere|in another place|on another disk|on a usb stick|in one folder|in another directory); (see|find|list|know) (all files|the files it writes|which files it uses|the log of the client|the client log|the log file of llamachat); run (it|llamachat) (from a usb stick|with separate data|with a test profile|twice with different data)""",
        says="my home directory is (full|small|read only); i want everything in one folder; i look for the log of the client; i do not want files in my home",
        asks="""which files does (it|llamachat) (write|use|make|create|have); where are the files; where does it put its files; what files are there; where is the (log|log file) [of the client]; what does --data-dir do; can i move all files; what does llamachat write to disk; where is everything stored; which folders does it use""",
    ),
    fact(
        "doctor",
        """Run `llamachat doctor`. It checks the terminal (keys, colours, clipboard, tmux), the data files and every node, and names the line to change for
        each finding.""",
        "llamachat doctor",
        topics="""[the] (doctor|llamachat doctor|doctor command|diagnosis|self test|self-test|health check of the client|diagnostics|troubleshooting|self check|checkup|problem finder|trouble shooting); doctor; diagnose; a check of my setup; a general check; debugging; debug""",
        actions="""(run|use|start) (the doctor|doctor|a self test|a diagnosis|a check|diagnostics|llamachat doctor); (diagnose|find|debug|examine|troubleshoot) (a problem|problems|the problem|what is wrong|the error|my setup|an error|issues); (check|test) (my setup|everything|my terminal|the whole thing|if all is well|my installation|the installation|the setup|if everything works);
        find out what is wrong""",
        says="""(something|it|llamachat|this|everything) (is broken|does not work|is wrong|does not work right|is not working|acts strange|is messed up|behaves strangely|goes wrong); i have a problem; i have problems; i do not know what is wrong; nothing works; there is an error; i get an error; it fails; it is broken; something is off; i have trouble; i get errors; it does not work; this does not work at all""",
        asks="""what does (doctor|the doctor|llamachat doctor) (do|check|test); how do i find (the problem|out what is wrong|the error); is there a (self test|diagnosis|check|doctor); how do i check (my setup|everything|my installation); what is the doctor; how do i debug this; what can i do when something does not work; why does it not work; what is wrong; what should i check first""",
    ),
)
