"""The motivated intruder: the attack works on bare words, and is left with little against a release."""

from intruder import Clues, chance_of_a_hit, clues, measure


def test_the_intruder_reads_what_words_say_of_a_job() -> None:
    """What was mended, the day, the number of visits, and who came."""
    assert clues("Third time about the kitchen tap, Dave came tuesday", "Dave") == Clues(
        frozenset(("tap", "kitchen|worktop|units")), "tues", 3, "Dave"
    )
    assert clues("nobody listens") == Clues(frozenset(), None, None, None)


def test_the_intruder_guesses_among_the_best() -> None:
    """One that fits alone is found; among two it is one in two; a better one leads astray."""
    own = Clues(frozenset(("tap",)), "tues", 3, "fitter 1")
    said = Clues(frozenset(("tap",)), "tues", None, None)
    other = Clues(frozenset(("tap",)), "fri", 1, "fitter 2")
    assert chance_of_a_hit(said, own, [other]) == 1
    assert chance_of_a_hit(said, own, [other, own]) == 0.5
    assert chance_of_a_hit(said, other, [own]) == 0


def test_a_release_gives_an_intruder_little() -> None:
    """Bare words of a known week give jobs away; redacted, and no finer than a quarter, they seldom do."""
    rows, _ = measure(150)
    told, redacted, released, checked = (row.hits for row in rows)
    assert told > 10
    assert redacted < told / 2
    assert released < redacted / 2
    assert released < 3
    assert checked <= released
