"""Keys: sealed columns, rotation that nothing interrupts for good, and stops that outlive every key."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import processes
import pytest
from desk import NUMBER, SCRIPTS, Desk, Wire
from rig import ROOT, Rig
from sqlalchemy import LargeBinary, select, update

from bot import moderation
from bot.app import build
from bot.checks import check
from bot.conversation.messages import ChannelName
from bot.delivery.hours import ANY_TIME
from bot.demo.stage import demo_settings
from bot.key_chain import check_chain, join_chain
from bot.privacy.keys import KeyProblem, Keyring, generation_of, new_key, parse_keys
from bot.rotation import columns_that_hold, left, rotate, unreadable
from bot.visit_list import VisitRow
from bot.visits import Visits
from models import Base, Store
from models.base import HASHED, SEALED
from models.landlords import all_landlords
from models.people import Contact, Suppression
from models.stories import StoryPart
from models.visits import Visit

BYTES_THAT_STAY = {"audit.actor", "audit.link", "sign_in_failure.lookup", "edit.words"}
"""Keyed hashes that are never wrapped: the audit's links are made over them; failures to sign in are gone in a day;
an edit's words are looked for under every key."""


def names(columns: Sequence[object]) -> set[str]:
    """Columns as table.column."""
    return {str(column) for column in columns}


def ring(data: str, look: str) -> Keyring:
    """Keys as settings give them."""
    return Keyring(parse_keys(data), parse_keys(look))


def test_every_column_of_bytes_is_rotated_or_named_here() -> None:
    """What holds bytes is sealed, hashed, or one of the few that stay; sealed ones have an id to be bound to."""
    held = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    sealed, hashed = columns_that_hold(SEALED), columns_that_hold(HASHED)
    assert held == names(sealed) | names(hashed) | BYTES_THAT_STAY
    assert not names(sealed) & names(hashed)
    assert all("id" in column.table.columns for column in sealed)
    assert {"contact.address", "story_part.words", "inbound.body", "release.contents"} <= names(sealed)


def test_a_look_up_goes_through_the_chain() -> None:
    """A hash wrapped with a new key is what the chain gives for the value, and old generations are found too."""
    first, second, third = (parse_keys(new_key()) for _ in range(3))
    data = parse_keys(new_key())
    old = Keyring(data, first)
    mid = Keyring(data, second, (*first, *second))
    new = Keyring(data, third, (*first, *second, *third))
    stored = old.lookup("contact", "sms", NUMBER)
    assert generation_of(stored) == 0
    assert new.wrap(stored) == new.wrap(mid.wrap(stored)) == new.lookup("contact", "sms", NUMBER)
    assert stored in new.lookups("contact", "sms", NUMBER)
    assert generation_of(new.wrap(stored)) == 2
    assert new.lookup("contact", "sms", NUMBER) != new.lookup("person", "sms", NUMBER)


def test_a_retired_key_proves_nothing() -> None:
    """Links that we gave out are proved by keys in use alone: whoever learnt a retired key makes none."""
    first, second = parse_keys(new_key()), parse_keys(new_key())
    data = parse_keys(new_key())
    before = Keyring(data, first).proofs("hand_over", "1")
    both = Keyring(data, (*second, *first), (*first, *second))
    retired = Keyring(data, second, (*first, *second))
    assert before[0] in both.proofs("hand_over", "1")
    assert before[0] not in retired.proofs("hand_over", "1")
    assert retired.proofs("hand_over", "1") == both.proofs("hand_over", "1")[:1]


@pytest.mark.parametrize("erased", [False, True])
def test_a_stop_outlives_its_look_up_key(tmp_path: Path, *, erased: bool) -> None:
    """STOP, rotate, old key dropped, the number imported as a visit: nothing is sent. After DELETE as well."""
    old, new = new_key(), new_key()
    fresh = Fresh(tmp_path, new_key(), [Wire()])
    desk = fresh.desk(old)
    desk.text("the tap drips still", "1")
    if erased:
        desk.text("DELETE", "2")
        desk.drain()
        code = re.search(r"\b\d{4}\b", desk.wire.got[-1])
        assert code
        desk.text(code.group(), "3")
    else:
        desk.text("STOP", "2")
    desk.drain()
    before = len(desk.wire.got)
    both = fresh.desk(f"{new},{old}")
    assert rotate(both.store, both.keys).left == 0
    desk = fresh.desk(new)
    take_in_visit(desk, NUMBER)
    assert len(desk.wire.got) == before
    with desk.store.read() as session:
        (visit,) = session.scalars(select(Visit)).all()
        assert (visit.state, visit.reason) == ("not_asked", "stopped")
        (listed,) = session.scalars(select(Suppression)).all()
        assert listed.lookup == desk.keys.lookup("person", "number", NUMBER)
    desk.text("START", "9")  # and the same person is known by it
    with desk.store.read() as session:
        assert session.scalars(select(Suppression)).all() == []


