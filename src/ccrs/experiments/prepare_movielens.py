"""MovieLens to a prepared corpus: each user's ratings in time order become sessions, written as short dialogues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message
from ccrs.core.errors import ConfigError, DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import Manifest, write_prepared
from ccrs.data.readers.movielens import LICENCE, Fact, MovieLensRelease, Rating, read_movielens

LIKED = 4.0
"""The lowest rating that counts as liking: 4 and 5 of 5 stars, 55% of the ratings of ml-100k."""
SAMPLED_AT = (0, 1, 2, 4, 6)
"""How many films of a session have been named when the recommender names the next one."""
FEW_SESSIONS = "users with too few sessions"
LEFT_OVER = "liked films after a user's last whole session"
UNLINKED = "facts about films that are not listed"

# Relations of the Freebase graph: readable name, type of the other entity, and whether the film is the tail.
_PEOPLE = (("actor", "actor"), ("directed_by", "director"), ("produced_by", "producer"))
_MORE_PEOPLE = (("written_by", "writer"), ("cinematography", "cinematographer"))
_THINGS = (
    ("genre", "kind of film", "genre"),
    ("award_nomination", "award nomination", "award"),
    ("award_won", "award won", "award"),
    ("language", "language", "language"),
    ("country", "country", "place"),
    ("production_companies", "production company", "company"),
    ("rating", "content rating", "content rating"),
    ("subjects", "subject", "keyword"),
    ("sequel", "sequel", "movie"),
)
_FORWARD = {f"film.film.{key}": (name, "person") for key, name in (*_PEOPLE, *_MORE_PEOPLE)} | {
    f"film.film.{key}": (name, kind) for key, name, kind in _THINGS
}
_BACKWARD = {
    "film.actor.film": "film.film.actor",
    "film.director.film": "film.film.directed_by",
    "film.producer.film": "film.film.produced_by",
    "film.writer.film": "film.film.written_by",
    "film.cinematographer.film": "film.film.cinematography",
    "film.film_genre.films_in_this_genre": "film.film.genre",
    "film.production_company.films": "film.film.production_companies",
    "film.content_rating.film": "film.film.rating",
    "film.film_subject.films": "film.film.subjects",
    "film.film.prequel": "film.film.sequel",
}


def prepare_movielens(source: Path, out: Path, *, session_size: int = 8, min_sessions: int = 2) -> Manifest:
    """Prepare the release in ``source`` (zip, folder or wheel) as the folder ``out``.

    A session is ``session_size`` consecutive liked films of a user; what he rated lower in between is the session's
    feedback. Users with fewer than ``min_sessions`` whole sessions are left out. Raises ``DataError`` on any fault of
    the input or of the disk, ``ConfigError`` for a size that makes no sample.
    """
    if session_size < 1 or min_sessions < 1:
        raise ConfigError(
            f"session_size = {session_size}, min_sessions = {min_sessions}: both are at least 1."
        )
    release = read_movielens(source)
    knowledge = _knowledge(release)
    titles = {entity.id: entity.title for entity in knowledge.entities if entity.is_item}
    dropped = Counter(knowledge.dropped)
    dialogues: list[Dialogue] = []
    for user, ratings in release.ratings.items():
        sessions, left = _sessions(ratings, session_size)
        if len(sessions) < min_sessions:
            dropped[FEW_SESSIONS] += 1
            continue
        dropped[LEFT_OVER] += left
        dialogues += [_dialogue(user, number, session, titles) for number, session in enumerate(sessions)]
    if not dialogues:
        raise DataError.at(
            source,
            None,
            f"no user has {min_sessions} sessions of {session_size} liked films",
            "Ask for smaller sessions (--session-size) or fewer of them (--min-sessions).",
        )
    return write_prepared(
        out,
        dataset="movielens" if release.form == "atomic" else f"movielens {release.form}",
        licence=LICENCE,
        catalogue=Catalogue(tuple(knowledge.entities)),
        triples=knowledge.triples,
        dialogues=dialogues,
        sources=release.sources,
        dropped=dict(+dropped),
        notes=_notes(session_size, min_sessions, has_graph=bool(release.facts)),
        repeats=False,
    )


@dataclass(frozen=True)
class _Session:
    """Liked films in time order, and what was rated lower since the session before."""

    liked: tuple[str, ...]
    not_liked: tuple[str, ...]


def _sessions(ratings: Sequence[Rating], size: int) -> tuple[list[_Session], int]:
    """The whole sessions of one user (``ratings`` in time order), and how many liked films are left over."""
    sessions: list[_Session] = []
    liked: list[str] = []
    other: list[str] = []
    for rating in ratings:
        (liked if rating.value >= LIKED else other).append(rating.film)
        if len(liked) == size:
            sessions.append(_Session(tuple(liked), tuple(other)))
            liked, other = [], []
    return sessions, len(liked)


@dataclass
class _Talk:
    """Messages while they are written."""

    titles: dict[str, str]
    messages: list[Message] = field(default_factory=list)

    def seeker(self, opening: str, films: Sequence[str]) -> None:
        """The seeker says ``opening`` and names films he likes."""
        text, mentions = opening, []
        for position, film in enumerate(films):
            text += (" I like " if position == 0 else " and ") if text else "I like "
            mentions.append(_mention(film, text, self.titles[film]))
            text += self.titles[film]
        self.messages.append(Message("seeker", f"{text}." if films else text, tuple(mentions)))

    def recommender(self, film: str) -> None:
        """The recommender names one film."""
        text = "How about "
        mention = _mention(film, text, self.titles[film])
        self.messages.append(Message("recommender", f"{text}{self.titles[film]}?", (mention,)))


def _mention(film: str, before: str, title: str) -> Mention:
    return Mention(film, len(before), len(before) + len(title), marked=True)


def _dialogue(user: str, number: int, session: _Session, titles: dict[str, str]) -> Dialogue:
    """One session as a dialogue; the recommender speaks at ``SAMPLED_AT`` films and nowhere else."""
    items = [f"film:{film}" for film in session.liked]
    talk = _Talk(titles)
    opening, waiting = "Hello, what shall I watch?", list[str]()
    for position, item in enumerate(items):
        if position not in SAMPLED_AT:
            waiting.append(item)
            continue
        talk.seeker(opening, waiting)
        talk.recommender(item)
        opening, waiting = "I like that.", []
    talk.seeker(opening, waiting)
    answers = [(item, True) for item in items] + [(f"film:{film}", False) for film in session.not_liked]
    feedback = {item: Feedback(liked=liked) for item, liked in answers}
    return Dialogue(f"{user}-{number}", user, tuple(talk.messages), time=number, feedback=feedback)


@dataclass(frozen=True)
class _Knowledge:
    entities: list[Entity]
    triples: list[Triple]
    dropped: Counter[str]


def _knowledge(release: MovieLensRelease) -> _Knowledge:
    """Films first, then genres, then what the graph names."""
    entities = [
        Entity(f"film:{f.id}", "movie", f.name, is_item=True, year=f.year, aliases=f.aliases)
        for f in release.films
    ]
    triples: dict[Triple, None] = {}
    others: dict[str, Entity] = {}
    for film in release.films:
        for genre in film.genres:
            others.setdefault(f"genre:{genre}", Entity(f"genre:{genre}", "genre", genre))
            triples[Triple(f"film:{film.id}", "genre", f"genre:{genre}")] = None
    dropped: Counter[str] = Counter()
    for fact in release.facts:
        head, relation, tail, kind = _readable(fact)
        if head not in release.film_of:
            dropped[UNLINKED] += 1
            continue
        known = release.film_of.get(tail)
        other = tail if known is None else f"film:{known}"
        if known is None and other not in others:
            others[other] = Entity(other, kind, f"{kind} {tail}")  # the release gives no names
        triples[Triple(f"film:{release.film_of[head]}", relation, other)] = None
    return _Knowledge([*entities, *others.values()], list(triples), dropped)


def _readable(fact: Fact) -> tuple[str, str, str, str]:
    """Head (the film), readable relation, tail and its type; the graph states most facts in both directions."""
    relation, head, tail = fact.relation, fact.head, fact.tail
    if relation in _BACKWARD:
        relation, head, tail = _BACKWARD[relation], tail, head
    name, kind = _FORWARD.get(relation, (relation.split(".")[-1].replace("_", " "), "other"))
    return head, name, tail, kind


def _notes(session_size: int, min_sessions: int, *, has_graph: bool) -> list[str]:
    """What was decided and why."""
    graph = "MovieLens genres" + (" and a Freebase graph whose entities have no names" if has_graph else "")
    numbers = ", ".join(str(count) for count in SAMPLED_AT if count < session_size)
    return [
        f"a film is liked at {LIKED:.0f} of 5 stars or more, the usual reading; what is rated lower is feedback "
        "(not liked) of the session in which it was rated",
        f"a session is {session_size} consecutive liked films of a user in time order (ties as in the file); films "
        "after the last whole session are left out",
        f"recommendation samples stand where {numbers} films of a session were named",
        f"users have at least {min_sessions} sessions: with one there is nothing to adapt on",
        "no film is liked twice, so what a user has rated before is no candidate (repeats = false)",
        f"knowledge graph: {graph}",
    ]
