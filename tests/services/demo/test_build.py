from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import text

from capdesk.bootstrap import Desk, call_source, cost_source
from capdesk.errors import RuleRefused
from capdesk.services.database.seals import seal
from capdesk.services.dates import Week, business_date
from capdesk.services.demo.build import build, is_built
from capdesk.services.demo.files import told, write_sources
from capdesk.services.demo.mornings import Pull
from capdesk.services.reports.weekly_report import weekly_report
from capdesk.services.sync import sync
from capdesk.services.verify import verify

SPENT = text("""
SELECT c.name, e.name, r.source::text, r.date, sum(r.cost_usd)
FROM cost_rollup r JOIN campaign c ON c.id = r.campaign_id LEFT JOIN experiment e ON e.id = r.experiment_id
GROUP BY 1, 2, 3, 4
""")

STATES = text(
    "SELECT n.kind, o.outcome FROM notification_log n JOIN notification_outcome o ON o.notification_id = n.id"
    " WHERE o.outcome <> 'skipped' ORDER BY 1"
)
OUTCOMES = text("SELECT outcome, count(*) FROM sync_outcome GROUP BY 1")


def pulled(desk: Desk) -> Pull:
    return lambda since: sync(
        desk, since=since, open_source=partial(cost_source, desk), open_calls=partial(call_source, desk)
    )


@pytest.fixture
def today(desk: Desk) -> date:
    return business_date(desk.clock.now(), desk.zone) - timedelta(days=1)


@pytest.mark.parametrize("day", ["any day", "a Monday"])
def test_that_the_demo_spends_to_the_micro_dollar_what_its_story_says(desk: Desk, today: date, day: str) -> None:
    today = Week.of(today).monday if day == "a Monday" else today
    build(desk, desk.folder / "sources", day=today, seed=1, pull=pulled(desk), tell=lambda _text: None)
    files = write_sources(desk.folder / "again", told(today=today, seed=1))
    campaigns = {campaign.key: campaign.name for campaign in files.story.campaigns}
    names = {experiment.key: experiment.name for experiment in files.story.experiments}
    expected: dict[tuple[str, str | None, str, date], Decimal] = defaultdict(Decimal)
    for item in files.spend:
        if item.campaign is not None:
            experiment = None if item.experiment is None else names[item.experiment]
            expected[campaigns[item.campaign], experiment, item.source, item.day] += item.cost_usd
    recorded = {tuple(row[:4]): row[4] for row in desk.read(lambda session: session.execute(SPENT).all())}
    assert {key: cost for key, cost in recorded.items() if cost} == {
        key: cost for key, cost in expected.items() if cost
    }


def test_that_the_demo_tells_its_story_and_can_be_verified(desk: Desk, today: date) -> None:
    said: list[str] = []
    build(desk, desk.folder / "sources", day=today, seed=2, pull=pulled(desk), tell=said.append)
    assert any(line.endswith("a difference row of $3.10.") for line in said)
    assert [line for line in said if "The mail server took" in line and "olga@example.com" in line][1:]
    assert desk.read(lambda session: session.execute(STATES).all()) == [("alert", "sent"), ("weekly", "sent")]
    assert desk.read(lambda session: session.execute(OUTCOMES).all()) == [("done", 6)]
    seal(desk.engine)
    report = weekly_report(desk, Week.of(today).previous(), None)
    crossing = next(row for row in report.rows if row.experiment == "Referral opener")
    before = crossing.total.spend_usd - crossing.week.spend_usd
    assert before < 5 * Decimal(3500) <= crossing.total.spend_usd
    assert report.unassigned.week_usd == Decimal("48.60")
    due = [row.experiment for row in report.rows if row.evaluation_recommended]
    assert due == ["Referral opener", "Two-call close"]
    assert desk.read(verify).differences == ()
    statuses = desk.read(lambda session: session.scalars(text("SELECT status::text FROM experiment ORDER BY 1")).all())
    assert statuses == ["completed", "paused", "running", "running", "terminated"]
    assert is_built(desk.folder)


def test_that_the_demo_is_not_built_into_a_desk_in_use_nor_told_ahead(desk: Desk, today: date) -> None:
    with pytest.raises(RuleRefused, match="today is"):
        build(
            desk,
            desk.folder / "sources",
            day=today + timedelta(days=9),
            seed=1,
            pull=pulled(desk),
            tell=lambda _text: None,
        )
    desk.write(lambda session: session.execute(text("INSERT INTO product (name) VALUES ('Shop')")))
    insert = text("INSERT INTO campaign (product_id, name, owner_user_id) VALUES (1, 'Spring', 1)")
    desk.write(lambda session: session.execute(insert))
    with pytest.raises(RuleRefused, match="choose an empty folder"):
        build(desk, desk.folder / "sources", day=today, seed=1, pull=pulled(desk), tell=lambda _text: None)
