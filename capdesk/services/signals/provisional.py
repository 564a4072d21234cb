"""Until when a provider's figure may still move. Labor and bonuses never are provisional."""

from datetime import UTC, date, datetime, timedelta

TWILIO_FINAL_AFTER_DAYS = 10
GCP_FINAL_AFTER_DAYS = 5


def twilio_final_on(usage_day: date) -> date:
    """The UTC date from which a Twilio day is final: usage day + 10."""
    return usage_day + timedelta(days=TWILIO_FINAL_AFTER_DAYS)


def gcp_final_on(invoice_month: str) -> date:
    """The UTC date from which a Google day is final: the 5th of the month after its invoice month.

    ValueError for what is not `YYYYMM`.
    """
    if len(invoice_month) != 6 or not (invoice_month.isascii() and invoice_month.isdigit()):
        raise ValueError(f"{invoice_month!r} is no invoice month; it is written like 202611")
    first = date(int(invoice_month[:4]), int(invoice_month[4:]), 1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    return next_first + timedelta(days=GCP_FINAL_AFTER_DAYS - 1)


def is_provisional(final_on: date, moment: datetime) -> bool:
    """Until the date it is final on, in UTC: provisional through the day before, final all that day."""
    return moment.astimezone(UTC).date() < final_on
