"""What BigQuery, its client library and the network in between can raise, as one sentence each.

Google's own words are quoted only where they say which part of a query it means; keys and tokens are never in them.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import requests
import urllib3
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from capdesk.errors import CapdeskError, ProviderRefused, ProviderUnavailable
from capdesk.services.providers.billing_grains import IllShaped

_SHAPES = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError)
_WORD = re.compile(r"[A-Za-z_]{1,40}")
_CREDENTIAL = re.compile(r"(?i:bearer)\s+\S+|\b(?:ya29\.|eyJ)\S+")


@dataclass(frozen=True, slots=True)
class Where:
    """What the sentences name: the table asked, the project that pays for queries, who asks, and the limit of bytes."""

    table: str
    query_project: str
    who: str
    limit: str


@contextmanager
def told(where: Where, *, querying: bool) -> Iterator[None]:
    """Raises ProviderRefused or ProviderUnavailable for whatever fails inside, which is only calls of the library."""
    try:
        yield
    except CapdeskError:
        raise
    except (api.GoogleAPIError, auth.GoogleAuthError, urllib3.exceptions.HTTPError, OSError) as error:
        raise sentence(where, error, querying=querying) from None
    except _SHAPES as error:
        raise IllShaped(where.table, f"it has another shape than BigQuery's: {type(error).__name__}") from None


_KINDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("denied", frozenset({"accessDenied", "forbidden"})),
    ("absent", frozenset({"notFound"})),
    ("bytes", frozenset({"bytesBilledLimitExceeded"})),
    ("quota", frozenset({"quotaExceeded", "billingTierLimitExceeded", "dailyLimitExceeded"})),
    ("query", frozenset({"invalidQuery", "invalid", "parseError"})),
    ("off", frozenset({"accessNotConfigured", "SERVICE_DISABLED", "serviceDisabled"})),
    ("sign-in", frozenset({"authError", "required", "unauthorized"})),
)
_BY_CODE = {401: "sign-in", 403: "denied", 404: "absent", 429: "busy"}

_ANSWERED: Mapping[str, tuple[type[CapdeskError], str]] = {
    "bytes": (
        ProviderRefused,
        "A query on {table} would read more than the limit of {limit}, so Google refused it and billed nothing; raise "
        "the limit of this connection or ask for fewer days with --since.",
    ),
    "quota": (
        ProviderUnavailable,
        "The BigQuery quota of the project {project} is used up; try again tomorrow, or raise the quota.",
    ),
    "query": (
        ProviderRefused,
        "BigQuery refuses capdesk's query on {table} ({words}), as if its columns had changed: nothing was recorded; "
        "update capdesk.",
    ),
    "off": (
        ProviderRefused,
        "The BigQuery API is switched off in the project {project}; switch it on in the Google Cloud console.",
    ),
    "sign-in": (
        ProviderRefused,
        "Google does not accept the sign-in of {who}; connect it again with a new key.",
    ),
    "busy": (
        ProviderUnavailable,
        "BigQuery asks for patience about {table} ({reason}); nothing was recorded, try again later.",
    ),
    "other": (
        ProviderRefused,
        "BigQuery refuses what is asked of {table} ({reason}); check the connection in the Google Cloud console.",
    ),
}


def sentence(where: Where, error: BaseException, *, querying: bool) -> CapdeskError:
    if isinstance(error, api.RetryError):
        # What stood in the way until patience ended is a matter of time.
        last = sentence(where, error.cause or TimeoutError(), querying=querying)
        return last if isinstance(last, ProviderUnavailable) else ProviderUnavailable(str(last))
    if isinstance(error, auth.GoogleAuthError):
        return _sign_in(where, error)
    if isinstance(error, api.GoogleAPICallError):
        return _answered(where, error, querying=querying)
    return ProviderUnavailable(_on_the_way(where, error))


def _on_the_way(where: Where, error: BaseException) -> str:
    if isinstance(error, requests.exceptions.JSONDecodeError):
        return (
            f"Something on the way to BigQuery answered instead of it about {where.table}; check the network (a proxy, "
            "a sign-in page), then try again."
        )
    if isinstance(error, requests.exceptions.SSLError):
        return (
            "The connection to BigQuery is not to be trusted, its certificate does not hold; check the network and "
            "this computer's clock."
        )
    if isinstance(error, TimeoutError | requests.Timeout):
        return f"BigQuery did not answer about {where.table} in time; try again later."
    return (
        f"BigQuery could not be reached about {where.table}, or the connection was lost; check the network and try "
        "again."
    )


def _answered(where: Where, error: api.GoogleAPICallError, *, querying: bool) -> CapdeskError:
    reason, code = _reason(error), int(error.code or 0)
    kind = next((kind for kind, reasons in _KINDS if reason in reasons), None)
    if kind is None:
        # A table just being written to, a worker that failed: whatever Google calls it, 5xx passes.
        temporary = code >= 500 or "rateLimit" in reason.replace("Rate", "rate") or "Error" in reason
        kind = "busy" if temporary else _BY_CODE.get(code, "other") if not reason else "other"
    if kind == "denied":
        return ProviderRefused(_denied(where, str(error.message or ""), querying=querying))
    if kind == "absent":
        return ProviderRefused(_absent(where, str(error.message or ""), querying=querying))
    raised, words = _ANSWERED[kind]
    return raised(
        words.format(
            table=where.table,
            project=where.query_project,
            who=where.who,
            limit=where.limit,
            reason=reason or f"error {code}",
            words=_words(error),
        )
    )


def _denied(where: Where, message: str, *, querying: bool) -> str:
    read = f"BigQuery Data Viewer (roles/bigquery.dataViewer) on the dataset {where.table.rpartition('.')[0]}"
    run = f"BigQuery Job User (roles/bigquery.jobUser) on the project {where.query_project}"
    needed = read if not querying else run if "jobs.create" in message else f"{read} and {run}"
    return f"Google denies {where.who} access to {where.table}; grant it the role {needed}."


def _absent(where: Where, message: str, *, querying: bool) -> str:
    if "Not found: Project" in message:
        project = where.query_project if querying else where.table.split(".", maxsplit=1)[0]
        return f"Google knows no project {project}; check the connection's project."
    page = "the billing export page of the Google Cloud console"
    if "Not found: Dataset" in message:
        dataset = where.table.rpartition(".")[0]
        return f"There is no dataset {dataset} where BigQuery looks for it; check its name and location on {page}."
    if querying and "Table" not in message:
        return (
            f"BigQuery no longer knows its query on {where.table}; check the project {where.query_project} and the "
            "location of the dataset, then try again."
        )
    return (
        f"There is no table {where.table} any more, or not yet (a first export takes some hours); check its name on "
        f"{page}."
    )


_SIGN_IN: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("short-lived token", "iat and exp"),
        "Google refuses the sign-in of {who} because this computer's clock is off; set the clock and the time zone "
        "right, then try again.",
    ),
    (
        ("signature",),
        "Google no longer accepts the key of {who}: it was revoked or is another account's; make a new key in the "
        "Google Cloud console and connect it.",
    ),
    (
        ("account not found", "deleted", "disabled"),
        "Google no longer knows {who}: it was deleted or disabled; connect another service account.",
    ),
    (("",), "Google refuses the sign-in of {who}: its key or login was revoked or has expired; connect it again."),
)


def _sign_in(where: Where, error: auth.GoogleAuthError) -> CapdeskError:
    if isinstance(error, auth.TransportError) or getattr(error, "retryable", False):
        return ProviderUnavailable("Google's sign-in could not be reached; check the network and try again.")
    said = " ".join(str(part) for part in error.args).lower()
    words = next(words for marks, words in _SIGN_IN if any(mark in said for mark in marks))
    return ProviderRefused(words.format(who=where.who))


def _reason(error: api.GoogleAPICallError) -> str:
    """The word by which Google tells errors apart; empty where it gives none."""
    for one in error.errors or ():
        reason = one.get("reason") if isinstance(one, Mapping) else None
        if isinstance(reason, str) and _WORD.fullmatch(reason):
            return reason
    # A job that tripped the limit of bytes comes as code 500, not always with its reason.
    return "bytesBilledLimitExceeded" if "limit for bytes billed" in str(error.message).lower() else ""


def _words(error: api.GoogleAPICallError) -> str:
    words = " ".join(str(error.message or "").split()).partition(" Location:")[0]
    words = words.rpartition("prettyPrint=false: ")[2]
    words = _CREDENTIAL.sub("***", words)
    return "".join(char for char in words if char.isprintable())[:160] or "it does not say why"
