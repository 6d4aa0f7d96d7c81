"""Addresses of a site's own search form."""

from collections.abc import Iterable
from urllib.parse import quote


def search_address(template: str, words: str, page: int = 1, encoding: str = "utf-8") -> str:
    """The address of a page of results.

    >>> search_address("https://a.example/s?q={words}&p={page}", "a plan", 2)
    'https://a.example/s?q=a%20plan&p=2'
    """
    asked = quote(words.encode(encoding, "replace"), safe="")
    return template.replace("{words}", asked).replace("{page}", str(page))


def search_addresses(
    templates: Iterable[str], words: Iterable[str], encoding: str
) -> list[tuple[str, str]]:
    """(address of the first page, template of the later ones) of each form and each wish.

    The template still has `{page}`; it is "" where the form has no further pages.
    """
    asked = list(dict.fromkeys(" ".join(each.split()) for each in words if each.strip()))
    found = []
    for template in templates:
        for each in asked:
            filled = template.replace("{words}", quote(each.encode(encoding, "replace"), safe=""))
            later = filled if "{page}" in filled else ""
            found.append((filled.replace("{page}", "1"), later))
    return found
