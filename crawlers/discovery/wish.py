"""What somebody looks for: titles and terms in any language, held against links."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from rapidfuzz import fuzz

from crawlers.discovery.links import Link
from pipelines.normal_form import normalise

_LEAST = 6  # letters of a cut-off title that may stand for the whole one; no source
_CUT = re.compile(r"(?:\.{2,}|…+|\s*\[\.\.\.\])\s*$")
_ALIKE = 90.0  # of 100; two titles that differ in a particle or a sign, measured on none
# What the page that carries a plan is called, in the languages of the shipped sites.
_CARRIES = re.compile(
    "通知|印发|公告|公布|意见|發布|发布|通告|circular|notice|aviso|notificaci[oó]n|announcement|issu",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Titles and terms; a link fits when one of them does. An empty wish fits everything."""

    titles: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()  # each a few words, all of which must be there
    _titles: tuple[str, ...] = field(init=False, repr=False, compare=False, default=())
    _terms: tuple[tuple[str, ...], ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        titles = tuple(form for each in self.titles if (form := _form(each)))
        groups = tuple(
            tuple(form for word in each.split() if (form := _form(word))) for each in self.terms
        )
        object.__setattr__(self, "_titles", titles)
        object.__setattr__(self, "_terms", tuple(group for group in groups if group))

    @property
    def is_empty(self) -> bool:
        """Whether nothing in particular is looked for."""
        return not (self._titles or self._terms)

    @property
    def searches(self) -> tuple[str, ...]:
        """What to type into a site's search form."""
        return (*self.titles, *self.terms)

    def fits(self, link: Link) -> bool:
        """Whether the link's text, title or address is that of what is looked for."""
        if self.is_empty:
            return True
        shown = _CUT.sub("", link.title)
        text, address = _form(shown), _form(_path(link.url))
        if any(_is_title(title, text, cut=shown != link.title) for title in self._titles):
            return True
        if any(title in address for title in self._titles):
            return True
        both = f"{text} {address}"
        return any(all(word in both for word in group) for group in self._terms)


def carries(title: str) -> bool:
    """Whether a page of this title is a circular or notice that brings a plan with it."""
    return bool(_CARRIES.search(title))


def _is_title(title: str, text: str, *, cut: bool) -> bool:
    if not text:
        return False
    if title in text:
        return True
    if cut and len(text) >= _LEAST and text in title:
        return True
    return len(text) >= _LEAST and fuzz.ratio(title, text) >= _ALIKE


@lru_cache(maxsize=4096)
def _form(text: str) -> str:
    return normalise(text).text


def _path(url: str) -> str:
    parts = urlsplit(url)
    return unquote(f"{parts.path} {parts.query}", errors="replace")
