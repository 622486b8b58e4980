"""What an answer rests on, and who checked it."""

from collections.abc import Sequence
from datetime import date

from bot.knowledge.markup import Block, BulletList, Span, parse, text_block
from bot.knowledge.model import Entry, KnowledgeBase, Source

_OWN_WORD = "product"
"""The grade of sources that describe the bot itself: such answers need no clinician's check."""
_OUR_BLOG = "blog"

Line = tuple[Span, ...]


class Basis:
    """Tells of sources and checks in the words of ``knowledge``."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge

    def checked(self, entries: Sequence[Entry]) -> list[Block]:
        """Return who checked the answers; nothing where they tell of the bot alone."""
        if not any(self._knowledge.sources[key].grade != _OWN_WORD for e in entries for key in e.sources):
            return []
        first = entries[0]
        if not all(entry.reviewed_by and entry.reviewed_on for entry in entries):
            text = self._text("not_reviewed")
        elif len(entries) == 1 and first.reviewed_on:
            text = self._text("reviewed").format(reviewer=first.reviewed_by, date=self.day(first.reviewed_on))
        else:
            text = self._text("all_reviewed")
        return [text_block(text)]

    def of(self, entry: Entry) -> list[Block]:
        """Return the sources of one answer, each with its kind, the blog once; nothing where they are the bot."""
        used = [self._knowledge.sources[key] for key in entry.sources]
        lines: list[Line] = [(self._blog(),)] if any(source.grade == _OUR_BLOG for source in used) else []
        lines += [self._graded(source) for source in used if source.grade not in (_OWN_WORD, _OUR_BLOG)]
        if not lines:
            return []
        return [*parse(self._text("sources_of").format(title=entry.title)), BulletList(tuple(lines))]

    def named(self, entry: Entry) -> list[Block]:
        """Return every source of one answer under the name it has in the files; nothing where there is none."""
        lines = [self._graded(self._knowledge.sources[key]) for key in entry.sources]
        return [BulletList(tuple(lines))] if lines else []

    def of_all(self) -> list[Block]:
        """Return the sources of all answers, a list of its own for each, so that they can be cut anywhere."""
        used = {key for entry in self._knowledge.published for key in entry.sources}
        lines: list[Line] = [(self._blog(),)] if self._knowledge.clinic.blog_url else []
        lines += [
            (_work(source),)
            for key, source in self._knowledge.sources.items()
            if key in used and source.grade not in (_OWN_WORD, _OUR_BLOG)
        ]
        return [*parse(self._text("sources_intro")), *(BulletList((line,)) for line in lines)]

    def _graded(self, source: Source) -> Line:
        if source.grade in (_OWN_WORD, _OUR_BLOG):
            return (_work(source),)
        return (_work(source), Span(f" ({self._text(f'grade_{source.grade}')})"))

    def _blog(self) -> Span:
        return Span(self._text("sources_blog"), url=self._knowledge.clinic.blog_url)

    def day(self, day: date) -> str:
        """Return a day in the bot's words."""
        month = self._knowledge.texts["months"][day.month - 1]
        return self._text("date").format(day=day.day, month=month, year=day.year)

    def _text(self, key: str) -> str:
        return self._knowledge.texts[key][0]


def _work(source: Source) -> Span:
    label = ", ".join(part for part in (source.who, source.year) if part)
    return Span(label, url=source.address if source.address.startswith("http") else "")
