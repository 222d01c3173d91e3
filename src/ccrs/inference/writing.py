"""Writing replies: decode with slots, fill them, refuse what the graph does not bear out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ccrs.artifacts.responder import ResponderRun
from ccrs.artifacts.run import Run
from ccrs.core.dialogue import Speaker
from ccrs.core.item_words import ItemWords
from ccrs.core.replies import ITEM_SLOT, ReplyBatch, ReplyMentions
from ccrs.core.samples import Ragged
from ccrs.data.filling import Filled, Filler, Films
from ccrs.data.linking_dialogues import run_linker
from ccrs.data.reply_batching import live_batch
from ccrs.data.slots import NAMED_SLOT, fact_slot
from ccrs.data.tokeniser import PAD, SPEAKERS, START
from ccrs.inference.intention import NO_INTENTION, Intention
from ccrs.meta.reply_adaptation import Inner
from ccrs.models.decoding import DecodingConfig, decode
from ccrs.models.responders import responder_row, with_styles

NUM_OFFERED = 10
"""How many of the best items a reply may name."""
_BARRED, _OF_WISHES = -1e4, 2.0
_ATTEMPTS = 6
STOCK, STOCK_OF_FILMS = f"How about {ITEM_SLOT}?", f"Have you seen {ITEM_SLOT}?"
"""Said where nothing that was written can be said: a recommendation without any statement."""
_THE_SAME = re.compile(r"\b(?:same|identical|in common|encore|already love|meet that)\b", re.IGNORECASE)
_QUESTION = re.compile(r"[^.!?\n]*\?")


@dataclass(frozen=True)
class Situation:
    """What a reply is written from.

    ``offered`` are items the recommender would name, best first; ``named`` were named in the dialogue, the
    latest first. ``owner`` is the user's row in the adapted parameters; ``seed`` rules what is drawn.
    """

    context: list[int]  # token ids
    vector: Tensor  # (d,) p_u
    offered: tuple[int, ...]
    named: tuple[int, ...]
    intention: Intention = NO_INTENTION
    """Towards the first offered film."""
    owner: int = 0
    seed: int = 0
    turns: tuple[tuple[Speaker, str], ...] = ()
    """What was said before, films as ``[item]``, oldest first."""
    own: tuple[tuple[int, ...], ...] = ()
    """Token ids of the recommender's earlier replies, with slots."""
    entities: tuple[int, ...] = ()
    """Named before, the latest last; where the responder looks at them."""
    wanted: frozenset[int] = frozenset()
    """What an item must be linked to: the facts to be told first."""
    words: tuple[int, ...] = ()
    """Of the word graph, the latest last; where the responder looks at them."""


@dataclass(frozen=True)
class Written:
    """A reply: filled, with its slots, as tokens; ``styles`` μ^m where there are styles.

    ``terms`` is what each term added where the reply was chosen among candidates. ``attempt`` 0 is the first choice
    of the decoding, later ones were drawn because the earlier ones could not be said; -1 is the stock reply.
    """

    filled: Filled
    slotted: str
    token_ids: tuple[int, ...]
    styles: tuple[float, ...] | None
    attempt: int
    terms: Mapping[str, float] = field(default_factory=dict)


