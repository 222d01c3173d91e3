"""Patterns of asking, denying and letting go, over words with placeholders."""

from __future__ import annotations

import re

_FILL = (
    r"(?:a|an|any|anything|something|the|more|too|so|very|that|is|are|be|with|from|by|has|have|about|of|"
    r"to|like|watch|"
    r"see|another|movies?|ones?|type|kind|kinds|really|want|much|overly|super|made|directed|starring|"
    r"featuring|involving|as|in|"
    r"necessarily anything|other|all|these|those|some|stuff|actor|actress|him|her|please|quite|again|those)"
)
_NO = (
    r"(?:no more|no|non|(?:not|never)(?: ever| please| again)? (?:show|give|recommend|suggest|offer|mention|bring)"
    r"(?: me| us| up)?|"
    r"not (?:in the mood|looking|searching|up) for|not (?:really )?(?:interested in|"
    r"into|want|wanting|need|feel like|care for|show me|"
    r"give me|recommend|suggest|like)|not (?:have|include|contain|involve|feature)|not|without|"
    r"nothing (?!wrong|better|against|beats)[a-z]+ (?:about|with|involving|like)|nothing|never|except(?: for)?|but not|"
    r"anything but|everything but|other than|besides|less|avoid|"
    r"skip(?: the)?|minus|sick of|tired of|enough(?: of)?|rather than|instead of|too|hate|hates|leave out|"
    r"no need for|stay away from|keep away from)"
)
NEGATIVE = re.compile(
    rf"(?:^|(?<= ))without(?: [a-z]+){{0,6}} <[gpt]>|"
    rf"(?:^|(?<= )){_NO}(?: {_FILL}){{0,6}} (?:<[gpt]>(?: movies?| flicks?| ones?| stuff)?"
    rf"(?: (?:,|or|and|nor|, or|, and|&)(?: (?:no|not|any|with|the))?(?: {_FILL}){{0,1}} <[gpt]>(?: "
    rf"movies?| ones?)?){{0,6}}|<i>(?: (?:,|or|and|nor|, or) <i>){{0,6}})"
)
NO_MATTER = (
    r"(?:(?:does|do|did|would|will|is|are) not (?:really |even |actually |so |that |longer )?(?:matter|important|"
    r"relevant|essential|necessary|needed|required|a must)|(?:is|are|was) optional|"
    r"(?:do|does|did) not (?:really |even |much )?(?:care|mind|bother)|no matter|regardless of|"
    r"makes? no difference|is no longer important|not fussy|not picky|not care)"
)
LEFT_OPEN = re.compile(rf"\b{NO_MATTER}")
"""Says that something is left open."""
NEVERMIND = re.compile(
    rf"\b(?:never ?mind(?: about)?|forget(?: about)?|(?:does|do|did) not (?:really )?(?:have|need) to "
    rf"(?:be|have|include|star|feature|involve|contain)(?: {_FILL}){{0,3}}|not necessarily(?: {_FILL}){{0,3}}|"
    rf"drop|no longer|scratch|not only|no need for (?:it|that|them|this|<i>) to (?:be|have)(?: {_FILL}){{0,3}}|"
    rf"(?:need|needs) not be(?: {_FILL}){{0,3}}|(?:does|do) not have to have(?: {_FILL}){{0,2}}|let us forget)(?: "
    rf"(?:the|that|a|about|just|with|<[i]>)){{0,3}} <[gpt]>(?: (?:and|or|,) <[gpt]>){{0,4}}"
)
NOT_MINDED = re.compile(
    r"(?<!with )(?<!by )(?<!from )(?<!starring )(?<!but )(?<!except )(?<!except for )"
    r"<[gpt]>(?: movies?)?(?: (?:,|and|or) <[gpt]>)? (?:is|are|would be|works?|will be) (?:also |totally |"
    r"perfectly )?(?:fine|ok|okay|alright|acceptable|too)\b|\b(?:i )?do not mind (?:a |some |the )?<[gpt]>"
    rf"|<[gpt]>(?: movies?| part| thing| bit)? {NO_MATTER}"
)
_TO_ME = r"(?: (?:to|for|about) (?:me|us)| at all| any ?more| now| really| so much| ,| about| with| if| of)*"
_LETS_GO = (
    r"(?:never ?mind(?: about)?|forget(?: about)?|any|whatever|whichever|drop|ignore|skip|no particular|no specific|"
    r"lose|leave out|remove|without|another|a different|some other|no)"
)
_THE = r"(?: (?:just|the|that|this|of|a|my|about)){0,3}"


