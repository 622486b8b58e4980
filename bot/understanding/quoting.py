"""What a message only quotes: the bot's own words pasted back, a leaflet, a consent form, an address on the web.

Only what the person adds tells of a danger sign. Where it is not plain that something is quoted, it counts.
"""

import re
from collections.abc import Iterable

from bot.knowledge.markup import Block, Paragraph, parse, plain
from bot.knowledge.model import KnowledgeBase
from bot.text.normalise import normalise, words
from bot.text.sentences import split_sentences

_FEWEST_WORDS = 8
"""A shorter sentence, or a point of a list, may be a person's answer: "a leg that is swollen and hot"."""
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_OF_THE_BOT = re.compile(
    r"\b(?:(?:yo)?u(?:'?re?| are| r)?|(?:this|the|stupid|dumb) (?:bot|app|thing|chat)(?:'?s| is)?) "
    r"(?:(?:so|such|just|really|absolutely|totally|completely|bloody|fucking|f+ing|a|an) )*"
    r"(?:useless|hopeless|pathetic|pointless|rubbish|crap|shit|stupid|dumb|thick|clueless|joke"
    r"|no (?:use|help|good))\b",
    re.IGNORECASE,
)
_QUOTE_MARK = re.compile(r"^\s*(?:>+|&gt;)\s*")
_PERSON = re.compile(
    r"\b(?:i|i'm|im|i've|ive|i'd|me|my|mine|myself|he|she|he's|she's|hes|shes|his|her|him|we|we've|our|us|mum|mom|dad"
    r"|wife|husband|son|daughter|friend|partner|mate|client|patient|brother|sister|they|someone|somebody)\b"
)
_DOES = (
    r"(?:seek|call|ring|dial|phone|contact|attend|visit|consult|go (?:straight )?to|see (?:a|your)|speak to"
    r"|tell (?:your|us)|inform|report|get (?:medical|urgent)|stop and)"
)
_FEELS = r"(?:feel|experience|have|notice|develop|get|are|become|suffer|start|cough|find|think)"
_INSTRUCTS = re.compile(
    rf"\b(?:if|should|when) you (?:\w+ ){{0,2}}?{_FEELS}\b.*\b{_DOES}\b"
    rf"|\b{_DOES}\b.*\b(?:if|should) you (?:\w+ ){{0,2}}?{_FEELS}\b"
)
_LISTS_RISKS = re.compile(
    r"^(?:\W*(?:the|possible|potential|known|common|rare|serious|main|some|very|other)\b)*\W*"
    r"(?:risks?|side[ -]effects?|complications?|contra-?indications?|warnings?|adverse (?:events?|reactions?))\b"
    r"(?:[^:.]{0,60})(?::|\b(?:include|includes|are|may be|can be|may include|can include)\b)"
)
_HAPPENING = re.compile(
    r"\b(?:since|now|today|tonight|yesterday|still|this morning|last night|ago|started|keeps?|getting|won'?t|wont"
    r"|can'?t|cannot|just)\b|\?"
)
"""Words of somebody who tells or asks: leaflets do neither."""
_QUOTED_INSTRUCTION = re.compile(rf"[\"“”«][^\"“”«»]*\b{_DOES}\b[^\"“”«»]*\bif\b[^\"“”«»]*[\"“”»]", re.IGNORECASE)
_CLAIMS = re.compile(
    r"(?<!can )(?<!could )(?<!may )(?<!should )(?<!do )(?<!if )"
    r"\b(?:i|he|she)(?:'ve|ve| do| does| actually| also| think i)* ?"
    r"(?:have|has|got|get|feel) (?:it|that|this|those|these|them|one|two|some|all|both)\b"
    r"|\btick(?:ed)? (?:it|yes)\b"
)
"""Words of somebody who has what a leaflet or a form names."""
_FEWEST_COMMAS = 2
_FORM = re.compile(
    r"\b(?:consent form|informed consent|patient information|information leaflet|your appointment)\b"
)


class Quotes:
    """Knows the bot's own sentences. Immutable once built."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        own = (sentence for text in _own_texts(knowledge) for sentence in split_sentences(text))
        # A question of the bot's is an example to be typed.
        self._own = frozenset(_spoken(sentence) for sentence in own if not sentence.endswith("?"))

    def own_part(self, text: str) -> str:
        """Return what the writer of ``text`` says themselves; ``""`` when all of it is quoted.

        Of somebody who says that they have what is quoted, it is all.
        """
        lines = [_QUOTE_MARK.sub("", line) for line in text.splitlines()]
        sentences = split_sentences("\n".join(lines))
        kept = [sentence for sentence in sentences if not self._is_quoted(sentence)]
        if len(kept) == len(sentences) or any(_CLAIMS.search(normalise(sentence)) for sentence in kept):
            return text
        return "\n".join(kept)

    def _is_quoted(self, sentence: str) -> bool:
        said = normalise(sentence)
        spoken = tuple(words(said))
        if len(spoken) >= _FEWEST_WORDS and spoken in self._own:
            return True
        around, quoted = _QUOTED_INSTRUCTION.subn(" ", sentence)
        if quoted and not _PERSON.search(normalise(around)):
            return True
        if _PERSON.search(said) or _HAPPENING.search(said):
            return False
        if _LISTS_RISKS.search(said) and said.count(",") >= _FEWEST_COMMAS:
            return True
        return _INSTRUCTS.search(said) is not None or _FORM.search(said) is not None


def without_addresses(text: str) -> str:
    """Return ``text`` without addresses on the web, whose words nobody has said."""
    return _ADDRESS.sub(" ", text)


def without_asides(text: str) -> str:
    """Return ``text`` without addresses, and without what is said of the bot: in "ur useless" no leg is."""
    return _OF_THE_BOT.sub(" ", without_addresses(text))


def _spoken(sentence: str) -> tuple[str, ...]:
    return tuple(words(normalise(sentence)))


def _own_texts(knowledge: KnowledgeBase) -> Iterable[str]:
    for wordings in knowledge.texts.values():
        for wording in wordings:
            yield from _paragraphs(parse(wording))
    for entry in knowledge.published:
        yield from _paragraphs((*entry.answer, *entry.see_therapist_if))
    for group in knowledge.red_flags.values():
        for blocks in (group.reply, group.screening, *group.raised_replies.values()):
            yield from _paragraphs(blocks)


def _paragraphs(blocks: Iterable[Block]) -> Iterable[str]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield plain((block,))
