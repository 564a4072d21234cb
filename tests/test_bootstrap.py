from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk, open_desk
from capdesk.errors import DatabaseUnavailable
from capdesk.services.database.embedded import EmbeddedServer


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "desk"
    EmbeddedServer(tmp_path / "desk").remove(force=True)


def test_that_the_first_start_makes_a_desk_with_its_owner_and_zone(folder: Path) -> None:
    with open_desk(folder, zone="Europe/Berlin") as desk:
        assert desk.zone.key == "Europe/Berlin"
        users = desk.read(lambda session: session.execute(text("SELECT id, is_admin FROM app_user")).all())
    assert [tuple(user) for user in users] == [(desk.owner_id, True)]


def test_that_a_second_start_finds_the_same_desk(folder: Path) -> None:
    with open_desk(folder, zone="Europe/Berlin") as first:
        owner = first.owner_id
    with open_desk(folder, zone="Asia/Tokyo") as second:
        assert (second.zone.key, second.owner_id) == ("Europe/Berlin", owner)


def test_that_a_folder_that_cannot_be_made_has_its_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "desk"):
        with pytest.raises(DatabaseUnavailable, match=f"The desk folder {folder} cannot be made .*--desk"):
            open_desk(folder)


def test_that_closing_seals_what_was_written(desk: Desk) -> None:
    desk.write(lambda session: session.execute(text("INSERT INTO product (name) VALUES ('Shop')")))
    desk.write(
        lambda session: session.execute(
            text("INSERT INTO campaign (product_id, name, owner_user_id) VALUES (1, 'Spring', 1)")
        )
    )
    desk.seal()
    assert desk.read(lambda session: session.scalar(text("SELECT count(*) FROM seal"))) == 1


def test_that_a_seal_taken_just_before_a_commit_does_not_count_for_it(desk: Desk) -> None:
    """Two jobs of a window: the first is about to commit while the second ends and seals."""
    add_product = text("INSERT INTO product (name) VALUES ('Shop')")
    add_campaign = text("INSERT INTO campaign (product_id, name, owner_user_id) VALUES (1, 'Spring', 1)")
    desk.write(lambda session: session.execute(add_product))

    def first_job(session: Session) -> None:
        session.execute(add_campaign)
        event.listen(session, "before_commit", lambda _session: desk.seal())

    desk.write(first_job)
    desk.seal()
    assert desk.read(lambda session: session.scalar(text("SELECT count(*) FROM seal"))) == 1


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_that_a_damaged_database_address_has_its_sentence(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "database-url"
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(DatabaseUnavailable, match="cannot be read: remove that file"):
        open_desk(tmp_path)


def test_that_an_unknown_option_of_a_database_address_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="'foo' is no option of a Postgres URL"):
        open_desk(tmp_path, database_url="postgresql://u:secret@localhost/x?sslmode=require&foo=bar")
