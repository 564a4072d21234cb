"""Twilio's resources as its API answers them, from few arguments. Amounts go in as what something cost, positive."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Literal

API = "/2010-04-01"
Record = dict[str, Any]
Kind = Literal["AC", "CA", "RE", "SK", "PN"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FEED = timedelta(hours=26)
_LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_CALL_PARTS = {
    "events": "Events", "notifications": "Notifications", "payments": "Payments", "recordings": "Recordings",
    "siprec": "Siprec", "streams": "Streams", "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}  # fmt: skip
_ACCOUNT_PARTS = {
    "calls": "Calls", "conferences": "Conferences", "incoming_phone_numbers": "IncomingPhoneNumbers",
    "messages": "Messages", "recordings": "Recordings", "usage": "Usage",
}  # fmt: skip


def made_sid(kind: Kind, *parts: object) -> str:
    """A SID of the right shape; the same parts make the same one."""
    return kind + blake2b("|".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def rfc2822(moment: datetime) -> str:
    """`Fri, 18 Oct 2019 17:02:00 +0000`, in English whatever the computer speaks."""
    at = moment.astimezone(UTC)
    return f"{day_rfc2822(at.date())} {at:%H:%M:%S} +0000"


def day_rfc2822(day: date) -> str:
    """`Fri, 18 Oct 2019`"""
    return f"{_DAYS[day.weekday()]}, {day.day:02} {_MONTHS[day.month - 1]} {day.year:04}"


def account_record(
    sid: str,
    name: str,
    *,
    owner: str | None = None,
    status: Literal["active", "suspended", "closed"] = "active",
    auth_token: str | None = None,
    created: datetime = _LONG_AGO,
) -> Record:
    """An account; `owner` is the main account of a subaccount. Without a token it gets one made from its SID."""
    uri = f"{API}/Accounts/{sid}"
    return {
        "auth_token": auth_token or blake2b(f"token|{sid}".encode(), digest_size=16).hexdigest(),
        "date_created": rfc2822(created),
        "date_updated": rfc2822(created),
        "friendly_name": name,
        "owner_account_sid": owner or sid,
        "sid": sid,
        "status": status,
        "subresource_uris": {key: f"{uri}/{part}.json" for key, part in _ACCOUNT_PARTS.items()},
        "type": "Full",
        "uri": f"{uri}.json",
    }


def usage_record(
    account: str,
    day: date,
    category: str,
    price: Decimal | str,
    *,
    count: int | None = None,
    usage: Decimal | int | str | None = None,
    as_of: datetime | None = None,
    **more: Any,
) -> Record:
    """One category of one account's day. `usage` is the price itself for `totalprice`; `as_of` is 02:00 the day after
    unless said. `more` are further fields of the resource."""
    total = category == "totalprice"
    used = price if total and usage is None else usage
    query = f"Category={category}&StartDate={day}&EndDate={day}"
    uri = f"{API}/Accounts/{account}/Usage/Records"
    seen = as_of or datetime(day.year, day.month, day.day, tzinfo=UTC) + _FEED
    record: Record = {
        "account_sid": account,
        "api_version": API.strip("/"),
        "as_of": seen.astimezone(UTC).isoformat(timespec="seconds"),
        "category": category,
        "count": None if count is None else str(count),
        "count_unit": "" if count is None else category.partition("-")[0],
        "description": category.replace("-", " ").title(),
        "end_date": day.isoformat(),
        "price": f"{Decimal(price):f}",
        "price_unit": "usd",
        "start_date": day.isoformat(),
        "subresource_uris": {
            part.lower(): f"{uri}/{part}.json?{query}" for part in ("Daily", "Monthly", "Yearly", "AllTime")
        },
        "uri": f"{uri}/Daily.json?{query}",
        "usage": "0" if used is None else str(used),
        "usage_unit": "usd" if total else "minutes",
    }
    return record | more


def usage_day(
    account: str,
    day: date,
    total: Decimal | str,
    parts: Mapping[str, Decimal | str] | None = None,
    *,
    as_of: datetime | None = None,
) -> list[Record]:
    """A day's records: every part by category, and the total, which need not be their sum."""
    prices = {**(parts or {}), "totalprice": total}
    return [usage_record(account, day, category, price, as_of=as_of) for category, price in prices.items()]


def call_record(
    account: str,
    sid: str,
    started: datetime | None,
    *,
    duration: int = 0,
    cost: Decimal | str | None = None,
    to: str = "+18595550100",
    from_: str = "+15025550100",
    **more: Any,
) -> Record:
    """A call. Without `cost` it is not rated (yet); without `started` it has not begun. `more` are further fields of
    the resource, like `status`, `direction`, `answered_by`, `parent_call_sid` or `date_created`."""
    uri = f"{API}/Accounts/{account}/Calls/{sid}"
    ended = None if started is None else rfc2822(started + timedelta(seconds=duration))
    record: Record = {
        "account_sid": account,
        "annotation": None,
        "answered_by": None,
        "api_version": API.strip("/"),
        "caller_name": "",
        "date_created": rfc2822(started or _LONG_AGO),
        "date_updated": ended or rfc2822(_LONG_AGO),
        "direction": "outbound-api",
        "duration": None if started is None else str(duration),
        "end_time": ended,
        "forwarded_from": None,
        "from": from_,
        "from_formatted": formatted(from_),
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": made_sid("PN", account, from_),
        "price": None if cost is None else negative(cost),
        "price_unit": "USD",
        "queue_time": "0",
        "sid": sid,
        "start_time": None if started is None else rfc2822(started),
        "status": "completed",
        "subresource_uris": {key: f"{uri}/{part}.json" for key, part in _CALL_PARTS.items()},
        "to": to,
        "to_formatted": formatted(to),
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }
    return record | more


def recording_record(
    account: str, sid: str, call_sid: str, created: datetime, *, duration: int = 0, **more: Any
) -> Record:
    """A recording of a call. `more` are further fields of the resource."""
    uri = f"{API}/Accounts/{account}/Recordings/{sid}"
    ended = rfc2822(created + timedelta(seconds=duration))
    record: Record = {
        "account_sid": account,
        "api_version": API.strip("/"),
        "call_sid": call_sid,
        "channels": 1,
        "conference_sid": None,
        "date_created": rfc2822(created),
        "date_updated": ended,
        "duration": str(duration),
        "encryption_details": None,
        "error_code": None,
        "media_url": None,
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "source": "OutboundAPI",
        "start_time": rfc2822(created),
        "status": "completed",
        "subresource_uris": {"transcriptions": f"{uri}/Transcriptions.json"},
        "uri": f"{uri}.json",
    }
    return record | more


def negative(cost: Decimal | str) -> str:
    """A cost as calls and recordings carry it: `-0.01400`."""
    return f"{-Decimal(cost):.5f}"


def formatted(number: str) -> str:
    """`(859) 555-0100` for a number of North America, else as it is."""
    if len(number) == 12 and number.startswith("+1"):
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number
