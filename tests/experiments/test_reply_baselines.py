"""The dialogue models of the baselines from the corpus to the reply: trained, saved, loaded, judged, refused."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ccrs.artifacts.files import write_manifest
from ccrs.artifacts.responder import FOLDER, load_responder
from ccrs.artifacts.run import Run, load_run
from ccrs.core.dialogue import Dialogue
from ccrs.core.errors import CheckpointError, ConfigError, DataError
from ccrs.core.reads import ReplyReads
from ccrs.core.replies import ReplyMentions
from ccrs.core.samples import IntArray, Ragged
from ccrs.data.prepared import write_prepared
from ccrs.data.replies import build_replies
from ccrs.data.samples import build_samples
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.evaluate_replies import evaluate_replies
from ccrs.experiments.reply_judging import negative_log_likelihoods, plain_batches
from ccrs.experiments.reply_setup import ReplySetup, load_responder_config, set_up_replies
from ccrs.experiments.train_responder import train_responder
from ccrs.inference.conversation import Conversation
from ccrs.inference.reply_mentions import open_mentions, reply_mentions
from ccrs.inference.talk import Talker
from ccrs.models.registry import model_row
from ccrs.models.responders import RESPONDERS, responder_row
from ccrs.serving.assembly import open_service
from ccrs.serving.schemas import ItemIn
from tests.fixtures.tiny_responder import CATALOGUE, TRIPLES, spoken, talk, talk_config, talk_values
from tests.training.small_runs import small_config, small_extras, train_quietly

pytestmark = pytest.mark.slow  # each trains; the models themselves are tested beside the others

BASELINES = [name for name in RESPONDERS if name != "ccrs"]
READS = ReplyReads(max_entities=3, max_words=2, goals=True)


@dataclass(frozen=True)
class World:
    """A corpus with words and reviews, and where its recommenders are."""

    folder: Path
    corpus: Corpus

    def recommender(self, name: str) -> Path:
        """A run of the recommender ``name``, trained once."""
        folder = self.folder / f"recommender-{name}"
        if not folder.exists():
            model = model_row(name).small
            train_quietly(
                small_config(name=name, model=model, objective="plain", epochs=1), self.corpus, folder
            )
        return folder

    def train(self, name: str, out: Path, *, on: str | None = None, **sections: Any) -> None:
        config = baseline_config(name, **sections)
        train_responder(config, self.recommender(on or name), self.corpus, out, quiet=True)


def baseline_config(name: str, **sections: Any) -> Any:
    given = {"name": name, "model": dict(responder_row(name).small), "adapt": False, "choose": False}
    training = talk_values()["training"] | {"objective": "plain", "epochs": 2}
    return talk_config({**given, "training": training, **sections})


def write_world(folder: Path, dialogues: list[Dialogue] | None = None) -> World:
    write_prepared(
        folder / "data",
        dataset="talk",
        licence="none",
        catalogue=CATALOGUE,
        triples=TRIPLES,
        dialogues=talk() if dialogues is None else dialogues,
        extras=small_extras(CATALOGUE),
    )
    return World(folder, load_corpus(folder / "data"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return write_world(tmp_path_factory.mktemp("baselines"))


@pytest.fixture(scope="module", params=BASELINES)
def trained(request: pytest.FixtureRequest, world: World) -> tuple[str, Path]:
    out = world.folder / f"talk-{request.param}"
    world.train(request.param, out)
    return request.param, out


def set_up(world: World, name: str, run: Run) -> ReplySetup:
    return set_up_replies(baseline_config(name), run, world.corpus)


def likelihoods(setup: ReplySetup, model: Any, replies: IntArray) -> Any:
    return negative_log_likelihoods(model, plain_batches(model, setup.builder, replies))[1]


def test_one_can_talk_to_it(trained: tuple[str, Path]) -> None:
    name, folder = trained
    talker = Talker.load(folder)
    greeted = Conversation(talker).say("Hi!")
    assert greeted.text.strip()
    assert not greeted.items
    conversation = Conversation(talker)
    named = CATALOGUE.items[0]
    for said in (f"I like {named.title}. What should I watch?", "Something else, please!"):
        answer = conversation.say(said)
        assert answer.text.strip()
        assert answer.recommendation is not None
        assert not answer.recommendation.attentive
        assert answer.recommendation.mentions == ()
        assert answer.shown
        assert named.id not in {item.id for item in answer.recommendation.items}
        assert answer.styles is None, name


def test_its_server_takes_no_new_items_and_says_why(trained: tuple[str, Path]) -> None:
    service = open_service(trained[1], "sqlite://", choose=False)
    try:
        with pytest.raises(DataError, match="has no rows that could be computed"):
            service.catalogue.put("new", ItemIn(title="Something new"))
        assert not service.store.items()
        assert not service.world.is_item("new")
    finally:
        service.close()


def test_a_loaded_responder_is_the_trained_one_and_has_learned(
    world: World, trained: tuple[str, Path]
) -> None:
    name, folder = trained
    loaded, run = load_responder(folder), load_run(folder)
    assert loaded.config.name == name
    assert type(loaded.config.model) is responder_row(name).config
    setup = set_up(world, name, run)
    fresh = likelihoods(setup, setup.model.eval(), setup.training)
    found = likelihoods(setup, loaded.model, setup.training)
    assert np.isfinite(found).all()
    assert found.mean() < 0.9 * fresh.mean()
    lines = (folder / FOLDER / "log.jsonl").read_text(encoding="utf-8").splitlines()
    best = max(json.loads(line)["validation log likelihood"] for line in lines)
    validation = np.concatenate([task.query for task in setup.division.validation])
    replies = setup.replies.replies_of(validation)
    again = -likelihoods(setup, load_responder(folder, run).model, replies).sum()
    assert again / setup.replies.num_words[replies].sum() == pytest.approx(best, abs=1e-5)


def test_its_replies_are_judged(world: World, trained: tuple[str, Path]) -> None:
    _, folder = trained
    found = evaluate_replies(folder, data=world.corpus.path, resamples=10)
    title = load_responder(folder).config.title
    row = found.report["rows"][title]
    assert np.isfinite(row["perplexity_per_word"])
    assert found.report["swap"]["gain_per_word"] is not None
    assert all(one.styles is None for one in found.written[title])


def test_the_same_training_gives_the_same_weights(world: World, trained: tuple[str, Path]) -> None:
    name, folder = trained
    again = world.folder / f"again-{name}"
    world.train(name, again)
    file = f"{FOLDER}/model.safetensors"
    assert (again / file).read_bytes() == (folder / file).read_bytes()


def test_any_recommender_that_has_what_is_needed_will_do(world: World, tmp_path: Path) -> None:
    world.train("kgsf", tmp_path / "a", on="revcore")
    world.train("redial", tmp_path / "b", on="popularity")
    world.train("kecrs", tmp_path / "c", on="kbrd")


@pytest.mark.parametrize("name", ["redial", "kecrs", "revcore"])
def test_replies_may_be_chosen_among_candidates(world: World, tmp_path: Path, name: str) -> None:
    world.train(name, tmp_path, choose=True)
    found = evaluate_replies(tmp_path, data=world.corpus.path, resamples=10, num_users=1)
    assert [name for name in found.written if name.endswith("+")]


@pytest.mark.parametrize(
    ("name", "on", "lacks"),
    [
        ("kgsf", "kbrd", "a recommender that encodes words and a word graph"),
        ("revcore", "kgsf", "needs reviews"),
        ("kecrs", "popularity", "a recommender that encodes entities"),
        ("kgsf", "ccrs", "a recommender that encodes entities and a recommender that encodes words"),
    ],
)
def test_what_the_run_lacks_is_told_with_both_names(
    world: World, tmp_path: Path, name: str, on: str, lacks: str
) -> None:
    with pytest.raises(DataError, match=rf"responder '{name}' .*{lacks}.* recommender '{on}'"):
        world.train(name, tmp_path / "out", on=on)
    assert not (tmp_path / "out").exists()


def test_a_responder_beside_another_recommender_is_refused(world: World, trained: tuple[str, Path]) -> None:
    """As when files of two runs are mixed by hand."""
    name, folder = trained
    other = load_run(world.recommender("popularity"))
    if not responder_row(name).needs:
        load_responder(folder, other)
        return
    with pytest.raises(CheckpointError, match=rf"responder '{name}' needs .* recommender 'popularity'"):
        load_responder(folder, other)


def test_faults_of_the_configuration_are_told(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"

    def told(text: str) -> str:
        path.write_text(f'kind = "responder"\n{text}', encoding="utf-8")
        with pytest.raises(ConfigError) as refused:
            load_responder_config(path)
        return str(refused.value)

    plain = 'adapt = false\n[training]\nobjective = "plain"\n'
    assert "'kgsf' cannot adapt. Use adapt = false" in told('name = "kgsf"\n')
    assert "'kgsf' cannot adapt. Use 'plain'" in told('name = "kgsf"\nadapt = false\n')
    assert "known: ccrs, kecrs, kgsf, redial, revcore" in told('name = "kgf"\n')
    assert "name: Input should be a valid string" in told('name = ["kgsf"]\n')
    assert "model.customization: there is no such key" in told(
        f'name = "kgsf"\n{plain}[model]\ncustomization = "user"\n'
    )
    near = told(f'name = "redial"\n{plain}[model]\nsentence_sise = 3\n')
    assert "did you mean 'sentence_size'?" in near


def test_an_older_run_without_a_name_is_of_ccrs(tmp_path: Path, world: World) -> None:
    train_responder(
        talk_config({"choose": False}, epochs=1),
        world.recommender("ccrs"),
        world.corpus,
        tmp_path,
        quiet=True,
    )
    before = load_responder(tmp_path)
    path = tmp_path / FOLDER / "config.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    del values["ccrs"]["name"]
    path.write_text(json.dumps(values), encoding="utf-8")
    manifest = tmp_path / FOLDER / "run.json"
    files = tuple(json.loads(manifest.read_text(encoding="utf-8"))["files"])
    write_manifest(tmp_path / FOLDER, files, version=1, commit="older")
    after = load_responder(tmp_path)
    assert after.config == before.config
    assert all(torch.equal(after.model.state_dict()[k], v) for k, v in before.model.state_dict().items())


# --- what contexts name


def test_what_contexts_name_is_found(world: World) -> None:
    catalogue = world.corpus.catalogue
    run = load_run(world.recommender("kgsf"))
    messages = (
        spoken("seeker", "Hello! I love films by <p1>, films seen and seen"),
        spoken("recommender", "Have you <f2> by <p1>?"),
        spoken("seeker", "No, <f5> then <p2> I have seen, seen films"),
        spoken("recommender", "Then try <f4>, and <f9>"),
    )
    dialogue = Dialogue("d", "u", messages)
    setup = set_up(world, "kgsf", run)
    replies = build_replies([dialogue], setup.slotter, setup.tokeniser, max_context=40, max_reply=20)
    table = build_samples(catalogue, [dialogue], every_message=True)
    found = reply_mentions(run, table, replies, READS)
    words = run.statistics.vocabulary.words

    def names(rows: Ragged | None, row: int) -> list[str]:
        assert rows is not None
        return [catalogue.entities[entity].id for entity in rows[row].tolist()]

    def said(row: int) -> list[str]:
        assert found.words is not None
        return [words[word - 1] for word in found.words[row].tolist()]

    assert names(found.entities, 0) == ["p1"]
    assert names(found.entities, 1) == ["p1", "f5", "p2"]  # the latest three, the latest last
    assert said(0) == ["films", "seen"]  # the latest two, each once
    assert said(1) == ["seen", "films"]
    assert names(found.goals, 0) == ["p1", "g0"]
    assert names(found.goals, 1) == ["p2", "p4", "g0", "g1"]


def test_an_open_dialogue_names_what_its_reply_is_trained_on(world: World) -> None:
    run = load_run(world.recommender("kgsf"))
    setup = set_up(world, "kgsf", run)
    table = build_samples(world.corpus.catalogue, world.corpus.dialogues, every_message=True)
    found = reply_mentions(run, table, setup.replies, dataclasses.replace(READS, goals=False))
    assert found.entities is not None
    assert found.words is not None
    for reply in range(0, setup.replies.num_replies, 7):
        dialogue = world.corpus.dialogues[int(setup.replies.reply_dialogues[reply])]
        before = dialogue.messages[: int(setup.replies.reply_messages[reply])]
        live = open_mentions(run, Dialogue("now", "you", before), READS)
        assert live.entities is not None
        assert live.words is not None
        assert live.entities[0].tolist() == found.entities[reply].tolist()
        assert live.words[0].tolist() == found.words[reply].tolist()


def test_rows_may_be_replaced_by_others() -> None:
    mentions = ReplyMentions(Ragged.from_rows([[1], [2, 3], []]), None, Ragged.from_rows([[], [7], [8, 9]]))
    swapped = mentions.replaced(np.array([0, 2]), np.array([1, 0]))
    assert swapped.entities is not None
    assert swapped.goals is not None
    assert [swapped.entities[row].tolist() for row in range(3)] == [[2, 3], [2, 3], [1]]
    assert [swapped.goals[row].tolist() for row in range(3)] == [[7], [7], []]
    assert swapped.words is None


# --- leaks


def of_queries(world: World) -> set[int]:
    division = divide(world.corpus, small_config().data)
    return {int(d) for task in (*division.validation, *division.test) for d in task.query}


def of_training(world: World) -> set[int]:
    return {int(divide(world.corpus, small_config().data).train_dialogues[-1])}


@pytest.mark.parametrize("name", ["revcore", "kecrs"])
@pytest.mark.parametrize(("choose", "leaves_a_trace"), [(of_queries, False), (of_training, True)])
def test_only_training_dialogues_leave_a_trace(
    tmp_path: Path, name: str, choose: Callable[[World], set[int]], leaves_a_trace: bool
) -> None:
    """One epoch, so that validation has nothing to choose."""
    weights = []
    first = write_world(tmp_path / "before")
    chosen = choose(first)
    twin = [
        dataclasses.replace(d, messages=(*d.messages[:1], spoken("recommender", "Zebras <f9> seen")))
        if number in chosen
        else d
        for number, d in enumerate(talk())
    ]
    for number, world in enumerate((first, write_world(tmp_path / "after", twin))):
        out = tmp_path / f"out{number}"
        training = talk_values()["training"] | {"objective": "plain", "epochs": 1}
        world.train(name, out, training=training)
        weights.append((out / FOLDER / "model.safetensors").read_bytes())
    assert (weights[0] != weights[1]) == leaves_a_trace
