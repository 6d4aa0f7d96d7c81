"""Texts of an archive as the linker reads them: with units, vectors and what stands beside the text."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from archive.records import Issued
from archive.store import Archive
from archive.unit_vectors import UnitVectors
from pipelines.candidates import issued
from pipelines.repair import repaired
from pipelines.works import encoder
from pipelines.works.likeness import Outlined, outlined

MOST = 300  # units of a text that are compared: a plan has 40, and its beginning tells it apart
_HELD = 64  # texts
_SCALE = 127.0  # of the bytes that vectors are kept in


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A version as the linker reads it."""

    key: str  # exact part
    document: str
    capture: str
    outlined: Outlined
    issued: Issued


class Texts:
    """The texts of an archive, read when they are asked for, a few of them held."""

    def __init__(self, archive: Archive, *, encode: bool) -> None:
        """With `encode`, texts come with vectors, where the encoder knows their language.

        Raises:
            NotKept: the disk will not have the file of vectors.
        """
        self._archive = archive
        self._encode = encode and encoder.is_there()
        self._kept = UnitVectors(archive.path) if self._encode else None
        self._held: OrderedDict[str, Text] = OrderedDict()

    def text(self, key: str) -> Text:
        """The version with this key or alias; UnknownKey where there is none."""
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        filed = self._archive.index.first_filed(key)
        reading = self._archive.reading(filed.entry.record, filed.entry.text)
        whole = outlined(
            repaired(reading.text, reading.repairs), reading.language.tag, encode=False, most=MOST
        )
        text = Text(
            key=filed.version,
            document=filed.document,
            capture=reading.capture,
            outlined=self._with_vectors(filed.version, whole),
            issued=issued(reading, self._archive.index.capture(reading.capture).url),
        )
        self._held[key] = text
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return text

    def _with_vectors(self, key: str, text: Outlined) -> Outlined:
        if self._kept is None or not encoder.knows(text.language):
            return text
        stored = np.frombuffer(self._kept.of(key, encoder.VERSION), np.int8)
        if stored.size == len(text.units) * encoder.DIMENSIONS:
            vectors = stored.reshape(-1, encoder.DIMENSIONS).astype(np.float32)
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        else:
            vectors = encoder.vectors([text.said(unit) for unit in text.units], encoder.load())
            bound = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0), 1e-9)
            packed = np.round(vectors / bound * _SCALE).astype(np.int8)
            self._kept.keep(key, encoder.VERSION, packed.tobytes())
        return Outlined(text=text.text, language=text.language, units=text.units, vectors=vectors)

    def close(self) -> None:
        """Let go of the file of vectors."""
        if self._kept is not None:
            self._kept.close()
