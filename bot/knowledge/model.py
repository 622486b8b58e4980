"""What the knowledge files hold once they have been read and found sound.

Everything here is frozen: a knowledge base is built once, then shared by every part and,
when the files change, replaced as a whole.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum, StrEnum
from pathlib import Path

from bot.knowledge.markup import Block

OWN_FOLDER = Path(__file__).resolve().parents[2] / "knowledge"
"""The project's own knowledge, which lends what another folder lacks."""
CRY = "cry"
"""Stands in place of a danger group for messages that are a cry for help."""
UNKNOWN_GROUP = "unknown"
"""Stands in place of a danger group for messages that may be a sign of any."""
OUT_OF_SCOPE = "out-of-scope"
"""Stands in place of an entry id for messages that no entry should answer."""


class Status(StrEnum):
    """Whether an entry takes part in matching; only published ones do."""

    PUBLISHED = "published"
    DRAFT = "draft"
    PAUSED = "paused"


class ClinicDetails(StrEnum):
    """Which of the clinic's own details are shown under an answer."""

    CONTACT = "contact"
    PRICES = "prices"


@dataclass(frozen=True)
class Entry:
    """One answer and the ways runners ask for it. ``id`` is the file's name without ``.yaml``."""

    id: str
    title: str
    ask: tuple[str, ...]
    answer: tuple[Block, ...]
    menu: str = ""
    subject: str = ""
    """What "that" or "it" means right after this answer; the title stands in where it is empty."""
    follow_ups: tuple[str, ...] = ()
    """What people say right after this answer that it still answers, and elsewhere would mean something else."""
    caution: tuple[str, ...] = ()
    """Words by which a person tells of what this answer warns of. It then stays in mind, and its ``follow_ups``
    count whatever was answered in between: "how long before should I stop it?" after "I take warfarin"."""
    status: Status = Status.PUBLISHED
    not_about: tuple[str, ...] = ()
    see_therapist_if: tuple[Block, ...] = ()
    related: tuple[str, ...] = ()
    part_of: str = ""
    """The topic an added entry belongs to; whoever is told of the entry is told of that topic too."""
    sources: tuple[str, ...] = ()
    reviewed_by: str = ""
    reviewed_on: date | None = None
    review_again_on: date | None = None
    clinic_details: ClinicDetails | None = None
    without_clinic: tuple[Block, ...] = ()
    """Stands in place of the clinic's details where it has filled in none."""
    lists_signs: tuple[str, ...] = ()
    """Red flag groups whose signs the answer names, so that "I have two of those" right after it counts."""
    alone: bool = False
    """Whether it is said with nothing beside it but the way to care and support: after an assault, for one."""


class Level(IntEnum):
    """How soon a danger sign needs care; a larger number is more urgent."""

    BEFORE = 1
    """No needling and no running on it until a clinician has looked."""
    TODAY = 2
    """Urgent medical care the same day."""
    NOW = 3
    """The local emergency number, or the emergency department, at once."""


@dataclass(frozen=True)
class Signs:
    """Danger signs of one level: whole messages, and ideas that only together are a sign.

    Each member of ``together`` is a tuple of names of word lists; all of them must be met.
    """

    level: Level
    messages: tuple[str, ...]
    together: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class RedFlagGroup:
    """One group of danger signs and what people read about it. ``signs`` holds one member per level.

    ``raised_replies`` has a reply only for those raised levels that need one of their own; ``screening``
    is the question asked when a sign is likely but not sure, empty where the neutral one will do.
    """

    id: str
    title: str
    signs: tuple[Signs, ...]
    words: Mapping[str, tuple[str, ...]]
    look_alikes: tuple[str, ...]
    reply: tuple[Block, ...]
    screening: tuple[Block, ...] = ()
    raised_replies: Mapping[Level, tuple[Block, ...]] = field(default_factory=dict)
    reviewed_by: str = ""
    reviewed_on: date | None = None
    review_again_on: date | None = None


