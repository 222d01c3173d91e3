"""New items in a trained run, without training: their rows are computed from what they are linked to.

An item that no training dialogue names gets its row and bias by regression from the items it shares neighbours with
(``models.row_prediction``), and counts as named in ``TOGETHER`` dialogues with an item for each telling neighbour the
two share. All that training has learned stays as it is, to the bit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.config import UseConfig
from ccrs.artifacts.responder import ResponderRun
from ccrs.artifacts.run import Run, build_model
from ccrs.core.errors import CheckpointError
from ccrs.core.graph import Catalogue, KnowledgeGraph
from ccrs.data.statistics import Statistics
from ccrs.inference.new_catalogue import NewCatalogue, NewItem, new_catalogue
from ccrs.inference.new_graph import extended_graph
from ccrs.inference.new_statistics import extended_statistics
from ccrs.models.ccrs import CCRS
from ccrs.models.inputs import ModelInputs
from ccrs.models.row_prediction import KnownRows, RowConfig, predicted_rows
from ccrs.models.sizes import Sizes

__all__ = ["NewItem", "extended_responder", "extended_run"]

_TABLES = ("items", "others", "item_bias", "added.log_popularity")


def extended_run(
    run: Run,
    items: Sequence[NewItem],
    removed: Collection[str] = (),
    *,
    rows: RowConfig | None = None,
    together: int | None = None,
) -> Run:
    """The run with ``items`` in its catalogue and ``removed`` (item ids) out of it; ``run`` itself is not altered.

    New items stand behind the run's own and before all other entities, so entity indices change: keep ids. Facts are
    linked by id, else by type and name; names that no entity has become entities, with the mean row of their type.

    An item that is there already gets the title, year, type and aliases given, and the facts where they are given. Its
    row stays when training has met it; the row of one that no training dialogue names is computed from its facts
    whenever it is put in. ``together`` overrides ``TOGETHER``.

    Raises ``DataError`` where an item cannot be put in or taken out, ``CheckpointError`` for a run without rows.
    """
    model = run.model
    if not isinstance(model, CCRS):
        raise _without_rows(run.config.name)
    merged = new_catalogue(run, items, removed)
    catalogue = merged.catalogue
    graph = extended_graph(run.graph, merged, run.config.graph.max_neighbours)
    statistics = extended_statistics(run.statistics, merged, graph, together)
    sizes = run.sizes.model_copy(
        update={"num_items": catalogue.num_items, "num_entities": catalogue.num_entities}
    )
    config = _with_relations_of(run)
    tables = _tables(model, run.catalogue, merged, graph, statistics, rows or RowConfig())
    return Run(
        config=config,
        model=_model(model, config, sizes, graph, statistics, tables),
        rates=run.rates,
        sizes=sizes,
        catalogue=catalogue,
        triples=merged.triples,
        graph=graph,
        statistics=statistics,
        data=run.data,
        commit=run.commit,
        cards={item: card for item, card in run.cards.items() if item in catalogue.index},
    )


def extended_responder(responder: ResponderRun, run: Run, extended: Run) -> ResponderRun:
    """The responder of ``run`` for the ``extended`` one.

    Only the facts it may state are kept by entity index. Facts that were put in may be stated, as those who put them
    in say they are true.
    """
    if responder.confirmed is None:
        return responder
    before, after = run.catalogue, extended.catalogue
    known = {(triple.head, triple.tail) for triple in run.triples}
    old = {(before.entities[item].id, before.entities[value].id) for item, value in responder.confirmed}
    pairs = {(triple.head, triple.tail) for triple in extended.triples}
    stated = {pair for pair in pairs if pair in old or pair not in known}
    index = after.index
    confirmed = frozenset((index[head], index[tail]) for head, tail in stated)
    return replace(responder, confirmed=confirmed)


def _with_relations_of(run: Run) -> UseConfig:
    """The configuration with the relations that the model has, however many triples each has from now on."""
    half = len(run.graph.relations) // 2
    update = {"relations": list(run.graph.relations[:half]), "min_relation_count": 0}
    return run.config.model_copy(update={"graph": run.config.graph.model_copy(update=update)})


def _tables(
    model: CCRS,
    before: Catalogue,
    merged: NewCatalogue,
    graph: KnowledgeGraph,
    statistics: Statistics,
    config: RowConfig,
) -> dict[str, Tensor]:
    """The tables by item and entity: old rows where they are now, computed ones for the rest."""
    num_items = merged.catalogue.num_items
    moved = torch.from_numpy(merged.places[: before.num_items])
    stay = moved >= 0
    moved = moved[stay]

    def at_new_places(values: Tensor) -> Tensor:
        found = values.new_zeros(num_items, *values.shape[1:])
        found[moved] = values if bool(stay.all()) else values[stay]
        return found

    with torch.no_grad():
        rows, bias = at_new_places(model.items.detach()), at_new_places(model.item_bias.detach())
        wanted = merged.put[statistics.cooccurrence.dialogues[merged.put] == 0]
        if len(wanted):
            dialogues = torch.from_numpy(statistics.cooccurrence.dialogues)
            years = np.array([item.year or 0 for item in merged.catalogue.items], np.int64)
            known = KnownRows(rows, at_new_places(model.item_logits().detach()), dialogues, years)
            rows[wanted], bias[wanted] = predicted_rows(known, graph, wanted, config)
        others = _others(model, before, merged)
    # Nobody recommended a new item, so its prior is 0 and its bias says all.
    popularity = torch.from_numpy(statistics.popularity).float().log1p().to(model.device)
    return {"items": rows, "item_bias": bias, "others": others, "added.log_popularity": popularity}


def _without_rows(name: str) -> CheckpointError:
    return CheckpointError(
        f"{name!r} has no rows that could be computed, so nothing can be put in or taken out. Use a run of 'ccrs'."
    )


def _others(model: CCRS, before: Catalogue, merged: NewCatalogue) -> Tensor:
    """The rows of the entities that are no items; new ones have the mean row of their type."""
    own = before.num_entities - before.num_items
    old = model.others.detach()
    if not len(merged.entities):
        return old.clone()
    old = old[:own]  # a catalogue of items alone has a row that nobody uses
    types = np.array([entity.type for entity in before.entities[before.num_items :]], np.str_)
    wanted = [merged.catalogue.entities[entity].type for entity in merged.entities.tolist()]
    means = {
        kind: old[torch.from_numpy(np.flatnonzero(types == kind))].mean(dim=0)
        for kind in set(wanted) & set(types.tolist())
    }
    nothing = model.items.new_zeros(model.items.shape[1])
    new = torch.stack([means.get(kind, nothing) for kind in wanted]).detach()
    return torch.cat([old, new])


def _model(
    model: CCRS,
    config: UseConfig,
    sizes: Sizes,
    graph: KnowledgeGraph,
    statistics: Statistics,
    tables: dict[str, Tensor],
) -> CCRS:
    """A model of its own with ``tables`` and a copy of everything else."""
    with torch.device("meta"):  # no row is drawn only to be thrown away
        new = build_model(config, ModelInputs(sizes, torch.from_numpy(statistics.popularity), graph))
    if not isinstance(new, CCRS):
        raise _without_rows(config.name)
    kept = {name: value.clone() for name, value in model.state_dict().items() if name not in _TABLES}
    new.load_state_dict(kept | tables, assign=True)
    new.sparse_gradients = model.sparse_gradients
    return new.eval()
