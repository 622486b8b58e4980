"""Entry point of ``python -m bot``."""

import shlex
import sys

LAST_TOO_OLD = (3, 10)
"""A Python that cannot even read the rest of this program; it can read this file."""


def _start() -> int:
    if sys.version_info[:2] > LAST_TOO_OLD:
        try:
            from bot.cli import main

            return main()
        except ModuleNotFoundError as error:
            if (error.name or "bot").partition(".")[0] == "bot":
                raise
            why = f'it lacks "{error.name}"'
    else:
        why = "it is older than 3.11"
    command = shlex.join([".venv/bin/python", "-m", "bot", *sys.argv[1:]])
    sys.stderr.write(f'This Python cannot run the bot: {why}. Type "make install" once, then: {command}\n')
    return 2


if __name__ == "__main__":
    sys.exit(_start())
