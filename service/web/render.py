"""Pages as HTML: the templates, what they may call, and the headers of every page."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from archive.search import Passage
from service.api.gate import client_of
from service.api.origin import Client
from service.api.tokens import Scope
from service.config import Config
from service.web.because import Why
from service.web.language import COOKIE, Words, chosen, languages

HERE = Path(__file__).parent
STATIC = {"variorum.css": "text/css", "variorum.js": "text/javascript", "icon.svg": "image/svg+xml"}
_YEAR = 365 * 24 * 3600
_CLIPPED = 120  # characters of a change in a list


def policy(config: Config) -> str:
    """The content security policy of every page: nothing but what is ours, and archived pages framed."""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        f"frame-src {config.replay_url}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


class Pages:
    """Renders the templates for one server."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._policy = policy(config)
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"static": static_address, "replay": self._replay}
        self._environment.tests["address"] = is_address
        self._environment.filters |= {
            "when": when,
            "day": day,
            "short": short,
            "host": host,
            "percent": percent,
            "thousands": thousands,
            "size": size,
            "seg": segment,
            "tag": tag,
            "stated": stated,
            "clip": clip,
            "marked": marked,
        }

    def page(
        self, request: Request, template: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """The template, filled with the values, in the language of whoever asks."""
        words = self.words(request)
        client = client_of(request) if "client" in request.scope.get("state", {}) else None
        body = self._environment.get_template(template).render(
            t=words,
            lang=words.tag,
            languages=tuple(languages()),
            tongue=_Tongue(words),
            span=_Span(words),
            why=Why(words.tag),
            client=client,
            may=_Right(client),
            mark=_Mark(client),
            now=datetime.now(UTC),
            path=request.url.path,
            here=_here(request),
            site=self._config.url,
            **values,
        )
        answer = HTMLResponse(body, status)
        answer.headers["Content-Security-Policy"] = self._policy
        answer.headers["X-Content-Type-Options"] = "nosniff"  # also where the gate does not see it
        answer.headers["Content-Language"] = words.tag
        answer.headers["Vary"] = "Accept, Accept-Language, Cookie"
        answer.headers["Cache-Control"] = "no-cache"
        if request.query_params.get("lang") in languages():
            answer.set_cookie(COOKIE, words.tag, max_age=_YEAR, samesite="lax", httponly=True)
        return answer

    def words(self, request: Request) -> Words:
        """The words in the language of whoever asks."""
        return chosen(
            request.query_params.get("lang", ""),
            request.cookies.get(COOKIE, ""),
            request.headers.get("accept-language", ""),
        )

    def _replay(self, capture: str) -> str:
        return f"{self._config.replay_url}/c/{segment(capture)}"


class _Right:
    """Whether whoever asks may do something."""

    def __init__(self, client: Client | None) -> None:
        self._client = client

    def __call__(self, scope: Scope) -> bool:
        return self._client is not None and self._client.may(scope)


class _Mark:
    """The hidden field that shows that a form is of this session."""

    def __init__(self, client: Client | None) -> None:
        self._mark = client.csrf if client else ""

    def __call__(self) -> Markup:
        return Markup('<input type="hidden" name="mark" value="{}">').format(self._mark)


class _Here:
    """The address of this page with other parameters."""

    def __init__(self, path: str, query: Mapping[str, str]) -> None:
        self._path, self._query = path, dict(query)

    def __call__(self, **changed: str) -> str:
        return f"{self._path}?{urlencode({**self._query, **changed})}"


def _here(request: Request) -> _Here:
    return _Here(quote(request.url.path), request.query_params)


class _Tongue:
    """The name of a language in the language of the interface."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, tag: str) -> str:
        for form in (tag, tag.partition("-")[0]):
            if self._words.knows(f"language.{form}"):
                return self._words(f"language.{form}")
        return tag


class _Span:
    """How much later something came, in the two largest units, for people."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, lag: timedelta) -> str:
        minutes = round(abs(lag) / timedelta(minutes=1))
        if not minutes:
            return self._words("time.same")
        days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
        parts = [("days", days), ("hours", hours), ("minutes", rest)]
        first = next(place for place, (_, n) in enumerate(parts) if n)
        told = " ".join(
            self._words(f"time.{unit}", n=n) for unit, n in parts[first : first + 2] if n
        )
        return self._words("time.later" if lag > timedelta() else "time.earlier", span=told)


def when(moment: datetime | None) -> Markup:
    """The moment to the minute, in UTC."""
    if moment is None:
        return Markup("–")
    utc = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"), utc.strftime("%Y-%m-%d %H:%M")
    )


def day(moment: datetime | date) -> Markup:
    """The day of the moment, in UTC."""
    utc = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    return Markup('<time datetime="{0}">{0}</time>').format(utc.strftime("%Y-%m-%d"))


def stated(published: str | None) -> str:
    """The time that a page states, to the minute and with its zone; a bare day stays one."""
    try:
        moment = datetime.fromisoformat(published or "")
    except ValueError:
        return published or ""
    if len(published or "") <= len("2026-04-15"):
        return f"{moment:%Y-%m-%d}"
    zone = moment.strftime("%z")
    return f"{moment:%Y-%m-%d %H:%M}" + (f" {zone[:3]}:{zone[3:5]}" if zone else "")


def short(key: str, length: int = 12) -> str:
    """How the key begins."""
    return key[:length]


def host(url: str) -> str:
    """The host of the address; the address itself where it has none."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def is_address(url: object) -> bool:
    """Whether a link may lead there: an http or https address, and no script."""
    return isinstance(url, str) and url.lower().startswith(("http://", "https://"))


def percent(share: float) -> str:
    """The share in whole percent; never all of it, or none, by rounding."""
    whole = round(share * 100)
    if whole == 100 and share < 1:
        whole = 99
    return f"{max(whole, 1) if share > 0 else 0} %"


def thousands(number: int) -> str:
    """The number in groups of three digits."""
    return f"{number:,}".replace(",", "\u202f")


def size(number: int) -> str:
    """So many bytes in a unit that people read."""
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.3g} {unit}" if unit != "B" else f"{number} B"
        amount /= 1000
    return f"{amount:.3g} TB"


def segment(text: str) -> str:
    """The text as one segment of a path."""
    return quote(text, safe="")


def tag(language: str) -> str:
    """The language for a `lang` attribute; "" says that it is unknown."""
    return "" if language == "und" else language


def clip(text: str) -> str:
    """The text on one line, its middle left out where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _CLIPPED else f"{line[: _CLIPPED // 2]} … {line[-_CLIPPED // 4 :]}"


def marked(passage: Passage) -> Markup:
    """The passage with its marked words."""
    pieces, at = [], 0
    for start, end in passage.marks:
        pieces += [
            escape(passage.text[at:start]),
            Markup("<mark>{}</mark>").format(passage.text[start:end]),
        ]
        at = end
    return Markup("").join([*pieces, escape(passage.text[at:])])


@cache
def static_file(name: str) -> tuple[bytes, str]:
    """The bytes of a file of ours and a digest of them; KeyError for another name."""
    if name not in STATIC:
        raise KeyError(name)
    body = (HERE / "static" / name).read_bytes()
    return body, hashlib.sha256(body).hexdigest()[:12]


def static_address(name: str) -> str:
    """Where a file of ours is; the address changes with its bytes."""
    return f"/static/{name}?{static_file(name)[1]}"
