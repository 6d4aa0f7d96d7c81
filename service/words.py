"""Strings for people in every language of the service, from TOML tables."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DEFAULT = "en"
LANGUAGES = ("en", "zh-Hans")  # BCP 47, of everything that is said to people


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The strings of one table in one language."""

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
def read_words(path: Path) -> dict[str, Words]:
    """The strings of a table by their languages. Each is a list in the order of its `languages`."""
    table = tomllib.loads(path.read_text("utf-8"))
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
