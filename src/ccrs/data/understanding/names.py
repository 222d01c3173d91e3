"""What else than titles and full names people say: genres by adjectives, themes, countries, series, surnames."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.linking_names import tokenise
from ccrs.data.linking_words import COMMON_WORDS, GENRE_SYNONYMS
from ccrs.data.understanding.genre_words import ALIASES, NATIONS
from ccrs.data.understanding.line import Kind, Ref, Token

Words = tuple[str, ...]
Slot = str
"""Where a name counts: ``anywhere``, ``film`` (with a word for films behind), ``topic`` (that, or *about* before)."""

_NOUNS_TEXT = """
    movie movies film films flick flicks picture pictures genre show shows story stories one ones thing part bit
"""
_NOUNS = frozenset(_NOUNS_TEXT.split())
_TOPIC_BEFORE = frozenset(
    [
        "about",
        "involving",
        "featuring",
        "on",
        "with",
        "no",
        "without",
        "more",
        "have",
        "has",
        "having",
        "containing",
        "including",
    ]
)
# Ordinary words that say nothing of films where they stand alone.
_ORDINARY_TEXT = """
    sport sports music history short news crime crimes adventure adventures mystery docs gangster gangsters
    laughs humor a laugh
"""
_ORDINARY = frozenset(_ORDINARY_TEXT.split())
# A topic with nothing but these beside it is all that is asked for: *just zombies then*.
_BESIDE_TEXT = """
    ? . ! , ; : just only then please pls ok okay and some maybe a an more or hmm so well yes yeah again instead
    something one
"""
_BESIDE = frozenset(_BESIDE_TEXT.split())
_BY = frozenset(["by", "from"])
_WITH = frozenset(["with", "starring", "featuring", "without", "no", "by"])

# Tags of a catalogue that are verbs of taste: behind a subject they are that (*I hate horror*, no hate there).
_VERBS = frozenset(["adore", "dislike", "enjoy", "fancy", "hate", "like", "love", "prefer", "watch", "want"])
_SUBJECTS_TEXT = """
    i we you they he she who everybody everyone people kids parents friends wife husband girlfriend boyfriend son
    daughter family both all also really just always absolutely usually mostly still do does did would 'd will to
"""
_SUBJECTS = frozenset(_SUBJECTS_TEXT.split())


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A way to say some entities."""

    words: Words
    entities: tuple[str, ...]
    kind: Kind
    slot: Slot
    adjective: bool = False


