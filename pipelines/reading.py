"""From the entity of a capture to its reading: pure, so that it may run in another process.

decode -> parse -> sound? -> extract -> describe -> language -> repair -> sections -> fingerprint
"""

import re
from dataclasses import dataclass

from archive.captures import Body
from archive.records import Capture, Description, Reading
from pipelines import (
    attachments,
    decode,
    extract,
    iscc,
    language,
    metadata,
    normal_form,
    page,
    repair,
    sections,
    soundness,
)
from pipelines import fingerprint as fingerprints
from pipelines.extract import MainText
from pipelines.normal_form import normalise

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)


def stages() -> dict[str, str]:
    """The version of every stage: a reading made by the same ones need not be made again."""
    modules = (
        attachments,
        decode,
        page,
        soundness,
        extract,
        metadata,
        language,
        repair,
        sections,
        normal_form,
    )
    named = {module.__name__.rpartition(".")[2]: module.VERSION for module in modules}
    return {**named, "fingerprint": fingerprints.recipe()}


def read(body: Body, capture: Capture) -> Reading:
    """What the stages make of the entity of a capture.

    Raises:
        Refused: a stage will not take it.
    """
    said = _said(body, capture)
    main = said.main
    spoken = language.detect(main.text)
    repairs = repair.find_repairs(main.text, spoken.tag)
    form = normalise(repair.repaired(main.text, repairs))
    code, code_of_form = iscc.text_codes(main.text, form.text)
    return Reading(
        capture=capture.id,
        stages=stages(),
        encoding=said.encoding,
        evidence=said.evidence,
        damage=said.damage,
        text=main.text,
        blocks=main.blocks,
        chosen=main.chosen,
        description=said.description,
        language=spoken,
        fingerprint=fingerprints.fingerprint(form),
        iscc=code,
        iscc_form=code_of_form,
        repairs=repairs,
        sections=sections.sections(main.text),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the bytes say: text and description, and how they were decoded."""

    encoding: str  # for an attachment its kind: "pdf"
    evidence: str  # for the encoding
    damage: float
    main: MainText
    description: Description


def _said(body: Body, capture: Capture) -> _Said:
    if kind := attachments.recognise(body.data, body.media_type):
        attached = attachments.read(body.data, kind)
        return _Said(
            encoding=attached.kind,
            evidence="signature",
            damage=0.0,
            main=attached.main,
            description=attached.description,
        )
    charset = _CHARSET.search(body.media_type)
    decoded = decode.decode(body.data, charset[1] if charset else None)
    if attachments.is_plain(decoded.text, body.media_type):
        main, description = extract.plain_text(decoded), Description()
        soundness.check_text(main.text)
    else:
        tree = page.parse(decoded, capture.url)
        soundness.check(tree)
        main = extract.extract(tree)
        description = metadata.describe(tree, main)
    return _Said(
        encoding=decoded.encoding,
        evidence=decoded.evidence,
        damage=decoded.damage,
        main=main,
        description=description,
    )


def warm_up() -> None:
    """Load now what the stages load at first use."""
    text = "网页归档系统保存每一次抓取的原始数据。 An archive keeps what it was given. " * 5
    language.detect(text)
    repair.find_repairs("网(wǎng)页" * 5, "zh-Hans")
    fingerprints.fingerprint(normalise(text))
