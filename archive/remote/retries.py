"""Asking again: how often, after which pause, and for how long at most.

The pause is random between nothing and a bound that doubles ("full jitter": M. Brooker, "Exponential
Backoff And Jitter", AWS Architecture Blog, 2015), so that many clients do not come back together.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_Answer = TypeVar("_Answer")


class Transient(Exception):
    """A failure that may be gone next time; the message is its cause."""


class Exhausted(Exception):
    """Every attempt failed, or the time is up; the message says how often, how long, and why at last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """A policy for one request, or one part of a file. The numbers have no source but experience."""

    attempts: int = 6
    base_seconds: float = 0.5  # bound of the first pause
    most_seconds: float = 20.0  # bound of any pause
    total_seconds: float = 300.0  # no attempt begins later than this after the first
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform

    def run(self, attempt: Callable[[], _Answer]) -> _Answer:
        """What `attempt` returns, once it raises no Transient.

        Raises:
            Exhausted: it raised nothing else.
        """
        began = self.clock()
        for number in range(1, self.attempts + 1):
            try:
                return attempt()
            except Transient as error:
                spent = self.clock() - began
                pause = self._pause(number) if number < self.attempts else 0.0
                if number == self.attempts or spent + pause > self.total_seconds:
                    times = f"{number} attempts" if number > 1 else "one attempt"
                    raise Exhausted(f"{times} in {spent:.0f} s, the last: {error}") from error
                self.sleep(pause)
        raise ValueError("a policy needs at least one attempt")

    def _pause(self, number: int) -> float:
        """Seconds to wait behind the attempt of this number."""
        return self.jitter(0.0, min(self.most_seconds, self.base_seconds * 2 ** (number - 1)))
