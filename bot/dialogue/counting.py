"""What is counted beside the replies themselves, for the clinic's numbers: by day, and of nobody."""

from bot.clinic.numbers import ASKED, REFERRED
from bot.dialogue.reply import Outcome, Reply
from bot.knowledge.model import KnowledgeBase
from bot.understanding.mind import Screened, Understanding, Understood

REFERRAL = (REFERRED, "")
"""Somebody wanted to know how to find a therapist."""


def questions(
    understood: Understanding, reply: Reply, knowledge: KnowledgeBase, *, edited: bool
) -> list[tuple[str, str]]:
    """Return the question that was asked and answered with ``reply``; nothing for small talk and what is none, nor
    for one that was ``edited``: it was counted when it was asked.
    """
    meant = understood.instead if isinstance(understood, Screened) else understood
    if edited or not isinstance(meant, Understood) or reply.outcome.is_urgent:
        return []
    answered = [knowledge.entries[entry_id] for entry_id in reply.entries]
    if reply.outcome is Outcome.ANSWER and all(knowledge.is_small_talk(entry) for entry in answered):
        return []
    return [(ASKED, reply.outcome.value)]
