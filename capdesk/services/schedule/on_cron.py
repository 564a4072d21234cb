"""cron, by its program `crontab`, which alone may write the file."""

from dataclasses import dataclass

from capdesk.services.schedule.machine import NOT_THERE, Machine, Ran, refused
from capdesk.services.schedule.plan import Schedule
from capdesk.services.schedule.render_cron import block_in, render_cron, with_block, without_block
from capdesk.services.schedule.scheduler import Job, Kind

_NO_DAEMON = "No cron daemon seems to run on this computer, so it does not fire: start cron."


@dataclass(frozen=True)
class Cron:
    machine: Machine
    kind: Kind = "cron"

    def missing(self) -> str | None:
        ran = self.machine.runner.run("crontab", "-l")
        return "there is no crontab" if ran.code == NOT_THERE else _said_no(ran)

    def silent(self) -> str | None:
        ran = self.machine.runner.run("crontab", "-l")
        return None if ran.code == NOT_THERE else _said_no(ran)

    def rendered(self, schedule: Schedule) -> dict[str, bytes]:
        return {"crontab": render_cron(schedule).encode()}

    def install(self, schedule: Schedule) -> str:
        self._write(with_block(self._read(), render_cron(schedule), schedule.id))
        return "an entry in your crontab"

    def find(self, desk_id: str) -> Job | None:
        if self.missing() is not None or block_in(self._read(), desk_id) is None:
            return None
        idle = self.machine.runner.run("pgrep", "-x", "cron|crond|fcron|anacron").code == 1
        return Job("an entry in your crontab", notes=(_NO_DAEMON,) if idle else ())

    def remove(self, desk_id: str) -> bool:
        if self.missing() is not None:
            return False
        before = self._read()
        after = without_block(before, desk_id)
        if after == before:
            return False
        if after:
            self._write(after)
        else:
            ran = self.machine.runner.run("crontab", "-r")
            if ran.code != 0:
                raise refused("Emptying your crontab", ran, "take the entry away with `crontab -e`")
        return True

    def _read(self) -> bytes:
        """Empty where the user has none. Raises RuleRefused where it cannot be had: it is then not written either."""
        ran = self.machine.runner.run("crontab", "-l")
        if ran.code == 0:
            return ran.out
        if _none_yet(ran):
            return b""
        raise refused(
            "Reading your crontab with `crontab -l`", ran, "install cron or ask who administers this computer"
        )

    def _write(self, content: bytes) -> None:
        ran = self.machine.runner.run("crontab", "-", given=content)
        if ran.code != 0:
            raise refused("Writing your crontab", ran, "nothing was changed; ask who administers this computer")


def _said_no(ran: Ran) -> str | None:
    return None if ran.code == 0 or _none_yet(ran) else f"`crontab -l` says no ({ran.err[:200].rstrip('.')})"


def _none_yet(ran: Ran) -> bool:
    return "no crontab for" in ran.err.lower()
