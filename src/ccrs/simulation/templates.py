"""What simulated people say: templates by act, by style, and by part (training or test).

A slot in braces is a film or the one word for a relation. All templates of an act have the same
number of words, so the length of a message tells neither the relation nor the style.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Style = Literal["eager", "dry", "warm", "playful"]
STYLES: tuple[Style, ...] = ("eager", "dry", "warm", "playful")

# One word for each relation: as many words whatever is preferred.
RELATION_WORDS = {
    "director": "director",
    "actor": "cast",
    "writer": "writer",
    "composer": "composer",
    "theme": "theme",
    "genre": "genre",
    "series": "series",
    "country": "country",
    "decade": "decade",
}

# act: (templates of the training part, templates of the test part)
Templates = tuple[tuple[str, ...], tuple[str, ...]]

SEEKER: Mapping[str, Templates] = {
    "open_1": (
        (
            "Hi! I really liked {0} and want something new.",
            "Hello, {0} was great, what should I try now?",
            "Good evening. I just watched {0} again, any tips?",
        ),
        (
            "Hey, ever since {0} nothing has been quite right.",
            "Hi there, could you beat {0} for me tonight?",
        ),
    ),
    "open_2": (
        (
            "Hi! I really liked {0} and also {1}.",
            "Hello, I enjoyed {0} as well as {1}.",
            "Good evening. Both {0} and {1} were great.",
            "Hi, films I love are {0} and {1}.",
            "Hello there! I keep rewatching {0} and {1}.",
        ),
        (
            "Hey, my evenings went to {0} and {1}.",
            "Hi there, nothing lately beats {0} or {1}.",
            "Greetings! Last month brought me {0} plus {1}.",
        ),
    ),
    "open_3": (
        (
            "Hi! I really liked {0}, {1} and also {2}.",
            "Hello, I enjoyed {0}, {1} as well as {2}.",
            "Good evening. Films like {0}, {1} and {2} please.",
        ),
        (
            "Hey, my evenings went to {0}, {1} and {2}.",
            "Hi there, nothing lately beats {0}, {1} or {2}.",
        ),
    ),
    "preference": (
        (
            "What counts for me is mostly the {relation}.",
            "I usually pick a film by its {relation}.",
            "The {relation} is what I care about most.",
            "For me it is all about the {relation}.",
        ),
        (
            "Above all else, I go by the {relation}.",
            "Nothing draws me in quite like the {relation}.",
        ),
    ),
    "like": (
        (
            "Oh yes, that sounds good to me.",
            "Great pick, I would like that much.",
            "Nice, that one is right for me.",
            "I have wanted to see that one.",
        ),
        (
            "Perfect, you clearly know what I enjoy.",
            "Lovely, it goes straight on my list.",
        ),
    ),
    "dislike": (
        (
            "Hmm, that one is not for me.",
            "I am not so sure about it.",
            "Sorry, I would rather skip that one.",
            "No thanks, it does not appeal much.",
        ),
        (
            "Honestly, it leaves me a bit cold.",
            "Not quite, that misses what I wanted.",
        ),
    ),
    "another": (
        (
            "I also liked {0} a lot.",
            "By the way, {0} was wonderful.",
            "Another one I love is {0}.",
            "And {0} is a favourite too.",
        ),
        (
            "Let me add {0} as well.",
            "Come to think, {0} impressed me.",
        ),
    ),
    "more": (
        (
            "Do you have one more idea?",
            "What else could you suggest me?",
            "Is there anything else like that?",
        ),
        (
            "Could there be one more perhaps?",
            "Which film would come next then?",
        ),
    ),
    "close": (
        (
            "Thank you for the help, bye!",
            "Thanks a lot, have fun today!",
            "That is all, thanks and goodbye.",
        ),
        (
            "Much obliged, see you next time.",
            "I am all set now, cheers.",
        ),
    ),
}

SUGGEST: Mapping[Style, Templates] = {
    "eager": (
        (
            "You absolutely must see {0}, it is huge!",
            "Wow, then {0} will blow you away, go!",
            "Grab {0} right now, what a thrilling ride!",
            "Oh, {0}! Go, go, it never slows down!",
            "Get ready for {0}, it is totally epic!",
        ),
        (
            "Drop everything for {0}, it really is amazing!",
            "Hold on tight: {0} goes full speed throughout!",
        ),
    ),
    "dry": (
        (
            "One might consider {0}. It is competently made.",
            "Then {0}, I suppose. It has its merits.",
            "The obvious answer is {0}; rather grim, though.",
            "I would point to {0}, a sober work.",
            "There is {0}, should you have two hours.",
        ),
        (
            "Objectively speaking, {0} fits; expect few smiles there.",
            "For the record, {0} meets your stated terms.",
        ),
    ),
    "warm": (
        (
            "I think {0} would touch your heart, friend.",
            "My dear, {0} is such a tender film.",
            "Please give {0} a chance, it comforts me.",
            "You might find {0} gentle and deeply moving.",
            "I would gladly share {0} with you tonight.",
        ),
        (
            "With a blanket and tea, {0} feels lovely.",
            "May {0} stay with you, it is beautiful.",
        ),
    ),
    "playful": (
        (
            "Ta-da! Popcorn up, {0} is pure silly fun.",
            "Hee hee, {0} would tickle you, I bet!",
            "Guess what? The magic hat says {0}, hooray!",
            "Knock knock! It is {0}, bring your giggles.",
            "Pssst, {0} is a giant bag of laughs.",
        ),
        (
            "Abracadabra, out pops {0} with a cheeky grin!",
            "Eeny, meeny, miny, {0}! Snacks are not included.",
        ),
    ),
}

# Said after a suggestion where reasons are given at all; "popular" names no relation.
REASON: Mapping[str, Mapping[Style, Templates]] = {
    "relation": {
        "eager": (
            ("Same {relation} as your film, how cool!", "It shares that {relation}, can you believe!"),
            ("And look, the very same {relation} again!",),
        ),
        "dry": (
            ("The {relation} is the same, for reference.", "It has the {relation} in common, incidentally."),
            ("Note that its {relation} is identical here.",),
        ),
        "warm": (
            ("The same {relation} will feel like home.", "Its {relation} is one you already love."),
            ("You will meet that {relation} again, dear.",),
        ),
        "playful": (
            ("Spot the {relation}, it is an encore!", "Same {relation}, different hat, what a twist!"),
            ("A little birdie says: same {relation} twice!",),
        ),
    },
    "favourite": {
        "eager": (
            ("That is your kind of {relation}, wow!", "Your favourite {relation} at full power, yes!"),
            ("Nobody tops a {relation} like this one!",),
        ),
        "dry": (
            ("The {relation} is one you evidently favour.", "It suits your habits in {relation} matters."),
            ("Your record with this {relation} is known.",),
        ),
        "warm": (
            ("I chose it for the {relation}, friend.", "I know this {relation} is your favourite."),
            ("That {relation} has always made you happy.",),
        ),
        "playful": (
            ("Your pet {relation} comes out to play!", "It has your {relation}, cross my heart!"),
            ("Ding dong, here is your favourite {relation}!",),
        ),
    },
    "popularity": {
        "eager": (
            ("Everybody I know went crazy about it!", "The crowds could not get enough, seriously!"),
            ("It was all over the place, everywhere!",),
        ),
        "dry": (
            ("It sold well, which is something, perhaps.", "Many people have seen it, I hear."),
            ("The general public has approved of it.",),
        ),
        "warm": (
            ("So many people hold it very dear.", "It has been loved by so many."),
            ("Whole families have cherished it for years.",),
        ),
        "playful": (
            ("Even my goldfish knows that one, promise!", "All the cool cats have watched it!"),
            ("My grandma and her parrot quote it!",),
        ),
    },
}
