"""The rules of an experiment, as rows of words: on its page, and where they are about to be locked."""

from decimal import ROUND_CEILING, Decimal

from capdesk.services.experiments import ExperimentRow
from capdesk.services.money import dollars
from capdesk.services.reports.names import event_name
from capdesk.services.reports.wording import counted

Rule = tuple[str, str]


def tranche_words(cap: Decimal, size: Decimal) -> str:
    """`2 tranches of $500.00`, and how large the last one is where they do not come out even."""
    count = int((cap / size).to_integral_value(ROUND_CEILING))
    rest = cap - size * (count - 1)
    if rest == size or count == 1:
        return f"{counted(count, 'tranche')} of {dollars(size)}"
    return f"{counted(count, 'tranche')}: {count - 1:,} of {dollars(size)} and a last one of {dollars(rest)}"


def rules_of(row: ExperimentRow) -> list[Rule]:
    """What is locked at the first start, with its values."""
    secondary = ", ".join(map(event_name, row.secondary_events)) or "none"
    bonuses = ", ".join(f"{event_name(event)} {dollars(usd)}" for event, usd in row.bonus_rules.items()) or "none"
    return [
        ("Capital cap", dollars(row.capital_cap_usd)),
        ("Tranches", tranche_words(row.capital_cap_usd, row.tranche_size_usd)),
        ("Time cap", counted(row.time_cap_days, "day")),
        ("Primary success event", event_name(row.primary_success_event)),
        ("Secondary success events", secondary),
        ("Bonuses", bonuses),
    ]