class ReplyWriter:
    """Writes replies for situations, side by side."""

    def __init__(self, run: Run, responder: ResponderRun) -> None:
        self.run, self.responder = run, responder
        self.model, self.tokeniser = responder.model, responder.tokeniser
        self.filler = Filler(run.catalogue, run.triples, responder.confirmed)
        # Not the one for what people type, which finds mistyped names as well: replies have none.
        self.linker = run_linker(run.catalogue, run.statistics.popularity)
        slots = self.tokeniser.slots
        self._facts = {name: slots[name] for name in slots if name not in (ITEM_SLOT, NAMED_SLOT)}
        self._relations = {fact_slot(relation): relation for relation in run.graph.relations}
        self.forbidden = torch.zeros(len(self.tokeniser), dtype=torch.bool)
        for name in (PAD, START, *SPEAKERS.values()):
            self.forbidden[self.tokeniser.role_ids[name]] = True
        self.forbidden[self.tokeniser.bracket_ids] = True  # nobody writes them: what looks like a slot is one
        if not responder.config.text.fact_slots:
            self.forbidden[list(self._facts.values())] = True

    def write(
        self, situations: Sequence[Situation], inner: Inner | None, config: DecodingConfig | None = None
    ) -> list[Written]:
        """One reply for each situation; the same for the same seeds, whatever else is written beside it."""
        config = config or self.responder.config.decoding
        if not situations:
            return []
        batch = self.batch(situations, inner)
        styles = self.styles(batch, inner)
        found: dict[int, Written] = {}
        open_rows = list(range(len(situations)))
        for attempt in range(_ATTEMPTS):
            texts = self._decoded(batch, situations, open_rows, inner, config, attempt)
            for row, (tokens, slotted) in zip(open_rows, texts, strict=True):
                filled = self.filled(slotted, situations[row])
                if filled is not None:
                    found[row] = Written(filled, slotted, tokens, styles[row], attempt)
            open_rows = [row for row in open_rows if row not in found]
            if not open_rows:
                break
        for row in open_rows:
            found[row] = self.stock(situations[row], styles[row])
        return [found[row] for row in range(len(situations))]

    def batch(self, situations: Sequence[Situation], inner: Inner | None) -> ReplyBatch:
        """The contexts of the situations as the model reads them."""
        num_users = 1 if inner is None else len(next(iter(inner.values())))
        owners = torch.tensor([situation.owner if inner is not None else 0 for situation in situations])
        vectors = torch.stack([situation.vector for situation in situations])
        contexts = [situation.context for situation in situations]
        mentions = self.mentions(situations)
        return live_batch(contexts, vectors, owners, num_users, mentions).to(self.model.device)

    def mentions(self, situations: Sequence[Situation]) -> ReplyMentions:
        """What the contexts name, as far as the model looks at it."""
        reads = responder_row(self.responder.config.name).reads
        return ReplyMentions(
            Ragged.from_rows([list(one.entities) for one in situations]) if reads.max_entities else None,
            Ragged.from_rows([list(one.words) for one in situations]) if reads.max_words else None,
        )

    def styles(self, batch: ReplyBatch, inner: Inner | None) -> list[tuple[float, ...] | None]:
        """μ^m of every situation, None for models without styles."""
        model = with_styles(self.model)
        if model is None:
            return [None] * len(batch.context_ids)
        with torch.no_grad():
            weights = model.style_weights(batch.vectors, batch.owners, inner)
        return [tuple(row) for row in weights.tolist()]

    def bias(self, situations: Sequence[Situation]) -> Tensor:
        """What is added to the logits of the slots: (situations, vocabulary).

        A slot that cannot be filled is barred. Among the relations that can, the user's intention towards the
        film decides: each is moved by the logarithm of its weight over the mean weight; what was asked for goes first.
        """
        bias = torch.zeros(len(situations), len(self.tokeniser))
        for row, situation in enumerate(situations):
            if not situation.named:
                bias[row, self.tokeniser.slots[NAMED_SLOT]] = _BARRED
            if not situation.offered:
                bias[row, self.tokeniser.slots[ITEM_SLOT]] = _BARRED
            about = [*situation.offered[:1], *situation.named[:1]]
            shared = [self.filler.fillable(item) for item in about]
            fillable = set.intersection(*shared) if shared else set()
            weights = situation.intention.relations
            mean = sum(weights.values()) / max(len(weights), 1)
            for name, token in self._facts.items():
                relation = self._relations.get(name)
                if name not in fillable:
                    bias[row, token] = _BARRED
                elif self._asked_for(situation, relation):
                    bias[row, token] = _OF_WISHES
                elif relation in weights:
                    bias[row, token] = max(-1.5, min(1.5, math.log(max(weights[relation], 1e-6) / mean)))
        return bias

    def _asked_for(self, situation: Situation, relation: str | None) -> bool:
        """Whether the first offered item has, in a relation, what was asked for."""
        if relation is None or not situation.offered or not situation.wanted:
            return False
        return not situation.wanted.isdisjoint(self.filler.values(situation.offered[0], relation))

    def filled(self, slotted: str, situation: Situation) -> Filled | None:
        """The reply with its slots filled; None where that cannot be done or it says what the graph does not."""
        films = Films(situation.offered, situation.named)
        first = situation.offered[0] if situation.offered else None

        def preference(item: int, relation: str) -> Sequence[int]:
            values = self.filler.values(item, relation)
            ordered = situation.intention.ordered(relation, values) if item == first else values
            return sorted(ordered, key=lambda value: value not in situation.wanted)

        filled = self.filler.fill(slotted, films, preference)
        if filled is None or not re.search(r"\w", filled.text):
            return None
        # Where nothing was named before, nothing can be the same as before.
        if not situation.named and _THE_SAME.search(slotted):
            return None
        if self.responder.config.text.fact_slots and self._says_more(slotted, filled, situation):
            return None
        return filled

    def _says_more(self, slotted: str, filled: Filled, situation: Situation) -> bool:
        """Whether words outside the slots name a film, or state of a film what the graph does not hold."""
        free = re.sub(r"\[[^\[\]]+\]", " ", _QUESTION.sub(" ", slotted) if not filled.items else slotted)
        about = filled.items or situation.named[:1]
        catalogue = self.run.catalogue
        for mention in self.linker.link(free):
            entity = catalogue.index[mention.entity]
            if entity < catalogue.num_items:
                return True
            held = any(
                entity in self.filler.values(item, relation)
                for item in about
                for relation in self.run.graph.relations
            )
            if about and not held:
                return True
        return False

    def _decoded(
        self,
        batch: ReplyBatch,
        situations: Sequence[Situation],
        rows: list[int],
        inner: Inner | None,
        config: DecodingConfig,
        attempt: int,
    ) -> list[tuple[tuple[int, ...], str]]:
        """Token ids and slotted text of the chosen rows; later attempts are sampled."""
        chosen = torch.tensor(rows, device=batch.context_ids.device)
        part = batch.rows(chosen)
        if attempt:
            config = config.model_copy(update={"method": "nucleus", "num_samples": 1})
        with torch.no_grad():
            state = self.model.start(part, inner)
        written = decode(
            self.model,
            state,
            len(rows),
            config,
            start_id=self.tokeniser.start_id,
            end_id=self.tokeniser.end_id,
            forbidden=self.forbidden,
            bias=self.bias([situations[row] for row in rows]),
            seeds=torch.tensor([situations[row].seed * _ATTEMPTS + attempt for row in rows]),
            device=batch.context_ids.device,
        )
        return [(best[0].token_ids, self.tokeniser.decode(best[0].token_ids)) for best in written]

    def stock(self, situation: Situation, styles: tuple[float, ...] | None) -> Written:
        """What is said where nothing else can be."""
        offer = STOCK_OF_FILMS if ItemWords.of(self.run.catalogue).are_films else STOCK
        slotted = offer if situation.offered else "I do not know what to say to that. What else do you like?"
        filled = self.filler.fill(slotted, Films(situation.offered, situation.named))
        if filled is None:
            raise ValueError("The stock reply cannot be filled.")
        return Written(filled, slotted, tuple(self.tokeniser.encode(slotted)), styles, -1)
