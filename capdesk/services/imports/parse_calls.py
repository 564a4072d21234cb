"""Call rows: a dialer's export, or what Twilio alone knows of a call."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from capdesk.errors import UsageRefused
from capdesk.services.imports.fields import parse_duration, parse_outcome
from capdesk.services.imports.phones import PhoneBook
from capdesk.services.imports.profiles import Profile
from capdesk.services.imports.record import Record, Reject, normal
from capdesk.services.imports.rows import json_or_none, member_of, past_moment, remember

CallRow: TypeAlias = tuple[int, str | None, datetime, int, str | None, UUID | None, str | None, int | None, str | None]
"""(line, source id, start in UTC, seconds, outcome, phone key, E.164, member id, metadata JSON)."""

RECORDING_FROM_S = 150
"""A recording reference is kept only of calls at least this long."""
_UNSEEN = -1
_TWILIO_KEPT = ("lead_phone", "caller_phone", "direction")
_HIDDEN_CALLERS = frozenset({"+266696687", "+7378742833", "+2562533", "+8566696", "+86282452253"})
"""What Twilio writes for a caller who hides the number: ANONYMOUS, RESTRICTED, BLOCKED … typed on a keypad."""


def parse_calls(
    records: Iterable[Record | Reject],
    profile: Profile,
    *,
    members: Mapping[str, int],
    phones: PhoneBook,
    now: datetime,
) -> Iterator[CallRow | Reject]:
    """One row or reject per record. `members` maps lower-case e-mails to ids; `profile` is bound to the header.

    One loop over caches instead of a function per value: a call list has a million rows.
    """
    rare = _Rare(profile, members, phones)
    at = profile.position
    at_id, at_outcome, at_agent = at("call_id"), at("outcome"), at("agent_email")
    at_start, at_length, at_phone = rare.place("started_at"), rare.place("duration_s"), rare.place("lead_phone")
    seconds_of, outcome_of, member_of_text = rare.seconds.get, rare.outcomes.get, rare.members.get
    from_iso, phone_of = datetime.fromisoformat, phones.known.get
    extras, both_ways, zones = rare.extras, rare.both_ways, profile.zones
    for record in records:
        if isinstance(record, Reject):
            yield record
            continue
        line, values = record
        try:
            text = values[column := at_start]
            try:
                start = from_iso(text)
                if start.tzinfo is not UTC and start.tzinfo is not None:
                    start = start.astimezone(UTC)
            except (ValueError, OverflowError):
                start = now  # not ISO: the line below reads it
            if start.tzinfo is not UTC or start >= now:
                start = past_moment(text, now, zones)
            text = values[column := at_length]
            seconds = seconds_of(text, _UNSEEN)
            if seconds == _UNSEEN:
                seconds = rare.length(text)
            outcome = None
            if at_outcome is not None:
                text = values[column := at_outcome]
                outcome = outcome_of(text) or rare.outcome(text)
            text = values[column := rare.lead_at(values) if both_ways else at_phone]
            phone = phone_of(text) or rare.phone(text)
            member = None
            if at_agent is not None:
                text = values[column := at_agent]
                member = member_of_text(text, _UNSEEN)
                if member == _UNSEEN:
                    member = rare.member(text)
        except UsageRefused as refusal:
            yield Reject(line, profile.header[column], str(refusal), values)
            continue
        source_id = values[at_id].strip() or None if at_id is not None else None
        metadata = rare.metadata(values, seconds) if extras else None
        yield line, source_id, start, seconds, outcome, phone[1], phone[0], member, metadata


class _Rare:
    """What a value means when it is met for the first time, remembered for the loop."""

    def __init__(self, profile: Profile, members: Mapping[str, int], phones: PhoneBook) -> None:
        self._profile = profile
        self._team = members
        self._phones = phones
        self._is_twilio = profile.source == "twilio"
        self.seconds: dict[str, int] = {}
        self.outcomes: dict[str, str] = {}
        self.members: dict[str, int | None] = {}
        self.extras = profile.extras(_TWILIO_KEPT if self._is_twilio else ())
        self._recordings = {at for at, name in self.extras if "recording" in normal(name)}
        self._direction, self._caller = profile.position("direction"), profile.position("caller_phone")
        self.both_ways = self._direction is not None and self._caller is not None

    def place(self, field: str) -> int:
        """The index of a column that the chosen profile guarantees."""
        at = self._profile.position(field)
        if at is None:
            raise UsageRefused(f"Profile '{self._profile.name}' says no column for {field}; add it.")
        return at

    def lead_at(self, values: list[str]) -> int:
        """An inbound call's lead is who called."""
        inbound = self._direction is not None and values[self._direction].strip().lower().startswith("in")
        return self._caller if inbound and self._caller is not None else self.place("lead_phone")

    def length(self, text: str) -> int:
        # Twilio leaves the duration of a call that nobody answered empty
        unanswered = self._is_twilio and not text.strip()
        seconds = 0 if unanswered else parse_duration(text, clock=self._profile.clock_durations)
        return remember(self.seconds, text, seconds)

    def outcome(self, text: str) -> str:
        return remember(self.outcomes, text, parse_outcome(text, self._profile.outcomes))

    def member(self, text: str) -> int | None:
        return remember(self.members, text, member_of(text, self._team))

    def phone(self, text: str) -> tuple[str, UUID] | tuple[None, None]:
        plain = text.strip()
        if not plain:
            return None, None
        # Twilio also connects addresses that are no phones; they stay in the metadata
        if self._is_twilio and (plain.startswith(("sip:", "client:")) or plain in _HIDDEN_CALLERS):
            return None, None
        return self._phones.look_up(text)

    def metadata(self, values: list[str], seconds: int) -> str | None:
        short = seconds < RECORDING_FROM_S
        return json_or_none(
            {name: values[at] for at, name in self.extras if values[at] and not (short and at in self._recordings)}
        )
