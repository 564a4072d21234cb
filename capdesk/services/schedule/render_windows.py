"""A task of the Windows Task Scheduler, as its XML."""

import codecs
import re
import subprocess
from xml.etree import ElementTree as ET

from capdesk.errors import RuleRefused
from capdesk.services.schedule.plan import LONGEST_RUN, Schedule

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_VARIABLE = re.compile(r"%[^%]+%|\$\(")


def windows_task(desk_id: str) -> str:
    """The task's name in its folder."""
    return f"capdesk\\{desk_id}"


def render_windows(schedule: Schedule, user: str) -> bytes:
    """UTF-16 with its mark: hourly and when the user (`DOMAIN\\name`) logs on, with the user's own rights.

    Interactive, because only then Windows keeps no password and opens the user's secrets. Times of the day are the
    computer's. Raises RuleRefused where Windows would take a part of a path for a variable.
    """
    for argument in schedule.arguments:
        if _VARIABLE.search(argument):
            raise RuleRefused(
                f"Windows would take a part of {argument} for a variable: rename that folder so that it has neither "
                "two percent signs nor '$('."
            )
    task = ET.Element("Task", version="1.2", xmlns=NAMESPACE)
    _fill(task, "RegistrationInfo", Description=f"capdesk: what is due at the desk in {schedule.folder} now")
    _triggers(task, schedule, user)
    principals = ET.SubElement(task, "Principals")
    owner = _fill(principals, "Principal", UserId=user, LogonType="InteractiveToken", RunLevel="LeastPrivilege")
    owner.set("id", "owner")
    _fill(
        task,
        "Settings",
        MultipleInstancesPolicy="IgnoreNew",
        DisallowStartIfOnBatteries="false",
        StopIfGoingOnBatteries="false",
        StartWhenAvailable="true",
        ExecutionTimeLimit=f"PT{LONGEST_RUN.total_seconds() / 3600:.0f}H",
    )
    actions = ET.SubElement(task, "Actions", Context="owner")
    _fill(actions, "Exec", Command=schedule.arguments[0], Arguments=subprocess.list2cmdline(schedule.arguments[1:]))
    ET.indent(task)
    text = f'<?xml version="1.0" encoding="UTF-16"?>\n{ET.tostring(task, encoding="unicode")}\n'
    return codecs.BOM_UTF16_LE + text.encode("utf-16-le")


def _triggers(task: ET.Element, schedule: Schedule, user: str) -> None:
    triggers = ET.SubElement(task, "Triggers")
    hourly = ET.SubElement(triggers, "TimeTrigger")
    _fill(hourly, "Repetition", Interval="PT1H")
    ET.SubElement(hourly, "StartBoundary").text = f"2026-01-01T00:{schedule.minute:02}:00"
    _fill(triggers, "LogonTrigger", UserId=user)


def _fill(parent: ET.Element, name: str, **children: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    for child, text in children.items():
        ET.SubElement(element, child).text = text
    return element
