"""What the window shows beyond its pages: dialogs, the palette, the import wizard; set up to be photographed."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QScrollArea, QWidget

from capdesk.bootstrap import Desk
from capdesk.models.base import EventType, Verdict
from capdesk.services.experiments import ExperimentPlan, add_experiment, list_experiments
from capdesk.services.settings import change_settings
from capdesk.views.pages.evaluations.verdict_form import Draft
from tests.support.pictures import Camera

Scenes = Iterator[tuple[str, str]]
"""A name for the picture and what it shows; the window shows it when the next one is asked for."""

PLANNED = "Evening calls"
_MISTAKES = "calls-with-mistakes.csv"
_FILTER = 'type:paid-conversion,calculator-installed when:this-month experiment:"Referral opener"'
_RECEIPT = 5


def prepare(desk: Desk) -> dict[str, int]:
    """An owner with a name and an experiment that can still be started; the ids of experiments by name."""
    plan = ExperimentPlan(
        name=PLANNED,
        hypothesis="Calls between 17:00 and 19:00 bring an install for less than $180.",
        capital_cap_usd=Decimal(9000),
        tranche_size_usd=Decimal(1500),
        time_cap_days=45,
        primary_success_event=EventType.CALCULATOR_INSTALLED,
        secondary_events=(EventType.QPC, EventType.INSTALL_ATTENDED),
        bonus_rules={EventType.CALCULATOR_INSTALLED: Decimal(20)},
    )

    def record(session: Any) -> dict[str, int]:
        found = {one.name: one.id for one in list_experiments(session)}
        if PLANNED in found:
            return found
        change_settings(session, desk.owner_id, owner_name="Olga Marin", owner_email="olga@example.com")
        return found | {PLANNED: add_experiment(session, "Comfort Ohio", plan).id}

    found = desk.write(record)
    desk.seal()
    return found


@dataclass(frozen=True)
class Stage:
    """Plays scenes one after the other in a window on the demo desk."""

    camera: Camera
    experiments: dict[str, int]
    demo: Path

    def scenes(self) -> Scenes:
        for part in (self._shell, self._lists, self._experiment, self._verdict, self._import):
            yield from part()

    def picture(self) -> QPixmap:
        """The window with whatever dialog or menu lies over it, as a screen would show them."""
        window = self.camera.window
        whole = window.grab()
        for over in self._over():
            _lay(whole, over)
        return whole

    def _over(self) -> list[QWidget]:
        shown = [one for one in QApplication.topLevelWidgets() if one.isVisible()]
        return [one for one in shown if isinstance(one, QDialog | QMenu)]

    def _page(self, key: str, record: int | None = None, filter: str = "") -> Any:
        self.camera.workspace.go(key, record, filter)
        self.camera.rest()
        return self.camera.window.bench.current_page()

    def _leave(self) -> None:
        for one in self._over():
            one.close()
        self.camera.rest()

    def _shell(self) -> Scenes:
        bench = self.camera.window.bench
        page = self._page("home")
        card = page.cards[self.experiments["Referral opener"]]
        area = page.findChild(QScrollArea)
        area.ensureWidgetVisible(card, 0, 24)
        yield "home-card", "The card of an experiment"
        area.verticalScrollBar().setValue(0)
        bench.palette_.enter()
        QTest.keyClicks(bench.palette_.words, "call")
        self.camera.rest_a_while()
        yield "palette", "Search and command palette (Ctrl+K)"
        bench.palette_.leave()
        bench.shortcuts.enter()
        yield "shortcuts", "Keyboard shortcuts (Ctrl+/)"
        bench.shortcuts.leave()
        bench.help.enter()
        yield "help", "The guide (F1)"
        self._leave()

    def _lists(self) -> Scenes:
        page = self._page(
            "events", filter='type:paid-conversion,calculator-installed when:this-month experiment:"Referral opener"'
        )
        page.table.view.setFocus()
        page.table.view.go_to_row(0)
        page.beside.toggle()
        self.camera.rest()
        yield "list-filtered", "A filtered list with its details pane"
        page.beside.toggle()
        page.table.bar.help.click()
        yield "filter-help", "How to filter this list"
        self._leave()
        page.table.set_filter("")
        self.camera.rest()

    def _experiment(self) -> Scenes:
        page = self._page("experiments")
        page.plan()
        self.camera.rest()
        dialog = self._over()[0]
        form = dialog.form  # type: ignore[attr-defined]
        form.set_values({
            "campaign": form.fields["campaign"].box.itemData(0),
            "name": "Two callbacks",
            "hypothesis": "A second callback within two days brings an install for less than $200.",
            "capital_cap_usd": Decimal(8000),
            "tranche_size_usd": Decimal(2000),
            "time_cap_days": 30,
            "secondary_events": (EventType.QPC,),
        })  # fmt: skip
        yield "new-experiment", "Planning an experiment"
        self._leave()
        page = self._page("experiment", self.experiments[PLANNED])
        yield "experiment-planned", "An experiment before its first start"
        page.commands()[-1].run()
        self.camera.rest()
        yield "start", "Starting it: what will be locked"
        self._leave()

    def _verdict(self) -> Scenes:
        page = self._page("evaluate", self.experiments["Referral opener"])
        page.form.set_draft(
            Draft(
                Verdict.CONTINUE,
                "Installs cost less than the hypothesis allows and came evenly over the weeks.",
                "Look again when the eighth tranche is used up.",
                cap="45000",
            )
        )
        self.camera.rest()
        yield "verdict", "A verdict with its reason and a new cap"
        page.ask_to_seal()
        self.camera.rest()
        yield "seal", "What will be sealed"
        self._leave()
        page.form.set_draft(Draft())

    def _import(self) -> Scenes:
        page = self._page("imports")
        page.start()
        self.camera.rest()
        yield "import-1", "Import, step 1: the file"
        page.begin(self._calls())
        self.camera.rest()
        page.wizard.what.campaign.box.setCurrentText("Roofers Northeast")
        self.camera.rest()
        yield "import-2", "Import, step 2: what the file is"
        for number, told in ((3, "columns"), (4, "the check, which records nothing")):
            page.wizard.go_on()
            self.camera.rest_a_while()
            yield f"import-{number}", f"Import, step {number}: {told}"
        page.wizard.go_on()
        self.camera.wait(lambda: page.wizard.at == _RECEIPT)
        self.camera.rest_a_while()
        yield "import-6", "Import, step 6: the receipt"
        page.wizard.receipt.open_rows.click()
        self.camera.rest_a_while()
        yield "rejects", "Rejected rows, to be corrected and imported again"
        page.show_list()

    def _calls(self) -> Path:
        return self.demo / "sources" / _MISTAKES


def _lay(whole: QPixmap, over: QWidget) -> None:
    """In the middle, on a dimmed window, with a title bar, as window managers do."""
    picture = over.grab()
    title = over.windowTitle()
    bar = round(over.fontMetrics().height() * 1.9) if title else 0
    size = picture.size()
    left, top = (whole.width() - size.width()) // 2, max((whole.height() - size.height() - bar) // 2, 0)
    frame = QRect(left, top, size.width(), size.height() + bar)
    painter = QPainter(whole)
    painter.fillRect(whole.rect(), QColor(0, 0, 0, 90))
    palette = over.palette()
    painter.fillRect(frame, palette.window())
    painter.setFont(over.font())
    painter.setPen(palette.windowText().color())
    painter.drawText(QRect(left, top, size.width(), bar), Qt.AlignmentFlag.AlignCenter, title)
    painter.drawPixmap(QPoint(left, top + bar), picture)
    painter.setPen(QPen(palette.mid().color(), 1))
    painter.drawRect(frame.adjusted(0, 0, -1, -1))
    painter.end()