def test_the_same_number_unlisted_is_asked(tmp_path: Path) -> None:
    """The test above means something: without a stop, after the same rotation, the visit is asked about."""
    old, new = new_key(), new_key()
    fresh = Fresh(tmp_path, new_key(), [Wire()])
    fresh.desk(old).text("the tap drips still", "1")
    both = fresh.desk(f"{new},{old}")
    rotate(both.store, both.keys)
    desk = fresh.desk(new)
    desk.drain()
    before = len(desk.wire.got)
    take_in_visit(desk, NUMBER)
    assert len(desk.wire.got) == before + 1
    with desk.store.read() as session:
        assert len(session.scalars(select(Contact)).all()) == 1  # found again, not met anew


def test_stops_hold_while_keys_are_changed(tmp_path: Path) -> None:
    """Both keys in the settings and nothing rotated yet: a stop by text keeps WhatsApp silent too."""
    old, new = new_key(), new_key()
    fresh = Fresh(tmp_path, new_key(), [Wire(), Wire(name="whatsapp")])
    fresh.desk(old).text("STOP", "1")
    desk = fresh.desk(f"{new},{old}")
    assert desk.text("the tap drips still", "2", channel="whatsapp").replies == 0
    assert not desk.initiative.ask("whatsapp", desk.wires["whatsapp"].account, NUMBER, SCRIPTS["after_visit"])
    with desk.store.read() as session:
        assert len(set(session.scalars(select(Contact.person)))) == 1  # one person, under one hash
    assert rotate(desk.store, desk.keys).left == 0
    with desk.store.read() as session:
        assert {*session.scalars(select(Contact.person))} == {*session.scalars(select(Suppression.lookup))}


def test_a_replay_is_known_under_every_key(tmp_path: Path) -> None:
    """A message that came before the rotation and comes again after it is one message."""
    old, new = new_key(), new_key()
    fresh = Fresh(tmp_path, new_key(), [Wire()])
    assert fresh.desk(old).text("the tap drips still", "1").new
    for look in (f"{new},{old}", new):
        desk = fresh.desk(look)
        assert not desk.text("the tap drips still", "1").new
        rotate(desk.store, desk.keys)
        assert not desk.text("the tap drips still", "1").new


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("data_keys", "lookup_keys", "sentence"),
    [
        ("{other}", "{look}", "DATA_KEYS holds no key that opens what is stored"),
        ("{data}", "{other}", "LOOKUP_KEYS holds none of the keys"),
        ("{look}", "{data}", "DATA_KEYS holds no key that opens what is stored"),
    ],
)
def test_wrong_keys_write_nothing(
    tmp_path: Path, data_keys: str, lookup_keys: str, sentence: str, *, known: bool
) -> None:
    """With another's keys nothing is put together, `check` says what is wrong, and the file is as it was."""
    given = {"other": new_key(), "data": new_key(), "look": new_key()}
    desk = Desk(tmp_path, Wire(), keys=ring(given["data"], given["look"]))
    desk.text("the tap drips still", "1")
    if known:  # otherwise the chain is not stored yet, and a stored address tells
        join_chain(desk.store, desk.keys, desk.clock)
    settings = demo_settings(
        tmp_path,
        8000,
        1,
        2,
        database_url=desk.store.url.render_as_string(hide_password=False),
        data_keys=data_keys.format(**given),
        lookup_keys=lookup_keys.format(**given),
    )
    before = dump(desk.store)
    with pytest.raises(KeyProblem, match=sentence):
        build(settings)
    wrong = [finding.sentence for finding in check(settings) if finding.verdict == "wrong"]
    assert any(sentence in said for said in wrong)
    assert dump(desk.store) == before


