"""An address in place of a provider's own: where tokens may be sent, and what stays on this computer."""

import re
from urllib.parse import urlsplit

from capdesk.errors import UsageRefused

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def is_local(url: str) -> bool:
    return urlsplit(url).hostname in LOCAL_HOSTS


def checked_url(text: str) -> str:
    """An address that replaces a provider's own, without a slash at its end; https, but for this computer.

    Raises UsageRefused.
    """
    try:
        parts = urlsplit(text.strip())
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        port, host = -1, ""
    whole = host and port != -1 and parts.scheme in ("http", "https") and re.fullmatch(r"[\w.:-]+", host, re.ASCII)
    if not whole or parts.username or parts.password or parts.query or parts.fragment or re.search(r"\s", text.strip()):
        raise UsageRefused("That base URL cannot be used; write it like https://api.example.com, without a login.")
    if parts.scheme == "http" and host not in LOCAL_HOSTS:
        raise UsageRefused(f"The base URL for {host} must begin with https://; http:// is for 127.0.0.1 only.")
    return text.strip().rstrip("/")
