"""Column mappings a person saved, chosen again by the header of a file."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from capdesk.errors import FileRefused, NotFound, RuleRefused, UsageRefused
from capdesk.models import ImportProfile
from capdesk.services.imports.job import Options
from capdesk.services.imports.profiles import BUILT_IN, Kind, Profile, choose_profile
from capdesk.services.imports.record import normal


def profile_for(session: Session, kind: Kind, header: Sequence[str], wanted: str | None, options: Options) -> Profile:
    """The profile to read a file with, bound to its header; saved where that was asked for.

    Raises NotFound, UsageRefused or FileRefused, each naming what does not fit.
    """
    saved = saved_profiles(session, kind)
    if not (options.mapping or options.outcomes):
        if options.save_as is not None:
            raise UsageRefused("--save-profile keeps what --map and --outcome say: give at least one of them.")
        return choose_profile(kind, header, wanted, saved)
    _refuse_absent(header, options)
    mapped = _mapped(kind, wanted, saved, options)
    bound = choose_profile(kind, header, mapped.name, [mapped])
    if options.save_as is not None:
        _save(session, mapped)
    return bound


def _mapped(kind: Kind, wanted: str | None, saved: Sequence[Profile], options: Options) -> Profile:
    """The wanted profile, or the widest built-in one, with what was given put over it."""
    name = wanted or ("dialer" if kind == "calls" else "capdesk")
    base = next((p for p in (*saved, *BUILT_IN) if p.kind == kind and p.name == name), None)
    if base is None:
        names = ", ".join(dict.fromkeys(p.name for p in (*saved, *BUILT_IN) if p.kind == kind))
        raise NotFound(f"There is no profile '{name}' for {kind}; there are {names}.")
    columns = {**base.columns, **{field: (column,) if column else () for field, column in options.mapping.items()}}
    outcomes = {**base.outcomes, **options.outcomes}
    changed = replace(base, name=options.save_as or "--map", columns=columns, outcomes=outcomes)
    return Profile.from_dict(changed.to_dict())  # checks it


def _refuse_absent(header: Sequence[str], options: Options) -> None:
    present = {normal(column) for column in header}
    for field, column in options.mapping.items():
        if column and normal(column) not in present:
            raise FileRefused(f"The file has no column '{column}' for {field}; it has {', '.join(header)}.")


def saved_profiles(session: Session, kind: Kind) -> list[Profile]:
    """Those a person saved for the kind, the newest first."""
    query = select(ImportProfile.mapping).where(ImportProfile.kind == kind).order_by(ImportProfile.id.desc())
    return [Profile.from_dict(mapping) for mapping in session.scalars(query)]


def _save(session: Session, profile: Profile) -> None:
    if any(known.name == profile.name and known.kind == profile.kind for known in BUILT_IN):
        raise RuleRefused(f"'{profile.name}' is a built-in profile: save yours under another name.")
    values = {"kind": profile.kind, "name": profile.name, "mapping": profile.to_dict()}
    kept = insert(ImportProfile).values(values)
    again = kept.on_conflict_do_update(index_elements=["kind", "name"], set_={"mapping": kept.excluded.mapping})
    session.execute(again)
