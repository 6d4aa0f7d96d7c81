"""Links of documents into works, and people's words on them: kept, weighed against each other, made again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.errors import UnknownKey
from archive.index import Index
from archive.records import Unlink
from archive.sqlite_index import SqliteIndex
from archive.store import Archive
from archive.takedown import take_down
from archive.unit_vectors import FILE, UnitVectors
from archive.verify import verify_fully
from archive.works import Kind, Weighing, WorkLink, WorkWord
from tests.samples import PAGE, dump, exact, new, put, version_of
from tests.works_contract import WorksContract

TEXTS = ("a", "b", "c", "d", "e")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive with five documents that have nothing to do with each other."""
    with Archive.open(tmp_path / "archive", write=True) as archive:
        for number, text in enumerate(TEXTS):
            put(archive, text, new(text), url=f"{PAGE}/{text}", after=number)
    return tmp_path / "archive"


class TestSqliteWorks(WorksContract):
    """SQLite keeps the contract."""

    @pytest.fixture
    def works(self, tmp_path: Path) -> Iterator[Index]:
        index = SqliteIndex(tmp_path / "index.sqlite", write=True)
        yield index
        index.close()


def link(
    source: str, target: str, *, certain: bool = True, kind: Kind = "same", score: float = 0.9
) -> WorkLink:
    return WorkLink(
        source=exact(source),
        target=exact(target),
        kind=kind,
        certain=certain,
        score=score,
        because="They say the same.",
        recipe="1",
    )


def weigh(archive: Archive, text: str, *links: WorkLink) -> None:
    capture = archive.index.first_filed(exact(text)).entry.capture
    archive.weigh(
        Weighing(
            text=exact(text),
            capture=capture,
            recipe="1",
            vector=text.encode(),
            title="",
            announces="",
            links=links,
        )
    )


def say(archive: Archive, a: str, b: str, *, belongs: bool, after: int = 0) -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=after)
    archive.say(
        WorkWord(source=exact(a), target=exact(b), belongs=belongs, by="ann", reason="read", at=at)
    )


def groups(archive: Archive) -> set[frozenset[str]]:
    """The works, by the names of their texts."""
    names = {exact(text): text for text in TEXTS}
    return {frozenset(names[key] for key in work.documents) for work in archive.index.all_works()}


def works(*several: str) -> set[frozenset[str]]:
    """These works, and every other text as a work of its own."""
    return {frozenset(each) for each in several} | {
        frozenset(text) for text in TEXTS if not any(text in each for each in several)
    }


def demand_made_again(folder: Path) -> None:
    rows = dump(folder)
    Archive.rebuild(folder).close()
    assert dump(folder) == rows
    with Archive.open(folder) as archive:
        assert verify_fully(archive).problems == ()


def test_documents_without_links_are_works_of_their_own(folder: Path) -> None:
    with Archive.open(folder) as archive:
        assert groups(archive) == works()
        assert archive.index.work(exact("b")).documents == (exact("b"),)
        assert archive.index.document(exact("b")).work is None
        with pytest.raises(UnknownKey):
            archive.index.work("nowhere")


