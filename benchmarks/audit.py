"""The full attacker on a year of many landlords (`make audit-sim`: 200). Ends with 1 when it finds anybody.

PYTHONPATH=.:tests python benchmarks/audit.py [200]
"""

import sys
import time

from attacker import find_people
from simulation import Rules, sizes, year

LANDLORDS = 200


def main(landlords: int) -> int:
    """Live through the year, attack it and say what was found."""
    began = time.perf_counter()
    books = year(sizes(landlords), Rules())
    releases = sum(len(one.published) for one in books)
    counts = sum(len(published.release.cells) for one in books for published in one.published)
    print(
        f"{landlords} landlords, 52 weeks: {releases} releases with figures, {counts} themes and areas in them."
    )
    found = list(find_people(books, Rules()))
    for one in found[:20]:
        print(f"found: {one}")
    print(f"{len(found)} groups of 1 to 9 people found, after {time.perf_counter() - began:.0f} seconds.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else LANDLORDS))
