"""Connecting a provider of costs: try, show, ask, keep, map. Nothing is kept before the person agrees."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from capdesk.commands import connect_text as words
from capdesk.commands.base import App
from capdesk.commands.connect_asking import Person, read_file, read_input, until_usable
from capdesk.commands.connect_waiting import waiting
from capdesk.errors import CapdeskError, NotFound, SecretUnavailable, Stopped, UsageRefused
from capdesk.services import campaigns, find
from capdesk.services.connect.credentials import token
from capdesk.services.connect.keep import Wanted, keep, kept_secret
from capdesk.services.connect.offers import Offer, map_all, offers, wanted_mappings
from capdesk.services.connect.trial import FirstFigures, Trial
from capdesk.services.connections import ConnectionInfo
from capdesk.services.mapping import Mapped, Source
from capdesk.services.providers.charges import PROVIDER_NAMES
from capdesk.services.secrets import variable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")
NOTHING_KEPT = "Nothing was kept."
MakeTrial = Callable[[Wanted], tuple[Trial, Wanted]]
"""Asks the provider; what is wanted may turn out to be less than it was."""


@dataclass(frozen=True)
class Connected:
    """What `--json` prints. `unassigned` has cost in the first figures and no mapping.

    `moved_aside` is where a file of secrets was moved that could no longer be opened.
    """

    connection: ConnectionInfo | None
    first_figures: FirstFigures
    mapped: list[Mapped]
    unassigned: list[Offer]
    moved_aside: Path | None = None


@dataclass(frozen=True)
class Given:
    """A secret, and whether it is new and to be stored. `told` says where it comes from, if not from the person."""

    value: str
    new: bool
    told: str = ""


@dataclass(frozen=True)
class Sitting:
    """One run of `connect`. Without a person everything comes from options and standard input."""

    app: App
    person: Person | None
    yes: bool
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def tell(self, text: str) -> None:
        if text and not self.app.as_json:
            click.echo(text)

    def need(self, value: str | None, question: str, option: str, check: Callable[[str], str]) -> str:
        """The option, or what the person says instead. Raises UsageRefused where nobody is there to ask."""
        if value is not None:
            return check(value)
        if (person := self.person) is None:
            raise UsageRefused(f"Nobody is there to ask: say it with {option}.")
        return until_usable(lambda: check(person.text(question)))

    def secret(self, name: str, what: str, file: Path | None, check: Callable[[str, str], str] = token) -> Given:
        """A file named, else the environment, else the person or standard input, else the one kept already."""
        value = self.environ.get(variable(name))
        if file is not None:
            told = f"{variable(name)} is set and goes before the {what} of that file at every sync." if value else ""
            return Given(check(read_file(file, f"the {what}"), what), new=True, told=told)
        if value:
            return Given(check(value, what), new=False, told=f"The {what} comes from {variable(name)}; none is stored.")

        def typed(text: str) -> Given:
            if not text.strip() and (kept := kept_secret(self.app.desk.secrets, name)) is not None:
                return Given(kept, new=False, told=f"The {what} that is kept already is used.")
            return Given(check(text, what), new=True)

        if (person := self.person) is None:
            return typed(_input(what))
        return until_usable(lambda: typed(person.secret(what[:1].upper() + what[1:])))

    def keeping(self, action: Callable[[], T]) -> T:
        """Keeps what was tried; where its secret cannot be kept, a person may see to that and have it tried again."""
        while True:
            try:
                return action()
            except SecretUnavailable as error:
                if self.person is None or self.yes:
                    raise
                click.echo(str(error), err=True)
                if not self.person.agrees("Try again, once that is done?", default=True):
                    raise Stopped(self.app.changed) from None


def connect(sitting: Sitting, make_trial: MakeTrial, wanted: Wanted, maps: Sequence[str]) -> int:
    """Tries, shows, keeps and maps. Returns the exit code: 1 where nobody said to keep it."""
    try:
        return _connect(sitting, make_trial, wanted, maps)
    except click.Abort:
        raise Stopped(sitting.app.changed) from None


def _connect(sitting: Sitting, make_trial: MakeTrial, wanted: Wanted, maps: Sequence[str]) -> int:
    app = sitting.app
    chosen = app.desk.read(lambda session: wanted_mappings(session, wanted.provider, maps))
    sitting.tell(f"Asking {PROVIDER_NAMES[wanted.provider]} for {wanted.account} …")
    trial, wanted = make_trial(wanted)
    _check_accounts(trial, chosen)
    if not _may_ask(sitting, trial):
        sitting.tell(NOTHING_KEPT)
        return 0
    with waiting("Asking for the last days") as progress:
        figures = trial.first_figures(progress)
    sitting.tell(f"\n{words.figures_text(figures)}\n")
    if not sitting.yes and not (sitting.person and sitting.person.agrees("Keep this connection?", default=True)):
        app.show(Connected(None, figures, [], app.desk.read(lambda s: offers(s, figures))), _not_kept(sitting))
        return 0 if sitting.person else 1
    kept = sitting.keeping(lambda: keep(app.desk, wanted))
    info = kept.value
    sitting.tell(f"{info.provider} {info.account} is connected.")
    sitting.tell(words.moved_text(kept.moved_aside))
    mapped = _map(sitting, figures, chosen, info)
    left = app.desk.read(lambda session: offers(session, figures))
    app.show(Connected(info, figures, mapped, left, kept.moved_aside), words.next_text(left, _has_campaigns(sitting)))
    return 0


def _may_ask(sitting: Sitting, trial: Trial) -> bool:
    """Google's estimate is shown before anything is asked that it bills."""
    if trial.provider != "gcp":
        return True
    sitting.tell(words.estimate_text(trial))
    return sitting.yes or sitting.person is None or sitting.person.agrees("Ask for these days?", default=True)


