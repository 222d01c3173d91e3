"""``ccrs data build-graph``: what a person sees, and that ``prepare own`` goes on from there."""

from __future__ import annotations

import json
from pathlib import Path

from ccrs.data.prepared import load_prepared
from tests.cli.conftest import Command
from tests.data.graph_building.dumps import dump_text, write_entities_file


def test_from_a_dump_to_a_prepared_corpus(ccrs: Command, tmp_path: Path) -> None:
    rows = ("1;movie;Heat;1;1995;", "2;movie;Thief;1;1981;", "3;movie;Nobody Knows;1;2004;")
    entities = write_entities_file(tmp_path / "entities.tsv", *rows)
    (tmp_path / "dump.ttl").write_text(dump_text())
    options = ["--entities", entities, "--dbpedia", tmp_path / "dump.ttl", "--out", tmp_path / "graph"]
    ended = ccrs(
        "data", "build-graph", *options, "--min-relation-count", 1, "--relations", "director, starring"
    )
    assert (ended.code, ended.err) == (0, "")
    assert "2 of 3 entities of the corpus are in the dump" in ended.out
    assert "relation: director (2 triples)" in ended.out
    assert "not found: Nobody Knows (2004) (3): no triple in the dump" in ended.out
    dialogue = {
        "id": "d",
        "user": "u",
        "messages": [{"speaker": "seeker", "text": "Thief (1981) by Michael Mann"}],
    }
    (tmp_path / "d.jsonl").write_text(json.dumps(dialogue) + "\n")
    files = [
        word for name in ("entities", "triples") for word in (f"--{name}", tmp_path / "graph" / f"{name}.tsv")
    ]
    prepared = ccrs("prepare", "own", "--dialogues", tmp_path / "d.jsonl", *files, "--out", tmp_path / "own")
    assert prepared.code == 0, prepared.err
    (message,) = load_prepared(tmp_path / "own").dialogues[0].messages
    assert [each.entity for each in message.mentions] == [
        "2",
        "http://dbpedia.org/resource/Michael_Mann_(director)",
    ]


def test_faults_are_told_in_one_line(refused: Command, tmp_path: Path) -> None:
    entities = write_entities_file(tmp_path / "entities.tsv", "1;movie;Heat;1;1995;")
    dump = tmp_path / "dump.ttl"
    dump.write_text("<a> <b> <c> .\nno triple at all\n")
    out = tmp_path / "graph"
    ended = refused("data", "build-graph", "--entities", entities, "--dbpedia", dump, "--out", out)
    assert f"{dump}:2: 'no triple at all' is no triple" in ended.err
    assert not out.exists()
    ended = refused("data", "build-graph", "--entities", entities, "--dbpedia", tmp_path / "x", "--out", out)
    assert "cannot be read (No such file or directory)" in ended.err
