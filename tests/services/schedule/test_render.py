"""What each scheduler is handed: word for word, and read back as the scheduler reads it."""

import plistlib
import re
import shlex
from datetime import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from capdesk.errors import RuleRefused
from capdesk.services.schedule.plan import Schedule, desk_id
from capdesk.services.schedule.render_cron import render_cron, with_block, without_block
from capdesk.services.schedule.render_launchd import render_launchd
from capdesk.services.schedule.render_systemd import render_systemd
from capdesk.services.schedule.render_windows import NAMESPACE, render_windows
from tests.services.schedule.fakes import planned

GOLDEN = Path(__file__).parent / "golden"
NASTY = "J & J/50% of $HOME \"a\" 'b' <c> \\ é 机"
UNIX = Schedule(
    ("/opt/my apps/100%/capdesk-cli",), Path(f"/home/olga/{NASTY}"), "America/New_York", 5, time(16), time(6)
)
WINDOWS = Schedule(
    (r"C:\Program Files\J & J\capdesk-cli.exe",), Path(r"C:\Users\Olga\100% é"), "Europe/Berlin", 1, time(7, 5), time(6)
)

NAMES = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufffe\uffff"),
        st.sampled_from(" %$&\"'\\<>;#`~*!(){}[]|=@:-é"),
    ),
    min_size=1,
    max_size=40,
)
PATHS = NAMES.map(lambda name: f"/{name}")


# Golden files: what is handed over, for a person to read


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *((f"systemd{Path(name).suffix}", text.encode()) for name, text in render_systemd(UNIX).items()),
        ("crontab", render_cron(UNIX).encode()),
        ("launchd.plist", render_launchd(UNIX)),
        ("task.xml", render_windows(WINDOWS, "DESK\\olga")),
    ],
)
def test_that_what_is_handed_over_is_as_it_was_read_and_approved(name: str, content: bytes) -> None:
    assert content == (GOLDEN / name).read_bytes()


# Read back as the scheduler reads it


@given(PATHS, PATHS)
def test_that_systemd_reads_back_the_command_line(program: str, folder: str) -> None:
    assume(not set(program) & set("\"'\\"))
    schedule = planned(Path(folder), (program,))
    service = next(text for name, text in render_systemd(schedule).items() if name.endswith(".service"))
    first, *rest = systemd_words(re.search("^ExecStart=(.*)$", service, re.MULTILINE)[1])  # type: ignore[index]
    assert first[0] == ":"  # the words stay as they are: no variable is put in
    assert (first[1:], *rest) == schedule.arguments


@given(PATHS, PATHS)
def test_that_cron_and_sh_read_back_the_command_line(program: str, folder: str) -> None:
    schedule = planned(Path(folder), (program,))
    begin, entry, end = render_cron(schedule).split("\n")[:-1]
    assert begin.startswith(f"# capdesk {schedule.id} begin")
    assert end == f"# capdesk {schedule.id} end"
    minute, *stars, command = entry.split(" ", 5)
    assert [minute, *stars] == ["30", "*", "*", "*", "*"]
    for stripped in ("%\\", "%", ""):  # Debian's cron, cronie, and crons that leave the backslash to sh
        command_for_sh = cron_strips(command, stripped)
        assert tuple(shlex.split(command_for_sh)) == (*schedule.arguments, ">/dev/null", "2>&1")


@given(PATHS, PATHS)
def test_that_launchd_reads_back_the_command_line(program: str, folder: str) -> None:
    schedule = planned(Path(folder), (program, "-m", "capdesk"))
    job = plistlib.loads(render_launchd(schedule))
    assert tuple(job["ProgramArguments"]) == schedule.arguments
    assert (job["StartCalendarInterval"], job["RunAtLoad"]) == ({"Minute": 30}, True)


@given(NAMES, NAMES, NAMES)
def test_that_windows_reads_back_the_command_line(program: str, folder: str, user: str) -> None:
    schedule = planned(Path(f"C:\\{folder}"), (f"C:\\{program}.exe",))
    assume(not any(re.search(r"%[^%]+%|\$\(", argument) for argument in schedule.arguments))
    content = render_windows(schedule, user)
    assert content.startswith(b"\xff\xfe<\x00?\x00")
    task = ET.fromstring(content)  # noqa: S314 - our own
    exec_ = task.find(f"{{{NAMESPACE}}}Actions/{{{NAMESPACE}}}Exec")
    assert exec_ is not None
    command, arguments = (element.text or "" for element in exec_)
    assert (command, *windows_words(arguments)) == schedule.arguments
    assert [one.text for one in task.iter(f"{{{NAMESPACE}}}UserId")] == [user, user]


