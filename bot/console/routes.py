"""The table of routes: every page of the console, and who may open it. The app is built from this and nothing else."""

import sys
from typing import Final

from bot.console.access import as_markdown
from bot.console.page import Page
from bot.console.pages import (
    account,
    api_keys,
    audit,
    charts,
    hand_overs,
    invitation,
    landlord,
    moderation,
    people,
    posters,
    reading,
    recipients,
    releases,
    responses,
    sign_in,
    sso,
    staff,
    today,
    visits,
    words,
    workshop_guests,
    workshop_papers,
    workshop_setup,
    workshops,
)

PAGES: Final[tuple[Page, ...]] = (
    *sign_in.PAGES,
    *sso.PAGES,
    *invitation.PAGES,
    *account.PAGES,
    *today.PAGES,
    *moderation.PAGES,
    *reading.PAGES,
    *hand_overs.PAGES,
    *releases.PAGES,
    *responses.PAGES,
    *charts.PAGES,
    *visits.PAGES,
    *api_keys.PAGES,
    *posters.PAGES,
    *workshops.PAGES,
    *words.PAGES,
    *workshop_setup.PAGES,
    *workshop_guests.PAGES,
    *workshop_papers.PAGES,
    *people.PAGES,
    *audit.PAGES,
    *landlord.PAGES,
    *recipients.PAGES,
    *staff.PAGES,
)
"""In the order of the menu."""

if __name__ == "__main__":
    sys.stdout.write(as_markdown(PAGES))
