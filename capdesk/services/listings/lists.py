"""Every list there is, by its key."""

from capdesk.services.listings import facts, records, spending, work
from capdesk.services.listings.model import Listing

LISTINGS: dict[str, Listing] = {
    one.key: one
    for one in (
        work.CAMPAIGNS,
        work.EXPERIMENTS,
        work.LEADS,
        work.TEAM,
        facts.CALLS,
        facts.EVENTS,
        facts.TIME,
        spending.BONUSES,
        spending.COSTS,
        records.EVALUATIONS,
        records.OVERRIDES,
        records.NOTIFICATIONS,
        records.IMPORTS,
        records.REJECTS,
        spending.SYNCS,
        spending.CHARGES,
        spending.MAPPINGS,
        work.PRODUCTS,
    )
}
