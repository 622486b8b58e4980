"""Knowledge built straight from the model, for tests of one part: no file is read, no wording can break a test.

With it goes a mind that means what it is told to, so that no threshold matters.
"""

from collections.abc import Collection, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, cast

from bot.knowledge.markup import parse
from bot.knowledge.model import Entry, KnowledgeBase, Level, MenuSection, RedFlagGroup, Signs
from bot.knowledge.texts import EXACTLY, TEXT_KEYS
from bot.matching.decision import Answer, Candidate, Choices, Decision, Fallback
from bot.understanding.mind import Mind, Understanding, Understood

MENU = (
    MenuSection("after", "After a session"),
    MenuSection("practical", "Costs", after_red_flag=True),
    MenuSection("small-talk", "Greetings", listed=False, after_red_flag=True),
)


def stand_ins(**own: str | tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the bot's own texts, each its key in angle brackets with its gaps, but for ``own``."""
    texts: dict[str, tuple[str, ...]] = {
        key: (" ".join([f"<{key}>", *("{" + gap + "}" for gap in sorted(gaps))]),)
        for key, gaps in TEXT_KEYS.items()
    }
    texts |= {key: tuple(f"<{key} {n}>" for n in range(1, wanted + 1)) for key, wanted in EXACTLY.items()}
    return texts | {key: (text,) if isinstance(text, str) else text for key, text in own.items()}


def entry(entry_id: str, *ask: str, menu: str = "after", **fields: Any) -> Entry:
    """Return an entry whose title is ``Title <id>`` and whose answer is ``Answer <id>.``."""
    filled = {"title": f"Title {entry_id}", "answer": parse(f"Answer {entry_id}."), **fields}
    return Entry(id=entry_id, ask=ask, menu=menu, **filled)


def group(
    group_id: str,
    *signs: str,
    level: Level = Level.NOW,
    words: Mapping[str, tuple[str, ...]] | None = None,
    together: Iterable[tuple[str, ...]] = (),
    raised: Signs | None = None,
    look_alikes: tuple[str, ...] = (),
    asks: bool = True,
) -> RedFlagGroup:
    """Return a group of danger signs whose reply is ``Urgent <id>.`` and whose question is ``Is it <id>?``."""
    base = Signs(level, signs, tuple(together))
    return RedFlagGroup(
        group_id,
        f"Title {group_id}",
        (base, raised) if raised else (base,),
        words or {},
        look_alikes,
        parse(f"Urgent {group_id}."),
        parse(f"Is it {group_id}?") if asks else (),
    )


def knowledge_base(
    entries: Iterable[Entry] = (), groups: Iterable[RedFlagGroup] = (), **fields: Any
) -> KnowledgeBase:
    """Return a knowledge base of ``entries`` and ``groups`` with stand-in texts."""
    filled: dict[str, Any] = {"sources": {}, "texts": stand_ins(), "menu": MENU, **fields}
    return KnowledgeBase(
        entries={one.id: one for one in entries}, red_flags={one.id: one for one in groups}, **filled
    )


def understood(*answers: str, offered: Iterable[str] = (), body_part: str = "") -> Understood:
    """Return what a text means that is answered with ``answers``, or offered some entries, or neither."""
    decisions: list[Decision] = [Answer(Candidate(key, 0.9)) for key in answers]
    if offered:
        decisions.append(Choices(tuple(Candidate(key, 0.3) for key in offered)))
    ranking = tuple(Candidate(key, 0.5) for key in (*answers, *offered))
    return Understood(ranking, tuple(decisions or [Fallback()]), body_part=body_part)


class _ToldMind:
    def __init__(self, knowledge: KnowledgeBase, meanings: Mapping[str, Understanding]) -> None:
        self.knowledge = knowledge
        self.meanings = meanings
        self.preparer = SimpleNamespace(knows=str.islower)

    def without(self, _: Collection[str]) -> "_ToldMind":
        return self

    def understand(self, text: str, *_: object) -> Understanding:
        return self.meanings.get(text, understood())

    def is_brief(self, _: str) -> bool:
        return True


def told_mind(knowledge: KnowledgeBase, meanings: Mapping[str, Understanding]) -> Mind:
    """Return a mind to which each text means what ``meanings`` says at that moment; any other gets the fallback."""
    return cast(Mind, _ToldMind(knowledge, meanings))
