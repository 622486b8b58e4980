"""Who may give the bot orders: the clinic's own people, looked up anew for every command and every tap."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sender:
    """Who sent a command or tapped a button, and where; ids as Telegram gives them.

    ``as_chat``: they write in the name of a chat, as a group's anonymous admins and channels do.
    """

    user: int | None
    chat: int
    private: bool = False
    is_bot: bool = False
    as_chat: bool = False


@dataclass(frozen=True)
class Rights:
    """Whose orders are obeyed: those of ``admins`` alone with the bot, and of everybody in ``staff_chat``."""

    admins: frozenset[int] = frozenset()
    staff_chat: int | None = None

    @classmethod
    def of(cls, admins: Iterable[int], staff_chat: int | None) -> "Rights":
        """Return the rights that the settings name."""
        return cls(frozenset(admins), staff_chat)

    def allow(self, sender: Sender) -> bool:
        """Return whether ``sender`` may give orders.

        Not whoever hides behind a chat, even in the staff chat: anybody could. A group that is not the staff chat
        gets nothing, whoever writes there, since all of it read along.
        """
        if sender.user is None or sender.is_bot or sender.as_chat:
            return False
        return self.in_staff_chat(sender) or (sender.private and sender.user in self.admins)

    def in_staff_chat(self, sender: Sender) -> bool:
        """Return whether ``sender`` writes in the staff chat."""
        return self.staff_chat is not None and sender.chat == self.staff_chat

    def moved(self, staff_chat: int) -> "Rights":
        """Return the rights after the staff chat got another id, as a group does that becomes a supergroup."""
        return replace(self, staff_chat=staff_chat)
