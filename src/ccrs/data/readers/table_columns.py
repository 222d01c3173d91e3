"""What each column of an item table is: told by its name, by what stands in it, or by the user."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ccrs.core.errors import DataError
from ccrs.data.readers.table import Header, folded_name, is_missing
from ccrs.data.readers.table_names import readable_name, singular
from ccrs.data.readers.table_values import YES_OR_NO, parse_date, parse_number, parse_year, parse_yes_or_no

Kind = Literal[
    "id",
    "title",
    "year",
    "aliases",
    "url",
    "image",
    "price",
    "available",
    "text",
    "relation",
    "number",
    "date",
    "flag",
    "skip",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
SINGLE: frozenset[Kind] = frozenset(
    {"id", "title", "year", "aliases", "url", "image", "price", "available", "text"}
)
"""Kinds that at most one column has."""

_DATES_OF_ORIGIN = ("release_date", "released", "publication_date", "published", "date_published")
# The usual names, folded, of each kind; the earliest name that a table has is taken.
_USUAL: Mapping[Kind, tuple[str, ...]] = {
    "id": ("id", "item_id", "itemid", "product_id", "productid", "sku", "asin", "article_id", "ean", "gtin"),
    "title": ("title", "name", "item_name", "product_name", "product_title", "item", "product", "titel"),
    "year": (
        "year",
        "release_year",
        "year_published",
        "yearpublished",
        "publication_year",
        "published_year",
        *_DATES_OF_ORIGIN,
    ),
    "aliases": ("aliases", "alias", "aka", "also_known_as", "other_names", "alternative_titles"),
    "url": ("url", "link", "href", "web_page", "webpage", "website", "product_url"),
    "image": ("image", "image_url", "img", "picture", "thumbnail", "photo", "cover", "image_link"),
    "price": ("price", "list_price", "unit_price", "retail_price", "cost"),
    "available": ("available", "availability", "in_stock", "instock", "is_available", "stock"),
    "text": ("description", "summary", "plot", "overview", "blurb", "synopsis", "text", "about", "body_html"),
}
_CODES = frozenset({"sku", "asin", "ean", "gtin", "upc", "isbn", "isbn_10", "isbn_13", "isbn13", "barcode"})
_MIN_TEXT = 60
"""Characters from which, on average, a value is a text and not a name."""
_MIN_PART = 40
"""Characters from which, on average, what stands between separators is a text too."""
_UNIQUE = 0.9
"""Share of different values from which a column of texts tells items apart and joins none."""


@dataclass(frozen=True)
class Column:
    """A column with its place in the table, its readable name and its kind."""

    place: int
    column: str
    name: str
    kind: Kind


@dataclass(frozen=True)
class ColumnWish:
    """What the user says of a column: another name, a kind, or both."""

    name: str | None = None
    kind: Kind | None = None


def parse_columns(spec: str) -> dict[str, ColumnWish]:
    """The wishes of ``mfg=maker,weight=skip,players=number,len=number:length`` by folded column name.

    The right side is a kind, a new name, or both with a colon between. Raises ``DataError``.
    """
    wishes: dict[str, ColumnWish] = {}
    for part in next(csv.reader([spec]), []):
        if not part.strip():
            continue
        column, equals, said = (side.strip() for side in part.partition("="))
        if not column or not equals or not said:
            raise DataError(
                f"--columns: {part.strip()!r} is not COLUMN=NAME. For example: mfg=maker,weight=skip,players=number."
            )
        kind, colon, name = said.partition(":")
        known = next((one for one in KINDS if one == folded_name(kind)), None)
        if colon and (known is None or not name.strip()):
            raise DataError(f"--columns: {said!r} is not KIND:NAME. Kinds: {', '.join(KINDS)}.")
        if folded_name(column) in wishes:
            raise DataError(f"--columns: {column!r} is named twice. Name it once.")
        wishes[folded_name(column)] = (
            ColumnWish(None if not colon else readable_name(name), known)
            if known is not None
            else ColumnWish(readable_name(said), None)
        )
    return wishes


def assign_kinds(
    header: Header, values: Sequence[Sequence[str]], wishes: Mapping[str, ColumnWish]
) -> list[Column]:
    """Every column with its kind; ``values`` are those of each column. Raises ``DataError`` for a wish that fits none.

    A column without a name is skipped.
    """
    folded = [folded_name(column) for column in header.columns]
    _check_wishes(header, folded, wishes)
    kinds = _wished_kinds(folded, values, wishes)
    _add_usual_kinds(folded, values, kinds)
    for place, name in enumerate(folded):
        if place not in kinds:
            kinds[place] = seen_kind(name, values[place])
    if "text" not in kinds.values():
        _choose_text(folded, values, wishes, kinds)
    columns = []
    for place, name in enumerate(folded):
        wished = wishes.get(name, ColumnWish()).name
        columns.append(
            Column(
                place,
                header.columns[place],
                wished or _relation_name(header.columns[place], kinds[place]),
                kinds[place],
            )
        )
    return columns


def _wished_kinds(
    folded: Sequence[str], values: Sequence[Sequence[str]], wishes: Mapping[str, ColumnWish]
) -> dict[int, Kind]:
    """The kinds of the columns that the user speaks of, by place, and of those without a name."""
    kinds: dict[int, Kind] = {}
    for place, name in enumerate(folded):
        wish = wishes.get(name, ColumnWish())
        if wish.kind is not None:
            kinds[place] = wish.kind
        elif wish.name is not None:
            seen = seen_kind("", values[place])
            kinds[place] = "relation" if seen == "skip" else seen
        elif not name:
            kinds[place] = "skip"
    return kinds


def _add_usual_kinds(folded: Sequence[str], values: Sequence[Sequence[str]], kinds: dict[int, Kind]) -> None:
    """Give each kind that nobody has yet to the column of a usual name, where its values fit."""
    for kind, names in _USUAL.items():
        if kind in kinds.values():
            continue
        place_of = {name: place for place, name in enumerate(folded) if place not in kinds}
        usual = (place_of[name] for name in names if name in place_of)
        found = next((place for place in usual if _fits(kind, values[place])), None)
        if found is not None:
            kinds[found] = kind


def _relation_name(column: str, kind: Kind) -> str:
    """What a column is called as a relation or a feature."""
    name = readable_name(column)
    if kind == "flag":
        return name.removeprefix("is ").removeprefix("has ")
    return singular(name) if kind == "relation" else name


def _fits(kind: Kind, values: Sequence[str]) -> bool:
    """Whether the values are what the column's name promises: a ``cover`` may be a picture or a hardcover."""
    said = [value for value in values if not is_missing(value)]
    right: Callable[[str], bool] | None = {
        "url": _is_like_address,
        "image": _is_like_address,
        "year": lambda value: parse_year(value) is not None,
        "price": lambda value: any(map(str.isdigit, value)),
        "available": lambda value: parse_yes_or_no(value) is not None,
    }.get(kind)
    return right is None or (bool(said) and 2 * sum(map(right, said)) >= len(said))


