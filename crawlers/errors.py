"""What can go wrong on the way to a page.

CrawlError
├── Unfetchable        an address that is never asked: not http(s), too long, an odd port
├── AddressRefused     it leads to a network address that is not public
├── RobotsForbid       the site's robots.txt says no, or could not be read
├── SiteClosed         it is outside the site's opening hours
├── ComeBackLater      the site asked to be left alone for longer than we wait
├── TooManyRedirects   it leads from one address to the next without end
├── NoAnswer           no usable answer came
│   └── ConnectionLost     the connection broke before the answer began: worth another try
├── TimedOut           the answer did not begin in time
├── Unrendered         the answer came, and the browser made no page of it
├── Interrupted        the crawl was stopped before this address was asked
├── AlreadyCrawled     a process can crawl only once: a caller's mistake
├── NoBrowser          a site needs a browser, and there is none: a caller's mistake
└── Unguarded          something could fetch past the address guard: a caller's mistake

Each but the last three concerns one address: the others of the same crawl go on.
"""

from datetime import datetime


class CrawlError(Exception):
    """Root of all errors of this package; the message is a sentence for people."""


class Unfetchable(CrawlError):
    """An address that cannot or may not be asked at all."""

    def __init__(self, url: str, why: str) -> None:
        self.url, self.why = url, why
        super().__init__(f"{shortened(url)} cannot be fetched: {why}.")


class AddressRefused(CrawlError):
    """A name or a literal that leads to a network address outside the public internet."""

    def __init__(self, url: str, address: str, port: int) -> None:
        self.url, self.address, self.port = url, address, port
        super().__init__(
            f"{shortened(url)} leads to {address} port {port}, which is not a public web address. "
            "To allow it, name its network in VARIORUM_ALLOW_ADDRESSES."
        )


class RobotsForbid(CrawlError):
    """The site does not want this page fetched by programs, or cannot say so."""

    def __init__(self, url: str, why: str) -> None:
        self.url, self.why = url, why
        super().__init__(f"{shortened(url)} was not fetched: {why}.")


class SiteClosed(CrawlError):
    """The site is to be visited at other hours."""

    def __init__(self, url: str, opens: datetime) -> None:
        self.url, self.opens = url, opens
        super().__init__(
            f"{shortened(url)} was not fetched: it is outside the site's opening hours. "
            f"It opens at {opens:%Y-%m-%d %H:%M} {opens.tzname()}."
        )


class ComeBackLater(CrawlError):
    """The site asked, by Retry-After, to be left alone for longer than a crawl waits."""

    def __init__(self, url: str, until: datetime) -> None:
        self.url, self.until = url, until
        super().__init__(
            f"{shortened(url)} was not fetched: "
            f"the site asked to come back after {until:%Y-%m-%d %H:%M:%S} UTC."
        )


class TooManyRedirects(CrawlError):
    """A chain of redirects that did not end within the limit."""

    def __init__(self, url: str, hops: int) -> None:
        self.url, self.hops = url, hops
        super().__init__(f"{shortened(url)} was given up after {hops} redirects.")


class NoAnswer(CrawlError):
    """The server could not be reached, or what it sent is no answer."""

    def __init__(self, url: str, why: str) -> None:
        self.url, self.why = url, why
        super().__init__(f"{shortened(url)} gave no usable answer: {why}.")


class ConnectionLost(NoAnswer):
    """The connection broke before an answer began."""


class TimedOut(CrawlError):
    """No answer began within the time limit."""

    def __init__(self, url: str, seconds: float) -> None:
        self.url, self.seconds = url, seconds
        super().__init__(f"{shortened(url)} timed out after {seconds:g} s. Allow more: --timeout.")


class Unrendered(CrawlError):
    """A page that was fetched, and that the browser could not show."""

    def __init__(self, url: str, why: str) -> None:
        self.url, self.why = url, why
        super().__init__(f"{shortened(url)} was fetched, and the browser failed at it: {why}.")


class Interrupted(CrawlError):
    """The crawl was stopped before its turn came."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(f"{shortened(url)} was not fetched: the crawl was interrupted before.")


class AlreadyCrawled(CrawlError):
    """A second crawl was begun in one process."""

    def __init__(self) -> None:
        super().__init__(
            "This process has crawled already, and its network loop cannot start twice. "
            "Begin the next crawl in a new process."
        )


class NoBrowser(CrawlError):
    """Pages are to be rendered, and the machine cannot."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"Some of these pages need a browser, and {why}.")


class Unguarded(CrawlError):
    """The settings or the process leave a way past the address guard."""

    def __init__(self, way: str) -> None:
        self.way = way
        super().__init__(f"Nothing is fetched, because {way} would pass by the address guard.")


def shortened(url: str) -> str:
    """The address as a message shows it: printable characters only, at most 120 of them."""
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in url[:121])
    return printable if len(url) <= 120 else printable[:119] + "…"
