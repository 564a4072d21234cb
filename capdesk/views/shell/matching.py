"""Finding by a few letters: every word typed must fit, at best at the start of a word. Pure."""

_MOST = 8
"""Letters and words that are tried in all ways: titles may be long."""
_EXACT, START, WORD, _INSIDE, _LETTERS = 100, 80, 60, 40, 10


def fits(query: str, title: str) -> int | None:
    """How well; higher is better, None where it does not. An empty query fits everything."""
    folded = title.casefold()
    if query.strip().casefold() == folded:
        return _EXACT
    total = 0
    words = query.casefold().split()
    for word in words:
        score = _word(word, folded)
        if score is None:
            return None
        total += score
    return total // len(words) if words else 0


def _word(word: str, title: str) -> int | None:
    at = title.find(word)
    if at == 0:
        return START
    if at > 0:
        starts = any(piece.startswith(word) for piece in title.split())
        return WORD if starts else _INSIDE
    return _LETTERS if 1 < len(word) <= _MOST and _follow(word, title.split()[:_MOST]) else None


def _follow(word: str, pieces: list[str]) -> bool:
    """Whether the letters stand in the pieces in order, each at the start of one or right after the one before."""
    if not word:
        return True
    for number, piece in enumerate(pieces):
        common = 0
        while common < min(len(word), len(piece)) and word[common] == piece[common]:
            common += 1
        if any(_follow(word[taken:], pieces[number + 1 :]) for taken in range(common, 0, -1)):
            return True
    return False
