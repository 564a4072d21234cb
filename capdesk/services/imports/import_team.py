"""Team members. Each new one gets its first rate, and with a campaign its first assignment."""

from decimal import Decimal

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from capdesk.models import MemberRate, TeamMember
from capdesk.services import find
from capdesk.services.imports.job import TableJob
from capdesk.services.imports.parse_team import TeamRow, parse_team

_EDIT = "differs from what is recorded of this address; change it with: capdesk team edit"
Known = tuple[str, str, Decimal | None]
"""Name, role, dollars per hour."""


def load(job: TableJob) -> None:
    known = _known(job)
    lines: dict[str, int] = {}
    for row in job.tally.rows(parse_team(job.source.records(), job.profile)):
        line, name, email, role, rate = row
        if email not in known:
            _add(job, row)
            known[email], lines[email] = (name, role, rate), line
        elif known[email] == (name, role, rate):
            job.tally.duplicate += 1
        elif email in lines:
            job.tally.reject(line, "email", f"differs from line {lines[email]}, which has the same address")
        else:
            job.tally.reject(line, "email", _EDIT)


def _known(job: TableJob) -> dict[str, Known]:
    """By e-mail, with the rate of today."""
    # one import at a time, so that two of the same file do not both find a member missing
    job.session.execute(select(func.pg_advisory_xact_lock(func.hashtext("capdesk team"))))
    rate = (
        select(MemberRate.hourly_rate_usd)
        .where(MemberRate.team_member_id == TeamMember.id, MemberRate.from_date <= job.today)
        .order_by(MemberRate.from_date.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = job.session.execute(select(TeamMember.email, TeamMember.name, TeamMember.role, rate))
    return {email: (name, role, hourly) for email, name, role, hourly in found}


def _add(job: TableJob, row: TeamRow) -> None:
    _, name, email, role, rate = row
    values = {"name": name, "email": email, "role": role}
    try:
        member = job.session.scalar(insert(TeamMember).values(values).returning(TeamMember.id))
    except IntegrityError as error:
        raise find.refused(error, f"{email} was added as a team member just now; import the file again.") from error
    job.session.execute(select(func.set_member_rate(member, rate, job.today)))
    if job.campaign is not None:
        job.session.execute(select(func.assign_member(member, job.campaign.id, job.today)))
