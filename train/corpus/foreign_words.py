"""Word lists of the foreign questions."""

from __future__ import annotations

from typing import Final

from .grammar import split


def _words(text: str) -> tuple[str, ...]:
    return split(text.replace(",", ";"))


LEXICON: Final = {
    "country": _words("""France, Germany, Italy, Spain, Portugal, Norway, Sweden, Poland, Japan, China, India, Brazil, Peru, Chile,
        Canada, Mexico, Egypt, Kenya, Nigeria, Turkey, Greece, Austria, Iceland, Ireland, Australia, Mongolia, Vietnam, Cuba,
        Finland, Denmark, Russia, Ukraine, Morocco, Thailand, Argentina, Belgium, Hungary, Nepal, Iran, Iraq, Ghana"""),
    "city": _words("""Paris, Berlin, Rome, Lisbon, Madrid, London, Vienna, Oslo, Tokyo, New York, Chicago, Boston, Sydney, Cairo, Delhi,
        Moscow, Prague, Athens, Munich, Hamburg, Dublin, Zurich, Seattle, Toronto, Lima, Seoul, Bangkok, Venice, Barcelona"""),
    "food": _words("""bread, pizza, soup, pancakes, an omelette, lasagna, rice, tea, coffee, a cake, apple pie, pasta, sushi, curry, beer,
        jam, cheese, yoghurt, a salad, chocolate cake, dumplings, pesto, cookies, tomato sauce, a burger, noodles, wine, ice cream"""),
    "animal": _words("""cats, dogs, elephants, whales, bees, ants, spiders, lions, horses, penguins, snakes, sharks, owls, wolves, cows,
        octopuses, butterflies, a cheetah, a giraffe, a llama, llamas, alpacas, camels, frogs, mice, parrots, bears, a dinosaur"""),
    "person": _words("""Einstein, Napoleon, Mozart, Shakespeare, Newton, Julius Caesar, Marie Curie, Goethe, Picasso, Bach, Lincoln, Gandhi,
        Cleopatra, Darwin, Beethoven, Galileo, Kant, Plato, Elvis, Tesla, Obama, Merkel, Churchill, Alan Turing, Ada Lovelace,
        Leonardo da Vinci, Van Gogh, Messi, Madonna, Homer, Buddha, Socrates, Taylor Swift, Elon Musk, Linus Torvalds, Bill Gates"""),
    "science": _words("""gravity, photosynthesis, black holes, atoms, DNA, evolution, electricity, magnetism, relativity, quantum physics, the sun,
        the moon, the big bang, volcanoes, earthquakes, clouds, rain, rainbows, vaccines, viruses, the heart, the brain, entropy, the
        ozone layer, plate tectonics, nuclear fusion, climate change, quantum computing, the speed of light, the periodic table, prime numbers,
        the Pythagorean theorem, neural networks, machine learning, blockchain, bitcoin, inflation, the stock market, mitosis, enzymes"""),
    "history": _words("""the French revolution, the Roman empire, world war 1, world war 2, the cold war, the moon landing, the Titanic, the middle ages,
        the Vikings, ancient Egypt, the Berlin wall, the renaissance, the industrial revolution, the American civil war, the Ming dynasty"""),
    "illness": _words("""a headache, a cold, the flu, back pain, a fever, a cough, an allergy, toothache, a broken arm, insomnia, diabetes,
        high blood pressure, a rash, stomach pain, depression, a sore throat, covid, migraine, asthma, a sprained ankle"""),
    "lang": _words(
        """Python, JavaScript, Java, Rust, Go, C, Haskell, PHP, Ruby, Kotlin, Swift, Perl, SQL, TypeScript, Lua, Scala, R, Julia"""
    ),
    "code": _words("""sorts a list, reverses a string, checks if a number is prime, reads a csv file, finds duplicates, sends an email, draws a circle,
        scrapes a web page, computes fibonacci numbers, parses xml, counts words, resizes images, solves a sudoku, plays tic tac toe,
        merges two lists, downloads a web page, makes a web server, shuffles cards, converts json to csv, computes a factorial"""),
    "tongue": _words(
        "French, German, Spanish, Italian, Latin, Japanese, Russian, Portuguese, Dutch, Chinese, Greek, Polish, Turkish, Swedish"
    ),
    "word": _words("""house, water, good morning, love, thank you, tree, bicycle, friend, yesterday, butterfly, car, mother, school, bread, I am
        hungry, where is the station, happy birthday, computer, the weather is nice, goodbye"""),
    "thing": _words("""a bicycle, a car, a washing machine, a phone, a laptop, a house, a guitar, a piano, a boat, a camera, a sofa, a tent, a drone, a
        fridge, a watch, shoes, a printer, a television, a vacuum cleaner, a lamp, a dishwasher, a violin, a router, a microwave, a chair"""),
    "sport": _words(
        "football, tennis, chess, basketball, golf, cricket, rugby, hockey, boxing, swimming, formula 1, poker, badminton, judo"
    ),
    "poem": _words("""the sea, love, autumn, my cat, spring, the moon, a robot, rain, my mother, friendship, winter, coffee, the night, a dragon,
        space, time, a lonely tree, the city, my dog, summer, a princess, a pirate, a computer, a train"""),
    "text": _words(
        "poem, story, song, letter, essay, joke, haiku, limerick, speech, fairy tale, blog post, love letter, cover letter, sonnet, rap, tweet"
    ),
    "unit": _words("""12 inches in cm, 5 miles in km, 100 fahrenheit in celsius, 3 pounds in kilos, 10 euros in dollars, 2 cups in ml, 6 feet in
        metres, 50 dollars in yen, 70 kg in pounds, 8 ounces in grams, 20 celsius in fahrenheit, an acre in square metres"""),
    "event": _words("""the last election, the world cup in 1998, the Olympics, the Oscars, the elections in 2020, the super bowl, the euro 2004,
        the Nobel prize in 1965, the tour de france, wimbledon, the champions league, the last world cup, the eurovision song contest"""),
    "book": _words("""Hamlet, Faust, Moby Dick, War and Peace, the Bible, Don Quixote, 1984, Harry Potter, the Lord of the Rings, Dune, Ulysses, the
        Odyssey, Dracula, Frankenstein, Star Wars, Titanic, the Matrix, Casablanca, Breaking Bad, the Simpsons, Game of Thrones"""),
    "jobword": _words(
        "doctor, lawyer, teacher, pilot, plumber, nurse, chef, engineer, tax adviser, psychologist, farmer, architect, baker, judge"
    ),
    "home": _words("""node, theme, key, panel, model, queue, slot, token, branch, folder, port, context, seam, outbox, policy, daemon, prompt,
        attachment, pin, export, search, history, failover, plain mode, cursor, terminal, card, peer, worker, archive, seed, fingerprint"""),
    "field": _words("""biology, botany, mathematics, graph theory, music, chess, football, cooking, law, medicine, geography, architecture, the army,
        linguistics, economics, philosophy, astronomy, sewing, gardening, politics, poetry, art, sailing, the bible, physics, chemistry"""),
}

