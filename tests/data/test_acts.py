"""What a turn does, judged on sentences made for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.data.acts import ACTS, SEEKER_ACTS, Act, SeekerAct, reply_act, seeker_act, sentences

REPLIES: list[tuple[str, Act]] = [
    ("Hello!", "greet"),
    ("hey there, how are you tonight?", "greet"),
    ("I'm doing well, thank you", "greet"),
    ("Good evening", "greet"),
    ("Great, you?", "greet"),
    ("Hi! What sort of films do you enjoy?", "ask"),
    ("hello how can i help you", "ask"),
    ("What genre are you in the mood for", "ask"),
    ("Do you prefer something old or something new?", "ask"),
    ("Did you like [item]?", "ask"),
    ("Are you looking for something like [named]?", "ask"),
    ("Tell me about a film you loved.", "ask"),
    ("Have you seen [item]?", "recommend"),
    ("How about [item] or [item]", "recommend"),
    ("I would suggest [item].", "recommend"),
    ("Great! [break] Would you like to see [item]?", "recommend"),
    ("What do you like? You could try [item]", "recommend"),
    ("Try [item]. It is about a lighthouse keeper.", "reason"),
    ("You might like [item] because you liked [named]", "reason"),
    ("[item] with [star] is good", "reason"),
    ("Watch [item], it's a very funny film", "reason"),
    ("It was directed by [director].", "reason"),
    ("It's about two brothers who open a bakery", "reason"),
    ("[item] stars a talking dog", "reason"),
    ("I think it is scary. Have you seen [item]?", "reason"),
    ("Yes, I thought so too", "answer"),
    ("I haven't seen that one yet", "answer"),
    ("No, I have never seen [item]", "answer"),
    ("It came out last winter", "answer"),
    ("me too", "answer"),
    ("I love [genre] movies as well", "answer"),
    ("[named] was great", "answer"),
    ("You're welcome! Bye", "close"),
    ("Enjoy [item], and have a lovely evening!", "close"),
    ("I hope you find something you like", "close"),
    ("Thanks for chatting", "close"),
    ("Good night [break] take care", "close"),
    ("Yes, glad I could help. Goodbye!", "close"),
    ("popcorn", "other"),
    ("", "other"),
]

SEEKER_TURNS: list[tuple[str, SeekerAct]] = [
    ("hi", "greet"),
    ("Hello, how are you?", "greet"),
    ("I am good, thanks", "greet"),
    ("What is it about?", "question"),
    ("I haven't seen it, who plays in it?", "question"),
    ("Is that one scary?", "question"),
    ("I'm looking for a comedy", "wish"),
    ("Can you recommend a good thriller?", "wish"),
    ("I love horror", "wish"),
    ("Something like [item] maybe", "films"),
    ("My husband and I watch [item] every year", "films"),
    ("[item] and [item]", "films"),
    ("No, I didn't like that one", "reject"),
    ("That is not my type of movie", "reject"),
    ("too violent for us", "reject"),
    ("Yes, I have seen it", "seen"),
    ("I loved that movie", "seen"),
    ("Already saw it", "seen"),
    ("I'll watch that tonight", "accept"),
    ("That sounds interesting", "accept"),
    ("I have not seen that one", "accept"),
    ("ok", "accept"),
    ("Thanks, I'll watch it. Bye!", "close"),
    ("thank you so much for the suggestions", "close"),
    ("Have a nice day", "close"),
    ("popcorn", "other"),
    ("", "none"),
    ("  [break] ", "none"),
]


@pytest.mark.parametrize(("text", "act"), REPLIES)
def test_act_of_a_reply(text: str, act: Act) -> None:
    assert reply_act(text) == act


@pytest.mark.parametrize(("text", "act"), SEEKER_TURNS)
def test_act_of_the_seekers_turn(text: str, act: SeekerAct) -> None:
    assert seeker_act(text) == act


def test_sentences_end_at_marks_and_between_messages() -> None:
    assert sentences("Hi there!  How’s it going? [break] I'm FINE") == [
        "hi there!",
        "how's it going?",
        "i'm fine",
    ]


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from([w for t, _ in REPLIES for w in t.split()])).map(" ".join)
)
def test_any_text_has_an_act_whatever_the_case(text: str) -> None:
    assert reply_act(text) in ACTS
    assert seeker_act(text) in SEEKER_ACTS
    if text.isascii():
        assert reply_act(text.upper().replace("[ITEM]", "[item]")) == reply_act(text)
