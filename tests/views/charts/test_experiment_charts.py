"""What is drawn of an experiment says the same by mouse, by keyboard and to a screen reader."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from capdesk.services.money import ZERO
from capdesk.services.reports.funnel import funnel
from capdesk.services.reports.history import CapStep, DayCost, History, RunSpan, VerdictMark
from capdesk.services.reports.model import EVENT_TYPES, SOURCES
from capdesk.services.signals import Caps, Rules
from capdesk.views.charts.cost_chart import CostChart, load, totals
from capdesk.views.charts.days import day_ticks
from capdesk.views.charts.figures_table import FiguresModel, FiguresTable
from capdesk.views.charts.funnel import FunnelChart
from capdesk.views.charts.run_line import RunLine
from capdesk.views.look.theme import Theme

ZONE = ZoneInfo("America/New_York")
START = datetime(2026, 10, 5, 14, tzinfo=UTC)
DAY = timedelta(days=1)


def cost(days: int, provisional: str = "0", **usd: str) -> DayCost:
    sources = dict.fromkeys(SOURCES, ZERO) | {key: Decimal(amount) for key, amount in usd.items()}
    return DayCost(START.date() + days * DAY, sources, Decimal(provisional))


def sample() -> History:
    own, more = Caps(Decimal(1000), 30), Caps(Decimal(1500), 30)
    return History(
        experiment_id=1,
        as_of=START + 12 * DAY,
        rules=Rules(own.capital_usd, 30, Decimal(250)),
        first_start=START,
        ended_at=None,
        days=(cost(0, labor="400"), cost(2, labor="100", bonus="20"), cost(6, "-5", labor="200", twilio="-5")),
        caps=(CapStep(START.date(), own), CapStep(START.date() + 5 * DAY, more)),
        runs=(RunSpan(START, START + 3 * DAY), RunSpan(START + 5 * DAY, None)),
        verdicts=(VerdictMark(7, START + 5 * DAY, "continue", more),),
    )


def test_that_sums_grow_day_by_day_under_the_cap_of_the_day() -> None:
    found = totals(sample())
    assert [one.total_usd for one in found] == [Decimal(400), Decimal(520), Decimal(715)]
    assert [one.cap_usd for one in found] == [Decimal(1000), Decimal(1000), Decimal(1500)]


def test_that_the_cost_chart_is_read_with_the_arrow_keys(qtbot: QtBot, theme: Theme) -> None:
    load()
    chart = CostChart(theme)
    qtbot.addWidget(chart)
    chart.resize(700, 300)
    chart.show()
    chart.show_history(sample(), date(2026, 10, 17))
    said: list[str] = []
    chart.said.connect(said.append)
    assert chart.accessibleDescription() == (
        "From Mon 5 Oct 2026 to Sun 11 Oct 2026: $715.00 of $1,500.00 spent; Labor $700.00, Bonuses $20.00, "
        "Twilio -$5.00, Google Cloud $0.00."
    )
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Right):
        QTest.keyClick(chart, key)
    assert said == [
        "Mon 5 Oct 2026: $400.00 (Labor $400.00). $400.00 in all, 40 % of the cap $1,000.00.",
        "Wed 7 Oct 2026: $120.00 (Labor $100.00, Bonuses $20.00). $520.00 in all, 52 % of the cap $1,000.00.",
        "Sun 11 Oct 2026: $195.00 (Labor $200.00, Twilio -$5.00). $715.00 in all, 47.6 % of the cap $1,500.00; "
        "-$5.00 of the day is provisional.",
    ]
    assert chart.accessibleDescription() == said[-1]
    theme.choose("dark")
    assert chart.grab().size().width() == 700


def test_that_the_mouse_reads_the_nearest_day_and_the_wheel_is_left_to_the_page(qtbot: QtBot, theme: Theme) -> None:
    load()
    chart = CostChart(theme)
    qtbot.addWidget(chart)
    chart.resize(700, 300)
    chart.show()
    chart.show_history(sample(), date(2026, 10, 17))
    chart.grab()
    with qtbot.waitSignal(chart.said) as said:
        QTest.mouseMove(chart._plot.viewport(), QPoint(680, 100))
    assert said.args is not None
    assert said.args[0].startswith("Sun 11 Oct 2026")
    middle, none = QPointF(300, 100), Qt.KeyboardModifier.NoModifier
    turn = QWheelEvent(middle, middle, QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, none,
                       Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    before = chart._plot.viewRange()
    QApplication.sendEvent(chart._plot.viewport(), turn)
    assert not turn.isAccepted()
    assert chart._plot.viewRange() == before


def test_that_a_chart_of_nothing_says_so(qtbot: QtBot, theme: Theme) -> None:
    load()
    chart = CostChart(theme)
    qtbot.addWidget(chart)
    empty = History(1, START, sample().rules, START, None, (), sample().caps[:1], (RunSpan(START, None),), ())
    chart.show_history(empty, START.date())
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.accessibleDescription() == "Nothing has been spent yet."
    assert not chart.grab().isNull()


def test_that_the_run_line_tells_runs_pauses_and_verdicts(qtbot: QtBot, theme: Theme) -> None:
    line = RunLine(theme, ZONE)
    qtbot.addWidget(line)
    line.resize(600, 90)
    line.show_history(sample())
    line.show()
    assert line.accessibleDescription() == (
        "Run 1 from 5 Oct 2026 10:00 to 8 Oct 2026 10:00, 3 days. Paused from 8 Oct 2026 10:00 to 10 Oct 2026 10:00. "
        "Run 2 goes on since 10 Oct 2026 10:00. Evaluations: continue on 10 Oct 2026 10:00."
    )
    assert line.idle() == "Run 2 goes on since 10 Oct 2026 10:00."
    said: list[str] = []
    line.said.connect(said.append)
    for _ in range(5):
        QTest.keyClick(line, Qt.Key.Key_Right)
    assert len(said) == 4
    assert said[-1] == "Evaluated as continue on 10 Oct 2026 10:00."
    QTest.mouseMove(line, QPoint(30, round(line.parts()[0].place.center().y())))
    assert line.accessibleDescription().startswith("Run 1")


def test_that_the_funnel_tells_each_step_with_its_interval(qtbot: QtBot, theme: Theme) -> None:
    chart = FunnelChart(theme)
    qtbot.addWidget(chart)
    chart.resize(800, 220)
    counts = dict(zip(EVENT_TYPES, (100, 25, 10, 12, 0, 0, 0), strict=True))
    chart.show_steps(funnel(counts), "qpc")
    chart.show()
    words = [part.words for part in chart.parts()]
    assert words[1] == "Conversations 25: 25.0 % of the step before, an estimate; 95 % interval 16.8–34.7 %."
    assert words[3].startswith("Installs scheduled 12. There are more of it than of qpc")
    QTest.keyClick(chart, Qt.Key.Key_Down)
    QTest.keyClick(chart, Qt.Key.Key_Down)
    assert chart.accessibleDescription() == words[1]
    assert not chart.grab().isNull()


def test_that_figures_keep_the_rules_of_a_table_model(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    model = FiguresModel(("Day", "Cost"))
    qtmodeltester.check(model)
    with qtbot.waitSignal(model.modelReset):
        model.set_rows([("Mon", "$1.00"), ("Tue", "$2.00")])
    assert model.rowCount() == 2
    assert model.rowCount(model.index(0, 0)) == 0
    assert model.index(1, 1).data() == "$2.00"
    assert model.data(QModelIndex()) is None


def test_that_a_table_of_figures_is_copied_as_a_whole(qtbot: QtBot) -> None:
    table = FiguresTable("figures", "Figures", ("Day", "Cost"))
    qtbot.addWidget(table)
    table.show_rows([("Mon", "$1.00")])
    table.show()
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Day\tCost\nMon\t$1.00"


def test_that_an_axis_names_no_more_days_than_fit() -> None:
    for span in (0, 1, 6, 13, 40, 90, 400, 2000, 36_500):
        for most in (1, 4, 9):
            last = START.date() + span * DAY
            ticks = day_ticks(START.date(), last, most)
            assert len(ticks) <= most
            assert all(START.date() <= day <= last for day in ticks)
            assert ticks == sorted(ticks)