def test_a_key_that_was_replaced_may_not_come_first(tmp_path: Path) -> None:
    """Going back to an older key would hide everybody met since: it is refused, in a sentence."""
    old, new = new_key(), new_key()
    fresh = Fresh(tmp_path, new_key(), [Wire()])
    fresh.desk(old)
    fresh.desk(f"{new},{old}")
    with pytest.raises(KeyProblem, match="Put the newest one first"):
        fresh.desk(f"{old},{new}")


def test_serving_with_wrong_keys_ends_in_a_sentence(fresh_rig: Rig) -> None:
    """The same from outside: no port is opened, and there is no traceback."""
    done = fresh_rig.run("serve", "--port", "1", DATA_KEYS=new_key())
    assert done.returncode == 2
    assert "DATA_KEYS holds no key that opens what is stored" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_sees_a_data_key_that_went_too_early(tmp_path: Path) -> None:
    """The old data key is dropped while values still need it: it is counted, and `check` lets nothing start."""
    old, new, look = new_key(), new_key(), new_key()
    desk = Desk(tmp_path, Wire(), keys=ring(old, look))
    desk.text("the tap drips still", "1")
    both = join_chain(desk.store, ring(f"{new},{old}", look), desk.clock)
    assert left(desk.store, both) > 5
    assert unreadable(desk.store, both) == 0
    assert unreadable(desk.store, ring(new, look)) > 5


def test_two_swapped_ciphertexts_fail_loudly(tmp_path: Path) -> None:
    """Somebody with the database file swaps two people's words: reading them is an error, not a mix-up."""
    data, look = new_key(), new_key()
    desk = Desk(tmp_path, Wire(), keys=ring(data, look))
    desk.text("the tap drips still", "1")
    desk.text("the lift is out again", "2", sender="+447700900901")
    with desk.store.write() as session:
        (one, first), (two, second) = session.execute(
            select(StoryPart.id, StoryPart.words).order_by(StoryPart.id)
        )
        session.execute(update(StoryPart).where(StoryPart.id == one).values(words=second))
        session.execute(update(StoryPart).where(StoryPart.id == two).values(words=first))
    with desk.store.read() as session:
        part = session.scalars(select(StoryPart).order_by(StoryPart.id)).first()
        assert part is not None
        with pytest.raises(KeyProblem, match="changed or moved"):
            desk.keys.open("story_part", part.id, "words", part.words)
    newer = ring(f"{new_key()},{data}", look)
    outcome = rotate(desk.store, newer)
    assert (outcome.broken, outcome.left) == (2, 2)  # said, and everything else is brought over


ROTATE = """
import sys
from datetime import UTC, datetime
from bot.key_chain import join_chain
from bot.privacy.keys import Keyring, parse_keys
from bot.rotation import rotate
from models import Store
store = Store(sys.argv[1])
keys = Keyring(parse_keys(sys.argv[2]), parse_keys(sys.argv[3]))
keys = join_chain(store, keys, lambda: datetime.now(UTC))
print(rotate(store, keys, batch=2).left)
"""
"""What `listened keys rotate` does, without what takes a command long to start."""


@pytest.mark.parametrize("which", ["data", "look"])
def test_a_rotation_killed_at_every_batch_ends_with_nothing_lost(tmp_path: Path, which: str) -> None:
    """Kill -9 before a commit, and after each one in turn: run again it goes on, and every value opens."""
    given = {"data": new_key(), "look": new_key()}
    desk = Desk(tmp_path, Wire(), keys=ring(**given))
    join_chain(desk.store, desk.keys, desk.clock)
    for number in range(3):
        desk.text(f"story {number}: the tap drips still", f"{number}", sender=f"+44770090091{number}")
    desk.drain()
    before = opened(desk.store, desk.keys)
    both = {**given, which: f"{new_key()},{given[which]}"}

    def run(failpoint: str) -> subprocess.CompletedProcess[str]:
        url = desk.store.url.render_as_string(hide_password=False)
        command = ("-c", ROTATE, url, both["data"], both["look"])
        return processes.run(command, folder=ROOT, env={**os.environ, "FAILPOINT": failpoint})

    assert run("rotating").returncode == -signal.SIGKILL
    kills = 0
    while (done := run("rotated")).returncode == -signal.SIGKILL:
        kills += 1
    assert (done.returncode, done.stdout.split()[-1]) == (0, "0"), done.stderr
    assert kills >= 8
    alone = {**both, which: both[which].partition(",")[0]}
    keys, _ = check_chain(desk.store, ring(**alone))
    assert unreadable(desk.store, keys) == left(desk.store, keys) == 0
    assert opened(desk.store, keys) == before
    desk = Desk(tmp_path, Wire(), keys=keys)
    for number in range(3):  # and with the new key alone each message is known
        assert not desk.text(f"story {number}: the tap drips still", f"{number}").new


