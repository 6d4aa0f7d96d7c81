"""Headings that a translation keeps of sections whose text it leaves out: a line beside a whole section.

Such a line is too short to be paired with the section; it is held against the section's heading alone.
"""

from collections.abc import Iterator, Sequence

from pipelines.works import Outlined, Unit, encoder

_LIKE = 0.45  # likeness of two headings that say the same; unrelated ones reach .3
_LONGEST = 3  # so many times longer than the base's heading may the line be, of another language
_MOST = 40  # lines of a witness that are looked at


def kept(base: Outlined, other: Outlined, partner: dict[str, Unit]) -> Iterator[tuple[Unit, Unit]]:
    """(section of the base, line of the witness) for lines that are the heading of one it lacks.

    `partner` has the unit of the witness for each path of the base that has one; the order is kept.
    """
    lacking = [unit for unit in base.units if unit.path not in partner and unit.label]
    used = {unit.path for unit in partner.values()}
    over = [unit for unit in other.units if unit.path not in used][:_MOST]
    if not lacking or not over:
        return
    headings = [_first_line(base.text, unit) for unit in lacking]
    lines = [other.text[slice(*unit.span)].strip() for unit in over]
    made = encoder.vectors([*headings, *lines], encoder.load())
    likeness = made[: len(headings)] @ made[len(headings) :].T
    for place, unit in enumerate(lacking):
        best = int(likeness[place].argmax())
        fits = len(lines[best]) <= _LONGEST * max(10, 2 * len(headings[place]))
        if likeness[place, best] >= _LIKE and fits and _in_order(base, unit, over[best], partner):
            yield unit, over[best]
            likeness[:, best] = 0.0


def _first_line(text: str, unit: Unit) -> str:
    start, end = unit.heading
    return text[start:end] if start < end else text[slice(*unit.span)].partition("\n")[0]


def _in_order(base: Outlined, unit: Unit, line: Unit, partner: dict[str, Unit]) -> bool:
    """Whether the line stands between what the witness has of the sections before and behind."""
    place = base.units.index(unit)
    before = _spans(base.units[:place][::-1], partner)
    behind = _spans(base.units[place + 1 :], partner)
    return all(span[1] <= line.span[0] for span in before[:1]) and all(
        line.span[1] <= span[0] for span in behind[:1]
    )


def _spans(units: Sequence[Unit], partner: dict[str, Unit]) -> list[tuple[int, int]]:
    return [partner[unit.path].span for unit in units if unit.path in partner]
