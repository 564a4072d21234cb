"""The one place where real things are wired: folder, clock, server, database, owner."""

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar
from zoneinfo import ZoneInfo

from capdesk.errors import DatabaseUnavailable
from capdesk.services.clock import Clock, SystemClock
from capdesk.services.database.address import configured_url, make_folder, parsed_url

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.orm import Session

    from capdesk.services.connections import ConnectionInfo
    from capdesk.services.database.embedded import Lease
    from capdesk.services.providers.pull import CallSource, CostSource
    from capdesk.services.providers.twilio_api import TwilioCredentials
    from capdesk.services.secrets import Secrets

T = TypeVar("T")

DATABASE = "capdesk"


def default_folder() -> Path:
    """`CAPDESK_DESK`, or the user's own data folder."""
    if named := os.environ.get("CAPDESK_DESK"):
        return Path(named)
    from platformdirs import user_data_path  # noqa: PLC0415 - only where no folder is named

    return user_data_path("capdesk", appauthor=False)


@dataclass
class Desk:
    """An open desk. `read` and `write` are the only ways to its database."""

    folder: Path
    clock: Clock
    engine: "Engine"
    zone: ZoneInfo
    owner_id: int
    _lease: "Lease | None" = field(default=None, repr=False)
    changed: bool = field(default=False, repr=False)
    """Whether something was recorded; true from just before a commit, which may fail."""
    _secrets: "Secrets | None" = field(default=None, repr=False)
    _wrote: bool = False
    _trusted: bool = False

    @property
    def secrets(self) -> "Secrets":
        """Tokens and passwords, opened when the first is asked for."""
        if self._secrets is None:
            from capdesk.services.secrets import open_secrets  # noqa: PLC0415

            self._secrets = open_secrets(self.folder)
        return self._secrets

    def read(self, action: "Callable[[Session], T]") -> T:
        """Runs a reading action; all its queries see the same state."""
        from capdesk.services.database.session import transaction  # noqa: PLC0415

        return transaction(self.engine, action, snapshot=True)

    def write(self, action: "Callable[[Session], T]") -> T:
        """Runs a writing action in one transaction and commits it; every window on this desk hears of it.

        The first one looks at the schema's fingerprint; raises DatabaseUnavailable where protection is weakened.
        """
        from capdesk.services.database.changes import notify  # noqa: PLC0415
        from capdesk.services.database.session import transaction  # noqa: PLC0415

        if not self._trusted:
            from capdesk.services.database.fingerprint import require_expected  # noqa: PLC0415

            require_expected(self.engine)
            self._trusted = True

        def about_to_commit(session: "Session") -> T:
            result = action(session)
            notify(session)
            self._wrote = self.changed = True
            return result

        result = transaction(self.engine, about_to_commit)
        self._wrote = True  # again: another thread may have sealed between the promise and the commit
        return result

    def seal(self) -> None:
        """Seals what was written since the last seal."""
        if self._wrote:
            from capdesk.services.database.seals import seal  # noqa: PLC0415

            self._wrote = False  # first: what is committed from here on is for the next seal
            try:
                seal(self.engine)
            except BaseException:
                self._wrote = True
                raise

    def close(self) -> None:
        """Seals and lets go of the server; the last one out stops it."""
        try:
            self.seal()
        finally:
            self.engine.dispose()
            if self._lease is not None:
                self._lease.release()
                self._lease = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def open_desk(
    folder: Path, *, database_url: str | None = None, clock: Clock | None = None, zone: str | None = None
) -> Desk:
    """Opens the desk in the folder, making it at first start. Raises DatabaseUnavailable where it cannot be had."""
    from capdesk.services.database.session import make_engine  # noqa: PLC0415

    address = database_url or configured_url(folder)
    if address is not None:
        engine = make_engine(parsed_url(address))
        return _furnish(folder, clock, engine, None, zone)
    lease, url = _embedded(folder)
    try:
        engine = make_engine(url)
        return _furnish(folder, clock, engine, lease, zone)
    except BaseException:
        lease.release()
        raise


@contextlib.contextmanager
def reach(folder: Path, database_url: str | None = None) -> "Iterator[Engine | None]":
    """The desk's database as it is: nothing is made or migrated. None where there is none yet."""
    from capdesk.services.database.embedded import EmbeddedServer  # noqa: PLC0415
    from capdesk.services.database.session import make_engine  # noqa: PLC0415

    address = database_url or configured_url(folder)
    if address is None and EmbeddedServer(folder).status().version is None:
        yield None
        return
    lease, url = (None, parsed_url(address)) if address is not None else _embedded(folder)
    engine = make_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
        if lease is not None:
            lease.release()


def _embedded(folder: Path) -> "tuple[Lease, URL]":
    from sqlalchemy import URL  # noqa: PLC0415

    from capdesk.services.database.embedded import EmbeddedServer  # noqa: PLC0415

    make_folder(folder)
    lease = EmbeddedServer(folder).attach()
    reach = lease.connection
    url = URL.create(
        "postgresql+psycopg",
        username="capdesk_app",
        password=reach.app_password,
        database=DATABASE,
        query={"host": reach.host, "port": str(reach.port)},
    )
    return lease, url


