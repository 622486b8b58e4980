import re

from bot.knowledge.markup import plain
from bot.knowledge.model import KnowledgeBase
from bot.review.reading import HARDEST, grade, prose


def test_every_answer_reads_easily(real_knowledge: KnowledgeBase) -> None:
    for entry in real_knowledge.published:
        assert grade(prose(entry.answer)) <= HARDEST, entry.id


def test_every_urgent_text_reads_easily(real_knowledge: KnowledgeBase) -> None:
    for group in real_knowledge.red_flags.values():
        for reply in (group.reply, *group.raised_replies.values()):
            assert grade(prose(reply)) <= HARDEST, group.id


def test_answers_avoid_words_that_promise_too_much(real_knowledge: KnowledgeBase) -> None:
    forbidden = ("cure", "guarantee", "completely painless", "no risk", "proven to", "safe for everyone")
    for entry in real_knowledge.published:
        text = plain((*entry.answer, *entry.see_therapist_if)).lower()
        assert [word for word in forbidden if word in text] == [], entry.id
        # A myth may be named only to say that it is one.
        assert all("not" in sentence.split() for sentence in re.split(r"[.•\n]", text) if "toxin" in sentence), (
            entry.id
        )
