"""Google's token endpoint on this computer: service-account keys, and the tokens they are exchanged for."""

import base64
import json
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from capdesk.services.clock import Clock
from capdesk.services.providers.local.http import Answer, Request, json_answer

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Google's client signs for this one whatever address it sends the assertion to.
_AUDIENCE = "https://oauth2.googleapis.com/token"
_SHORT = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
_LONGEST = timedelta(hours=1)
_SKEW = timedelta(minutes=10)


class TokenEndpoint:
    """Keys it gave out and tokens it takes. `revoke` and `expire` may come at any time; `clock` is Google's."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._keys: dict[str, rsa.RSAPublicKey | None] = {}
        self._tokens: set[str] = set()
        self._lock = threading.Lock()
        self._given = 0

    def service_account(self, url: str, email: str) -> str:
        """A new key file for the account, which revokes the one before."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        with self._lock:
            self._keys[email] = key.public_key()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        info = {
            "type": "service_account",
            "project_id": email.partition("@")[2].partition(".")[0],
            "private_key_id": "local",
            "private_key": pem.decode(),
            "client_email": email,
            "client_id": "100000000000000000001",
            "token_uri": f"{url}/token",
            "universe_domain": "googleapis.com",
        }
        return json.dumps(info)

    def revoke(self, email: str) -> None:
        """Its key signs nothing any more; tokens already given hold on."""
        with self._lock:
            if email in self._keys:
                self._keys[email] = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()

    def forget(self, email: str) -> None:
        """The account is deleted."""
        with self._lock:
            self._keys.pop(email, None)

    def expire(self) -> None:
        """No token given so far holds any more."""
        with self._lock:
            self._tokens.clear()

    def accepts(self, authorization: str | None) -> bool:
        kind, _, token = (authorization or "").partition(" ")
        with self._lock:
            return kind == "Bearer" and token in self._tokens

    def answer(self, request: Request) -> Answer:
        """`POST /token` with a signed assertion."""
        form = parse_qs(request.body.decode("utf-8", "replace"))
        if form.get("grant_type") != [_GRANT]:
            return _refused("unsupported_grant_type", "Invalid grant_type")
        why = self._fault(form.get("assertion", [""])[0])
        if why is not None:
            return _refused("invalid_grant", why)
        with self._lock:
            self._given += 1
            token = f"local-token-{self._given}"
            self._tokens.add(token)
        return json_answer({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _fault(self, assertion: str) -> str | None:
        """What is wrong with the assertion, in Google's words."""
        try:
            signed, _, signature = assertion.rpartition(".")
            claims: dict[str, Any] = json.loads(_decoded(signed.partition(".")[2]))
            issued, expires = int(claims["iat"]), int(claims["exp"])
            raw = _decoded(signature)
        except (ValueError, KeyError, TypeError):
            return "Invalid JWT: Failed to decode"
        with self._lock:
            key = self._keys.get(str(claims.get("iss")))
        if key is None:
            return "Invalid grant: account not found"
        try:
            key.verify(raw, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return "Invalid JWT Signature."
        now = self.clock.now().timestamp()
        skew, longest = _SKEW.total_seconds(), _LONGEST.total_seconds()
        if not (now - longest < issued < now + skew and issued < expires <= issued + longest and now < expires):
            return _SHORT
        if claims.get("aud") != _AUDIENCE:
            return "Invalid JWT: Failed audience check"
        return None if claims.get("scope") else "Invalid OAuth scope or ID token audience provided."


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refused(error: str, description: str) -> Answer:
    return json_answer({"error": error, "error_description": description}, 400)
