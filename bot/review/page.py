"""The FAQ as one static page for the clinic's website: no scripts, nothing from elsewhere, good to print."""

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from bot.dialogue.basis import Basis
from bot.dialogue.composer import Composer
from bot.dialogue.reply import Reply
from bot.knowledge.html import to_html
from bot.knowledge.markup import Block, parse, text_block
from bot.knowledge.model import Entry, KnowledgeBase
from bot.review.reviews import ANSWER, reviewable
from bot.review.templates import template

_NOTHING = Markup("")


@dataclass(frozen=True)
class Question:
    """An answer as the page shows it. One that stands alone has nothing but ``body`` and ``support``."""

    id: str
    title: str
    body: Markup
    support: Markup = _NOTHING
    checked: str = ""
    sources: Markup = _NOTHING
    related: tuple[tuple[str, str], ...] = ()
    link: str = ""


@dataclass(frozen=True)
class Topic:
    """A section of the menu; ``anchor`` can be no id of an answer."""

    anchor: str
    title: str
    questions: tuple[Question, ...]


def faq_page(knowledge: KnowledgeBase, today: date, bot: str = "") -> str:
    """Return the page as HTML; ``bot`` is the bot's user name for links into Telegram, left out without one.

    On it stand the published answers of the sections that the menu lists, but for those that speak of the chat
    alone (what it keeps, how to complain of it): their words are about buttons that no page has.
    """
    composer, basis = Composer(knowledge, lambda: today), Basis(knowledge)
    return template("page.html").render(
        text=lambda key: knowledge.texts[key][0],
        clinic=knowledge.clinic.name,
        as_of=knowledge.texts["page_as_of"][0].format(date=basis.day(today)),
        danger=to_html(_danger(knowledge)),
        topics=_topics(knowledge, composer, basis, bot),
        therapist=to_html(_body(composer.therapist(composer.finder.whole()))),
        booking=knowledge.clinic.booking,
        bot_link=f"https://t.me/{bot}" if bot else "",
    )


def _danger(knowledge: KnowledgeBase) -> list[Block]:
    numbers = (*knowledge.clinic.emergency_numbers, *knowledge.clinic.crisis_lines)
    listed = knowledge.texts["red_flag_numbers"][0].format(numbers=", ".join(numbers))
    return [*parse(knowledge.texts["danger_line"][0]), *([text_block(listed)] if numbers else [])]


def _topics(knowledge: KnowledgeBase, composer: Composer, basis: Basis, bot: str) -> list[Topic]:
    clinical = {one.id for one in reviewable(knowledge) if one.kind == ANSWER and one.is_clinical}
    sections = [
        (section, [entry for entry in knowledge.section(section.id) if entry.id in clinical])
        for section in knowledge.menu
        if section.listed
    ]
    shown = {entry.id: entry for _, entries in sections for entry in entries}
    return [
        Topic(
            f"topic_{section.id}",
            section.title,
            tuple(_question(knowledge, composer, basis, entry, shown, bot) for entry in entries),
        )
        for section, entries in sections
        if entries
    ]


def _question(
    knowledge: KnowledgeBase, composer: Composer, basis: Basis, entry: Entry, shown: dict[str, Entry], bot: str
) -> Question:
    reply = composer.answer(entry, 0)
    _, *said = _body(reply)  # without the title, which the page sets itself
    body = to_html(said)
    if entry.alone:
        return Question(entry.id, entry.title, body, support=to_html(reply.closing))
    checked = knowledge.texts["page_not_reviewed"][0]
    if entry.reviewed_by and entry.reviewed_on:
        day = basis.day(entry.reviewed_on)
        checked = knowledge.texts["page_reviewed"][0].format(reviewer=entry.reviewed_by, date=day)
    return Question(
        entry.id,
        entry.title,
        body,
        checked=checked,
        sources=to_html(basis.of(entry)[1:]),  # without the line that names the answer
        related=tuple((other, shown[other].title) for other in entry.related if other in shown),
        link=f"https://t.me/{bot}?start={entry.id}" if bot else "",
    )


def _body(reply: Reply) -> list[Block]:
    """Return what a reply says without what each message of a chat ends with."""
    return [block for part in reply.messages for block in part[: len(part) - len(reply.closing)]]
