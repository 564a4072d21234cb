"""Which campaign a provider's account, project or label pays for, and what no campaign pays for yet."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused

ProviderName = Literal["twilio", "gcp"]

_MAP = text("""
SELECT map_charges(CAST(:provider AS provider_name), CAST(:account AS text), CAST(:project AS text),
                   CAST(:label AS text), CAST(:campaign AS bigint), :admin)
""")

_OWNERS = """
WITH owner AS (
  SELECT o.*, (mapping_of(o.provider, o.account, o.project, o.label)).id AS mapping_id
  FROM (SELECT DISTINCT provider, account, project, label FROM provider_charge) o
), charged AS (
  SELECT o.mapping_id, c.provider, c.account, c.project, c.label, sum(c.amount_usd) AS usd,
         min(c.usage_date) AS first_day, max(c.usage_date) AS last_day
  FROM provider_charge c JOIN owner o ON (o.provider, o.account, o.project, o.label)
                                         IS NOT DISTINCT FROM (c.provider, c.account, c.project, c.label)
  GROUP BY 1, 2, 3, 4, 5
)
"""

_MAPPED = text(f"""{_OWNERS}
SELECT m.id, m.provider::text, m.account, m.project, m.label, c.name, m.recorded_at,
       coalesce((SELECT sum(usd) FROM charged WHERE mapping_id = m.id), 0.000000)
FROM provider_mapping m JOIN campaign c ON c.id = m.campaign_id
WHERE NOT EXISTS (SELECT FROM provider_mapping n WHERE n.id > m.id AND n.provider = m.provider
                  AND (n.account, n.project, n.label) IS NOT DISTINCT FROM (m.account, m.project, m.label))
ORDER BY m.provider, m.account NULLS FIRST, m.project NULLS FIRST, m.label NULLS FIRST
""")  # noqa: S608 - both parts are constants

_UNASSIGNED = text(f"""{_OWNERS}
SELECT provider::text, account, project, label, usd, first_day, last_day
FROM charged WHERE mapping_id IS NULL
ORDER BY provider, account, project NULLS FIRST, label NULLS FIRST
""")  # noqa: S608 - both parts are constants


@dataclass(frozen=True)
class Source:
    """What a mapping names: at least one of account, project and label; Twilio's have accounts only."""

    provider: ProviderName
    account: str | None = None
    project: str | None = None
    label: str | None = None

    def __str__(self) -> str:
        named = (("account", self.account), ("project", self.project), ("label", self.label))
        return " ".join([self.provider, *(f"{word} {value}" for word, value in named if value is not None)])


@dataclass(frozen=True)
class Mapping:
    """A mapping in force; `charged_usd` is what it assigns, where no more specific one holds."""

    id: int
    provider: str
    account: str | None
    project: str | None
    label: str | None
    campaign: str
    recorded_at: datetime
    charged_usd: Decimal


@dataclass(frozen=True)
class UnassignedSource:
    """Charges no mapping reaches: an account with, for Google, its project and label."""

    provider: str
    account: str
    project: str | None
    label: str | None
    charged_usd: Decimal
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Mappings:
    mapped: tuple[Mapping, ...]
    unassigned: tuple[UnassignedSource, ...]


@dataclass(frozen=True)
class Mapped:
    """What one mapping or unmapping changed: the ledger rows it appended, and their sum per campaign in dollars."""

    mapping_id: int
    source: str
    campaign: str | None
    rows: int
    moved_usd: dict[str, Decimal]


def map_source(session: Session, source: Source, campaign_id: int | None, admin_id: int) -> Mapped:
    """Maps the source to a campaign, or to none, and moves the ledger rows of all its past days.

    Raises UsageRefused for a source that names nothing, RuleRefused where it is mapped so already, NotFound where there
    is no mapping to take back.
    """
    _check(source)
    values = {
        "provider": source.provider,
        "account": source.account,
        "project": source.project,
        "label": source.label,
        "campaign": campaign_id,
        "admin": admin_id,
    }
    number = int(session.scalar(_MAP, values) or 0)
    moved = session.execute(
        text(
            "SELECT c.name, count(*), sum(r.cost_usd) FROM cost_rollup r JOIN campaign c ON c.id = r.campaign_id"
            " WHERE r.mapping_id = :id GROUP BY 1 ORDER BY 1"
        ),
        {"id": number},
    ).all()
    name = session.scalar(text("SELECT name FROM campaign WHERE id = :id"), {"id": campaign_id})
    return Mapped(number, str(source), name, sum(row[1] for row in moved), {row[0]: row[2] for row in moved})


def mappings(session: Session) -> Mappings:
    """What is mapped now, and what is unassigned."""
    return Mappings(
        tuple(Mapping(*row) for row in session.execute(_MAPPED)),
        tuple(UnassignedSource(*row) for row in session.execute(_UNASSIGNED)),
    )


def _check(source: Source) -> None:
    named = [value for value in (source.account, source.project, source.label) if value is not None]
    if not named or not all(value.strip() for value in named):
        options = "--account" if source.provider == "twilio" else "--project, --label or --account"
        raise UsageRefused(f"Say which charges of {source.provider} to map, with {options}.")
    if source.label is not None and not re.fullmatch(r"[^=]+=.*", source.label):
        raise UsageRefused(f"'{source.label}' is no label; write it like campaign=roofers.")
