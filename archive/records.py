"""The nouns: what an archive keeps, as frozen values.

    Exchange | Resource   what was fetched or handed in, not yet kept
    Capture               the same, kept: it points to its WARC record
    Reading | Refusal     what the stages made of a capture, or why they would not
    Filing                where a reading belongs, and the evidence for it
    Unlink                a person's word against a link
    Tombstone             what is left of a capture that was taken down
    Adoption              records that stay in a file of somebody else's
    Version, Witness, Document, Link   what an archive says about all of its captures together
    (works: see archive.works)

Two values are equal when every field is. Times are timezone-aware and in UTC; offsets into texts count
Unicode code points; offsets into files count bytes.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Truncation = Literal["length", "time", "disconnect", "unspecified"]  # WARC 1.1, section 5.13


class Relation(StrEnum):
    """What a text is to another one that the archive already has."""

    NEW = "new"  # to nothing
    SAME = "same"  # but for width, script, markup, boilerplate
    VERSION = "version"  # numbers, dates or passages changed
    EXCERPT = "excerpt"  # a part, a half, a summary: directed, see `Filing.of`


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer, byte for byte as they crossed the wire; not kept yet."""

    url: str  # as requested, RFC 3986 text
    fetched_at: datetime
    request: bytes  # head and body as sent
    response: bytes  # status line, headers and body as received, chunk framing and coding included
    address: str | None = None  # IP address of the server
    protocols: tuple[str, ...] = ()  # "http/1.1", "tls/1.3": WARC-Protocol
    certificate: str | None = None  # outcome of the TLS check: "trusted", or why it is not
    truncated: Truncation | None = None
    referrer: str | None = None  # address of the page whose link or redirect led here


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One file that a person handed in, with the address it is said to come from; not kept yet."""

    url: str
    fetched_at: datetime
    media_type: str  # "text/html", "application/pdf", ...
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a WARC record lies."""

    warc: str  # path below the archive folder, "warc/....warc.gz"
    offset: int  # of the record's gzip member, bytes
    length: int  # of the record's gzip member, bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One answer from one address at one time, kept in a WARC record."""

    id: str  # the UUID of WARC-Record-ID
    url: str
    fetched_at: datetime
    kind: Literal["response", "resource", "revisit"]
    status: int  # HTTP status, 100-599; 0 for a resource, which had none
    media_type: str  # Content-Type as claimed, parameters included; "" when none
    payload_digest: str  # "sha256:" + base32, of the body as stored (still chunked and coded)
    entity_digest: str  # "sha256:" + base32, of the body after transfer and content decoding
    place: Place
    refers_to: str | None = None  # id of the capture that holds the bytes of a revisit
    truncated: Truncation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A metadata value and where it was found."""

    value: str
    origin: str  # "meta:ArticleTitle", "json-ld", "text", "trafilatura", ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a page says about itself. Whatever it does not say is None."""

    title: Found | None = None
    author: Found | None = None
    publisher: Found | None = None
    source: Found | None = None  # the source that the page claims: "来源：科技部"
    published_at: Found | None = None  # RFC 3339, or a bare ISO day; the zone is in `zone`
    zone: Literal["stated", "assumed", "none"] = "none"  # of published_at
    document_number: Found | None = None  # "国科发区〔2022〕25号"
    issuers: tuple[Found, ...] = ()  # bodies that issued the text
    issued_on: Found | None = None  # ISO day, as signed
    index_number: Found | None = None  # 索引号
    canonical_url: Found | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The language of a text."""

    tag: str  # BCP 47, with the script for Chinese: "zh-Hans", "zh-Hant", "es", "und"
    confidence: float  # 0..1
    shares: tuple[tuple[str, float], ...] = ()  # (tag, share of the characters), largest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a main text, as a span of it."""

    kind: Literal["heading", "paragraph", "item", "row"]
    start: int  # code points, half-open
    end: int
    level: int = 0  # of a heading, 1-6; 0 otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Damage that was recognised in a main text, and what it is read as for key and search."""

    kind: Literal["gloss", "misread", "markup", "mojibake"]
    start: int  # span of the damaged characters in the main text
    end: int
    reading: str  # what stands there instead; "" where the span is only noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One unit of an official text, as spans of the main text."""

    path: str  # "2.6.1"; "1.body" is text right under a heading
    label: str  # the number as printed: "（一）"
    heading: tuple[int, int]  # span of the heading line
    start: int  # span of the whole unit
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The key of a text. `str()` gives the one line that people copy; docs/fingerprint.md defines it."""

    recipe: str  # how it was made; changes whenever its output may
    exact: str  # digest of the normal form: 52 characters a-z2-7
    near: str  # a signature: texts that are nearly alike share most of it

    def __str__(self) -> str:
        return f"{self.recipe}-{self.exact}-{self.near}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What the index keeps of a text so that near-copies and excerpts of it can be found."""

    bands: tuple[int, ...]  # unsigned 64-bit keys; near-copies share at least one
    sample: tuple[int, ...]  # unsigned 64-bit keys, ascending; excerpts share some


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the stages made of one capture. It can always be made again from the WARC."""

    capture: str  # Capture.id
    stages: dict[str, str]  # version of each stage that took part: {"decode": "1", ...}
    encoding: str  # what the bytes were decoded with: "utf-8", "gb18030"
    damage: float  # share of characters lost in decoding, 0..1
    text: str  # main text; paragraphs end in "\n"
    blocks: tuple[Block, ...]
    description: Description
    language: Language
    fingerprint: Fingerprint
    iscc: str  # ISO 24138 text code of the main text, 256 bit: for other systems, never a key
    repairs: tuple[Repair, ...] = ()
    sections: tuple[Section, ...] = ()
    evidence: str = ""  # for the encoding: "bom", "meta"; "" in readings older than this field
    chosen: str = ""  # how the main text was told from the rest: "container:TRS_Editor", "pdf"
    iscc_form: str = ""  # text code of the normal form: cosmetic copies share it


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a stage would not take a capture. The bytes stay; there is no version."""

    capture: str  # Capture.id
    stage: str  # "decode", "extract", ...
    reason: str  # a sentence for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why two texts were put together or kept apart."""

    because: str  # one line for people
    covered: tuple[float, float] = (0.0, 0.0)  # share of this text, of the other, in common: 0..1
    changed_numbers: tuple[tuple[str, str], ...] = ()  # (other, this); "" where one has none
    # (start in this, in the other, length), normal form.
    blocks: tuple[tuple[int, int, int], ...] = ()
    signals: tuple[str, ...] = ()  # beside the text: "same title", "other issuer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A directed statement about two texts, with its evidence; a person can refuse it."""

    source: str  # exact part of a fingerprint: a version key or an alias of one
    target: str  # the same; for an excerpt, the text that contains the source
    relation: Relation
    score: float  # 0..1
    evidence: Evidence
    recipe: str  # of the relation, so that it can be judged again


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlink:
    """A person's word that two texts do not belong together. It outranks every judgement."""

    source: str  # exact part of a fingerprint
    target: str
    by: str  # who says so
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A record that was taken out of a WARC file; its content is nowhere in the archive."""

    type: str  # WARC-Type
    id: str
    digest: str  # "sha256:" + base32, of its block
    length: int  # of its block, bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is left of a capture that was taken down: who, when and why, and digests, but no content."""

    capture: str  # Capture.id
    url: str
    captured_at: datetime
    payload_digest: str
    entity_digest: str
    keys: tuple[str, ...]  # exact parts of the texts that were read from it
    gone: tuple[Gone, ...]  # its records, the capture itself first
    by: str  # who says so
    reason: str
    at: datetime  # when


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Records of a file that is not the archive's own and stays where it is: they are referred to."""

    name: str  # "adopted/....warc.gz": the link in the archive's folder that leads to the file
    path: str  # where the file lay
    size: int  # of the file, bytes
    sha256: str  # of the file, 64 hex digits
    captures: tuple[Capture, ...]  # in the order of the file; their places are in `name`
    requests: tuple[tuple[str, Place], ...] = ()  # for captures with these ids, here or elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Where a reading belongs."""

    document: str  # document key
    version: str  # version key
    relation: Relation
    links: tuple[Link, ...] = ()  # to the versions that decided it; empty for a new document
    # Documents that this text shows to be the same: they become aliases.
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """An address at which a version was seen."""

    url: str
    version: str
    publisher: str | None
    published_at: str | None  # as in Description
    captures: tuple[Capture, ...]  # oldest first, at least one


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One state of a text, keyed by the exact part of its first witness's fingerprint."""

    key: str
    document: str
    number: int  # 1, 2, ... in the order of observation
    language: str
    title: str | None
    first_seen: datetime
    last_seen: datetime
    fingerprint: Fingerprint
    iscc: str
    iscc_form: str
    text: Place  # of the conversion record


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The versions that are one text over time and over republishers, in one language."""

    key: str  # of its first version; never changes
    language: str
    work: str | None  # key of its archive.works.Work, where that has other documents too


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """Evidence beside the text that may decide whether two texts are one document."""

    title: str | None = None
    issuers: tuple[str, ...] = ()
    document_number: str | None = None
    issued_on: date | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A version that may be the same text as one to be filed, or share passages with it."""

    version: str  # version key
    document: str  # document key
    text: str  # main text, with what `Repair` reads for damage
    issued: Issued
    exact: str  # of the fingerprint of that text
