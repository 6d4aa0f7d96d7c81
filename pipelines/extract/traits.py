"""What is known of each line of a page when it has to be kept or left out, as columns of numbers."""

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from pipelines.extract import names
from pipelines.extract.layout import Layout
from pipelines.extract.lines import SENTENCE

Columns = dict[str, npt.NDArray[np.float64]]

_END = re.compile(r"[.!?…:;\"”»'’)。！？」』）]$")
_DATE = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\d{4}|\d{1,2}[:/.-]\d{2}",
    re.IGNORECASE,
)
# How lines begin that lead away from a page, in the languages most met.
_LEADS_AWAY = re.compile(
    r"(?:read (?:more|also|next|the full)|see also|also (?:read|see)|more:|related|recommended"
    r"|you may (?:also )?like|more (?:from|on|about)|share (?:this|on|via|with)"
    r"|follow (?:us|me|him|her|@)|sign up|subscribe|get (?:the|our|access|more)|click here|advert"
    r"|sponsored|copyright|©|\(c\) ?\d|all rights reserved|tags?:|filed under"
    r"|posted (?:in|on|by)|published|updated|last (?:updated|modified)|photo|image|picture|source:"
    r"|credit|by [A-Z]|reporting by|written by|comments?\b|leave a (?:reply|comment)|\d+ comments?"
    r"|print|email|download|watch|listen|join|support|donate|thanks? (?:for|you for)|please"
    r"|your email|enter your|we use cookies|this (?:site|website) uses|terms|privacy|contact|about"
    r"|don.t miss|most read|most popular|trending|latest|top stories|next|previous|skip"
    r"|mehr zum thema|lesen sie|auch interessant|teilen|weiterlesen|lire aussi|à lire|partager"
    r"|leer más|lea también|compartir|te puede interesar|comparte|leggi anche|condividi"
    r"|leia (?:mais|também)|lees ook|czytaj|читайте|поделиться|подписывайтесь|相关|推荐|关注|関連"
    r"|共有)",
    re.IGNORECASE,
)
_SMALL_PRINT = (
    "all rights reserved", "copyright", "©", "newsletter", "subscribe", "sign up", "follow us",
    "click here", "cookies", "privacy policy", "terms of use", "terms of service", "your inbox",
    "your email", "alle rechte", "tous droits", "todos los derechos", "無断転載", "版权所有",
)  # fmt: skip
_BULLETS = frozenset("-•·*►»|[(")

_ROLE_COLUMNS = {
    "in comments": names.COMMENTS,
    "in related": names.RELATED,
    "in sharing": names.SHARING,
    "in controls": names.CONTROLS,
    "in side": names.SIDE,
    "in author": names.AUTHOR,
    "in picture": names.PICTURE,
    "in promotion": names.PROMOTION,
    "in keywords": names.KEYWORDS,
    "in details": names.DETAILS,
    "in title": names.TITLE,
    "in body": names.BODY,
    "in figure": names.FIGURE,
    "in aside": names.ASIDE_TAG,
    "in footer": names.FOOTER,
    "in header": names.HEADER,
    "in navigation": names.NAVIGATION,
    "in form": names.FORM,
    "in quotation": names.QUOTATION,
    "in list": names.LIST,
    "in table": names.TABLE,
}
_AROUND_COLUMNS = {
    "within body": names.BODY,
    "within article": names.ARTICLE,
    "within main": names.MAIN,
    "within marked body": names.MARKED_BODY,
}


def traits(layout: Layout, title: str) -> Columns:
    """The columns that the page itself gives; one value for each line, mostly 0..1."""
    columns = _of_texts(layout, squashed(title))
    columns |= _of_places(layout)
    columns |= _of_order(layout)
    columns |= _of_patterns(layout, columns)
    columns |= _of_page(layout, columns)
    return columns


