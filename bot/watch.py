"""The watch: what should have happened and has not. Each thing is said once, to people who can do something."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.delivery.hours import Hours
from bot.privacy.keys import Keyring
from bot.releases import check, propose
from bot.schedule import latest_occurrence
from bot.staff_alerts import on_duty, tell_staff
from bot.wording import Wording
from models import Store
from models.desk import count_waiting, unread
from models.landlords import Landlord, all_landlords
from models.releases import release_on, unfinished_since
from models.scopes import scope_id_of, scope_of
from models.staff import staff_with_roles

READ_BY: Final = time(17)
"""By then, on a working day, a person has read what was told until an hour before."""
GRACE: Final = timedelta(hours=1)
DECIDE_WITHIN: Final = timedelta(days=3)
"""A story that waits longer for a decision misses a digest, most weeks."""
DIGEST_GRACE: Final = timedelta(hours=3)
DIGEST_FORGOTTEN: Final = timedelta(days=2)
"""A digest that is later than that has been told of already."""


class Watch:
    """Looks for stories that nobody has read, and digests that did not go out.

    Args:
        store: the database.
        keys: to open and seal.
        wording: the words of alerts.
        hours: which days are working days.
        digest_time: when digests go out on Mondays.
        operator_alerts: the operator's own address; "" for none.
        clock: gives the current time, aware.
        base_url: where our own pages are.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        wording: Wording,
        hours: Hours,
        digest_time: time,
        operator_alerts: str,
        clock: Callable[[], datetime],
        base_url: str,
    ) -> None:
        self._store = store
        self._keys = keys
        self._wording = wording
        self._hours = hours
        self._digest_time = digest_time
        self._operator_alerts = operator_alerts
        self._clock = clock
        self._base_url = base_url

    def look(self) -> int:
        """Look once; says how many alerts were queued."""
        with self._store.write() as session:
            return sum(
                self._look_for_unread(session, landlord)
                + self._look_for_refusal(session, landlord)
                + self._look_for_undecided(session, landlord)
                + self._look_for_digest(session, landlord)
                for landlord in all_landlords(session)
            )

    def _look_for_unread(self, session: Session, landlord: Landlord) -> int:
        zone = ZoneInfo(landlord.timezone)
        now = self._clock().astimezone(zone)
        read_by = datetime.combine(now.date(), READ_BY, zone)
        if now < read_by or not self._hours.is_working_day(now.date()):
            return 0
        left = unread(session, landlord.id, (read_by - GRACE))
        if not left:
            return 0
        subject = self._wording.text("en", "unread.subject")
        body = self._wording.text(
            "en",
            "unread.body",
            count=str(len(left)),
            landlord=landlord.name,
            since=f"{left[0].told_at.astimezone(zone):%A %d %B, %H:%M}",
            link=self._link(landlord, "today"),
        )
        topic = f"unread {landlord.id} {now:%F}"
        return self._tell(session, topic, subject, body, self._moderators(session, landlord))

    def _look_for_undecided(self, session: Session, landlord: Landlord) -> int:
        """Stories whose tellers said yes and that nobody decides on: moderators hear of them once a week."""
        zone = ZoneInfo(landlord.timezone)
        now = self._clock().astimezone(zone)
        count, oldest = count_waiting(session, landlord.id)
        if oldest is None or now - oldest < DECIDE_WITHIN or not self._hours.is_working_day(now.date()):
            return 0
        body = self._wording.text(
            "en",
            "undecided.body",
            count=str(count),
            landlord=landlord.name,
            since=f"{oldest.astimezone(zone):%A %d %B}",
            link=self._link(landlord, "moderation"),
        )
        subject, topic = self._wording.text("en", "undecided.subject"), f"undecided {landlord.id} {now:%G-%V}"
        return self._tell(session, topic, subject, body, self._moderators(session, landlord))

    def _look_for_refusal(self, session: Session, landlord: Landlord) -> int:
        """A release that failed the check before it was to leave: the operator hears at once, and not why by mail."""
        scope = scope_of(session, landlord)
        on_date, due = latest_occurrence(self._clock(), ZoneInfo(scope.timezone), self._digest_time)
        forgotten = self._clock() - due >= DIGEST_FORGOTTEN or due < scope.created_at
        if forgotten or release_on(session, scope.id, on_date):
            return 0
        if not check(session, self._keys, scope, propose(session, self._keys, scope, on_date, due)):
            return 0
        subject = self._wording.text("en", "release_refused.subject")
        body = self._wording.text(
            "en", "release_refused.body", landlord=scope.name, date=f"{on_date:%A %d %B}"
        )
        topic = f"refused {scope.id} {on_date}"
        return self._tell(session, topic, subject, body, set())

    def _look_for_digest(self, session: Session, landlord: Landlord) -> int:
        """The dead man's switch: silence must not be mistaken for "nothing to say"."""
        zone = ZoneInfo(landlord.timezone)
        on_date, due = latest_occurrence(self._clock(), zone, self._digest_time)
        late = self._clock() - due
        if not DIGEST_GRACE < late < DIGEST_FORGOTTEN or due < landlord.created_at:
            return 0
        if not unfinished_since(session, scope_id_of(landlord), on_date, self._clock() - DIGEST_GRACE):
            return 0
        subject = self._wording.text("en", "digest_missing.subject")
        body = self._wording.text(
            "en", "digest_missing.body", landlord=landlord.name, date=f"{on_date:%A %d %B}"
        )
        topic = f"digest {landlord.id} {on_date}"
        return self._tell(session, topic, subject, body, on_duty(session, self._keys, landlord.id))

    def _link(self, landlord: Landlord, page: str) -> str:
        return f"{self._base_url}/console/{landlord.id}/{page}"

    def _moderators(self, session: Session, landlord: Landlord) -> set[str]:
        """The landlord's moderators; while there are none, whoever is on duty."""
        found = {
            self._keys.open("staff", person.id, "email", person.email)
            for person, role in staff_with_roles(session, [landlord.id])
            if role.role == "moderator"
        }
        return found or on_duty(session, self._keys, landlord.id)

    def _tell(self, session: Session, topic: str, subject: str, body: str, to: set[str]) -> int:
        to = to | {self._operator_alerts}
        return tell_staff(session, self._keys, to, topic, subject, body, self._clock())
