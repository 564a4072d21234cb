"""Keeping a connection: with its secret, or not at all."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.errors import DatabaseUnavailable, NoKeyring, NotFound, SecretAbsent, SecretsLocked, UsageRefused
from capdesk.services import mapping
from capdesk.services.connect import keep, offers
from capdesk.services.connect.keep import Wanted
from capdesk.services.connect.trial import try_costs
from capdesk.services.connections import list_connections
from capdesk.services.mapping import Source
from capdesk.services.providers.pull_fakes import FakeCosts
from capdesk.services.secrets import MemorySecrets, open_secrets, variable
from capdesk.services.secrets.stored import StoredSecrets
from tests.conftest import TestDatabase
from tests.support import builders
from tests.support.facts import Facts
from tests.support.sitting import with_secrets

ACCOUNT, NAME = "AC" + "a" * 32, "twilio-AC" + "a" * 32
TWILIO = Wanted("twilio", ACCOUNT, None, {}, "old-token")


class StuckSecrets(MemorySecrets):
    """Secrets that raise what they are told to."""

    def __init__(self, error: Exception, values: dict[str, str] | None = None) -> None:
        super().__init__(values)
        self._error = error

    def set(self, _name: str, _value: str) -> None:
        raise self._error

    def remove(self, _name: str) -> None:
        raise self._error


@pytest.fixture
def secrets() -> MemorySecrets:
    return MemorySecrets()


@pytest.fixture
def safe(database: TestDatabase, desk: Desk, secrets: MemorySecrets) -> Iterator[Desk]:
    """A desk whose secrets lie in memory."""
    with with_secrets(database, desk, secrets) as opened:
        yield opened


def accounts(desk: Desk) -> list[str]:
    return [one.account for one in desk.read(list_connections) if one.active]


def test_that_a_connection_is_kept_with_its_secret(safe: Desk, secrets: MemorySecrets) -> None:
    keep.keep(safe, TWILIO)
    assert (accounts(safe), secrets.get(NAME)) == ([ACCOUNT], "old-token")


def test_that_keeping_again_changes_the_secret(safe: Desk, secrets: MemorySecrets) -> None:
    keep.keep(safe, TWILIO)
    keep.keep(safe, Wanted("twilio", ACCOUNT, None, {"key_sid": "SK" + "b" * 32}, "new-secret"))
    assert (accounts(safe), secrets.get(NAME)) == ([ACCOUNT], "new-secret")


@pytest.mark.parametrize("error", [SecretsLocked("The keyring is locked: unlock it."), NoKeyring("There is none.")])
def test_that_no_connection_is_kept_where_its_secret_cannot_be(
    database: TestDatabase, desk: Desk, error: Exception
) -> None:
    with with_secrets(database, desk, StuckSecrets(error)) as opened:
        with pytest.raises(type(error), match=f"Nothing was connected, because its secret cannot be kept: {error}"):
            keep.keep(opened, TWILIO)
        assert accounts(opened) == []


@pytest.mark.parametrize("before", [None, "earlier-token"])
def test_that_the_secret_is_as_before_where_the_connection_cannot_be_kept(
    safe: Desk, secrets: MemorySecrets, before: str | None
) -> None:
    if before:
        secrets.set(NAME, before)

    with pytest.raises(DatabaseUnavailable, match="The database is gone"):
        keep.keep_with_secret(safe, NAME, "new-token", gone)
    assert secrets.names() == ([NAME] if before else [])
    assert keep.kept_secret(secrets, NAME) == before


def gone(_session: Session) -> None:
    raise DatabaseUnavailable("The database is gone.")


@pytest.mark.parametrize("hidden_by", ["", "other-token"])
def test_that_a_kept_secret_is_not_lost_whatever_the_environment_says(
    safe: Desk, secrets: MemorySecrets, hidden_by: str
) -> None:
    """An empty variable is not set; behind one that is set nothing can be read, so nothing is taken away."""
    secrets.set(NAME, "earlier-token")
    with pytest.raises(DatabaseUnavailable) as refused:
        keep.keep_with_secret(safe, NAME, "new-token", gone, {variable(NAME): hidden_by})
    assert secrets.get(NAME) == ("new-token" if hidden_by else "earlier-token")
    assert ("its secret" in str(refused.value)) is bool(hidden_by)


def unreadable(folder: Path) -> StoredSecrets:
    """Secrets whose file no key opens any more, and whose next key comes from the environment."""
    open_secrets(folder, {"CAPDESK_MASTER_KEY": base64.b64encode(bytes(32)).decode()}).set("smtp-password", "lost")
    return open_secrets(folder, {"CAPDESK_MASTER_KEY": base64.b64encode(bytes(range(32))).decode()})


def test_that_a_file_of_secrets_that_had_to_be_moved_aside_is_told(
    database: TestDatabase, desk: Desk, tmp_path: Path
) -> None:
    with with_secrets(database, desk, unreadable(tmp_path)) as opened:
        kept = keep.keep(opened, TWILIO)
        assert (kept.value.account, kept.moved_aside) == (ACCOUNT, tmp_path / "secrets.unreadable-1")
        assert keep.keep(opened, TWILIO).moved_aside is None
        assert opened.secrets.get(NAME) == "old-token"


def test_that_a_file_moved_aside_is_told_though_nothing_was_connected(
    database: TestDatabase, desk: Desk, tmp_path: Path
) -> None:
    with (
        with_secrets(database, desk, unreadable(tmp_path)) as opened,
        pytest.raises(DatabaseUnavailable, match=r"is now .*secrets\.unreadable-1: The database is gone\."),
    ):
        keep.keep_with_secret(opened, NAME, "new-token", gone)


def test_that_a_value_the_database_cannot_take_keeps_nothing(safe: Desk, secrets: MemorySecrets) -> None:
    with pytest.raises(UsageRefused):
        keep.keep(safe, Wanted("gcp", "my-project.billing.export", None, {"location": "over there"}, "{}"))
    assert (accounts(safe), secrets.names()) == ([], [])


def test_that_no_secret_is_in_a_wanted_connection_s_repr() -> None:
    assert "old-token" not in repr(TWILIO)


def test_that_removing_a_connection_removes_its_secret(safe: Desk, secrets: MemorySecrets) -> None:
    keep.keep(safe, TWILIO)
    assert keep.forget(safe, ACCOUNT)[1] is True
    assert (accounts(safe), secrets.names()) == ([], [])
    with pytest.raises(NotFound):
        keep.forget(safe, ACCOUNT)


def test_that_a_connection_is_removed_though_its_secret_cannot_be(database: TestDatabase, desk: Desk) -> None:
    for error in (SecretsLocked("The keyring is locked."), SecretAbsent("None.")):
        with with_secrets(database, desk, StuckSecrets(error)) as opened:
            keep.keep(opened, Wanted("twilio", ACCOUNT, None, {}, None))
            if isinstance(error, SecretAbsent):
                assert keep.forget(opened, ACCOUNT)[1] is False
            else:
                with pytest.raises(SecretsLocked, match="connected no more, but its secret is still kept"):
                    keep.forget(opened, ACCOUNT)
            assert accounts(opened) == []


def test_that_what_costs_and_has_no_mapping_is_offered_dearest_first(desk: Desk) -> None:
    today = desk.clock.now().date()
    spring = builders.campaign(desk)
    Facts(desk).map("gcp", spring, project="mapped")
    source = FakeCosts("gcp")
    for project, label, usd in (
        ("dialer", None, "3.00"),
        ("web", "campaign=roofers", "7.00"),
        ("mapped", None, "99.00"),
        ("idle", None, "0.00"),
        (None, None, "0.50"),
    ):
        source.state("B", today - timedelta(days=2), usd, project=project, label=label)
    figures = try_costs(source, desk.clock).first_figures(lambda _rows: None)
    found = desk.read(lambda session: offers.offers(session, figures))
    assert [(str(one.source), one.usd) for one in found] == [
        ("gcp label campaign=roofers", Decimal("7.000000")),
        ("gcp project dialer", Decimal("3.000000")),
    ]


def test_that_each_twilio_account_is_offered_by_its_own_sid(desk: Desk) -> None:
    source = FakeCosts()
    source.account("AC1", "Olga")
    source.state("AC1", desk.clock.now().date() - timedelta(days=1), "3.00")
    figures = try_costs(source, desk.clock).first_figures(lambda _rows: None)
    (offer,) = desk.read(lambda session: offers.offers(session, figures))
    assert (offer.source, offer.name) == (Source("twilio", "AC1"), "Olga")


def test_that_mapping_all_a_second_time_changes_nothing(desk: Desk) -> None:
    spring, summer = builders.campaign(desk), builders.campaign(desk, "Summer")
    one, two = Source("twilio", "AC1"), Source("gcp", project="dialer")
    wanted = [(one, spring), (two, summer)]
    made = desk.write(lambda session: offers.map_all(session, wanted, desk.owner_id))
    assert [(mapped.source, mapped.campaign) for mapped in made] == [(str(one), "Spring"), (str(two), "Summer")]
    assert desk.write(lambda session: offers.map_all(session, wanted, desk.owner_id)) == []
    desk.write(lambda session: offers.map_all(session, [(one, summer)], desk.owner_id))
    assert {row.campaign for row in desk.read(mapping.mappings).mapped} == {"Summer"}