@dataclass(frozen=True)
class Source:
    """Where a statement comes from. ``grade`` as in the staff guide: blog, G, R, T, C, P or product."""

    key: str
    who: str
    grade: str
    year: str = ""
    address: str = ""


@dataclass(frozen=True)
class MenuSection:
    """A heading of the topics menu; an unlisted one groups entries that no menu shows.

    After a danger sign only entries of sections with ``after_red_flag`` are answered, with a reminder;
    questions about needling or running get the urgent text again. When a message asks several questions,
    those of sections with ``answer_first`` are answered first.
    """

    id: str
    title: str
    listed: bool = True
    after_red_flag: bool = False
    answer_first: bool = False


@dataclass(frozen=True)
class Coordinates:
    """A point on the earth, in degrees: south and west are negative."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class Certification:
    """What a therapist may call upon: ``body`` issued it, ``check`` is the page where anybody can look it up."""

    body: str
    number: str = ""
    check: str = ""
    valid_until: date | None = None
    """The last day on which it holds; nothing where it has no end."""


@dataclass(frozen=True)
class Practice:
    """Where a therapist sees people; ``address`` is the street."""

    name: str = ""
    address: str = ""
    town: str = ""
    postcode: str = ""
    coordinates: Coordinates | None = None
    hours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Therapist:
    """A certified therapist of the clinic. ``treats`` are parts of the body and other words, such as "runners"."""

    name: str
    qualification: str = ""
    register: str = ""
    certification: Certification | None = None
    places: tuple[Practice, ...] = ()
    languages: tuple[str, ...] = ()
    treats: tuple[str, ...] = ()
    booking: str = ""
    """An address of the web, or one that begins with ``tel:`` or ``mailto:``."""
    phone: str = ""
    hours: tuple[str, ...] = ()

    def is_certified_on(self, today: date) -> bool:
        """Return whether no certification of theirs has run out before ``today``."""
        until = self.certification.valid_until if self.certification is not None else None
        return until is None or until >= today


@dataclass(frozen=True)
class Clinic:
    """The clinic's own details; every field may be empty and the bot must still make sense."""

    name: str = ""
    address: str = ""
    phone: str = ""
    booking: str = ""
    hours: tuple[str, ...] = ()
    prices: tuple[str, ...] = ()
    timezone: str = ""
    blog_url: str = ""
    therapists: tuple[Therapist, ...] = ()
    emergency_numbers: tuple[str, ...] = ()
    crisis_lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class GoldenTalk:
    """A conversation whose last message, ``ask``, must get ``gets``, an entry or a danger group."""

    after: tuple[str, ...]
    ask: str
    gets: str


@dataclass(frozen=True)
class OtherLanguage:
    """What the bot recognises and says in a language that it does not speak. ``code`` is the file's name.

    ``together`` and ``raised`` map a danger group to rows of names of ``words``: all lists of a row, near each
    other, are a sign of the group's base level, or of its raised one. ``signs`` and ``harmless`` are messages that
    must be found, and must not.
    """

    code: str
    name: str
    emergency: str
    today: str
    crisis: str
    notice: str
    common: tuple[str, ...] = ()
    """Little words that show that somebody writes in this language."""
    cries: tuple[str, ...] = ()
    """Whole messages that are no more than a cry for help."""
    denies_before: tuple[str, ...] = ()
    """Words that deny what follows within a few words ("no"); likewise those that deny the very next word ("not"),
    and those that come after what they deny."""
    denies_next: tuple[str, ...] = ()
    denies_after: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    """Words that end what a denial covers, such as "but"."""
    only_asks: tuple[str, ...] = ()
    """Words that show that a sign is only spoken of: a risk, a cause, years ago."""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    together: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    raised: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    signs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    harmless: tuple[str, ...] = ()
    inside_words: bool = False
    """Whether words are found inside longer ones, as Arabic needs it."""
    reviewed_by: str = ""
    reviewed_on: date | None = None
    review_again_on: date | None = None


