"""Finding versions: by key, by address and time, and what an unclear key leads to."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive import lookup
from archive.errors import AmbiguousKey, UnknownKey
from archive.records import Fingerprint
from archive.store import Archive
from tests.samples import PAGE, START, exact, exchange, new, put, reading, version_of


def texts_that_begin_alike(letters: int) -> tuple[str, str]:
    """Two texts whose keys have so many first characters in common."""
    seen: dict[str, str] = {}
    for number in range(100_000):
        text = f"text {number}"
        digest = hashlib.sha256(text.encode()).digest()
        start = base64.b32encode(digest[:10]).decode().lower()[:letters]
        if start in seen:
            return seen[start], text
        seen[start] = text
    raise AssertionError("no two texts begin alike")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive", write=True) as archive:
        yield archive


def test_a_prefix_of_two_versions_is_ambiguous_and_names_both(archive: Archive) -> None:
    first, second = texts_that_begin_alike(5)
    put(archive, first, new(first))
    put(archive, second, new(second), url=f"{PAGE}?2")
    prefix = f"v1-{exact(first)[:5]}"
    with pytest.raises(AmbiguousKey) as caught:
        lookup.by_key(archive, prefix)
    assert set(caught.value.candidates) == {exact(first), exact(second)}
    assert prefix in str(caught.value)
    assert lookup.by_key(archive, exact(first)).key == exact(first)


def test_a_key_is_found_whatever_its_spelling(archive: Archive) -> None:
    capture = put(archive, "alpha", new("alpha"))
    whole = str(Fingerprint(recipe="v1", exact=exact("alpha"), near="a" * 120))
    hexadecimal = base64.b32decode(capture.payload_digest.removeprefix("sha256:")).hex()
    for key in (
        whole,
        whole[:10],
        whole.upper(),
        f"  {exact('alpha')}\n",
        exact("alpha")[:8],
        capture.payload_digest,
        capture.payload_digest.rstrip("="),
        f"sha256:{hexadecimal}",
    ):
        assert lookup.by_key(archive, key).key == exact("alpha"), key


def test_the_key_of_a_merged_document_still_leads_to_its_version(archive: Archive) -> None:
    put(archive, "alpha", new("alpha"))
    put(archive, "beta", new("beta"), url=f"{PAGE}?b")
    put(archive, "gamma", version_of("alpha", "gamma", merged=("beta",)), url=f"{PAGE}?c")
    found = lookup.by_key(archive, exact("beta"))
    assert (found.key, found.document) == (exact("beta"), exact("alpha"))


@pytest.mark.parametrize("key", ["", "abc", "../../etc/passwd", "v1-", "a" * 60, "\0" * 20])
def test_what_has_the_form_of_no_key_is_the_callers_mistake(archive: Archive, key: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        lookup.by_key(archive, key)


def test_a_key_that_nothing_has_is_unknown(archive: Archive) -> None:
    with pytest.raises(UnknownKey):
        lookup.by_key(archive, exact("nowhere"))


def test_an_address_gives_its_versions_newest_first_and_at_a_moment_the_one_of_then(
    archive: Archive,
) -> None:
    put(archive, "alpha", new("alpha"))
    put(archive, "beta", version_of("alpha", "beta"), after=100)
    found = lookup.by_url(archive, PAGE, None)
    assert [match.version.key for match in found] == [exact("beta"), exact("alpha")]
    (then,) = lookup.by_url(archive, PAGE, START + timedelta(seconds=50))
    assert then.version.key == exact("alpha")
    assert lookup.by_url(archive, PAGE, START - timedelta(seconds=1)) == ()


def test_an_address_is_found_with_another_scheme_slash_or_fragment(archive: Archive) -> None:
    put(archive, "alpha", new("alpha"), url="https://example.org/plan/")
    for url in (
        "https://example.org/plan/",
        "http://example.org/plan",
        "example.org/plan",
        "https://example.org/plan/#part",
    ):
        assert [m.version.key for m in lookup.by_url(archive, url, None)] == [exact("alpha")], url
    assert lookup.by_url(archive, "https://example.org/plan?other", None) == ()


def test_the_fingerprint_of_an_unseen_text_leads_to_the_most_alike(archive: Archive) -> None:
    for text, near in (("alpha", "b" * 60 + "c" * 60), ("beta", "d" * 120)):
        capture = archive.keep(exchange(text.encode(), url=f"{PAGE}?{text}"))
        made = reading(capture, text)
        key = replace(made.fingerprint, near=near)
        archive.file(replace(made, fingerprint=key), new(text), None)
        version = archive.index.version(exact(text))
        sketch = lookup.near_sketch(version.fingerprint)
        archive.index.add_sketch(version.key, sketch)
    unseen = str(Fingerprint(recipe="v1", exact=exact("unseen"), near="b" * 60 + "e" * 60))
    (found,) = lookup.matches(archive, unseen)
    assert (found.version.key, found.relation) == (exact("alpha"), "similar")
    assert 0 < found.score < 1
