"""Prints every fact of the film table that no public graph confirms, with what the graphs say.

Usage: python scripts/check_films.py DATA_FOLDER
(the folder that holds redial/redial_dataset.zip and redial-kg/)
"""

from __future__ import annotations

import sys
from pathlib import Path

from ccrs.core.errors import CcrsError
from ccrs.simulation.film_check import check_films, find_listed, listed_films
from ccrs.simulation.films import load_films


def main(arguments: list[str]) -> int:
    """Print differences, agreement by role, and the share of mentions that the table covers."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    try:
        films = load_films()
        listed = listed_films(folder / "redial" / "redial_dataset.zip")
        names = {movie: name for movie, (name, _) in listed.items()}
        check = check_films(films, names, folder / "redial-kg")
    except CcrsError as error:
        print(error, file=sys.stderr)
        return 2
    for difference in check.differences:
        print(difference)
    for name in check.absent:
        print(f"{name} | title | no listed film has it")
    for role, number in check.judged.items():
        print(f"# {role}: {check.agreed[role]} of {number} agree ({check.agreement(role):.2%})")
    covered = sum(listed[movie][1] for movie in find_listed(films, names))
    mentions = sum(count for _, count in listed.values())
    print(f"# {len(films)} films cover {covered / mentions:.1%} of all mentions")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
