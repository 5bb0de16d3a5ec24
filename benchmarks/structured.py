"""Made-up items of every structured kind, as tenants type them: for the benchmark and for the tests.

Numbers are of the ranges kept for drama and examples; case, spacing and typing vary by a seeded lot.
"""

import random
import re
import string
from collections.abc import Callable, Iterator
from typing import Any, Final

WORDS: Final = {
    "0": ["zero", "oh", "nought"],
    **dict(
        zip(
            "123456789",
            [[word] for word in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]],
            strict=True,
        )
    ),
}
FRAMES: Final = (
    "they have {} on the file",
    "its {} if you need it",
    "{}",
    "{} is mine",
    "I gave them {} twice and nobody wrote it down",
    "ring me. {}. thanks",
    "told them ({}) again",
    "the letter says {}, which is wrong",
    "heres mine:{}",
    "so i said,{},and they laughed",
    "first line\n{}\nlast line",
    "it is {}!!",
)

Dice = random.Random
TYPED_BADLY: Final = 0.2


def digits(dice: Dice, count: int) -> str:
    """Some digits."""
    return "".join(dice.choices(string.digits, k=count))


def letters(dice: Dice, count: int, among: str = "ABDEFGHJLNPRSTUWXYZ") -> str:
    """Some capital letters."""
    return "".join(dice.choices(among, k=count))


def apart(dice: Dice, *pieces: str, signs: tuple[str, ...] = (" ", "", "-", ".", "  ")) -> str:
    """Pieces with the same sign between them."""
    return dice.choice(signs).join(pieces)


def phone(dice: Dice) -> str:
    """A number of the ranges kept for drama, as people write them."""
    if dice.random() < 0.1:
        return " ".join(dice.choice(WORDS[digit]) for digit in f"07700900{digits(dice, 3)}")
    code, middle, end = dice.choice(
        [("07700", "900", 3), ("01632", "960", 3), ("0161", "496", 4), ("020", "7946", 4), ("029", "2018", 4)]
    )
    last = ("0" + digits(dice, end - 1)) if end == 4 else digits(dice, end)
    start = dice.choice(
        [code, f"({code})", f"+44 {code[1:]}", f"+44 (0){code[1:]}", f"0044 {code[1:]}", f"44{code[1:]}"]
    )
    made = apart(dice, start, middle, last)
    return made.replace("0", "O") if dice.random() < 0.03 and made.startswith("0") else made


def postcode(dice: Dice) -> str:
    """A postcode of any of the six forms."""
    outward = dice.choice(
        [
            f"{letters(dice, 1)}{digits(dice, 1)}",
            f"{letters(dice, 1)}{dice.randint(10, 99)}",
            f"{letters(dice, 2)}{digits(dice, 1)}",
            f"{letters(dice, 2)}{dice.randint(10, 99)}",
            f"{letters(dice, 1)}{digits(dice, 1)}{letters(dice, 1)}",
            f"{letters(dice, 2)}{digits(dice, 1)}{letters(dice, 1)}",
        ]
    )
    return apart(dice, outward, digits(dice, 1) + letters(dice, 2), signs=(" ", "", "  ", "-"))


def email(dice: Dice) -> str:
    """An address at an example domain, plain or in words."""
    name = dice.choice(["jo", "big.dave", "s_khan", "mum-of-3", "k.okafor1"]) + digits(dice, 2)
    host = dice.choice(["example.com", "example.org", "mail.example.net", "example.co.uk"])
    made = dice.choice(
        [f"{name}@{host}", f"{name}@{host}", f"{name} @ {host}", f"{name} at {host}", f"{name}@{host}."]
    )
    return (
        made.replace(" at ", " (at) ").replace(".", " dot ")
        if dice.random() < 0.1 and " at " in made
        else made
    )


def link(dice: Dice) -> str:
    """A link."""
    tail = dice.choice(["", f"/p/{digits(dice, 4)}", f"/?id={digits(dice, 3)}&x=y", "/album#last"])
    return (
        dice.choice(["https://", "http://", "www.", "", "HTTPS://"])
        + dice.choice(["pics.example.com", "example.org"])
        + tail
    )


def handle(dice: Dice) -> str:
    """A social media name."""
    return "@" + dice.choice(["dampflat", "real_tez", "mo.bakes", "Tower_Mum"]) + digits(dice, 2)


def ni_number(dice: Dice) -> str:
    """A National Insurance number, in twos, in one, or letter by letter."""
    parts = [letters(dice, 2), *(digits(dice, 2) for _ in range(3)), dice.choice("ABCD")]
    made = apart(dice, *parts)
    return " ".join("".join(parts)) if dice.random() < 0.05 else made


def nhs_number(dice: Dice) -> str:
    """An NHS number, right or mistyped."""
    return apart(dice, "999", digits(dice, 3), digits(dice, 4))


