"""From the entity of a capture to its reading: pure, so that it may run in another process.

decode -> parse -> extract -> describe -> language -> repair -> sections -> fingerprint
"""

import re

from archive.captures import Body
from archive.records import Capture, Description, Reading
from pipelines import (
    decode,
    extract,
    iscc,
    language,
    metadata,
    normal_form,
    page,
    repair,
    sections,
)
from pipelines import fingerprint as fingerprints
from pipelines.normal_form import normalise

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)


def stages() -> dict[str, str]:
    """The version of every stage: a reading made by the same ones need not be made again."""
    modules = (decode, page, extract, metadata, language, repair, sections, normal_form)
    named = {module.__name__.rpartition(".")[2]: module.VERSION for module in modules}
    return {**named, "fingerprint": fingerprints.recipe()}


def read(body: Body, capture: Capture) -> Reading:
    """What the stages make of the entity of a capture.

    Raises:
        Refused: a stage will not take it.
    """
    charset = _CHARSET.search(body.media_type)
    decoded = decode.decode(body.data, charset[1] if charset else None)
    if body.media_type.partition(";")[0].strip().lower() == "text/plain":
        main, description = extract.plain_text(decoded), Description()
    else:
        tree = page.parse(decoded, capture.url)
        main = extract.extract(tree)
        description = metadata.describe(tree, main)
    spoken = language.detect(main.text)
    repairs = repair.find_repairs(main.text, spoken.tag)
    form = normalise(repair.repaired(main.text, repairs))
    return Reading(
        capture=capture.id,
        stages=stages(),
        encoding=decoded.encoding,
        damage=decoded.damage,
        text=main.text,
        blocks=main.blocks,
        description=description,
        language=spoken,
        fingerprint=fingerprints.fingerprint(form),
        iscc=iscc.text_code(main.text),
        repairs=repairs,
        sections=sections.sections(main.text),
    )


def warm_up() -> None:
    """Load now what the stages load at first use."""
    text = "网页归档系统保存每一次抓取的原始数据。 An archive keeps what it was given. " * 5
    language.detect(text)
    repair.find_repairs("网(wǎng)页" * 5, "zh-Hans")
    fingerprints.fingerprint(normalise(text))
