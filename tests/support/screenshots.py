"""`make screenshots`: every page of the demo desk in both palettes and sizes, into `docs/screenshots/`.

`--desks FOLDER` builds the desks there; the folder's name is seen in some pictures.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtGui import QPixmap

from capdesk.services.demo.build import ZONE
from capdesk.views.look.colors import Scheme
from capdesk.views.places import PAGES, Place
from tests.support.pictures import Camera, camera
from tests.support.quantized import save
from tests.support.scenes import Stage, prepare

OUT = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = ((1280, 800), (1920, 1080))
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SECTIONS = ("desk", "connections", "mail", "reports", "mapping", "secrets", "database", "appearance", "about")
RUNNING, EVALUATED = "Referral opener", 1


def places(experiments: dict[str, int]) -> dict[str, Place]:
    """Every page there is, by the name of its pictures."""
    shown = {"campaign": Place("campaign", 1), "experiment": Place("experiment", experiments[RUNNING])}
    shown |= {"evaluation": Place("evaluation", EVALUATED), "evaluate": Place("evaluate", experiments[RUNNING])}
    found = {key: shown.get(key, Place(key)) for key in PAGES if key != "settings"}
    return found | {f"settings-{section}": Place("settings", filter=section) for section in SECTIONS}


class Album:
    """The pictures taken, in a folder for each palette and width."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._taken: dict[str, tuple[str, list[str]]] = {}

    def add(self, name: str, told: str, scheme: Scheme, picture: QPixmap) -> None:
        folder = f"{scheme}-{picture.width()}"
        (self._out / folder).mkdir(parents=True, exist_ok=True)
        save(picture, self._out / folder / f"{name}.png")
        self._taken.setdefault(name, (told, []))[1].append(folder)

    def write_index(self) -> int:
        """A table of what was taken; returns the number of pictures."""
        lines = ["# Pictures of the window", "", "Made by `make screenshots` from the demo desk.", ""]
        folders = [f"{scheme}-{width}" for width, _ in SIZES for scheme in SCHEMES]
        lines += [f"| what | {' | '.join(folders)} |", f"|---|{'---|' * len(folders)}"]
        for name, (told, taken) in self._taken.items():
            links = (f"[{name}]({one}/{name}.png)" if one in taken else "" for one in folders)
            lines.append(f"| {told} | {' | '.join(links)} |")
        (self._out / "README.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
        return sum(len(taken) for _, taken in self._taken.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desks", type=Path, help="an existing folder; without it, a temporary one")
    parser.add_argument("--out", type=Path, default=OUT)
    told = parser.parse_args()
    os.environ |= {"QT_QPA_PLATFORM": "offscreen", "TZ": ZONE}
    with tempfile.TemporaryDirectory() as new, _desks(told.desks) as folder:
        album = Album(Path(new))
        demo, empty = folder / "capdesk-demo", folder / "capdesk-desk"
        subprocess.run([sys.executable, "-m", "capdesk", "demo", str(demo)], check=True, stdout=subprocess.DEVNULL)
        for size in SIZES:
            _photograph(demo, album, size)
        with camera(empty, "light", SIZES[0]) as made:
            for key in ("home", "imports", "evaluate", "experiments"):
                made.workspace.go(key)
                made.rest()
                _both(
                    made, album, f"empty-{key}", f"{PAGES[key].title} of an empty desk", Stage(made, {}, demo).picture
                )
        count = album.write_index()
        shutil.rmtree(told.out, ignore_errors=True)
        shutil.copytree(new, told.out)
    print(f"{count} pictures in {told.out}")


@contextmanager
def _desks(folder: Path | None) -> Iterator[Path]:
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            yield Path(made)
    else:
        yield folder
        for desk in ("capdesk-demo", "capdesk-desk"):
            shutil.rmtree(folder / desk, ignore_errors=True)


def _photograph(demo: Path, album: Album, size: tuple[int, int]) -> None:
    with camera(demo, "light", size) as made:
        experiments = prepare(made.workspace.desk)
        stage = Stage(made, experiments, demo)
        for name, place in places(experiments).items():
            made.workspace.went.emit(place)
            made.rest()
            _choose_first_row(made)
            _both(made, album, name, _told(name, place), stage.picture)
        if size == SIZES[0]:
            for name, told in stage.scenes():
                _both(made, album, name, told, stage.picture)


def _told(name: str, place: Place) -> str:
    title = PAGES[place.page].title
    return (
        f"{title}: {place.filter}" if place.page == "settings" else title if name != "evaluate" else "Passing a verdict"
    )


def _choose_first_row(made: Camera) -> None:
    """So that the pane beside a list has something to tell."""
    page: Any = made.window.bench.current_page()
    table = getattr(page, "table", None)
    if table is not None and table.view.model().rowCount():
        table.view.setFocus()
        table.view.go_to_row(0)
        made.rest()


def _both(made: Camera, album: Album, name: str, told: str, picture: Any) -> None:
    """In the look it has first: to change it takes a while."""
    now = made.theme.choice
    for scheme in sorted(SCHEMES, key=lambda one: one != now):
        made.theme.choose(scheme)
        made.rest()
        album.add(name, told, scheme, picture())


if __name__ == "__main__":
    main()
