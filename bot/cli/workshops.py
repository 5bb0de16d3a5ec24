"""`listened workshop`: setting a workshop up, changing it, and inviting to it."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.app import Product
from bot.cli import workshop_papers, workshop_words
from bot.cli.common import WhichWorkshop, mail_address, product, the_landlord, the_workshop, whoever
from bot.conversation.join_codes import spoken
from bot.wording import DEFAULT
from bot.workshops.guests import NotAList, read_guests
from bot.workshops.members import when_it_is
from bot.workshops.planning import Plan, WorkshopProblem
from bot.workshops.prompts import moments_of
from models.participants import COMING, DECLINED, INVITED, LEFT, WAITING, count_in
from models.workshops import Workshop, all_workshops, landlords_of

MOST_SHOWN = 20
TIME_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
workshop_app = typer.Typer(help="Workshops: before, during and after.", no_args_is_help=True)

Times = Annotated[
    list[datetime] | None,
    typer.Option(
        "--at",
        formats=TIME_FORMATS,
        help="When people are asked before it, local time; may be repeated: two earlier days and the day itself.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    workshop_words.register(workshop_app)
    workshop_papers.register(workshop_app)
    app.add_typer(workshop_app, name="workshop")


@workshop_app.command("add")
def add_workshop(  # noqa: PLR0913 - a command's options
    title: Annotated[str, typer.Argument(help="What it is called; it stands in texts.")],
    starts: Annotated[
        datetime, typer.Option(formats=TIME_FORMATS, help="When it begins, local time: 2026-12-03T14:00.")
    ],
    place: Annotated[str, typer.Option(help="Where it is; it stands in texts.")],
    organiser: Annotated[list[str], typer.Option(help="Who gets the pack, by mail; may be repeated.")],
    landlord: Annotated[
        list[str] | None,
        typer.Option(help="Whose tenants and staff; may be repeated. Not needed while there is one."),
    ] = None,
    hours: Annotated[float, typer.Option(min=0.5, max=12, help="How long it takes.")] = 2,
    capacity: Annotated[int, typer.Option(min=1, help="For how many there is room.")] = 24,
    language: Annotated[list[str] | None, typer.Option(help="In which languages it is held.")] = None,
    at: Times = None,
) -> None:
    """Set a workshop up, and get the code for its poster."""
    with product() as built:
        owners = [the_landlord(built, name) for name in landlord or [None]]  # type: ignore[list-item]
        zone = ZoneInfo(owners[0].timezone)
        plan = Plan(
            title=title,
            place=place,
            starts_at=starts.replace(tzinfo=zone),
            length=timedelta(hours=hours),
            timezone=owners[0].timezone,
            capacity=capacity,
            languages=tuple(language or [DEFAULT]),
            organisers=tuple(mail_address(one) for one in organiser),
            prompts=tuple(one.replace(tzinfo=zone) for one in at) if at else None,
        )
        try:
            made = built.workshops.add(plan, owners, whoever())
        except WorkshopProblem as problem:
            raise typer.BadParameter(str(problem)) from None
        typer.echo(f"{made.title} has the code {spoken(made.code)}: whoever texts it comes.")
        _say_times(built, made)


def _say_times(built: Product, workshop: Workshop) -> None:
    zone = ZoneInfo(workshop.timezone)
    for moment in moments_of(workshop, built.hours):
        typer.echo(f"  {moment.at.astimezone(zone):%a %d %b %H:%M}  {ASKED[moment.name]}")
    if not workshop.prompts:
        typer.echo("  It is too soon for questions beforehand: whoever joins is asked one at once.")


ASKED = {
    "first": "a good and a bad experience (a reminder a day later to whoever has not answered)",
    "near": "what excellent service does, and what gets in the way",
    "today": "that it is today, when and where",
    "after": "one thing that they will do",
    "check_30": "whether it happened",
    "check_90": "whether it happened, and the question from before once more",
}


@workshop_app.command("list")
def list_workshops() -> None:
    """Show every workshop."""
    with product() as built, built.store.read() as session:
        for one in all_workshops(session):
            coming = count_in(session, one.id, COMING)
            off = "  called off" if one.closed_at else ""
            typer.echo(
                f"{one.code}  {when_it_is(one, DEFAULT)}  {one.title}  {coming} of {one.capacity} places{off}"
            )


@workshop_app.command("show")
def show_workshop(code: WhichWorkshop) -> None:
    """Say who comes, in numbers, and when people are asked."""
    with product() as built:
        workshop = the_workshop(built, code)
        with built.store.read() as session:
            counts = {state: count_in(session, workshop.id, state) for state in STATES}
            names = ", ".join(one.name for one in landlords_of(session, workshop.id))
        typer.echo(f"{workshop.title} ({names}), {when_it_is(workshop, DEFAULT)}, {workshop.place}")
        typer.echo(f"Code {spoken(workshop.code)}, languages {', '.join(workshop.languages)}")
        typer.echo(f"For the screen in the room: {built.settings.public_base_url}/live/{workshop.live_key}")
        for state, count in counts.items():
            typer.echo(f"  {count:>4}  {state}")
        _say_times(built, workshop)


STATES = (COMING, WAITING, INVITED, DECLINED, LEFT)


@workshop_app.command("invite")
def invite(
    code: WhichWorkshop,
    file: Annotated[
        Path, typer.Argument(help="CSV with the columns contact, channel (sms or whatsapp), agreed (yes).")
    ],
) -> None:
    """Invite people who agreed to be asked to workshops: in law an invitation is promotion."""
    with product() as built:
        workshop = the_workshop(built, code)
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                good, bad = read_guests(lines)
        except OSError as error:
            raise typer.BadParameter(
                f"{file} can't be opened ({error.strerror}).", param_hint="FILE"
            ) from None
        except UnicodeDecodeError:
            raise typer.BadParameter(
                f"{file} is not UTF-8 text. In Excel choose: CSV UTF-8.", param_hint="FILE"
            ) from None
        except NotAList as problem:
            raise typer.BadParameter(str(problem), param_hint="FILE") from None
        for row in bad[:MOST_SHOWN]:
            typer.secho(f"line {row.line}: {row.problem}", fg=typer.colors.RED, err=True)
        for line, count in sorted(built.invitations.invite(workshop, good).items()):
            typer.echo(f"{count:>6}  {line}")
    if bad:
        typer.secho(f"Rows left out: {len(bad)}.", fg=typer.colors.RED, err=True)
        raise typer.Exit(1)


@workshop_app.command("prompts")
def set_prompts(code: WhichWorkshop, at: Times = None) -> None:
    """Show when people are asked, or set other times with --at."""
    with product() as built:
        workshop = the_workshop(built, code)
        if at:
            zone = ZoneInfo(workshop.timezone)
            try:
                built.workshops.reprompt(workshop, [one.replace(tzinfo=zone) for one in at], whoever())
            except WorkshopProblem as problem:
                raise typer.BadParameter(str(problem), param_hint="--at") from None
            workshop = the_workshop(built, code)
        _say_times(built, workshop)


@workshop_app.command("change")
def change_workshop(  # noqa: PLR0913 - a command's options
    code: WhichWorkshop,
    title: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    starts: Annotated[datetime | None, typer.Option(formats=TIME_FORMATS, help="When it begins.")] = None,
    place: Annotated[str | None, typer.Option(help="Where it is.")] = None,
    hours: Annotated[float | None, typer.Option(min=0.5, max=12, help="How long it takes.")] = None,
    capacity: Annotated[int | None, typer.Option(min=1, help="For how many there is room.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="In which languages, all of them.")] = None,
    organiser: Annotated[list[str] | None, typer.Option(help="Who gets the pack, all of them.")] = None,
) -> None:
    """Change a workshop; what is not said stays. Whoever is on the list is told of another title, time or place."""
    with product() as built:
        workshop = the_workshop(built, code)
        planned = built.workshops.look(workshop)
        zone = ZoneInfo(workshop.timezone)
        said = {
            "title": title,
            "starts_at": starts and starts.replace(tzinfo=zone),
            "place": place,
            "length": hours and timedelta(hours=hours),
            "capacity": capacity,
            "languages": language and tuple(language),
            "organisers": organiser and tuple(mail_address(one) for one in organiser),
        }
        plan = replace(planned.plan, **{name: value for name, value in said.items() if value})  # type: ignore[arg-type]
        try:
            built.workshops.change(workshop, plan, planned.landlords, whoever())
        except WorkshopProblem as problem:
            raise typer.BadParameter(str(problem)) from None
        changed = the_workshop(built, code)
        typer.echo(f"{changed.title}, {when_it_is(changed, DEFAULT)}, {changed.place}")
        _say_times(built, changed)


@workshop_app.command("close")
def close_workshop(code: WhichWorkshop) -> None:
    """Call a workshop off: nobody can join, and nobody is asked anything about it any more."""
    with product() as built:
        workshop = the_workshop(built, code)
        built.workshops.close(workshop, whoever())
    typer.echo(
        "Called off. Whoever is on the list is told by text; whoever was invited and has not answered is not."
    )
