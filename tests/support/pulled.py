"""What pulls recorded, held against what the providers state: the one check after every fault."""

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.services.sync import SyncReport
from capdesk.services.verify import verify
from tests.support.outside import ACCOUNTS, DAY, Outside, Stated, quick_sync

_APPENDED = (
    *("provider_charge", "cost_rollup", "import_batch", "twilio_call", "sync_run", "sync_step", "sync_outcome"),
)
_FACTS = ("provider_charge", "cost_rollup", "import_batch", "twilio_call")
_STAGED = ("staged_charge", "staged_coverage", "staged_twilio_call")
_NONE_OF = {
    "a charge that is no difference, or differs from what it says": """
        SELECT id FROM (SELECT id, amount_usd, stated_usd,
          sum(amount_usd) OVER (PARTITION BY grain_key ORDER BY id) AS known,
          row_number() OVER (PARTITION BY grain_key ORDER BY id) AS place FROM provider_charge) c
        WHERE known <> stated_usd OR (amount_usd = 0 AND place > 1)""",
    "a charge twice in a batch": "SELECT 1 FROM provider_charge GROUP BY grain_key, batch_id HAVING count(*) > 1",
    "a call that says what was known": """
        SELECT id FROM (SELECT id, price_usd, recording_sid, status,
          lag(sid) OVER w AS known, lag(price_usd) OVER w AS price, lag(recording_sid) OVER w AS recording,
          lag(status) OVER w AS state FROM twilio_call WINDOW w AS (PARTITION BY sid ORDER BY id)) c
        WHERE known IS NOT NULL
          AND (price_usd, recording_sid, status) IS NOT DISTINCT FROM (price, recording, state)""",
    "a step that says another number or difference than landed": """
        SELECT s.id FROM sync_step s JOIN sync_run r ON r.id = s.run_id
        LEFT JOIN (SELECT batch_id, count(*) AS rows, sum(amount_usd) AS usd FROM provider_charge GROUP BY 1) c
          USING (batch_id)
        WHERE r.source <> 'twilio-calls'
          AND (s.landed, s.difference_usd) IS DISTINCT FROM (coalesce(c.rows, 0), coalesce(c.usd, 0))""",
    "a charge of no step": """
        SELECT id FROM provider_charge c WHERE NOT EXISTS (SELECT FROM sync_step s WHERE s.batch_id = c.batch_id)""",
    "a step of a day that has not ended": """
        SELECT id FROM sync_step WHERE through >= (recorded_at AT TIME ZONE 'UTC')::date""",
}
_STEPS = text("""
SELECT s.id, s.account, s.through FROM sync_step s JOIN sync_run r ON r.id = s.run_id
WHERE r.source <> 'twilio-calls' AND s.id > :after AND NOT (s.rows = 0 AND s.through < s.first_day) ORDER BY s.id
""")
"""A step before the first pull of an account says only that it is there."""
_MARKS = text("""
SELECT DISTINCT ON (r.source, s.account) r.source, s.account, s.through
FROM sync_step s JOIN sync_run r ON r.id = s.run_id WHERE NOT (s.rows = 0 AND s.through < s.first_day)
ORDER BY r.source, s.account, s.run_id DESC, s.id DESC
""")
_LEDGER = text("SELECT account, usage_date, sum(amount_usd) FROM provider_charge GROUP BY 1, 2")
_CALLS = text("SELECT DISTINCT ON (sid) sid, price_usd FROM twilio_call ORDER BY sid, id DESC")
_OPEN_RUNS = text("""
SELECT count(*) FROM sync_run r WHERE NOT EXISTS (SELECT FROM sync_outcome o WHERE o.run_id = r.id)
""")


class Pulled:
    """Follows a desk from fault to fault. `killed` counts the runs that may have no outcome."""

    def __init__(self, desk: Desk, outside: Outside) -> None:
        self.desk, self.outside = desk, outside
        self.killed = 0
        self.known: Stated = {}
        self._last_step = 0
        self._old: dict[str, tuple[int, str | None]] = dict.fromkeys(_APPENDED, (0, None))

    def after_a_fault(self) -> None:
        """Whoever has a new step is recorded as stated now, whoever has none as before; nothing else moved."""
        self.desk.read(self._check)

    def after_a_good_sync(self) -> None:
        """Everything is recorded as stated now; nobody can tell that anything ever went wrong."""
        self.after_a_fault()
        stated = {key: usd for key, usd in self.outside.stated().items() if key not in self.outside.unrated}
        rated = {key: usd for key, usd in self.ledger().items() if key not in self.outside.unrated}
        assert rated == stated
        assert dict(self._rows(_CALLS)) == self.outside.stated_calls()
        last = self.outside.today - DAY
        for source, account, through in self._rows(_MARKS):
            open_days = [day for name, day in self.outside.unrated if name == account and source == "twilio"]
            assert through == min([last, *(day - DAY for day in open_days)])
        self.desk.seal()
        assert self.desk.read(verify).differences == ()

    def again(self) -> SyncReport:
        """A sync that finds nothing new, and so records none but that it was done."""
        before = self._sizes()
        report = quick_sync(self.desk)
        assert self._sizes() == before
        return report

    def ledger(self) -> Stated:
        """Net dollars by account and day, days of nothing left out."""
        return {(account, day): usd for account, day, usd in self._rows(_LEDGER) if usd}

    def watermark(self, account: str, source: str) -> date | None:
        return {(name, of): through for name, of, through in self._rows(_MARKS)}.get((source, account))

    def _check(self, session: Session) -> None:
        for what, query in _NONE_OF.items():
            assert session.execute(text(query)).all() == [], what
        assert [session.scalar(text(f"SELECT count(*) FROM {name}")) for name in _STAGED] == [0, 0, 0]
        assert session.scalar(_OPEN_RUNS) <= self.killed
        for table, (last, digest) in self._old.items():
            assert _digest(session, table, last) == digest, f"an old row of {table} changed"
            newest = session.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table}"))
            self._old[table] = newest, _digest(session, table, newest)
        calls = {sid for sid, _price in session.execute(_CALLS)}
        for source, account, through in session.execute(_MARKS):
            if source == "twilio-calls":
                assert self.outside.stated_calls(account, through).keys() <= calls
        self._expect(session)
        found = {(account, day): usd for account, day, usd in session.execute(_LEDGER) if usd}
        assert found == self.known

    def _expect(self, session: Session) -> None:
        """What should be recorded, now that these accounts were pulled. Google's table is pulled as one account."""
        stated = self.outside.stated()
        for number, account, _through in session.execute(_STEPS, {"after": self._last_step}):
            self._last_step = number
            others = {name for name, _day in (*self.known, *stated)} - {*ACCOUNTS}
            pulled = {account} if account in ACCOUNTS else others
            kept = {k: usd for k, usd in self.known.items() if k[0] not in pulled or k in self.outside.unrated}
            fresh = {k: usd for k, usd in stated.items() if k[0] in pulled and k not in self.outside.unrated}
            self.known = kept | fresh

    def _sizes(self) -> list[Any]:
        return [self._rows(text(f"SELECT count(*) FROM {table}"))[0][0] for table in _FACTS]

    def _rows(self, query: Any) -> list[Any]:
        return self.desk.read(lambda session: [tuple(row) for row in session.execute(query)])


def _digest(session: Session, table: str, last: int) -> str | None:
    query = text(f"SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {table} t WHERE id <= :last")
    found: str | None = session.scalar(query, {"last": last})
    return found
