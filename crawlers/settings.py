"""Scrapy's settings for a crawl, each with its reason.

What is not named here is Scrapy's default. `crawl_settings` adds what differs from crawl to crawl; the
`scrapy` command reads this module as it is, so that it is as polite and as guarded as `variorum`.
"""

from scrapy.settings import Settings

from crawlers.robots import user_agent

BOT_NAME = "variorum"
SPIDER_MODULES = ["crawlers.spiders"]

# The wire: http and https through our handler only; nothing else can be fetched.
DOWNLOAD_HANDLERS = {
    "http": "crawlers.wire.WireHandler",
    "https": "crawlers.wire.WireHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOADER_MIDDLEWARES = {
    "crawlers.guard.GuardMiddleware": 50,  # before robots.txt is asked for
    "crawlers.pacing.PacingMiddleware": 75,
    "crawlers.robots.RobotsMiddleware": 100,
    "crawlers.returning.ReturningMiddleware": 120,
    "crawlers.wire.WireMiddleware": 950,  # next to the downloader: sees every attempt
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,  # ours obeys RFC 9309
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # spiders choose their links
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # we log in nowhere
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,  # the archive remembers
    # Switched off below as well; loading them alone takes most of a second.
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
}
COMPRESSION_ENABLED = False  # the archive keeps the coded body; archive.message decodes
METAREFRESH_ENABLED = False  # Scrapy's would drop the page that holds the refresh
COOKIES_ENABLED = False  # their first use fetches a list from the internet; we log in nowhere
HTTPPROXY_ENABLED = False  # a proxy from the environment would pass by the guard
REDIRECT_MAX_TIMES = 10  # no page of worth needs more
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",  # not zstd: other WARC readers cannot decode it
}

# Limits: ours come first and keep what was received; Scrapy's would drop it.
VARIORUM_MAX_BYTES = 8 << 20  # of one answer as on the wire, head included
VARIORUM_TIMEOUT_SECONDS = 10.0  # of one answer, from connecting to its last byte
DOWNLOAD_TIMEOUT = VARIORUM_TIMEOUT_SECONDS + 10.0  # a backstop behind our own limit
DOWNLOAD_MAXSIZE = 0
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = False  # a cut page is kept, and marked as cut
URLLENGTH_LIMIT = 0  # crawlers.addresses has one, with a reason for people

# Politeness.
USER_AGENT = user_agent("")
ROBOTSTXT_OBEY = True  # for readers of this file: our middleware obeys in any case
CONCURRENT_REQUESTS = 16  # hosts at a time
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_ITEMS = 1  # our spiders yield none, and Scrapy starts so many tasks for every answer
VARIORUM_DELAY_SECONDS = 1.0  # at least, between an answer of a host and the next request to it
VARIORUM_PATIENCE_SECONDS = 60.0  # a longer Retry-After ends our visit; no source
VARIORUM_POLICIES = ()  # crawlers.policy.Policy values
VARIORUM_MEMORY = None  # a crawlers.memory.Memory, to come back to pages by conditional requests
DOWNLOAD_DELAY = 0  # crawlers.pacing pauses; Scrapy counts from request to request and undershoots
AUTOTHROTTLE_ENABLED = False  # crawlers.pacing throttles; Scrapy's forgets a longer Crawl-delay

# A second try is for broken connections and overloaded servers, not for what is plain.
RETRY_TIMES = 2
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524, 408, 429]
RETRY_EXCEPTIONS = ["crawlers.errors.ConnectionLost"]
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # the outcome says it

# Old servers are witnesses too; the record names the TLS version and what the certificate is worth.
DOWNLOAD_TLS_MIN_VERSION = "TLSv1.0"
DOWNLOADER_CLIENT_TLS_CIPHERS = "DEFAULT:@SECLEVEL=0"
DOWNLOAD_VERIFY_CERTIFICATES = False
VARIORUM_ALLOW_ADDRESSES = ""  # see crawlers.addresses.allowances
VARIORUM_PROXY = ""  # the one proxy that requests may name; it has to guard the names it looks up
HTTPERROR_ALLOW_ALL = True  # errors are pages to keep

# Nothing that listens, phones or mails.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # runs code that it is sent; on by default since 2.19
EXTENSIONS = {
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
    "scrapy.extensions.feedexport.FeedExporter": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.logstats.LogStats": None,
}
LOG_INSTALL_ROOT_HANDLER = False  # the caller's logging decides what is shown
STATS_DUMP = False  # crawlers.run returns a summary


def crawl_settings(
    *, delay_seconds: float, max_bytes: int, timeout_seconds: float, contact: str, allowed: str
) -> Settings:
    """The settings of one crawl: those above, and what was asked for."""
    settings = Settings()
    settings.setmodule(__name__, priority="project")
    settings.setdict(
        {
            "USER_AGENT": user_agent(contact),
            "VARIORUM_DELAY_SECONDS": delay_seconds,
            "DOWNLOAD_TIMEOUT": timeout_seconds + 10.0,
            "VARIORUM_MAX_BYTES": max_bytes,
            "VARIORUM_TIMEOUT_SECONDS": timeout_seconds,
            "VARIORUM_ALLOW_ADDRESSES": allowed,
        },
        priority="cmdline",
    )
    return settings