class Names:
    """Finds words for genres, themes and the like, and surnames, in a message's words.

    Names of things that are ordinary words (*office*, *memory*) count only where a film is described by them:
    *a prison movie*, *about time travel*. A surname counts where a person is looked for (*directed by Nolan*, *a Nolan
    film*); of several bearers the one with the most items is meant.
    """

    def __init__(self, catalogue: Catalogue, triples: Sequence[Triple]) -> None:
        self._phrases: dict[str, list[_Phrase]] = defaultdict(list)
        for phrase in _phrases(catalogue):
            self._phrases[phrase.words[0]].append(phrase)
        for phrases in self._phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase.words))
        self._surnames = _surnames(catalogue, triples)
        self._series = {
            " ".join(tokenise(entity.name)[0]): entity.id
            for entity in catalogue.entities
            if not entity.is_item and entity.type not in ("person", "genre")
        }

    def find(self, text: str, tokens: Sequence[Token], taken: Sequence[Ref]) -> list[Ref]:
        """What is named between ``taken`` (items and people), and these unless a longer phrase covers them."""
        items = [ref for ref in taken if ref.kind in ("item", "person")]
        free = _free(tokens, items)
        found: list[Ref] = []
        number = 0
        while number < len(tokens):
            ref = self._phrase_at(tokens, number, free) or self._surname_at(text, tokens, number, free)
            if ref is None:
                number += 1
                continue
            found.append(ref)
            while number < len(tokens) and tokens[number].start < ref.end:
                number += 1
        covered = [ref for ref in taken if ref not in items and not any(_overlap(ref, own) for own in found)]
        return sorted([*items, *covered, *found], key=lambda ref: ref.start)

    def series(self, words: str) -> str | None:
        """The thing (a series, say) that has the very name of an item: *Star Wars* movies."""
        return self._series.get(" ".join(tokenise(words)[0]))

    def _phrase_at(self, tokens: Sequence[Token], number: int, free: Sequence[bool]) -> Ref | None:
        for phrase in self._phrases.get(tokens[number].text, ()):
            end = number + len(phrase.words)
            if end > len(tokens) or not all(free[number:end]):
                continue
            if _is_verb(tokens, number, phrase):
                continue
            if all(tokens[number + k].text == word for k, word in enumerate(phrase.words)) and (
                _in_slot(tokens, number, end, phrase.slot) or self._genre_at(tokens, end, free)
            ):
                start, stop = tokens[number].start, tokens[end - 1].end
                word = " ".join(phrase.words)
                return Ref(phrase.kind, phrase.entities, start, stop, adjective=phrase.adjective, word=word)
        return None

    def _genre_at(self, tokens: Sequence[Token], number: int, free: Sequence[bool]) -> bool:
        """Whether a genre follows, which what stands before describes: *a christmas comedy*."""
        if number >= len(tokens):
            return False
        words = tuple(token.text for token in tokens[number : number + 4])
        return any(
            phrase.kind == "genre"
            and not phrase.adjective
            and words[: len(phrase.words)] == phrase.words
            and all(free[number : number + len(phrase.words)])
            for phrase in self._phrases.get(words[0], ())
        )

    def _surname_at(
        self, text: str, tokens: Sequence[Token], number: int, free: Sequence[bool]
    ) -> Ref | None:
        token = tokens[number]
        person = self._surnames.get(token.text)
        if person is None or not free[number]:
            return None
        before = [tokens[k].text for k in range(max(0, number - 2), number)]
        behind = tokens[number + 1].text if number + 1 < len(tokens) else ""
        directed = before[-2:] in (["directed", "by"], ["written", "by"], ["films", "by"], ["movies", "by"])
        capital = text[token.start].isupper()
        looked_for = bool(before and before[-1] in _WITH) or behind in _NOUNS
        if directed or (capital and looked_for):
            return Ref("person", (person,), token.start, token.end)
        return None


def _is_verb(tokens: Sequence[Token], number: int, phrase: _Phrase) -> bool:
    """Whether a name of one word is the verb of a sentence here: *we love*, *I do not like*."""
    if len(phrase.words) > 1 or phrase.words[0] not in _VERBS or not number:
        return False
    before = tokens[number - 1].text
    if before == "not" and number > 1:
        before = tokens[number - 2].text
    return before in _SUBJECTS


def _overlap(one: Ref, other: Ref) -> bool:
    return one.start < other.end and other.start < one.end


def _free(tokens: Sequence[Token], taken: Iterable[Ref]) -> list[bool]:
    """Whether each token lies outside all of ``taken``."""
    spans = [(ref.start, ref.end) for ref in taken]
    return [not any(start < token.end and token.start < end for start, end in spans) for token in tokens]


def _in_slot(tokens: Sequence[Token], start: int, end: int, slot: Slot) -> bool:
    """Whether the words ``start:end`` stand where such a name counts."""
    if slot == "anywhere":
        return True
    behind = tokens[end].text if end < len(tokens) else ""
    if behind in _NOUNS:
        return True
    place = start - 2 if start > 1 and tokens[start - 1].text in ("a", "an", "the", "some") else start - 1
    before = tokens[place].text if place >= 0 else ""
    if slot == "from" and before in ("from", "in"):
        return True
    if slot != "topic":
        return False
    return before in _TOPIC_BEFORE or all(
        token.text in _BESIDE for token in (*tokens[:start][-9:], *tokens[end:][:9])
    )


def _phrases(catalogue: Catalogue) -> Iterator[_Phrase]:
    """Every way to say the entities that are neither items nor people."""
    genres: dict[str, str] = {}
    for entity in catalogue.entities:
        if entity.type == "genre" and not entity.is_item:
            for name in (entity.name, *entity.aliases):
                genres.setdefault(" ".join(tokenise(name)[0]), entity.id)
    things = [e for e in catalogue.entities if not e.is_item and e.type not in ("person", "genre", "decade")]
    # Aliases come first: of equal phrases the first counts, and only they know adjectives.
    yield from _alias_phrases(genres, things)
    for name, identity in genres.items():
        # "scary" is a genre of one graph; everybody means horror by it.
        if name not in ("scary", "funny"):
            slot = "film" if name in ("war", "family", "music", "short", "news", "talk show") else "anywhere"
            yield from _forms(name, (identity,), "genre", "topic" if name in _ORDINARY else slot)
    for entity in things:
        yield from _thing_phrases(entity)