def plate(dice: Dice) -> str:
    """A number plate with an age mark that was not issued."""
    return letters(dice, 2) + apart(dice, dice.choice(["29", "38", "79"]), letters(dice, 3), signs=("", " "))


def reference(dice: Dice) -> str:
    """A job, complaint or crime number."""
    return dice.choice(
        [
            f"WR-{digits(dice, 6)}",
            f"CMP/{dice.randint(19, 26)}/{dice.randint(1000, 9999)}",
            f"ASB-{digits(dice, 5)}",
            f"R00{digits(dice, 5)}",
            f"CR/{digits(dice, 6)}/26",
            f"job {dice.randint(20500, 99999)}",
            f"ref {letters(dice, 2)}{digits(dice, 5)}",
            f"HA/{dice.randint(2100, 9999)}/{letters(dice, 2)}",
            f"T{digits(dice, 7)}",
            f"{letters(dice, 3)}{digits(dice, 4)}-{letters(dice, 1)}",
        ]
    )


def bank(dice: Dice) -> str:
    """A sort code or an account number."""
    code = apart(dice, *(f"{dice.randint(32, 99)}" for _ in range(3)), signs=("-", " ", "–"))
    account = apart(dice, f"{dice.randint(1000, 9999)}", digits(dice, 4), signs=("", " "))
    return dice.choice([code, account])


def birth_date(dice: Dice) -> str:
    """A date of birth with the word that makes it one."""
    day, month, year = dice.randint(1, 28), dice.randint(1, 12), dice.randint(1932, 2021)
    named = [
        "Jan",
        "february",
        "March",
        "apr",
        "May",
        "june",
        "July",
        "Aug",
        "sept",
        "October",
        "nov",
        "December",
    ][month - 1]
    date = dice.choice(
        [
            f"{day}/{month}/{year}",
            f"{day:02}.{month:02}.{year}",
            f"{day:02}-{month:02}-{year % 100:02}",
            f"{day}th {named} {year}",
            f"{day} {named} {year}",
            f"{named} {day}th {year}",
            f"{day} of {named} {year}",
            f"{year}-{month:02}-{day:02}",
        ]
    )
    return (
        f"{dice.choice(['born', 'dob', 'DOB:', 'd.o.b.', 'date of birth', 'birthday is', 'born on'])} {date}"
    )


def address(dice: Dice) -> str:
    """A flat or house with its street or block."""
    street = dice.choice(["Corncrake", "Saltmarsh", "Ashdale", "Brackendene", "Fennel", "Quarrymans"])
    end = dice.choice(
        ["Road", "rd", "Street", "st", "Close", "Lane", "Court", "Way", "House", "Gardens", "Terrace", "Mews"]
    )
    number = f"{dice.randint(2, 180)}{dice.choice(['', '', 'a', 'B'])}"
    return dice.choice(
        [f"{number} {street} {end}", f"flat {number} {street} {end}", f"Flat {number}, {street} {end}"]
    )


MADE: Final[dict[str, Callable[[Dice], str]]] = {
    "PHONE": phone,
    "POSTCODE": postcode,
    "EMAIL": email,
    "URL": link,
    "SOCIAL": handle,
    "NI_NUMBER": ni_number,
    "NHS_NUMBER": nhs_number,
    "VEHICLE": plate,
    "REFERENCE": reference,
    "BANK": bank,
    "DATE_OF_BIRTH": birth_date,
    "ADDRESS": address,
}
CUE: Final = re.compile(
    r"(?:date +of +birth|birthday +is|born +on|born|dob:?|d\.o\.b\.|job|ref) +", re.IGNORECASE
)
"""Words of an item that say what it is, and may stay."""


def labelled(kind: str, count: int) -> Iterator[dict[str, Any]]:
    """Messages with one labelled item each, as `read` of redaction.py gives them. The same every time.

    Args:
        kind: one of MADE.
        count: how many.
    """
    dice = random.Random(kind)  # noqa: S311 - test data
    for _ in range(count):
        item = typed(dice, MADE[kind](dice))
        frame = dice.choice(FRAMES)
        begin = frame.index("{}")
        cue = CUE.match(item)
        label = {"start": begin + (cue.end() if cue else 0), "end": begin + len(item), "type": kind}
        yield {"text": frame.format(item), "pii": [label]}


def typed(dice: Dice, item: str) -> str:
    """An item as a thumb types it: in any case, and now and then with a space too many."""
    item = dice.choice([item, item, item.lower(), item.upper()])
    gaps = [at for at, sign in enumerate(item) if sign == " "]
    if gaps and dice.random() < TYPED_BADLY:
        at = dice.choice(gaps)
        item = f"{item[:at]} {item[at:]}"
    return item
