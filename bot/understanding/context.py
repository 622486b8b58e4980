"""What was talked about, and how a message leans on it. Codes and rules about little words, no stored text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.text.normalise import Normalised, words

MOST_WORDS = 12
"""A longer message says by itself what it is about."""

_LITTLE = frozenset(
    """
    a an the and or but so also oh ah ok okay right well then now just still again too either even only maybe
    please hi hey cheers ta thanks sure clear great good grand fine no yes yeah yep nope sorry i i'm im i'd i've
    me my we us our you your he she her his him they them their it its it's one ones each those these this that
    thats that's thing things stuff both other others is isn't are aren't was were be been being am do don't
    does doesn't did didn't done doing have haven't has had having can can't could couldn't will won't would
    wouldn't should shouldn't may might must gonna going go goes get gets got to of for with from on in at by
    about like as if than off out up down there here into per via till until after before what what's whats how
    how's when where why who which whose whatever any some all every none more less most least much many few lot
    lots bit little long longer short soon sooner often last lasts lasting lasted take takes took taking need
    needs needed want mean means meant happen happens wear wears tell know say normal usual usually
    alright common bad worse better best safe day days week weeks month months hour hours minute minutes time times
    next first second third later early mins hrs wks yet ever never always once twice apart between same different
    itself else instead anyway though
    """.split()
)
"""Words that a follow-up may be made of alone: they frame a question and name no subject of their own."""

BODY_PARTS = frozenset(
    """
    foot feet toe toes heel heels arch arches ankle ankles achilles calf calves shin shins knee knees kneecap
    thigh thighs quad quads hamstring hamstrings groin hip hips glute glutes buttock buttocks back shoulder
    shoulders neck arm arms elbow wrist leg legs
    """.split()
)
"""Parts of the body by their everyday names; ``synonyms.yaml`` turns nicknames into these."""

_STRONG = re.compile(
    r"\b(?:each one|which one|the (?:left|right|other|same) one|ones?|those|these|this|that|them|they)\b"
)
_WEAK = re.compile(r"\bit\b(?!')|\bit's\b")
_CONTINUES = re.compile(
    r"^(?:(?:ok|okay|right|oh|ah|cheers|thanks|great|grand|fine)\b[ ,.!]*)*"
    r"(?:and|but|so|also|then|what about|how about|what if|or)\b"
    r"|\b(?:too|as well)[ ?!.]*$"
)
_ASKS_WHY = re.compile(
    r"^(?:(?:ok|okay|right|oh|ah|but|and|so|well)\b[ ,.!]*)*"
    r"(?:why not\b|how come\b"
    r"|why (?:would|do|does|did|should|can't|won't|is|are) (?:they|she|he|you|it|that|this)\b)"
)
_ASKS_LEAVE = re.compile(
    r"\b(?:can|could|may|should|would|will|shall|am|ok|okay|safe|fine|alright|allowed|let|still)\b(?! you\b)"
    r".*\b(?:it|that|this|them|they|one|done|do|have|get|go|let|needled|needles|needling|session|treatment)\b"
)
_THE_OTHER = re.compile(r"\bthe (?:left|right|other|same) (?:one|side)\b")
_CORRECTS = re.compile(
    r"^(?:no+|nope|nah|sorry|wait|oops|hang on|ah|oh|er+|um+)?[ ,.!-]*(?:no|sorry|but)?[ ,.!-]*"
    r"(?:not (?:that|those|this)(?: one)?\b|wrong one\b|(?:that's|thats|that is) not (?:it|what)\b"
    r"|i (?:actually )?(?:meant?|was asking|was talking|asked)\b|what i meant\b|i didn't mean\b|i don't mean\b)"
    r"|^(?:no+|nope|nah|sorry)[ ,.!-]+(?:no|sorry|the|for|about|before|after|higher|lower|further|it's)\b"
    r"|\bi meant?(?: to ask)?[.!]*$"
)
_LEAD_IN = re.compile(
    r"^(?:(?:no+|nope|nah|sorry|wait|oops|hang on|ah|oh|er+|um+|actually|but|i|that's|thats|that|not that|not those"
    r"|not (?:this|these)|wrong one|not|what|is|it|meant?|to|ask|asked|say|was|asking|talking|about|didn't"
    r"|don't|one)\b[ ,.!?-]*)+"
)
_ORDINALS = (
    {"first": 0, "1st": 0, "1": 0, "one": 0, "former": 0, "top": 0}
    | {"second": 1, "2nd": 1, "2": 1, "two": 1, "middle": 1, "other": 1}
    | {"third": 2, "3rd": 2, "3": 2, "three": 2}
    | {"last": -1, "latter": -1, "bottom": -1}
)
_NUMBERED = ("number", "option", "choice", "question", "answer", "button")
_AROUND_ORDINAL = frozenset(
    """
    the one thing question option choice answer button number no that's thats that is it i me my to and now ok
    okay so please pls give go with back asked ask said mean meant want tell about what yes yeah clear right
    then for of bit part let's lets you your what's more on
    """.split()
)


@dataclass(frozen=True)
class Context:
    """What a chat was about a moment ago.

    ``topic`` is the entry last answered, ``body_part`` a word of ``BODY_PARTS``, ``offered`` the entries that
    were offered as choices or asked for together, in the order in which a person saw or asked for them.
    """

    topic: str = ""
    body_part: str = ""
    offered: tuple[str, ...] = ()
    choosing: bool = False
    """Whether the bot's last reply asked which of ``offered`` was meant."""
    cautions: tuple[str, ...] = ()
    """Entries about what the person must be careful with, the latest told of last."""


