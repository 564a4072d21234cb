"""The folder is the architecture: who may import whom, who may ask for the time, and what loads when."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "capdesk"
QT = ("PySide6", "pyqtgraph", "shiboken6")
FACES = ("capdesk.cli", "capdesk.commands", "capdesk.views", "capdesk.bootstrap", "capdesk.window", "capdesk.__main__")
FORBIDDEN = {
    "models": (*QT, *FACES, "capdesk.services", "capdesk.migrations", "click", "rich"),
    "services": (*QT, *FACES, "click", "rich"),
    "migrations": (*QT, *FACES, "capdesk.services"),
    "migrations/versions": ("capdesk.models",),
    "migrations/capital_core": ("capdesk.models",),
    "views": ("sqlalchemy", "psycopg", "alembic", "capdesk.models", "capdesk.commands", "capdesk.cli"),
    "commands": (*QT, "capdesk.views", "psycopg"),
}
ALLOWED = {
    # The words of enums are what services and pages speak in; they come without a table.
    "views": ("capdesk.models.base",),
}
CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
    ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime"), ("time", "ctime"), ("time", "strftime"),
}  # fmt: skip


@dataclass(frozen=True)
class Import:
    file: Path
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def imports(file: Path) -> Iterator[Import]:
    """Everything a file imports when it runs, wherever it stands; names for the type checker alone do not count."""
    tree = parsed(file)
    checked = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in checked:
            continue
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}:{node.lineno} imports relatively"
            yield from (Import(file, node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def names(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_that_a_layer_imports_only_what_lies_below_it(layer: str) -> None:
    found = [
        str(one)
        for file in sources(PROGRAM / layer)
        for one in imports(file)
        if names(one.module, FORBIDDEN[layer]) and not names(one.module, ALLOWED.get(layer, ()))
    ]
    assert found == []


def test_that_the_program_never_imports_its_tests() -> None:
    assert [str(one) for file in sources(PROGRAM) for one in imports(file) if names(one.module, ("tests",))] == []


def test_that_only_the_clock_asks_for_the_time() -> None:
    """Everything else is handed a Clock or a moment. `time.monotonic` measures, and tells no time."""
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
        for file in sources(PROGRAM)
        if file != PROGRAM / "services" / "clock.py"
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Attribute) and _name(node.value, node.attr) in CLOCKS
    ]
    assert found == []


def _name(owner: ast.expr, attribute: str) -> tuple[str, str]:
    return (owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", ""), attribute)


def test_that_only_the_session_commits() -> None:
    """Services take a session and never commit: one action, one transaction."""
    allowed = {PROGRAM / "services" / "database" / name for name in ("session.py", "schema.py", "remote.py")}
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for folder in ("services", "commands", "views")
        for file in sources(PROGRAM / folder)
        if file not in allowed
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert found == []


_LOADED = """
import runpy, sys
sys.argv = ["capdesk", *sys.argv[1:]]
try:
    runpy.run_module("capdesk", run_name="__main__", alter_sys=True)
except SystemExit as ended:
    assert not ended.code, ended.code
print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize("arguments", [["--version"], ["report", "weekly", "--help"], ["alerts", "--help"]])
def test_that_the_headless_face_loads_neither_qt_nor_sqlalchemy_before_it_needs_them(arguments: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _LOADED, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(ended.stdout.rpartition("LOADED")[2].split())
    assert "capdesk" in loaded
    assert loaded & {*QT, "sqlalchemy", "alembic", "psycopg", "jinja2", "phonenumbers", "rich"} == set()


_PAGES = """
import sys
from capdesk.views.places import PAGES
from capdesk.views.shell.opening import import_pages
import_pages()
assert all(one.module.partition(":")[0] in sys.modules for one in PAGES.values())
print("LOADED", *sorted(sys.modules))
"""


def test_that_no_page_brings_what_only_its_work_in_the_background_needs() -> None:
    ended = subprocess.run([sys.executable, "-c", _PAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.rpartition("LOADED")[2].split())
    assert loaded & {"jinja2", "css_inline", "twilio", "google.cloud.bigquery"} == set()


_WINDOW = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from capdesk.views.app import Memory, Theme, Window, Workspace
application = QApplication([])
theme = Theme(application, "light", 100)
window = Window(Workspace(Path(sys.argv[1]), None, theme))
window.show()
application.processEvents()
assert window.isVisible()
print("LOADED", *sorted(sys.modules))
"""
_HEAVY = {"sqlalchemy", "psycopg", "alembic", "numpy", "pyqtgraph", "twilio", "google.cloud", "jinja2", "phonenumbers"}


def test_that_the_window_is_seen_before_the_database_layer_loads(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _WINDOW, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    loaded = set(ended.stdout.rpartition("LOADED")[2].split())
    assert "capdesk.views.shell.window" in loaded
    assert loaded & _HEAVY == set()
    assert [module for module in loaded if module.startswith("capdesk.views.pages.")] == []


def test_that_each_decision_names_a_test_that_exists() -> None:
    written = {file.name for file in sources(ROOT / "tests")}
    tests = {
        node.name
        for file in sources(ROOT / "tests")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.FunctionDef)
    }
    for record in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        named = re.findall(r"`(?:[\w/]*/)?(test_\w+)(\.py)?`", record.read_text(encoding="utf-8"))
        assert named, f"{record.name} names no test"
        for name, extension in named:
            assert (name + extension) in (written if extension else tests), (
                f"{record.name}: there is no {name}{extension}"
            )


def test_that_files_and_functions_stay_readable() -> None:
    """A smell, not a law: what is longer than the habit is printed (pytest -s); far beyond it, it is refused."""
    for file in sources(PROGRAM):
        lines = file.read_text(encoding="utf-8").count("\n")
        if lines > 350:
            print(f"{file.relative_to(ROOT)} has {lines} lines")
        assert lines < 600, file
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 30:
                    print(f"{file.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines")
                assert length < 60, f"{file}:{node.lineno} {node.name}"