def _alias_phrases(genres: Mapping[str, str], things: Sequence[Entity]) -> Iterator[_Phrase]:
    synonyms = {form: row for row in GENRE_SYNONYMS for form in row}
    themes = {" ".join(tokenise(entity.name)[0]): entity.id for entity in things}

    def known(name: str) -> tuple[str, Kind] | None:
        plain = " ".join(tokenise(name)[0])
        for form in (plain, *synonyms.get(plain, ()), f"{plain}s"):
            if form in genres:
                return genres[form], "genre"
        for form in (plain, f"{plain}es", f"{plain}s"):
            if form in themes:
                return themes[form], "thing"
        return None

    for line in " ".join(ALIASES.split()).split("; "):
        names, forms = line.split(": ")
        parts = [known(name) for name in names.split("+")]
        if names == "family" and parts == [None]:
            parts = [known("animation")]
        found = [part for part in parts if part is not None]
        if not found or len(found) < len(parts):
            continue
        ages = [
            f"{age} {year} old{end}" for age in range(2, 13) for year in ("year", "yr") for end in ("", "s")
        ]
        for form in [*forms.split(", "), *(ages if names == "family" else ())]:
            plain = form.removeprefix("*")
            exact = genres.get(plain) if len(found) > 1 else None
            entities = (exact,) if exact is not None else tuple(identity for identity, _ in found)
            words = tuple(plain.split())
            slot = "topic" if plain in _ORDINARY else "anywhere"
            yield _Phrase(words, entities, found[0][1], slot, adjective=form != plain)


def _thing_phrases(entity: Entity) -> Iterator[_Phrase]:
    name = " ".join(tokenise(entity.name)[0])
    if not name:
        return
    for word in NATIONS.get(name, ()):
        yield _Phrase(tuple(word.split()), (entity.id,), "thing", "film")
    if entity.type == "country":
        yield _Phrase(tuple(name.split()), (entity.id,), "thing", "from")
        return
    for alias in (name, *(" ".join(tokenise(alias)[0]) for alias in entity.aliases)):
        if alias:
            slot = "film" if entity.type == "series" else "topic"
            yield from _forms(alias, (entity.id,), "thing", slot)


def _forms(name: str, entities: tuple[str, ...], kind: Kind, slot: Slot) -> Iterator[_Phrase]:
    """The name itself, and its other number."""
    words = tuple(name.split())
    yield _Phrase(words, entities, kind, slot)
    last = words[-1]
    if last.endswith("ies") and len(last) > 4:
        other = last[:-3] + "y"
        yield _Phrase((*words[:-1], last[:-1]), entities, kind, slot)  # zombies: zombie
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")):
        other = last[:-1]
    else:
        other = last[:-1] + "ies" if last.endswith("y") and last[-2:-1] not in "aeiou" else f"{last}s"
    yield _Phrase((*words[:-1], other), entities, kind, slot)
    if last.endswith("oes"):
        yield _Phrase((*words[:-1], last[:-2]), entities, kind, slot)
    if len(words) == 2:
        yield _Phrase(("".join(words),), entities, kind, slot)


def _surnames(catalogue: Catalogue, triples: Sequence[Triple]) -> dict[str, str]:
    """Surname to the person who bears it in the most items, unless two do."""
    degree = Counter(triple.tail for triple in triples)
    degree.update(triple.head for triple in triples)
    bearers: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for entity in catalogue.entities:
        words = entity.name.casefold().replace("\u2019", "'").split()
        if entity.type == "person" and len(words) > 1:
            last = words[-1]
            if len(last) > 3 and last.isalpha() and last not in COMMON_WORDS:
                bearers[last].append((degree[entity.id], entity.id))
    result = {}
    for name, people in bearers.items():
        best = sorted(people, key=lambda bearer: (-bearer[0], bearer[1]))
        if len(best) == 1 or best[0][0] > best[1][0]:
            result[name] = best[0][1]
    return result
