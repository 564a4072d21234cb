"""A filter as it is typed, word by word: `lena type:qpc cost>10 when:2026-11 -campaign:"Spring sale"`."""

import re
from dataclasses import dataclass

from capdesk.errors import UsageRefused

_TERM = re.compile(
    r"""\s*(?P<minus>-(?=\S))?
    (?:(?P<key>[A-Za-z][A-Za-z0-9_]*)(?P<sign>:|>=|<=|>|<|=))?
    (?:"(?P<quoted>(?:[^"]|"")*)(?:"|$)|(?P<bare>\S*))""",
    re.VERBOSE,
)
_LONGEST = 1000


@dataclass(frozen=True)
class Term:
    """One condition: of a column, or, without one, a word to look for anywhere."""

    key: str | None
    sign: str
    value: str
    negated: bool
    quoted: bool

    def __str__(self) -> str:
        value = f'"{self.value}"' if self.quoted else self.value
        return value if self.key is None else f"{self.key}{self.sign}{value}"


def terms(typed: str) -> list[Term]:
    """All of them must hold. A quote that is still open ends with the text. Raises UsageRefused."""
    if len(typed) > _LONGEST:
        raise UsageRefused(f"The filter is longer than {_LONGEST:,} characters; shorten it.")
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in typed):
        raise UsageRefused("The filter holds a character that no text can hold; type it again.")
    found, at, end = [], 0, len(typed.rstrip())
    while at < end:
        match = _TERM.match(typed, at, end)
        if match is None or match.end() == at:
            break
        at = match.end()
        found.append(_term(match))
    return [term for term in found if term.key is not None or term.value]


def _term(match: "re.Match[str]") -> Term:
    quoted, key = match["quoted"], match["key"]
    value = match["bare"] if quoted is None else quoted.replace('""', '"')
    return Term(
        None if key is None else key.lower(), match["sign"] or "", value, bool(match["minus"]), quoted is not None
    )
