"""Leads of one campaign."""

from capdesk.models import staged_lead
from capdesk.services import find
from capdesk.services.imports.job import TableJob
from capdesk.services.imports.parse_leads import parse_leads
from capdesk.services.imports.staging import numbered, record, stage


def load(job: TableJob) -> None:
    parsed = parse_leads(job.source.records(), job.profile, phones=find.phone_book(job.session))
    rows = ((line, name or None, *known) for line, name, *known in job.tally.rows(parsed))
    stage(job.session, staged_lead, numbered(job, rows))
    job.tally.answered(record(job.session, "record_leads", job.batch, job.home.id))
