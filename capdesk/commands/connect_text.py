"""What `capdesk connect` shows of a trial."""

import shlex
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from capdesk.commands.base import table
from capdesk.services.connect.offers import Offer
from capdesk.services.connect.trial import DAYS, FirstFigures, Trial
from capdesk.services.connections import ConnectionInfo
from capdesk.services.mapping import Mapped, Source
from capdesk.services.money import ZERO, dollars
from capdesk.services.plain import size_text
from capdesk.services.reports.wording import counted

_MOST_ROWS = 20
NONE_YET = "No account is connected yet; connect one with capdesk connect twilio, or capdesk connect gcp."


def estimate_text(trial: Trial) -> str:
    """What asking for the first figures takes; Google bills its queries by the byte."""
    asked = [question.asked for question in trial.questions if question.bytes is not None]
    return "\n".join(f"Google's estimate: {one}" for one in asked) or "Google bills nothing for the first figures."


def figures_text(figures: FirstFigures) -> str:
    lines = [_accounts(figures) if figures.provider == "twilio" else _owners(figures), ""]
    billed = f", for which Google bills {size_text(figures.bytes_billed)}" if figures.bytes_billed else ""
    lines.append(
        f"{dollars(figures.total_usd)} from {figures.first_day} to {figures.last_day} (UTC), "
        f"{counted(figures.rows, 'row')} read{billed}. Nothing is recorded yet."
    )
    if not any(one.usd for one in figures.owners):
        lines.append("No cost in these days: look whether it is the right account; sync asks for earlier days too.")
    return "\n".join([*lines, *(f"Warning: {warning}" for warning in figures.warnings)])


def connections_text(found: Sequence[ConnectionInfo]) -> str:
    rows = [
        [one.id, one.provider, one.account, "active" if one.active else "removed", one.base_url or "", _login(one)]
        for one in found
    ]
    return table(["id", "provider", "account", "state", "base URL", "login"], rows, empty=NONE_YET)


def moved_text(aside: Path | None) -> str:
    """As a rule nothing: a file of secrets was moved aside only where no key opens it any more."""
    told = f"The file of secrets that could no longer be opened is now {aside}: set the other secrets again too."
    return "" if aside is None else told


def offer_text(offer: Offer) -> str:
    known = not offer.name or offer.name.startswith(offer.source.account or offer.name)
    name = "" if known else f' "{_name(offer.name)}"'
    return f"{offer.source}{name}, {dollars(offer.usd)} in {DAYS} days"


def mapped_text(mapped: Mapped) -> str:
    return f'{mapped.source} is mapped to campaign "{mapped.campaign}".'


def next_text(left: Sequence[Offer], campaigns: bool) -> str:
    """What to do after connecting; `left` is unassigned, the dearest first."""
    lines = [f"Unassigned: {offer_text(offer)}" for offer in left]
    if left:
        first = "" if campaigns else "make a campaign (capdesk product add, capdesk campaign add), then "
        lines.append(f"To assign it with all its past days: {first}{_command(left[0].source)}")
    return "\n".join([*lines, "Next: capdesk sync records its costs; capdesk schedule install does so every day."])


def _command(source: Source) -> str:
    named = (("--account", source.account), ("--project", source.project), ("--label", source.label))
    options = " ".join(f"{option} {shlex.quote(value)}" for option, value in named if value is not None)
    return f"capdesk map {source.provider} CAMPAIGN {options}"


def _name(text: str) -> str:
    """A name as the provider tells it, without what would steer the terminal."""
    return "".join(char for char in text if char.isprintable())[:60]


def _login(one: ConnectionInfo) -> str:
    if one.provider == "twilio":
        alone = ", this account alone" if one.settings.get("alone") else ""
        return f"{one.settings.get('key_sid') or 'auth token'}{alone}"
    return "this computer's" if one.settings.get("credentials") == "adc" else "service account"


def _accounts(figures: FirstFigures) -> str:
    """A row an account and a column a day, the dearest first."""
    days = [figures.first_day + timedelta(days=n) for n in range(DAYS)]
    dearest = sorted(figures.accounts, key=lambda one: (-one.total_usd, one.account))
    rows: list[list[object]] = [
        [
            one.account,
            _name(one.name.removeprefix(one.account).strip()) + (" (closed)" if one.closed else ""),
            *(None if (usd := one.days[day]) is None else dollars(usd) for day in days),
            dollars(one.total_usd),
        ]
        for one in dearest[:_MOST_ROWS]
    ]
    rest = dearest[_MOST_ROWS:]
    if rest:
        sums = [sum((one.days[day] or ZERO for one in rest), ZERO) for day in days]
        total = sum((one.total_usd for one in rest), ZERO)
        rows.append([f"{len(rest)} more", "", *map(dollars, sums), dollars(total)])
    heads = ["account", "name", *(f"{day:%m-%d}" for day in days), "total"]
    return table(heads, rows, empty="No account.")


def _owners(figures: FirstFigures) -> str:
    rows: list[list[object]] = [
        [one.project, one.label, _name(one.service or "—"), dollars(one.usd)] for one in figures.owners[:_MOST_ROWS]
    ]
    if rest := figures.owners[_MOST_ROWS:]:
        rows.append([f"{len(rest)} more", "", "", dollars(sum((one.usd for one in rest), ZERO))])
    return table(["project", "label", "service", f"{DAYS} days"], rows, empty="No cost in these days.")
