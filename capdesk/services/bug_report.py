"""What escapes every handler is our own mistake: it is written down where the owner can send it from."""

import traceback
from pathlib import Path
from tempfile import NamedTemporaryFile

from capdesk import __version__


def report_bug(error: Exception) -> str:
    """Writes the traceback, without values that might be personal, to a private file; returns one sentence."""
    lines = traceback.format_tb(error.__traceback__)
    text = f"capdesk {__version__}\n{''.join(lines)}{type(error).__module__}.{type(error).__qualname__}\n"
    with NamedTemporaryFile("w", prefix="capdesk-error-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(text)
    return f"This is a mistake in capdesk ({type(error).__name__}); please send the makers {Path(file.name)}."