def test_that_a_task_runs_on_batteries_and_for_the_logged_in_user_only() -> None:
    task = ET.fromstring(render_windows(WINDOWS, "olga"))  # noqa: S314 - our own
    said = {element.tag.partition("}")[2]: element.text for element in task.iter()}
    assert said["DisallowStartIfOnBatteries"] == said["StopIfGoingOnBatteries"] == "false"
    assert said["StartWhenAvailable"] == "true"
    assert (said["LogonType"], said["RunLevel"]) == ("InteractiveToken", "LeastPrivilege")
    assert (said["Interval"], said["StartBoundary"]) == ("PT1H", "2026-01-01T00:05:00")


# What cannot be handed over


@pytest.mark.parametrize("folder", ["a\nb", "a\rb", "a\x07b", "a\x85b", "a\u2028b", "a\udc80b", "a\uffffb"])
def test_that_a_folder_no_scheduler_can_be_told_of_is_refused(folder: str) -> None:
    with pytest.raises(RuleRefused, match=r"No scheduler can be given .*: rename that folder"):
        planned(Path(f"/home/{folder}"))


@pytest.mark.parametrize("program", ['/a "b"/capdesk', "/it's/capdesk", "/a\\b/capdesk"])
def test_that_a_program_systemd_refuses_is_refused_before(program: str) -> None:
    with pytest.raises(RuleRefused, match="systemd starts no program whose path has a quote or a backslash"):
        render_systemd(planned(Path("/desk"), (program,)))


@pytest.mark.parametrize("folder", [r"C:\%USERNAME%", r"C:\$(Arg0)"])
def test_that_what_windows_takes_for_a_variable_is_refused(folder: str) -> None:
    with pytest.raises(RuleRefused, match="Windows would take a part of"):
        render_windows(planned(Path(folder)), "olga")


# Other people's crontabs

LINES = st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b" ") + b"\n"), max_size=8)


@given(LINES, st.booleans())
def test_that_all_other_bytes_of_a_crontab_stay(lines: list[bytes], unended: bool) -> None:
    crontab = b"".join(lines) + (b"# no line end" if unended else b"")
    one, other = planned(Path("/one")), planned(Path("/other"))
    with_one = with_block(crontab, render_cron(one), one.id)
    both = with_block(with_one, render_cron(other), other.id)
    assert with_block(both, render_cron(one), one.id).count(b"begin (written") == 2
    assert without_block(without_block(both, one.id), other.id) == crontab
    assert without_block(crontab, one.id) == crontab


@pytest.mark.parametrize("damage", ["# capdesk {} end", "# capdesk {} begin"])
def test_that_half_an_entry_is_left_to_a_person(damage: str) -> None:
    one = planned(Path("/one"))
    crontab = render_cron(one).replace(damage.format(one.id), "# x").encode()
    with pytest.raises(RuleRefused, match="with `crontab -e`, take away its lines"):
        without_block(crontab, one.id)


def test_that_each_desk_has_a_name_of_its_own_that_stays(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "one")
    assert desk_id(tmp_path / "one") == desk_id(tmp_path / "link") == desk_id(tmp_path / "x" / ".." / "one")
    assert desk_id(tmp_path / "one") != desk_id(tmp_path / "two")


# How the schedulers read


def systemd_words(line: str) -> list[str]:
    """As systemd.service(5) says: quoted words, backslash escapes, then `%%`."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"(?:\s|$)', line)
    assert " ".join(f'"{word}"' for word in words) == line
    return [re.sub(r"\\(.)", r"\1", word).replace("%%", "%") for word in words]


def cron_strips(command: str, stripped: str) -> str:
    r"""As cron does: an unescaped % ends the command, `\%` becomes %; which other backslashes stay differs."""
    assert not re.search(r"%", re.sub(r"\\.", "", command))
    return re.sub(r"\\(.)", lambda found: found[1] if found[1] in stripped else found[0], command)


def windows_words(line: str) -> list[str]:
    """As CommandLineToArgvW does behind the program."""
    words, word, quoted, at = [], "", False, 0
    begun = False
    while at < len(line):
        slashes = len(line[at:]) - len(line[at:].lstrip("\\"))
        at += slashes
        quote = at < len(line) and line[at] == '"'
        word += "\\" * (slashes // 2 if quote else slashes)
        begun = begun or slashes > 0
        if quote:
            begun = True
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
        elif at < len(line) and line[at] in " \t" and not quoted:
            if begun:
                words.append(word)
            word, begun = "", False
        elif at < len(line):
            word += line[at]
            begun = True
        at += 1
    return [*words, word] if begun else words
