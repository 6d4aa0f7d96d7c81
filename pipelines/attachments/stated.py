"""What an attachment says about itself, from its own fields and from its text."""

import re

from archive.records import Description, Found
from pipelines.attachments.model import Stated
from pipelines.extract import MainText
from pipelines.metadata import official
from pipelines.metadata.authors import names

_HEAD_BLOCKS = 12  # a title stands below the name of the issuer, a number and a few blank fields
_HEAD_CHARACTERS = 2000
_LONGEST_TITLE = 200

# What word processors write into the title when nobody did.
_PROGRAM = re.compile(
    r"^(?:Microsoft (?:Office )?(?:Word|PowerPoint)|WPS \S+)\s*[-–—]\s*", re.IGNORECASE
)
_SUFFIX = re.compile(
    r"\.(?:docx?|wps|wpt|pdf|ofd|rtf|txt|html?|xlsx?|pptx?|indd|qxd|tex|dvi)$", re.IGNORECASE
)
_NO_TITLE = re.compile(
    r"(?:untitled|document|no title|word document|powerpoint presentation|新建|无标题|未命名|文档|文件|标题|"
    r"正文|附件|演示文稿)?[\s\d_.()（）-]*",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"(?:(?:windows|microsoft|office|wps|ms|my)[\s_]?(?:user|office|用户|corporation)?|微软用户|微软中国|user\d*|"
    r"administrators?|admin\d*|owner|unknown|anonymous|author|guest|root|test|default|system|pc|apple|"
    r"lenovo|thinkpad|dell|hp|acer|asus|founder|tongfang|haier|hasee|samsung|toshiba|sony|"
    r"用户|番茄花园|雨林木风|深度技术|系统管理员|管理员|作者|未知|匿名|[\W\d_]*)",
    re.IGNORECASE,
)
_SIGN = re.compile(r"[\W_]+")
_STOPPED = re.compile(r"[。；;，,：:！？!?]$|(?<!\bNo)\.$")
_LABEL = re.compile(r"附\s*件\s*[\d一二三四五六七八九十]*\s*[:：]?$|^\d+$")


def describe(stated: Stated, main: MainText) -> Description:
    """The description of an attachment; what it does not say is None."""
    title = _title(stated.title, main)
    number = official.document_number("", main.text, title.value if title else "")
    signed = official.signature(main.text)
    written = stated.written_at
    return Description(
        title=title,
        author=_author(stated.author),
        published_at=written,
        zone="stated" if written and len(written.value) > len("2000-01-01") else "none",
        document_number=_from_text(number),
        issuers=tuple(
            Found(value=body, origin="text") for body in (signed.issuers if signed else ())
        ),
        issued_on=_from_text(signed.day if signed else None),
    )


def _from_text(value: str | None) -> Found | None:
    return Found(value=value, origin="text") if value else None


def _title(said: Found | None, main: MainText) -> Found | None:
    """The title: the file's own if its text bears it out, else the first heading, else the former.

    The field is often left from the file that served as a template.
    """
    named = _named(said.value) if said else None
    own = Found(value=named, origin=said.origin) if said and named else None
    if own and _squeezed(own.value) in _squeezed(main.text[:_HEAD_CHARACTERS]):
        return own
    return _heading(main) or own or _first_line(main)


def _named(value: str) -> str | None:
    """The title in a field, None for what a program or a file name left there."""
    text = _PROGRAM.sub("", " ".join(value.split()))
    bare = _SUFFIX.sub("", text)
    if bare != text and " " not in bare and bare.isascii():
        return None  # the name of a file
    return bare if bare and len(bare) <= _LONGEST_TITLE and not _NO_TITLE.fullmatch(bare) else None


def _heading(main: MainText) -> Found | None:
    """The highest heading near the beginning, the first of those that are as high."""
    best: tuple[int, str] | None = None
    for block in main.blocks[:_HEAD_BLOCKS]:
        text = main.text[block.start : block.end]
        fits = 4 <= len(text) <= _LONGEST_TITLE and not _LABEL.search(text)
        if block.kind == "heading" and fits and (best is None or block.level < best[0]):
            best = (block.level, text)
    return Found(value=best[1], origin="text") if best else None


def _first_line(main: MainText) -> Found | None:
    """The first line, where it reads like a title: short, and no sentence."""
    for block in main.blocks[:3]:
        text = main.text[block.start : block.end]
        if _LABEL.search(text) or official.NUMBER.fullmatch(text):
            continue
        fits = 4 <= len(text) <= 80 and block.kind in {"paragraph", "heading"}
        return _from_text(text) if fits and not _STOPPED.search(text) else None
    return None


def _author(said: Found | None) -> Found | None:
    value = names(said.value) if said and not _NO_AUTHOR.fullmatch(said.value.strip()) else None
    return Found(value=value, origin=said.origin) if said and value else None


def _squeezed(text: str) -> str:
    return _SIGN.sub("", text.casefold())
