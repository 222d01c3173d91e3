"""A made-up shop: a table of lamps with brands, designers, materials and the long tails that shops have."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np


def _words(text: str) -> list[str]:
    return text.split()


COLUMNS = (
    "id", "title", "brand", "designers", "material", "colours", "style", "room", "light", "features", "price",
    "height", "url", "available",
)  # fmt: skip
_STARTS = _words(
    "al bre cor dal el fen gri hol is jar kel lum mar nor os pel quil ros sil tor um vel wen yar zol"
)
_MIDDLES = _words("a e i o u ar en il or un ave emi olo")
_ENDS = _words("da dor fel gan ka lith lo mar na nor ra rin sa ta tis va vik zo")
_FIRST = _words(
    "Ada Bo Cleo Dag Edda Falk Greta Hugo Ines Jan Kaja Lars Mila Nils Olga Per Runa Sven Tilda Ulf Vera"
)
_MATERIALS = _words(
    "oak steel brass glass paper linen ceramic rattan concrete marble bamboo aluminium plastic"
)
_COLOURS = _words("white black grey red blue green yellow copper gold silver beige pink orange")
_STYLES = ["modern", "rustic", "industrial", "nordic", "art deco", "minimalist", "vintage", "classic"]
_ROOMS = ["bedroom", "kitchen", "living room", "hallway", "bathroom", "office", "garden", "nursery"]
_LIGHTS = ["warm white", "cold white", "daylight", "coloured"]
_FEATURES = [
    "dimmable",
    "motion sensor",
    "solar panel",
    "remote control",
    "USB port",
    "timer",
    "touch switch",
]


@dataclass(frozen=True)
class Product:
    """One row of the table; several values of a cell are joined by ``|``."""

    id: str
    title: str
    brand: str
    designers: str
    material: str
    colours: str
    style: str
    room: str
    light: str
    features: str
    price: str
    height: str
    url: str
    available: str


def make_products(number: int, seed: int = 0) -> list[Product]:
    """``number`` lamps; a few brands and designers have many of them, most have few."""
    rng = np.random.default_rng(seed)
    names = _names(rng, 400 + number)
    brands, models = names[: min(max(12, number // 25), 250)], names[400:]
    designers = [f"{_FIRST[n % len(_FIRST)]} {name}" for n, name in enumerate(names[250:400])]
    # Brands have habits: of two materials and two styles in most of their lamps.
    habits = [(rng.permutation(len(_MATERIALS))[:2], rng.permutation(len(_STYLES))[:2]) for _ in brands]
    products, levels = [], rng.lognormal(3.8, 0.6, len(brands))  # of the brands' prices, in euros
    for row in range(number):
        brand = _zipf(rng, len(brands))
        materials, styles = habits[brand] if rng.random() < 0.7 else (np.arange(13), np.arange(8))
        products.append(
            Product(
                f"L{row + 1:05d}",
                f"{brands[brand]} {models[row]}",
                brands[brand],
                "|".join(_some(rng, designers, 0.75, 2)),
                _MATERIALS[int(rng.choice(materials))],
                "|".join(_some(rng, _COLOURS, 0.95, 3)),
                _STYLES[int(rng.choice(styles))] if rng.random() < 0.97 else "",
                _ROOMS[_zipf(rng, len(_ROOMS))],
                _LIGHTS[_zipf(rng, len(_LIGHTS))] if rng.random() < 0.8 else "",
                "|".join(_some(rng, _FEATURES, 0.6, 2)),
                f"{levels[brand] * rng.lognormal(0, 0.3):.2f} €",
                f"{rng.integers(20, 180)} cm",
                f"https://lamps.example/{row + 1}",
                "no" if rng.random() < 0.05 else "yes",
            )
        )
    return products


def write_table(path: Path, products: list[Product]) -> None:
    """The products as ``items.csv``."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows([getattr(product, column) for column in COLUMNS] for product in products)


def _names(rng: np.random.Generator, number: int) -> list[str]:
    """Made-up words, all different."""
    found: dict[str, None] = {}
    while len(found) < number:
        parts = [_STARTS, _MIDDLES, _ENDS] if rng.random() < 0.6 else [_STARTS, _MIDDLES, _STARTS, _ENDS]
        word = "".join(part[int(rng.integers(len(part)))] for part in parts)
        found[word.capitalize()] = None
    return list(found)


def _zipf(rng: np.random.Generator, number: int) -> int:
    """A place, the first ones far more often."""
    weights = 1 / (2 + np.arange(number))
    return int(rng.choice(number, p=weights / weights.sum()))


def _some(rng: np.random.Generator, values: list[str], share: float, most: int) -> list[str]:
    """Up to ``most`` of the values, or by the rest of ``share`` none."""
    if rng.random() >= share:
        return []
    number = int(rng.integers(1, most + 1))
    return list(dict.fromkeys(values[_zipf(rng, len(values))] for _ in range(number)))
