"""The user guide says what is so: its links lead somewhere, its keys do something, its filters find something."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QKeySequence, QShortcut, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QTextBrowser

import capdesk
from capdesk.bootstrap import Desk
from capdesk.errors import UsageRefused
from capdesk.services.listings import read
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask
from capdesk.views.forms.form import Form, FormDialog
from capdesk.views.places import PAGES, Place
from capdesk.views.shell.help import guide
from capdesk.views.shell.window import Window
from capdesk.views.shell.workbench import Workbench
from tests.views.conftest import Settle

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = DOCS / "guide"
PAGES_OF_THE_GUIDE = sorted(path.name for path in GUIDE.glob("*.md"))
LINK = re.compile(r"(!?)\[[^]]*\]\(([^)\s]+)\)")

WIDGETS_OWN = {
    *("Esc", "Enter", "Return", "Down", "Home", "End", "Arrow keys", "Shift+Up", "Shift+Down"),
    *("Alt+Down", "Shift+F10", "Ctrl+A"),
}
"""Keys that what has the keyboard takes itself; each is tested with its widget."""


NAMED = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)")
EXAMPLES = {"2.4 of 5 tranches", "3 of 4", "differs from what is recorded", "Reverse…", "Start…"}
"""What stands in italics and is put together by the window, or said by none."""

_IMAGE = QTextDocument.ResourceType.ImageResource


def click_on(words: str, browser: QTextBrowser) -> None:
    """The link of these words."""
    found = browser.document().find(words)
    found.setPosition(found.selectionStart() + 1)
    browser.setTextCursor(found)
    browser.ensureCursorVisible()
    place = browser.cursorRect().center()
    QTest.mouseClick(browser.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def links(page: Path, *, pictures: bool) -> list[str]:
    found = LINK.findall(page.read_text(encoding="utf-8"))
    return [target for mark, target in found if bool(mark) is pictures]


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    section = (GUIDE / page).read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def keys(text: str) -> set[str]:
    return {key.strip() for key in text.split(",")}


@pytest.mark.parametrize("name", PAGES_OF_THE_GUIDE)
def test_that_every_link_and_picture_of_the_guide_exists(name: str) -> None:
    page = GUIDE / name
    missing = [one for one in links(page, pictures=False) if not (GUIDE / one).is_file()]
    missing += [one for one in links(page, pictures=True) if not (GUIDE / one).is_file()]
    assert missing == []
    assert links(page, pictures=True)


def test_that_every_page_of_the_guide_is_reached_from_its_first() -> None:
    reached, waiting = set[str](), ["index.md"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += links(GUIDE / name, pictures=False)
    assert reached == set(PAGES_OF_THE_GUIDE)


def test_that_pictures_of_the_guide_are_those_that_are_installed_with_it() -> None:
    shown = {one for name in PAGES_OF_THE_GUIDE for one in links(GUIDE / name, pictures=True)}
    assert {one.rsplit("/", 1)[0] for one in shown} == {"../screenshots/light-1280"}


def test_that_what_the_guide_tells_to_press_is_written_so_in_the_window() -> None:
    views = Path(capdesk.__file__).parent / "views"
    window = "\n".join(path.read_text(encoding="utf-8").replace("&", "") for path in views.rglob("*.py"))
    told = {words for name in PAGES_OF_THE_GUIDE for words in NAMED.findall((GUIDE / name).read_text(encoding="utf-8"))}
    assert {words for words in told if words not in window} == EXAMPLES


def test_that_every_shortcut_of_the_menus_is_in_the_guide_and_no_other(bench: Workbench) -> None:
    bench.workspace.go("settings")
    offered = {act.shortcut: act.title for act in [*bench.acts.acts(), *_turned_off(bench)] if act.shortcut}
    assert dict(rows("keyboard.md", "Everywhere")) == offered


def _turned_off(bench: Workbench) -> list[Any]:
    """Back and forward, while there is nowhere to go."""
    known = {act.key for act in bench.acts.acts()}
    return [act for key, act in bench.acts._acts.items() if key not in known]


def test_that_every_filter_of_the_guide_is_understood(desk: Desk) -> None:
    refused = []
    for page, typed, *_ in rows("lists.md", "Typed filters"):
        listing = LISTINGS[next(key for key, one in PAGES.items() if one.title == page)]
        try:
            read.check(listing, Ask(typed.strip("`")))
            desk.read(partial(read.count, listing=listing, ask=Ask(typed.strip("`"))))
        except UsageRefused as error:
            refused.append(f"{page}: {error}")
    assert refused == []


class TestOnTheDemo:
    """Pages with something on them."""

    @pytest.fixture
    def desk(self, demo_desk: Desk) -> Desk:
        return demo_desk

    def test_that_every_shortcut_of_a_page_is_in_the_guide_and_no_other(self, window: Window, settle: Settle) -> None:
        found = set(_of_pages(window, settle)) | set(_of_widgets(window))
        told = set().union(*(keys(row[0]) for row in rows("keyboard.md", "In a list")))
        told = told.union(*(keys(row[0]) for row in rows("keyboard.md", "On a page")))
        assert found - WIDGETS_OWN - {"Alt+Left"} == told - WIDGETS_OWN  # Alt+Left: back, also in the guide's window


def _of_pages(window: Window, settle: Settle) -> Iterator[str]:
    """What pages and rows offer; every page is opened once."""
    places = [Place(key, 1 if key in ("campaign", "experiment", "evaluation", "evaluate") else None) for key in PAGES]
    for place in places:
        window.workspace.went.emit(place)
        settle()
        page: Any = window.bench.current_page()
        assert page is not None
        commands = list(page.commands())
        row = page.table.model.row(0) if hasattr(page, "table") and page.table.view.model().rowCount() else None
        if row is not None:
            commands += page.table.row_commands(row)
        yield from (one.shortcut for one in commands if one.shortcut)


def _of_widgets(window: Window) -> Iterator[str]:
    dialog = FormDialog(window.workspace, "Any", Form(), lambda _desk, _values: None, parent=window)
    shortcuts = [one.key() for one in window.findChildren(QShortcut)]
    shortcuts += [one.shortcut() for one in window.findChildren(QPushButton)]
    dialog.deleteLater()
    for key in shortcuts:
        words = key.toString(QKeySequence.SequenceFormat.PortableText)
        if (words and not words.startswith("Alt+")) or len(words) > len("Alt+X"):
            yield words.replace("Ctrl+Return", "Ctrl+Enter")


def test_that_help_shows_the_guide_and_follows_its_links(bench: Workbench) -> None:
    help_window = bench.help
    help_window.enter()
    browser = help_window.browser
    assert "Guide" in browser.toPlainText()
    click_on("Lists", browser)
    assert "Typed filters" in browser.toPlainText()
    room = browser.viewport().width()
    shown = [browser.document().resource(_IMAGE, QUrl(name)) for name in browser.pictures()]
    assert shown
    assert all(0 < picture.deviceIndependentSize().width() <= room for picture in shown)
    QTest.keyClick(browser, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert browser.source().fileName() == "index.md"


def test_that_the_guide_is_found_in_a_source_tree_and_once_installed(tmp_path: Path) -> None:
    installed = tmp_path / "capdesk"
    (installed / "resources" / "guide").mkdir(parents=True)
    (installed / "resources" / "guide" / "index.md").write_text("# Guide\n", encoding="utf-8")
    assert guide(installed) == installed / "resources" / "guide" / "index.md"
    assert guide() == (GUIDE / "index.md").resolve()
