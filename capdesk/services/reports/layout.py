"""Plain-text layout: wrapped paragraphs and aligned tables, measured in terminal columns."""

from collections.abc import Iterable, Sequence

from capdesk.services.reports.wording import columns, one_line

WIDTH = 78


def wrapped(text: str, first: str = "", then: str = "", width: int = WIDTH) -> list[str]:
    """The text as lines of at most `width` columns; a word that is too long is cut into pieces."""
    lines: list[str] = []
    line, empty = first, True
    for word in _pieces(one_line(text), width - max(columns(first), columns(then))):
        if not empty and columns(line) + 1 + columns(word) > width:
            lines.append(line)
            line, empty = then, True
        line = f"{line}{word}" if empty else f"{line} {word}"
        empty = False
    return [*lines, line.rstrip()]


def bullet(text: str, indent: str = "  ") -> list[str]:
    return wrapped(text, f"{indent}- ", f"{indent}  ")


def pad(text: str, width: int, *, right: bool = False) -> str:
    gap = " " * max(0, width - columns(text))
    return gap + text if right else text + gap


def table(rows: Iterable[Sequence[str]], right_from: int, indent: str = "  ") -> list[str]:
    """Aligned rows, two blanks between columns; columns from `right_from` on are set to the right."""
    grid = [list(row) for row in rows]
    if not grid:
        return []
    widths = [max(columns(row[at]) for row in grid) for at in range(len(grid[0]))]
    return [
        indent + "  ".join(pad(cell, widths[at], right=at >= right_from) for at, cell in enumerate(row)).rstrip()
        for row in grid
    ]


def _pieces(text: str, room: int) -> list[str]:
    pieces = []
    for word in text.split(" "):
        while columns(word) > room:
            cut = next(at for at in range(len(word), 0, -1) if columns(word[:at]) <= room or at == 1)
            pieces.append(word[:cut])
            word = word[cut:]  # noqa: PLW2901
        pieces.append(word)
    return pieces
