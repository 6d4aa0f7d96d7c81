"""What can be wrong with a search."""


class BadQuery(ValueError):
    """The query cannot be answered; a caller's mistake, with a sentence for people."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"{why}.")
