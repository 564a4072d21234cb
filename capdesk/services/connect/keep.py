"""Keeping what was tried: its secret first, then what lies in the database in one transaction, or neither of them."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy.orm import Session

from capdesk.errors import CapdeskError, SecretAbsent, SecretUnavailable
from capdesk.services.connections import ConnectionInfo, remove_connection, save_connection
from capdesk.services.providers.charges import Provider
from capdesk.services.secrets import Secrets, secret_name, variable

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """A connection to keep. Without a `secret` none is stored: it is kept already or not needed."""

    provider: Provider
    account: str
    base_url: str | None
    settings: dict[str, Any]
    secret: str | None = field(repr=False)


@dataclass(frozen=True)
class Kept(Generic[T]):
    """What was kept, and where a file of secrets was moved that could no longer be opened."""

    value: T
    moved_aside: Path | None


def keep(desk: "Desk", wanted: Wanted) -> Kept[ConnectionInfo]:
    """Stores the secret and connects the account; a second time it changes both.

    Raises SecretUnavailable or DatabaseUnavailable; then nothing is kept.
    """

    def connect(session: Session) -> ConnectionInfo:
        return save_connection(
            session, wanted.provider, wanted.account, base_url=wanted.base_url, settings=wanted.settings
        )

    return keep_with_secret(desk, secret_name(wanted.provider, wanted.account), wanted.secret, connect)


def keep_with_secret(
    desk: "Desk",
    name: str,
    secret: str | None,
    action: Callable[[Session], T],
    environ: Mapping[str, str] = os.environ,
) -> Kept[T]:
    """Stores a secret, then does the rest in one transaction; where that fails the secret is as it was before."""
    if secret is None:
        return Kept(desk.write(action), None)
    undo = _undo(desk.secrets, name, environ)
    try:
        aside = desk.secrets.set(name, secret)
    except SecretUnavailable as error:
        raise type(error)(f"Nothing was connected, because its secret cannot be kept: {error}") from None
    try:
        return Kept(desk.write(action), aside)
    except BaseException as error:
        undone = undo()
        if isinstance(error, CapdeskError) and not undone:
            raise type(error)(
                f"Nothing was connected, but its secret {name} stays (`capdesk secrets remove {name}`): {error}"
            ) from None
        if isinstance(error, CapdeskError) and aside is not None:
            raise type(error)(
                f"Nothing was connected, but the file of secrets that could no longer be opened is now {aside}: {error}"
            ) from None
        raise


def kept_secret(secrets: Secrets, name: str) -> str | None:
    """The secret of that name; None where there is none, or none can be read."""
    try:
        return secrets.get(name)
    except SecretUnavailable:
        return None


def forget(desk: "Desk", ref: str) -> tuple[ConnectionInfo, bool]:
    """Removes a connection, then its secret; whether there was one that could be removed.

    Raises NotFound where no active connection is named so.
    """
    removed = desk.write(lambda session: remove_connection(session, ref))
    try:
        desk.secrets.remove(secret_name(removed.provider, removed.account))
    except SecretAbsent:
        return removed, False
    except SecretUnavailable as error:
        raise type(error)(f"{removed.account} is connected no more, but its secret is still kept: {error}") from None
    return removed, True


def _undo(secrets: Secrets, name: str, environ: Mapping[str, str]) -> Callable[[], bool]:
    """Puts the secret back as it is now, and says whether it did.

    What the environment hides cannot be put back: then the new one stays rather than none.
    """
    if not environ.get(variable(name)):
        before = kept_secret(secrets, name)
        return lambda: _put_back(secrets, name, before)
    hidden = False
    with suppress(SecretUnavailable):
        hidden = name in secrets.names()
    return lambda: not hidden and _put_back(secrets, name, None)


def _put_back(secrets: Secrets, name: str, before: str | None) -> bool:
    with suppress(CapdeskError):
        if before is None:
            secrets.remove(name)
        else:
            secrets.set(name, before)
        return True
    return False
