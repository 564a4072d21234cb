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

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.orm import Session

    from capdesk.services.database.embedded import Lease

T = TypeVar("T")

DATABASE = "capdesk"
URL_FILE = "database-url"


def default_folder() -> Path:
    """`CAPDESK_DESK`, or the user's own data folder."""
    if named := os.environ.get("CAPDESK_DESK"):
        return Path(named)
    from platformdirs import user_data_path  # noqa: PLC0415 - only where no folder is named

    return user_data_path("capdesk", appauthor=False)


def make_folder(folder: Path) -> None:
    """Makes the desk's folder, for its owner alone, where it is absent. Raises DatabaseUnavailable if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as fault:
        raise DatabaseUnavailable(
            f"The desk folder {folder} cannot be made ({fault.strerror}); name another one with --desk."
        ) from None


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
    _wrote: bool = False
    _trusted: bool = False

    def read(self, action: "Callable[[Session], T]") -> T:
        """Runs a reading action; all its queries see the same state."""
        from capdesk.services.database.session import transaction  # noqa: PLC0415

        return transaction(self.engine, action, snapshot=True)

    def write(self, action: "Callable[[Session], T]") -> T:
        """Runs a writing action in one transaction and commits it.

        The first one looks at the schema's fingerprint; raises DatabaseUnavailable where protection is weakened.
        """
        from capdesk.services.database.session import transaction  # noqa: PLC0415

        if not self._trusted:
            from capdesk.services.database.fingerprint import require_expected  # noqa: PLC0415

            require_expected(self.engine)
            self._trusted = True

        def about_to_commit(session: "Session") -> T:
            result = action(session)
            self._wrote = self.changed = True
            return result

        return transaction(self.engine, about_to_commit)

    def seal(self) -> None:
        """Seals what was written since the last seal."""
        if self._wrote:
            from capdesk.services.database.seals import seal  # noqa: PLC0415

            seal(self.engine)
            self._wrote = False

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


def configured_url(folder: Path) -> str | None:
    """The remote database the owner chose; None for the embedded one."""
    if named := os.environ.get("CAPDESK_DATABASE_URL"):
        return named
    file = folder / URL_FILE
    try:
        return file.read_text(encoding="utf-8").strip() if file.exists() else None
    except (OSError, UnicodeDecodeError):
        raise DatabaseUnavailable(
            f"The database address in {file} cannot be read: remove that file, then set it again with "
            "`capdesk settings set --database-url ...`."
        ) from None


def configure_url(folder: Path, address: str | None) -> None:
    """Remembers the remote database in a file only the owner can read; None goes back to the embedded one."""
    file = folder / URL_FILE
    if address is None:
        file.unlink(missing_ok=True)
        return
    parsed_url(address)
    from capdesk.services.database.passwords import write_private  # noqa: PLC0415

    make_folder(folder)
    write_private(file, address)


def parsed_url(address: str) -> "URL":
    from sqlalchemy import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is not None:
        _check_options(url)
    if url is None or url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise DatabaseUnavailable(
            "That is no Postgres URL; write it like postgresql://capdesk_app:password@host:5432/capdesk."
        )
    return url.set(drivername="postgresql+psycopg")


def _check_options(url: "URL") -> None:
    from psycopg import ProgrammingError, conninfo  # noqa: PLC0415 - only for a remote database

    for option in url.query:
        try:
            conninfo.make_conninfo(**{option: "0"})
        except ProgrammingError:
            raise DatabaseUnavailable(
                f"'{option}' is no option of a Postgres URL: correct what stands behind its question mark."
            ) from None
