"""How the columns of a file become capdesk's fields: built-in profiles, saved ones, and the choice by header."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args

from capdesk.errors import FileRefused, NotFound, UsageRefused
from capdesk.services.imports.fields import OUTCOMES
from capdesk.services.imports.record import OWN_COLUMNS, normal

Kind = Literal["calls", "events", "timelogs", "leads", "team"]
Origin = Literal["dialer", "twilio", "file"]

REQUIRED: Mapping[Kind, tuple[str, ...]] = {
    "calls": ("started_at", "duration_s", "outcome", "lead_phone", "agent_email"),
    "events": ("event_type", "event_timestamp", "member_email", "lead_phone"),
    "timelogs": ("email", "date", "hours"),
    "leads": ("name", "phone"),
    "team": ("name", "email", "role", "rate"),
}
OPTIONAL: Mapping[Kind, tuple[str, ...]] = {
    "calls": ("call_id", "caller_phone", "direction"),
    "events": ("event_id", "metadata"),
    "timelogs": ("entry_id",),
    "leads": ("email",),
    "team": (),
}
_OFFSET = re.compile(r"[+-][0-9]{2}:[0-9]{2}")
_NOT_FROM_TWILIO = ("outcome", "agent_email")


@dataclass(frozen=True)
class Profile:
    """One way to read files of one kind.

    `columns` maps a field to the column names that may carry it; the first one present counts. `outcomes` maps a
    dialer's words to canonical outcomes, `zones` its zone abbreviations to offsets. Once chosen for a file, the
    profile is bound to its `header` and each field to a single column.
    """

    name: str
    kind: Kind
    source: Origin
    columns: Mapping[str, tuple[str, ...]]
    outcomes: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    clock_durations: bool = False
    header: tuple[str, ...] = ()

    def position(self, name: str) -> int | None:
        """The index of a field's column in the header it is bound to."""
        columns = self.columns.get(name)
        return None if columns is None else self.header.index(columns[0])

    def extras(self, kept: Iterable[str] = ()) -> tuple[tuple[int, str], ...]:
        """(index, name) of the columns that carry no field, or one of the `kept` fields; never our own columns."""
        fields = {names[0] for name, names in self.columns.items() if name not in set(kept)}
        return tuple(
            (at, name) for at, name in enumerate(self.header) if name not in fields and normal(name) not in OWN_COLUMNS
        )

    def required(self) -> tuple[str, ...]:
        names = REQUIRED[self.kind]
        return tuple(n for n in names if n not in _NOT_FROM_TWILIO) if self.source == "twilio" else names

    def missing(self, header: Sequence[str]) -> list[str]:
        """The required fields that no column of the header carries."""
        present = {normal(name) for name in header}
        return [n for n in self.required() if not any(normal(c) in present for c in self.columns.get(n, ()))]

    def bound(self, header: Sequence[str]) -> "Profile":
        actual = {normal(name): name for name in header}
        found = {
            name: next((actual[normal(c)] for c in columns if normal(c) in actual), None)
            for name, columns in self.columns.items()
        }
        columns = {name: (column,) for name, column in found.items() if column is not None}
        return replace(self, columns=columns, header=tuple(header))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; without the header it is bound to."""
        return {
            "name": self.name,
            "kind": self.kind,
            "source": self.source,
            "columns": {name: list(columns) for name, columns in self.columns.items()},
            "outcomes": dict(self.outcomes),
            "zones": dict(self.zones),
            "clock_durations": self.clock_durations,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Profile":
        """Raises UsageRefused for what is no usable profile."""
        try:
            columns = {
                str(name): (names,) if isinstance(names, str) else tuple(map(str, names))
                for name, names in plain["columns"].items()
            }
            kind, source = str(plain["kind"]), str(plain["source"])
            name = str(plain["name"])
            outcomes, zones = dict(plain.get("outcomes") or {}), dict(plain.get("zones") or {})
        except (KeyError, TypeError, AttributeError):
            raise UsageRefused("A profile needs name, kind, source and columns; see docs/formats.md.") from None
        if kind not in get_args(Kind) or source not in get_args(Origin):
            raise UsageRefused(
                f"Profile '{name}' has kind '{kind}' and source '{source}'; use a kind of "
                f"{', '.join(get_args(Kind))} and a source of {', '.join(get_args(Origin))}."
            )
        profile = cls(
            name, cast(Kind, kind), cast(Origin, source), columns, outcomes, zones, bool(plain.get("clock_durations"))
        )
        _check(profile)
        return profile


def _check(profile: Profile) -> None:
    lacking = [name for name in profile.required() if not profile.columns.get(name)]
    if lacking:
        raise UsageRefused(f"Profile '{profile.name}' says no column for {', '.join(lacking)}; add them.")
    fields = REQUIRED[profile.kind] + OPTIONAL[profile.kind]
    unknown = [name for name in profile.columns if name not in fields]
    if unknown:
        raise UsageRefused(
            f"Profile '{profile.name}' names unknown fields {', '.join(unknown)}; {profile.kind} have "
            f"{', '.join(fields)}."
        )
    wrong = [word for word in profile.outcomes.values() if word not in OUTCOMES]
    if wrong:
        raise UsageRefused(
            f"Profile '{profile.name}' maps to outcomes that do not exist ({', '.join(wrong)}); use "
            f"{', '.join(OUTCOMES)}."
        )
    vague = [zone for zone, offset in profile.zones.items() if not _OFFSET.fullmatch(offset)]
    if vague:
        raise UsageRefused(f"Profile '{profile.name}' gives no offset for {', '.join(vague)}; write it like -05:00.")


def choose_profile(kind: Kind, header: Sequence[str], wanted: str | None, saved: Sequence[Profile] = ()) -> Profile:
    """The profile to read a file with, bound to its header: the wanted one, or the first that fits, saved ones first.

    Raises NotFound for an unknown name, FileRefused where columns are missing.
    """
    candidates = [profile for profile in (*saved, *BUILT_IN) if profile.kind == kind]
    if wanted is not None:
        named = [profile for profile in candidates if profile.name == wanted]
        if not named:
            names = ", ".join(dict.fromkeys(profile.name for profile in candidates))
            raise NotFound(f"There is no profile '{wanted}' for {kind}; there are {names}.")
        candidates = named
    fitting = [profile for profile in candidates if not profile.missing(header)]
    # of those that do not fit, the one most of whose columns are there: that file was meant for it
    nearest = fitting[0] if fitting else max(candidates, key=lambda profile: len(profile.bound(header).columns))
    missing = nearest.missing(header)
    if missing:
        found = ", ".join(name for name in header if normal(name) not in OWN_COLUMNS)
        raise FileRefused(
            f"The file has no column for {', '.join(missing)} (profile '{nearest.name}'); it has {found}; "
            "rename its columns or name another profile."
        )
    return nearest.bound(header)


def _own(kind: Kind, source: Origin = "file") -> Profile:
    names = tuple(name for name in REQUIRED[kind] + OPTIONAL[kind] if name not in {"caller_phone", "direction"})
    return Profile("capdesk", kind, source, {name: (name,) for name in names})


_TWILIO = Profile(
    "twilio-console",
    "calls",
    "twilio",
    {
        "call_id": ("Call Sid", "CallSid", "Sid"),
        "started_at": ("Start Time", "StartTime", "start_time", "Date Created", "DateCreated", "date_created"),
        "duration_s": ("Duration", "Duration (s)"),
        "lead_phone": ("To",),
        "caller_phone": ("From",),
        "direction": ("Direction",),
    },
    # the console writes local times with these abbreviations; RFC 5322 (4.3) fixes what they mean
    zones={
        "EST": "-05:00",
        "EDT": "-04:00",
        "CST": "-06:00",
        "CDT": "-05:00",
        "MST": "-07:00",
        "MDT": "-06:00",
        "PST": "-08:00",
        "PDT": "-07:00",
    },
)

_DIALER = Profile(
    "dialer",
    "calls",
    "dialer",
    {
        "call_id": ("Call ID", "call_id", "Call UUID", "ID"),
        "started_at": ("Start Time", "start_time", "Started At", "started_at", "Call Start", "Call Time", "Start"),
        "duration_s": (
            "Duration (s)",
            "Duration (sec)",
            "Duration (seconds)",
            "duration_s",
            "Duration",
            "Call Duration",
            "Seconds",
        ),
        "outcome": ("Disposition", "Outcome", "Call Outcome", "Call Disposition", "Call Result", "Result"),
        "lead_phone": ("Phone", "Phone Number", "Lead Phone", "lead_phone", "Contact Phone", "Dialed Number", "To"),
        "agent_email": ("Agent Email", "Agent E-mail", "agent_email", "User Email", "Rep Email"),
    },
    outcomes={"wrong number": "Wrong #", "call back": "Callback", "scheduled": "Schedule"},
    clock_durations=True,
)

BUILT_IN: tuple[Profile, ...] = (
    _own("calls", "dialer"),
    _TWILIO,
    _DIALER,
    _own("events"),
    _own("timelogs"),
    _own("leads"),
    _own("team"),
)
