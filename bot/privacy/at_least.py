"""Counts of people who object: said as "at least", in whole groups, so that they never close in on a few."""


def at_least(count: int, smallest_group: int) -> int:
    """The largest multiple of the smallest group that a count reaches; 0 below one group.

    Whatever is taken from it, or it from whatever, leaves an interval that begins with 0: so it may stand
    beside every release.
    """
    return count // smallest_group * smallest_group
