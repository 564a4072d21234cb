"""Writes the fingerprint this program ships, from a fresh migration: `python -m tests.support.write_fingerprint`."""

import tempfile
from pathlib import Path

from sqlalchemy import URL, create_engine

from capdesk.services.database import fingerprint, schema
from tests.support.server import temporary_server


def fresh_lines(desk: Path) -> list[str]:
    """The lines of a new database on a new server."""
    with temporary_server(desk) as reach:
        address = URL.create(
            "postgresql+psycopg",
            username=reach.admin_user,
            password=reach.admin_password,
            database="postgres",
            query={"host": reach.host, "port": str(reach.port)},
        )
        engine = create_engine(address)
        try:
            schema.prepare(engine, reach.app_password)
            with engine.connect() as connection:
                return fingerprint.lines(connection)
        finally:
            engine.dispose()


def write(lines: list[str]) -> None:
    file = Path(fingerprint.__file__).with_name(fingerprint.EXPECTED_FILE)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        write(fresh_lines(Path(folder) / "desk"))
