"""TextCNN: the reference written out word by word, silence behind short contexts, and equal gradients."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.core.batch import Batch
from ccrs.data.batching import BatchBuilder
from ccrs.data.vocabulary import Vocabulary
from ccrs.models.baselines.textcnn import TextCNN, TextCNNConfig
from ccrs.models.sizes import Sizes
from tests.worlds import World, random_world

NUM_WORDS = 20


@pytest.fixture(scope="module")
def batch() -> Batch:
    """A batch of any words: contexts of every length from 0 to 9."""
    world = random_world()
    rng = np.random.default_rng(0)
    contexts = np.arange(10)
    built = BatchBuilder(world.table, world.graph, num_items=world.catalogue.num_items).plain(contexts)
    lengths = np.array([3, 0, 1, 5, 2, 9, 4, 0, 7, 0])
    words = torch.from_numpy(rng.integers(1, NUM_WORDS, size=lengths.sum()))
    return with_words(built, words, torch.from_numpy(np.repeat(contexts, lengths)))


def with_words(batch: Batch, words: Tensor, owners: Tensor) -> Batch:
    return dataclasses.replace(
        batch, query=dataclasses.replace(batch.query, words=words, word_contexts=owners)
    )


def small_model(**changes: object) -> TextCNN:
    torch.manual_seed(0)
    config = TextCNNConfig.model_validate(
        {"embedding_size": 5, "num_filters": 6, "initial_scale": 1.0, **changes}
    )
    sizes = Sizes(num_items=12, num_entities=20, num_relations=3, num_words=NUM_WORDS)
    return TextCNN(config, sizes).double().eval()


def by_hand(model: TextCNN, batch: Batch) -> Tensor:
    """The logits, one context, one filter width and one place after the other."""
    rows = []
    for context in range(batch.query.num_contexts):
        spoken = model.words[batch.query.words[batch.query.word_contexts == context]]
        pooled = []
        for filters, bias in zip(model.filters, model.filter_biases, strict=True):
            width, size, _ = filters.shape
            missing = max(width - len(spoken), 0)
            filled = torch.cat([spoken, spoken.new_zeros(missing, size)])
            answers = [
                sum((filled[place + j] @ filters[j] for j in range(width)), bias)
                for place in range(len(filled) - width + 1)
            ]
            pooled.append(torch.stack(answers).relu().amax(0))
        rows.append(torch.cat(pooled) @ model.output.weight.T + model.output.bias)
    return torch.stack(rows)


def gradients(model: TextCNN, logits: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    (logits * torch.linspace(-1, 1, logits.numel()).view_as(logits)).sum().backward()  # type: ignore[no-untyped-call]
    return {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}


@pytest.mark.parametrize("widths", [(2, 3, 4), (1,), (12, 2)])
def test_scores_and_gradients_are_those_of_the_formula(batch: Batch, widths: tuple[int, ...]) -> None:
    model = small_model(widths=widths)
    found, expected = model(batch), by_hand(model, batch)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    mine, theirs = gradients(model, found), gradients(model, expected)
    assert mine.keys() == theirs.keys() == dict(model.named_parameters()).keys()
    for name, value in theirs.items():
        torch.testing.assert_close(mine[name], value, rtol=1e-11, atol=1e-11, msg=name)


def test_it_is_the_convolution_of_the_library(batch: Batch) -> None:
    model = small_model()
    words = batch.query.words[batch.query.word_contexts == 5]
    spoken = model.words[words].T[None]  # (1, size, words)
    pooled = [
        torch.nn.functional.conv1d(spoken, filters.permute(2, 1, 0), bias).relu().amax(2)[0]
        for filters, bias in zip(model.filters, model.filter_biases, strict=True)
    ]
    torch.testing.assert_close(model.context_vectors(batch)[5], torch.cat(pooled), rtol=1e-12, atol=1e-12)


def test_a_context_does_not_depend_on_its_neighbours(batch: Batch) -> None:
    model = small_model()
    together = model(batch)
    for context in range(batch.query.num_contexts):
        mine = batch.query.word_contexts == context
        words = batch.query.words[mine]
        alone = dataclasses.replace(
            batch.query, users=batch.query.users[:1], words=words, word_contexts=torch.zeros_like(words)
        )
        torch.testing.assert_close(model(dataclasses.replace(batch, query=alone))[0], together[context])


def test_contexts_without_any_word_are_answered_alike(batch: Batch) -> None:
    model, nothing = small_model(), torch.zeros(0, dtype=torch.int64)
    logits = model(with_words(batch, nothing, nothing))
    assert logits.isfinite().all()
    torch.testing.assert_close(logits, logits[:1].expand_as(logits), rtol=0, atol=0)


def test_order_matters_and_dropout_only_in_training(batch: Batch) -> None:
    model = small_model(dropout=0.5)
    words, mine = batch.query.words.clone(), batch.query.word_contexts == 5
    words[mine] = words[mine].flip(0)
    turned = with_words(batch, words, batch.query.word_contexts)
    changed = (model(turned) != model(batch)).any(1)
    assert changed.nonzero()[:, 0].tolist() == [5]
    model.train()
    assert not torch.equal(model(batch), model(batch))


def test_the_latest_words_are_read() -> None:
    """The batch holds as many of the latest words as the configuration says, and no unknown ones."""
    world: World = random_world()
    vocabulary = Vocabulary.count(world.table.words, min_count=1)
    table = world.table
    built = BatchBuilder(
        table, world.graph, num_items=world.catalogue.num_items, vocabulary=vocabulary, max_words=5
    )
    query = built.plain(np.arange(len(table.context_dialogues))).query
    for context, (dialogue, count) in enumerate(zip(table.context_dialogues, table.word_counts, strict=True)):
        said = table.words[dialogue][max(0, count - 5) : count]
        assert query.words[query.word_contexts == context].tolist() == [vocabulary.ids[word] for word in said]
