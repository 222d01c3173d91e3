"""Patterns of questions of fact, over words with placeholders."""

from __future__ import annotations

import re

# The names that graphs give to one relation, and the words that ask for it.
CONCEPTS = {
    "direction": (
        "director directors directed by",
        r"direct|directs|directed|director|directors|filmmaker|made by|who made|"
        r"who (?:is|was) (?:<i>|it|that|this) by|by who|whose movie (?:is|was)",
    ),
    "cast": (
        "actor actors star stars starring cast performer",
        r"star|stars|starred|starring|actors?|actress|actresses|cast|plays?|played|acts?|acted|in <i>|in "
        r"it|in that|in this|in",
    ),
    "writing": (
        "writer writers author screenwriter screenplay",
        r"wrote|write|writes|written|writers?|author|screenplay|script|screenwriter",
    ),
    "music": (
        "composer composers music music composer",
        r"composed|compose|composes|composers?|music|score|scored|soundtrack|songs?|tunes?",
    ),
    "genre": ("genre genres category", r"genres?|kind|type|sort|category"),
    "country": ("country countries", r"country|countries|where"),
    "series": ("series franchise", r"series|franchise|trilogy|saga"),
    "theme": ("theme themes subject keyword topic", r"themes?|topics?|subjects?|keywords?"),
    "production": ("producer producers", r"produced|producer|producers"),
    "language": ("language", r"languages?"),
    "height": ("height", r"how (?:tall|high)"),
    "width": ("width", r"how (?:wide|broad)"),
    "depth": ("depth", r"how deep"),
    "size": ("size dimensions", r"how (?:big|large)"),
    "weight": ("weight", r"how heavy"),
    "duration": ("playing time running time time duration runtime length", r"how long"),
    "material": ("material materials fabric", r"materials?|made (?:out )?of|made from"),
    "making": (
        "brand maker manufacturer make",
        r"brands?|makers?|made by|who (?:made|makes)|manufactur(?:er|es|ed)",
    ),
    "price": ("price cost", r"prices?|costs?|how much|expensive"),
}
SUBJECT = r"(?:<i>|it|that|this|the movie|that movie|this movie|they|them|these|those)"
LEAD = (
    r"(?:(?:and|so|ok|but|well|oh|cool|nice|great|also|hmm|do you know|do you remember|can you tell me|"
    r"could you tell me|do you happen to know|(?:i|we) (?:would like|want|need|would love) to know|let me know|"
    r"remind me|any idea|(?:quick |another |one )?question|by the way|i am curious|(?:may|can|could) i ask(?: you)?|"
    r"tell me|i wonder|i was wondering|wondering|just|please|yes|no|hi|hey|awesome|interesting|,) ){0,4}"
)
YEAR = re.compile(
    rf"^{LEAD}(?:when (?:was|is|did|were|does)\b.*(?:made|released?|come out|came out|out|filmed|shot|"
    rf"from|produced)|(?:(?:in|from) )?(?:what|which) year\b|how (?:old|new|recent) (?:is|are|was)\b|"
    rf"when did {SUBJECT} come|what decade|is {SUBJECT} (?:a |an )?(?:new|old|recent|older|newer|"
    rf"classic)\b(?! <)|when is {SUBJECT} from|when was {SUBJECT}$|year of release|release (?:year|date)|"
    rf"when (?:{SUBJECT}) (?:was|is|came|got|did|first)\b|what (?:is|was) (?:the |its )?(?:release )?(?:year|date)\b|"
    rf"(?:the |its )?(?:year|release date)(?: (?:of|for) {SUBJECT})?$|from (?:what|which) year|(?:what|which) year$)"
)
PLOT = re.compile(
    rf"^{LEAD}(?:what (?:is|are|was|were) {SUBJECT} (?:all |movie )?about|what (?:is|was) (?:the |its "
    rf")(?:plot|story|storyline|premise|synopsis|summary|story line)|what (?:happens|is happening) in|"
    rf"(?:the )?(?:plot|story|premise|synopsis)\b.*$|"
    rf"(?:and )?what about {SUBJECT}$|about what|what is the (?:movie|story) about|tell me (?:what {SUBJECT} "
    rf"is about|the (?:plot|story))|what {SUBJECT} is about)"
)
FACTS = re.compile(
    rf"^{LEAD}(?:tell me (?:a (?:bit|little) )?(?:more |something )?about (?=<i>|it|that|this|them)|"
    rf"(?:more|any more|some more|give me more|additional) (?:info|information|details?)(?: (?:about|on))?|"
    rf"what (?:do|can) you (?:know|tell me) about|"
    rf"(?:what|how) (?:is|was|are|were) {SUBJECT}$|what is <i> (?:movie)?$|(?:is|was|are|were) {SUBJECT} "
    rf"(?:movie )?(?:any |really |actually )?(?:good|great|worth|well|popular|interesting|any)\b|describe "
    rf"<i>|"
    rf"(?:any|some|more) (?:details|info|facts)|who is in and|do you know (?:about )?<i>$|tell me more$|"
    rf"(?:can you )?tell me more(?: please)?$|more about <i>|details (?:on|about) <i>|give me details)"
)
AVAILABLE = re.compile(
    rf"^{LEAD}(?:(?:is|are|was) {SUBJECT} (?:still |currently |really )?"
    r"(?:available|availble|in stock|on stock|sold out|out of stock)"
    rf"|do you (?:still )?have {SUBJECT}(?: (?:one|movie))? (?:in stock|available|on stock))\b"
)
LINK = re.compile(
    rf"^{LEAD}(?:(?:give|send|show) me (?:the|a|its) (?:link|url|website|page)|what is the (?:link|url)|"
    rf"(?:the )?(?:link|url)|where (?:can|could|do) i (?:buy|get|order|find|watch) {SUBJECT}|"
    r"do you have (?:a|the) link)(?= |$)"
)
OF_SHOP = re.compile(
    r"\b(?:ships?|shipping|delivers?|delivery|returns?|refunds?|warranty|guarantee|opening hours|payment|discounts?|"
    r"vouchers?|insurance|install|installation)\b"
)
OF_ITEM = re.compile(rf"^{LEAD}(?:is|are|does|do|has|can|will) (?:the )?{SUBJECT} [a-z]+")
LIKE_WHICH = re.compile(
    rf"^{LEAD}(?:what (?:is|are|was) {SUBJECT} (?:similar to|like|comparable to)|(?:what|which) (?:movies?|"
    rf"ones?|other movies?) (?:is|are) {SUBJECT} (?:like|similar to)|(?:is|are|was) {SUBJECT} (?:a bit |"
    rf"anything |kind of |more |just )?(?:like|similar to) <i>|"
    rf"what does {SUBJECT} have in common|how (?:is|does|are) {SUBJECT} (?:similar|compare|like))"
)
WH = re.compile(
    rf"^{LEAD}(?:who|whose|whom|by whom|what|which|where|how many|is|was|are|were|did|does|do|has|have|name|"
    rf"how (?:much|long|heavy|tall|high|wide|broad|deep|big|large)|list)\b(?! (?:there|you)\b(?! know who))"
)
ALONE = re.compile(
    rf"^{LEAD}(?:give me |name |and )?(?:the |its )([a-z]+)(?: (?:of|in) {SUBJECT})?(?: please)?$"
)
POLAR = re.compile(rf"^{LEAD}(?!do you|can you|could you)(?:is|was|are|were|did|does|has|do|have)\b")
DENIES = re.compile(rf"^{LEAD}(?:is|was|are|were|did|does|do|has|have) not\b")
ABOUT_YOU = re.compile(
    r"\b(?:do|did|would|are|have|can|could|will) you\b(?! (?:know|tell|remember))|\byour\b|\byou (?:like|"
    r"recommend|suggest|think|mean)\b|\b(?:should|can|could) (?:i|we)\b|\bwho else\b.*\blike\b|\bi "
    r"(?:like|want|watch|see)\b"
)
ELSE = re.compile(
    r"\b(?:what|which|anything|something|who) (?:else|other)\b|\b(?:other|another|more) (?:movies?|ones?|"
    r"<[gt]>|of (?:his|her|their))\b|\bsame (?:director|actor|actress|writer|cast|actors)\b"
)