NO_CONTEXT = Context()
"""A conversation that has just begun."""


def leans(text: Normalised) -> bool:
    """Return whether ``text`` has no subject of its own: only little words, and perhaps a part of the body."""
    said = words(text)
    return (
        bool(said)
        and len(said) <= MOST_WORDS
        and all(w in _LITTLE or w in BODY_PARTS or w.isdecimal() for w in said)
    )


def points_back(text: Normalised) -> bool:
    """Return whether a word such as "that" or "those" points at something said before."""
    return _STRONG.search(text) is not None


def refers(text: Normalised) -> bool:
    """Return whether ``text`` holds any word for something said before, a weak "it" included."""
    return points_back(text) or _WEAK.search(text) is not None


def continues(text: Normalised) -> bool:
    """Return whether ``text`` starts or is built as a continuation, such as "and …" or "… of it"."""
    return _CONTINUES.search(text) is not None or refers(text)


def asks_why(text: Normalised) -> bool:
    """Return whether ``text`` asks for the reason of what was said: "why not, it is only the muscle beside it"."""
    return _ASKS_WHY.search(text) is not None


def asks_leave(text: Normalised) -> bool:
    """Return whether ``text`` asks if something may be done: "so would I be let have it on Friday"."""
    return _ASKS_LEAVE.search(text) is not None


def names_a_side(text: Normalised) -> bool:
    """Return whether ``text`` speaks of the left, right or other one of a part of the body."""
    return _THE_OTHER.search(text) is not None


def corrects(text: Normalised) -> bool:
    """Return whether ``text`` says that the last answer was not the one meant."""
    return _CORRECTS.search(text) is not None


def without_lead_in(text: Normalised) -> Normalised:
    """Return a correction without its "no, sorry, I meant"; ``""`` when it says nothing else."""
    return Normalised(_LEAD_IN.sub("", text))


def body_part(text: Normalised) -> str:
    """Return the last part of the body named in ``text``, or ``""``."""
    named = [word for word in words(text) if word in BODY_PARTS]
    return named[-1] if named else ""


def filled_in(text: Normalised, subject: str) -> str:
    """Return ``text`` with ``subject`` in the place of the word that points at it, else at the end."""
    for pattern in (_STRONG, _WEAK):
        if pattern.search(text):
            return pattern.sub(lambda _: subject, text, count=1)
    return f"{text} {subject}"


def picked(text: Normalised, offered: Sequence[str]) -> str:
    """Return the member of ``offered`` that ``text`` names by its place ("the second one"), or ``""``."""
    said = words(text)
    places = {_ORDINALS[word] for word in said if word in _ORDINALS and word not in ("one", "other")}
    if not places and len(said) <= 3 and "other" in said:  # "the other one", but not "any other question?"
        places = {_ORDINALS["other"]}
    if not places and said[-1:] == ["one"] and said[:-1] in ([], *([noun] for noun in _NUMBERED)):
        places = {_ORDINALS["one"]}  # in "that one" it is no number
    if len(places) != 1 or not all(word in _AROUND_ORDINAL or word in _ORDINALS for word in said):
        return ""
    place = places.pop()
    return offered[place] if offered and place < len(offered) else ""
