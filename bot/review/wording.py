"""What answers and urgent texts must not say: doses, promises, diagnoses, advice on medicines, hard sentences.

Warnings, since a pattern does not understand what it reads: whoever edits decides.
"""

import re
from collections.abc import Iterator, Mapping

from bot.knowledge.findings import Places
from bot.knowledge.markup import Block, plain
from bot.knowledge.model import KnowledgeBase
from bot.knowledge.problems import Place, Problem, Severity
from bot.review.reading import HARDEST, grade, prose

_WEAK = frozenset("PCX")
"""Grades of sources that prove nothing: custom of practices, a single case, and what was not confirmed."""
_HEDGES = re.compile(
    r"\b(?:may|might|can|could|perhaps|possibly|probably|likely|unclear|uncertain|unknown|custom(?:ary)?|some|often"
    r"|usual(?:ly)?|many|most|on average|short term|guess|seems?|suggests?|little evidence"
    r"|not (?:been )?(?:shown|known|proven)"
    r"|no (?:good |firm |clear )?(?:study|studies|research|trials?|evidence)|ask your)\b",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not|never|nothing|nobody|cannot|none|no(?! risk))\b|n['’]t\b", re.IGNORECASE)
_DOSE = re.compile(
    r"\b(?:\d+(?:[.,]\d+)?|one|two|three|four|half an?)\s?(?:mg|milligrams?|mcg|µg|micrograms?|g|grams?|ml"
    r"|millilit(?:re|er)s?|iu|units?|tablets?|pills?|capsules?|puffs?|drops)\b",
    re.IGNORECASE,
)
_PROMISE = re.compile(
    r"\b(?:cure[sd]?|fixes|(?:will|can|to) fix|guarantee[sd]?|safe for (?:everyone|everybody|all)"
    r"|(?:completely|totally|entirely|100 ?%) (?:painless|safe)|(?:no|without(?: any)?|zero) risks?|risk[- ]free"
    r"|toxins?|lactic acid|proven to|immediate (?:relief|results?|effects?)|works (?:at once|immediately)"
    r"|will (?:heal|cure|work for you|help you|get rid of))\b",
    re.IGNORECASE,
)
_ILLNESS = (
    r"(?:\w+itis|\w+opathy|\w+algia|\w+osis|fracture|tear|strain|sprain|rupture|blood clot|clot|infection|syndrome"
    r"|hernia|embolism|stroke|sciatica|cancer|runner['’]s knee|shin splints|slipped disc|dvt|nerve damage)"
)
_DIAGNOSIS = re.compile(
    rf"\b(?:you have|you['’]ve|you(?: are|['’]re) suffering from|this is|it is)(?: got)?"
    rf"(?: (?:an?|the|your))?(?: [\w-]+){{0,2}}? {_ILLNESS}\b",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:if|when|whether|unless|once|in case|do|did|may|might|could|think|until|where|whoever|say)\b",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"(?-i:^(?:Take|Stop|Skip|Start|Double|Halve|Change|Pause)\b)"
    r"|\byou (?:should|must|can|may|need to|could) (?:safely |also )?"
    r"(?:take|stop|skip|start|double|halve|change|pause)\b",
    re.IGNORECASE,
)
_MEDICINE = re.compile(
    r"\b(?:medicines?|medication|tablets?|pills?|blood thinners?|aspirin|ibuprofen|paracetamol|warfarin"
    r"|antibiotics?|steroids?|insulin|painkillers?|anti-inflammator(?:y|ies)|nsaids?|antidepressants?|dose)\b",
    re.IGNORECASE,
)
_LEFT_TO_DOCTORS = re.compile(r"\b(?:doctors?|prescrib\w+|pharmacist|packet|taught)\b", re.IGNORECASE)
_CARE = (
    r"(?:a |your |the |any )?"
    r"(?:doctor|gp|physician|hospital|clinician|nurse|physio\w*|therapist|ambulance|a&e)"
)
_OF_TIME = r"(?:min|hours?|hrs?|days?|weeks?|months?|times|[ap]\.?m\b|[:.]\d|o['’]clock)"
_UNSAFE = (
    (
        re.compile(
            rf"(?<!\bif you )(?<!\bwhen you )(?<!\buntil you )(?<!\bunless you )"
            rf"\b(?:no need|need not|needn['’]t|(?:do not|don['’]t) (?:need|have)|(?:do not|don['’]t)|no reason) "
            rf"(?:to )?(?:see|call|ask|visit|go to|bother) {_CARE}",
            re.IGNORECASE,
        ),
        "sends-away",
        "It keeps people from help they may need. Say when to have it looked at, or nothing.",
    ),
    (
        re.compile(
            r"\b(?:run|push|train|work|walk|carry on|keep going) (?:on )?through (?:the |any |your )?pain\b"
            r"|\bignore (?:the |any |your )?(?:pain|swelling|numbness|symptoms?)\b|\bno pain,? no gain\b",
            re.IGNORECASE,
        ),
        "sends-away",
        "It tells people to go on in spite of a warning. Say when to stop.",
    ),
    (
        re.compile(
            r"\byou (?:can|may|could|should) (?:safely |also |easily )?needle yourself\b"
            r"|\bneedle yourself (?:at home|safely)",
            re.IGNORECASE,
        ),
        "self-needling",
        "Nobody should needle themselves: leave it out.",
    ),
    (
        re.compile(
            r"\b(?:call|dial|ring|phone|number is) (?:(?:999|112|911|000|111|144)\b"
            rf"|1[578]\b(?!\s*(?:(?:-|–|to|or)\s*\d+\s*)?{_OF_TIME}))",
            re.IGNORECASE,
        ),
        "country-number",
        'It is no emergency number elsewhere. Write "your local emergency number"; numbers go into clinic.yaml.',
    ),
)
_COMFORT = re.compile(
    r"\b(?:(?:do not|don['’]t|no need to) (?:worry|panic)"
    r"|(?:it|this) is (?:usually |probably )?(?:nothing|harmless)"
    r"|nothing to worry about|(?:you(?:['’]ll| will)|it will) be (?:fine|ok|okay))\b",
    re.IGNORECASE,
)
_TELLING = 3
"""Words of a finding by which its line is found."""
_FEWEST_WORDS = 10
"""Of fewer words the grade tells of two long ones, not of how hard they are to read."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+|•")


def findings(knowledge: KnowledgeBase, places: Places | None = None) -> Iterator[Problem]:
    """Yield a warning for each thing that an answer or an urgent text of ``knowledge`` had better not say.

    ``places`` tell the line of it; without them, each is at the head of its file.
    """
    lines = _lines(places or {})
    for entry in knowledge.published:
        place, whose = Place(f"faq/{entry.id}.yaml"), f'entry "{entry.id}"'
        text = (*entry.answer, *entry.see_therapist_if)
        yield from _said(text, place, whose, lines.get(whose, {}))
        yield from _hard(entry.answer, place, whose)
        grades = {knowledge.sources[key].grade for key in entry.sources if key in knowledge.sources}
        if grades and grades <= _WEAK and not _HEDGES.search(plain(entry.answer)):
            yield Problem(
                place,
                Severity.WARNING,
                "weak-evidence",
                f"{whose}: its sources are custom or single cases (grades {', '.join(sorted(grades))}), and the "
                'answer sounds certain. Say how sure it is, with words such as "may", "some people" or "custom".',
            )
    for group in knowledge.red_flags.values():
        place, whose = Place(f"red_flags/{group.id}.yaml"), f'red flag "{group.id}"'
        for reply in (group.reply, *group.raised_replies.values()):
            yield from _said(reply, place, whose, lines.get(whose, {}), urgent=True)
            yield from _hard(reply, place, whose)


def _hard(blocks: tuple[Block, ...], place: Place, whose: str) -> Iterator[Problem]:
    text = prose(blocks)
    reached = grade(text)
    if reached > HARDEST and len(text.split()) >= _FEWEST_WORDS:
        yield Problem(
            place,
            Severity.WARNING,
            "hard-to-read",
            f"{whose}: reading it takes {reached:.0f} years of school, more than {HARDEST:.0f}. "
            "Make two sentences of a long one, and take short words.",
        )


def _lines(places: Places) -> Mapping[str, Mapping[str, Place]]:
    """Return, by owner, what each line of its texts says and where it stands."""
    found: dict[str, dict[str, Place]] = {}
    for (owner, said), place in places.items():
        if owner.endswith(", lines"):
            found.setdefault(owner.removesuffix(", lines"), {})[said] = place
    return found


def _said(
    blocks: tuple[Block, ...],
    place: Place,
    whose: str,
    lines: Mapping[str, Place],
    *,
    urgent: bool = False,
) -> Iterator[Problem]:
    """Yield what ``blocks`` had better not say; ``lines`` tells where each line of theirs stands."""

    def warning(rule: str, words: str, remedy: str) -> Problem:
        # A sentence may go on in the next line: its first words tell the line.
        begins = " ".join(words.split()[:_TELLING])
        at = next((lines[line] for line in lines if begins in line), place)
        return Problem(at, Severity.WARNING, rule, f'{whose}: "{words}". {remedy}')

    for sentence in filter(None, (piece.strip() for piece in _SENTENCE.split(plain(blocks)))):
        if dose := _DOSE.search(sentence):
            yield warning("dose", dose[0], "The bot names no doses: only a doctor or a pharmacist knows who asks.")
        denied = _NOT.search(sentence)
        if not denied and (promise := _PROMISE.search(sentence)):
            yield warning(
                "promise",
                promise[0],
                'Nobody can promise that. Write "may", "some people" or "has not been shown".',
            )
        diagnosis = _DIAGNOSIS.search(sentence)
        if diagnosis and not denied and not _SUPPOSED.search(sentence[: diagnosis.start()]):
            yield warning("diagnosis", diagnosis[0], 'The bot cannot know that. Write "this can be a sign of …".')
        for wording, rule, remedy in _UNSAFE:
            if (match := wording.search(sentence)) and not _NOT.search(sentence[: match.start()]):
                yield warning(rule, match[0], remedy)
        if urgent and (comfort := _COMFORT.search(sentence)):
            yield warning("comfort", comfort[0], "It lets people wait. Say only what to do, the most urgent first.")
        left = denied or _LEFT_TO_DOCTORS.search(sentence)
        if not left and _CHANGES.search(sentence) and _MEDICINE.search(sentence):
            remedy = "Whether to take or stop a medicine is for the doctor who prescribes it. Write so."
            yield warning("medicine-advice", sentence, remedy)