def _map(
    sitting: Sitting, figures: FirstFigures, chosen: list[tuple[Source, int]], info: ConnectionInfo
) -> list[Mapped]:
    try:
        mapped = _map_all(sitting, chosen)
        if sitting.person is not None and not sitting.yes:
            mapped += _ask_for_campaigns(sitting, sitting.person, figures)
    except CapdeskError as error:
        if isinstance(error, Stopped):
            raise
        raise type(error)(f"{info.account} is connected, but not everything is mapped: {error}") from None
    return mapped


def _map_all(sitting: Sitting, chosen: list[tuple[Source, int]]) -> list[Mapped]:
    desk = sitting.app.desk
    mapped = desk.write(lambda session: map_all(session, chosen, desk.owner_id)) if chosen else []
    for made in mapped:
        sitting.tell(words.mapped_text(made))
    return mapped


def _ask_for_campaigns(sitting: Sitting, person: Person, figures: FirstFigures) -> list[Mapped]:
    desk = sitting.app.desk
    left = desk.read(lambda session: offers(session, figures))
    known = desk.read(campaigns.list_campaigns)
    if not left or not known:
        return []
    names = ", ".join(one.name for one in known)
    sitting.tell(f"\nWhich campaign does each belong to ({names})? Just Enter leaves it unassigned.")
    mapped: list[Mapped] = []
    for offer in left:
        campaign = _campaign(sitting, person, words.offer_text(offer))
        if campaign is not None:
            mapped += _map_all(sitting, [(offer.source, campaign)])
    return mapped


def _campaign(sitting: Sitting, person: Person, question: str) -> int | None:
    while ref := person.text(question):
        try:
            return sitting.app.desk.read(partial(_campaign_id, ref))
        except NotFound as error:
            click.echo(str(error), err=True)
    return None


def _campaign_id(ref: str, session: "Session") -> int:
    return find.campaign(session, ref).id


def _check_accounts(trial: Trial, chosen: list[tuple[Source, int]]) -> None:
    """A Twilio account that the connection does not know is a mistake in typing."""
    known = {account.id for account in trial.accounts}
    for source, _campaign_id in chosen:
        if source.provider == "twilio" and source.account not in known:
            raise UsageRefused(f"The connection knows no account {source.account}: correct --map. {NOTHING_KEPT}")


def _has_campaigns(sitting: Sitting) -> bool:
    return bool(sitting.app.desk.read(campaigns.list_campaigns))


def _not_kept(sitting: Sitting) -> str:
    return NOTHING_KEPT if sitting.person else f"{NOTHING_KEPT} Say --yes to keep this connection."


def _input(what: str) -> str:
    try:
        return read_input().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageRefused(f"Standard input holds no {what}: name a file with it.") from None
