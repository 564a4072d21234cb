"""Hours: each row takes its rate and campaign from its member and date; `--campaign` is a check."""

from capdesk.models import staged_time_log
from capdesk.services.imports.job import TableJob
from capdesk.services.imports.parse_time_logs import parse_time_logs
from capdesk.services.imports.staging import numbered, record, stage


def load(job: TableJob) -> None:
    parsed = parse_time_logs(job.source.records(), job.profile, members=job.members(), today=job.today)
    stage(job.session, staged_time_log, numbered(job, job.tally.rows(parsed)))
    campaign = None if job.campaign is None else job.campaign.id
    job.tally.answered(record(job.session, "record_time_logs", job.batch, campaign, False))
