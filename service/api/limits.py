"""How many requests a client may make: one token bucket for each client and kind of request."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from time import monotonic

_CLIENTS = 10_000  # that are remembered; the one not seen for longest begins anew


class Bucket:
    """Buckets that hold one minute's requests each and fill up evenly (Turner 1986: leaky bucket).

    A client may spend a minute's requests at once, and after that as many as flow in.
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = monotonic) -> None:
        self.per_minute = per_minute
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests left, and when
        self._lock = Lock()

    def take(self, client: str) -> float:
        """Seconds after which the client may ask again; 0 when it may now, and then one is spent."""
        rate = self.per_minute / 60
        with self._lock:
            now = self._now()
            left, since = self._left.pop(client, (float(self.per_minute), now))
            left = min(float(self.per_minute), left + (now - since) * rate)
            wait = 0.0 if left >= 1 else (1 - left) / rate
            self._left[client] = (left if wait else left - 1, now)
            if len(self._left) > _CLIENTS:
                self._left.popitem(last=False)
        return wait
