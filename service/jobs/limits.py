"""How politely and how far a job goes: what it asks for itself, and the contact of whoever runs it."""

import os

from crawlers.run import Limits
from service.jobs.records import Argument


def limits_of(argument: Argument) -> Limits:
    """The limits of a job; what it does not say is as on the command line."""
    said = {
        name: argument[name]
        for name in ("delay_seconds", "max_bytes", "timeout_seconds")
        if name in argument
    }
    return Limits(contact=os.environ.get("VARIORUM_CONTACT", ""), **said)
