"""Which recording belongs to which call, in as little memory as a million of them allows."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from email.utils import parsedate_to_datetime

from capdesk.services.providers.charges import shown
from capdesk.services.providers.pull import Account, Progress, Span
from capdesk.services.providers.twilio_faults import drifted
from capdesk.services.providers.twilio_http import PERMISSIONS, Listing, Record, TwilioHttp, is_sid

_GONE = frozenset({"absent", "deleted"})
# A recording is made when its call is under way, and a call lasts a day at most.
_LONGEST_CALL = timedelta(days=1)
_SID, _MOMENT = 16, 8


def listing(account: Account, span: Span) -> Listing:
    return Listing(
        what=f"the recordings of {account.id}",
        path=f"/2010-04-01/Accounts/{account.id}/Recordings.json",
        key="recordings",
        permission=PERMISSIONS["recordings"],
        filters={
            "DateCreated>": f"{datetime.combine(span.first, time()).isoformat()}Z",
            "DateCreated<": f"{datetime.combine(span.last + 2 * _LONGEST_CALL, time()).isoformat()}Z",
        },
    )


class Recordings:
    """The first recording of each call of a span. Call SID, moment and recording SID lie packed in 40 bytes."""

    def __init__(self, packed: Iterator[bytes]) -> None:
        self._packed = sorted(packed)

    def of(self, call_sid: str) -> str | None:
        key = bytes.fromhex(call_sid[2:])
        at = bisect_left(self._packed, key)
        if at == len(self._packed) or not self._packed[at].startswith(key):
            return None
        return "RE" + self._packed[at][_SID + _MOMENT :].hex()


def read_recordings(http: TwilioHttp, account: Account, span: Span, progress: Progress) -> Recordings:
    """Raises ProviderRefused and ProviderUnavailable."""
    return Recordings(_packed(http, listing(account, span), progress))


def _packed(http: TwilioHttp, asked: Listing, progress: Progress) -> Iterator[bytes]:
    read = 0
    for page in http.pages(asked):
        for record in page:
            if packed := _pack(record, asked.what):
                yield packed
        read += len(page)
        progress(read)


def _pack(record: Record, what: str) -> bytes | None:
    """None for a recording of no call, or one that is gone."""
    for name in ("sid", "call_sid", "date_created", "status"):
        if name not in record:
            raise drifted(what, name, "is missing")
    if record["call_sid"] is None or record["status"] in _GONE:
        return None
    for name, prefix in (("sid", "RE"), ("call_sid", "CA")):
        if not is_sid(record[name], prefix):
            raise drifted(what, name, f"is {shown(record[name])}, not {prefix} and 32 characters")
    try:
        moment = int(parsedate_to_datetime(record["date_created"]).timestamp())
    except (TypeError, ValueError, OverflowError, AttributeError):
        raise drifted(what, "date_created", f"is {shown(record['date_created'])}, not a moment") from None
    call, recording = bytes.fromhex(record["call_sid"][2:]), bytes.fromhex(record["sid"][2:])
    return call + max(moment, 0).to_bytes(_MOMENT, "big") + recording
