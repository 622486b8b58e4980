"""Replies to a tap that leave the message as it is: a word for a moment, and other buttons."""

from collections.abc import Sequence

from bot.dialogue.keyboards import Keyboards
from bot.dialogue.reply import Button, Outcome, Reply
from bot.knowledge.model import Entry, KnowledgeBase


class Toasts:
    """Part of the ``Composer``; needs no way to a therapist, since nothing is said."""

    def __init__(self, knowledge: KnowledgeBase, keyboards: Keyboards) -> None:
        self._knowledge = knowledge
        self._keyboards = keyboards

    def helped(self, entry: Entry) -> Reply:
        """Return the thanks for "that helped"."""
        return self._toast("toast_helped", self._keyboards.under_answers([entry], rate=False), entry)

    def did_not_help(self, entry: Entry) -> Reply:
        """Return the question why."""
        return self._toast("toast_why", self._keyboards.reasons(entry), entry)

    def reason_noted(self, entry: Entry) -> Reply:
        """Return the thanks for a reason."""
        return self._toast("toast_reason", self._keyboards.under_answers([entry], rate=False), entry)

    def not_noted(self, entry: Entry) -> Reply:
        """Return the admission that what somebody thinks could not be kept."""
        return self._toast("toast_not_noted", self._keyboards.under_answers([entry]), entry)

    def not_kept(self) -> Reply:
        """Return the word that a question is not kept; what was said stays, the buttons that ask go."""
        return self._toast("toast_not_kept", self._keyboards.not_understood(keep=False, ask=True))

    def _toast(self, key: str, rows: Sequence[Sequence[Button]], *entries: Entry) -> Reply:
        buttons, ids = tuple(tuple(row) for row in rows), tuple(entry.id for entry in entries)
        return Reply(Outcome.ANSWER, (), buttons, ids, toast=self._knowledge.texts[key][0])
