"""Two people edit one record: the later one is told, instead of taking back what the earlier one changed."""

from collections.abc import Mapping
from typing import Any

from capdesk.errors import RuleRefused

Seen = Mapping[str, Any]
"""What a person was shown before they changed it, by the names of the record's fields."""


def require_unchanged(what: str, seen: Seen, now: Mapping[str, Any]) -> None:
    """For a record that is locked already. Raises RuleRefused where any of it is another value by now."""
    if any((now[name] or None) != (value or None) for name, value in seen.items()):
        raise RuleRefused(f"{what} was changed meanwhile by another window; look at it again.")