THERE_IS = re.compile(
    rf"^{LEAD}(?:what|which) (?:kinds? of |sorts? of |types? of )?([a-z]+(?: [a-z]+)?) (?:do you (?:have|sell|carry|"
    r"know|offer)|are there|is there|(?:can|could|may) (?:i|we) (?:choose|pick|get)|are available|is available)\b(?! <)"
)
AND_THAT = re.compile(
    r"(?:(?:and|so|ok|but|well|oh|what about|how about|same for|what of|or|for|in|of|no|not that|not that one|sorry|"
    r"oops|actually|wait|i meant|i mean|i was talking about|the one|rather|please|,) )*(?:<i>|<[gpt]>)"
    r"(?: , (?:the |not )?(?:\d\d\d\d )?<i>)?(?: (?:then|too|as well|please|in it|instead|i meant|i mean|sorry))*"
)
"""A question that goes on with another name: *and Heat?*, *no, I meant the 2017 one*."""


# What is asked for by an adjective, to say at least that it is not known where the graph has nothing of the kind.
MEASURES = {"heavy": "weight", "tall": "height", "high": "height", "wide": "width", "deep": "depth", "big": "size",
    "large": "size", "long": "length"}  # fmt: skip
HOW = re.compile(rf"\bhow ({'|'.join(MEASURES)}) (?:is|are|was) {SUBJECT}")
OF_MUSIC = re.compile(r"\b(?:music|score|soundtrack|songs?|theme song|tunes?)\b")
