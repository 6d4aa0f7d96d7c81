"""Sessions of the web pages: whoever enters a token gets a signed cookie, and forms bring a mark of it.

The cookie holds the digest of the token, when it ends, and a signature; revoking the token ends it. It is
HttpOnly and SameSite=Strict, so that no script reads it and no other site's page sends it.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from service.api.tokens import Token, Tokens, keep_private

COOKIE = "variorum_session"
LASTS = timedelta(hours=12)  # a working day; no source
_KEY_BYTES = 32


class Sessions:
    """Makes cookies and reads them again, with a key that every process of the server shares."""

    def __init__(self, tokens: Tokens, key: bytes) -> None:
        self._tokens = tokens
        self._key = key

    def begin(self, secret: str) -> str | None:
        """The value of a cookie for whoever has this token; None when it is none."""
        token = self._tokens.owner(secret)
        if token is None:
            return None
        ends = int((datetime.now(UTC) + LASTS).timestamp())
        told = f"{token.digest}.{ends}"
        return f"{told}.{self._sign('session', told)}"

    def owner(self, cookie: str) -> Token | None:
        """The token behind the cookie; None when it is forged, has ended, or its token is revoked."""
        told, _, signature = cookie.rpartition(".")
        if not cookie.isascii() or not hmac.compare_digest(signature, self._sign("session", told)):
            return None
        digest, _, ends = told.partition(".")
        if int(ends) <= datetime.now(UTC).timestamp():
            return None
        return self._tokens.with_digest(digest)

    def mark(self, cookie: str) -> str:
        """What every form of the session must bring along."""
        return self._sign("form", cookie)

    def _sign(self, what: str, told: str) -> str:
        digest = hmac.digest(self._key, f"{what}:{told}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def key_beside(archive: Path) -> bytes:
    """The key that signs cookies, from a file beside the archive, made where there is none.

    Raises:
        NotKept: the disk would not take it.
    """
    folder = archive.absolute()
    path = folder.with_name(folder.name + "-session.key")
    try:
        kept = path.read_bytes()
    except FileNotFoundError:
        kept = b""
    if len(kept) == _KEY_BYTES:
        return kept
    new = secrets.token_bytes(_KEY_BYTES)
    keep_private(path, new)
    return new
