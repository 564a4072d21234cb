"""What the first figures show that no campaign pays for yet."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.models import Campaign
from capdesk.services import find
from capdesk.services.connect.trial import FirstFigures, Owner
from capdesk.services.connections import account_sid, project_name
from capdesk.services.mapping import Mapped, Source, map_source, mappings
from capdesk.services.money import ZERO
from capdesk.services.providers.charges import Provider, shown

_BILLING_ACCOUNT = re.compile(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}")

_UNMAPPED = text("""
SELECT o.number FROM unnest(CAST(:accounts AS text[]), CAST(:projects AS text[]), CAST(:labels AS text[]))
  WITH ORDINALITY AS o(account, project, label, number)
WHERE (mapping_of(CAST(:provider AS provider_name), o.account, o.project, o.label)).id IS NULL
ORDER BY o.number
""")


@dataclass(frozen=True)
class Offer:
    """A source of cost that could be mapped. `usd` is what it cost in the days shown."""

    source: Source
    name: str
    usd: Decimal


def offers(session: Session, figures: FirstFigures) -> list[Offer]:
    """What has cost and no mapping, the dearest first.

    Of Google a label where a cost carries one, else its project. What has neither (taxes) stays unassigned: to map the
    billing account would also take every project that is left unassigned on purpose.
    """
    names = {one.account: one.name for one in figures.accounts}
    sums: dict[Source, Decimal] = defaultdict(lambda: ZERO)
    for owner in _unmapped(session, figures):
        if (source := _source(owner, figures)) is not None:
            sums[source] += owner.usd
    found = [Offer(source, names.get(source.account or "", ""), usd) for source, usd in sums.items() if usd]
    return sorted(found, key=lambda one: (-one.usd, str(one.source)))


def wanted_mappings(session: Session, provider: Provider, texts: Sequence[str]) -> list[tuple[Source, int]]:
    """What `--map` names, each like SOURCE=CAMPAIGN: a Twilio account, a Google project, label or billing account.

    Raises UsageRefused, and NotFound for a campaign there is not.
    """
    return [_wanted(session, provider, one) for one in texts]


def _wanted(session: Session, provider: Provider, one: str) -> tuple[Source, int]:
    named, equals, campaign = one.rpartition("=")
    if not equals or not named.strip() or not campaign.strip():
        raise UsageRefused(f"--map {shown(one)} cannot be understood; write it like SOURCE=CAMPAIGN.")
    if provider == "twilio":
        source = Source("twilio", account=account_sid(named))
    elif "=" in named:
        source = Source("gcp", label=named.strip())
    elif _BILLING_ACCOUNT.fullmatch(named.strip()):
        source = Source("gcp", account=named.strip())
    else:
        source = Source("gcp", project=project_name(named))
    return source, find.campaign(session, campaign.strip()).id


def map_all(session: Session, wanted: Iterable[tuple[Source, int]], admin_id: int) -> list[Mapped]:
    """Maps each source to its campaign; what is mapped so already is left out: a second time changes nothing."""
    in_force = {(one.provider, one.account, one.project, one.label): one.campaign for one in mappings(session).mapped}
    return [
        map_source(session, source, campaign, admin_id)
        for source, campaign in wanted
        if in_force.get(_key(source)) != session.get_one(Campaign, campaign).name
    ]


def _key(source: Source) -> tuple[str, str | None, str | None, str | None]:
    return (source.provider, source.account, source.project, source.label)


def _unmapped(session: Session, figures: FirstFigures) -> Iterable[Owner]:
    values = {
        "provider": figures.provider,
        "accounts": [one.account for one in figures.owners],
        "projects": [one.project for one in figures.owners],
        "labels": [one.label for one in figures.owners],
    }
    return [figures.owners[number - 1] for number in session.scalars(_UNMAPPED, values)]


def _source(owner: Owner, figures: FirstFigures) -> Source | None:
    if figures.provider == "twilio":
        return Source("twilio", account=owner.account)
    if owner.label is not None:
        return Source("gcp", label=owner.label)
    return None if owner.project is None else Source("gcp", project=owner.project)
