"""The language of one stretch of text: a script gate, then a vote of three identifiers."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pipelines.language import chinese, words
from pipelines.language.scripts import (
    HAN,
    JAPANESE,
    LATIN,
    ONE_LANGUAGE,
    SEVERAL_LANGUAGES,
    leading_script,
    letters_by_script,
    possible,
    script_of,
)
from pipelines.language.voters import by_cld2, by_fasttext, by_langdetect, one_line

Votes: TypeAlias = Sequence[Mapping[str, float]]  # langdetect's, lid.176's, CLD2's shares

ENOUGH = 400  # characters; measured: more does not change the label of one stretch
SHORT = 150  # characters below which words are evidence beside the letters

# langdetect's 55 profiles, with its two for Chinese as one.
LANGDETECT_KNOWS = frozenset(
    (
        *("af", "ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "fa"),
        *("fi", "fr", "gu", "he", "hi", "hr", "hu", "id", "it", "ja", "kn", "ko", "lt", "lv"),
        *("mk", "ml", "mr", "ne", "nl", "no", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "so"),
        *("sq", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "vi", "zh"),
    )
)

# Log-linear pool (Genest & Zidek 1986, section 3): a voter's weight says how much it is believed,
# its floor how often it is sure and wrong. Our own choice on translated news, where other values
# near these do about as well; they have no other source.
_WEIGHTS = (0.8, 1.2, 1.0)  # langdetect, lid.176, CLD2
_FLOORS = (0.05, 0.01, 0.05)
_UNKNOWN_SHARE = 0.1  # langdetect's vote for a language that it has no profile of
_CLD2_ENGLISH = 0.25  # of its vote: in short lines, English is what CLD2 falls back on
_WITHOUT_NAMES = 0.5  # weight of the second vote
_TRUSTED_LETTERS = 20  # below, the voters' shares are worth less in proportion
_LEAST_TRUST = 0.1
_QUOTES = "\"'“”„‘’«»(["


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The language of one stretch of text."""

    tag: str  # BCP 47
    confidence: float  # 0..1


UNDETERMINED = Label(tag="und", confidence=0.0)


def label(text: str) -> Label:
    """The language of `text` as a whole, judged by its first `ENOUGH` characters."""
    line = one_line(text[: 2 * ENOUGH]).strip()[:ENOUGH]
    letters = letters_by_script(line)
    script = leading_script(letters)
    if not script:
        return UNDETERMINED
    share = letters[script] / letters.total()
    if script == HAN:
        return Label(tag=chinese.script_tag(*chinese.evidence(line)), confidence=share)
    if script == JAPANESE:
        return Label(tag="ja", confidence=(letters[script] + letters[HAN]) / letters.total())
    if script in ONE_LANGUAGE:
        return Label(tag=ONE_LANGUAGE[script], confidence=share)
    return _voted(line, script)


def _voted(line: str, script: str) -> Label:
    """What the voters make of a line whose script several languages share."""
    if script != LATIN:
        line = _only(line, script)
    said = words.evidence(line) if len(line) < SHORT else {}
    rounds = [(1.0, _votes(line))]
    plain = _without_names(line) if len(line) < SHORT else ""
    if plain and plain != line:
        rounds.append((_WITHOUT_NAMES, _votes(plain)))
    named = {tag for _, votes in rounds for vote in votes for tag in vote}
    named |= {tag for tag, worth in said.items() if worth >= words.ONE_WORD}
    candidates = sorted(tag for tag in named if possible(tag, script))
    if not candidates:
        return Label(tag=SEVERAL_LANGUAGES.get(script, ("und",))[0], confidence=0.0)
    trust = _trust(line)
    scores = {
        tag: said.get(tag, 0.0) + trust * sum(part * _score(tag, votes) for part, votes in rounds)
        for tag in candidates
    }
    best = max(candidates, key=lambda tag: scores[tag])
    total = sum(math.exp((score - scores[best]) / sum(_WEIGHTS)) for score in scores.values())
    return Label(tag=best, confidence=1 / total)


def _votes(line: str) -> Votes:
    cld2 = by_cld2(line)
    if "id" in cld2 or "ms" in cld2:  # it takes Indonesian for Malay as often as not
        both = (cld2.get("id", 0.0) + cld2.get("ms", 0.0)) / 2
        cld2 |= {"id": both, "ms": both}
    if len(line) < SHORT and "en" in cld2:
        cld2["en"] *= _CLD2_ENGLISH
    return by_langdetect(line), by_fasttext(line), cld2


def _score(tag: str, votes: Votes) -> float:
    """The logarithm of what the voters give `tag`, weighted."""
    score = 0.0
    for vote, weight, floor, known in zip(
        votes, _WEIGHTS, _FLOORS, (tag in LANGDETECT_KNOWS, True, True), strict=True
    ):
        score += weight * math.log(vote.get(tag, 0.0) + floor if known else _UNKNOWN_SHARE)
    return score


def _trust(line: str) -> float:
    """How much the voters' shares are worth, 0.1 to 1: a word of three letters says little."""
    letters = sum(map(str.isalpha, line[:SHORT]))
    return max(_LEAST_TRUST, min(1.0, letters / _TRUSTED_LETTERS))


def _only(line: str, script: str) -> str:
    """The words of `line` that are written in `script`: the rest are names and abbreviations."""
    return " ".join(
        word for word in line.split() if any(script_of(character) == script for character in word)
    )


def _without_names(line: str) -> str:
    """The words of `line` that begin with a small letter and hold no digit."""
    return " ".join(
        word
        for word in line.split()
        if not word.lstrip(_QUOTES)[:1].isupper() and not re.search(r"\d", word)
    )
