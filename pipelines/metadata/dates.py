"""Dates as pages write them, to RFC 3339 or a bare ISO day."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

Zone = Literal["stated", "assumed", "none"]

CHINA = timezone(timedelta(hours=8))  # one zone for the whole country
EARLIEST = 1949  # no web page is older; a text reproduced on one may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A day, or a time of it when the page says in which zone, or one can be assumed."""

    value: str  # RFC 3339, or an ISO day
    zone: Zone

    @property
    def day(self) -> str:
        """The day as the page says it, without conversion to another zone."""
        return self.value[:10]


_CLOCK = (
    r"(?:[T\s,]*(?P<hour>\d{1,2})\s*[:：时時点點]\s*(?P<minute>\d{2})"
    r"(?:\s*[:：分]\s*(?P<second>\d{2})秒?(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z\b|UTC\b|GMT\b|[+-]\d{2}:?\d{2}\b)?)?"
)
_NUMERIC = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})\s*[-/.年．]\s*(?P<month>\d{1,2})\s*[-/.月．]\s*"
    r"(?P<day>\d{1,2})(?!\d)\s*[日号]?" + _CLOCK
)
_DOTTED = re.compile(  # 21.01.2022: the day comes first wherever dots are used
    r"(?<![\d.])(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>(?:19|20)\d{2})(?!\d)"
    r"(?:\s*(?:um|-|–|,|\|))?" + _CLOCK
)
_SLASHED = re.compile(  # 13/05/2022: only where the day cannot be a month
    r"(?<![\d/])(?P<day>1[3-9]|2\d|3[01])/(?P<month>\d{1,2})/(?P<year>(?:19|20)\d{2})(?!\d)"
    + _CLOCK
)
_COMPACT = re.compile(r"(?<!\d)(?P<year>20\d{2})(?P<month>[01]\d)(?P<day>[0-3]\d)(?!\d)")
_CHINESE = re.compile(
    r"(?P<year>[一二][〇○零0一二三四五六七八九]{3})年(?P<month>[一二三四五六七八九十]{1,2})月"
    r"(?P<day>[一二三四五六七八九十]{1,3})日"
)

# Month names of the languages that plans and their translations are met in most.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene januar jänner janvier janv gennaio gen janeiro",
            "february feb febrero februar feber février févr febbraio fevereiro",
            "march mar marzo märz mars março",
            "april apr abril abr avril avr aprile",
            "may mayo mai maggio maio",
            "june jun junio juni juin giugno junho",
            "july jul julio juli juillet juil luglio julho",
            "august aug agosto ago août aout",
            "september sept sep septiembre setiembre septembre settembre setembro",
            "october oct octubre oktober okt octobre ottobre outubro",
            "november nov noviembre novembre novembro",
            "december dec diciembre dic dezember dez décembre déc dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
_NAME = "(?P<name>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_DAY_FIRST = re.compile(
    r"(?<![\d.])(?P<day>\d{1,2})(?:st|nd|rd|th|\.|º|er)?\s*(?:of|de|di)?[\s-]*"
    + _NAME
    + r"[\s,-]*(?:de|del)?\s*(?P<year>(?:19|20)\d{2})(?!\d)"
    + _CLOCK,
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"\b"
    + _NAME
    + r"\s*(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s*(?P<year>(?:19|20)\d{2})(?!\d)"
    + _CLOCK,
    re.IGNORECASE,
)
_PATTERNS = (_NUMERIC, _DOTTED, _SLASHED, _DAY_FIRST, _MONTH_FIRST, _CHINESE)
_DIGITS = {character: str(value) for value, character in enumerate("〇一二三四五六七八九")}


def first_moment(text: str, *, chinese: bool) -> Moment | None:
    """The first date in `text`; a time without zone is Beijing's when `chinese`, else dropped.

    >>> first_moment("发布时间：2022年03月04日 17:15", chinese=True)
    Moment(value='2022-03-04T17:15:00+08:00', zone='assumed')
    >>> first_moment("March 3, 2022", chinese=False)
    Moment(value='2022-03-03', zone='none')
    """
    matches = [match for pattern in _PATTERNS if (match := pattern.search(text))]
    for match in sorted(matches, key=re.Match.start):
        moment = _moment(match, chinese)
        if moment is not None:
            return moment
    compact = _COMPACT.search(text)
    return _moment(compact, chinese) if compact else None


_IN_ADDRESS = re.compile(  # /2022/03/04/  /2022-03/04/  /202203/t20220304_1.html  /20220304/
    r"/(?P<year>(?:19|20)\d{2})[-/_](?P<month>\d{1,2})[-/_](?P<day>\d{1,2})(?=[/_.-])"
    r"|/t?(?P<year2>(?:19|20)\d{2})(?P<month2>[01]\d)/?(?P<day2>[0-3]\d)(?=[/_.-])"
)


def day_in_address(url: str | None) -> str | None:
    """The ISO day that the path of an address states: ".../2022/03/04/..." or ".../20220304/"."""
    for match in _IN_ADDRESS.finditer(url or ""):
        year, month, day = (match[name] or match[name + "2"] for name in ("year", "month", "day"))
        moment = first_moment(f"{year}-{month}-{day}", chinese=False)
        if moment:
            return moment.day
    return None


def whole_day(line: str) -> str | None:
    """The ISO day, when `line` is a date and nothing else."""
    bare = line.strip(" \t\u3000\xa0()（）.。")
    for pattern in _PATTERNS:
        match = pattern.fullmatch(bare)
        if match:
            moment = _moment(match, False)
            return moment.day if moment else None
    return None


def is_next_day(first: str, second: str) -> bool:
    """Whether two ISO days follow each other, in whichever order."""
    return abs(date.fromisoformat(first) - date.fromisoformat(second)) == timedelta(days=1)


def _moment(match: re.Match[str], chinese: bool) -> Moment | None:
    part = match.groupdict()
    try:
        day = date(_year(part["year"]), _month(part), _number(part["day"]))
    except ValueError:  # 2022-13-45: a number, no date
        return None
    if day.year < EARLIEST:
        return None
    if part.get("hour") is None:
        return Moment(value=day.isoformat(), zone="none")
    stated = _offset(part.get("zone"))
    if stated is None and not chinese:
        return Moment(value=day.isoformat(), zone="none")
    try:
        moment = datetime(
            day.year,
            day.month,
            day.day,
            int(part["hour"]),
            int(part["minute"]),
            int(part["second"] or 0),
            tzinfo=stated or CHINA,
        )
    except ValueError:  # 25:61
        return Moment(value=day.isoformat(), zone="none")
    return Moment(value=moment.isoformat(), zone="stated" if stated else "assumed")


def _offset(zone: str | None) -> timezone | None:
    if zone is None:
        return None
    if zone in {"Z", "UTC", "GMT"}:
        return UTC
    sign = -1 if zone[0] == "-" else 1
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:  # +14:00 is the largest in use
        return None
    return timezone(sign * timedelta(hours=hours, minutes=minutes))


def _year(text: str) -> int:
    return int(
        "".join(
            _DIGITS.get(character, "0") if not character.isdigit() else character
            for character in text
        )
    )


def _month(part: dict[str, str | None]) -> int:
    name = part.get("name")
    return _MONTHS[name.lower()] if name else _number(part["month"] or "")


def _number(text: str) -> int:
    """A day or month, in digits or in Chinese up to 31."""
    if text.isascii():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    value = int(_DIGITS[ones]) if ones else 0
    return value + 10 * (int(_DIGITS[tens]) if tens else 1) if ten else value
