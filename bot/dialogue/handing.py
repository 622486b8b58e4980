"""What runners read when their words go to the clinic's therapists, and when therapists answer."""

from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.composer import Composer
from bot.dialogue.conversation import Conversation
from bot.dialogue.keyboards import Keyboards
from bot.dialogue.reply import Reply
from bot.dialogue.splitting import split
from bot.knowledge.markup import Block, parse, text_block
from bot.knowledge.model import KnowledgeBase

FURTHER, ANYWAY = "+", "!"
"""What the button carries by which somebody lets the clinic read what follows on a question, or what had an urgent
reply; under an answer it carries the entry's id, and no entry has these."""
_LONGEST_PIECE = 3_500
"""UTF-16 units of a therapist's paragraph in one message."""


class Handing:
    """Makes those replies, by the one composer. Holds no state of its own."""

    def __init__(self, knowledge: KnowledgeBase, composer: Composer) -> None:
        self._knowledge = knowledge
        self._composer = composer
        self._keyboards = Keyboards(knowledge)

    def consent(self, turn: int, answered: str = "", *, lost: bool = False, album: bool = False) -> Reply:
        """Return the question whether a message may be passed on, what is passed on of it, and how long it may
        take.

        ``answered`` is the id of the entry that the bot answered with, if there was one. ``lost``: the clinic
        cannot be reached at present. ``album``: the other pictures of an album are passed on with it.
        """
        waiting = parse(self._text("handoff_lost")) if lost else self._waiting()
        body = [*self._asking("handoff_consent", album=album), *waiting]
        return self._composer.said(body, turn, self._keyboards.consent(answered))

    def further(self, turn: int, *, album: bool = False) -> Reply:
        """Return the question whether a photo may be passed on in a conversation with the clinic; ``album`` as in
        ``consent``.
        """
        body = self._asking("handoff_media", album=album)
        return self._composer.said(body, turn, self._keyboards.consent(FURTHER))

    def not_yet(self, turn: int, key: str, argument: str) -> Reply:
        """Return the text ``key``, why something was not passed on, above the buttons to try it again."""
        return self._composer.said(parse(self._text(key)), turn, self._keyboards.consent(argument))

    def offers(self, conversation: Conversation, *, urgent: bool) -> list[Reply]:
        """Return the question whether it may be passed on for each message that was held back, ``urgent``: that had
        an urgent reply.
        """
        key, argument = ("handoff_anyway", ANYWAY) if urgent else ("handoff_settled", FURTHER)
        buttons = self._keyboards.consent(argument)
        offers = []
        for message in conversation.held:
            body = self._asking(key, album=conversation.begins_album(message))
            offers.append(replace(self._composer.said(body, conversation.turn, buttons), about=message))
        return offers

    def _asking(self, key: str, *, album: bool) -> list[Block]:
        return [*parse(self._text(key)), *(parse(self._text("handoff_album")) if album else ())]

    def passed_on(self, turn: int, *, first: bool = False) -> Reply:
        """Return the word that a message is passed on, which is still to be done; ``first``: with how long it may
        take to be answered.
        """
        body = [*parse(self._text("handoff_passed_on")), *(self._waiting() if first else ())]
        return replace(self._composer.said(body, turn), passes_on=True)

    def relayed(self, turn: int, words: str, ref: str, *, danger: bool, changed: bool) -> Reply:
        """Return what a therapist wrote in the conversation ``ref``, as it stands.

        ``danger``: with the line on emergencies, since it speaks of danger signs. ``changed``: in place of what
        they had written before.
        """
        intro = parse(self._text("handoff_changed" if changed else "handoff_from_clinic"))
        paragraphs = [text_block(line) for line in words.split("\n\n") if line.strip()]
        # In pieces that leave room for the first line, which would stand alone above a whole message.
        pieces = [piece for line in paragraphs for part in split([line], _LONGEST_PIECE) for piece in part]
        lines: list[Block] = [*intro, *pieces]
        if danger:
            lines += parse(self._text("danger_line"))
        lines += parse(self._text("handoff_reply_here"))
        return self.closable(self._composer.said(lines, turn), ref)

    def closable(self, reply: Reply, ref: str) -> Reply:
        """Return ``reply`` with what ends the conversation ``ref`` under each of its messages: whichever of them is
        replied to, the clinic reads it.
        """
        rows = tuple(tuple(row) for row in self._keyboards.close(ref))
        return replace(reply, buttons=rows, buttons_throughout=True)

    def _waiting(self) -> Sequence[Block]:
        hours = self._knowledge.clinic.hours
        if hours:
            return parse(self._text("handoff_hours").format(hours="; ".join(hours)))
        return parse(self._text("handoff_no_hours"))

    def _text(self, key: str) -> str:
        return self._knowledge.texts[key][0]
