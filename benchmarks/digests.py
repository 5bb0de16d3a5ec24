"""How much a digest can say, at the machine's measured error. Prints the table that tests/test_attacker.py holds.

    PYTHONPATH=.:tests python benchmarks/digests.py

Stories are those written to test the machine, drawn at random, with the themes and areas that it reads in them:
what it misses and what it makes up are in the figures as they are (docs/decisions/0007). No landlord is real.
"""

from usefulness import useful

RATES = (4, 7.5, 15, 40, 70, 105)
"""Replies a week: of some 600, 1,100, 2,100, 5,700, 10,000 and 15,000 homes."""


def main() -> None:
    """Print the table."""
    print("replies  weeks with  themes  weeks with  areas   gaps within       longest")
    print("a week   an answer   a week  2 or more   a week  6 weeks  9 weeks  gap")
    for rate in RATES:
        one = useful(rate)
        print(
            f"{rate:<8} {one.answers:<11.0%} {one.themes:<7.1f} {one.two_themes:<11.0%} {one.areas:<7.1f} "
            f"{one.within(6):<8.0%} {one.within(9):<8.0%} {max(one.gaps)} weeks"
        )


if __name__ == "__main__":
    main()