@pytest.mark.only_sqlite
def test_nothing_that_was_told_stands_in_the_file(tmp_path: Path) -> None:
    """200 planted numbers, names and sentences: `strings` over a copy of the file and its log finds none."""
    desk = Desk(tmp_path, Wire(), Wire(name="whatsapp"))
    planted = ["+447700999999", "HERONREFERENCE"]
    for number in range(100, 167):
        phone, name = f"+4477009{number:05d}", f"Zebedee{number}quux"
        planted += [phone, name, f"heron number {number} sat"]
        desk.text(f"the heron number {number} sat on sill {name} all morning", f"s{number}", sender=phone)
        desk.text("1", f"a{number}", sender=phone)
    desk.text("Zebedee101quux again by whatsapp", "w", sender="+447700900101", channel="whatsapp")
    desk.drain()
    take_in_visit(desk, "+447700999999", "HERONREFERENCE")
    desk.text("2", "visited", sender="+447700999999")  # the answer "partly", before a word is told
    staff = moderator(desk)
    staff.approve(staff.waiting(limit=1)[0].story_id)
    planted += ["partly", "Morwenna"]
    assert any(
        text.startswith("conversation.state") and "partly" in text for text in opened(desk.store, desk.keys)
    )
    copies = [shutil.copy(path, tmp_path / f"copy{path.suffix}") for path in tmp_path.glob("a.db*")]
    assert any(Path(copy).stat().st_size for copy in copies)
    printed = "".join(
        subprocess.run(["strings", "-n", "4", copy], capture_output=True, text=True, check=True).stdout
        for copy in copies
    )
    assert len(planted) > 200
    assert [canary for canary in planted if canary in printed] == []
    assert [canary for canary in planted if canary.lstrip("+0") in printed] == []


@dataclass
class Fresh:
    """A desk's folder, and the settings' keys: a desk sits down at it again with other keys."""

    folder: Path
    data: str
    wires: Sequence[Wire]

    def desk(self, look: str) -> Desk:
        """A desk with these look-up keys, as a process starts with them."""
        keys = ring(self.data, look)
        first = Desk(self.folder, *self.wires, keys=keys)
        return Desk(self.folder, *self.wires, keys=join_chain(first.store, keys, first.clock))


def visits(desk: Desk) -> Visits:
    """What takes visits in at that desk, on the SMS line."""
    accounts: dict[ChannelName, str] = {"sms": desk.wires["sms"].account}
    script = SCRIPTS["after_visit"]
    return Visits(
        desk.store,
        desk.keys,
        desk.people,
        desk.initiative,
        ANY_TIME,
        script,
        accounts,
        desk.clock,
    )


def moderator(desk: Desk) -> moderation.Desk:
    """Somebody who decides."""
    with desk.store.read() as session:
        (landlord,) = all_landlords(session)
    return moderation.Desk(desk.store, desk.keys, desk.clock, landlord, "Morwenna Moderator")


def take_in_visit(desk: Desk, number: str, reference: str = "") -> None:
    """A landlord's list names a number that was visited today; then its time comes."""
    with desk.store.read() as session:
        (landlord,) = all_landlords(session)
    row = VisitRow(2, number, "sms", desk.now.date(), "repair", reference)
    assert visits(desk).take_in(landlord, [row]) == 1
    desk.now += timedelta(days=2)
    visits(desk).ask_due()
    desk.drain()


def dump(store: Store) -> list[str]:
    """Every row of the database."""
    with store.read() as session:
        return [
            f"{table} {row}"
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
        ]


def opened(store: Store, keys: Keyring) -> list[str]:
    """Every sealed value, opened: (column, row, text)."""
    found = []
    with store.read() as session:
        for column in columns_that_hold(SEALED):
            table = column.table
            rows = session.execute(select(table.c.id, column).where(column.is_not(None))).all()
            found += [
                f"{column} {row_id} {keys.open(str(table), row_id, column.name, value)}"
                for row_id, value in rows
                if str(column) != "lookup_key.key"
            ]
    return sorted(found)
