"""`make screenshots`: every page of the demo desk in both palettes and sizes, into `docs/screenshots/`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from capdesk.views.look.colors import Scheme
from capdesk.views.places import Place
from tests.support.pictures import Camera, camera

OUT = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = ((1280, 800), (1920, 1080))
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PLACES = {
    "home": Place("home"),
    "campaigns": Place("campaigns"),
    "campaign": Place("campaign", 1),
    "experiments": Place("experiments"),
    "experiment": Place("experiment", 3),
    "leads": Place("leads"),
    "team": Place("team"),
    "calls": Place("calls"),
    "events": Place("events"),
    "time": Place("time"),
    "imports": Place("imports"),
    "costs": Place("costs"),
    "bonuses": Place("bonuses"),
    "syncs": Place("syncs"),
    "evaluations": Place("evaluations"),
    "evaluation": Place("evaluation", 1),
    "evaluate": Place("evaluate", 3),
    "overrides": Place("overrides"),
    "reports": Place("reports"),
    "notifications": Place("notifications"),
    **{
        f"settings-{section}": Place("settings", filter=section)
        for section in ("desk", "connections", "mail", "mapping", "secrets", "database", "appearance", "about")
    },
}


def main() -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        demo, empty = Path(folder) / "capdesk-demo", Path(folder) / "new-desk"
        subprocess.run([sys.executable, "-m", "capdesk", "demo", str(demo)], check=True, stdout=subprocess.DEVNULL)
        for scheme in SCHEMES:
            for size in SIZES:
                _round(demo, PLACES, scheme, size)
            _round(empty, {"first-start": Place("home")}, scheme, SIZES[0])
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")


def _round(desk: Path, places: dict[str, Place], scheme: Scheme, size: tuple[int, int]) -> None:
    with camera(desk, scheme, size) as made:
        for name, place in places.items():
            _take(made, place, OUT / f"{name}-{scheme}-{size[0]}.png")


def _take(made: Camera, place: Place, file: Path) -> None:
    """256 colors are enough for a window, and make a third of the size."""
    made.take(place, file)
    image = QImage(str(file)).convertToFormat(QImage.Format.Format_Indexed8, Qt.ImageConversionFlag.AvoidDither)
    image.save(str(file), "PNG", 0)


if __name__ == "__main__":
    main()