def test_certain_links_make_a_work_and_suggestions_and_circulars_do_not(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        weigh(archive, "b", link("b", "a"), link("b", "c", certain=False))
        weigh(archive, "d", link("d", "a", kind="announces"), link("d", "e", kind="part"))
        assert groups(archive) == works("ab", "de")
        assert archive.index.work(exact("b")).key == exact("a")
        assert archive.index.document(exact("b")).work == exact("a")
        (suggested,) = archive.index.work_links(exact("c"))
        assert (suggested.target, suggested.certain) == (exact("c"), False)
    demand_made_again(folder)


def test_a_persons_no_outranks_the_linker_and_parts_what_other_links_would_join(
    folder: Path,
) -> None:
    with Archive.open(folder, write=True) as archive:
        weigh(archive, "b", link("b", "a", score=0.9))
        weigh(archive, "c", link("c", "b", score=0.6), link("c", "d", score=0.8))
        assert groups(archive) == works("abcd")
        say(archive, "a", "c", belongs=False)
        assert groups(archive) == works("ab", "cd")  # the weakest link between them gave way
        weigh(archive, "a", link("a", "c", score=1.0))
        assert groups(archive) == works("ab", "cd")
    demand_made_again(folder)


def test_a_persons_yes_joins_and_a_later_word_takes_it_back(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        say(archive, "a", "e", belongs=True)
        assert groups(archive) == works("ae")
        say(archive, "e", "a", belongs=False, after=1)
        assert groups(archive) == works()
        say(archive, "a", "e", belongs=True, after=2)
        assert groups(archive) == works("ae")
        (word,) = archive.index.work_words(exact("a"))
        assert (word.by, word.reason, word.belongs) == ("ann", "read", True)
    demand_made_again(folder)


def test_a_word_about_a_strange_text_is_refused_and_changes_nothing(folder: Path) -> None:
    before = dump(folder)
    with Archive.open(folder, write=True) as archive, pytest.raises(UnknownKey):
        say(archive, "a", "nowhere", belongs=True)
    assert dump(folder) == before


def test_weighing_a_text_again_replaces_what_was_found_before(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        weigh(archive, "b", link("b", "a"))
        weigh(archive, "b", link("b", "c"))
        assert groups(archive) == works("bc")
        assert archive.index.unweighed(["1"], 9) == tuple(exact(t) for t in reversed("acde"))
        (seen,) = archive.index.weighed_after(0)
        assert (seen.text, seen.vector) == (exact("b"), b"b")
        assert archive.index.weighed_after(seen.number) == ()
    demand_made_again(folder)


def test_a_work_follows_its_documents_when_they_are_merged_or_taken_apart(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        weigh(archive, "b", link("b", "a"))
        weigh(archive, "d", link("d", "c"))
        put(archive, "b or c", version_of("b", "b or c", merged=("c",)), after=90)
        assert archive.index.work(exact("d")).documents == tuple(exact(t) for t in "abd")
        archive.unlink(Unlink(source=exact("b"), target=exact("c"), by="ann", reason="two plans"))
        assert archive.index.work(exact("d")).documents == tuple(exact(t) for t in "dc")
        assert archive.index.work(exact("a")).documents == tuple(exact(t) for t in "ab")
    demand_made_again(folder)


def test_what_was_found_out_about_a_text_goes_with_it(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        weigh(archive, "b", link("b", "a"), link("b", "c"))
        weigh(archive, "d", link("d", "b"))
        say(archive, "b", "e", belongs=True)
    with_vectors = UnitVectors(folder)
    with_vectors.keep(exact("b"), "r", b"secret")
    with_vectors.close()
    take_down(folder, exact("b"), "ann", "personal data")
    assert not (folder / FILE).exists()
    with Archive.open(folder) as archive:
        assert {frozenset(w.documents) for w in archive.index.all_works()} == {
            frozenset({exact(text)}) for text in "acde"
        }
    demand_made_again(folder)


def test_a_work_of_five_hundred_documents_is_one_work(tmp_path: Path) -> None:
    names = [f"text {number}" for number in range(500)]
    with Archive.open(tmp_path / "archive", write=True) as archive, archive.batch():
        put(archive, "hub", new("hub"))
        for number, name in enumerate(names):
            put(archive, name, new(name), url=f"{PAGE}/{number}", after=number)
            weigh(archive, name, link(name, "hub"))
        (work,) = archive.index.all_works()
        assert len(work.documents) == 501
        say(archive, names[7], "hub", belongs=False)
        assert sorted(len(each.documents) for each in archive.index.all_works()) == [1, 500]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["link", "suggest", "yes", "no"]),
        st.sampled_from("abcd"),
        st.sampled_from("abcd"),
        st.integers(1, 9),
    ).filter(lambda event: event[1] != event[2]),
    max_size=10,
)


@settings(max_examples=25)
@given(EVENTS)
def test_works_never_hold_what_a_person_parted_and_hold_all_else_that_is_linked(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, str, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("works") / "archive"
    last: dict[frozenset[str], bool] = {}
    certain: set[frozenset[str]] = set()
    with Archive.open(folder, write=True) as archive, archive.batch():
        for number, text in enumerate("abcd"):
            put(archive, text, new(text), url=f"{PAGE}/{text}", after=number)
        found: dict[str, list[WorkLink]] = {}
        for number, (event, a, b, weight) in enumerate(events):
            if event in ("yes", "no"):
                last[frozenset((a, b))] = event == "yes"
                say(archive, a, b, belongs=event == "yes", after=number)
            else:
                known = found.setdefault(a, [])
                known[:] = [one for one in known if one.target != exact(b)]
                known.append(link(a, b, certain=event == "link", score=weight / 10))
                weigh(archive, a, *known)
        for document in "abcd":
            for one in archive.index.work_links(exact(document)):
                if one.certain:
                    certain.add(frozenset((one.source, one.target)))
        keys = {exact(text): archive.index.work(exact(text)).key for text in "abcd"}
        homes = {text: archive.index.work(exact(text)).key for text in "abcd"}
    for pair, belongs in last.items():
        a, b = sorted(pair)
        assert belongs or homes[a] != homes[b]
    if all(last.values()):  # nobody said no: every certain link and every yes holds
        for one in certain:
            x, y = sorted(one)
            assert keys[x] == keys[y]
        assert all(len({homes[t] for t in pair}) == 1 for pair in last)