def _left_open(nouns: str, asked: str) -> re.Pattern[str]:
    """*Any NOUN, never mind the NOUN, the NOUN does not matter, it does not matter WHAT NOUN, WHAT does not matter*."""
    return re.compile(
        rf"\b{_LETS_GO}{_THE} (?:{nouns})\b(?! (?:in|with|like|you|of)\b)"
        rf"|\b(?:{nouns})(?: (?:of it|really|itself|or so))? (?:{NO_MATTER}|can be any|could be any|is open|"
        rf"is up to you)"
        rf"|\b{NO_MATTER}{_TO_ME} (?:the |which |what |whose )?(?:{nouns})\b"
        rf"|\b{NO_MATTER}{_TO_ME} (?:{asked})"
        rf"|\b(?:{asked})(?: (?:[a-z]+|<i>)){{0,4}} {NO_MATTER}"
    )


ANY_GENRE = _left_open(
    "genres?|kinds?|types?|category|sort", r"(?:what|which) (?:genre|kind|type|sort)|what it is about"
)
"""The genre is let go."""
ANY_YEAR = re.compile(
    _left_open(
        "years?|decades?|age|time period|era|period|date|release date",
        r"when (?:it|they|that|<i>)|how (?:old|new|recent)|(?:what|which) (?:year|decade|era)|what it is from",
    ).pattern
    + r"|\bold or new\b|\bnew or old\b|\b(?:from )?any time\b|\bfrom whenever\b|\bhowever old\b"
    rf"|\b{_LETS_GO}{_THE} (?:(?:19|20)?[0-9]0'?s|(?:19|20)\d\d)"
    rf"|\b(?:does|do) not (?:really )?(?:have|need) to be (?:from|in|that|so)?(?: the)? ?"
    r"(?:(?:19|20)?[0-9]0'?s|(?:19|20)\d\d|old|new|recent)"
)
"""The years are let go."""
ANY_PERSON = re.compile(
    _left_open(
        "actors?|actress(?:es)?|directors?|cast|person|stars?|people|names",
        r"(?:who|whom|whoever)\b(?! (?:directed|wrote) <i>)",
    ).pattern
    + r"|\b(?:with|by|starring) (?:someone|somebody|anyone|anybody) else\b"
    r"|\b(?:with|by) (?:anyone|anybody|whoever|any (?:actor|actress|director))\b(?! (?:but|except|like))"
    r"|\b(?:anyone|anybody|whoever)(?: else)? (?:can|could|may) (?:be in|star|play|direct)"
    r"|\bwhoever (?:is|stars|plays|directed|was|directs)\b"
)
"""The persons are let go."""
DROPS_ALL = re.compile(
    r"\b(?:scrap|scratch|forget|never ?mind|cancel|drop|ignore) (?:about )?(?:that|it|this|all that|<i>|everything)"
    r"(?= |$)(?! (?:and|or|part))"
    r"|\b(?:completely|totally|entirely|whole new|wholly) (?:different|new)\b"
)
"""All wishes so far are let go, unless an item is named there."""
ANYTHING = re.compile(
    r"\b(?:anything (?:is (?:fine|ok|okay|good|great|alright|cool)|goes|works|will do|at all|really|you "
    r"(?:like|want|recommend|suggest)|would (?:be|do|work)(?: \w+)?)|"
    r"any movie (?:is (?:fine|ok|okay|good)|will do|works)|(?:no|not have an?y?|without) preferences?|"
    r"i (?:do not|not) (?:really )?(?:care|mind)(?! (?:for|about|if|that|who|when|what|which|how|whether|<|it|to|the|a|"
    r"some|being|watching|old|older|new|newer))|"
    r"(?:start|begin) (?:over|again|from scratch)|reset|forget (?:everything|what i said|all (?:of "
    r")?(?:that|it))|"
    r"i am (?:open|easy|up for anything|not picky|open to anything)|open to (?:anything|whatever|"
    r"suggestions)|any (?:kind|type|sort|genre) (?:is|will|works|would))\b|^(?:just |oh |well |honestly "
    r")?(?:anything|whatever)(?: please| really)?$"
)
SURPRISE = re.compile(
    r"\b(?:surprise me|you (?:choose|pick|decide)|your (?:choice|pick)|dealer's choice|up to you|whatever "
    r"you|pick (?:one|something) for me)\b"
)
TASTE = re.compile(
    r"\b(?:(?<!thing )(?<!movie )(?<!movies )(?<!<[gpti]> )(?<!ones )(?<!one )(?<!more )"
    r"(?<!stuff )like|likes|love|loves|enjoy|enjoys|adore|prefer|fan of|fans of|into|favorites?|liked|loved|"
    r"enjoyed|appreciate|sucker for|fond of)\b"
)
DESCRIBES = re.compile(
    r"(?:<i>|\b(?:it|that|this|he|she|they|which|movie|one|<p>))(?: movie| one)? (?:is|was|are|were|has|"
    r"had|looks?|looked|sounds?|seems?|seemed|really is|will be)(?: (?:not|so|very|really|too|pretty|such|"
    r"more|kind|of|just|a|an|the|also|quite|super|like|good|great|full|bit|little|definitely|both|still|"
    r"my|favorite|about|actually|one|best|nice|absolutely|on|based|with|in|directed|by|written)){0,6} "
    r"(?:<[gpt]>)"
)
ASKED_THAT = re.compile(r"\b(?:something|anything|one|ones|movies?|stories|<[gt]>) $")
"""Stands before a description of what is wanted: *something that is funny*."""
ASKED_THAT_IS = re.compile(
    r"\b(?:have|something|anything|one|ones|movies?|stories|<[gt]>) (?:that|which) (?:is|are|does|do) (?:really )?$"
)
PERSON_IS = re.compile(
    r"<p> (?:is|was|are|were|has|had|does|did|plays|played|makes|can|just|always|really|in <i>)\b"
)
EXCLAIMED = re.compile(r"^(?:[a-z]+ ){0,2}(?:so|very|really|pretty|super|absolutely|quite|too) <g>(?: too)?$")
ITEM_WITH = re.compile(
    r"<i>(?: [a-z]+){0,3} (?:with|by|starring|has|stars|and|because of) (?:<p> (?:,|and) ){0,3}$"
)
TELLS = re.compile(
    r"\b(?:i|we|they|he|she) (?:just |also |recently |have |already |have already |finally |really |once |"
    r"actually )*(?:saw|watched|seen|was|were|went|had|took|remember|thought|did|heard|cried|laughed|know|"
    r"own)\b|\b(?:was|were)\b"
)
ITEM_THEN = re.compile(r"<i>(?: movies?| one)? (?:,|with|starring|by|from|featuring|and) $|<i> $")
ASKED_IF = re.compile(
    r"^(?:(?:and|so|ok|but|well|oh|cool|,) )*(?:is|was|are|were|did|does|has) (?:<i>|<p>|it|that|this|he|"
    r"she|the)(?= |$)"
)
ASKS = re.compile(
    r"\b(?:recommend|recommendations?|suggest|suggestions?|looking for|looking to|searching for|in the "
    r"mood|show me|give me|find me|"
    r"what (?:should|can|could) (?:i|we) (?:watch|see)|(?:any|some) (?:good|other|others|more|great|"
    r"movies?|ideas?|<[gpt]>|thoughts|suggestions?)|can you (?:help|find|think|give|show)|"
    r"do you (?:have|know) (?:of )?(?:any|some|anything|a|another|something|other|more)|(?:would|i) "
    r"(?:like|love|prefer) (?:to see|to watch|a|an|some|something|another|more)|i (?:want|need)|(?:we|"
    r"they) (?:want|need)|something|anything|another|"
    r"how about (?:a|an|some|something|one|another|<[gpt]>)|what about (?:a|an|some|something|one|another|"
    r"<[gpt]>)|what else|who else|any others|got any|more (?:like|of|movies?|ideas?|<[gpt]>)|"
    r"instead|please|got (?:any|some|a)|feel like|could use|are there any|is there (?:a|any)|help me|what "
    r"(?:movies?|other|others|are some|would you)|try (?:something|a|another|again)|tell me (?:a|some|"
    r"another)|next one|next|rather (?:see|watch|have))\b"
)
ADDS = re.compile(
    r"^(?:and|also|but|plus|maybe also|preferably|ideally|oh and|make it|can it|could it|it should|it has "
    r"to|should)\b|\b(?:too|as well|also|make it|more|bit of|with some|some|ideally|preferably|one|ones|"
    r"should be|has to be|with|add|in addition|additionally|along with)\b"
)
REPLACES = re.compile(
    r"\b(?:actually|instead|rather|changed my mind|change of mind|switch|on second thought|no longer|"
    r"forget|different|let us (?:try|do|go))\b|^(?:how|what) about\b|^no\b"
)
