"""What pages are given: an action that was recorded is told as recorded, whatever happens afterwards."""

import logging

import pytest
from sqlalchemy import make_url

from capdesk.bootstrap import Desk
from capdesk.services.database.session import make_engine
from capdesk.services.products import add_product
from capdesk.views.workspace import Workspace
from tests.views.conftest import Settle


def test_that_what_was_recorded_is_told_as_recorded_where_it_cannot_be_sealed(
    workspace: Workspace, settle: Settle, caplog: pytest.LogCaptureFixture
) -> None:
    engine, done, failed = workspace.desk.engine, list[str](), list[Exception]()
    nowhere = make_engine(make_url("postgresql+psycopg://capdesk_app@127.0.0.1:1/capdesk"))

    def record(desk: Desk) -> str:
        desk.write(lambda session: add_product(session, "Calculator"))
        desk.engine = nowhere  # the database is gone between the commit and the seal
        return "recorded"

    try:
        with caplog.at_level(logging.CRITICAL, logger="capdesk.window"):
            workspace.write("Recording", record, then=done.append, failed=failed.append)
            settle()
    finally:
        workspace.desk.engine = engine
        nowhere.dispose()
    assert (done, failed) == (["recorded"], [])
    workspace.desk.seal()
