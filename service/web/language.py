"""The interface's own words, and which language a reader gets."""

from pathlib import Path

from service.words import DEFAULT, Words, read_words

__all__ = ["COOKIE", "Words", "chosen", "languages"]

COOKIE = "variorum_language"
_FAMILY = {"zh": "zh-Hans"}  # the only Chinese there is serves readers of the other one too


def languages() -> dict[str, Words]:
    """The languages of the interface by their tags."""
    return read_words(Path(__file__).with_name("strings.toml"))


def chosen(asked: str, cookie: str, accepted: str) -> Words:
    """The language that the address asks for, else that of the cookie, else what the browser accepts.

    >>> chosen("", "", "fr, zh-TW;q=0.8, en;q=0.5").tag
    'zh-Hans'
    """
    known = languages()
    for tag in (asked, cookie):
        if tag in known:
            return known[tag]
    for tag in _accepted(accepted):
        for form in (tag, tag.partition("-")[0]):
            found = _FAMILY.get(form, form)
            if found in known:
                return known[found]
    return known[DEFAULT]


def _accepted(header: str) -> list[str]:
    """The tags of an Accept-Language header, best first (RFC 9110, section 12.5.4)."""
    weighed = []
    for place, part in enumerate(header.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            quality = 0.0
        if tag and quality > 0:
            weighed.append((-quality, place, tag))
    return [tag for _, _, tag in sorted(weighed)]
