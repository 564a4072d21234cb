"""The window: how soon it is seen and shows figures, how a million rows feel, what an import does to it, its memory.

Starts are timed from before the process is made to the first paint, ours and an empty QMainWindow with a QTableView by
turns. Rows are timed from the click to the first real row; meanwhile a pulse in the window's thread tells its stalls.
"""

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from PySide6.QtCore import QEventLoop

from capdesk.bootstrap import Desk
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.imports.load import import_file
from capdesk.views.collecting import Collecting, leave_out_what_stays
from capdesk.views.jobs import Report
from capdesk.views.places import PAGES, Place
from capdesk.views.records.table import RecordTable
from tests.bench._desks import big_desk, demo_desk
from tests.bench._heartbeat import Heartbeat
from tests.bench.import_calls import write_calls
from tests.support.pictures import Camera

ROUNDS = 9
_EMPTY = """
import sys, time
from PySide6.QtWidgets import QApplication, QMainWindow, QTableView
class Window(QMainWindow):
    def paintEvent(self, event):
        print(time.monotonic(), flush=True)
        QApplication.quit()
application = QApplication([])
window = Window()
window.setCentralWidget(QTableView())
window.resize(1280, 800)
window.show()
application.exec()
"""
# The program as it starts, but for a window that tells when it was first painted and when it shows figures.
_OURS = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from capdesk.views import app
class Window(app.Window):
    seen = False
    def paintEvent(self, event):
        super().paintEvent(event)
        if not self.seen:
            self.seen = True
            print(time.monotonic(), flush=True)
            self.looking = QTimer(self, interval=2, timeout=self.look)
            self.looking.start()
            if "figures" not in sys.argv:
                self.closing.close_without_asking()
    def look(self):
        from capdesk.views.charts.bars import CapitalBar
        if any(bar.isVisible() for bar in self.findChildren(CapitalBar)):
            self.looking.stop()
            print(time.monotonic(), flush=True)
            self.closing.close_without_asking()
app.Window = Window
app.run(Path(sys.argv[1]))
"""


def main() -> None:
    """Prints the table."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with demo_desk() as demo:
        _starts(demo)
    with big_desk() as folder:
        _rows(folder)
        _import(folder)


def _starts(demo: Path) -> None:
    empty, ours, figures = [], [], []
    for _ in range(ROUNDS):
        empty.append(_moments(_EMPTY)[0])
        ours.append(_moments(_OURS, str(demo))[0])
    for _ in range(ROUNDS):
        assert not EmbeddedServer(demo).status().running
        figures.append(_moments(_OURS, str(demo), "figures")[1])
    one, two, three = (statistics.median(each) for each in (empty, ours, figures))
    _say("window: start, offscreen, from before the process is made", "median", "to reach")
    _say("  empty QMainWindow with a QTableView, painted", f"{one * 1000:.0f} ms", "")
    _say("  capdesk, painted", f"{two * 1000:.0f} ms", f"{two / one:.2f} x; 1.5 x {_verdict(two / one <= 1.5)}")
    _say("  capdesk, first figures, server stopped before", f"{three:.2f} s", f"1.5 s {_verdict(three <= 1.5)}")


def _moments(script: str, *arguments: str) -> list[float]:
    """Seconds from before the process is made to each moment it prints."""
    begun = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return [float(line) - begun for line in ended.stdout.split()]


def _rows(folder: Path) -> None:
    made = Camera(folder)
    pulse = Heartbeat()
    made.workspace.went.emit(Place("time"))
    made.rest()
    Collecting(made.workspace)
    leave_out_what_stays()  # as the program does once it has been open for a while
    _say("", "", "")
    _say("window: a table of 1,000,000 events", "rows show", "longest stall; 300 ms, 50 ms")
    table: list[RecordTable] = []

    def opened() -> None:
        made.workspace.went.emit(Place("events"))
        table.append(made.window.pages["events"].findChildren(RecordTable)[0])

    _step(made, pulse, "open", opened, table)
    events = table[0]
    _step(made, pulse, "sort by type", lambda: events.sort("type", False), table)
    _step(made, pulse, "sort by lead", lambda: events.sort("name", False), table)
    _step(made, pulse, "filter type:qpc", lambda: events.set_filter("type:qpc"), table)
    _step(made, pulse, "filter by a word", lambda: events.set_filter("4711"), table)
    events.set_filter("")
    _step(made, pulse, "no filter, by time", lambda: events.sort("when", True), table)
    made.rest()
    count = events.model.rowCount()
    _step(made, pulse, f"jump to the end of {count:,}", events.view.scrollToBottom, table)
    _step(made, pulse, "jump to the middle", lambda: _to_middle(events), table)
    for key in PAGES:
        made.workspace.went.emit(Place(key, 1 if not PAGES[key].listed else None))
        made.rest()
    gc.collect()
    memory = psutil.Process().memory_info().rss / 2**20
    _say("", "", "")
    _say("window: memory after every page", f"{memory:.0f} MB", f"350 MB {_verdict(memory <= 350)}")
    pulse.stop()
    made.close()


def _to_middle(table: RecordTable) -> None:
    bar = table.view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)


def _step(made: Camera, pulse: Heartbeat, name: str, action: Callable[[], object], table: list[RecordTable]) -> None:
    made.rest()
    pulse.clear()
    begun = time.perf_counter()
    action()
    deadline = begun + 30
    while not _shows_rows(table[0]) and time.perf_counter() < deadline:
        made.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
    shown = (time.perf_counter() - begun) * 1000
    made.rest()
    stall = pulse.longest()
    _say(f"  {name}", f"{shown:.0f} ms", f"{stall:.0f} ms {_verdict(shown <= 300 and stall <= 50)}")


def _shows_rows(table: RecordTable) -> bool:
    """Whether what was asked for last is what is seen."""
    first = table.view.rowAt(1)
    return not table.model.loading and first >= 0 and table.model.held(first) is not None


def _import(folder: Path) -> None:
    with TemporaryDirectory() as name:
        calls = write_calls(Path(name) / "calls.csv", 1_000_000, first=10_000_000 // 10)
        made = Camera(folder)
        Collecting(made.workspace)
        leave_out_what_stays()
        pulse = Heartbeat()
        made.rest()
        ended: list[object] = []

        def work(desk: Desk, report: Report) -> object:
            return import_file(desk, "calls", calls, campaign="Bench", progress=report)

        pulse.clear()
        begun = time.perf_counter()
        made.workspace.run("Importing", work, then=ended.append, failed=ended.append)
        while not ended:
            made.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        taken, late = time.perf_counter() - begun, pulse.share(0.999)
        longest = pulse.longest()
        pulse.stop()
        made.close()
    _say("", "", "")
    _say(f"window: stall while 1,000,000 rows are imported ({taken:.0f} s)", "p99.9", "longest; p99.9 100 ms")
    _say(f"  {len(pulse.late):,} beats", f"{late:.0f} ms", f"{longest:.0f} ms {_verdict(late <= 100)}")
    if isinstance(ended[0], Exception):
        raise ended[0]


def _verdict(reached: bool) -> str:
    return "yes" if reached else "NO"


def _say(name: str, figure: str, to_reach: str) -> None:
    sys.stdout.write(f"{name:<64}{figure:>12}   {to_reach}".rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
