"""Traces of how a translation was made that its text alone shows: other languages, debris, cuts, codes.

Each rule looks for what no sentence of any language has, so that it needs no model of the language.
"""

import re
from collections import Counter
from collections.abc import Iterator

from pipelines import language
from pipelines.report.model import Event, Severity, Span, Type
from pipelines.works.sentences import sentences

_LEAST_WORDS = 5  # of a sentence whose language can be told
_SURE = 0.8  # confidence, of a sentence; shorter phrases never reach it
_PHRASE_WORDS = 4
_PHRASE_SURE = 0.35
_QUOTED = re.compile(r"[“\"«「]([^“”\"«»「」\n]{12,90})[”\"»」]")
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")
# Han characters of a language that writes them are those of its national standard: JIS X 0208, KS X 1001.
_ENCODINGS = {"ja": "euc_jp", "ko": "euc_kr"}
_STRANGE = 2  # characters of a run that are not in it: the run is Chinese
_DEBRIS = re.compile(r"(?:\\+\s*){2,}|\ufffd+|(?:[□■�]\s*){2,}|(?:&#?\w{2,8};\s*){2,}")
# A letter with an accent that is a word of no language, between two words: "as í como" for "así como".
_TORN = re.compile(r"\b[^\W\d_]{1,12} [íúñìùćčğışşłńťż](?: |\b(?=[\w]))[^\W\d_]*")
_COMPANY = re.compile(
    r"(?:\b[A-Z][\w&.'-]*\s+)*(?:\([A-Z][\w ]*\)\s*)?(?:[A-Z][\w&.'-]*\s*)?"
    r"[(（]\s*(?:[A-Z]{2,6}\s?:\s?)?\d{4,6}(?:\.[A-Z]{2})?\s*[)）]"
)
# A word with a capital behind one of four letters or more and before one without: "control Proporcionar
# soluciones". Names stand behind short words as a rule, and in rows.
_CAPITAL = re.compile(r"(?<=\s)([a-zà-ÿ]{4,})[ \u00a0](?=[A-ZÁÉÍÓÚÑ][a-záéíóúñ]+ [a-záéíóúñ])")
_INNER_CAPITAL = re.compile(r"(?<=[^\W\d_] )[A-ZÁÉÍÓÚÑ][a-záéíóúñ]+")
_SELDOM = 2  # times that a word which begins a sentence by mistake has its capital inside another
_WORD = re.compile(r"[^\W\d_]+")
_ENDING = re.compile(r"[\"”’»)]*[.,;:!?。，；\n]")
_STOPPED = re.compile(r"[.!?。！？…؟।:;：；][\"”’»)\]）】]*\s*\Z")


def residue(text: str, tag: str, span: Span) -> Iterator[Event]:
    """Sentences, and phrases in quotes, that are in another language than the text's `tag`."""
    own = tag.partition("-")[0]
    for start, end in sentences(text, *span):
        said = text[start:end]
        if own != "zh":
            yield from _of_script(text, start, end, _ENCODINGS.get(own, ""))
        found = language.detect(said)
        other = found.tag.partition("-")[0]
        long_enough = len(said.split()) >= _LEAST_WORDS
        if long_enough and other not in {own, "und"} and found.confidence >= _SURE:
            at = start + _numbered(said)
            yield _event("residue", "substantive", text, (at, end), f"In {found.tag}.")
            continue
        for quote in _QUOTED.finditer(said):
            told = language.detect(quote[1])
            foreign = told.tag.partition("-")[0] not in {own, "und"}
            if (
                foreign
                and told.confidence >= _PHRASE_SURE
                and len(quote[1].split()) >= _PHRASE_WORDS
            ):
                where = start + quote.start(), start + quote.end()
                yield _event("residue", "minor", text, where, f"Probably in {told.tag}.")


def _numbered(said: str) -> int:
    """The length of a number in front of a sentence."""
    match = re.match(r"\s*[(（]?\d{1,2}[.)）、]\s*", said)
    return match.end() if match else 0


def _of_script(text: str, start: int, end: int, own: str) -> Iterator[Event]:
    for match in _HAN.finditer(text, start, end):
        if own and sum(not _is_in(each, own) for each in match[0]) < _STRANGE:
            continue  # a language that writes such characters itself
        yield _event("residue", "substantive", text, match.span(), "Left in Chinese characters.")


def _is_in(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def debris(text: str, span: Span) -> Iterator[Event]:
    """Characters that are no text, words that were torn, and a site's codes in place of words."""
    for match in _DEBRIS.finditer(text, *span):
        start, end = match.span()
        end = start + len(match[0].rstrip())
        yield _event("damaged", "substantive", text, (start, end), "Debris of a program.")
    for match in _TORN.finditer(text, *span):
        yield _event("damaged", "minor", text, match.span(), "A stray space tears a word.")
    for match in _COMPANY.finditer(text, *span):
        note = "A company and its code, which a site puts in place of a name."
        yield _event("altered", "substantive", text, match.span(), note)


def cuts(text: str, span: Span, often: Counter[str]) -> tuple[int, ...]:
    """Places inside the span where a sentence seems to begin though none has ended.

    `often` counts the words of the whole text that have such a capital: names come again.
    """
    plain = text.casefold()
    return tuple(
        match.end()
        for match in _CAPITAL.finditer(text, *span)
        if often[_word_at(text, match.end())] <= _SELDOM
        and plain.count(f"{match[1]} {_word_at(text, match.end())} ".casefold()) == 1
    )


def capitals(text: str) -> Counter[str]:
    """How often each word stands with a capital where no sentence begins."""
    return Counter(match[0] for match in _INNER_CAPITAL.finditer(text))


def _word_at(text: str, place: int) -> str:
    match = _WORD.match(text, place)
    return match[0] if match else ""


def is_stopped(said: str) -> bool:
    """Whether a text ends as a sentence does."""
    return _STOPPED.search(said) is not None


def breaks_off(text: str, end: int) -> bool:
    """Whether the text that ends there, without a stop, cannot end so.

    Its last word is a piece of another one, or stands elsewhere, and always with more behind it.
    """
    words = _WORD.findall(text, max(0, end - 60), end)
    if not words:
        return False
    last = re.escape(words[-1])
    before = text[:end].removesuffix(words[-1])
    others = re.findall(rf"\b{last}\b(?=(\W*))", before + text[end:], re.IGNORECASE)
    if others:
        return len(others) > 1 and not any(_ENDING.match(behind) for behind in others)
    return re.search(rf"\b{last}[^\W\d_]{{2,}}", text) is not None


def _event(kind: Type, severity: Severity, text: str, span: Span, note: str) -> Event:
    return Event(
        type=kind,
        severity=severity,
        section=None,
        span=span,
        text=text[slice(*span)],
        base_span=None,
        base_text="",
        note=note,
    )
