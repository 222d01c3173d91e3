"""What people and programs are shown of an answer: wire types out of the engine's."""

from __future__ import annotations

from collections.abc import Iterable

from ccrs.core.hearing import Constraints, Heard
from ccrs.inference.answers import Answer
from ccrs.inference.interactions import Opinions
from ccrs.inference.recommend import Recommendation
from ccrs.serving import schemas
from ccrs.serving.store.records import OpinionRecord, TurnRecord
from ccrs.serving.world import World

_NO_NUMBER = -1
STORED_FIELDS = frozenset({"said", "heard", "reply", "items", "explanation", "remarks", "model"})


def turn_view(
    world: World, said: str, answer: Answer, opinions: Opinions, constraints: Constraints
) -> schemas.Turn:
    """An answer as a turn that is not stored yet."""
    heard = None if answer.exchange is None else answer.exchange.heard
    return schemas.Turn(
        id="",
        number=_NO_NUMBER,
        created=0.0,
        said=said,
        heard=[] if heard is None else heard_view(world, heard),
        reply=answer.text,
        items=cards_view(world, answer, opinions),
        explanation=answer_explanation(world, answer, constraints),
        remarks=list(answer.remarks),
        model=world.version,
    )


def stored_view(record: TurnRecord) -> schemas.Turn:
    """A stored turn as it was shown."""
    view = record.content.get("view", {})
    known = {name: value for name, value in view.items() if name in STORED_FIELDS}
    return schemas.Turn.model_validate(
        {
            "said": record.said,
            "reply": record.reply,
            "model": record.model,
            **known,
            "id": record.id,
            "number": record.number,
            "created": record.created,
        }
    )


def heard_view(world: World, heard: Heard) -> list[schemas.HeardMention]:
    """The mentions of what was heard, with what is said of each."""
    entities, index = world.run.catalogue.entities, world.run.catalogue.index
    return [
        schemas.HeardMention(
            id=mention.entity,
            name=entities[index[mention.entity]].title,
            start=mention.start,
            end=mention.end,
            is_item=index[mention.entity] < world.run.catalogue.num_items,
            opinions=sorted(heard.opinions.get(mention.entity, ())),
        )
        for mention in heard.message.mentions
    ]


def cards_view(world: World, answer: Answer, opinions: Opinions) -> list[schemas.Card]:
    """The cards of the items shown, in their order."""
    ranked = {} if answer.recommendation is None else {item.id: item for item in answer.recommendation.items}
    return [
        world.cards.card(entity.id, recommended=ranked.get(entity.id), opinions=opinions.get(entity.id, ()))
        for entity in answer.shown
    ]


def answer_explanation(world: World, answer: Answer, constraints: Constraints) -> schemas.Explanation:
    """What a reply and its ranking rest on."""
    return explanation_view(world, answer.recommendation, constraints).model_copy(
        update={
            "styles": list(answer.styles or ()),
            "slotted": answer.slotted,
            "statements": [
                schemas.Statement(item=s.film, relation=s.relation, value=s.value) for s in answer.statements
            ],
            "terms": dict(answer.terms),
        }
    )


def explanation_view(
    world: World, found: Recommendation | None, constraints: Constraints
) -> schemas.Explanation:
    """What a ranking rests on."""
    told = world.talker.wishes.told(constraints)
    if found is None:
        return schemas.Explanation(constraints=told)
    return schemas.Explanation(
        attentive=found.attentive,
        relations=[
            schemas.Share(name=w.name, weight=w.weight, unadapted=w.unadapted) for w in found.relations
        ],
        neighbours=[
            schemas.Share(name=w.name, weight=w.weight, unadapted=w.unadapted) for w in found.neighbours
        ],
        mentions=[
            schemas.MentionShare(
                name=m.name, turn=m.turn, by_itself=m.by_itself, by_turn=m.by_turn, weight=m.weight
            )
            for m in found.mentions
        ],
        num_support=found.num_support,
        constraints=told,
    )


def known_view(world: World, opinions: Iterable[OpinionRecord]) -> list[schemas.Known]:
    """Opinions for the person himself, the latest first; what the catalogue does not have is left out."""
    opinions = tuple(opinions)
    names = world.ids.from_store(record.entity for record in opinions)
    entities, index = world.run.catalogue.entities, world.run.catalogue.index
    return [
        schemas.Known(
            id=names[record.entity],
            name=entities[index[names[record.entity]]].title,
            is_item=index[names[record.entity]] < world.run.catalogue.num_items,
            opinion=record.opinion,
            dialogue=record.dialogue,
            created=record.created,
        )
        for record in sorted(opinions, key=lambda one: -one.created)
        if record.entity in names
    ]
