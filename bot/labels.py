"""Labels: what stories are about and express, as the machine, a moderator or the teller has it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from bot.privacy.disclosure import CellKind, CellName, cell_named
from bot.privacy.keys import Keyring
from bot.understanding.table import head
from bot.understanding.themes import read_areas, read_themes
from models.base import new_id
from models.labels import LEAST_TO_MOST, Labelling, Source, labellings_by, labellings_from, labellings_of

KINDS: Final[tuple[CellKind, ...]] = ("theme", "area")
READ_IN: Final = "en"
"""The models know no other language; stories in others get their labels from a person."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The themes ("listening-") and the areas ("repairs") of one story."""

    themes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no label.

        Raises:
            ValueError: says which, and what there is.
        """
        for names, there_are in ((self.themes, THEMES), (self.areas, AREAS)):
            for name in names:
                if name not in there_are:
                    raise ValueError(f"There is no {name}. There is: {', '.join(there_are)}")

    @property
    def cells(self) -> tuple[CellName, ...]:
        """The cells that such a story is counted in."""
        return tuple(
            cell_named(f"{kind}:{name}") for kind in KINDS for name in dict.fromkeys(self.names(kind))
        )

    def names(self, kind: CellKind) -> tuple[str, ...]:
        """The themes or the areas."""
        return self.themes if kind == "theme" else self.areas


THEMES: Final = head("themes").labels
AREAS: Final = head("areas").labels
NO_LABELS: Final = Labels()


class LabelBook:
    """Writes and reads labels within a transaction.

    Args:
        session: the transaction.
        keys: to seal and open.
    """

    def __init__(self, session: Session, keys: Keyring) -> None:
        self._session = session
        self._keys = keys

    def read(self, stories: Mapping[int, tuple[str, str]], now: datetime) -> None:
        """Have the machine read stories as they now stand, each given as its language and its words."""
        self.keep({story_id: _read(*story) for story_id, story in stories.items()}, "machine", now)

    def keep(self, found: Mapping[int, Labels], source: Source, now: datetime) -> None:
        """Write down what one source makes of stories, in the place of what it made of them before."""
        before = {
            (row.story_id, row.kind): row for row in labellings_from(self._session, list(found), source)
        }
        for story_id, labels in found.items():
            for kind in KINDS:
                row = before.get((story_id, kind))
                if row is None:
                    row = Labelling(id=new_id(), story_id=story_id, kind=kind, source=source)
                    self._session.add(row)
                row.names = self._keys.seal("labelling", row.id, "names", json.dumps(labels.names(kind)))
                row.made_at = now
        self._session.flush()

    def of(self, story_ids: Sequence[int]) -> dict[int, Labels]:
        """The labels of stories: of each kind, those of the source that outranks the others."""
        return self.best(labellings_of(self._session, story_ids))

    def best(self, rows: Iterable[Labelling]) -> dict[int, Labels]:
        """The labels by story: of each kind, those of the source that outranks the others."""
        best: dict[int, dict[str, tuple[str, ...]]] = {}
        for row in sorted(rows, key=lambda one: LEAST_TO_MOST.index(one.source)):
            best.setdefault(row.story_id, {})[row.kind] = self._names(row)
        return {story: Labels(found.get("theme", ()), found.get("area", ())) for story, found in best.items()}

    def corrected(self) -> Iterator[tuple[int, str, Labels]]:
        """(story id, language, labels) of every story that a moderator has labelled."""
        languages: dict[int, str] = {}
        rows: dict[int, list[Labelling]] = {}
        for row, language in labellings_by(self._session, "moderator"):
            languages[row.story_id] = language
            rows.setdefault(row.story_id, []).append(row)
        for story, theirs in rows.items():
            yield story, languages[story], self.best(theirs)[story]

    def _names(self, row: Labelling) -> tuple[str, ...]:
        return tuple(json.loads(self._keys.open("labelling", row.id, "names", row.names)))


def _read(language: str, words: str) -> Labels:
    known = language.partition("-")[0] == READ_IN
    return Labels(read_themes(words).names, read_areas(words).names) if known else NO_LABELS
