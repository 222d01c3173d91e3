"""What people of a simulated shop say: templates that fit any item, by act and by style.

Slots: ``{0}``, ``{1}`` are entities; ``{item}``, ``{an_item}``, ``{items}`` are what an item is called; ``{wish}`` is
how a value is asked for (*by Anna Berg*) and ``{clause}`` how it is stated (*is by Anna Berg*), see
``catalogue_words``; ``{relation}`` is a relation's name and ``{a}`` the article of what follows.
"""

from __future__ import annotations

from collections.abc import Mapping

from ccrs.simulation.templates import Style

Templates = tuple[str, ...]

SEEKER_HELLO: Templates = (
    "Hi!",
    "Hello!",
    "Hey there.",
    "Good morning!",
    "Good evening.",
    "Hi, how are you?",
)
SEEKER_LOOKS: Templates = (
    "I am looking for {an_item}.",
    "Can you help me find {an_item}?",
    "I need {an_item}.",
    "Could you recommend {an_item}?",
    "Which {items} do you have?",
)
NAMES_ONE: Templates = (
    "I really like {0} and want something new.",
    "{0} was great, what should I try now?",
    "My favourite so far is {0}.",
    "Do you have anything similar to {0}?",
    "Something like {0}, please.",
    "I have {0} and love it. Any tips?",
    "I am after {an_item} like {0}.",
    "Which {item} goes with {0}?",
)
NAMES_TWO: Templates = (
    "I really like {0} and also {1}.",
    "I enjoy {0} as well as {1}.",
    "Both {0} and {1} were great.",
    "The {items} I love are {0} and {1}.",
    "My favourites are {0} and {1}. What next?",
    "Do you have something like {0} or {1}?",
    "I am after {an_item}, I already have {0} and {1}.",
)
NAMES_NONE: Templates = (
    "What would you recommend to me?",
    "Surprise me with {an_item}.",
    "Which {item} would suit me?",
    "I do not know what to take. Any ideas?",
    "Just recommend me something good.",
)
PREFERENCE: Templates = (
    "What counts for me is mostly the {relation}.",
    "I usually pick {an_item} by the {relation}.",
    "The {relation} is what I care about most.",
    "For me it is all about the {relation}.",
    "Above all else, I go by the {relation}.",
)
WISHES: Templates = (
    "I am looking for {an_item} {wish}.",
    "Do you have {an_item} {wish}?",
    "I would like {an_item} {wish}, please.",
    "Are there {items} {wish}?",
    "Show me {items} {wish}.",
    "Any {items} {wish}?",
    "Something {wish}, please.",
    "I want something {wish}.",
    "{an_item} {wish}",
    "{items} {wish}?",
    "Have you got anything {wish}?",
    "I am after {an_item} {wish}.",
)
WISHES_BEFORE: Templates = (  # the value stands before the noun: "a red sofa"
    "I am looking for {a} {0} {item}.",
    "Do you have {a} {0} {item}?",
    "I would like {a} {0} {item}{wish}.",
    "Any {0} {items}{wish}?",
    "Show me {0} {items}{wish}.",
    "I need {a} {0} {item}{wish}, please.",
    "{0} {item}{wish}",
    "{0} {items}{wish}?",
)
WISHES_BARE: Templates = ("{0}, please.", "{0}?", "I need {0}.", "I am after {0}.", "Anything with {0}?")
NAMES_AND_WISHES: Templates = (
    "I like {0}, and now I want something {wish}.",
    "I have {0}. This time I am looking for {an_item} {wish}.",
    "Something like {0}, but {wish}, please.",
    "My favourite is {0}. Do you have {an_item} {wish}?",
)
LIKES: Templates = (
    "Oh yes, that sounds good to me.",
    "Great pick, I would like that.",
    "Nice, that one is right for me.",
    "Perfect, I will take it.",
    "That looks good.",
    "Lovely, it goes straight on my list.",
)
DISLIKES: Templates = (
    "Hmm, that one is not for me.",
    "I am not so sure about it.",
    "Sorry, I would rather skip that one.",
    "No thanks, it does not appeal to me.",
    "I do not like that one.",
    "Not quite what I wanted.",
)
OWNS: Templates = ("I already have that one.", "I know that one already.", "That one I have at home.")
ANOTHER: Templates = (
    "I also like {0} a lot.",
    "By the way, {0} was wonderful.",
    "Another one I love is {0}.",
    "And {0} is a favourite too.",
)
MORE: Templates = (
    "Do you have one more idea?",
    "What else do you have?",
    "Is there anything else like that?",
    "Another one, please.",
    "Show me something else.",
    "Which {item} would come next?",
)
ASKS_WHO: Templates = (
    "Who is the {relation} of {0}?",
    "Who is the {relation}?",
    "Who is its {relation}?",
    "Can you tell me who the {relation} of {0} is?",
)
ASKS_WHAT: Templates = (
    "What is the {relation} of {0}?",
    "What is the {relation}?",
    "What is its {relation}?",
    "Which {relation} does it have?",
    "Which {relation} does {0} have?",
    "Can you tell me the {relation}?",
)
TAKES: Templates = (
    "Thank you for the help, bye!",
    "Thanks, I will take it. Bye!",
    "That is all, thanks and goodbye.",
    "I am all set now, cheers.",
    "Thanks a lot, have a nice day!",
)
LEAVES: Templates = (
    "Thank you anyway, bye!",
    "I will think about it. Thanks and goodbye.",
    "That is all for today, bye!",
    "Thanks for trying, have a nice day!",
)

