"""The command line as tests call it, and a small plan to feed it with."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator as FastArchiveIterator
from warcio.archiveiterator import ArchiveIterator

from service.cli import run
from tests import forked
from tests.forked import Forked
from tests.loopback import Loopback

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 600  # against a hang, wherever tests wait: the machine may be busy
ITEMS = (
    "到2028年，全区建成湿地保护小区30处，湿地保护率稳定在百分之五十五以上。",
    "各市要把湿地修复列入年度计划，由自然资源部门会同财政部门逐项下达任务并按季度通报进度。",
    "支持企业、社会组织和个人以捐赠、认养等方式参与湿地保护，依法保障其合法权益。",
    "建立湿地监测站网，对水位、水质和鸟类种群开展长期观测，观测数据向社会公开。",
    "鼓励高等学校设立湿地生态实验室，联合培养专业人才，推动成果在基层转化应用。",
)
TEXT = "\n".join(f"{number}. {item}" for number, item in enumerate(ITEMS, 1))


def page(items: tuple[str, ...] = ITEMS, title: str = "湿地保护行动方案") -> bytes:
    paragraphs = "".join(f"<p>{item}</p>" for item in items)
    return (
        f'<html><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f'<div class="nav"><a href="/">首页</a><a href="/a">政务公开</a></div>'
        f'<h1>{title}</h1><div class="TRS_Editor">{paragraphs}</div></body></html>'
    ).encode()


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Variorum:
    """The command on one archive folder."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive

    def start(self, *arguments: str, allow: str = "") -> "Forked | subprocess.Popen[str]":
        """The command in a process of its own, that has begun; one that crawls is forked."""
        words = ["--archive", str(self.archive), *arguments]
        environment = os.environ | {"VARIORUM_ALLOW_ADDRESSES": allow}
        if arguments[0] in ("submit", "crawl"):
            return forked.start("cli", *words, environment=environment)
        return subprocess.Popen(
            [sys.executable, "-m", "service.cli", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def __call__(self, *arguments: str, allow: str = "") -> Answer:
        """Runs the command: `submit` in a process of its own, because a crawl happens once in each."""
        if arguments[0] in ("submit", "crawl"):
            process = self.start(*arguments, allow=allow)
            out, err = process.communicate(timeout=SECONDS)
            answer = Answer(process.returncode, out, err)
        else:
            out_stream, err_stream = io.StringIO(), io.StringIO()
            with redirect_stdout(out_stream), redirect_stderr(err_stream):
                status = run(["--archive", str(self.archive), *arguments])
            answer = Answer(status, out_stream.getvalue(), err_stream.getvalue())
        assert "Traceback" not in answer.err, answer.err
        return answer

    def submit(self, server: Loopback, *paths: str, delay: str = "0") -> Answer:
        urls = [server.origin + path for path in paths]
        return self("submit", "--json", "--delay", delay, *urls, allow=server.allow)


def key_of(variorum: Variorum) -> str:
    found = variorum("lookup", "--url", "https://example.org/plan.html", "--json")
    version = found.json["matches"][0]["version"]
    assert isinstance(version, str)
    return version


def harmless(variorum: Variorum) -> None:
    """The archive is as sound as before, and every WARC in it is one for other tools too."""
    answer = variorum("verify", "--json")
    assert answer.json["ok"], answer.out
    for path in (variorum.archive / "warc").glob("*.warc.gz"):
        with path.open("rb") as stream:
            ids = [r.rec_headers.get_header("WARC-Record-ID") for r in ArchiveIterator(stream)]
        with path.open("rb") as stream:
            fast = [record.record_id for record in FastArchiveIterator(stream)]
        assert [one.strip("<>") for one in ids] == [one.strip("<>") for one in fast]
        check = subprocess.run(
            [Path(sys.executable).with_name("warcio"), "check", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert check.returncode == 0, check.stdout


def stored(variorum: Variorum) -> list[Any]:
    records = []
    for path in sorted((variorum.archive / "warc").glob("*.warc.gz")):
        with path.open("rb") as stream:
            for record in ArchiveIterator(io.BytesIO(stream.read())):
                record.content_stream().read()
                records.append(record)
    return records


def stored_types(variorum: Variorum) -> list[str]:
    return [record.rec_type for record in stored(variorum)]