@dataclass(frozen=True)
class KnowledgeBase:
    """Everything the bot knows and says.

    ``texts`` maps a key to its wordings: one, or several that take turns. ``synonyms`` maps a variant to its
    canonical wording. ``follow_ups`` are what people say right after any answer and mean that answer. ``golden``
    maps an entry id to questions that must get that entry; ``golden_talks`` are such conversations. ``messages``
    maps an entry id, or ``OUT_OF_SCOPE``, to messages as people send them, which calibrate the matcher and which it
    must not learn from. ``near_signs`` maps phrasings and off-topic examples that are almost a listed danger sign
    to its group: whoever learns what is harmless must leave them out, since only a ``look_alikes`` line may say
    that something near a sign is harmless.
    """

    entries: Mapping[str, Entry]
    red_flags: Mapping[str, RedFlagGroup]
    sources: Mapping[str, Source]
    texts: Mapping[str, tuple[str, ...]]
    menu: tuple[MenuSection, ...]
    clinic: Clinic = field(default_factory=Clinic)
    synonyms: Mapping[str, str] = field(default_factory=dict)
    off_topic: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    golden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    golden_talks: tuple[GoldenTalk, ...] = ()
    messages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    near_signs: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, OtherLanguage] = field(default_factory=dict)
    """By code: the languages that the bot recognises beside its own."""
    cries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Whole messages that are no more than a cry for help (``CRY``), or one word to be asked about, by group."""

    def answered_after_red_flag(self, entry_id: str) -> bool:
        """Return whether the entry may be answered although a danger sign was told of."""
        entry = self.entries.get(entry_id)
        return entry is not None and any(s.id == entry.menu and s.after_red_flag for s in self.menu)

    def is_small_talk(self, entry: Entry) -> bool:
        """Return whether the entry stands in a section that no menu lists, such as greetings."""
        return any(section.id == entry.menu and not section.listed for section in self.menu)

    def cautions(self, entry_ids: Iterable[str]) -> tuple[str, ...]:
        """Return those of ``entry_ids`` whose answer warns of something that stays in mind."""
        return tuple(i for i in entry_ids if (entry := self.published_entry(i)) is not None and entry.caution)

    def teaching_phrases(self, entry: Entry) -> tuple[str, ...]:
        """Return the phrasings of ``entry`` that may be learned from: all but those that are a danger sign."""
        return tuple(phrase for phrase in entry.ask if phrase not in self.near_signs)

    @property
    def teaching_off_topic(self) -> tuple[str, ...]:
        """The off-topic examples that may be learned from."""
        return tuple(text for text in self.off_topic if text not in self.near_signs)

    def with_topics(self, entry_ids: Iterable[str]) -> tuple[str, ...]:
        """Return the ids, each followed by the topic that its entry is part of; none stands there twice."""
        found: dict[str, None] = {}
        for entry_id in entry_ids:
            found[entry_id] = None
            if topic := self.topic_of(entry_id):
                found[topic] = None
        return tuple(found)

    def topic_of(self, entry_id: str) -> str:
        """Return the topic that the entry is part of; empty for one that is a topic of its own."""
        entry = self.entries.get(entry_id)
        return entry.part_of if entry is not None else ""

    def published_entry(self, entry_id: str) -> Entry | None:
        """Return the entry if it is there and may be shown."""
        entry = self.entries.get(entry_id)
        return entry if entry is not None and entry.status is Status.PUBLISHED else None

    @property
    def published(self) -> tuple[Entry, ...]:
        """The entries that may be shown, in the order of their ids."""
        return tuple(e for e in self.entries.values() if e.status is Status.PUBLISHED)

    def without(self, entry_ids: Collection[str]) -> "KnowledgeBase":
        """Return the knowledge with these entries paused, as if their files said so."""
        paused = {i: replace(self.entries[i], status=Status.PAUSED) for i in entry_ids if i in self.entries}
        return replace(self, entries={**self.entries, **paused})

    def section(self, section_id: str) -> tuple[Entry, ...]:
        """Return the published entries of one menu section."""
        return tuple(e for e in self.published if e.menu == section_id)