HELLO: Templates = (
    "Hello! What kind of {item} are you looking for?",
    "Hi! How can I help you?",
    "Welcome! Which {items} do you like?",
    "Hello! Are you looking for {an_item}?",
    "Hi there, I am fine. What are you looking for?",
)
ASKS_TASTE: Templates = (
    "Gladly! Which {items} do you like?",
    "Sure. What did you like so far?",
    "Of course. Do you have a favourite?",
    "With pleasure! What should it be like?",
)
ASKS_TASTE_BY: Templates = (
    "Sure. Do you have a favourite {relation}?",
    "Gladly! Which {relation} do you prefer?",
)
ANSWERS_ONE: Templates = ("The {relation} is {0}.", "Its {relation} is {0}.", "It has {0} as {relation}.")
ANSWERS_TWO: Templates = ("It lists {0} and {1} as {relation}.", "The {relation} is {0}, together with {1}.")
BYE: Templates = (
    "You are welcome. Enjoy!",
    "You are welcome, goodbye!",
    "Have a nice day, enjoy your {item}!",
    "Happy to help. Bye!",
)

SUGGEST: Mapping[Style, Templates] = {
    "eager": (
        "You absolutely must try {0}!",
        "Oh, then {0} is a fantastic choice!",
        "Go for {0}, it is amazing!",
        "Definitely {0}, you will be thrilled!",
        "Wow, {0} is exactly what you need!",
        "I am so excited about {0}, take it!",
    ),
    "dry": (
        "I would suggest {0}.",
        "One might consider {0}.",
        "There is {0}, for example.",
        "The obvious answer is {0}.",
        "A sound choice would be {0}.",
        "For the record, {0} meets your terms.",
    ),
    "warm": (
        "I think you would be happy with {0}.",
        "You might grow fond of {0}.",
        "Please give {0} a chance, it is lovely.",
        "My heart says {0}, I hope you like it.",
        "I would gladly share {0} with you.",
        "Dear friend, {0} feels just right for you.",
    ),
    "playful": (
        "How about {0}, just for fun?",
        "Drum roll, please: {0}!",
        "Guess what? {0} is waiting for you!",
        "Ta-da, here comes {0}!",
        "My magic hat says {0}, hooray!",
        "Knock, knock! It is {0}!",
    ),
}

# Said after a suggestion. Every statement is a clause with a value: nothing else could be checked in the graph.
FRAMES: Mapping[Style, Templates] = {
    "eager": ("And it {clause}, how great is that!", "Best of all, it {clause}!", "Imagine, it {clause}!"),
    "dry": ("It {clause}.", "For completeness, it {clause}.", "I should add that it {clause}."),
    "warm": ("I am glad that it {clause}.", "And it {clause}, so very lovely.", "It {clause}, which I love."),
    "playful": ("Fun fact: it {clause}!", "Psst, it {clause}!", "Riddle me this: it {clause}, ta da!"),
}
