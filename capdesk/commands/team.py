"""`capdesk team`: who works, for which campaign, at which rate."""

from datetime import date

import click
from sqlalchemy.orm import Session

from capdesk.commands.base import App, printing, table
from capdesk.errors import UsageRefused
from capdesk.services import team as service
from capdesk.services.dates import business_date
from capdesk.services.imports.fields import parse_date, parse_rate
from capdesk.services.money import dollars
from capdesk.services.team import MemberRow

NONE_YET = 'There is no team member yet. Start with: capdesk team add "NAME" --email E --rate 25.00 --campaign C'


@click.group()
def team() -> None:
    """Team members, their rates and the campaign they work for."""


@team.command("add")
@click.argument("name")
@click.option("--email", required=True, help="Address by which calls and hours name the member.")
@click.option("--rate", required=True, help="Dollars per hour; 0 for none.")
@click.option("--role", default="", help="Free text; it grants nothing.")
@click.option("--campaign", help="Name or id of the campaign the member works for.")
@printing
def add(app: App, name: str, email: str, rate: str, role: str, campaign: str | None) -> None:
    """Add a team member; the first rate and campaign hold from the beginning."""
    hourly = parse_rate(rate)
    made = app.desk.write(
        lambda session: service.add_member(
            session, name=name, email=email, rate=hourly, role=role, campaign=campaign, today=_today(app)
        )
    )
    app.show(made, f"Added team member {made.id}, {_said(made)}.")


@team.command("edit")
@click.argument("ref", metavar="MEMBER")
@click.option("--name", help="The new name.")
@click.option("--email", help="The new address.")
@click.option("--role", help="Free text; it grants nothing.")
@click.option("--active/--inactive", default=None, help="Whether the member still works here.")
@click.option("--rate", help="A new rate in dollars per hour.")
@click.option("--from", "from_", help="The first date of the new rate, as 2026-11-23; today if not given.")
@printing
def edit(app: App, ref: str, rate: str | None, from_: str | None, **given: object) -> None:
    """Change a member (by e-mail or id); a new rate holds from a date after every date already logged."""
    if from_ is not None and rate is None:
        raise UsageRefused("--from says when a new rate begins: give --rate too.")
    hourly = None if rate is None else parse_rate(rate)
    first, today = _from(app, from_), _today(app)

    def change(session: Session) -> MemberRow:
        row = service.edit_member(session, ref, **given, today=today)  # type: ignore[arg-type]
        return row if hourly is None else service.set_rate(session, str(row.id), hourly, from_date=first, today=today)

    changed = app.desk.write(change)
    app.show(changed, f"Team member {changed.id}: {_said(changed)}.{_later(hourly is not None, first, today)}")


@team.command("assign")
@click.argument("ref", metavar="MEMBER")
@click.argument("campaign")
@click.option("--from", "from_", help="The first date there, as 2026-11-23; today if not given.")
@printing
def assign(app: App, ref: str, campaign: str, from_: str | None) -> None:
    """Let a member work for a campaign, and for no other from then on."""
    first, today = _from(app, from_), _today(app)
    row = app.desk.write(lambda session: service.assign_member(session, ref, campaign, from_date=first, today=today))
    app.show(row, f"Team member {row.id}: {_said(row)}.{_later(True, first, today)}")


@team.command("list")
@printing
def list_(app: App) -> None:
    """All team members, with today's rate and campaign."""
    rows = app.desk.read(lambda session: service.list_members(session, _today(app)))
    headers = ["id", "name", "e-mail", "role", "rate", "campaign", ""]
    cells = [[r.id, r.name, r.email, r.role, _rate(r), r.campaign, _state(r)] for r in rows]
    app.show(rows, table(headers, cells, empty=NONE_YET))


def _today(app: App) -> date:
    return business_date(app.desk.clock.now(), app.desk.zone)


def _from(app: App, text: str | None) -> date:
    return _today(app) if text is None else parse_date(text)


def _said(row: MemberRow) -> str:
    work = f'works for campaign "{row.campaign}"' if row.campaign else "works for no campaign yet"
    return f"{row.name} <{row.email}>, {_state(row)}, {_rate(row) or 'no rate'} an hour, {work}"


def _later(changed: bool, first: date, today: date) -> str:
    return f" The change holds from {first}." if changed and first > today else ""


def _rate(row: MemberRow) -> str | None:
    return None if row.hourly_rate_usd is None else dollars(row.hourly_rate_usd)


def _state(row: MemberRow) -> str:
    return "active" if row.active else "inactive"
