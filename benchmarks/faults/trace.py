"""What a writer told the kernel, read from a log of strace, in the order in which it happened."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.kills import ROOT

_CALLS = "openat,write,pwrite64,lseek,ftruncate,fsync,fdatasync,rename,unlink,link"
_LINE = re.compile(r"\d+ +(\w+)\((.*)\) += (-?\d+)(?:<([^>]*)>)?", re.DOTALL)
_FD = re.compile(r"(\d+)<([^>]*)>")
_QUOTED = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_STDOUT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One successful system call; what a kind does not have is empty."""

    name: str
    path: str = ""  # of the file that it is about
    other: str = ""  # second path of a rename or link
    descriptor: int = -1
    data: bytes = b""
    number: int = 0  # offset, size or position
    flags: str = ""  # of openat


def said(call: Call) -> str:
    """The line that the victim acknowledged with this call; "" for other calls."""
    return call.data.decode().strip() if call.name == "write" and call.descriptor == _STDOUT else ""


def record(archive: Path, seed: str, steps: int, mutant: str) -> list[Call]:
    """The calls of a victim that makes so many steps."""
    log = archive.with_name(f"{archive.name}.{seed}.log")
    subprocess.run(
        [
            *("strace", "-f", "-y", "-xx", "-s", "4000000", "--seccomp-bpf"),
            *("-e", f"trace={_CALLS}", "-o", str(log)),
            *(sys.executable, "-m", "benchmarks.faults.victim"),
            *(str(archive), seed, str(steps), mutant),
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    calls = list(_calls(log, str(archive)))
    log.unlink()
    return calls


def _calls(log: Path, below: str) -> Iterator[Call]:
    """The calls that concern files below a folder, and what was acknowledged."""
    with log.open() as lines:
        for line in lines:
            call = _call(line)
            if call and (call.path.startswith(below) or said(call)):
                yield call


def _call(line: str) -> Call | None:
    found = _LINE.match(line)
    if not found or int(found[3]) < 0:
        return None
    name, arguments, result = found[1], found[2], int(found[3])
    texts = [_bytes(text) for text in _QUOTED.findall(arguments)]
    handle = _FD.match(arguments)
    if name == "openat":
        path = _bytes(found[4] or "").decode()
        return Call(name=name, path=path, descriptor=result, flags=arguments.rpartition('"')[2])
    if name in ("rename", "link"):
        return Call(name=name, path=texts[0].decode(), other=texts[1].decode())
    if name == "unlink":
        return Call(name=name, path=texts[0].decode())
    if handle is None:
        return None
    number = int(arguments.rpartition(", ")[2]) if name in ("pwrite64", "ftruncate") else result
    data = texts[0][:result] if name in ("write", "pwrite64") else b""
    path = _bytes(handle[2]).decode()
    return Call(name=name, path=path, descriptor=int(handle[1]), data=data, number=number)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
