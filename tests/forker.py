"""The process that forks, for `tests.forked`: loads what commands and crawls need, and waits for orders.

As a program: its argument is the number of a socket, over which come a program, its environment, and the
files for its standard streams and for the tale of its end.
"""

import json
import os
import select
import signal
import socket
import sys
import warnings
from contextlib import suppress
from types import FrameType

from crawlers.components import load_components
from service import cli
from service.commands import crawl, submit
from tests import crawl_driver

LARGEST = 1 << 20  # bytes of an order: its arguments and its environment
LOADED = (load_components(), crawl, submit)  # all but the network loop


def serve(control: socket.socket) -> list[str]:
    """The arguments that a child was forked for; ends the process that forks, with its socket."""
    told: dict[int, int] = {}  # from the child to where its end is told
    woken, wakes = os.pipe2(os.O_NONBLOCK)
    signal.signal(signal.SIGCHLD, _noted)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    while True:
        ready, _, _ = select.select([control, woken], [], [])
        if woken in ready:
            os.read(woken, LARGEST)
            _reap(told)
        if control not in ready:
            continue
        order, fds, _, _ = socket.recv_fds(control, LARGEST, 4)
        if not order:
            sys.exit()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (woken, wakes, *told.values()):
                os.close(each)
            control.close()
            return _become(order, fds)
        for each in fds[:3]:
            os.close(each)
        told[pid] = fds[3]
        os.write(fds[3], b"%d\n" % pid)


def _noted(number: int, frame: FrameType | None) -> None:
    """Nothing: the wake-up pipe tells of it."""


def _reap(told: dict[int, int]) -> None:
    for pid in list(told):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            where = told.pop(pid)
            with suppress(BrokenPipeError):  # nobody waits for it any more
                os.write(where, b"%d\n" % os.waitstatus_to_exitcode(status))
            os.close(where)


def _become(order: bytes, fds: list[int]) -> list[str]:
    """In the child: its streams and its environment."""
    for number, each in enumerate(fds[:3]):
        os.dup2(each, number)
    for each in fds:
        os.close(each)
    program, environment = json.loads(order)
    os.environ.clear()
    os.environ.update(environment)
    return [str(word) for word in program]


def main() -> None:
    program, *arguments = serve(socket.socket(fileno=int(sys.argv[1])))
    if program == "cli":
        sys.exit(cli.run(arguments))
    warnings.simplefilter("error")
    crawl_driver.answer()


if __name__ == "__main__":
    main()
