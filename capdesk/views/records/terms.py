"""Typed filters, word by word: so that a column's own filter can be written into them and taken out again."""

import re
from collections.abc import Iterable

_WORD = re.compile(r'-?(?:[^\s"]*"[^"]*(?:"|$))+[^\s"]*|\S+')
_COLUMN = re.compile(r"-?([A-Za-z_][A-Za-z0-9_]*)(?:>=|<=|[:><=])")


def words(typed: str) -> list[str]:
    """The words of a filter; what stands in quotes belongs to one."""
    return _WORD.findall(typed)


def column_of(word: str, keys: Iterable[str]) -> str | None:
    """The column a word is about; `is:empty` and free words are about none."""
    found = _COLUMN.match(word)
    key = found[1].lower() if found else ""
    return key if key in keys else None


def filtered_columns(typed: str, keys: Iterable[str]) -> frozenset[str]:
    known = set(keys)
    return frozenset(key for word in words(typed) if (key := column_of(word, known)))


def terms_of(typed: str, key: str) -> list[str]:
    """What a filter says about one column."""
    return [word for word in words(typed) if column_of(word, {key})]


def without(typed: str, key: str) -> str:
    """The filter without what it says about the column."""
    return " ".join(word for word in words(typed) if not column_of(word, {key}))


def with_term(typed: str, term: str, key: str) -> str:
    """The filter with this and nothing else about the column."""
    return " ".join(part for part in (without(typed, key), term) if part)


def quoted(value: str) -> str:
    """The value as one word."""
    doubled = value.replace('"', '""')
    return f'"{doubled}"' if re.search(r'[\s"]', value) or not value else value


def term(key: str, typed: str) -> str:
    """What is typed for one column, as a word of the filter: `>10`, `5..20` and `-` keep their meaning."""
    value = typed.strip()
    found = re.match(r"(>=|<=|>|<|=)\s*(.+)$", value)
    if found:
        return f"{key}{found[1]}{quoted(found[2])}"
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        return f"{key}:{value}"
    return f"{key}:{quoted(value)}"


def choices_in(typed: str, key: str) -> frozenset[str]:
    """The choices a filter wants of a column, as `plain` writes them."""
    wanted = [word for word in terms_of(typed, key) if word.lower().startswith((f"{key}:", f"{key}="))]
    values = (word[len(key) + 1 :].strip('"') for word in wanted)
    return frozenset(plain(one) for value in values for one in value.split(",") if one.strip())


def plain(choice: str) -> str:
    """A choice as it is compared: neither case nor the kind of blank matters."""
    return re.sub(r"[\s_-]+", " ", choice).strip().lower()
