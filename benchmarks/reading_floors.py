"""How right a reading is: main text, damaged pages, metadata, language.

Figures come from the measuring scripts beside the checkout, run as they are on the functions in
`benchmarks.adapters`; a library stands beside ours where it is run on the same data.
"""

import json
import re
from pathlib import Path

from benchmarks import adapters, corpus, scripts
from benchmarks.figures import Extent, Figure

_EXTRACT = "benchmarks.adapters:extract"
_DETECT = "benchmarks.adapters:detect"
_DETECTORS = ("builtin:langdetect_rs", "builtin:cld2", "builtin:ft")
_CASE = re.compile(r"^(?P<case>.{52}) +(?P<scores>.+)$", re.MULTILINE)
_SCORE = re.compile(r"(\d\.\d\d)/\d\.\d\d")
_META = re.compile(
    r"^(?P<name>\S+) +title n=\d+ exact=(?P<title_exact>[\d.]+) contain=(?P<title>[\d.]+)"
    r".* date n=\d+ exact=(?P<date>[\d.]+)",
    re.MULTILINE,
)
CHINESE = Path(__file__).with_name("chinese_pages.json")  # title and author that a person read off


def main_text(extent: Extent) -> list[Figure]:
    """F1 of the main text, and for Chinese pages the paragraphs that are whole and the worst page."""
    figures = [
        *_main_text_of("aeb", ("F1",), extent, None),
        *_main_text_of("traf", ("F1",), extent, extent.pages),
        *_main_text_of("cn", ("F1", "intact", "worst"), extent, None),
    ]
    return [*figures, *_stress(extent)]


def _main_text_of(
    name: str, keys: tuple[str, ...], extent: Extent, limit: int | None
) -> list[Figure]:
    words = ["--sets", name, "--fn", _EXTRACT]
    words += ["--fn", "builtin:traf"] if extent.rivals else []
    words += ["--limit", str(limit)] if limit else []
    results = scripts.written("eval_extract.py", *words)[name]["res"]
    rival = results.get("builtin:traf", {})
    return [
        Figure(
            name=f"{extent.prefix}text/{name} {key}",
            value=results[_EXTRACT][key],
            rival=rival.get(key),
        )
        for key in keys
    ]


def _stress(extent: Extent) -> list[Figure]:
    names = [_EXTRACT, "traf"] if extent.rivals else [_EXTRACT]
    printed = scripts.printed("stress_extract.py", *names)
    rows = [_SCORE.findall(row["scores"]) for row in _CASE.finditer(printed)]
    scores = [[float(score) for score in row] for row in rows if len(row) == len(names)]
    strange = json.loads(scripts.printed_by("benchmarks.stress"))
    if not scores or len(scores) != len(strange):
        raise scripts.ScriptFailed(f"stress_extract.py printed what is not understood:\n{printed}")
    worst = [min(column) for column in zip(*scores, strict=True)]
    return [
        Figure(name=f"{extent.prefix}text/stress cases", value=len(scores)),
        Figure(
            name=f"{extent.prefix}text/stress worst",
            value=worst[0],
            rival=worst[1] if extent.rivals else None,
        ),
        Figure(
            name=f"{extent.prefix}text/stress navigation words",
            value=sum(map(len, strange.values())),
            bound="<=",
        ),
    ]


def metadata(extent: Extent) -> list[Figure]:
    """Shares of right dates and titles."""
    limit = ["--limit", str(extent.pages)] if extent.pages else []
    printed = scripts.printed("eval_meta.py", "--sets", "traf", "--fn", _EXTRACT, *limit)
    rows = {row["name"]: row for row in _META.finditer(printed)}
    if not {_EXTRACT, "traf_meta"} <= rows.keys():
        raise scripts.ScriptFailed(f"eval_meta.py printed what is not understood:\n{printed}")
    named = {"date": "date exact", "title": "title contained", "title_exact": "title exact"}
    figures = [
        Figure(
            name=f"{extent.prefix}metadata/traf {name}",
            value=float(rows[_EXTRACT][key]),
            rival=float(rows["traf_meta"][key]),
        )
        for key, name in named.items()
    ]
    return [*figures, *_chinese(extent)]


def _chinese(extent: Extent) -> list[Figure]:
    """Shares of the Chinese pages with the right title, and with no other author than theirs."""
    marked = json.loads(CHINESE.read_text("utf-8"))
    titles = authors = 0
    for name, gold in marked.items():
        found = adapters.extract((corpus.folder("cn") / f"tests/{name}.html").read_bytes())
        titles += found["title"] == gold["title"]
        authors += found["author"] in (None, gold["author"])
    return [
        Figure(name=f"{extent.prefix}metadata/cn title exact", value=titles / len(marked)),
        Figure(name=f"{extent.prefix}metadata/cn no false author", value=authors / len(marked)),
    ]


def language(extent: Extent) -> list[Figure]:
    """Shares of texts whose language, or for Chinese whose script, is right."""
    words = ["--n", str(extent.sentences), "--fn", _DETECT]
    for name in _DETECTORS if extent.rivals else ():
        words += ["--fn", name]
    results = scripts.written("eval_lang.py", *words)
    places = {
        "document, 20": ("doc", "core"),
        "paragraph, 20": ("para", "core"),
        "sentence, 20": ("sent", "core"),
        "sentence, all": ("sent", "all"),
        "4 words, 20": ("short", "core"),
        "Hans or Hant, sentence": ("hant", "sent"),
        "Hans or Hant, paragraph": ("hant", "para"),
    }
    figures = [
        Figure(
            name=f"{extent.prefix}language/{name}",
            value=results[_DETECT][group][key],
            rival=max(
                (results[each][group][key] for each in results if each != _DETECT), default=None
            ),
        )
        for name, (group, key) in places.items()
    ]
    return [*figures, _seeds(extent)]


def _seeds(extent: Extent) -> Figure:
    """How many of the five seeds are given their language."""
    tags = {"000": "zh-Hans", "001": "zh-Hans", "002": "zh-Hant", "003": "es", "004": "en"}
    texts = {
        path.name[:3]: path.read_text("utf-8") for path in corpus.folder("seeds").glob("*.txt")
    }
    right = sum(adapters.detect(texts[name])[0] == tag for name, tag in tags.items())
    return Figure(name=f"{extent.prefix}language/seeds", value=right)
