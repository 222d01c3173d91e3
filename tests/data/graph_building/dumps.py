"""Dumps made for the tests."""

from __future__ import annotations

from pathlib import Path

RESOURCE = "http://dbpedia.org/resource/"
ONTOLOGY = "http://dbpedia.org/ontology/"
CLASS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"

FACTS = (
    ("Heat_(1995_film)", "director", "Michael_Mann_(director)"),
    ("Heat_(1995_film)", "starring", "Al_Pacino"),
    ("Heat_(1995_film)", "musicComposer", "Elliot_Goldenthal"),
    ("Thief_(film)", "director", "Michael_Mann_(director)"),
    ("Amélie", "starring", "Audrey_Tautou"),
    ("Heat", "influencedBy", "Physics"),
    ("Al_Pacino", "birthPlace", "New_York_City"),
    ("Michael_Mann_(director)", "birthPlace", "Chicago"),
    ("Chicago", "isPartOf", "Illinois"),
    ("Serpico", "starring", "Al_Pacino"),
)
"""Pages and relations by the last parts of their addresses."""


def line(subject: str, relation: str, value: str) -> str:
    """One triple as DBpedia writes it."""
    return f"<{RESOURCE}{subject}> <{ONTOLOGY}{relation}> <{RESOURCE}{value}> ."


def dump_text(facts: tuple[tuple[str, str, str], ...] = FACTS) -> str:
    """A whole dump with its first and last line."""
    body = [line(*fact) for fact in facts]
    return "\n".join(["# started 2020-01-01T00:00:00Z", *body, "# completed 2020-01-01T00:00:00Z"]) + "\n"


def write_entities_file(path: Path, *rows: str) -> Path:
    """An entities.tsv of the rows, whose values are separated by ``;``."""
    header = "id\ttype\tname\titem\tyear\taliases\n"
    path.write_text(header + "".join(row.replace(";", "\t") + "\n" for row in rows), encoding="utf-8")
    return path
