"""The commands that people can type: one table for the menu, for groups, for the texts, and for what obeys them.

A new one takes a row here, its method ``_on_<name>`` in ``bot.assistant``, and its line in ``texts.yaml``.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command without its slash.

    ``in_group``: obeyed where several people read along. The others, whose reply is long, a menu, or about one
    person, lead to the private chat there. ``in_group_menu``: shown in a group's menu. ``in_menu``: shown at all;
    what sets the bot up is of no use to runners.
    """

    name: str
    in_group: bool = False
    in_group_menu: bool = False
    in_menu: bool = True

    @property
    def text_key(self) -> str:
        """The text that Telegram shows beside it."""
        return f"command_{self.name}"


COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command("start"),
        Command("topics"),
        Command("therapist", in_group=True, in_group_menu=True),
        Command("help", in_group_menu=True),
        Command("sources"),
        Command("privacy"),
        Command("mydata"),
        Command("forget"),
        Command("chatid", in_group=True, in_menu=False),
    )
}
"""By name, in the order of the menu."""


def command_in(text: str) -> Command | None:
    """Return the command that ``text`` begins with, in whatever case and to whichever bot, or nothing."""
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    return COMMANDS.get(word[1:].partition("@")[0].lower()) if word.startswith("/") else None


def must_be_obeyed(text: str) -> bool:
    """Return whether ``text`` is a command alone, or one that does more than show a page."""
    command = command_in(text)
    return command is not None and (len(text.split()) == 1 or command.name in ("start", "forget"))
