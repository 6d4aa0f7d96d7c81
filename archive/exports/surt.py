"""Addresses in the form by which indexes of web archives are sorted.

SURT ("sort-friendly URI reordering transform", Heritrix user manual, appendix A): the host comes first, its
parts in reverse, so that a site stands together. Before that an address is brought into one spelling, by the
rules of the Wayback Machine: no fragment, no "www.", no default port, no session numbers, lower case,
parameters sorted, %XX only where it must be. Replay tools look for exactly this key.
"""

import re
from urllib.parse import unquote_to_bytes, urlsplit

_WWW = re.compile(r"www\d*\.")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ALWAYS_ESCAPED = {ord("#"), ord("%")}
_UNESCAPE_LIMIT = 20  # an address that is escaped more often than that stays as it is
_SESSION_PATHS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(.*/)(?:\((?:[a-z]\([0-9a-z]{24}\))+\)/)([^?]+\.aspx.*)\Z",
        r"(.*/)(?:\([0-9a-z]{24}\)/)([^?]+\.aspx.*)\Z",
    )
)
_SESSION_QUERIES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(.*)(?:jsessionid=[0-9a-z]{32})(?:&(.*))?\Z",
        r"(.*)(?:phpsessid=[0-9a-z]{32})(?:&(.*))?\Z",
        r"(.*)(?:sid=[0-9a-z]{32})(?:&(.*))?\Z",
        r"(.*)(?:aspsessionid[a-z]{8}=[a-z]{24})(?:&(.*))?\Z",
        r"(.*)(?:cfid=[^&]+&cftoken=[^&]+)(?:&(.*))?\Z",
    )
)


def surt(url: str) -> str:
    """The key of an http or https address; any other address is its own key.

    >>> surt("https://www.Example.org:443/A/b?z=1&a=%E4%B8%AD#top")
    'org,example)/a/b?a=%e4%b8%ad&z=1'
    """
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.netloc:
        return url
    host, port = _host(parts.netloc, scheme)
    path = _path(parts.path)
    query = _query(parts.query)
    return f"{host}{port}){path}" + (f"?{query}" if query else "")


def _host(netloc: str, scheme: str) -> tuple[str, str]:
    """The host in reverse, and ":port" where that is not the usual one."""
    address = netloc.rpartition("@")[2]
    if address.startswith("["):  # IPv6
        host, _, port = address.partition("]")
        return host.removeprefix("[").lower(), port if port[1:] else ""
    host, _, port = address.partition(":")
    host = unquote_to_bytes(host).decode("utf-8", "replace").strip(".").lower()
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        host = _escaped(host.encode())
    host = re.sub(r"\.{2,}", ".", _WWW.sub("", host, count=1) if _WWW.match(host) else host)
    usual = port == "" or port == str(_DEFAULT_PORTS[scheme])
    return ",".join(reversed(host.split("."))), "" if usual else f":{port}"


def _path(path: str) -> str:
    names: list[str] = []
    plain = _escaped(_unescaped(path))
    for name in plain.split("/"):
        if name == ".." and names:
            names.pop()
        elif name not in ("", ".", ".."):
            names.append(name)
    whole = "/" + "/".join(names)
    for pattern in _SESSION_PATHS:
        if found := pattern.match(whole):
            whole = "".join(part or "" for part in found.groups())
    return whole.lower()


def _query(query: str) -> str:
    plain = _escaped(_unescaped(query))
    for pattern in _SESSION_QUERIES:
        if found := pattern.match(plain):
            plain = "".join(part or "" for part in found.groups())
    plain = plain.lower()
    return "&".join(sorted(plain.split("&"))) if plain.strip("&") else plain


def _unescaped(text: str) -> bytes:
    """The bytes behind all layers of %XX."""
    data = text.encode("utf-8", "surrogatepass")
    for _ in range(_UNESCAPE_LIMIT):
        plain = unquote_to_bytes(data)
        if plain == data:
            break
        data = plain
    return data


def _escaped(data: bytes) -> str:
    return "".join(
        f"%{byte:02X}" if byte <= 0x20 or byte >= 0x7F or byte in _ALWAYS_ESCAPED else chr(byte)
        for byte in data
    )
