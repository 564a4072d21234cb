"""How people name things: by name or by id; and what a new name may look like.

An exact name wins, then an id, then a name that differs only in upper and lower case. A program that knows the id
gives it as a number, and means nothing else.
"""

import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from capdesk.errors import NotFound, RuleRefused, UsageRefused
from capdesk.models import Campaign, Desk, Experiment, Lead, LeadContact, Product, TeamMember
from capdesk.services.imports.phones import PhoneBook

_LONGEST_NAME = 200
_LARGEST_ID = 2**63 - 1
_UNIQUE_VIOLATION = "23505"


Ref = str | int
"""What a person typed, or an id."""


class Known(NamedTuple):
    """One thing that can be named."""

    id: int
    name: str


def product(session: Session, ref: Ref) -> Product:
    """Raises NotFound with the near names."""
    known = [Known(*row) for row in session.execute(select(Product.id, Product.name))]
    return session.get_one(Product, one_of(known, ref, "product", 'capdesk product add "NAME"'))


def campaign(session: Session, ref: Ref) -> Campaign:
    """Raises NotFound with the near names."""
    known = [Known(*row) for row in session.execute(select(Campaign.id, Campaign.name))]
    return session.get_one(Campaign, one_of(known, ref, "campaign", 'capdesk campaign add "NAME" --product P'))


_campaign_named = campaign  # the parameters below have the word for themselves


def experiment(session: Session, ref: Ref, campaign: Ref | None = None) -> Experiment:
    """Raises NotFound with the near names, UsageRefused where several campaigns have one of that name."""
    query = select(Experiment.id, Experiment.name).order_by(Experiment.id)
    if campaign is not None:
        query = query.where(Experiment.campaign_id == _campaign_named(session, campaign).id)
    known = [Known(*row) for row in session.execute(query)]
    same = [one.id for one in known if one.name == ref]  # an id equals no name
    if len(same) > 1:
        names = session.scalars(select(Campaign.name).join(Experiment).where(Experiment.id.in_(same)))
        listed = ", ".join(f'"{name}"' for name in sorted(names))
        raise UsageRefused(f'Several campaigns have an experiment "{ref}" ({listed}): say which with --campaign.')
    return session.get_one(Experiment, one_of(known, ref, "experiment", 'capdesk experiment add "NAME" --campaign C'))


def member(session: Session, ref: Ref) -> TeamMember:
    """By e-mail address, in any case, or id. Raises NotFound with the near addresses."""
    known = [Known(*row) for row in session.execute(select(TeamMember.id, TeamMember.email))]
    first = 'capdesk team add "NAME" --email E --rate R'
    wanted = ref if isinstance(ref, int) else ref.strip().lower()
    return session.get_one(TeamMember, one_of(known, wanted, "team member", first))


def lead(session: Session, ref: Ref, campaign: Ref | None = None) -> Lead:
    """By phone number, id or contact name. Raises NotFound, and UsageRefused where several leads fit."""
    query = select(Lead.id)
    if campaign is not None:
        query = query.where(Lead.campaign_id == _campaign_named(session, campaign).id)
    if isinstance(ref, int):
        if (known := session.scalar(query.where(Lead.id == ref))) is not None:
            return session.get_one(Lead, known)
        raise NotFound(f"There is no lead {ref}: it may be another campaign's.")
    number = _phone_key(session, ref)
    ways = [query.where(Lead.phone_key == number)] if number else []
    if ref.isdecimal() and int(ref) <= _LARGEST_ID:
        ways.append(query.where(Lead.id == int(ref)))
    ways.append(query.join(LeadContact).where(func.lower(LeadContact.name) == ref.lower()))
    for way in ways:
        found = session.scalars(way.order_by(Lead.id).limit(11)).all()
        if len(found) > 1:
            shown = ", ".join(map(str, found[:10])) + (" …" if len(found) > 10 else "")
            raise UsageRefused(f'Several leads fit "{ref}" (ids {shown}): name one by its id.')
        if found:
            return session.get_one(Lead, found[0])
    raise NotFound(f'There is no lead "{ref}": name it by phone number, id or name, as `capdesk lead list` shows them.')


def phone_book(session: Session) -> PhoneBook:
    """The desk's reading of phone numbers, with its own key."""
    key, region = session.execute(select(Desk.phone_key, Desk.phone_region)).one()
    return PhoneBook(key, region)


def one_of(known: Sequence[Known], ref: Ref, what: str, first: str) -> int:
    """The id of the thing `ref` names; `first` is the command that makes one, told where there is none yet."""
    if isinstance(ref, int):
        if any(one.id == ref for one in known):
            return ref
        raise NotFound(f"There is no {what} {ref}.")
    for one in known:
        if one.name == ref:
            return one.id
    if ref.isdecimal() and any(one.id == int(ref) for one in known):
        return int(ref)
    folded = [one.id for one in known if one.name.casefold() == ref.casefold()]
    if len(folded) == 1:
        return folded[0]
    raise NotFound(f'There is no {what} "{ref}"{_hint(known, ref, what, first)}')


def _hint(known: Sequence[Known], ref: str, what: str, first: str) -> str:
    if not known:
        return f", and no {what} at all yet: make one with `{first}`."
    names = {one.name.casefold(): one.name for one in known}
    near = get_close_matches(ref.casefold(), names, n=3, cutoff=0.5)
    near += [key for key in names if ref and ref.casefold() in key and key not in near]
    shown = near[:3] or sorted(names)[:5]
    listed = ", ".join(f'"{names[key]}"' for key in shown)
    return f": did you mean {listed}?" if near else f"; there is {listed}{' …' if len(names) > len(shown) else ''}."


def new_name(text: str, what: str) -> str:
    """A name as it is kept: one line without blanks around it. Raises UsageRefused for anything else."""
    name = text.strip()
    if not name:
        raise UsageRefused(f"The {what} needs a name that is not empty.")
    if len(name) > _LONGEST_NAME:
        raise UsageRefused(f"The name of a {what} has at most {_LONGEST_NAME} characters; this one has {len(name)}.")
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name):
        raise UsageRefused(f"The name of a {what} is one line of text; remove its line breaks and control characters.")
    return name


def flush(session: Session, taken: str) -> None:
    """Sends what was changed; `taken` is the sentence for a name that is used already."""
    try:
        session.flush()
    except IntegrityError as error:
        raise refused(error, taken) from error


def refused(error: IntegrityError, taken: str) -> Exception:
    """RuleRefused with `taken` where a unique name is used already, else the error itself."""
    return RuleRefused(taken) if getattr(error.orig, "sqlstate", None) == _UNIQUE_VIOLATION else error


def _phone_key(session: Session, ref: str) -> UUID | None:
    book = phone_book(session)
    try:
        return book.look_up(ref)[1]
    except UsageRefused:
        return None
