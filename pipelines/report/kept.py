"""What was made of a text once and is not made again: kept as bytes under a digest of all it depends on."""

import hashlib
from collections.abc import Callable, Iterable, MutableMapping
from typing import TypeVar

import msgspec

from pipelines.report.reading import WitnessText
from pipelines.works import encoder

VERSION = "2"

Kept = MutableMapping[str, bytes]
T = TypeVar("T")


def recipe() -> str:
    """What the report on a text depends on beside it."""
    return f"report-{VERSION}-{encoder.VERSION}-{int(encoder.is_there())}"


def digest(kind: str, parts: Iterable[str]) -> str:
    """A key for something of that kind that depends on these parts."""
    whole = "\0".join((VERSION, kind, *parts))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def text_of(witness: WitnessText) -> tuple[str, ...]:
    """All of a witness that a comparison depends on, as parts of a key."""
    return witness.language, witness.text, repr(witness.repairs), repr(witness.links)


def once(kept: Kept, key: str, kind: type[T], make: Callable[[], T]) -> T:
    """What is kept under the key, or what `make` gives, which then is kept."""
    try:
        return msgspec.json.decode(kept[key], type=kind)
    except KeyError:
        made = make()
        kept[key] = msgspec.json.encode(made)
        return made
