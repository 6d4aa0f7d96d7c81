"""What a search finds, in which order, and with which passages marked."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.records import Resource
from archive.search import BadQuery, Filters, Hits, Search
from archive.store import Archive
from pipelines.direct import InProcess
from pipelines.flow import Flow
from pipelines.search_form import search_in
from tests.commands import Variorum
from tests.samples import START

MARSH = (
    "湿地保护行动方案\n到2030年，全区建成湿地保护小区30处，盐湖资源得到合理利用。各市要把湿地修复列入年度计划，"
    "由自然资源部门会同财政部门逐项下达任务并按季度通报进度。支持企业和个人以捐赠、认养等方式参与。\n"
    "建立监测站网，对水位、水质和鸟类种群开展长期观测，观测数据向社会公开，接受群众监督。"
)
TRADITIONAL = (
    "海洋生態環境保護規劃\n加強海岸帶綜合管理，嚴格控制圍填海，推進美麗海灣建設。建立健全海洋環境監測網絡，"
    "提高應急響應能力。到二〇三五年，近岸海域水質優良比例達到百分之八十五左右，公眾親海需求得到滿足。"
)
ENGLISH = (
    "National plan for wetland restoration\nThe ministry shall restore forty wetlands before 2030 and "
    "publish a report every year. State-of-the-art monitoring must be available to the public, and "
    "every province names an officer who answers for the targets that this plan sets out in its annex."
)
SPANISH = (
    "Plan nacional de educación ambiental\nEl ministerio deberá publicar cada año un informe sobre la "
    "calidad del agua y la restauración de los humedales. Las comunidades autónomas designarán una "
    "autoridad que responda del cumplimiento de los objetivos fijados en este documento y en su anexo."
)
PAGES = {"marsh": MARSH, "coast": TRADITIONAL, "english": ENGLISH, "spanish": SPANISH}
Find = Callable[..., Hits]


def file_texts(folder: Path, texts: dict[str, str]) -> None:
    """Pages taken the whole way, each at an address that ends in its name, titled by their first line."""
    with Archive.open(folder, write=True) as archive:
        flow = Flow(archive, InProcess(), lambda _: None)
        for name, text in texts.items():
            page = Resource(
                url=f"https://ministry.example/{name}",
                fetched_at=START,
                media_type="text/html; charset=utf-8",
                body=html(text),
            )
            flow.take(archive.keep(page))
        flow.finish()


def html(text: str) -> bytes:
    title, *lines = text.split("\n")
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    head = f'<meta charset="utf-8"><title>{title}</title>'
    body = f'<h1>{title}</h1><div class="TRS_Editor">{paragraphs}</div>'
    return f"<html><head>{head}</head><body>{body}</body></html>".encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("searched") / "archive"
    file_texts(found, PAGES)
    return found


@pytest.fixture
def search(folder: Path) -> Iterator[Search]:
    with search_in(folder) as found:
        yield found


def names(folder: Path, hits: Hits) -> list[str]:
    """The last part of the address of each hit."""
    with Archive.open(folder) as archive:
        return [
            archive.index.witnesses(hit.version.key)[0].url.rpartition("/")[2] for hit in hits.hits
        ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("盐湖", "marsh"),  # two characters
        ("鹽湖", "marsh"),  # Hant finds Hans
        ("生态", "coast"),  # Hans finds Hant
        ("盐", "marsh"),  # one character
        ("海", "coast"),
        ("湿地保护小区", "marsh"),
        ("2030年 湿地", "marsh"),
        ("自然资源部门会同财政部门", "marsh"),
        ("wetlands", "english"),
        ("WETLAND", "english"),
        ("wetl* report", "english"),
        ('"state of the art"', "english"),
        ("educacion", "spanish"),  # without accents
        ("educación año", "spanish"),
        ("ministerio -ministry", "spanish"),
        ("2030 -湿地", "english"),
        ("监督 -海", "marsh"),
    ],
)
def test_a_query_finds_the_text_that_has_it_and_no_other(
    folder: Path, search: Search, query: str, expected: str
) -> None:
    assert names(folder, search.find(query)) == [expected]


@pytest.mark.parametrize(
    "query",
    [
        "护湿",  # the characters stand apart
        "地盐",
        '"plan national"',
        "restore humedales",
        "wetla",
        "案到",  # the one ends a line that the other begins behind
        "监督 -鸟",
        "湿地 -湿",
    ],
)
def test_what_no_text_has_is_not_found(search: Search, query: str) -> None:
    assert search.find(query).hits == ()


def test_words_in_the_title_outrank_words_in_the_text(tmp_path: Path) -> None:
    about = "。".join(f"第{number}条对牧民的权利作出了规定" for number in range(30))
    beside = "。".join(f"拖拉机{number}型须由登记机关逐台检验并核发牌照" for number in range(30))
    file_texts(
        tmp_path / "archive",
        {
            "about": f"草原管理办法\n{about}。",
            "beside": f"农业机械规定\n{beside}，草原上的机械也适用本规定。",
        },
    )
    with search_in(tmp_path / "archive") as search:
        found = search.find("草原")
        assert names(tmp_path / "archive", found) == ["about", "beside"]
        assert found.hits[0].score == 1.0 > found.hits[1].score > 0.0


def test_passages_are_the_texts_own_words_with_the_query_marked(
    folder: Path, search: Search
) -> None:
    (hit,) = search.find("濕地 鸟类").hits
    assert hit.passages
    with Archive.open(folder) as archive:
        text = archive.text(hit.version.text)
    for passage in hit.passages:
        assert text[passage.start :].startswith(passage.text)
        assert {passage.text[a:b] for a, b in passage.marks} <= {"湿地", "鸟类"}
    assert {p.text[a:b] for p in hit.passages for a, b in p.marks} == {"湿地", "鸟类"}


def test_a_latin_word_is_marked_whole_or_not_at_all(search: Search) -> None:
    (hit,) = search.find("state every").hits
    marked = [p.text[a:b] for p in hit.passages for a, b in p.marks]
    assert {word.casefold() for word in marked} == {"state", "every"}
    (hit,) = search.find("wetland").hits  # in its title; its text has "wetlands"
    assert [p.marks for p in hit.passages] == [()]
    (hit,) = search.find("wetla*").hits
    assert [p.text[a:b] for p in hit.passages for a, b in p.marks] == ["wetla"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(language="zh"), {"marsh", "coast"}),
        (Filters(language="zh-Hant"), {"coast"}),
        (Filters(language="ZH-hans"), {"marsh"}),
        (Filters(language="z"), set()),
        (Filters(language="%"), set()),
        (Filters(since=date(2026, 3, 4)), {"marsh", "coast"}),
        (Filters(since=date(2026, 3, 5)), set()),
        (Filters(until=date(2026, 3, 3)), set()),
        (Filters(until=date(2026, 3, 4)), {"marsh", "coast"}),
        (Filters(relation="new"), {"marsh", "coast"}),
        (Filters(relation="excerpt"), set()),
        (Filters(publisher="nobody"), set()),
        (Filters(document="nothing"), set()),
    ],
)
def test_filters_leave_what_fits(
    folder: Path, search: Search, filters: Filters, expected: set[str]
) -> None:
    assert set(names(folder, search.find("监测", filters=filters))) == expected
    assert set(names(folder, search.find("水", filters=filters))) == expected


def test_one_version_of_each_document_is_shown_unless_one_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    amended = MARSH.replace("30处", "50处").replace("2030年", "2035年")
    file_texts(folder, {"first": MARSH, "second": amended})
    with search_in(folder) as search:
        (hit,) = search.find("盐湖").hits
        every = search.find("盐湖", filters=Filters(document=hit.document)).hits
        assert {each.version.key for each in every} > {hit.version.key}
        assert {each.document for each in every} == {hit.document}


def test_pages_hold_every_hit_once(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    kinds = "甲乙丙丁戊己庚辛壬癸"
    file_texts(
        folder,
        {
            f"{n}": f"{kind}类物品管理办法\n盐湖。"
            + f"{kind}物{n}须登记{kind}册，由{kind}局保存备查。" * 12
            for n, kind in enumerate(kinds)
        },
    )
    with search_in(folder) as search:
        every = search.find("盐湖", limit=100)
        mark, paged = None, []
        while True:
            page = search.find("盐湖", limit=3, after=mark)
            paged += page.hits
            mark = page.next
            if mark is None:
                break
        assert paged == list(every.hits)
        assert every.found == len(paged) > 3
        assert every.all


HOSTILE = [
    'a" OR "b', "湿地 AND", "NEAR(a b)", "title:湿地", "{title}:x", "a*b^c", "(((((",
    "'; DROP TABLE texts; --",
    "湿地\0盐湖", "\ud800湿地", "^湿地", "+湿地", "a:b:c", "-", "\\", "%", "_", '"" "" ""', '"湿地',
    "\u202e湿地", "🜁 湿地", "ﷺ" * 50, "a" * 900, " ".join("ab" for _ in range(300)), "盐" * 1000,
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_query_is_answered_or_refused_in_words(search: Search, query: str) -> None:
    try:
        answer = search.find(query).found
    except BadQuery as error:
        answer = len(error.why)
    assert answer >= 0


@pytest.mark.parametrize("query", ["盐湖" * 500_000, " ".join(map(str, range(10_000)))])
def test_a_query_of_a_megabyte_is_refused(search: Search, query: str) -> None:
    with pytest.raises(BadQuery, match="at most 1000 characters"):
        search.find(query)


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "９", "9" * 30, ""])
def test_a_mark_that_is_none_is_refused(search: Search, after: str) -> None:
    with pytest.raises(BadQuery):
        search.find("盐湖", after=after)


@settings(max_examples=60)
@given(start=st.integers(0, len(MARSH) - 2), length=st.integers(1, 12))
def test_every_piece_of_a_text_finds_it(folder: Path, start: int, length: int) -> None:
    piece = MARSH[start : start + length]
    if "\n" in piece.strip() or not any(map(str.isalnum, piece)):
        return
    if piece[0].isascii() and piece[0].isdigit() and MARSH[start - 1 : start].isdigit():
        return  # it begins within a number
    if piece[-1].isdigit() and MARSH[start + length : start + length + 1].isdigit():
        return  # it ends within one
    with search_in(folder) as search:
        assert "marsh" in names(folder, search.find(f'"{piece}"'))


def test_the_command_prints_matches_with_their_passages(folder: Path) -> None:
    variorum = Variorum(folder)
    answer = variorum("search", "濕地", "--language", "zh-Hans", "--json")
    assert answer.status == 0
    (match,) = answer.json["matches"]
    assert match["score"] == 1.0
    assert match["witnesses"][0]["url"] == "https://ministry.example/marsh"
    passage = match["evidence"]["passages"][0]
    assert {passage["text"][a:b] for a, b in passage["marks"]} == {"湿地"}
    assert "湿地" in variorum("search", "湿地").out


def test_the_command_says_that_nothing_was_found_and_what_is_wrong_with_a_query(
    folder: Path,
) -> None:
    variorum = Variorum(folder)
    assert variorum("search", "沙漠").status == 1
    assert variorum("search", "。。。").status == 2
    assert variorum("search", "湿地", "--since", "yesterday").status == 2
    assert variorum("search", "湿地", "--document", "z" * 52).status == 1
