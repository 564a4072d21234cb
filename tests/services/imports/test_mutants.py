"""3,000 damaged files, each physical line counted by an independent reading of the text."""

import random
import re
import time
from collections import Counter
from pathlib import Path

from capdesk.errors import FileRefused
from capdesk.services.imports.reading import Source, open_source
from capdesk.services.imports.record import Reject

MUTANTS = 3000
SEED = 20261121
_ENDS = re.compile("\r\n|\r|\n")

BASES = (
    'id,start,note,who\n1,2026-01-01,"a ""b"" c",x\n2,2026-01-02,"two\nlines",y\n3,2026-01-03,,z\n4,p,q,r\n',
    'a;b;c\r\n1;2;3\r\n\r\n4;;6\r\n7;"8;8";9\r\n"10\n11";12;13\r\n',
    'k\tv\r1\t"x"\r2\ty\r"3"\t"z\r\rz"\r4\t\r',
    '"call","phone","text"\n"1","+13055550123","Hi, there"\n"2","+13055550124","a\nb, c, d\ne"\n"3","",""\n',
    '{"a": "x", "metadata": {"b": 1}}\n{"a": null}\n\n{"a": 3.5, "c": true}\n',
)
PIECES = ('"', '""', ",", ";", "\t", "\n", "\r", "\r\n", "\n\n", ' "', "x", "{", "}", "\\", "é", ',"', '",', "\n \n")


def mutant(chance: random.Random) -> str:
    text = chance.choice(BASES)
    for _ in range(chance.randint(1, 4)):
        at, to = sorted(chance.choices(range(len(text) + 1), k=2))
        kind = chance.randrange(5)
        if kind == 0:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        elif kind == 1:
            text = text[:at] + chance.choice(PIECES) + text[at + 1 :]
        elif kind == 2:
            text = text[:at] + text[at + 1 :]
        elif kind == 3:
            text = text[:to] + text[at:to] + text[to:]
        else:
            text = text[:at] + text[min(to, at + 12) :]
    return text


def lines_of(text: str) -> list[str]:
    lines = _ENDS.split(text)
    return lines if lines[-1] else lines[:-1]


def covered(source: Source) -> Counter[int]:
    """How often each physical line occurs in a record or reject; a record's lines follow from its values."""
    found: Counter[int] = Counter()
    for item in source.records():
        ends = 0 if isinstance(item, Reject) or source.kind == "jsonl" else len(_ENDS.findall("\0".join(item[1])))
        found.update(range(item[0], item[0] + ends + 1))
    return found


def check(source: Source, lines: list[str]) -> None:
    header = next(number for number, line in enumerate(lines, start=1) if line.strip(" "))
    first = 1 if source.kind == "jsonl" else header + 1
    found = covered(source)
    expected = {number for number in range(first, len(lines) + 1) if lines[number - 1].strip(" ")}
    assert expected <= found.keys()
    assert set(found.values()) <= {1}
    assert all(first <= number <= len(lines) for number in found)
    assert source.lines == len(lines)
    for item in source.records():
        line = lines[item[0] - 1]
        if isinstance(item, Reject):
            assert item.raw == line
        else:
            assert len(item[1]) == len(source.header)
            if source.delimiter and '"' not in line:
                assert item[1] == line.split(source.delimiter)


def test_that_every_line_of_3000_damaged_files_is_in_exactly_one_record_or_reject(tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311 - damage, not secrets
    path = tmp_path / "mutant.csv"
    read = 0
    for number in range(MUTANTS):
        text = mutant(chance)
        path.write_bytes(text.encode())
        started = time.perf_counter()
        try:
            source = open_source(path)
        except FileRefused:
            continue
        try:
            check(source, lines_of(text))
        except AssertionError as fault:
            raise AssertionError(f"mutant {number} of seed {SEED}: {text!r}") from fault
        assert time.perf_counter() - started < 2
        read += 1
    assert read > MUTANTS * 0.7
