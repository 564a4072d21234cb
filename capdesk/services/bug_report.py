"""What escapes every handler is our own mistake: it is written down where the owner can send it from."""

import traceback
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from capdesk import __version__


@dataclass(frozen=True)
class BugReport:
    """What is told of a mistake, and the private file that has the rest."""

    sentence: str
    file: Path


def report_bug(error: Exception) -> BugReport:
    """Writes the traceback, without values that might be personal, to a private file."""
    lines = traceback.format_tb(error.__traceback__)
    text = f"capdesk {__version__}\n{''.join(lines)}{type(error).__module__}.{type(error).__qualname__}\n"
    with NamedTemporaryFile("w", prefix="capdesk-error-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(text)
    written = Path(file.name)
    return BugReport(
        f"This is a mistake in capdesk ({type(error).__name__}); please send the makers {written}.", written
    )