PROGRAMS: Final = _words("""VS Code, Photoshop, Excel, Slack, Discord, Kubernetes, Vim, Emacs, Firefox, Chrome, Gmail, WhatsApp, Word, Blender, Minecraft,
    Spotify, Postgres, nginx, Jenkins, Git, Android, my iPhone, Windows, macOS, Telegram, Signal, Zoom, Teams, Notion, Obsidian, IntelliJ, Figma, Steam,
    Netflix, PowerPoint, LibreOffice, Thunderbird, Terraform, AWS, Azure, Grafana, WordPress, GitHub, GitLab, Jira, Trello, MySQL, MongoDB, Redis,
    Elasticsearch, Outlook, Safari, Skype, Twitter, Facebook, Instagram, YouTube, TikTok, Reddit, LinkedIn, Dropbox, Google Docs, Google Maps, OneDrive,
    Inkscape, GIMP, Illustrator, Premiere, Lightroom, AutoCAD, MATLAB, RStudio, Jupyter, PyCharm, Eclipse, Xcode, Unity, Godot, Unreal, Roblox, Fortnite,
    Ansible, Hadoop, Spark, Kafka, RabbitMQ, Cassandra, Node.js, React, Django, Flask, Angular, Laravel, Drupal, Shopify, SAP, Salesforce, Evernote,
    Audacity, VLC, Kodi, Plex, Winamp, iTunes, Apple Music, a Kindle, my Tesla, my TV, my PlayStation, an Xbox, a Nintendo Switch, a Fritzbox, an Arduino,
    Home Assistant, Nextcloud, Mastodon, Sublime Text, Notepad, Atom, mutt, PowerShell, LaTeX, Overleaf, Wikipedia, eBay, Amazon, Alexa,
    Siri, Google, Bing, Midjourney, Stable Diffusion, Copilot, Cursor, Claude Code, a blockchain, a hospital, my car, a spreadsheet, a linked list, a Word
    document, another editor, another program, another app, my email program, a database, a video game, my bank's app, a web shop,
    a photo editor, my calendar, a text editor, the operating system, my mail client, an e-book reader, a smart TV, a music player""")
