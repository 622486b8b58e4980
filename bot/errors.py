"""The errors this program raises on purpose, written for the person who can mend them."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command hands back to the shell."""

    OK = 0
    FAILED = 1
    CANNOT_RUN = 2


class BotError(Exception):
    """An expected failure: one or two plain sentences saying what happened and what to do.

    The command line prints the sentences to standard error and leaves with ``exit_code``;
    no traceback is shown, because none would help the reader.
    """

    exit_code: ExitCode = ExitCode.FAILED


class CannotRunError(BotError):
    """The command was asked for something it cannot begin, such as a file that is not there."""

    exit_code = ExitCode.CANNOT_RUN
