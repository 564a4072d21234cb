"""An interrupt alert: a threshold of an experiment's capital or time was reached."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from capdesk.services.money import dollars
from capdesk.services.reports.wording import days_used, percent


@dataclass(frozen=True)
class Alert:
    """What one alert says. `sentence` names the threshold; the figures are those at `as_of`; `cap_usd` > 0."""

    campaign: str
    experiment: str
    sentence: str
    spent_usd: Decimal
    cap_usd: Decimal
    used_days: int | None
    cap_days: int
    as_of: datetime
    zone: str

    CLOSING: ClassVar[str] = "Nothing was paused or stopped: what follows is your decision."

    def figures(self) -> tuple[tuple[str, str], ...]:
        """Label and figure of each line, for people."""
        share = percent(self.spent_usd, self.cap_usd)
        return (
            ("capital spent", f"{dollars(self.spent_usd)} of {dollars(self.cap_usd)} ({share})"),
            ("time", days_used(self.used_days, self.cap_days)),
        )