def _is_like_address(value: str) -> bool:
    """Whether a value is meant as an address, be it one or not."""
    return " " not in value and (":" in value or "/" in value or value.startswith("www."))


def is_address(value: str) -> bool:
    """Whether a value is a web address that may be linked to: ``http://`` or ``https://``."""
    return value.casefold().startswith(("http://", "https://")) and " " not in value


def _check_wishes(header: Header, folded: Sequence[str], wishes: Mapping[str, ColumnWish]) -> None:
    for name in wishes:
        if name not in folded:
            mend = f"The columns are: {', '.join(filter(None, header.columns))}."
            raise DataError.at(header.path, 1, f"--columns names {name!r}, which is no column", mend)
    for kind in sorted(SINGLE):
        named = [name for name, wish in wishes.items() if wish.kind == kind]
        if len(named) > 1:
            raise DataError(f"--columns: {named[0]!r} and {named[1]!r} are both {kind}. Leave one of them.")


def seen_kind(name: str, values: Sequence[str]) -> Kind:
    """The kind of a column by what stands in it."""
    if name in _CODES or name.endswith("_id"):
        return "skip"
    said = [value for value in values if not is_missing(value)]
    if not said:
        return "skip"
    if len({value.casefold() for value in said}) <= len(YES_OR_NO) and all(
        value.casefold() in YES_OR_NO for value in said
    ):
        return "flag"
    if all(parse_date(value) is not None for value in said):
        return "date"
    if _all_numbers(said):
        return "number"
    return "skip" if _is_text(said) else "relation"


def _all_numbers(said: Sequence[str]) -> bool:
    """Whether all are numbers with one unit."""
    first = parse_number(said[0])
    if first is None:
        return False
    unit = first.before, first.after
    return all((number := parse_number(value)) is not None and number[1:] == unit for value in said)


def _is_text(said: Sequence[str]) -> bool:
    """Whether nearly every value is another one, and long in each of its parts."""
    length = sum(map(len, said))
    parts = sum(1 + value.count("|") + value.count(";") for value in said)
    return (
        length >= _MIN_TEXT * len(said)
        and length >= _MIN_PART * parts
        and len(set(said)) >= _UNIQUE * len(said)
    )


def _choose_text(
    folded: Sequence[str],
    values: Sequence[Sequence[str]],
    wishes: Mapping[str, ColumnWish],
    kinds: dict[int, Kind],
) -> None:
    """The first column of long texts becomes the text of the card; others stay left out."""
    for place, name in enumerate(folded):
        said = [value for value in values[place] if not is_missing(value)]
        if kinds[place] == "skip" and name and name not in wishes and said and _is_text(said):
            kinds[place] = "text"
            return
