"""Bearer tokens: 256 random bits each, of which only the SHA-256 is kept, in a file beside the archive.

A token that nobody can guess needs no slow hash: there is no dictionary of them to try.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

import msgspec

from archive import files
from archive.errors import ArchiveError, UnknownKey

Scope = Literal["read", "submit", "operate"]
SCOPES: tuple[Scope, ...] = get_args(Scope)  # each may do what those before it may
PREFIX = "vrm_"  # so that scanners for leaked secrets recognise one
_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is kept of a token."""

    name: str  # unique, for people
    digest: str  # SHA-256 of the token, 64 hexadecimal digits
    scope: Scope
    created_at: datetime  # UTC
    expires_at: datetime | None = None  # None: it does not


class UnreadableTokens(ArchiveError):
    """The file of tokens is not what this program wrote."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path} cannot be read as a list of tokens ({why}). Mend or remove it.")


class TokenNameTaken(ValueError):
    """There is a token of this name already."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"There is a token with the name {name!r}. Revoke it, or take another one."
        )


def beside(archive: Path) -> Path:
    """The file of the tokens for an archive: beside its folder, so that it is never copied with it."""
    folder = archive.absolute()
    return folder.with_name(folder.name + "-tokens.json")


def allows(scope: Scope, wanted: Scope) -> bool:
    """Whether one who has a scope may do what asks for another.

    >>> allows("operate", "submit"), allows("read", "submit")
    (True, False)
    """
    return SCOPES.index(scope) >= SCOPES.index(wanted)


class Tokens:
    """The tokens in one file; what another process changes there counts at the next question."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None  # inode, size and time of what was read
        self._by_digest: dict[str, Token] = {}

    def create(self, name: str, scope: Scope, expires_at: datetime | None = None) -> str:
        """A new token: shown this once, then nobody knows it but its owner.

        Raises:
            TokenNameTaken: there is one of this name.
            ArchiveBusy: another command changes the tokens at this moment.
            NotKept: the disk would not take it.
            UnreadableTokens: the file was changed to something else.
        """
        secret = PREFIX + secrets.token_urlsafe(_BYTES)
        new = Token(
            name=name,
            digest=_digest(secret),
            scope=scope,
            created_at=datetime.now(UTC).replace(microsecond=0),
            expires_at=expires_at,
        )

        def added(kept: tuple[Token, ...]) -> tuple[Token, ...]:
            if any(each.name == name for each in kept):
                raise TokenNameTaken(name)
            return (*kept, new)

        self._change(added)
        return secret

    def revoke(self, name: str) -> None:
        """Let the token of this name open nothing any more.

        Raises:
            UnknownKey: there is none.
            ArchiveBusy, NotKept, UnreadableTokens: as for `create`.
        """

        def without(kept: tuple[Token, ...]) -> tuple[Token, ...]:
            left = tuple(each for each in kept if each.name != name)
            if len(left) == len(kept):
                raise UnknownKey(name)
            return left

        self._change(without)

    def all(self) -> tuple[Token, ...]:
        """Every token by name, expired ones too.

        Raises:
            UnreadableTokens: the file was changed to something else.
        """
        self._refresh()
        return tuple(sorted(self._by_digest.values(), key=lambda each: each.name))

    def owner(self, secret: str) -> Token | None:
        """The token that the secret is, unless it has expired; None for a wrong one.

        Raises:
            UnreadableTokens: the file was changed to something else.
        """
        return self.with_digest(_digest(secret))

    def with_digest(self, digest: str) -> Token | None:
        """The token with this digest, unless it has expired or was revoked."""
        self._refresh()
        found = self._by_digest.get(digest)
        if found and found.expires_at and found.expires_at <= datetime.now(UTC):
            return None
        return found

    def _refresh(self) -> None:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            self._seen, self._by_digest = None, {}
            return
        seen = (state.st_ino, state.st_size, state.st_mtime_ns)
        if seen != self._seen:
            self._by_digest = {each.digest: each for each in self._read()}
            self._seen = seen

    def _read(self) -> tuple[Token, ...]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=tuple[Token, ...])
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.MsgspecError) as error:
            raise UnreadableTokens(self._path, str(error)) from error

    def _change(self, change: Callable[[tuple[Token, ...]], tuple[Token, ...]]) -> None:
        with files.writer_lock(self._path.with_suffix(".lock")):
            changed = change(self._read())
            data = msgspec.json.format(msgspec.json.encode(changed), indent=2)
            keep_private(self._path, data + b"\n")


def keep_private(path: Path, data: bytes) -> None:
    """Put the bytes where only the owner of this process reads them.

    Raises:
        NotKept: the disk would not take it.
    """
    path.with_name(path.name + ".new").touch(mode=0o600)  # `replace` writes into it as it is
    files.replace(path, data)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
