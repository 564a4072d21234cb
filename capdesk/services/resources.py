"""Where the templates, icons and samples lie: beside the package in a source tree, inside it once installed."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def resource(*parts: str, package: Path = _PACKAGE) -> Path:
    """The path of a file or folder under `resources/`. Raises FileNotFoundError for one that was not shipped."""
    for root in (package / "resources", package.parent / "resources"):
        found = root.joinpath(*parts)
        if found.exists():
            return found
    raise FileNotFoundError(f"capdesk was installed without resources/{'/'.join(parts)}")
