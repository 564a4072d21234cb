"""Pictures of the window on a real desk: `python -m tests.support.pictures DESK OUT.png [PAGE[:ID[:FILTER]]] ...`."""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from capdesk.views.look.theme import Choice, Theme
from capdesk.views.places import Place
from capdesk.views.shell.window import Window
from capdesk.views.workspace import Workspace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_PATIENCE_S = 30.0


class Camera:
    """A window that goes where it is told and is photographed once it has come to rest."""

    def __init__(self, folder: Path, scheme: Choice = "light", size: tuple[int, int] = (1280, 800), scale: int = 100):
        existing = QApplication.instance()
        self.application = existing if isinstance(existing, QApplication) else QApplication([])
        self.theme = Theme(self.application, scheme, scale)
        self.workspace = Workspace(folder, None, self.theme)
        self.workspace.failed.connect(self._failed)
        self.mistakes: list[Exception] = []
        self.window = Window(self.workspace)
        self.window.resize(*size)
        self.window.show()
        self.window.open_soon()
        self.wait(lambda: self.workspace.is_open)
        self.rest()

    def _failed(self, error: Exception) -> None:
        self.mistakes.append(error)

    def wait(self, until: object) -> None:
        assert callable(until)
        deadline = time.monotonic() + _PATIENCE_S
        while not until():
            assert time.monotonic() < deadline, "the window did not come to rest"
            assert not self.mistakes, self.mistakes
            self.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

    def rest(self) -> None:
        """Until nothing has been under way for a few turns of the event loop."""
        calm = 0
        while calm < 8:
            self.wait(lambda: self.workspace.jobs.idle)
            self.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
            calm = calm + 1 if self.workspace.jobs.idle else 0

    def rest_a_while(self, seconds: float = 0.6) -> None:
        """Also until what waits for typing to pause has been done."""
        until = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > until)
        self.rest()

    def take(self, place: Place, file: Path) -> None:
        self.workspace.went.emit(place)
        self.rest()
        self.window.grab().save(str(file))

    def close(self) -> None:
        self.window.closing.close_without_asking()
        self.window.close()
        self.workspace.jobs.close(10_000)
        if self.workspace.is_open:
            self.workspace.desk.close()
        self.application.processEvents()


@contextmanager
def camera(folder: Path, scheme: Choice, size: tuple[int, int], scale: int = 100) -> Iterator[Camera]:
    made = Camera(folder, scheme, size, scale)
    try:
        yield made
    finally:
        made.close()


def place(words: str) -> Place:
    page, _, rest = words.partition(":")
    record, _, wanted = rest.partition(":")
    return Place(page, int(record) if record else None, wanted)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("desk", type=Path)
    parser.add_argument("out", type=Path, help="with several places: out-1.png, out-2.png ...")
    parser.add_argument("places", nargs="*", default=["home"])
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--scale", type=int, default=100)
    told = parser.parse_args(arguments)
    width, height = map(int, told.size.split("x"))
    with camera(told.desk, "dark" if told.dark else "light", (width, height), told.scale) as made:
        for number, words in enumerate(told.places, 1):
            file = told.out if len(told.places) == 1 else told.out.with_stem(f"{told.out.stem}-{number}")
            made.take(place(words), file)
            print(file)


if __name__ == "__main__":
    main()