def votes(layout: Layout, columns: Columns, other: str) -> Columns:
    """The columns that another extraction's text of the same page adds."""
    whole = {squashed(line.lstrip("- |")) for line in other.split("\n")}
    grams = set(_trigrams(other))
    shares = np.array([_share(line.text, whole, grams) for line in layout.lines])
    agreed = (shares >= 0.6).astype(float)
    length = np.array([len(line.text) for line in layout.lines], float)
    inside = columns["in region"] * (1 - columns["stands aside"])
    running = columns["is running text"] * inside
    both = length * agreed
    taken = both.sum() + 1
    return {
        "share voted": shares,
        "voted": agreed,
        "line before voted": _shifted(agreed, 1),
        "line after voted": _shifted(agreed, -1),
        "page: voted in region": _spread((both * inside).sum() / taken, shares),
        "page: region voted": _spread(
            (both * running).sum() / ((length * running).sum() + 1), shares
        ),
        "page: log voted": _spread(np.log1p(taken), shares),
        "page: share voted": _spread(taken / (length.sum() + 1), shares),
    }


def squashed(text: str) -> str:
    """`text` without white space."""
    return "".join(text.split())


def _of_texts(layout: Layout, title: str) -> Columns:
    lines = layout.lines
    texts = [line.text for line in lines]
    tight = [squashed(text) for text in texts]
    seen = Counter(tight)
    length = np.array([len(text) for text in texts], float)
    linked = np.array([line.linked for line in lines], float)
    prose = np.array(layout.prose, float)
    return {
        "log length": np.log1p(length),
        "log free": np.log1p(np.maximum(0, length - linked)),
        "share linked": linked / length,
        "is link": (linked >= 0.9 * length).astype(float),
        "is running text": (prose > 0).astype(float),
        "log running text": np.log1p(prose),
        "ends": _flags(_END.search(text) for text in texts),
        "has sentence": _flags(SENTENCE.search(text) for text in texts),
        "is heading": _flags(line.kind == "heading" for line in lines),
        "is first heading": _flags(line.level == 1 for line in lines),
        "is item": _flags(line.kind == "item" for line in lines),
        "is row": _flags(line.kind == "row" for line in lines),
        "is upper case": _flags(len(text) > 5 and text.isupper() for text in texts),
        "is repeated": _flags(seen[text] > 1 for text in tight),
        "is title": _flags(
            len(text) > 10 and (text in title or (len(title) > 10 and title in text))
            for text in tight
        ),
        "leads away": _flags(_LEADS_AWAY.match(text) for text in texts),
        "is small print": _flags(_is_small_print(text) for text in texts),
        "is date": _flags(len(text) < 60 and _DATE.search(text) for text in texts),
        "has bullet": _flags(text[0] in _BULLETS for text in texts),
        "begins lower": _flags(text[0].islower() for text in texts),
    }


def _is_small_print(text: str) -> bool:
    if len(text) >= 300:
        return False
    lower = text.lower()
    return any(words in lower for words in _SMALL_PRINT)


def _of_places(layout: Layout) -> Columns:
    nodes = layout.nodes
    around = [nodes[place] for place in layout.at]
    parents = [nodes[node.parent] if node.parent >= 0 else node for node in around]
    below = np.array([node.below for node in around])
    outer = np.array([node.around for node in around])
    columns = {
        "in region": _flags(node.depth >= 0 for node in around),
        "stands aside": _flags(node.aside for node in around),
        "depth": np.array([node.depth if node.depth >= 0 else 15 for node in around], float),
        "share linked in element": np.array([n.linked / n.text if n.text else 0 for n in around]),
        "share linked in parent": np.array([n.linked / n.text if n.text else 0 for n in parents]),
        "is p": _flags(node.element.tag == "p" for node in around),
        "is box": _flags(node.element.tag in {"div", "section", "body", "td"} for node in around),
    }
    for name, role in _ROLE_COLUMNS.items():
        columns[name] = (below & role != 0).astype(float)
    for name, role in _AROUND_COLUMNS.items():
        columns[name] = (outer & role != 0).astype(float)
    return columns


