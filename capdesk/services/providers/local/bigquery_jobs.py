"""The queries BigQuery's local stand-in was asked, and its errors in the words of Google's APIs."""

from dataclasses import dataclass
from typing import Any

from capdesk.services.providers.local.bigquery_answers import Result
from capdesk.services.providers.local.http import Answer, json_answer

_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


def api_error(status: int, reason: str, message: str) -> Answer:
    """An error as Google's APIs word it."""
    one = {"message": message, "domain": "global", "reason": reason}
    body = {"code": status, "message": message, "errors": [one], "status": _STATUS.get(status, "UNKNOWN")}
    return json_answer({"error": body}, status)


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message

    @property
    def answer(self) -> Answer:
        return api_error(self.status, self.reason, self.message)


@dataclass
class Job:
    """A query that was asked; `unfinished` more questions about it are answered with 'still running'."""

    project: str
    id: str
    location: str
    configuration: dict[str, Any]
    result: Result
    unfinished: int = 0
    cached: bool = False
    error: Refused | None = None

    @property
    def reference(self) -> dict[str, str]:
        return {"projectId": self.project, "jobId": self.id, "location": self.location}

    @property
    def billed(self) -> int:
        return 0 if self.cached or self.error else self.result.billed
