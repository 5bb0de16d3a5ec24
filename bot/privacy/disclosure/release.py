"""The release: all that may be said about one scope on one date, and what it consists of."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from bot.privacy.redact import Redacted

SMALLEST_GROUP: Final = 10
ROUND_TO: Final = 5

Listened = Literal["yes", "partly", "no"]
LISTENED: Final[tuple[Listened, ...]] = ("yes", "partly", "no")
ScopeKind = Literal["landlord", "pool", "workshop"]
CellKind = Literal["theme", "area"]
Sign = Literal["+", "-", ""]


class Maker:
    """Held by this package alone: a release or an excerpt can't be built anywhere else."""


MAKER: Final = Maker()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a release is about: a landlord, a pool of at least three landlords, or a workshop."""

    kind: ScopeKind
    name: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Words that may leave. `good` is None when the teller answered neither yes nor no."""

    id: int
    words: Redacted
    good: bool | None
    _maker: Maker
    language: str = "en"
    """The BCP 47 code of the language of the words; "und" where that can't be told."""
    translation: Redacted | None = None
    """A machine's English for them, where there is one."""

    def __post_init__(self) -> None:
        """Refuse to be made elsewhere."""
        _check(self._maker)


@dataclass(frozen=True, slots=True)
class Part:
    """One published count: the answers counted together, and about how many people gave them."""

    answers: tuple[str, ...]
    about: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a closed batch may say in numbers: about how many people, and how they split."""

    about: int
    split: tuple[Part, ...]
    at_least: Part | None
    """Given instead of a split where none is safe: the larger side is at least this many."""


@dataclass(frozen=True, slots=True, order=True)
class CellName:
    """What a cell counts: a theme with its sign, or an area."""

    kind: CellKind
    name: str
    """As `bot.understanding` has it: "listening", "damp_mould"."""
    sign: Sign = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}{self.sign}"


def cell_named(text: str) -> CellName:
    """The cell of which that is the text."""
    kind, _, label = text.partition(":")
    if kind == "theme":
        return CellName("theme", label[:-1], "+" if label[-1] == "+" else "-")
    return CellName("area", label)


@dataclass(frozen=True, slots=True)
class Cell:
    """One published count of a theme or an area: about how many people told of it, and since when."""

    kind: CellKind
    name: str
    """The label: "listening", "damp_mould"."""
    sign: Sign
    """"+" or "-" for a theme; "" for an area."""
    about: int
    since: date
    """The local date from which these people are counted."""


@dataclass(frozen=True, slots=True)
class Release:
    """Everything that a digest may say about one scope on one date."""

    scope: Scope
    number: int
    on_date: date
    since: date | None
    """The last release that gave figures; None before the first."""
    figures: Figures | None
    """None: not enough people yet, and all of the batch waits."""
    weeks_waiting: int
    excerpts: tuple[Excerpt, ...]
    smallest_group: int
    _maker: Maker
    cells: tuple[Cell, ...] = ()
    """Themes and areas, those most told of first."""
    cells_waiting: bool = False
    """Whether themes and areas that are not named may wait: so it is whenever figures are given, because to say
    it only where somebody waits would tell of them."""

    def __post_init__(self) -> None:
        """Refuse to be made elsewhere."""
        _check(self._maker)


def rounded(count: int) -> int:
    """A count to the nearest 5."""
    return (count + ROUND_TO // 2) // ROUND_TO * ROUND_TO


def _check(maker: object) -> None:
    if maker is not MAKER:
        raise TypeError("only bot.privacy.disclosure makes what may leave")
