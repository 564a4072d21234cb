"""Everything the window itself can do: the menus, their shortcuts, and what the palette lists of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from capdesk.views.look.fonts import TEXT_SCALES
from capdesk.views.look.theme import CHOICES, Choice
from capdesk.views.places import PAGES, Place

if TYPE_CHECKING:
    from capdesk.views.shell.workbench import Workbench

S = TypeVar("S", bound=str)
SCHEME, SCALE = "look/scheme", "look/scale"


@dataclass(frozen=True)
class Act:
    """One entry of a menu. `open` is whether it needs the desk."""

    key: str
    title: str
    run: Callable[[], object]
    icon: str = ""
    shortcut: str = ""
    needs_desk: bool = True


class Actions(QObject):
    """The menu bar, built once; titles are what the palette shows too."""

    def __init__(self, bench: "Workbench") -> None:
        super().__init__(bench)
        self._bench, self._workspace = bench, bench.workspace
        self.by_key: dict[str, QAction] = {}
        self._acts: dict[str, Act] = {}
        self._menus: list[tuple[str, list[str]]] = []
        self._build(self.tr("&File"), self._file())
        self._build(self.tr("&View"), self._view())
        self._build(self.tr("&Go"), self._go())
        self._build(self.tr("&Help"), self._help())
        self._draw_icons()
        self._enable()
        self.follow(False, False)
        self._workspace.opened.connect(self._enable)
        self._workspace.theme.changed.connect(self._draw_icons)

    def acts(self) -> list[Act]:
        """Those that can be done now, in the order of the menus."""
        return [act for key, act in self._acts.items() if self.by_key[key].isEnabled()]

    def shortcuts(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Titles and keys, by menu; the page's own first."""
        page = self._bench.current_page()
        own = [(one.title, _keys(one.shortcut)) for one in page.commands() if one.shortcut] if page else []
        menus = [
            (name, [(act.title, _keys(act.shortcut)) for act in (self._acts[key] for key in keys) if act.shortcut])
            for name, keys in self._menus
        ]
        return [(name, entries) for name, entries in [(self.tr("This page"), own), *menus] if entries]

    def follow(self, back: bool, forward: bool) -> None:
        """Whether one can go back and forward."""
        self.by_key["back"].setEnabled(back)
        self.by_key["forward"].setEnabled(forward)

    def choose_scheme(self, choice: Choice) -> None:
        self._workspace.theme.choose(choice)
        self._workspace.memory.put(SCHEME, choice)

    def step_text(self, steps: int) -> None:
        """Larger (1), smaller (-1) or as usual (0)."""
        theme = self._workspace.theme
        nearest = min(range(len(TEXT_SCALES)), key=lambda i: abs(TEXT_SCALES[i] - theme.scale))
        chosen = TEXT_SCALES[max(0, min(nearest + steps, len(TEXT_SCALES) - 1))] if steps else 100
        theme.choose(scale=chosen)
        self._workspace.memory.put(SCALE, chosen)

    def _file(self) -> list[Act | None]:
        do, bench = self._bench.errands.do_on_page, self._bench
        return [
            Act("new-campaign", self.tr("New campaign…"), lambda: do("campaigns", "new campaign"), "megaphone"),
            Act("new-experiment", self.tr("New experiment…"), lambda: do("experiments", "new exp"), "flask-conical"),
            Act("import", self.tr("Import a file…"), _bound(bench.errands.asked, "import"), "file-input", "Ctrl+O"),
            Act("sync", self.tr("Sync now"), lambda: do("syncs", "sync now"), "refresh-cw"),
            Act("back-up", self.tr("Back up now…"), _bound(bench.errands.asked, "backup"), "database"),
            Act("demo", self.tr("Build a demo desk…"), bench.errands.offer_demo, "flag"),
            None,
            Act("window", self.tr("New window"), bench.errands.new_window, "plus", "Ctrl+Shift+N", False),
            Act("desk", self.tr("Open another desk…"), bench.errands.choose_desk, "folder-open", "", False),
            None,
            Act("close", self.tr("Close"), bench.main.close, "log-out", "Ctrl+Q", False),
        ]

    def _view(self) -> list[Act | None]:
        bench = self._bench
        names = {"system": self.tr("As the system is"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        icons = {"system": "monitor", "light": "sun", "dark": "moon"}
        schemes: list[Act | None] = [
            Act(one, self.tr("Look: {name}").format(name=names[one]), _bound(self.choose_scheme, one), icons[one], "",
                needs_desk=False)
            for one in CHOICES
        ]  # fmt: skip
        return [
            Act("reload", self.tr("Read this page again"), bench.reload, "rotate-ccw", "F5"),
            Act("sidebar", self.tr("Collapse or widen the sidebar"), bench.sidebar.flip, "panel-left", "Ctrl+B"),
            Act("jobs", self.tr("Jobs"), bench.jobs_panel.flip, "list-checks", "Ctrl+J"),
            Act("log", self.tr("Log"), bench.main.show_log, "terminal", "Ctrl+Shift+L", False),
            None,
            *schemes,
            None,
            Act("larger", self.tr("Larger text"), lambda: self.step_text(1), "plus", "Ctrl+=", False),
            Act("smaller", self.tr("Smaller text"), lambda: self.step_text(-1), "", "Ctrl+-", False),
            Act("usual", self.tr("Usual text size"), lambda: self.step_text(0), "", "Ctrl+0", False),
        ]

    def _go(self) -> list[Act | None]:
        bench = self._bench
        pages: list[Act | None] = [
            Act(f"page-{info.key}", self.tr(info.title), _bound(self._to_page, info.key), info.icon,
                f"Ctrl+{number}" if number <= 9 else "")
            for number, info in enumerate((one for one in PAGES.values() if one.listed), 1)
        ]  # fmt: skip
        return [
            Act("palette", self.tr("Search or do anything"), bench.palette_.flip, "search", "Ctrl+K"),
            None,
            Act("back", self.tr("Back"), lambda: bench.move_in_history(-1), "arrow-left", "Alt+Left"),
            Act("forward", self.tr("Forward"), lambda: bench.move_in_history(1), "arrow-right", "Alt+Right"),
            Act("to-sidebar", self.tr("To the sidebar, or back to the page"), bench.switch_side, "", "F6"),
            None,
            *pages,
        ]

    def _help(self) -> list[Act | None]:
        bench = self._bench
        return [
            Act("guide", self.tr("Guide"), bench.help.enter, "circle-help", "F1", False),
            Act("keys", self.tr("Keyboard shortcuts"), bench.shortcuts.flip, "command", "Ctrl+/", False),
            Act("about", self.tr("About capdesk"), lambda: self._to_page("settings", "about"), "info"),
        ]

    def _build(self, name: str, acts: list[Act | None]) -> None:
        menu = QMenu(name, self._bench.main)
        menu.setObjectName(f"menu-{name.replace('&', '').lower()}")
        self._bench.main.menuBar().addMenu(menu)
        keys = []
        for act in acts:
            if act is None:
                menu.addSeparator()
                continue
            made = QAction(act.title, self)
            made.setObjectName(f"action-{act.key}")
            if act.shortcut:
                made.setShortcuts(_sequences(act.shortcut))
            made.triggered.connect(lambda _checked=False, run=act.run: run())
            made.setMenuRole(_ROLES.get(act.key, QAction.MenuRole.NoRole))
            menu.addAction(made)
            self.by_key[act.key], self._acts[act.key] = made, act
            keys.append(act.key)
        self._menus.append((name.replace("&", ""), keys))

    def _to_page(self, key: str, part: str = "") -> None:
        self._workspace.went.emit(Place(key, filter=part))
        self._bench.focus_page()

    def _enable(self) -> None:
        for key, act in self._acts.items():
            if act.needs_desk and key not in ("back", "forward"):
                self.by_key[key].setEnabled(self._workspace.is_open)

    def _draw_icons(self) -> None:
        for key, act in self._acts.items():
            if act.icon:
                self.by_key[key].setIcon(self._workspace.theme.icon(act.icon))


_ROLES = {"close": QAction.MenuRole.QuitRole, "about": QAction.MenuRole.AboutRole}
_TOO = {"Ctrl+=": ("Ctrl++",), "Ctrl+Q": ("Ctrl+W",), "Alt+Left": ("Back",), "Alt+Right": ("Forward",)}
"""Keys that do the same."""


def _sequences(shortcut: str) -> list[QKeySequence]:
    return [QKeySequence(keys) for keys in (shortcut, *_TOO.get(shortcut, ()))]


def _keys(shortcut: str) -> str:
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)


def _bound(run: Callable[[S], object], value: S) -> Callable[[], object]:
    return lambda: run(value)
