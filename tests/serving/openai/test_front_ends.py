"""What front ends send on their own is told from what people say."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.serving.api.openai_schemas import ChatMessage, TextPart
from ccrs.serving.front_ends import NO_TITLE, chore_answer, chore_of

CHAT = "<chat_history>\nUSER: I adore Heat, it's great\nASSISTANT: Watch Ronin.\nUSER: More!\n</chat_history>"
LINES = "User: I adore Heat, it's great\nAssistant: Watch Ronin."
TALK = [("user", "I adore Heat, it's great"), ("assistant", "Watch Ronin.")]
TITLE = "I adore Heat, it's great"


def messages(*pairs: tuple[str, str]) -> list[ChatMessage]:
    return [ChatMessage(role=role, content=content) for role, content in pairs]


def answer(*pairs: tuple[str, str]) -> str | None:
    """What a chore is answered; None for a person."""
    chore = chore_of(messages(*pairs))
    return None if chore is None else chore_answer(chore)


# Built as front ends build them, in our words.
JSON_CHORES = {
    '{ "title": "short title" }': {"title": TITLE},
    '{ "tags": ["tag1", "tag2"] }': {"tags": ["Recommendations"]},
    '{ "follow_ups": ["Question 1?"] }': {"follow_ups": []},
    '{\n  "queries": ["query1", "query2"]\n}': {"queries": []},
    '{ "text": "<your_completion>" }': {"text": ""},
    '{ "prompt": "picture" }': {},
}


@pytest.mark.parametrize("wanted", JSON_CHORES)
@pytest.mark.parametrize("head", ["### Task:", "# Task", "### **Task**:"])
def test_json_is_answered_with_json(head: str, wanted: str) -> None:
    prompt = f"{head}\nLook at the chat.\n### Output:\nJSON format: {wanted}\n### Chat History:\n{CHAT}"
    assert json.loads(answer(("user", prompt)) or "") == JSON_CHORES[wanted]


def test_without_a_key_the_task_tells_what_is_wanted() -> None:
    for task, kind in (
        ("Generate a 3-5 word title summarizing the chat history.", "title"),
        ("Create 1-3 broad tags for the chat history.", "tags"),
        ("Suggest 3 relevant follow-up questions.", "follow_ups"),
        ("Decide whether to generate search queries.", "queries"),
        ("Dance.", "other"),
    ):
        chore = chore_of(messages(("user", f"### Task:\n{task}\n{CHAT}")))
        assert chore is not None
        assert (chore.kind, chore.as_json) == (kind, False)


LIMITED = "Provide a brief, 5-word-or-less title for the conversation. Only return the title.\n\n"
LISTED = "Analyze this conversation and provide:\n1. Its language\n2. A concise title (5 words or less)\n\n"
STARTING = "Please write a short title (max 40 characters) for a conversation that starts with:\n"
HEADER = "Create a concise, 5-word phrase as a header for the following query, avoiding the word 'title': "
EMOJI = (
    "Create a 3-5 word phrase with an emoji as a title for the following prompt. Avoid quotation marks.\n\n"
    "Examples of titles:\n📉 Stocks\n\nPrompt: "
)
LAST = "Please generate a four to five word title for our conversation without any lead-in."
QUOTING = f'Write a concise title for this conversation in 5 words or less.\n\n||>User:\n"{TITLE}"\n||>Response:\n"Ok"'
FIRST = "You are a title generator. Read the first message and make a short title, 5–8 words."
ONLY = "You are a summarizer of chats. Generate a title for the user's message.\n- Output ONLY the title"
RULES = "- you will generate a short title based on the first message of a chat\n- at most 80 characters"
INTO = "You need to summarize the user's conversation into a title within 10 words."
TITLE_PROMPTS = [
    [("user", LIMITED + LINES)],
    [("user", LISTED + LINES)],
    [("user", f"{STARTING}{LINES}\n\nTitle:")],
    [("user", HEADER + TITLE)],
    [("user", EMOJI + TITLE)],
    [*TALK, ("user", LAST)],
    [*TALK, ("system", LAST)],
    [("system", QUOTING), ("user", "Language: English")],
    [("system", FIRST), ("user", TITLE)],
    [("system", ONLY), ("user", LINES)],
    [("system", RULES), ("user", TITLE)],
    [("system", INTO), ("user", f"user: {TITLE}\nassistant: Watch Ronin.")],
    [("user", f"# Title Generator\n\nYou are a title generator for the provided chat history.\n{CHAT}")],
]


@pytest.mark.parametrize("prompt", TITLE_PROMPTS)
def test_titles_are_made_of_the_first_words_said(prompt: list[tuple[str, str]]) -> None:
    assert answer(*prompt) == TITLE


def test_other_chores_in_words() -> None:
    only = "Suggest three follow-up questions for this conversation, one a line, nothing else."
    assert answer(*TALK, ("user", only)) == ""
    tags = "Generate 1-3 tags for this conversation and return only the tags."
    assert answer(*TALK, ("user", tags)) == "Recommendations"
    memory = "Summarize the discussion briefly in 200 words or less to use as a prompt for future context."
    assert answer(*TALK, ("system", memory)) == f"The user said: {TITLE}"
    emoji = "Your task is to show the speaker's face with a fitting emoji.\n\nMessage: I adore Heat"
    assert answer(("user", emoji)) == "🙂"


def test_an_empty_chat_has_a_title_too() -> None:
    prompt = '### Task:\nJSON format: { "title": "x" }\n<chat_history>\n</chat_history>'
    assert json.loads(answer(("user", prompt)) or "") == {"title": NO_TITLE}


ORDINARY = [
    "give me a title of a good movie",
    "Give me the title of that film you mentioned in this conversation, only the title please",
    "Suggest a movie with a short title, based on this conversation, in one sentence",
    "Give me something with a one word title based on our conversation",
    "Generate a list of 5 horror movies, only the titles",
    "What is the title of the film in my first message?",
    "Can you tag along? I like road movies. Suggest 3.",
    "Suggest 3 follow-ups to The Matrix",
    "Suggest a follow-up to Heat, only return the title",
    "Create a 5-word description of the movie Heat, nothing else",
    "Write me 3-5 titles of comedies",
    "Provide a concise list of 5 films. Only return the title of each.",
    "Summarize the conversation between the two cops in Heat",
    "Summarize our discussion",
    "I like the movie Tag. Suggest 3 like it.",
    "Search queries like 'best horror movies' bring me nothing. Help!",
    "You are great! Give me one more title, please.",
    "Give me a short title for my cat",
    "title",
    "Make it a comedy, 3-5 of them, no title I have named before in this conversation",
    "The Conversation (1974) is my favourite. Only return titles like it.",
    "Recommend me a film. Here's our chat: User: I like Heat. Assistant: Watch Ronin.",
    "### Task: recommend me 3 films\n### Output: JSON format: [{\"title\": \"...\", \"year\": 1999}]",
    "# Task\nI need a movie for the family, only the title, nothing else",
    "Based on the following list, recommend: Heat, Ronin, Speed",
    "Respond only with the title of a film that I would like",
    "Your task is to find a film with the emoji title: 🦁👑",
    "I said: Heat.\nYou said: Ronin.\nNow another one, please",
    "A friend told me: create a header, then watch Heat. Funny, no?",
    "Have you seen <chat_history>? It is a web series.",
    "Provide the search terms for a thriller with Al Pacino",
    "Hi",
    "",
]  # fmt: skip


@pytest.mark.parametrize("text", ORDINARY)
def test_people_are_heard(text: str) -> None:
    assert chore_of(messages(("user", text))) is None
    assert chore_of(messages(*TALK, ("user", text))) is None
    instruction = "You are a movie expert. Give each answer a title in bold, at most 50 words."
    assert chore_of(messages(("system", instruction), ("user", text))) is None


def test_words_in_a_prompt_with_documents_are_a_persons() -> None:
    prompt = "### Task:\nAnswer the user.\n<context>a</context>\n<user_query>Heat?</user_query>\n" + CHAT
    assert chore_of(messages(("user", prompt))) is None


def test_who_speaks_after_a_chore_is_a_person() -> None:
    chore = TITLE_PROMPTS[0][0]
    assert chore_of(messages(chore, ("assistant", TITLE), ("user", "Thanks. A comedy?"))) is None
    assert chore_of([ChatMessage(role="user", content=[TextPart(type="image_url")])]) is None
    assert chore_of([]) is None


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system", "x"]), st.text()), max_size=4))
def test_nothing_makes_it_fail(pairs: list[tuple[str, str]]) -> None:
    assert answer(*pairs) is None or isinstance(answer(*pairs), str)


HOSTILE = [
    "### Task:",
    "generate a ",
    "<chat_history>",
    "user:\n",
    "create ",
    " ",
    "\n",
    ">",
    "your task is to ",
]


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_texts_take_no_time(part: str) -> None:
    text = part * (200_000 // len(part)) + "x"
    began = time.perf_counter()
    answer(("user", text))
    answer(("user", f"### Task: {text} </chat_history>"))
    assert time.perf_counter() - began < 1