def _furnish(folder: Path, clock: Clock | None, engine: "Engine", lease: "Lease | None", zone: str | None) -> Desk:
    from capdesk.services.database.session import transaction  # noqa: PLC0415

    try:
        _ensure_schema(engine, lease)
        found = transaction(engine, _found)
        if found is None:
            found = (zone or local_zone(), _first_start(engine, zone or local_zone()))
        return Desk(folder, clock or SystemClock(), engine, ZoneInfo(found[0]), found[1], lease)
    except BaseException:
        engine.dispose()
        raise


def _found(session: "Session") -> tuple[str, int] | None:
    """The desk's zone and its owner, if it was ever started."""
    from sqlalchemy import text  # noqa: PLC0415

    row = session.execute(text("SELECT zone, (SELECT min(id) FROM app_user WHERE is_admin) FROM desk")).one_or_none()
    return None if row is None else (row[0], row[1])


def _ensure_schema(engine: "Engine", lease: "Lease | None") -> None:
    """The embedded database is made and migrated here; a remote one only by `capdesk db init`."""
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415

    from capdesk.services.database import schema  # noqa: PLC0415
    from capdesk.services.database.session import unreachable  # noqa: PLC0415

    try:
        with engine.connect() as connection:
            if schema.is_current(connection):
                return
    except OperationalError as error:
        if lease is None:
            raise unreachable(error) from error
    if lease is None:
        raise DatabaseUnavailable(
            "The database has no capdesk schema of this version: run `capdesk db init --admin-url ...` first."
        )
    _prepare_embedded(lease)


def _prepare_embedded(lease: "Lease") -> None:
    import psycopg  # noqa: PLC0415
    from sqlalchemy import URL, create_engine  # noqa: PLC0415

    from capdesk.services.database import schema  # noqa: PLC0415

    reach = lease.connection
    another_was_first = contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)
    with psycopg.connect(**reach.as_admin(), autocommit=True) as server, another_was_first:
        server.execute(f"CREATE DATABASE {DATABASE}")
    admin = create_engine(
        URL.create(
            "postgresql+psycopg",
            username=reach.admin_user,
            password=reach.admin_password,
            database=DATABASE,
            query={"host": reach.host, "port": str(reach.port)},
        )
    )
    try:
        schema.prepare(admin, reach.app_password)
    finally:
        admin.dispose()


def _first_start(engine: "Engine", zone: str) -> int:
    from sqlalchemy import text  # noqa: PLC0415

    from capdesk.services.database.session import transaction  # noqa: PLC0415

    values = {"zone": zone, "owner": _login_name(), "key": secrets.token_bytes(32)}
    statement = text("SELECT create_desk(:zone, :owner, NULL, :key)")
    return transaction(engine, lambda session: int(session.scalar(statement, values) or 0))


def _login_name() -> str:
    import getpass  # noqa: PLC0415

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "owner"


def local_zone() -> str:
    """The computer's IANA zone, UTC where it has none."""
    named = os.environ.get("TZ", "").lstrip(":")
    linked = re.search(r"zoneinfo(?:\.default)?/(.+)$", str(Path("/etc/localtime").resolve()))
    for name in (named, linked[1] if linked else ""):
        try:
            if name:
                return ZoneInfo(name).key
        except (KeyError, ValueError, OSError):
            continue
    return "UTC"


def cost_source(desk: Desk, connection: "ConnectionInfo") -> "CostSource":
    """The connected provider of costs. Raises SecretUnavailable where its secret cannot be had."""
    if connection.provider == "twilio":
        from capdesk.services.providers.twilio_api import TwilioCosts  # noqa: PLC0415

        credentials, alone = _twilio_credentials(desk, connection), connection.settings.get("alone", False)
        return TwilioCosts(credentials, clock=desk.clock, base_url=connection.base_url, alone=alone)
    from capdesk.services.providers.bigquery_api import BillingExport, BillingSettings  # noqa: PLC0415
    from capdesk.services.secrets import secret_name  # noqa: PLC0415
    from capdesk.services.settings import get_settings  # noqa: PLC0415

    label_key = desk.read(lambda session: get_settings(session, desk.owner_id)).gcp_label_key
    chosen = dict(connection.settings)
    own_key = chosen.pop("credentials", "key") == "key"
    key = desk.secrets.get(secret_name("gcp", connection.account)) if own_key else None
    settings = BillingSettings(table=connection.account, label_key=label_key, **chosen)
    return BillingExport(settings, key, clock=desk.clock, base_url=connection.base_url)


def call_source(desk: Desk, connection: "ConnectionInfo") -> "CallSource":
    """Twilio's calls over a connection. Raises SecretUnavailable where its token cannot be had."""
    from capdesk.services import find  # noqa: PLC0415
    from capdesk.services.providers.twilio_api import TwilioCalls  # noqa: PLC0415

    phones = desk.read(find.phone_book)
    return TwilioCalls(
        _twilio_credentials(desk, connection),
        clock=desk.clock,
        phone_key=phones.look_up,
        base_url=connection.base_url,
        alone=connection.settings.get("alone", False),
    )


def _twilio_credentials(desk: Desk, connection: "ConnectionInfo") -> "TwilioCredentials":
    from capdesk.services.providers.twilio_api import TwilioCredentials  # noqa: PLC0415
    from capdesk.services.secrets import secret_name  # noqa: PLC0415

    secret = desk.secrets.get(secret_name("twilio", connection.account))
    return TwilioCredentials(connection.account, secret, connection.settings.get("key_sid"))
