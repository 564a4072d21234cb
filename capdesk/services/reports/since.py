"""What was recorded after a moment, whatever date it carries: what is new to somebody who looked then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.dates import Week, business_date, day_start
from capdesk.services.money import ZERO
from capdesk.services.reports.late import late_facts
from capdesk.services.reports.model import EVENT_TYPES, Late

_INSTANT = timedelta(microseconds=1)

_SPEND = text("""
SELECT r.experiment_id, e.name, c.name, sum(r.cost_usd)
FROM cost_rollup r JOIN campaign c ON c.id = r.campaign_id LEFT JOIN experiment e ON e.id = r.experiment_id
WHERE r.recorded_at > :since AND r.recorded_at <= :as_of
GROUP BY r.experiment_id, e.name, c.id, c.name HAVING sum(r.cost_usd) <> 0
ORDER BY lower(c.name) COLLATE "C", c.id, r.experiment_id NULLS LAST
""")

_UNASSIGNED = text("""
SELECT coalesce((SELECT sum(amount_usd) FROM provider_charge WHERE recorded_at > :since AND recorded_at <= :as_of), 0)
     - coalesce((SELECT sum(cost_usd) FROM cost_rollup
                 WHERE charge_id IS NOT NULL AND recorded_at > :since AND recorded_at <= :as_of), 0)
""")

_EVENTS = text("""
SELECT event_type::text, sum(count)::bigint FROM event_tally
WHERE recorded_at > :since AND recorded_at <= :as_of GROUP BY 1
""")

_BATCHES = text("""
SELECT kind, count(file_name), sum(landed)::bigint, sum(duplicate)::bigint, sum(rejected)::bigint
FROM import_batch
WHERE recorded_at > :since AND recorded_at <= :as_of AND kind NOT LIKE '%-pull'
GROUP BY kind, file_name IS NULL ORDER BY kind, file_name IS NULL
""")

_PULLS = text("""
SELECT r.source, count(*), count(*) FILTER (WHERE o.outcome = 'failed'),
       coalesce(sum(s.landed), 0)::bigint, coalesce(sum(s.difference_usd), 0)
FROM sync_run r
LEFT JOIN sync_outcome o ON o.run_id = r.id AND o.recorded_at <= :as_of
LEFT JOIN LATERAL (SELECT sum(landed) AS landed, sum(difference_usd) AS difference_usd FROM sync_step
                   WHERE run_id = r.id AND recorded_at > :since AND recorded_at <= :as_of) s ON true
WHERE r.recorded_at <= :as_of AND coalesce(o.recorded_at, r.recorded_at) > :since
GROUP BY r.source ORDER BY r.source
""")

# A day is restated where the same account had stated it before.
_RESTATED = text("""
SELECT provider, count(*), sum(usd)
FROM (
  SELECT provider::text AS provider, account, usage_date, sum(amount_usd) AS usd
  FROM provider_charge n
  WHERE recorded_at > :since AND recorded_at <= :as_of
    AND EXISTS (SELECT FROM provider_charge k WHERE k.provider = n.provider AND k.account = n.account
                AND k.usage_date = n.usage_date AND k.recorded_at <= :since)
  GROUP BY provider, account, usage_date HAVING sum(amount_usd) <> 0
) AS days
GROUP BY provider ORDER BY provider
""")

_DECISIONS = text("""
SELECT 'evaluation' AS kind, v.id, e.id AS experiment_id, e.name, v.verdict::text AS what, v.created_at AS at
FROM evaluation v JOIN experiment e ON e.id = v.experiment_id WHERE v.created_at > :since AND v.created_at <= :as_of
UNION ALL
SELECT 'override', o.id, e.id, e.name, v.verdict::text, o.created_at
FROM override_log o JOIN evaluation v ON v.id = o.evaluation_id JOIN experiment e ON e.id = v.experiment_id
WHERE o.created_at > :since AND o.created_at <= :as_of
UNION ALL
SELECT 'transition', t.id, e.id, e.name, t.action, t.recorded_at
FROM experiment_transition t JOIN experiment e ON e.id = t.experiment_id
WHERE t.recorded_at > :since AND t.recorded_at <= :as_of
ORDER BY at, kind, id
""")

_EMAILS = text("""
SELECT l.kind, l.about->>'campaign', l.about->>'experiment', l.about->>'sentence', l.period, count(*)
FROM notification_outcome o JOIN notification_log l ON l.id = o.notification_id
WHERE o.outcome = 'sent' AND o.recorded_at > :since AND o.recorded_at <= :as_of
GROUP BY 1, 2, 3, 4, 5 ORDER BY min(o.recorded_at), l.period
""")


@dataclass(frozen=True)
class NewSpend:
    """What was newly booked on an experiment, or on a campaign's overhead where it names none."""

    experiment_id: int | None
    experiment: str | None
    campaign: str
    usd: Decimal


