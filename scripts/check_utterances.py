"""Put real seekers' words through a run trained on the embedded corpus, and count what links and ranks sensibly.

    python scripts/check_utterances.py demo-run/run --source redial_dataset.zip

The first ``--number`` seeker messages of the release's test part that name a film or say more than three words
are taken as people typed them (titles put in). An utterance *links* when an entity is found in it. It ranks
*sensibly* when at least half of its ten recommendations share a fact of the graph (a person, a series, a genre or a
theme; neither country nor decade) with what was named; a ranking for the same run's most popular films stands beside.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from ccrs.data.readers.redial import read_redial
from ccrs.inference.recommend import Recommender

EVERYWHERE = {"country", "decade", "country of", "decade of"}


def utterances(source: Path, number: int) -> Iterator[str]:
    """The texts, in the order of the release."""
    found = 0
    for dialogue in read_redial(source).dialogues:
        for message in dialogue.messages if dialogue.part == "test" else ():
            if message.speaker == "seeker" and (message.mentions or len(message.text.split()) > 3):
                yield message.text
                found += 1
                if found == number:
                    return


def facts(recommender: Recommender, entity: int) -> set[tuple[str, int]]:
    """The telling facts of an entity, itself included."""
    graph = recommender.run.graph
    neighbours, relations = graph.edges_of(entity)
    named = {
        ("fact", int(neighbour))
        for neighbour, relation in zip(neighbours, relations, strict=True)
        if graph.relations[int(relation)] not in EVERYWHERE
    }
    return named | {("fact", entity)}


def share_of_ten(recommender: Recommender, items: list[int], wanted: set[tuple[str, int]]) -> float:
    """The share of ``items`` with one of the ``wanted`` facts."""
    return sum(bool(facts(recommender, item) & wanted) for item in items) / len(items)


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--number", type=int, default=200)
    arguments = parser.parse_args()
    recommender = Recommender.load(arguments.run)
    index = recommender.run.catalogue.index
    popular = recommender.run.statistics.popularity.argsort()[::-1][:10].tolist()
    total = linked = sensible = sensible_popular = 0
    for text in utterances(arguments.source, arguments.number):
        total += 1
        answer = recommender.recommend(text)
        mentions = recommender.linker.link(text)
        if not mentions:
            continue
        linked += 1
        wanted = set().union(*(facts(recommender, index[mention.entity]) for mention in mentions))
        ranked = [index[item.id] for item in answer.items]
        sensible += share_of_ten(recommender, ranked, wanted) >= 0.5
        sensible_popular += share_of_ten(recommender, popular, wanted) >= 0.5
    print(f"utterances {total}\nlink {linked}\nrank sensibly {sensible} of {linked}")
    print(f"would the most popular films {sensible_popular} of {linked}")


if __name__ == "__main__":
    main()
