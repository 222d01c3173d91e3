"""MovieLens to a prepared corpus: each user's ratings in time order become sessions, written as short dialogues."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import Manifest, write_prepared
from ccrs.data.readers.movielens import LICENCE, Fact, MovieLensRelease, read_movielens
from ccrs.experiments.sessions import SAMPLED_AT, SessionForm, Tried, dialogues_of

LIKED = 4.0
"""The lowest rating that counts as liking: 4 and 5 of 5 stars, 55% of the ratings of ml-100k."""
OPENING = "Hello, what shall I watch?"
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
    form = SessionForm(session_size, min_sessions, OPENING, FEW_SESSIONS, LEFT_OVER)
    release = read_movielens(source)
    knowledge = _knowledge(release)
    titles = {entity.id: entity.title for entity in knowledge.entities if entity.is_item}
    dropped = Counter(knowledge.dropped)
    tried = {
        user: [Tried(f"film:{rating.film}", rating.value >= LIKED) for rating in ratings]
        for user, ratings in release.ratings.items()
    }
    dialogues = list(dialogues_of(tried, titles, form, dropped))
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