HELD_OUT_PROGRAMS: Final = _words("""Krita, Signal Desktop, Asana, Neovim, Brave, Proton Mail, Paint, Docker Swarm, Consul, Ableton, Opera, Miro, ClickUp, Garmin,
    Bitwarden, Anki, Confluence, DaVinci Resolve, Logseq, Pinterest, FreeCAD, Puppet, SQLite Browser, Tumblr, Zotero, Waze""")

EASY: Final = {
    "topics": split("""the (capital|population|history|flag|president|currency|king|weather|language|economy|size|area|national anthem|prime minister) of <country>;
        the (weather|population|history|mayor|best museum|best restaurant|airport|price of a flat|metro) (of|in) <city>; <science>; <science>; <history>;
        <person>; <animal>; <illness>; <book>; <sport>; the (life|work|death|birthday|theory) of <person>; the (recipe|best recipe) for <food>; the (rules|history|origin) of <sport>;
        the (plot|author|ending|summary|main character) of <book>; the meaning of life; the (latest|today's) news; the (weather|news|temperature|forecast) [today|tomorrow]; the lottery numbers; my horoscope; the price of (gold|oil|bitcoin|<thing>);
        a (good|cheap|famous) (restaurant|hotel|film|book|song|museum|gift) (in <city>|for my mother|for tonight|for a child); the best (<thing>|phone|film|book|diet|holiday|football player|country); <lang>; <tongue> grammar; the <tongue> word for <word>;
        a (cure|treatment|remedy) for <illness>; the symptoms of <illness>; the (distance|train|flight) from <city> to <city>; a <text> about <poem>; the (height|age|wife|children) of <person>"""),
    "actions": split("""(cook|bake|make|prepare|store|eat) <food>; (repair|fix|clean|buy|sell|build|paint|choose|move|insure) <thing>; write a <text> [about <poem>|for my boss|for my wife]; (cure|treat|get rid of|prevent) <illness>;
        (learn|speak|understand|teach) <tongue>; (learn|program in|install|compile) <lang>; write a (<lang> )program that <code>; write [me] (a function|code|a script|a <lang> function|<lang> code) that <code>; translate (<word>|this|a letter|a text) (to|into) <tongue>; say <word> in <tongue>;
        (travel|fly|go|drive|move|emigrate) to (<country>|<city>); (play|win at|learn|watch|get better at) <sport>; lose weight; sleep better; quit smoking; stop (smoking|drinking|worrying|biting my nails); (find|get|change) a (job|wife|girlfriend|flat|friend|hobby|dentist);
        (become|be) a <jobword>; (tell|write) [me] a joke; make me laugh; sing a song; (draw|paint) a picture of <animal>; (invest|save|earn|make) money; (feed|keep|train|draw|photograph) <animal>; (grow|plant|water) (tomatoes|roses|grass|potatoes|a tree|basil); pay [less] taxes;
        do my homework; (solve|prove) (an equation|a quadratic equation|a theorem|a riddle|x squared equals 9); summarize (<book>|the news|an article|<history>); recommend a (film|book|song|restaurant|game|holiday|laptop); convert <unit>; remember my name; order a pizza; book a (flight|hotel|table) [in <city>];
        call (my mother|the police|a taxi); send an email to (my boss|a friend|my mother); set an alarm; play (music|a song|a video|a game); turn on the (light|heating|radio); plan (a wedding|a trip to <city>|a party|my week); (explain|describe) <science> to a child; tie (a tie|my shoes|a knot);
        calculate (the area of a circle|my taxes|compound interest|my bmi|a derivative); write a (resume|cv|business plan|thesis|novel|shopping list)"""),
    "says": split("""i (have|feel) (<illness>|sad|lonely|tired|hungry|bored|ill|happy); my (cat|dog|child|husband|wife|boss|neighbour|mother|friend) is (ill|angry|sad|lost|loud|mean|late|sleeping); my (car|phone|bicycle|washing machine|heating|fridge|tap|dishwasher) (is broken|makes a noise|does not start|leaks|smells);
        i love (you|my wife|<animal>|<food>|<sport>|<city>); it (rains|is cold|is hot|snows) [outside]; i (want|need) (money|a holiday|a friend|a hug|a new job|<food>|<thing>); i lost my (keys|wallet|passport|job|cat|phone|way); i am (hungry|thirsty|tired|sad|in love|pregnant|from <country>|a <jobword>|30 years old|in <city>);
        the (sky is blue|earth is flat|moon is made of cheese|sun is hot|train is late|milk is sour); my name is (Anna|Tom|Maria|Peter|John|Ali|Lena); i cannot sleep; nobody likes me; i hate (mondays|my job|<food>|<sport>); life is hard; i have an exam tomorrow; my back hurts; my head hurts; my tooth hurts; my leg hurts"""),
    "asks": split("""what is the (capital|population|currency|language|president|biggest city|area|weather) (of|in) <country>; who (was|is) <person>; when was <person> born; when did <person> die; what did <person> (do|invent|write|say|think); who (wrote|made|directed) <book>; what happens in <book>; how does <book> end;
        when was <history>; what (was|caused) <history>; how (does|do|did) <science> work; why is the sky blue; why is (grass green|water wet|the sea salty|snow white|blood red|the moon round); how (old|big|far|hot|heavy) is (the sun|the moon|the earth|the universe|mars|jupiter|mount everest); how many (planets|countries|people|languages|stars|continents|bones|oceans) are there;
        how many (people live|hotels are there) in (<country>|<city>); what do <animal> eat; how long do <animal> (live|sleep); can <animal> (swim|fly|see colours|think|climb); what sound do <animal> make; where do <animal> live; who won <event>; when is <event>; who (is|was) the (king|queen|president|chancellor|pope|prime minister) [of <country>];
        what is the (weather|temperature|news) [like] (today|tomorrow|in <city>|in <country>); will it rain (today|tomorrow|in <city>); what should i (eat|cook|wear|read|watch|do today|buy|study|give my wife); what can i (cook|eat|do|see) (tonight|today|in <city>); is there (life on mars|a god|life after death|a santa claus|free will); what is the meaning of life;
        what is <word> in <tongue>; how do you say <word> in <tongue>; what does <word> mean in <tongue>; what is <unit>; how (much|many) is <unit>; what is the best (film|book|car|phone|song|country|team|diet|pizza); do you (like|eat|know|want|have|love) (<food>|<animal>|music|<person>|children|<sport>|a girlfriend|a body);
        what is (love|time|happiness|art|truth|money|beauty|justice|consciousness); what is (photosynthesis|a verb|a noun|democracy|socialism|an atom|a molecule|pi|infinity|a haiku|a sonnet|an integral|a matrix|a derivative); why do (we|people) (dream|sleep|laugh|cry|die|fight|yawn); should i (marry|quit my job|buy a house|invest|call him|go out); what is the square root of (2|9|16|144);
        who will win the (election|world cup|game|war); are you (married|alive|happy|conscious|sad|hungry|in love); what is your favourite (colour|food|film|animal|song|book); where (do you live|were you born|is <city>|is <country>); which (country|city|animal|river|mountain|planet) is the (biggest|smallest|longest|highest|oldest|hottest);
        is (<food>|coffee|sugar|meat|running|milk) (healthy|good for me|bad|vegan); can i take (aspirin|ibuprofen|antibiotics) (with alcohol|for <illness>|during pregnancy); what helps against <illness>; how do i know if i have <illness>; what is a good name for (a cat|a dog|a baby|a boat|my company); what day was (christmas in 1999|the 4th of july 1776|my birthday); how long until christmas; when is (easter|ramadan|thanksgiving|the next full moon);
        what time (does the shop close|is the next train|is the film|does the sun rise|is dinner); how much (does|is) (<thing>|a flight to <city>|a coffee in <city>) [cost]; who invented (the telephone|the wheel|the computer|paper|the bicycle|the internet|python|linux); how do (planes fly|magnets work|batteries work|computers think|birds fly|ships float|fridges work); what rhymes with (orange|love|moon|time|heart)"""),
}

