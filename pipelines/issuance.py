"""What title, issuer, document number, date and address say about whether two texts are one document.

Two cities' ordinances made from one template are two documents however alike; a law under its old
title is the same law however rewritten.
"""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from archive.records import Issued
from pipelines.normal_form import normalise

VERSION = "1"

# Words that official titles end with, and titles that consist of nothing else.
_INSTRUMENT = re.compile(
    r"(?:法|条例|办法|规定|规则|细则|决定|决议|解释|方案|规划|计划|纲要|意见|通知|公告|章程|标准|批复)$"
    r"|(?:act|law|ordinance|regulations?|rules|decree|plan|code)(?:of\d{4})?$"
    r"|^(?:ley|decretoley|decreto|reglamento|resolucion|ordenanza|realdecreto)"
)
_GENERIC = re.compile(
    r"(?:关于|印发|工作|实施|管理|暂行|试行|总体|行动|若干|有关|补充|若干|的)*"
    r"(?:法|条例|办法|规定|规则|细则|决定|决议|解释|方案|规划|计划|纲要|意见|通知|公告|章程|标准|批复)"
)
_QUOTED = re.compile(r"(?:印发|发布|公布|颁布|转发|下发|出台|通过)[^《]{0,12}《([^》]+)》")
_EDITION = re.compile(
    r"[(\[][^()\[\]]*(?:修正|修订|\d{4}|全文|revised|amended)[^()\[\]]*[)\]]", re.IGNORECASE
)
# The years of a plan, which tell it from the next one of its series: "2026—2030年".
_PERIOD = re.compile(r"(?<!\d)(\d{4})\s*年?\s*[-–—―~～至]+\s*(\d{4})(?!\d)")
_SITE = re.compile(r"\s*(?:[_|]|\s[-–—]+\s|——).*$", re.DOTALL)
_LEAST = 3  # characters of a title that says anything
_LIKE = 0.6  # ratio of matching characters from which two titles are made to one pattern

Verdict = Literal["one", "two", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What the evidence beside the text comes to."""

    verdict: Verdict  # one document, two, or nothing can be said
    signals: tuple[str, ...]
    same_address: bool
    other_date: bool  # both dates are known and differ


def weigh(a: Issued, b: Issued) -> Weighed:
    """What is known beside the texts says about two of them; the order does not matter."""
    signals: list[str] = []
    titles = _titles(_core(a.title), _core(b.title))
    periods = (_period(a.title), _period(b.title))
    if all(periods) and periods[0] != periods[1]:
        titles = "two"
    if titles != "open":
        signals.append("same title" if titles == "one" else "look-alike title")
    issuers = _agreement(frozenset(a.issuers), frozenset(b.issuers))
    if issuers != "open":
        signals.append("same issuer" if issuers == "one" else "other issuer")
    numbers = _agreement(_as_set(a.document_number), _as_set(b.document_number))
    if numbers != "open":
        signals.append("same document number" if numbers == "one" else "other document number")
    dates = (a.issued_on, b.issued_on)
    other_date = None not in dates and dates[0] != dates[1]
    if other_date:
        signals.append("other date")
    same_address = a.url is not None and a.url == b.url
    if same_address:
        signals.append("same address")
    return Weighed(
        verdict=_verdict(titles, issuers, numbers),
        signals=tuple(signals),
        same_address=same_address,
        other_date=other_date,
    )


def _verdict(titles: Verdict, issuers: Verdict, numbers: Verdict) -> Verdict:
    """A number is given once; a title counts as far as the issuers do not contradict it."""
    if numbers == "one" and titles != "two":
        return "one"
    if "two" in (titles, issuers):
        return "two"
    return "one" if titles == "one" else "open"


def _as_set(value: str | None) -> frozenset[str]:
    return frozenset((value,)) if value else frozenset()


def _agreement(a: frozenset[str], b: frozenset[str]) -> Verdict:
    """Whether two sets of names share one; open where either is empty."""
    forms_a, forms_b = ({normalise(name).text for name in names} for names in (a, b))
    if not forms_a or not forms_b:
        return "open"
    return "one" if forms_a & forms_b else "two"


def _core(title: str | None) -> str:
    """The title of the document itself, in the normal form: no site, no "printed and issued"."""
    plain = unicodedata.normalize("NFKC", title or "").strip()
    if quoted := _QUOTED.search(plain):
        plain = quoted[1]
    without_site = _SITE.sub("", plain)
    if len(without_site) >= _LEAST:
        plain = without_site
    return normalise(_EDITION.sub("", plain)).text


def _period(title: str | None) -> tuple[str, ...]:
    """The first and last year of the plan that the title names; () where it names none."""
    found = _PERIOD.search(unicodedata.normalize("NFKC", title or ""))
    return found.groups() if found else ()


def _titles(a: str, b: str) -> Verdict:
    """What two titles say."""
    if min(len(a), len(b)) < _LEAST or _GENERIC.fullmatch(a) or _GENERIC.fullmatch(b):
        return "open"
    if a == b:
        return "one" if _INSTRUMENT.search(a) or len(a) >= 4 * _LEAST else "open"
    if a in b or b in a or _one_letter(a, b):
        return "open"
    formal = bool(_INSTRUMENT.search(a) and _INSTRUMENT.search(b))
    first, second = sorted((a, b))
    like = SequenceMatcher(None, first, second, autojunk=False).ratio() >= _LIKE
    return "two" if formal or like else "open"


def _one_letter(a: str, b: str) -> bool:
    """Whether the titles differ in one character that is no digit: misread, most likely."""
    if len(a) != len(b):
        return False
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    return len(pairs) == 1 and not any(c.isnumeric() for c in pairs[0])
