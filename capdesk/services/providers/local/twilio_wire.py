"""How Twilio's API says things: the envelope of a page, and its errors."""

import json
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from capdesk.services.providers.local.http import Answer, Request, json_answer
from capdesk.services.providers.local.twilio_books import Rows, Wanted
from capdesk.services.providers.local.twilio_usage import UsageWanted

PAGE_SIZE, PAGE_SIZE_MAX = 50, 1000
_PAGING = frozenset({"Page", "PageSize", "PageToken"})
_TOKEN = "PA"
_EQUAL = {"Status": "status", "To": "to", "From": "from", "ParentCallSid": "parent_call_sid", "CallSid": "call_sid"}
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


class BadParameter(ValueError):
    """A query parameter that cannot be understood; it is its name."""


def error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    """An error as Twilio words it."""
    info = f"https://www.twilio.com/docs/errors/{code}"
    return json_answer({"code": code, "message": message, "more_info": info, "status": status}, status, headers)


def unauthorized(message: str = "Authenticate") -> Answer:
    return error(401, 20003, message, {"WWW-Authenticate": 'Basic realm="Twilio API"'})


def not_found(request: Request) -> Answer:
    return error(404, 20404, f"The requested resource {request.path} was not found")


def too_many_requests(retry_after_s: int | None = None) -> Answer:
    """What Twilio answers an account with too much at once; the request was not looked at."""
    headers = {"Twilio-Concurrent-Requests": "101"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return error(429, 20429, "Too Many Requests", headers)


def service_unavailable() -> Answer:
    """A page of HTML from in front of the API."""
    body = b"<html><head><title>503 Service Temporarily Unavailable</title></head><body>nginx</body></html>"
    return Answer(503, body, {"Content-Type": "text/html"})


def paging(request: Request) -> tuple[str | None, int]:
    """The mark to continue after and the size of a page, which never exceeds 1,000. Raises BadParameter."""
    token = request.first("PageToken")
    if token is not None and not token.startswith(_TOKEN):
        raise BadParameter("PageToken")
    size = _number(request, "PageSize", PAGE_SIZE)
    if size < 1:
        raise BadParameter("PageSize")
    return None if token is None else token.removeprefix(_TOKEN), min(size, PAGE_SIZE_MAX)


def page_answer(request: Request, name: str, rows: Rows) -> Answer:
    """The rows under `name`; every URI repeats the filters. Only the way forward is offered, none back."""
    token, size = request.first("PageToken"), paging(request)[1]
    page = _number(request, "Page", 0)
    start = page * size
    following = _uri(request, size, page + 1, f"{_TOKEN}{rows.last}") if rows.more else None
    envelope = {
        "first_page_uri": _uri(request, size, 0, None),
        "end": start + max(len(rows.rows) - 1, 0),
        "previous_page_uri": None,
        "uri": _uri(request, size, page, token),
        "page_size": size,
        "start": start,
        "next_page_uri": following,
        "page": page,
    }
    head = json.dumps(envelope, separators=(",", ":"))
    body = f'{head[:-1]},"{name}":[{",".join(rows.rows)}]}}'
    return Answer(200, body.encode(), {"Content-Type": "application/json; charset=utf-8"})


def wanted_of(request: Request, key: str) -> Wanted:
    """The filters of a list by time: `key` alone is a day, `key>` from then on, `key<` before then (of recordings: and
    at that very moment). Raises BadParameter."""
    since, before = _moment(request, f"{key}>"), _moment(request, f"{key}<")
    if before is not None and key == "DateCreated":
        before += _SECOND
    if (day := _moment(request, key)) is not None:
        since = datetime.combine(day.date(), time(), UTC)
        before = since + _DAY
    equal = {field: value for name, field in _EQUAL.items() if (value := request.first(name))}
    return Wanted(since, before, equal)


def usage_wanted_of(request: Request) -> UsageWanted:
    """The filters of usage records; days in the form YYYY-MM-DD only. Raises BadParameter."""
    first, last = _day(request, "StartDate"), _day(request, "EndDate")
    return UsageWanted(request.first("Category") or None, first or date.min, last or date.max)


def _uri(request: Request, size: int, page: int, token: str | None) -> str:
    filters = [(name, value) for name, values in request.query.items() if name not in _PAGING for value in values]
    place = [("PageSize", str(size)), ("Page", str(page)), *([("PageToken", token)] if token else [])]
    return f"{request.path}?{urlencode(filters + place)}"


def _number(request: Request, name: str, default: int) -> int:
    text = request.first(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()):
        raise BadParameter(name)
    return int(text)


def _moment(request: Request, name: str) -> datetime | None:
    text = request.first(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadParameter(name) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _day(request: Request, name: str) -> date | None:
    text = request.first(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadParameter(name) from None
