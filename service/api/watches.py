"""The part of the API about watches: the plans that crawls look for."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi import Path as InPath
from starlette.responses import Response

from service import watches as kept
from service.api.answers import PRIVATE, answer
from service.api.gate import needs
from service.api.opened import opened
from service.api.problems import PROBLEMS, Refused
from service.api.reading import body_of
from service.watches import UnusableWatch, Watch, new_watch

Name = Annotated[str, InPath(max_length=200)]

reading = APIRouter(dependencies=[needs("read")], responses=PROBLEMS, tags=["watches"])
operating = APIRouter(dependencies=[needs("operate")], responses=PROBLEMS, tags=["watches"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a watch looks for: at least one title, or one group of words."""

    titles: list[str] = field(default_factory=list)  # in any languages
    terms: list[str] = field(default_factory=list)  # each a few words that must all be there


@dataclass(frozen=True, slots=True, kw_only=True)
class Watches:
    """All watches, by name."""

    watches: tuple[Watch, ...]


@reading.get("/watches", responses=body_of(Watches))
def watches(request: Request) -> Response:
    """All watches, by name."""
    found = kept.watches(opened(request).config.archive)
    return answer(request, Watches(watches=found), cache=PRIVATE)


@reading.get("/watches/{name}", responses=body_of(Watch))
def watch(request: Request, name: Name) -> Response:
    """One watch."""
    return answer(request, kept.watch(opened(request).config.archive, name), cache=PRIVATE)


@operating.put("/watches/{name}", responses=body_of(Watch))
def keep_watch(request: Request, name: Name, wanted: Annotated[Wanted, Body()]) -> Response:
    """The watch, kept; one of the same name is replaced."""
    try:
        new = new_watch(name, wanted.titles, wanted.terms)
    except UnusableWatch as error:
        raise Refused(422, "invalid-request", str(error)) from error
    kept.add(opened(request).config.archive, new)
    return answer(request, new, cache=PRIVATE)


@operating.delete("/watches/{name}", status_code=204, response_class=Response)
def remove_watch(request: Request, name: Name) -> Response:
    """Forget a watch; what was archived for it stays."""
    kept.remove(opened(request).config.archive, name)
    return Response(status_code=204)
