"""Sentences of another language in a text: a title left untranslated, a quotation, an abstract."""

import re
from collections.abc import Iterator, Sequence

from pipelines.language.vote import label
from pipelines.language.voters import sure_by_cld2

_SENTENCE = re.compile(r"[^.!?;。！？；]+[.!?;。！？；]*")
SHORTEST = 40  # letters of a sentence that is judged alone
SURE = 0.6  # confidence from which a sentence is believed against the text around it
MOST_SUSPECTS = 60  # sentences judged: each costs a third of a millisecond
LONGEST_READ = 200_000  # characters of a text in which sentences are looked for
# CLD2 takes one of these for another; the text as a whole decides between them.
_ALIKE = (
    frozenset({"id", "ms"}),
    frozenset({"hr", "sr", "bs", "sl"}),
    frozenset({"no", "da", "nn"}),
    frozenset({"es", "gl"}),
    frozenset({"cs", "sk"}),
)


def other_sentences(lines: Sequence[str], tag: str) -> Iterator[tuple[int, str, int]]:
    """The sentences that are not in the language `tag`: index of the line, language, letters.

    CLD2, which is fast, says which sentences look different; the vote judges those.
    """
    read = judged = 0
    for place, line in enumerate(lines):
        read += len(line)
        if read > LONGEST_READ or judged >= MOST_SUSPECTS:
            return
        for sentence in _SENTENCE.findall(line):
            if len(sentence) < SHORTEST or _alike(sure_by_cld2(sentence) or tag, tag):
                continue
            letters = sum(map(str.isalpha, sentence))
            if letters >= SHORTEST:
                judged += 1
                own = label(sentence)
                if own.confidence >= SURE and not _alike(own.tag, tag):
                    yield place, own.tag, letters


def _alike(one: str, other: str) -> bool:
    return one == other or any({one, other} <= group for group in _ALIKE)
