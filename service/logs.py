"""The log of the server and the worker: lines for people, or one JSON document a line for programs."""

import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from service.config import Log

# What a record of Python's logging has by itself; whatever else it carries is a field of ours.
_OWN = frozenset(
    (*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message")
)


class JsonLines(logging.Formatter):
    """One JSON document a line: at, level, logger, message, the extra fields, and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


def configure(log: Log, stream: TextIO | None = None) -> None:
    """Send every log of the process to the stream, standard error by default, and nowhere else."""
    handler = logging.StreamHandler(stream or sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if log.format == "json" else text)
    logging.basicConfig(level=log.level.upper(), handlers=[handler], force=True)