@dataclass(frozen=True)
class NewRows:
    """Rows of one kind, from that many files; typed by hand where there is none."""

    kind: str
    files: int
    landed: int
    duplicate: int
    rejected: int


@dataclass(frozen=True)
class Pulled:
    """The pulls of one source: how many, how many of them failed, what they changed."""

    source: str
    runs: int
    failed: int
    landed: int
    difference_usd: Decimal


@dataclass(frozen=True)
class Restated:
    """Days a provider had stated before and stated anew, and what that changes."""

    provider: str
    days: int
    difference_usd: Decimal


@dataclass(frozen=True)
class Decided:
    """A verdict, an override of one, or a start, pause, resume, completion or termination."""

    kind: str
    id: int
    experiment_id: int
    experiment: str
    what: str
    at: datetime


@dataclass(frozen=True)
class Sent:
    """An email that was sent, to that many. `text` is an alert's sentence or the week a report is of."""

    kind: str
    about: str
    text: str
    recipients: int


@dataclass(frozen=True)
class Changes:
    """Recorded after `since`, up to `as_of`. Spend and events are net: a reversal takes away."""

    since: datetime
    as_of: datetime
    spend: tuple[NewSpend, ...]
    unassigned_usd: Decimal
    events: Mapping[str, int]
    rows: tuple[NewRows, ...]
    pulls: tuple[Pulled, ...]
    restated: tuple[Restated, ...]
    decided: tuple[Decided, ...]
    sent: tuple[Sent, ...]
    late: tuple[Late, ...]

    @property
    def spend_usd(self) -> Decimal:
        return sum((one.usd for one in self.spend), self.unassigned_usd)

    @property
    def nothing(self) -> bool:
        told = (self.spend, self.rows, self.pulls, self.restated, self.decided, self.sent, self.late)
        return not any(told) and not self.unassigned_usd and not any(self.events.values())


def changed_since(session: Session, since: datetime, as_of: datetime, zone: ZoneInfo) -> Changes:
    """What was recorded after `since`, up to a moment that `resolve_as_of` gave."""
    between = {"since": since, "as_of": as_of}
    events = {row[0]: row[1] for row in session.execute(_EVENTS, between)}
    emails = session.execute(_EMAILS, between)
    return Changes(
        since=since,
        as_of=as_of,
        spend=tuple(NewSpend(*row) for row in session.execute(_SPEND, between)),
        unassigned_usd=session.execute(_UNASSIGNED, between).scalar_one() + ZERO,
        events=dict.fromkeys(EVENT_TYPES, 0) | events,
        rows=tuple(NewRows(*row) for row in session.execute(_BATCHES, between)),
        pulls=tuple(Pulled(*row) for row in session.execute(_PULLS, between)),
        restated=tuple(Restated(*row) for row in session.execute(_RESTATED, between)),
        decided=tuple(Decided(*row) for row in session.execute(_DECISIONS, between)),
        sent=tuple(_sent(*row) for row in emails),
        late=_late(session, since, as_of, zone),
    )


def _sent(
    kind: str, campaign: str | None, experiment: str | None, sentence: str | None, period: str, recipients: int
) -> Sent:
    if kind == "weekly":
        return Sent(kind, "", period, recipients)
    return Sent(kind, f"{campaign} / {experiment}", sentence or "", recipients)


def _late(session: Session, since: datetime, as_of: datetime, zone: ZoneInfo) -> tuple[Late, ...]:
    """Late is told week by week: recorded in one, dated before it."""
    found: list[Late] = []
    start, week = since + _INSTANT, Week.of(business_date(since, zone))
    while start <= as_of:
        end = week.end(zone)
        found += late_facts(session, max(start, day_start(week.monday, zone)), end, week.monday, as_of)
        start, week = end, Week.of(week.monday + timedelta(days=7))
    return tuple(found)
