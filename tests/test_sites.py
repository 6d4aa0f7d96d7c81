"""The rows of sites: the shipped ones, files of one's own, and what is said about a wrong one."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.sites import SHIPPED, UnusableSites, read_sites
from tests.commands import Variorum
from tests.replicas import REPLICAS

ROW = """
["plans.example"]
kind = "ministry"
publisher = "Ministry of Plans"
language = "en"
listings = ["https://www.plans.example/all/"]
"""


def write(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_rows_are_those_that_were_promised_and_each_has_a_replica() -> None:
    promised = (
        "most.gov.cn finance.eastmoney.com finews.withounder.com chem17.com ybzhan.cn news.metal.com"
        " es.chinastockmarketnews.com gov.cn ndrc.gov.cn miit.gov.cn xinhuanet.com people.com.cn"
    ).split()
    assert set(read_sites()) == set(promised) == set(REPLICAS)


def test_every_shipped_row_stays_on_its_own_hosts_and_waits_between_requests() -> None:
    for site in read_sites().values():
        policy = site.policy()
        assert policy.delay_seconds is not None
        assert policy.delay_seconds >= 1
        assert policy.hosts == site.hosts
        for url in site.starts:
            host = url.split("/")[2]
            assert any(host == own or host.endswith("." + own) for own in site.hosts), url
        for url in site.listings:
            assert not any(re.search(rule, url) for rule in site.exclude), url


def test_a_file_of_ones_own_adds_a_row(tmp_path: Path) -> None:
    rows = read_sites((write(tmp_path, ROW),))
    site = rows["plans.example"]
    assert site.hosts == ("www.plans.example",)  # of its addresses, where it names none
    assert site.kind == "ministry"
    assert set(rows) == {*read_sites(), "plans.example"}


def test_a_later_row_changes_only_the_fields_that_it_names(tmp_path: Path) -> None:
    first = write(tmp_path, ROW, "first.toml")
    second = write(
        tmp_path,
        '["plans.example"]\nlanguage = "fr"\n["gov.cn"]\ndelay_seconds = 9\n',
        "second.toml",
    )
    rows = read_sites((first, second))
    assert rows["plans.example"].language == "fr"
    assert rows["plans.example"].publisher == "Ministry of Plans"
    assert rows["gov.cn"].delay_seconds == 9
    assert rows["gov.cn"].article == read_sites()["gov.cn"].article


@pytest.mark.parametrize(
    ("line", "field", "said"),
    [
        ('kind = "blog"', "kind", "blog"),
        ("listings = []", "listings", "at least one address"),
        ('listings = ["ftp://a.example/"]', "listings", "no http or https"),
        ('article = ["("]', "article", "no regular expression"),
        ('searches = ["https://a.example/?q=x"]', "searches", "no {words}"),
        ('paging = "next"', "paging", "no {page}"),
        ('hours = ["9-17"]', "hours", "22:00-06:00"),
        ("ports = [0]", "ports", "no port"),
        ('zone = "Mars/Olympus"', "zone", "time zone"),
        ("max_pages = 0", "max_pages", "less than 1"),
        ("delay_seconds = -1", "delay_seconds", "less than 0"),
        ('max_depth = "deep"', "max_depth", "int"),
        ("colour = 1", "colour", "no such field"),
        ('search_encoding = "runes"', "search_encoding", "no encoding"),
    ],
)
def test_a_wrong_row_is_told_by_file_row_and_field(
    tmp_path: Path, line: str, field: str, said: str
) -> None:
    kept = "\n".join(each for each in ROW.splitlines() if not each.startswith(f"{field} ="))
    path = write(tmp_path, f"{kept}\n{line}\n")
    with pytest.raises(UnusableSites) as caught:
        read_sites((path,))
    error = caught.value
    assert (error.file, error.row, error.field) == (path, "plans.example", field)
    assert said in str(error)
    assert str(path) in str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[[", "not TOML"),
        ('name = "x"', "a row is a table"),
        ('["x"]\nkind = "news"', "publisher"),
    ],
)
def test_a_file_that_holds_no_rows_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UnusableSites, match=said):
        read_sites((write(tmp_path, text),))


def test_a_missing_file_is_wrong_usage_of_the_command(variorum: Variorum, tmp_path: Path) -> None:
    answer = variorum("crawl", "--sites", str(tmp_path / "none.toml"), "gov.cn")
    assert answer.status == 2
    assert "none.toml" in answer.err
    assert not variorum.archive.exists()


def test_the_environment_names_files_too(
    variorum: Variorum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARIORUM_SITES", str(write(tmp_path, ROW)))
    told = variorum("crawl", "--list", "--json").json["sites"]
    assert "plans.example" in [each["site"] for each in told]


def test_opening_hours_may_go_over_midnight(tmp_path: Path) -> None:
    path = write(tmp_path, ROW + 'hours = ["22:00-06:00", "12:00-13:30"]\nzone = "Europe/Madrid"\n')
    policy = read_sites((path,))["plans.example"].policy()
    assert policy.hours == ((1320, 1440), (0, 360), (720, 810))
    assert policy.zone == "Europe/Madrid"


@given(begin=st.integers(0, 23), end=st.integers(0, 24), minute=st.integers(0, 59))
def test_hours_are_spans_within_a_day(
    tmp_path_factory: pytest.TempPathFactory, begin: int, end: int, minute: int
) -> None:
    folder = tmp_path_factory.mktemp("sites")
    path = write(folder, ROW + f'hours = ["{begin:02}:{minute:02}-{end:02}:00"]\n')
    for start, stop in read_sites((path,))["plans.example"].policy().hours:
        assert 0 <= start < stop <= 24 * 60


def test_the_shipped_file_says_what_it_is() -> None:
    assert SHIPPED.read_text(encoding="utf-8").startswith("# Sites that `variorum crawl` knows")
