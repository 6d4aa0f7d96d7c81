"""The interface's own words, and which language a reader gets."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DEFAULT = "en"
COOKIE = "variorum_language"
_FAMILY = {"zh": "zh-Hans"}  # the only Chinese there is serves readers of the other one too


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The strings of the interface in one language."""

    tag: str  # BCP 47
    words: dict[str, str]  # by room and key: "home.title"

    def __call__(self, key: str, **values: object) -> str:
        """The string under this key, filled in; KeyError where there is none.

        For an `n` of one it is the form for one, where the key has such a form.
        """
        if str(values.get("n")) == "1":
            key = f"{key}_one" if self.knows(f"{key}_one") else key
        return self.words[key].format(**values) if values else self.words[key]

    def knows(self, key: str) -> bool:
        """Whether there is a string under this key."""
        return key in self.words


@cache
def languages() -> dict[str, Words]:
    """The languages of the interface by their tags."""
    table = tomllib.loads(Path(__file__).with_name("strings.toml").read_text("utf-8"))
    tags: list[str] = table.pop("languages")
    return {
        tag: Words(
            tag=tag,
            words={
                f"{room}.{key}": forms[place]
                for room, keys in table.items()
                for key, forms in keys.items()
            },
        )
        for place, tag in enumerate(tags)
    }


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
