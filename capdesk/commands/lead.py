"""`capdesk lead`: whom a campaign calls."""

import click

from capdesk.commands.base import App, printing, table
from capdesk.errors import UsageRefused
from capdesk.models.base import LeadStatusName
from capdesk.services import leads
from capdesk.services.leads import LeadRow
from capdesk.services.reports.wording import clipped, one_line

NONE_YET = "There is no lead here yet. Start with: capdesk import leads FILE --campaign C, or capdesk lead add PHONE"
_STATUSES = click.Choice([status.value for status in LeadStatusName])
_OF_CAMPAIGN = click.option("--campaign", help="Its campaign, where several have this number or name.")


@click.group()
def lead() -> None:
    """Leads, one per campaign and phone number."""


@lead.command("add")
@click.argument("phone")
@click.option("--campaign", required=True, help="Name or id of its campaign.")
@click.option("--name", default="", help="Who answers.")
@click.option("--email", default="", help="An e-mail address.")
@click.option("--extra", multiple=True, help="Anything else, as city=Miami; may be repeated.")
@printing
def add(app: App, phone: str, campaign: str, name: str, email: str, extra: tuple[str, ...]) -> None:
    """Add one lead."""
    columns = _columns(extra)
    added = app.desk.write(
        lambda session: leads.add_lead(
            session, campaign, phone, app.desk.owner_id, name=name, email=email, extra=columns
        )
    )
    verb = "Added" if added.landed else "Known already, nothing to add:"
    app.show(added, f"{verb} lead {_said(added.lead)}.")


@lead.command("list")
@click.option("--campaign", help="Only those of one campaign.")
@click.option("--status", type=_STATUSES, help="Only those with this status.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
@printing
def list_(app: App, campaign: str | None, status: str | None, limit: int) -> None:
    """Leads, the newest first."""
    wanted = None if status is None else LeadStatusName(status)
    page = app.desk.read(lambda session: leads.list_leads(session, campaign=campaign, status=wanted, limit=limit))
    cells = [
        [r.id, r.campaign, r.phone, clipped(r.name or "", 30) or None, clipped(r.email or "", 40) or None, r.status]
        for r in page.leads
    ]
    text = table(["id", "campaign", "phone", "name", "e-mail", "status"], cells, empty=NONE_YET)
    more = f"\n… and {page.more:,} more; see them with --limit, or narrow it with --campaign and --status."
    app.show(page, text + (more if page.more else ""))


@lead.command("status")
@click.argument("ref", metavar="LEAD")
@click.argument("status", type=_STATUSES)
@_OF_CAMPAIGN
@printing
def status_(app: App, ref: str, status: str, campaign: str | None) -> None:
    """Set the status of a lead (by number, id or name); all but `active` are final."""
    row = app.desk.write(lambda session: leads.set_lead_status(session, ref, LeadStatusName(status), campaign))
    final = "" if row.exited_at is None else " That is final: it has left all experiments."
    app.show(row, f"Lead {_said(row)}.{final}")


@lead.command("edit")
@click.argument("ref", metavar="LEAD")
@_OF_CAMPAIGN
@click.option("--name", help="Who answers; '' clears it.")
@click.option("--email", help="An e-mail address; '' clears it.")
@click.option("--extra", multiple=True, help="Anything else, as city=Miami; city= clears it. May be repeated.")
@printing
def edit(app: App, ref: str, campaign: str | None, name: str | None, email: str | None, extra: tuple[str, ...]) -> None:
    """Change who a lead is (by number, id or name). The number stays: another number is another lead."""
    columns = _columns(extra) if extra else None
    row = app.desk.write(lambda session: leads.edit_lead(session, ref, campaign, name=name, email=email, extra=columns))
    app.show(row, f"Lead {_said(row)}.")


def _columns(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise UsageRefused(f"'{pair}' names no column; write it like city=Miami.")
        found[key.strip()] = value.strip()
    return found


def _said(row: LeadRow) -> str:
    known = " ".join(one_line(part) for part in (row.phone, row.name, row.email and f"<{row.email}>") if part)
    return f'{row.id} ({known or "contact erased"}) of campaign "{row.campaign}": {row.status}'