def _of_order(layout: Layout) -> Columns:
    """Where a line is, counted from the running text of the region."""
    count, nodes = len(layout.lines), layout.nodes
    homes: Counter[int] = Counter()
    running = []
    for index, (place, prose) in enumerate(zip(layout.at, layout.prose, strict=True)):
        if prose and nodes[place].depth >= 0 and not nodes[place].aside:
            homes[nodes[place].parent] += prose
            running.append(index)
    home = homes.most_common(1)[0][0] if homes else -2
    at_home = [i for i in running if nodes[layout.at[i]].parent == home]
    places = np.arange(count)
    first, last = (running[0], running[-1]) if running else (0, count)
    first_home, last_home = (at_home[0], at_home[-1]) if at_home else (first, last)
    long = np.zeros(count, bool)
    long[[i for i in running if layout.prose[i] > 60]] = True
    since, until = _distance(long), _distance(long[::-1])[::-1]
    total = sum(layout.prose) or 1
    return {
        "is at home": _flags(nodes[place].parent == home or place == home for place in layout.at),
        "share at home": np.array([homes.get(nodes[p].parent, 0) / total for p in layout.at]),
        "before text": (places < first).astype(float),
        "after text": (places > last).astype(float),
        "before home": (places < first_home).astype(float),
        "after home": (places > last_home).astype(float),
        "lines before home": np.clip(first_home - places, 0, 20) / 20,
        "lines after home": np.clip(places - last_home, 0, 20) / 20,
        "lines since text": np.minimum(since, 6),
        "lines until text": np.minimum(until, 6),
        "follows text": (since == 0).astype(float),
        "precedes text": (until == 0).astype(float),
        "between text": ((since == 0) & (until == 0)).astype(float),
    }


def _of_patterns(layout: Layout, columns: Columns) -> Columns:
    """What the lines of the same make have in common: those whose elements are named alike."""
    makes: dict[tuple[str | None, ...], int] = {}
    group = np.empty(len(layout.lines), int)
    for index, place in enumerate(layout.at):
        make: tuple[str | None, ...] = ()
        at = place
        while at >= 0 and len(make) < 6:
            element = layout.nodes[at].element
            make = (*make, element.tag, element.get("class"))
            at = layout.nodes[at].parent
        group[index] = makes.setdefault(make, len(makes))
    sizes = np.bincount(group)

    def mean(name: str) -> npt.NDArray[np.float64]:
        return (np.bincount(group, columns[name]) / np.maximum(1, sizes))[group]

    return {
        "log alike": np.log1p(sizes[group]),
        "alike: share linked": mean("share linked"),
        "alike: running text": mean("is running text"),
        "alike: log length": mean("log length"),
        "alike: in region": mean("in region"),
        "alike: ends": mean("ends"),
    }


def _of_page(layout: Layout, columns: Columns) -> Columns:
    prose = np.array(layout.prose, float)
    inside = prose * columns["in region"] * (1 - columns["stands aside"])
    like = columns["in region"]
    return {
        "page: log text in region": _spread(np.log1p(inside.sum()), like),
        "page: share in region": _spread(inside.sum() / (prose.sum() + 1), like),
        "page: log lines of text": _spread(np.log1p((prose > 0).sum()), like),
        "page: has marked body": _spread(columns["within marked body"].max(initial=0), like),
    }


def _flags(found: Iterable[object]) -> npt.NDArray[np.float64]:
    return np.array([1.0 if one else 0.0 for one in found])


def _spread(value: float, like: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.full(len(like), value)


def _shifted(values: npt.NDArray[np.float64], by: int) -> npt.NDArray[np.float64]:
    moved = np.roll(values, by)
    moved[:by] = 0 if by > 0 else moved[:by]
    moved[by:] = 0 if by < 0 else moved[by:]
    return moved


def _distance(marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """For each place how many places lie between it and the marked one before it, 99 if none."""
    places = np.arange(len(marked))
    last = np.maximum.accumulate(np.where(marked, places, -100))
    before = np.concatenate(([-100], last[:-1])) if len(marked) else last
    return np.minimum(places - before - 1, 99).astype(float)


_WORD = re.compile(r"[\u3040-\u9fff]|[^\W\u3040-\u9fff]+")


def _trigrams(text: str) -> list[tuple[str, str, str]]:
    words = _WORD.findall(text.lower())
    return list(zip(words, words[1:], words[2:], strict=False))


def _share(text: str, whole: set[str], grams: set[tuple[str, str, str]]) -> float:
    if squashed(text) in whole:
        return 1.0
    own = _trigrams(text)
    return sum(gram in grams for gram in own) / len(own) if own else 0.0
