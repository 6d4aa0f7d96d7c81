"""The patterns of the keys that people and programs type, and what each of them is.

v1-4oym…bkq-3wvhnr…   Fingerprint   recipe, exact part, near part
4oym…bkq (52)         Exact         the exact part of one
4oymiquy (8 or more)  Prefix        how the exact part begins
ISCC:EAD6XT…          Iscc          ISO 24138
sha256:4OYM…          Digest        of a payload, base32 or hexadecimal
"""

import base64
import re
from dataclasses import dataclass

from archive.records import Fingerprint

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648, section 6, in lower case
NEAR_GROUP = 6  # letters of ALPHABET that hold the 30 bits of one value of a near part
_NEAR_MOST = 20  # values
_SHORTEST_PREFIX = 8  # characters, the recipe in front of them counted
_LEAST_EXACT = 4  # of them of the exact part

_FINGERPRINT = re.compile(
    rf"([a-z][a-z0-9]{{0,15}})-([a-z2-7]{{52}})-((?:[a-z2-7]{{{NEAR_GROUP}}}){{0,{_NEAR_MOST}}})"
)
_BEGINNING = re.compile(r"(?:[a-z][a-z0-9]{0,15}-)?([a-z2-7]{1,52})(?:-[a-z2-7]*)?")
_ISCC = re.compile(r"ISCC:([A-Z2-7]{8,112})")
_DIGEST = re.compile(r"sha256:(?:([0-9a-f]{64})|([a-z2-7]{52})(?:={4})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """The exact part of a fingerprint."""

    text: str  # 52 characters a-z2-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """How an exact part begins."""

    text: str  # 4 to 51 characters a-z2-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Iscc:
    """An International Standard Content Code, whole or its beginning."""

    text: str  # "ISCC:" and characters A-Z2-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The digest of a payload, written as the archive writes it."""

    text: str  # "sha256:", 52 characters A-Z2-7 and "===="


Key = Fingerprint | Exact | Prefix | Iscc | Digest


def parse(text: str) -> Key:
    """What the text is a key of, written the archive's way.

    A fingerprint that was cut off within its near part still has its exact part, and is that.

    Raises:
        ValueError: it has the form of no key.
    """
    bare = text.strip()
    lower = bare.lower()
    if whole := _FINGERPRINT.fullmatch(lower):
        return Fingerprint(recipe=whole[1], exact=whole[2], near=whole[3])
    if iscc := _ISCC.fullmatch(bare.upper()):
        return Iscc(text=f"ISCC:{iscc[1]}")
    if digest := _DIGEST.fullmatch(lower):
        return Digest(
            text="sha256:" + (_base32(digest[1]) if digest[1] else digest[2].upper() + "====")
        )
    if beginning := _BEGINNING.fullmatch(lower):
        if len(beginning[1]) == 52:
            return Exact(text=beginning[1])
        long_enough = len(beginning[0]) >= _SHORTEST_PREFIX and len(beginning[1]) >= _LEAST_EXACT
        if long_enough and beginning[0].count("-") <= 1:
            return Prefix(text=beginning[1])
    message = (
        f"{text[:80]!r} is no key. A key is a fingerprint, its exact part of 52 characters, at least "
        f"{_SHORTEST_PREFIX} characters of how that begins, an ISCC, or a digest such as sha256:…."
    )
    raise ValueError(message)


def group(tag: int) -> str:
    """The six letters of a near part that stand for 30 bits, the highest five bits first."""
    return "".join(ALPHABET[tag >> shift & 31] for shift in range(25, -1, -5))


def bands(near: str) -> tuple[int, ...]:
    """The band keys that a near part stands for: enough to find near-copies without their text.

    Raises:
        ValueError: `near` is not made of whole groups of a-z2-7.
    """
    if len(near) % NEAR_GROUP or not set(near) <= set(ALPHABET):
        message = (
            f"The near part {near[:40]!r} is not made of groups of {NEAR_GROUP} letters a-z2-7."
        )
        raise ValueError(message)
    groups = (near[start : start + NEAR_GROUP] for start in range(0, len(near), NEAR_GROUP))
    return tuple(_value(letters) for letters in groups)


def _value(letters: str) -> int:
    """The number whose base-32 digits the letters are."""
    value = 0
    for letter in letters:
        value = value << 5 | ALPHABET.index(letter)
    return value


def _base32(hexadecimal: str) -> str:
    """The same digest in base32."""
    return base64.b32encode(bytes.fromhex(hexadecimal)).decode()
