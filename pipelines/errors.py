"""What can go wrong in a stage.

StageError
└── Refused      a page that this stage will not take: recorded with its reason, not retried
"""


class StageError(Exception):
    """Root of all errors of this package; the message is a sentence for people."""


class Refused(StageError):
    """A page that a stage will not take."""

    def __init__(self, stage: str, reason: str) -> None:
        self.stage, self.reason = stage, reason
        super().__init__(stage, reason)  # both, so that it survives the way between processes

    def __str__(self) -> str:
        return self.reason
