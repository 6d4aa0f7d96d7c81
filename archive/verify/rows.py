"""The rows of the index beside those that the WARC records give."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from archive.index import Index
from archive.problems import Problem
from archive.verify.report import INDEX, of_index

_SHOWN = 200  # differing rows that are named; more are counted


def differences(stated: Index, said: Index) -> Iterator[Problem]:
    """Rows of the index that the records do not give, and the other way round.

    Raises:
        UnusableIndex: the index cannot be read.
    """
    if all(one == other for one, other in zip_longest(stated.rows(), said.rows())):
        return
    ours: Counter[tuple[Any, ...]] = Counter(stated.rows())
    theirs: Counter[tuple[Any, ...]] = Counter(said.rows())
    yield from _named("row-without-record", ours - theirs)
    yield from _named("record-without-row", theirs - ours)
    if ours == theirs:
        yield of_index("its rows are not in the order of the records")


def _named(code: str, rows: Counter[tuple[Any, ...]]) -> Iterator[Problem]:
    lines = sorted(json.dumps(row, ensure_ascii=False) for row in rows)
    for line in lines[:_SHOWN]:
        yield Problem(code=code, path=INDEX, offset=None, message=line[:400])
    if len(lines) > _SHOWN:
        message = f"{len(lines) - _SHOWN} more rows like these."
        yield Problem(code=code, path=INDEX, offset=None, message=message)
