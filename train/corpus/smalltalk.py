"""Greetings, thanks, and who is speaking."""

from __future__ import annotations

import random
from typing import Final

from .frames import rough
from .grammar import Intent, draw_phrase, fact

TALK: Final[tuple[Intent, ...]] = (
    fact(
        "talk.hello",
        "Hello! I am the built-in guide, a tiny model. Ask me how to use llamachat, or ask for the tour.",
        "built-in guide",
        asks="""(hello|hi|hey|hey there|hi there|hello there|good morning|good evening|good afternoon|good day|greetings|howdy|yo|hiya|hallo|heya|moin|servus|aloha|sup|what's up|whats up|good night everyone|morning|evening|hola|salut|ciao|ahoy|welcome)
        [guide|you|everybody|friend|llamachat|little guide|again|to you|computer|bot|dear guide|mate|all|my friend]; (anyone|anybody|is anybody|is somebody|is anyone|someone) (there|here|home); hello hello; hi hi; nice to meet you; i am (back|here); let us start; (can you|do you) hear me; are you (there|awake|online|ready|listening|here); knock knock; ping; test; testing; test test; hello world; say hello; say hi""",
    ),
    fact(
        "talk.thanks",
        "You are welcome. Ask again when you need a key or a command.",
        "welcome",
        asks="""(thanks|thank you|thx|ty|many thanks|thank you very much|thanks a lot|cheers|much appreciated|thank you so much|thanks so much|big thanks|merci|danke|thank u|tysm|thanks a bunch|thanks a million) [guide|for your help|for that|that helped|my friend|it works now|it works|mate|again|for the answer|very helpful|you helped me|for the help|bot]; (that|this|it) (helped|helps|works|worked|was helpful|was useful|did it) [a lot|very much|thanks|now];
        (great|perfect|good|cool|nice|super|excellent|awesome|ok|okay|fine|wonderful|brilliant|got it|good job|well done|good answer|nice one|very good|amazing|all right|alright|i see|understood|makes sense|good to know|sounds good|lovely|neat|sweet|fantastic) [thanks|thank you|that works|thx]; you (are|were) (helpful|great|very helpful|nice|the best|a good guide|kind|awesome); good (bot|guide|work); that is (all|good|great|what i needed|perfect|nice); that was easy""",
    ),
    fact(
        "talk.who",
        "I am the built-in guide of llamachat, a tiny model that comes with the program. I am not a person and not ChatGPT.",
        "built-in guide; tiny",
        asks="""who are you; what are you; who is this; who am i talking to; what is your name; what's your name; whats your name; do you have a name; tell me about yourself; introduce yourself; are you (a human|a person|a robot|a bot|an ai|real|chatgpt|gpt|gpt-4|claude|gemini|a machine|alive|a program|llama|siri|alexa|a computer|openai|an llm|a language model|a chatbot|intelligent|artificial|the guide|a real person|mistral|copilot|deepseek|llama 3);
        you are (chatgpt|a robot|a human|gpt-4|claude|a bot|an ai|not real); is this (chatgpt|a bot|a person|gpt|an ai|a human|openai|a real person|claude|gemini|deepseek); am i talking to (a human|a robot|chatgpt|a person|an ai|a machine|a bot); what (kind of ai|ai|bot) (are you|is this); (who|what) (made|built|created|programmed) you; are you the guide; who do i talk to; who is answering; what should i call you; say your name; your name; which ai are you; which ai is this; what company made you; where do you come from; how old are you; are you (from openai|made by openai|by google|a person or a machine)""",
    ),
    fact(
        "talk.how",
        "I am fine, thank you: small, but ready. What do you want to know about llamachat?",
        "fine",
        asks="""how are you [today|doing|doing today|feeling|now]; how do you (do|feel) [today]; how is it going; how's it going; hows it going; how goes it; are you (ok|fine|well|happy today|good|all right|tired|busy); how is (life|your day|everything); how was your day; you ok; how have you been; how r u; what is new; everything ok; is everything all right [with you]; all good; how are things; do you feel good today; you good; are you having a good day; how do you feel about that""",
    ),
    fact(
        "talk.bye",
        "Goodbye! Ctrl+Q quits llamachat; your chats are saved.",
        "goodbye",
        asks="""(bye|goodbye|good bye|see you|bye bye|see you later|see you tomorrow|farewell|cu|good night|so long|until tomorrow|ciao then|take care|later|cya|have a nice day|have a good day|adieu|until next time|i have to go|i must go|gotta go|i am off|i am leaving now|that is all for today|i am going home|time to go) [guide|then|friend|my friend|now|and thanks|everybody|bot]; i am going to (bed|sleep|lunch); talk to you later; we are done; that was all [for today]; enough for today; i am finished for today""",
    ),
    fact(
        "talk.sorry",
        "No problem. Ask me anything about llamachat, for example: which keys are there?",
        "no problem",
        asks="""(sorry|i am sorry|excuse me|my mistake|my bad|oops|pardon|whoops|i apologize|apologies|oh sorry|never mind|nevermind|forget it|forget that|no|not now|wait|wait a moment|one moment|hm|hmm|well|uh|um|let me think|so|ok so|oh|ah|aha|what|huh|eh|really|are you sure|you sure|no thanks|no thank you|nope|yes|yes please|yep|yeah|sure|of course|maybe|perhaps|i do not know|idk|dunno|not sure|i changed my mind|just testing|just looking|wrong window|i was joking|just kidding|lol|haha|hehe|wow|interesting|funny|too bad|what a pity|good question|i see what you mean|no idea|right|correct|exactly|true|wrong|false) [guide|sorry|then]""",
    ),
    fact(
        "talk.rude",
        "I am a tiny model and often wrong. For more, run a bigger model on a node; for llamachat, ask me about keys, nodes or models.",
        "tiny; bigger model",
        asks="""(shut up|go away|you suck|idiot|stupid|stupid bot|you idiot|you are an idiot|i hate you|useless|you are useless|this is useless|what a stupid bot|damn|damn it|wtf|what the hell|that is stupid|this sucks|bad bot|you are terrible|crap|go to hell|leave me alone|you are annoying|boring|you are boring|moron|what a piece of junk|rubbish|dumb bot|you dumb machine|screw you|you are worthless|terrible answer|not helpful|you did not help|that did not help|this does not help|unhelpful|no that is not what i asked|that is not what i asked|that is not what i meant|you did not answer my question|you do not understand|you don't understand me)""",
    ),
)
TALK_BY_NAME: Final = {intent.name: intent for intent in TALK}


def wording(rng: random.Random, intent: Intent) -> str:
    """Something that people say in small talk; no frames, only sloppiness."""
    _, phrase = draw_phrase(rng, intent)
    return rough(rng, phrase, 0.6)
