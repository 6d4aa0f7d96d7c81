"""A stretch of text to its sentences, as spans."""

import re
from collections.abc import Iterator

# A stop of the wide scripts ends a sentence wherever it stands; a full stop of the others only before
# a space, and not behind a number or a single letter, which it abbreviates or counts.
_END = re.compile(
    r"[。！？；｡؟।॥]+[”’」』）》\")\]]*"
    r"|(?<![\s\d.]\d)(?<!^\d)(?<![\s.][^\W\d_])[.!?…]+[”’»\")\]]*(?=\s+\S)"
    r"|\n+"
)


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of the sentences of `text[start:end]`, without the space around them.

    >>> list(sentences("甲。乙；丙", 0, 5))
    [(0, 2), (2, 4), (4, 5)]
    """
    at = start
    for match in _END.finditer(text, start, end):
        yield from _bare(text, at, match.end())
        at = match.end()
    yield from _bare(text, at, end)


def _bare(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    bare = piece.strip()
    if bare:
        first = start + piece.index(bare[0])
        yield first, first + len(bare)
