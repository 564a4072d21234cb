"""What capdesk is shipped with, and under which licences: its font, icons, libraries and database server."""

import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from capdesk.services.database.binaries import carried_libraries
from capdesk.services.resources import resource

_LGPL, _GPL = ("licences", "LGPL-3.0.txt"), ("licences", "GPL-3.0.txt")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_TEXTS = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|COPYRIGHT)", re.IGNORECASE)
_CLASSIFIER = "License :: "
_PYTHON = ("pyside6-essentials", "shiboken6")
"""Their packages carry no text of their own; Qt's licence is the one they are used under."""
_SAME = {
    **dict.fromkeys(("Apache License", "Apache 2.0", "Apache Software License"), "Apache-2.0"),
    **{"MIT License": "MIT", "BSD License": "BSD", "3-Clause BSD License": "BSD-3-Clause"},
}
"""Names packages give a licence, and the usual one."""


@dataclass(frozen=True)
class Licence:
    """One thing that is shipped. `terms` is its licence in short, `text` all of it."""

    name: str
    version: str
    terms: str
    text: str


def licences() -> list[Licence]:
    """Everything that is shipped: what has no package first, then the packages by name. Reads files."""
    packages = sorted(_packages(), key=lambda one: one.name.lower())
    return [*_unpackaged(), *packages]


def _unpackaged() -> Iterator[Licence]:
    qt = _version("pyside6-essentials")
    yield Licence("Qt", qt, "LGPL-3.0-only", _resources(_LGPL, _GPL))
    yield Licence("Inter (font)", "4", "OFL-1.1", _resources(("fonts", "LICENSE-Inter.txt")))
    yield Licence("Lucide (icons)", "", "ISC", _resources(("icons", "LICENSE-lucide.txt")))
    yield Licence("PostgreSQL", "18", "PostgreSQL", _resources(("licences", "PostgreSQL.txt")))
    if any(name.startswith("libreadline") for name in carried_libraries()):
        yield Licence("GNU Readline (of psql)", "7", "GPL-3.0-or-later", _resources(_GPL))
    yield Licence("Python", platform.python_version(), "PSF-2.0", _python_text())


def _packages() -> Iterator[Licence]:
    """The packages capdesk needs, and those they need, as far as they are installed."""
    seen: set[str] = set()
    waiting = ["capdesk"]
    while waiting:
        key = _key(waiting.pop())
        if key in seen:
            continue
        seen.add(key)
        try:
            found = metadata.distribution(key)
        except metadata.PackageNotFoundError:
            continue  # of another system, or carried whole by a packaged program
        waiting += _needed(found)
        if key != "capdesk":
            yield Licence(str(found.metadata["Name"]), found.version, _terms(found), _text(found))


def _needed(found: metadata.Distribution) -> list[str]:
    """Names of what it always needs; what belongs to another system is not installed here."""
    plain = (line for line in found.requires or () if "extra ==" not in line.replace("'", '"'))
    extras = (line for line in found.requires or () if "extra ==" in line and "binary" in line)
    return [match[0] for line in (*plain, *extras) if (match := _NAME.match(line))]


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _terms(found: metadata.Distribution) -> str:
    about = found.metadata
    if expression := about.json.get("license_expression"):
        return str(expression)
    classified = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or () if one.startswith(_CLASSIFIER)]
    said = str(about.json.get("license") or "").strip().splitlines()
    if said and len(said[0]) <= 80:
        return _SAME.get(said[0], said[0])
    if classified:
        return ", ".join(_SAME.get(one.removeprefix("OSI Approved"), one) for one in classified)
    first = next((line.strip() for line in _text(found).splitlines() if line.strip()), "")
    return _SAME.get(first, first[:80]) or "see its text"


def _text(found: metadata.Distribution) -> str:
    if _key(str(found.metadata["Name"])) in _PYTHON:
        return _resources(_LGPL, _GPL)
    files = [file for file in found.files or () if _TEXTS.match(file.name) and ".dist-info" in str(file)]
    texts = [Path(str(file.locate())).read_text(encoding="utf-8", errors="replace") for file in files]
    return "\n\n".join(texts) or "Its package carries no text of its licence."


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _resources(*parts: tuple[str, str]) -> str:
    return "\n\n".join(resource(*one).read_text(encoding="utf-8") for one in parts)


def _python_text() -> str:
    """Beside the library of the running Python, where it was installed with it."""
    for file in (Path(sys.base_prefix) / "LICENSE.txt", *Path(sys.base_prefix).glob("lib/python3*/LICENSE.txt")):
        if file.is_file():
            return file.read_text(encoding="utf-8", errors="replace")
    return sys.copyright