HARD: Final = {
    "topics": split("""a <home> in <field>; the <home> in <field>; the word <home> in <field>; <home> in <field>; the theme of <book>; a theme park; theme parks in <country>; the keys of a (piano|car|house); the piano keys; the key of C major; major and minor keys; the island of Key West;
        node in (graph theory|botany|physics|a circuit); lymph nodes; node.js; a linked list node; railway (nodes|branches|tracks); a binary tree; model (trains|railways|airplanes|cars); fashion models; a role model; the standard model of physics; the T model of Ford; a top model; token ring; a casino token; crypto tokens; nft tokens;
        the queue at (the airport|the bakery|the post office); a slot machine; slot cars; airport slots; port wine; the port of (Hamburg|Rotterdam|Singapore|<city>); a USB port; harbours and ports; export taxes; the exports of <country>; the import duty of <country>; imports and exports; a search engine; a search warrant; job search; the search for gold;
        the history of (<country>|<city>|art|money|chess|bread|computers|the internet|mathematics|music); the tree branches; a bank branch; a branch office; branch of government; git branches; pin codes; a bowling pin; a pin number; rolling pins; the folder of my taxes; a paper folder; a road in <city>; the fastest (car|animal|train|man|plane) [in the world]; sticky (rice|notes|fingers|buns|tape);
        priority seating; priority mail; the priority queue data structure; drain cleaner; a clogged drain; a kitchen drain; the brain drain; a shell on the beach; turtle shells; sea shells; the terminal at the airport; terminal 2 in <city>; a bus terminal; terminal illness; the esc car system; a panel of experts; solar panels; wall panels; a control panel in <field>;
        a red banner for a party; a banner ad; a seam in a dress; coal seams; a sewing seam; a worker's union; worker rights; minimum wage of workers; demons and daemons in mythology; a daemon in Greek mythology; the guide dog; a travel guide to <city>; tour guides in <city>; a mountain guide; the tour de france; a tour of <city>; a concert tour; the context of <history>; seeds for <food>; seed oil; sunflower seeds; context in a sentence; a fingerprint at a crime scene;
        fingerprint sensors; a police archive; archives of the vatican; a plain in <country>; airplane mode; the mouse as an animal; mouse traps; house mice; a mouse as a pet; llamas in <country>; llama wool; a llama farm; the animal llama; the food of llamas; alpaca or llama; meta llama license; the size of llamas; a doctor for my child; a doctor in <city>; doctor who; daylight saving; the configuration of electrons; the settings of a (camera|oven|dishwasher); light in a room;
        high contrast photography; motion sickness in a car; motion pictures; laws of motion; ssh the sound; the plain text of <book>; the index of a book; a health check at the doctor; my heart rate; prometheus in Greek mythology; the myth of Prometheus; docker as a job; the cargo containers; a shipping container; a folder for photos; keys for my house; my car keys; car batteries; a gym membership; my bank account; an attachment style; attachment theory; the temperature in <city>; the temperature of the sun; quantization in physics; the quantum theory"""),
    "actions": split("""(change|set|choose) the theme of (a party|my wedding|my essay|<book>); (lose|find|copy|cut|duplicate) my (house keys|car keys|keys); (add|insert|delete|remove) a node (to|from) a (linked list|binary tree|graph|circuit|xml tree); (add|put) salt to <food>; (export|import) (goods|cars|wine|food|bananas) (to|from) <country>; (search for|find) (a job|my cat|gold|the truth|love|a flat in <city>);
        (attach|fix) a (shelf|mirror|lamp|hook|trailer) to (the wall|my car|the ceiling|a bike); (drain|empty|clean) (the pool|pasta|the sink|a radiator|the washing machine|the bath); (stop|cancel) (smoking|my subscription|my contract|a nosebleed|the rain|a train|a flight|my gym membership|my hotel booking|the war); (send|post) a (letter|parcel|postcard|fax|package) to <country>; (copy|forge|verify) a (painting|signature|key|passport);
        (pin|hang) a (poster|picture|map|note) (on|to) the wall; (start|restart|stop|install) (a car|the engine|my heart|the washing machine|the heating|a dishwasher|a fire|a company|a new life); (delete|remove) (a tattoo|a stain|ice from the car|my facebook account|a splinter|hair|paint|rust|a photo from my phone|an email|an app from my phone); (quit|leave) (my job|school|the army|a group on whatsapp|my wife|the church|the club);
        (save|print|share) (a photo|a web page|an email|a video) (on my phone|from the internet|with my mother); (connect|pair) (my headphones|a printer|a second monitor|my phone|my tv|a keyboard) [to (bluetooth|wifi|the computer)]; (reset|change|forget) my (password|wifi password|email|phone number|pin|apple id|google account); (update|upgrade|reinstall|restart) (windows|my phone|my drivers|my bios|macos|the router|my graphics driver|my kernel);
        (open|edit|merge|sign|compress) a pdf (on my phone|with adobe|in the browser|for the tax office); (make|take) a screenshot (on windows|on my phone|on a mac); (write|make) a (web page|website|game|mobile app|compiler|operating system|spreadsheet|database); (branch|merge|rebase|commit|push) (in git|a git branch|to github|my code); (deploy|scale|restart) a (pod|kubernetes cluster|web app|website); (jump|run|move) (higher|faster|to another city|with a broken leg);
        (train|fine-tune|build|code) a (neural network|language model|dog|horse|robot|model from scratch|chess engine|image classifier); (regenerate|heal) (skin|a wound|cells|a liver|a battery); (edit|cut) (a video|a photo|my hair|a film|a song); (recall|remember) (names|a dream|vocabulary|my password|my childhood); (route|lay|run) (a cable|a pipe|a road) (through a wall|under the floor|over the mountains); (seed|mow|water) a lawn; (queue|wait) (at the airport|at the bakery|for tickets);
        (plug|open|clean) (my ears|a bottle|a window|a can|the oven); (hide|show) (a file in windows|the taskbar|hidden files on a mac|the desktop icons|my age|my feelings); (use|change|set up) the (camera|oven|radio|thermostat|alarm|sewing machine) settings; (ride|feed|shear|buy|keep|train) a llama; (balance|check) my (bank account|diet|wheels|checkbook)"""),
    "says": split("""my (car|bike|phone|printer|wifi|router|tv|laptop battery|fridge|heating|email|bluetooth|monitor|headphones|dishwasher|website|bank card) (does not work|is slow|is broken|is offline|does not connect|is too loud|is out of memory|keeps crashing|will not start|makes noise); (windows|my mac|my iphone|my android phone|excel|word|photoshop|firefox|chrome|gmail|whatsapp|zoom|my game|outlook) (crashes|is slow|does not start|freezes|shows an error|is broken|will not open|does not work|has a blue screen);
        i forgot my (password|wifi password|pin code|email password|wedding day|apple id); my wifi is (slow|down|bad|gone); my printer does not print; the queue at the (bakery|airport|doctor) is (long|slow|full); my model train is broken; my piano has a broken key; i lost my house keys; the drain in my kitchen is blocked; my ears hurt; my throat hurts; my foot hurts; my knees hurt; my stomach hurts; my llama is ill; my llama does not eat; my dress has a hole; the terminal in <city> is closed; my web site shows 404; my bank card is refused; my flight is cancelled;
        my code does not compile; my python script (crashes|fails|is slow|has a bug); i get a (segfault in my c program|syntax error in python|null pointer exception|git merge conflict|404 on my website|blue screen|type error in javascript); my excel formula is wrong; my kubernetes pod crashes; my docker build fails; my database is slow; my sql query is slow; my css is broken"""),
    "asks": split("""what is a <home> in <field>; what does <home> mean in <field>; what is the <home> of (a tree|a company|a guitar|a ship|a film|<book>|<country>); where does the word <home> come from; how do you spell <home>; what is another word for <home>; what is <home> in <tongue>; how do you say <home> in <tongue>; what rhymes with <home>;
        what do llamas eat; how fast can a llama run; how old do llamas get; where do llamas live; do llamas (spit|bite|swim|lay eggs|have wool); what is the difference between a llama and an alpaca; who invented (the terminal|the keyboard|the mouse|the token ring|unix|email|chat rooms|the daemon); who made llama 3; who is the ceo of (meta|openai|google|anthropic|mistral|nvidia|apple|microsoft); when was (python|linux|unix|tmux|ssh|vim|google|openai|facebook) (released|invented|founded);
        which (gpu|graphics card|laptop|phone|monitor|keyboard|mouse|router|nas) should i buy; how much does (an h100|an rtx 4090|a gpu|chatgpt plus|a macbook|a mac mini|github copilot) cost; what is the (best|fastest) (gpu|laptop|linux distribution|browser|editor|language model|chess engine|car|ssd); is (gpt-4|claude|gemini|mistral|llama 3|python|rust|linux|vim) better than (gemini|claude|emacs|java|windows|qwen|go|gpt-3); how (does|do) (a transformer|attention|backpropagation|a gpu|bittorrent|git|dns|tcp|https|a compiler|a quantum computer) work;
        what is (kubernetes|docker|linux|a transformer|attention in ai|bluetooth|wifi|a vpn|dns|a firewall|html|css|the cloud|an ip address|a cpu|a hash map|recursion|big o notation|a neural network|a compiler|regex|unicode|a mutex|a deadlock|rag|langchain|pytorch|numpy|pandas|a vector database); what port does (ssh|http|postgres|mysql|smtp|dns|minecraft|ftp|redis|mongodb) use; how do i (exit vim|undo a git commit|list files in linux|kill a process in linux|find a file in linux|change my linux password|mount a usb stick|make a bootable usb stick|partition a disk|write a regex for emails|center a div|reverse a linked list);
        what is the (key|shortcut) (for copy in word|to rename a file in windows|for a new tab in chrome|to lock my screen|for undo in photoshop|to mute zoom|for bold in word|to refresh a web page|to switch windows|of beethoven's fifth); how do i turn off (notifications on my phone|the light|autocorrect|my alarm|airplane mode|cookies|the tv|dark mode in windows|the caps lock key|location on my iphone); what is the theme of <book>; why is my (internet|computer|phone|laptop|car|game|browser|website|wifi) (so slow|slow|hot|loud|broken|offline); where are my (glasses|car keys|photos|downloads|windows updates|contacts|shoes);
        can you (write|fix|review|debug|explain) (my code|this code|a python script|a sql query|a regex|this function|my essay|my homework|a letter|a haskell program|this proof); is my (email|password|bank account|phone|house|credit card) safe; how many (people use linux|keys does a piano have|slots has a toaster|nodes has the internet|branches has a tree|ports has a router|languages does python have|transistors has a gpu)"""),
}
