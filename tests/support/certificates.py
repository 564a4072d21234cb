"""A certificate authority that nobody but a test trusts."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """The context of a server called localhost, and the file of the authority that vouches for it."""

    server: ssl.SSLContext
    cafile: Path


def make_certificates(folder: Path) -> Certificates:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return Certificates(context, folder / "ca.pem")
