"""What `crawl` answers, in the forms that docs and other programs rely on; see service.views."""

from crawlers.discovery.explorer import Discovery
from crawlers.sites import Site
from service.views import View


def crawl(site: str, fetched: int, captures: int, results: list[View]) -> View:
    """The answer to `crawl`, but for what discovery has to say."""
    return {
        "site": site,
        "fetched": fetched,
        "captures": captures,
        "refused": sum(1 for each in results if each["status"] == "refused"),
        "results": results,
    }


def discovery(found: Discovery) -> View:
    """What a crawl found beside what it fetched."""
    return {
        "fresh": found.fresh,
        "unfit": found.unfit,
        "left": {
            "count": found.left_count,
            "reasons": dict(found.left_reasons),
            "addresses": [{"url": each.url, "reason": each.reason} for each in found.left],
        },
        "notices": [
            {"code": each.code, "url": each.url, "message": each.message} for each in found.notices
        ],
    }


def site(site: Site) -> View:
    """A row of sites.toml."""
    return {
        "site": site.name,
        "kind": site.kind,
        "publisher": site.publisher,
        "language": site.language,
        "zone": site.zone,
        "hosts": list(site.hosts),
        "starts": list(site.starts),
        "browser": site.browser,
    }
