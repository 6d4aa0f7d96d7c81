"""Short addresses that stay, to be cited: /v/{version} /c/{capture} /d/{document} /d/{a}..{b} /x/{change}.

People get the page there. A program that would rather have JSON gets what the API has of the same thing.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API = {"v": "versions", "c": "captures", "d": "documents", "x": "changes"}


class Permanent:
    """Lets the API answer at a short address when JSON is wanted more than HTML."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, at its own path or at that of the API."""
        if scope["type"] != "http" or (path := api_path(scope["path"])) is None:
            await self._app(scope, receive, send)
            return
        accept = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"accept"), "")
        if prefers_json(accept):
            raw = self._root + path
            scope = {**scope, "path": raw, "raw_path": raw.encode("utf-8", "replace")}
        await self._app(scope, receive, _varying(send))


def api_path(path: str) -> str | None:
    """Where the API has what is at a short address; None for another address.

    >>> api_path("/v/4oymiquy"), api_path("/d/one..two"), api_path("/v/a/b")
    ('/versions/4oymiquy', '/diffs/one..two', None)
    """
    empty, _, rest = path.partition("/")
    kind, _, key = rest.partition("/")
    if empty or kind not in _API or not key or "/" in key:
        return None
    return f"/diffs/{key}" if kind == "d" and ".." in key else f"/{_API[kind]}/{key}"


def prefers_json(accept: str) -> bool:
    """Whether JSON is named and not liked less than HTML (RFC 9110, section 12.5.1).

    >>> prefers_json("application/json"), prefers_json("text/html,*/*;q=0.8"), prefers_json("*/*")
    (True, False, False)
    """
    weights: dict[str, float] = {}
    for each in accept.lower().split(","):
        kind, *given = (part.strip() for part in each.split(";"))
        weights[kind] = _weight(given)
    html = max(weights.get("text/html", 0.0), weights.get("application/xhtml+xml", 0.0))
    return weights.get("application/json", 0.0) > html


def _weight(given: list[str]) -> float:
    for each in given:
        name, _, value = each.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _varying(send: Send) -> Send:
    """Caches must know that the answer depends on Accept."""

    async def sends(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ())]
            if not any(name.lower() == b"vary" for name, _ in headers):
                headers.append((b"vary", b"Accept"))
            message = {**message, "headers": headers}
        await send(message)

    return sends
