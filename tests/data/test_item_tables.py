"""A table of items as catalogue, facts and cards: what each column becomes, and what is wrong with rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccrs.core.cards import ItemCard
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue
from ccrs.data.graph_format import read_entities, read_triples, write_entities, write_triples
from ccrs.data.readers.table_columns import parse_columns
from ccrs.data.readers.table_items import ItemTable, item_type_of
from ccrs.data.readers.table_names import readable_name, singular, type_of
from tests.fixtures.item_tables import items

GAMES = """\
id,Name,Year,Designers,mechanics,Categories,MinPlayers,cooperative,Price,url,image,available,description,aliases
c,Catan,1995,Klaus Teuber,Trading|Dice Rolling,Negotiation,3,no,$39.99,https://x.org/c,https://x.org/c.png,yes,"{text}c",Settlers
p,Pandemic,2008,Matt Leacock,Hand Management; Dice rolling,Medical,2,yes,$44.99,javascript:alert(1),,in stock,"{text}p",
f,Forbidden Island,,Matt Leacock,n/a,Adventure,2,yes,,,,0,"{text}f",
""".replace(
    "{text}", "A text that says at some length what the game is about, for people who do not know it: "
)


def facts(table: ItemTable) -> set[tuple[str, str, str]]:
    """Title, relation and name of every triple."""
    names = {entity.id: entity.name for entity in table.entities}
    return {(names[t.head], t.relation, names[t.tail]) for t in table.triples}


def test_columns_become_items_facts_and_cards(tmp_path: Path) -> None:
    table = items(tmp_path, GAMES)
    catalogue = Catalogue(table.entities)
    assert [(i.id, i.type, i.title, i.aliases) for i in catalogue.items] == [
        ("c", "board game", "Catan (1995)", ("Settlers",)),
        ("p", "board game", "Pandemic (2008)", ()),
        ("f", "board game", "Forbidden Island", ()),
    ]
    assert facts(table) == {
        ("Catan", "designer", "Klaus Teuber"),
        ("Pandemic", "designer", "Matt Leacock"),
        ("Forbidden Island", "designer", "Matt Leacock"),
        ("Catan", "mechanic", "Trading"),
        ("Catan", "mechanic", "Dice Rolling"),
        ("Pandemic", "mechanic", "Hand Management"),
        ("Pandemic", "mechanic", "Dice Rolling"),
        ("Catan", "category", "Negotiation"),
        ("Pandemic", "category", "Medical"),
        ("Forbidden Island", "category", "Adventure"),
        ("Catan", "min players", "3"),
        ("Pandemic", "min players", "2"),
        ("Forbidden Island", "min players", "2"),
        ("Pandemic", "feature", "cooperative"),
        ("Forbidden Island", "feature", "cooperative"),
        ("Catan", "price", "$39.99"),
        ("Pandemic", "price", "$44.99"),
        ("Catan", "decade", "1990s"),
        ("Pandemic", "decade", "2000s"),
    }
    assert table.relations["designer"] == "person"
    assert table.relations["category"] == "genre"
    text = "A text that says at some length what the game is about, for people who do not know it: "
    assert table.cards == {
        "c": ItemCard(
            "https://x.org/c",
            "https://x.org/c.png",
            "$39.99",
            True,
            f"{text}c",
            {"min players": 3, "price": 39.99},
        ),
        "p": ItemCard(None, None, "$44.99", True, f"{text}p", {"min players": 2, "price": 44.99}),
        "f": ItemCard(available=False, text=f"{text}f", numbers={"min players": 2}),
    }
    assert table.dropped == {
        "addresses that do not begin with http:// or https://": 1,
        "spellings merged with another one of the same letters": 1,
    }


def test_the_notes_say_what_was_understood(tmp_path: Path) -> None:
    notes = "\n".join(items(tmp_path, GAMES).notes)
    for part in (
        "3 of the type 'board game', from board_games.csv (utf-8, columns separated by ,; several values of a cell "
        "by | or ;)",
        "id = id, title = Name, year = Year",
        "text = description",
        "relations: designer (person), mechanic, category (genre)",
    ):
        assert part in notes


def test_the_graph_formats_hold_it(tmp_path: Path) -> None:
    table = items(tmp_path, GAMES)
    catalogue = Catalogue(table.entities)
    write_entities(tmp_path / "entities.tsv", catalogue)
    write_triples(tmp_path / "triples.tsv", table.triples)
    assert read_entities(tmp_path / "entities.tsv") == catalogue
    assert read_triples(tmp_path / "triples.tsv", catalogue) == table.triples


def test_wishes_rename_skip_and_say_the_kind(tmp_path: Path) -> None:
    content = "sku,label,mfg,weight,players,len,note\n1,A,Acme,3,2,10,x\n2,B,Bolt,4,3,20,y\n"
    wishes = "label=title,mfg=Maker,weight=skip,players=relation,len=number:Length,note=text"
    table = items(tmp_path, content, "things.csv", columns=wishes)
    assert {t.relation for t in table.triples} == {"maker", "player", "length"}
    assert table.cards["1"] == ItemCard(text="x", numbers={"length": 10})
    assert table.entities[0].type == "thing"
    assert "columns left out: weight" in "\n".join(table.notes)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ("colour=skip", r"board_games\.csv:1: --columns names 'colour', which is no column\. .*Name, Year"),
        ("price", r"'price' is not COLUMN=NAME"),
        ("price=", r"'price=' is not COLUMN=NAME"),
        ("price=money:cost", r"'money:cost' is not KIND:NAME\. Kinds: id, title"),
        ("price=skip,Price=skip", "'Price' is named twice"),
        ("url=text,image=text", "'url' and 'image' are both text"),
        ("Name=skip", r"board_games\.csv:1: no column is the title \(columns: id, Name"),
    ],
)
def test_wishes_that_fit_nothing(wishes: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        items(tmp_path, GAMES, columns=wishes)


def test_a_wish_may_hold_a_comma_in_quotes() -> None:
    assert list(parse_columns('"a,b=maker",c=skip, ')) == ["a_b", "c"]


def test_ids_are_made_from_titles(tmp_path: Path) -> None:
    table = items(
        tmp_path, "title,year\nÉlan Vital!,2001\nElan vital,2002\nElan vital,2002\n東京,\n???,\n", "x.csv"
    )
    assert [entity.id for entity in table.entities[:5]] == [
        "elan-vital",
        "elan-vital-2002",
        "elan-vital-2002-2",
        "東京",
        "item",
    ]
    assert any(
        "2 items share title and year with another (Elan vital (2002))" in note for note in table.notes
    )


def test_a_year_behind_the_title_is_the_year(tmp_path: Path) -> None:
    content = "id,title,year\n1,Heat (1995),\n2,Blade Runner (2049),2017\n3,Up (2009),2009\n4,Go,-3000\n5,X,1995.0\n"
    table = items(tmp_path, content, "films.csv")
    assert [(e.name, e.year) for e in table.entities[:5]] == [
        ("Heat", 1995),
        ("Blade Runner (2049)", 2017),
        ("Up", 2009),
        ("Go", None),
        ("X", 1995),
    ]
    assert table.dropped["years that are no year from 1 to 9999"] == 1


def test_dates_become_year_and_decade(tmp_path: Path) -> None:
    content = "id,title,date added,release date\n1,A,2019-05-17,1999-01-01\n2,B,2021-01-02,\n"
    table = items(tmp_path, content, "items.csv")
    assert facts(table) == {
        ("A", "date added year", "2019"),
        ("A", "date added decade", "2010s"),
        ("B", "date added year", "2021"),
        ("B", "date added decade", "2020s"),
        ("A", "decade", "1990s"),
    }
    assert table.entities[0].year == 1999


def test_separators(tmp_path: Path) -> None:
    content = 'id,title,tags\n1,A,"x, y"\n2,B,"y, z;w"\n'
    table = items(tmp_path, content, "items.csv")
    assert {name for _, _, name in facts(table)} == {"x, y", "y, z", "w"}
    assert any("many cells of tags hold commas" in note for note in table.notes)
    table = items(tmp_path, content, "items.csv", separator=",")
    assert {name for _, _, name in facts(table)} == {"x", "y", "z;w"}
    content = "id;title;tags\n1;A;x|y\n"
    assert {name for _, _, name in facts(items(tmp_path, content, "items.csv"))} == {"x", "y"}
    content = 'id,title,tags\n1,A,"[\'Card Game\', ""Player\'s Choice""]"\n2,B,"[odd"\n'
    table = items(tmp_path, content, "items.csv")
    assert {name for _, _, name in facts(table)} == {"Card Game", "Player's Choice", "[odd"}
    with pytest.raises(DataError, match="--separator is blank"):
        items(tmp_path, content, "items.csv", separator=" ")


def test_the_column_of_other_names(tmp_path: Path) -> None:
    content = "id,title,called\n1,A,Alpha|First;A\n"
    table = items(tmp_path, content, "items.csv", aliases_column="Called")
    assert table.entities[0].aliases == ("Alpha", "First")
    table = items(tmp_path, content.replace("|", "+"), "items.csv", aliases_column="called", separator="+")
    assert table.entities[0].aliases == ("Alpha", "First;A")
    with pytest.raises(DataError, match="--aliases-column names 'aka', which is no column"):
        items(tmp_path, content, "items.csv", aliases_column="aka")


def test_cells_that_a_spreadsheet_would_run_stay_text(tmp_path: Path) -> None:
    content = 'id,title,maker\n=1,"=HYPERLINK(""http://x"")",+cmd\n@2,@SUM(A1),-2+3\n'
    table = items(tmp_path, content, "items.csv")
    assert [(e.id, e.name) for e in table.entities] == [
        ("=1", '=HYPERLINK("http://x")'),
        ("@2", "@SUM(A1)"),
        ("maker:+cmd", "+cmd"),
        ("maker:-2+3", "-2+3"),
    ]


def test_codes_long_texts_and_empty_columns_are_no_facts(tmp_path: Path) -> None:
    long = "A text of its own for every row that is too long to be the name of anything at all"
    rows = "".join(f"{n},T{n},97800{n},{long} {n},{long} {n}!,,7{n}\n" for n in range(9))
    table = items(tmp_path, f"id,title,isbn,review,story,empty,shelf_id\n{rows}", "items.csv")
    assert not table.triples
    assert table.cards["3"] == ItemCard(text=f"{long} 3")
    assert "columns left out: isbn, story, empty, shelf_id" in "\n".join(table.notes)


def test_columns_whose_values_do_not_fit_their_names(tmp_path: Path) -> None:
    content = (
        "id,title,cover,available,year,image\n1,A,hard,Europe,soon,https://x.org/a\n2,B,soft,Asia,later,\n"
    )
    table = items(tmp_path, content, "items.csv")
    assert {t.relation for t in table.triples} == {"cover", "available", "year"}
    assert table.cards == {"1": ItemCard(image="https://x.org/a")}


def test_a_text_of_a_web_shop_is_plain_on_the_card(tmp_path: Path) -> None:
    table = items(
        tmp_path, 'handle,Title,Body (HTML)\na,A,"<p class=""x"">Salt &amp; pepper,<br/>1 < 2</p>"\n'
    )
    assert table.cards["a"] == ItemCard(text="Salt & pepper, 1 < 2")


def test_prices_of_several_currencies_are_told(tmp_path: Path) -> None:
    table = items(tmp_path, 'title,price\nA,$5\nB,"6,00 €"\nC,7\n')
    assert "the numbers of price have different units (none, €, $)" in "\n".join(table.notes)
    assert {name for _, _, name in facts(table)} == {"5", "6", "7"}


def test_much_in_one_cell(tmp_path: Path) -> None:
    many = "|".join(f"v{n}" for n in range(150))
    table = items(tmp_path, f"id,title,tags\n1,A,{many}\n2,B,{'w' * 201}\n3,C,v1\n4,D,v1\n", "items.csv")
    assert len(table.triples) == 102
    assert set(table.dropped.values()) == {50, 1}


def test_ids_of_items_and_values_do_not_meet(tmp_path: Path) -> None:
    table = items(tmp_path, "id,title,tag\ntag:x,A,x\n2,B,x\n", "items.csv")
    assert [entity.id for entity in table.entities] == ["tag:x", "2", "tag:x'"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("board_games.csv", "board game"),
        ("items.csv", "item"),
        ("Products.tsv.gz", "product"),
        ("export-2024.csv", "item"),
        ("data.csv", "item"),
        ("BoardGames.csv", "board game"),
        ("movies.csv", "movie"),
        ("series.csv", "series"),
        ("dishes.csv", "dish"),
    ],
)
def test_the_type_is_the_files_name(name: str, expected: str) -> None:
    assert item_type_of(Path(name)) == expected


def test_a_stated_type(tmp_path: Path) -> None:
    assert items(tmp_path, GAMES, item_type=" Parlour  Game ").entities[0].type == "parlour game"
    with pytest.raises(DataError, match="--item-type '\\|' is no name"):
        items(tmp_path, GAMES, item_type="|")


def test_names_of_relations() -> None:
    assert readable_name("minPlayers_of-Game") == "min players of game"
    names = ("designers", "categories", "boxes", "series", "status", "movies", "glass", "gas", "analysis")
    assert [singular(name) for name in names] == [
        "designer",
        "category",
        "box",
        "series",
        "status",
        "movie",
        "glass",
        "gas",
        "analysis",
    ]
    assert [type_of(name) for name in ("cover artist", "genre", "brand")] == ["person", "genre", "brand"]
