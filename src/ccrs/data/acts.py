"""What a turn does in the conversation: the act of a reply, of the seeker's turn, and which act follows which.

Both are read from the words by rules, on text whose films and facts are slots (``[item]``, ``[actor]``);
a film that was named before (``[named]``) is talked about, not offered.
The rules look at one sentence at a time and then let the weightiest sentence speak for the turn; the acts
are those on which the taxonomies of recommendation dialogues agree (greeting, inquiry, recommendation,
explanation, answer, closing; of the seeker: accept, reject, seen).
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from ccrs.core.replies import ITEM_SLOT
from ccrs.data.slots import NAMED_SLOT
from ccrs.data.turns import BREAK

Act = Literal["greet", "ask", "recommend", "reason", "answer", "close", "other"]
"""What a reply does: ``reason`` tells something of a film (and may name it), ``answer`` responds and no more."""
SeekerAct = Literal[
    "greet", "question", "wish", "films", "accept", "reject", "seen", "close", "other", "none"
]
"""What the seeker did last: ``wish`` states a taste without a film, ``none`` has not spoken yet."""
ACTS: tuple[Act, ...] = get_args(Act)
SEEKER_ACTS: tuple[SeekerAct, ...] = get_args(SeekerAct)

_FILM = r"\[(?:item|named)\]"
_FACT = r"\[(?!item\]|named\]|seeker\]|recommender\]|start\]|end\]|pad\])[^\[\]]+\]"
_APOSTROPHES = str.maketrans("’`", "''")
_SENTENCE = re.compile(rf"(?<=[.!?])\s+|\n+|{re.escape(BREAK)}")
_AGREE = (
    r"(?:yes|yeah|yea|yep|yup|ya|sure|ok|okay|oh|well|no|nope|nah|not really|absolutely|of course|definitely)"
)


def _rule(*alternatives: str) -> re.Pattern[str]:
    """One pattern out of several, to be searched in lower-cased text with straight apostrophes."""
    return re.compile("|".join(f"(?:{alternative})" for alternative in alternatives))


_HELLO = (
    r"^(?:well |oh |ok |okay )?(?:hi+|hey+|hello+|hiya|howdy|greetings|yo|good (?:morning|afternoon|evening|"
    r"day))\b"
)
_HOW_ARE_YOU = (
    r"\bhow(?:'s it| is it|'re you| are (?:you|ya|things)| r u| do you do| have you been| are u|'s your)\b"
)
_GREETING = _rule(
    _HELLO,
    _HOW_ARE_YOU,
    r"\bhow about you(?:rself)?\b",
    r"^(?:and )?you\?",
    r"^\w+,? (?:and )?you\?$",
    r"\bnice to meet you",
)
_GREETED = _rule(  # "I am fine, thanks": the answer to a greeting is still greeting
    r"\b(?:i'?m|i am|im|doing|am) (?:\w+ )?(?:well|good|great|fine|okay|ok|alright)\b(?!.*\b(?:movie|film|"
    r"at)s?\b)",
    r"^(?:good|great|fine|well),? (?:thanks?|thank you|how|and)\b",
)
_FAREWELL = _rule(
    r"\b(?:good ?)?bye+\b",
    r"\bgood ?night\b",
    r"\b(?:see|talk to|chat with) (?:you|ya|u) (?:later|soon|again|around)\b",
    r"\bhave an? (?:good|great|nice|wonderful) one\b",
    r"\bhave an? (?:\w+ )?(?:\w+ )?(?:day|night|evening|time|weekend|afternoon|morning|week|life)\b",
    r"\btake care\b",
    r"\b(?:you|your|you'?re|youre|ur|u|are|most|very) (?:very |so |most )?welcome\b|^welcome\b",
    r"\b(?:no problem|anytime|my pleasure|glad (?:i|to|that i)(?: could| can)?(?: be of)? ?(?:help|assist|"
    r"hear)?)",
    r"\b(?:nice|good|great|lovely|pleasure|fun|enjoyed|awesome) (?:talking|chatting|speaking|chat|talk|"
    r"to chat|to talk)\b",
    r"\b(?:hope|hopefully) (?:you |u |that |i |it |this |these |those |they |to )+.*(?:enjoy|like|love|help|"
    r"find|have|fun)",
    r"^hope (?:you|i|that|this|it|those|these|they|u)\b",
    r"^(?:please |well |then |so |and |ok |okay |great |awesome |cool |i know you'll |you'll )*enjoy\b",
    r"\bhappy (?:watching|viewing|to help)\b",
)
_THANKS = _rule(r"\bthank(?:s| ?you| u)\b", r"\bthx\b", r"\bappreciate (?:it|you|the|your)\b")

_QUESTION_WORDS = _rule(
    r"^(?:(?:and|so|but|ok|okay|well|great|cool|hi|hello|hey|awesome|nice|oh|sure|yes|then|also),? )*(?:what|"
    r"which|who|whose|why|how)(?:'?s|'?re)?\b(?! about| an? | fun\b| nice\b| cool\b| funny\b| ever\b)",
    r"\b(?:what|which) (?:\w+ )?(?:kinds?|types?|sorts?|genres?|movies?|films?|are you|do you|did you|"
    r"would you)\b",
    r"^(?:(?:and|so|but|ok|okay|well|hi|hello),? )*(?:do|did|have|are|is|would|can|could|any|was|were|does) "
    r"(?:you|u|ya|there|it|that|they|i|we|the|particular|other|specific|favorites?|certain)\b",
    r"\btell me (?:about|what|some|a|which|your|more)\b",
    r"\b(?:let me know|give me an? (?:idea|example)|need an? (?:idea|example))\b",
)
_ASKS_TASTE = _rule(  # a film stands in it, yet it is asked about and not offered
    rf"\b(?:do|did|would|are|is|were|have) (?:you|u|ya)\b[^.!?]*\b(?:like|likes?d?|enjoy(?:ed)?|love|think|"
    rf"prefer|looking for|mean|into|a fan)\b[^.!?]*{_FILM}",
    rf"\bwhat (?:did|do) (?:you|u|ya)\b[^.!?]*{_FILM}",
    rf"\b(?:like|similar to|such as|as) (?:the )?{_FILM}[^.!?]*\?$",
)
_OFFERS_ANYWAY = _rule(
    rf"\b(?:seen|see|watch(?:ed)?|try|tried|check(?:ed)? out|heard of|interested in|like to)\b[^.!?]*{_FILM}",
    rf"\b(?:recommend|suggest)\b[^.!?]*{_FILM}",
    rf"\b(?:how|what) about\b[^.!?]*{_FILM}",
)
_DENIES = _rule(
    r"\bi(?:'?ve)? (?:\w+ )?(?:haven'?t|have not|never|didn'?t|did not|don'?t) (?:\w+ )?"
    r"(?:seen|see|saw|heard|watched|like)\b"
)
_REASON = _rule(
    r"\b(?:it|that|which|this|movie|film|one|he|she)(?:'?s| is| was|) (?:(?!what|how)\w+ )?(?:all )?(?:about|based on|"
    r"set in)\b",
    r"^(?:\w+ )?(?:about|based on) (?:a|an|the|two|three|some|this)\b",
    r"\b(?:stars|starring|starred|directed by|written by|cast (?:is|includes)|played by|plays (?:the|a|an))\b",
    r"\b(?:because|cause|bc|since it|the (?:story|plot|acting|cast|effects|soundtrack|music|ending) (?:is|was|"
    r"are|were))\b",
    r"\b(?:it|that|this|which|one)(?:'?s got| has| had| have| stars| takes place| follows| tells| involves|"
    r" will make)\b",
    r"\b(?:lots|full|plenty) of (?:\w+ )?(?:action|laughs|suspense|comedy|twists|blood|gore|jump|fun|humou?r|"
    r"music)\b",
    rf"{_FILM}[^.!?]*\bwith (?!you|me\b|my|us|your|this|that|it\b|them|those|these|any|all|one)",
    rf"(?:\b(?:it|that|this|one|movie|film|they|both)|{_FILM})(?:'?s| is| was|'?re| are| were)?(?: \w+){{0,4}} "
    rf"(?:funny|hilarious|scary|creepy|suspenseful|thrilling|romantic|sad|heartwarming|violent|gory|intense|"
    rf"emotional|inspiring|touching|action packed|comedy|thriller|drama|horror|musical|western|sequel|remake|"
    rf"documentary|classic|cartoon|animated|animation|romance|true story|mystery|sci-?fi|family (?:movie|"
    rf"film))\b",
)
_OWN_TASTE = _rule(r"^(?:\w+,? )?i (?:\w+ )?(?:love|like|enjoy|prefer) (?:\w+ )?\[")
_ANSWER = _rule(
    rf"^(?:\W*){_AGREE}\b",
    r"^i (?:\w+ )?(?:have|haven'?t|havent|did|didn'?t|do|don'?t|dont|would|was|think|thought|believe|know|am|"
    r"will|can|like|liked|love|loved|enjoy|enjoyed|agree|saw|prefer|hear|heard|see|understand|also|really|too|"
    r"watched)\b",
    r"^(?:it|that|they|he|she|this|those|these|both)(?:'?s|'?ll|'?re| is| was| are| were| has| had| does|"
    r" came| will| would| looks?| sounds?| should| might| can)\b",
    r"^(?:me (?:too|either|neither)|same here|agreed|true|exactly|right|correct|not sure|i'?m not)\b",
    r"^(?:i'?m|i am|i'?ve|i'?ll|i'?d)\b",
)


_PRIORITY: tuple[Act, ...] = ("ask", "reason", "close", "greet", "answer")
_SEEKS = _rule(
    r"\b(?:suggest|suggestions?|recommend|recommendations?|ideas?|looking for|in the mood|searching for)\b",
    r"\b(?:any|something|anything|more|others?|some) (?:else|other|others|more|good|similar|like|newer|older|"
    r"movies?|films?)\b",
    r"\bhelp me\b|\bcan you help\b|\bhave any\b",
)
_WISHES = _rule(
    r"\b(?:looking for|in the mood|i (?:\w+ )?(?:like|love|enjoy|prefer|want|need|watch|would like)|i'?d like|"
    r"im into|i'?m into|fan of|my fav|favorites?|favourites?|interested in)\b",
    r"\b(?:comed(?:y|ies)|actions?|dramas?|horrors?|thrillers?|romance|romantic|romcoms?|sci-?fi|fantasy|"
    r"animated|musicals?|westerns?|documentar(?:y|ies)|mystery|classics?|war|family|kids|disney|superheroe?s?|"
    r"scary|funny|suspense)\b",
)
_REJECTS = _rule(
    r"\b(?:didn'?t|did not|don'?t|dont|do not|not really|never|wasn'?t|not) (?:\w+ )?(?:like|enjoy|care for|"
    r"love|into|interested|want|a (?:big |huge )?fan|my (?:thing|type|style|cup)|for me|good|great|what i|"
    r"a good|the best|crazy|looking)\b",
    r"\b(?:hate|hated|boring|bored|terrible|awful|too (?:scary|long|old|violent|sad|slow|much|gory|dark|"
    r"silly)|pass on|something else|anything else|instead|other than|disappointed|disappointing|stupid|dumb|"
    r"overrated)\b",
)
_SEEN = _rule(
    r"\b(?:i|i'?ve|ive|have|we|we'?ve|already) (?:\w+ )?(?:seen|saw|watched)\b",
    r"^(?:yes|yeah|yep|yup|seen|saw|watched)\b.*\b(?:seen|saw|loved|liked|great|good|have|did|it|that|them|"
    r"both|was)\b",
    r"^i (?:did|have)\b",
    r"\b(?:i|we) (?:\w+ )?(?:loved|liked|enjoyed|did like|did enjoy)\b|\blove (?:that|it|this|them)\b",
)
_NOT_SEEN = _rule(
    r"\b(?:haven'?t|havent|have not|never|not|didn'?t|did not) (?:\w+ )?(?:seen|see|saw|heard|watched|hear)\b"
)
_ACCEPTS = _rule(
    r"\b(?:i'?ll|ill|i will|will|gonna|going to|i'?d|i would|have to|need to|want to|might|should|i can|lets|"
    r"let'?s|definitely|plan to|planning to|plan on|love to|like to|wanted to|meaning to) "
    r"(?:\w+ )?(?:\w+ )?(?:watch|watching|check|try|see|seeing|look|give|add|put|rent|go with|"
    r"look(?:ing)? into|checking|love|like|enjoy)\b",
    r"\b(?:sounds?|looks?|seems?) (?:\w+ )?(?:good|great|interesting|like|fun|awesome|funny|perfect|cool|nice|"
    r"amazing|exciting|right|intriguing|fantastic|wonderful)\b",
)
_PLEASED = _rule(
    r"^(?:ok|okay|great|perfect|awesome|cool|nice|good (?:idea|one|suggestion|choice)|sure|yes|yeah|excellent|"
    r"wow|oh)\b",
)


def sentences(text: str) -> list[str]:
    """``text`` in lower case, straight apostrophes, cut into sentences; empty ones are left out."""
    plain = " ".join(text.lower().translate(_APOSTROPHES).split())
    return [part for part in (piece.strip() for piece in _SENTENCE.split(plain)) if part]


def reply_act(slotted: str) -> Act:
    """The act of a whole reply, from its text with slots.

    Each sentence has one act (see ``sentence_act``). A reply that offers an item recommends, or gives a reason
    if any of its sentences does; any other has the first that occurs of ask, reason, close, greet, answer. So
    a greeting followed by a question asks.
    """
    acts: set[Act] = set()
    offers = False
    for sentence in sentences(slotted):
        act = sentence_act(sentence)
        acts.add(act)
        offers |= ITEM_SLOT in sentence and act in ("recommend", "reason")
    if offers:
        return "reason" if "reason" in acts else "recommend"
    return next((act for act in _PRIORITY if act in acts), "other")


def sentence_act(sentence: str) -> Act:
    """The act of one sentence, already lower-cased.

    In this order: an item in a question about taste asks; in a farewell (*enjoy [item]*) closes; with a fact
    slot or a telling phrase (*it's about*, *because*, *starring*) gives a reason; after *I have not seen*
    answers; else it recommends. Without an item: farewell and *you're welcome* close, *hello* and *how are
    you* greet, a question asks, a fact slot or a telling phrase gives a reason, thanks close, *yes*, *I have
    not* and the like answer.
    """
    if ITEM_SLOT in sentence:
        return _act_with_item(sentence)
    if _FAREWELL.search(sentence):
        return "close"
    is_question = "?" in sentence or bool(_QUESTION_WORDS.search(sentence))
    if _GREETING.search(sentence):
        return "ask" if _asks_beyond_greeting(sentence) else "greet"
    if is_question:
        return "ask"
    return _act_of_statement(sentence)


def _act_with_item(sentence: str) -> Act:
    if _ASKS_TASTE.search(sentence) and not _OFFERS_ANYWAY.search(sentence):
        return "ask"
    if _FAREWELL.search(sentence):
        return "close"
    if re.search(_FACT, sentence) or _REASON.search(sentence):
        return "reason"
    denied = _DENIES.search(sentence)
    return "answer" if denied and ITEM_SLOT not in sentence[: denied.start()] else "recommend"


def _act_of_statement(sentence: str) -> Act:
    if _OWN_TASTE.search(sentence):
        return "answer"
    if re.search(_FACT, sentence) or _REASON.search(sentence):
        return "reason"
    if _THANKS.search(sentence):
        return "greet" if _GREETED.search(sentence) else "close"
    if _GREETED.search(sentence):
        return "greet"
    return "answer" if _ANSWER.search(sentence) or NAMED_SLOT in sentence else "other"


def _asks_beyond_greeting(sentence: str) -> bool:
    """Whether a sentence that greets also asks for something: *hi what kind of movies do you like*."""
    rest = re.sub(_HELLO, "", sentence)
    rest = re.sub(rf"{_HOW_ARE_YOU}.*?(?:\?|$)", "", rest)
    return bool(
        re.search(
            r"\b(?:movies?|films?|genres?|fav\w*|actors?|actress|like|looking|watch|seen|help|suggest|recommend)",
            rest,
        )
    ) and ("?" in rest or bool(_QUESTION_WORDS.search(rest.strip(" ,.!-"))))


def seeker_act(text: str) -> SeekerAct:
    """The act of the seeker's turn, from its text with slots; ``none`` for an empty one.

    The first that holds: a question other than *how are you* and requests for films is ``question``; farewell
    or thanks ``close``; dislike or *something else* ``reject``; *have seen it*, *loved it* ``seen``; *will
    watch*, *sounds good* or not seen yet ``accept``; an item ``films``; a taste, a genre or a request for
    films ``wish``; a greeting ``greet``; *ok*, *great* alone ``accept``.
    """
    parts = sentences(text)
    if not parts:
        return "none"
    plain = " ".join(parts)
    seeks = _SEEKS.search(plain) is not None and not _THANKS.search(plain)
    holds: dict[SeekerAct, bool] = {
        "question": any(_asks_information(part) for part in parts),
        "close": _closes(plain),
        "reject": _REJECTS.search(plain) is not None,
        "seen": not seeks and _SEEN.search(_NOT_SEEN.sub("", plain)) is not None,
        "accept": not seeks and any(rule.search(plain) for rule in (_NOT_SEEN, _ACCEPTS)),
        "films": re.search(_FILM, plain) is not None,
        "wish": seeks or _WISHES.search(plain) is not None,
        "greet": bool(_GREETING.search(parts[0]) or _GREETED.search(plain)),
    }
    found = next((act for act, is_so in holds.items() if is_so), None)
    return found or ("accept" if _PLEASED.search(plain) else "other")


def _closes(plain: str) -> bool:
    """Whether a seeker's turn takes leave; *good, thank you* after a greeting does not."""
    return bool(_FAREWELL.search(plain) or (_THANKS.search(plain) and not _GREETED.search(plain)))


def _asks_information(sentence: str) -> bool:
    """Whether a sentence wants an answer rather than a greeting or a film."""
    if _SEEKS.search(sentence) or _THANKS.search(sentence) or _GREETING.search(sentence):
        return False
    return "?" in sentence or bool(_QUESTION_WORDS.search(sentence))
