"""Known containers of the main text, as rows of `containers.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lxml.html import HtmlElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """An id or class in which a content system keeps the text and nothing else."""

    name: str
    id: str | None
    class_: str | None
    trust: Literal["sure", "likely"]


def _rows() -> tuple[Container, ...]:
    table = tomllib.loads(Path(__file__).with_name("containers.toml").read_text("utf-8"))
    return tuple(
        Container(name=row["name"], id=row.get("id"), class_=row.get("class"), trust=row["trust"])
        for row in table["container"]
    )


CONTAINERS = _rows()
_BY_ID: dict[str | None, int] = {row.id: rank for rank, row in enumerate(CONTAINERS) if row.id}
_BY_CLASS = {row.class_: rank for rank, row in enumerate(CONTAINERS) if row.class_}


def known_containers(tree: HtmlElement) -> list[tuple[Container, HtmlElement]]:
    """The known containers in `tree`, best row first, then in document order."""
    found: list[tuple[int, HtmlElement]] = []
    for element in tree.iter():
        names = element.get("class")
        ranks = [_BY_CLASS[name] for name in names.split() if name in _BY_CLASS] if names else []
        rank = _BY_ID.get(element.get("id"))
        if rank is not None:
            ranks.append(rank)
        if ranks:
            found.append((min(ranks), element))
    found.sort(key=lambda pair: pair[0])
    return [(CONTAINERS[rank], element) for rank, element in found]
