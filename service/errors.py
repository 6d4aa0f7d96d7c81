"""Root of the errors of this package: each knows the exit status of a command that ends with it."""


class ServiceError(Exception):
    """What a person or program that asked for something has to hear; the message is a sentence."""

    exit_status = 1  # the answer is "no"; docs/exit-codes.md lists the others
