"""No connection leads anywhere but to public web addresses, whatever a page says."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.settings import Settings
from scrapy.settings.default_settings import DOWNLOAD_HANDLERS_BASE
from twisted.internet.testing import MemoryReactorClock

from crawlers.addresses import Guard, allowances, is_public
from crawlers.errors import AddressRefused, Unfetchable, Unguarded
from crawlers.guard import check_handlers, check_stands, install
from crawlers.policy import Policy
from tests.crawl_driver import Report
from tests.loopback import Loopback, moved, ok

Crawl = Callable[..., Report]
Serve = Callable[..., Loopback]

FTP_HANDLER = "scrapy.core.downloader.handlers.ftp.FTPDownloadHandler"
STOCK_HANDLER = "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"
INNER = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "168.63.129.16",
    "192.0.0.8", "192.0.0.170", "192.88.99.1", "198.18.0.1", "198.19.255.255", "192.0.2.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::",
    "2002:808:808::", "2001::1", "2001:db8::1", "3fff::1", "fe80::1", "fe80::1%lo", "fec0::1",
    "fc00::1", "fdff::1", "ff02::1", "ff0e::1", "100::1", "5f00::1",
]  # fmt: skip
OUTER = [
    "8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.255.255", "2606:4700::1111",
    "2a00::1", "::ffff:8.8.8.8",
]  # fmt: skip


@contextmanager
def canary(host: str = "127.0.0.1") -> Iterator[tuple[int, list[object]]]:
    """A port that nobody should connect to, and the connections that it got all the same."""
    caught: list[object] = []
    with socket.create_server((host, 0)) as listener:

        def listen() -> None:
            while True:
                try:
                    connection, peer = listener.accept()
                except OSError:
                    return
                caught.append(peer)
                connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield listener.getsockname()[1], caught
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("address", INNER)
def test_addresses_that_are_not_public_are_told(address: str) -> None:
    assert not is_public(ip_address(address))
    assert not Guard().lets_pass(address, 80)


@pytest.mark.parametrize("address", OUTER)
def test_public_addresses_pass_on_web_ports_only(address: str) -> None:
    assert is_public(ip_address(address))
    passed = [port for port in (22, 80, 443, 8080) if Guard().lets_pass(address, port)]
    assert passed == [80, 443]


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_ipv6_is_judged_as_itself(address: IPv4Address) -> None:
    assert is_public(IPv6Address(f"::ffff:{address}")) == is_public(address)


@given(st.ip_addresses())
def test_an_allowed_network_passes_on_its_port_and_no_other(
    address: IPv4Address | IPv6Address,
) -> None:
    text = f"[{address}]:81" if address.version == 6 else f"{address}:81"
    guard = Guard(allowed=allowances(text))
    assert guard.lets_pass(str(address), 81)
    assert not guard.lets_pass(str(address), 82)
    assert guard.lets_pass(str(address), 80) == is_public(address)


@pytest.mark.parametrize(
    "name", ["localhost", "127.1", "0x7f000001", "2130706433", "", "a.example"]
)
def test_only_literals_pass_where_connections_are_made(name: str) -> None:
    assert not Guard().lets_pass(name, 80)


def test_allowances_are_written_as_networks_with_optional_ports() -> None:
    written = "127.0.0.2/32:8808, 10.1.0.0/16,[::1]:80,::1,fd00::/8:90, 127.0.0.1:7 ,[fd00::]/8:80,"
    assert [(str(each.network), each.port) for each in allowances(written)] == [
        ("127.0.0.2/32", 8808), ("10.1.0.0/16", None), ("::1/128", 80), ("::1/128", None),
        ("fd00::/8", 90), ("127.0.0.1/32", 7), ("fd00::/8", 80),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "entry", ["localhost", "127.0.0.1:x", "127.0.0.1:0", "1.2.3.4/33", "::1:70000:"]
)
def test_a_mistyped_allowance_is_a_callers_mistake(entry: str) -> None:
    with pytest.raises(ValueError, match="port"):
        allowances(entry)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/",
        "data:text/html,x", "javascript:alert(1)", "s3://b/k", "http://", "http:///path",
        "http://[::1", "http://h:99999/", "http://h:x/", "//example.com/", "http://a..b/",
        "http://example.com:22/", "https://example.com:8443/",
        "http://" + "a" * 64 + ".example/", "http://example.com/" + "a" * 9000,
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(Unfetchable) as caught:
        Guard().check(url)
    assert len(str(caught.value)) < 400


def test_web_addresses_pass_the_first_check_and_inner_literals_do_not() -> None:
    Guard().check("http://example.com/")
    Guard().check("https://example.com:443/path?query#fragment")
    Guard(allowed=allowances("10.0.0.0/8:8080")).check("http://intranet.example:8080/")
    for literal in ("127.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "u:p@10.0.0.1"):
        with pytest.raises(AddressRefused):
            Guard().check(f"http://{literal}/")


def test_no_spelling_of_an_inner_address_gets_a_connection(serve: Serve, crawl: Crawl) -> None:
    spellings = [
        "127.0.0.1", "localhost", "localhost.", "2130706433", "0177.0.0.1", "0x7f000001",
        "127.1", "0.0.0.0", "0", "127.0.0.3", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
        "[::]", "user:pass@127.0.0.1", "%31%32%37.0.0.1", "①②⑦.0.0.1", "１２７.0.0.1",
        "127。0。0。1",
    ]  # fmt: skip
    with canary() as (port, caught):
        pages = {f"/{n}": moved(f"http://{at}:{port}/x") for n, at in enumerate(spellings)}
        server = serve(pages, host="127.0.0.2")
        direct = [f"http://{at}:{port}/" for at in spellings]
        onward = [server.origin + path for path in pages]
        # Every port of the canary's is allowed somewhere, so that the early check lets names pass.
        report = crawl(*direct, *onward, allow=f"{server.allow},127.0.0.2/32:{port}")
        assert caught == []
    reasons = [report.reason(address) for address in direct + onward]
    known = ("not a public", "unknown host", "no URL", "host name is not", "refused; nothing")
    assert [why for why in reasons if not any(words in why for words in known)] == []
    assert sum("not a public" in why for why in reasons) >= 2 * 14


def test_a_meta_refresh_and_a_refresh_header_are_kept_and_not_followed(
    serve: Serve, crawl: Crawl
) -> None:
    with canary() as (port, caught):
        page = ok(
            f'<meta http-equiv="refresh" content="0; url=http://127.0.0.1:{port}/">'.encode(),
            f"Refresh: 0; url=http://127.0.0.1:{port}/",
        )
        server = serve({"/": page}, host="127.0.0.2")
        report = crawl(server.origin + "/", allow=server.allow)
        assert caught == []
    assert report.answer(server.origin + "/").response == page


def test_robots_txt_cannot_lead_inside(serve: Serve, crawl: Crawl) -> None:
    with canary() as (port, caught):
        inside = moved(f"http://127.0.0.1:{port}/robots.txt")
        server = serve({"/robots.txt": inside, "/": ok(b"text")}, host="127.0.0.2")
        report = crawl(server.origin + "/", allow=server.allow)
        assert caught == []
    assert "not a public web address" in report.reason(server.origin + "/")


def test_a_proxy_from_the_environment_is_not_used(serve: Serve, crawl: Crawl) -> None:
    with canary("127.0.0.2") as (port, caught):
        server = serve({"/": ok(b"text")})
        proxy = f"http://127.0.0.2:{port}"
        report = crawl(
            server.origin + "/",
            allow=f"{server.allow},127.0.0.2/32",
            env={"http_proxy": proxy, "https_proxy": proxy, "all_proxy": proxy},
        )
        assert caught == []
    assert report.answer(server.origin + "/").address == "127.0.0.1"


def test_other_schemes_end_at_the_redirect_that_names_them(serve: Serve, crawl: Crawl) -> None:
    places = ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "s3://bucket/key"]
    server = serve({f"/{n}": moved(place) for n, place in enumerate(places)})
    report = crawl(*[f"{server.origin}/{n}" for n in range(4)], allow=server.allow)
    for n in range(4):
        assert report.answer(f"{server.origin}/{n}").response == server.asked(f"/{n}")[0].sent


def test_another_download_handler_ends_the_crawl_before_it_begins() -> None:
    settings = Settings()
    settings.setmodule("crawlers.settings")
    check_handlers(settings)
    settings.set("DOWNLOAD_HANDLERS", {**settings["DOWNLOAD_HANDLERS"], "ftp": FTP_HANDLER})
    with pytest.raises(Unguarded, match="the download handler of ftp"):
        check_handlers(settings)


def test_a_fetch_past_the_guard_fails(serve: Serve) -> None:
    server = serve({"/": ok(b"text")})
    for other in ("https", "http"):
        done = scrapy_fetch(
            server.origin + "/",
            "--set",
            f"DOWNLOAD_HANDLERS={json.dumps({other: STOCK_HANDLER, 'ftp': None})}",
            allow=server.allow,
        )
        assert done.stdout == b""
        assert b"would pass by the address guard" in done.stderr
    assert server.log == []


def test_a_reactor_whose_hooks_are_gone_is_noticed() -> None:
    reactor, another = (MemoryReactorClock() for _ in range(2))  # type: ignore[no-untyped-call]
    reactor = cast("Any", reactor)
    resolver = install(reactor, Guard())
    reactor.nameResolver = resolver
    check_stands(reactor)
    guarded, reactor.connectTCP = reactor.connectTCP, another.connectTCP
    with pytest.raises(Unguarded, match="connectTCP"):
        check_stands(reactor)
    reactor.connectTCP, reactor.nameResolver = guarded, None
    with pytest.raises(Unguarded, match="resolver"):
        check_stands(reactor)


def test_only_the_configured_proxy_may_be_used() -> None:
    Guard().check_proxy("http://a.example/", None)
    Guard(proxy="http://p.example:3128").check_proxy("http://a.example/", "http://p.example:3128")
    for proxy in ("http://p.example:3128", "http://127.0.0.1:3128"):
        with pytest.raises(Unfetchable, match="proxy that is not configured"):
            Guard().check_proxy("http://a.example/", proxy)


def test_the_ports_of_a_policy_are_asked_of_its_hosts_alone() -> None:
    guard = Guard(policies=(Policy(hosts=("a.example",), ports=(8080,)),))
    guard.check("http://www.a.example:8080/")
    for url in ("http://b.example:8080/", "http://a.example:8081/"):
        with pytest.raises(Unfetchable, match="only ports 80 and 443"):
            guard.check(url)
    assert guard.lets_pass("8.8.8.8", 8080, "a.example")
    assert not guard.lets_pass("8.8.8.8", 8080, "b.example")
    assert not guard.lets_pass("127.0.0.1", 8080, "a.example")  # a policy opens ports, not networks
    assert [port for port in (80, 8080, 8081) if guard.lets_pass("8.8.8.8", port)] == [80, 8080]


def test_every_scheme_but_http_and_https_has_no_download_handler() -> None:
    settings = Settings()
    settings.setmodule("crawlers.settings")
    handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
    used = {scheme: handler for scheme, handler in handlers.items() if handler is not None}
    assert used == {"http": "crawlers.wire.WireHandler", "https": "crawlers.wire.WireHandler"}
    assert set(DOWNLOAD_HANDLERS_BASE) <= set(handlers)


def scrapy_fetch(*arguments: str, allow: str = "") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [
            sys.executable, "-m", "scrapy", "fetch", "--set", f"VARIORUM_ALLOW_ADDRESSES={allow}",
            *arguments,
        ],
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        timeout=600,
        check=False,
    )  # fmt: skip


def test_the_scrapy_command_is_as_guarded_as_ours(serve: Serve) -> None:
    server = serve({"/": ok(b"text")})
    done = scrapy_fetch("--nolog", server.origin + "/")
    assert done.stdout == b""
    assert server.log == []
