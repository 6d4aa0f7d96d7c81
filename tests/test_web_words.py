"""The words of the interface and its templates."""

import re
import string
import tomllib
from pathlib import Path

import pytest

from service.web.language import chosen, languages
from service.web.render import HERE, STATIC, host, percent, segment, size, stated, thousands

TEMPLATES = sorted((HERE / "templates").glob("*.html"))
TABLE = tomllib.loads((HERE / "strings.toml").read_text("utf-8"))
STRINGS = {
    f"{room}.{key}": forms
    for room, keys in TABLE.items()
    if room != "languages"
    for key, forms in keys.items()
}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_a_string_has_a_form_in_each_language_with_the_same_places() -> None:
    for key, forms in STRINGS.items():
        assert len(forms) == len(languages()), key
        assert all(form.strip() for form in forms), key
        assert len({frozenset(fields(form)) for form in forms}) == 1 or key.endswith("_one"), key


def test_every_string_that_a_template_names_is_there() -> None:
    named = {
        (path.name, key)
        for path in TEMPLATES
        for key in re.findall(r"""\bt\(["']([\w.-]+\.[\w-]+)["']""", path.read_text("utf-8"))
    }
    assert named
    whole = {each for each in named if not each[1].endswith(("_", "."))}
    assert {each for each in whole if each[1] not in STRINGS} == set()


def test_every_string_is_used() -> None:
    code = "".join(path.read_text("utf-8") for path in [*TEMPLATES, *HERE.glob("*.py")])
    computed = set(re.findall(r"""["']([a-z_]+\.[a-z_]*)["'] ?~""", code))
    computed |= set(re.findall(r"""f"([a-z_]+\.[a-z_]*)\{""", code))
    unused = {
        key
        for key in STRINGS
        if f'"{key}"' not in code
        and f"'{key}'" not in code
        and not any(key.startswith(each) for each in computed)
        and not key.endswith("_one")
    }
    assert unused == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_loads_nothing_from_elsewhere_and_trusts_nothing(path: Path) -> None:
    source = path.read_text("utf-8")
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", source)
    assert "|safe" not in source.replace(" ", "")
    assert "autoescape" not in source
    assert not re.search(r"<[^>]*\s(?:style|on[a-z]+)=", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)


def test_our_own_files_name_no_other_host() -> None:
    for name in STATIC:
        source = (HERE / "static" / name).read_text("utf-8")
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", source), name


@pytest.mark.parametrize(
    ("asked", "cookie", "accepted", "tag"),
    [
        ("", "", "", "en"),
        ("", "", "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("", "", "fr, zh-TW;q=0.8, en;q=0.5", "zh-Hans"),
        ("", "", "en-GB,zh;q=0.1", "en"),
        ("", "", "zh;q=0,en;q=broken", "en"),
        ("", "zh-Hans", "en", "zh-Hans"),
        ("en", "zh-Hans", "zh", "en"),
        ("xx", "../../etc", "*", "en"),
    ],
)
def test_the_language_is_asked_for_remembered_or_accepted(
    asked: str, cookie: str, accepted: str, tag: str
) -> None:
    assert chosen(asked, cookie, accepted).tag == tag


def test_one_of_something_has_its_own_form() -> None:
    english = languages()["en"]
    assert english("document.witness_n", n=1) == "one witness"
    assert english("document.witness_n", n=2) == "2 witnesses"


def test_a_share_is_never_rounded_to_all_or_nothing() -> None:
    assert [percent(each) for each in (0.0, 0.001, 0.5, 0.999, 1.0)] == [
        "0 %",
        "1 %",
        "50 %",
        "99 %",
        "100 %",
    ]


def test_numbers_and_times_are_written_for_people() -> None:
    assert thousands(1234567) == "1\u202f234\u202f567"
    assert [size(each) for each in (0, 999, 1500, 2_000_000)] == ["0 B", "999 B", "1.5 kB", "2 MB"]
    assert stated("2026-04-15T16:40:00+08:00") == "2026-04-15 16:40 +08:00"
    assert stated("2026-04-15") == "2026-04-15"
    assert stated("soon") == "soon"
    assert host("https://a.example:8/b") == "a.example"
    assert host("no address") == "no address"


def test_a_key_cannot_leave_its_place_in_a_path() -> None:
    assert segment("../..//x?y#z") == "..%2F..%2F%2Fx%3Fy%23z"
