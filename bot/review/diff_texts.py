"""Pure: what two versions of the knowledge say, and where that differs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bot.dialogue.composer import Composer
from bot.dialogue.conversation import Pending, Screening
from bot.dialogue.reply import Reply
from bot.knowledge.model import KnowledgeBase, RedFlagGroup, Status
from bot.triage.rules import RedFlag


class TextChange(StrEnum):
    """What happened to an answer or another text."""

    ADDED = "added"
    REMOVED = "removed"
    PAUSED = "paused"
    RESUMED = "published again"
    CHANGED = "changed"


@dataclass(frozen=True)
class Text:
    """A text that differs: ``name`` is an entry's id or a file, ``will_look`` what people will see."""

    name: str
    change: TextChange
    will_look: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()
    """What people saw before, where something else stood there."""

    def differences(self) -> tuple[str, str]:
        """Return the lines that only the old and only the new one has, each as one text."""
        was, now = (
            [line for text in texts for line in text.splitlines() if line.strip()]
            for texts in (self.looked, self.will_look)
        )
        return " ".join(line for line in was if line not in now), " ".join(line for line in now if line not in was)


@dataclass(frozen=True)
class TextChanges:
    """All that differs in what is said: answers, urgent texts and questions about danger signs, own sentences."""

    answers: tuple[Text, ...] = ()
    danger: tuple[Text, ...] = ()
    others: tuple[Text, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.answers or self.danger or self.others)


def _any_day() -> date:
    """Stand in for today: a therapist whose certification runs out is no change of the files."""
    return date.min


def text_changes(old: KnowledgeBase, new: KnowledgeBase) -> TextChanges:
    """Return what differs in texts. A sentence of the bot's own, under every answer, is told once, as itself."""
    shared = replace(old, texts=new.texts, menu=new.menu)
    return TextChanges(tuple(_answers(shared, new)), tuple(_danger(shared, new)), tuple(_others(old, new)))


def _answers(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[Text]:
    before, after = Composer(old, _any_day), Composer(new, _any_day)
    for entry_id in sorted(old.entries.keys() | new.entries.keys()):
        was, now = old.published_entry(entry_id), new.published_entry(entry_id)
        if now is None:
            if was is not None:
                gone = entry_id not in new.entries
                # A draft is as good as paused: the text is there and nobody is told it.
                yield Text(entry_id, TextChange.REMOVED if gone else TextChange.PAUSED)
            continue
        looks = _shown(after.answer(now, turn=0))
        if was is None:
            paused = entry_id in old.entries and old.entries[entry_id].status is Status.PAUSED
            yield Text(entry_id, TextChange.RESUMED if paused else TextChange.ADDED, looks)
        elif looks != (looked := _shown(before.answer(was, turn=0))):
            yield Text(entry_id, TextChange.CHANGED, looks, looked)


def _danger(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[Text]:
    before, after = Composer(old), Composer(new)
    for group_id in sorted(old.red_flags.keys() | new.red_flags.keys()):
        was, now = old.red_flags.get(group_id), new.red_flags.get(group_id)
        name = f"red_flags/{group_id}.yaml"
        if now is None:
            yield Text(name, TextChange.REMOVED)
        elif was is None:
            yield Text(name, TextChange.ADDED, tuple(_spoken(after, now)))
        elif differs := [text for text in _spoken(after, now) if text not in [*_spoken(before, was)]]:
            looked = [text for text in _spoken(before, was) if text not in [*_spoken(after, now)]]
            yield Text(name, TextChange.CHANGED, tuple(differs), tuple(looked))


def _spoken(composer: Composer, group: RedFlagGroup) -> Iterator[str]:
    """Yield the urgent text of each level, headed by it, and the question asked when a sign is only likely."""
    for signs in group.signs:
        flag = RedFlag(group.id, signs.level)
        yield from _headed(signs.level.name, composer.red_flag(flag))
    asked = Screening.begun(RedFlag.of(group), 0, 0.0, Pending())
    yield from _headed("question", composer.screening(asked))


def _headed(heading: str, reply: Reply) -> Iterator[str]:
    yield from (f"{heading}: {text}" for text in reply.texts)


def _others(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[Text]:
    for key in sorted(old.texts.keys() | new.texts.keys()):
        was, now = old.texts.get(key), new.texts.get(key)
        if was != now:
            yield _own(f"texts.yaml: {key}", was, now)
    for name, before, after in (
        ("menu.yaml", old.menu, new.menu),
        ("clinic.yaml", old.clinic, new.clinic),
        ("sources.yaml", old.sources, new.sources),
    ):
        if before != after:
            yield Text(name, TextChange.CHANGED)
    for code in sorted(old.languages.keys() | new.languages.keys()):
        if old.languages.get(code) != new.languages.get(code):
            yield _own(f"other_languages/{code}.yaml", old.languages.get(code), new.languages.get(code))


def _own(name: str, was: object, now: object) -> Text:
    change = TextChange.ADDED if was is None else TextChange.REMOVED if now is None else TextChange.CHANGED
    looked, shown = (tuple(map(str, texts)) if isinstance(texts, tuple) else () for texts in (was, now))
    return Text(name, change, shown, looked)


def _shown(reply: Reply) -> tuple[str, ...]:
    return tuple(reply.texts)
