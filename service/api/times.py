"""Times as clients write them."""

from datetime import UTC, datetime

from service.api.problems import Refused


def moment_of(written: str) -> datetime:
    """The time in UTC; without a zone it is taken for UTC.

    Raises:
        Refused: it is none.
    """
    try:
        parsed = datetime.fromisoformat(written)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        detail = f"{written[:40]!r} is no time; write 2026-03-04 or 2026-03-04T12:00Z."
        raise Refused(400, "bad-time", detail) from error
