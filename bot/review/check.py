"""Every finding in a knowledge folder: what the loader sees, and what takes the matcher to see."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from bot.dialogue.reply import Reply
from bot.errors import CannotRunError
from bot.knowledge.loader import Loaded, load
from bot.knowledge.manifest import weakened
from bot.knowledge.misplaced import LOST
from bot.knowledge.model import OWN_FOLDER, KnowledgeBase, Status
from bot.knowledge.parts import TALKS
from bot.knowledge.problems import Place, Problem, Severity, has_errors
from bot.matching.calibration import Calibration
from bot.matching.decision import Answer, Choices
from bot.review import judged, phrasings, reviews, shipping, therapists, wording
from bot.review.edits import LastGood, edited, known, released, sums_of, with_causes
from bot.review.judged import flagged
from bot.review.progress import Progress, silent, told
from bot.triage.gate import Band
from bot.understanding.mind import Flagged, Mind, Screened, Understanding, Understood

Talk = Callable[[Mind, Sequence[str]], Sequence[Reply]]
"""Sends messages, one after the other, into a conversation of their own and returns the replies."""


_FEW = 5
"""Answers without a golden question up to which each is told of; with more, golden questions are not used much."""
_WORTH_TELLING = 0.0005
"""Share of texts without a shipped vector from which on a release is worth while: less is an edit or two."""
_HARMLESS = ("false-alarm",)
"""What is an error of the files, but hurts nobody who asks: it does not keep a version from being served."""


class Checked:
    """The findings about a folder, sorted by place, what waits for a clinician in a line, and how sure the matcher
    is (``None`` with errors). ``known`` are the warnings that were there when the project was released.
    """

    def __init__(
        self,
        problems: list[Problem],
        calibration: Calibration | None,
        to_review: str = "",
        known: Iterable[Problem] = (),
    ) -> None:
        self.problems = sorted(problems)
        self.calibration = calibration
        self.to_review = to_review
        self.known = frozenset(known)

    def count(self, severity: Severity) -> int:
        """Return how many findings have ``severity``."""
        return sum(problem.severity is severity for problem in self.problems)

    def counted(self, severity: Severity) -> str:
        """Return that in words: "2 errors"."""
        number = self.count(severity)
        return f"{number} {severity.value}{'' if number == 1 else 's'}"


def check(
    folder: Path,
    build: Callable[[KnowledgeBase], Mind],
    today: date,
    talk: Talk,
    *,
    paused: Collection[str] = (),
    cache: Path | None = None,
    progress: Progress = silent,
) -> Checked:
    """Return every finding in ``folder`` on the day ``today``, judged by the mind that ``build`` makes of it.

    ``talk`` holds the golden conversations. ``paused``: the entries that staff keep from runners for now. In the
    folder ``cache`` is kept how the files were when all was well, so that a finding in a file that nobody touched
    names the edit that caused it.

    Raises ``CannotRunError`` when there is no such folder.
    """
    if not folder.is_dir():
        raise CannotRunError(f"There is no knowledge folder {folder}. Name another with --knowledge.")
    loaded = load(folder)
    if loaded.knowledge is None:
        return Checked([*_graver(loaded.problems)], None)
    progress("how all questions are understood", 0, 0)
    mind = build(loaded.knowledge)
    own = folder.resolve() == OWN_FOLDER
    files = reviews.own_files(folder)
    problems = [
        *_graver(loaded.problems),
        *phrasings.findings(loaded.knowledge, loaded.places),
        *wording.findings(loaded.knowledge, loaded.places),
        *reviews.findings(loaded.knowledge, today, files),
        *therapists.findings(loaded.knowledge.clinic, loaded.places, today),
        *_paused(loaded.knowledge, paused),
        *_unasked(loaded.knowledge),
        *_golden(mind, loaded, progress),
        *_golden_talks(mind, loaded, talk, progress),
        *weakened(loaded.knowledge, own=own),
        *_signs(mind, loaded, progress),
        *_look_alikes(mind, loaded, progress),
        *judged.findings(mind, loaded.places, progress),
        *_languages(mind, loaded),
        *_examples(mind),
        *(_unshipped(mind) if own else ()),
    ]
    problems = _explained(problems, folder, cache, own=own)
    unchanged = known(problems, sums_of(folder), released() or {}) if own else ()
    return Checked(problems, mind.matcher.calibration, reviews.summary(loaded.knowledge, today, files), unchanged)


def _graver(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield ``problems``, a lost answer as an error: the running bot can do without it, its author cannot."""
    for problem in problems:
        yield replace(problem, severity=Severity.ERROR) if problem.rule == LOST else problem


def _explained(problems: list[Problem], folder: Path, cache: Path | None, *, own: bool) -> list[Problem]:
    """Return ``problems`` with the edits that caused them; where there is no error, note that all is well."""
    if cache is None:
        return problems
    last_good, now = LastGood(folder, cache), sums_of(folder)
    if not has_errors(problems):
        last_good.keep(now)
        return problems
    before, since = last_good.read(), "at the last check without an error"
    if before is None and own:
        before, since = released(), "when the project was released"
    return [*with_causes(problems, edited(now, before), since)] if before else problems


def judge(folder: Path, build: Callable[[KnowledgeBase], Mind], talk: Talk, *, own: bool) -> list[Problem]:
    """Return what keeps the files in ``folder`` from being served: errors of the loader, golden questions that get
    another answer, listed danger signs that are missed or gone. Everything else is ``check``'s.

    ``own``: whether they are the project's own files, wherever they lie; what they lack is then lent by nobody.
    """
    loaded = load(folder, fallback=folder) if own else load(folder)
    problems = [*loaded.problems]
    if loaded.knowledge is not None:
        problems += weakened(loaded.knowledge, own=own)
        mind = build(loaded.knowledge)
        problems += [*_signs(mind, loaded), *_languages(mind, loaded), *_golden(mind, loaded)]
        problems += _golden_talks(mind, loaded, talk)
    return sorted(p for p in problems if p.severity is Severity.ERROR and p.rule not in _HARMLESS)


def _paused(knowledge: KnowledgeBase, paused: Collection[str]) -> Iterator[Problem]:
    for entry in knowledge.published:
        if entry.id in paused:
            yield Problem(
                Place(f"faq/{entry.id}.yaml"),
                Severity.NOTICE,
                "paused-in-telegram",
                f'entry "{entry.id}": staff paused this answer in Telegram, and its file still says "published". '
                f'Set "status: paused", or let runners have it again with: /resume {entry.id}',
            )


def _unasked(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """Yield the answers without a golden question, where the others have one."""
    lacking = [e.id for e in knowledge.published if not knowledge.golden.get(e.id)]
    if not knowledge.golden or not lacking:
        return
    remedy = "Add some to golden.yaml that are not in its ask list: each check then asks them."
    if len(lacking) <= _FEW:
        for entry_id in lacking:
            said = f'entry "{entry_id}": no golden question asks for it. {remedy}'
            yield Problem(Place(f"faq/{entry_id}.yaml"), Severity.WARNING, "no-golden", said)
    else:
        said = f"{len(lacking)} answers have no golden question, such as {', '.join(lacking[:_FEW])}. {remedy}"
        yield Problem(Place("golden.yaml"), Severity.NOTICE, "no-golden", said)


def _golden(mind: Mind, loaded: Loaded, progress: Progress = silent) -> Iterator[Problem]:
    for entry_id, questions in told([*mind.knowledge.golden.items()], "golden questions", progress):
        entry = mind.knowledge.entries.get(entry_id)
        if entry is None or entry.status is not Status.PUBLISHED:
            continue
        for question in questions:
            asked = mind.understand(question)
            got = _outcome(asked)
            if isinstance(asked, Screened):
                place = loaded.places[(f"golden.yaml {entry_id}", question)]
                yield flagged(place, entry_id, question, Band.SCREENING, asked.flag)
            if entry_id not in got:
                yield Problem(
                    loaded.places[(f"golden.yaml {entry_id}", question)],
                    Severity.ERROR,
                    "golden-question",
                    f'"{question}" must get "{entry_id}" and gets {" or ".join(got) or "no answer"}. '
                    f"Add phrasings like it to that entry, or take look-alikes out of the other.",
                )


def _golden_talks(mind: Mind, loaded: Loaded, talk: Talk, progress: Progress = silent) -> Iterator[Problem]:
    for golden in told(mind.knowledge.golden_talks, "golden conversations", progress):
        *_, reply = talk(mind, (*golden.after, golden.ask))
        got = (*reply.entries, *((reply.red_flag,) if reply.red_flag else ()))
        if golden.gets not in got:
            yield Problem(
                loaded.places[(f"golden.yaml {TALKS}", golden.ask)],
                Severity.ERROR,
                "golden-follow-up",
                f'"{golden.ask}", after "{golden.after[-1]}", must get "{golden.gets}" and gets '
                f'{" and ".join(got) or "no answer"}. Add a line like it to the "follow_ups" of that entry.',
            )


def _outcome(understood: Understanding) -> tuple[str, ...]:
    """Return the entry answered, or the ones offered."""
    if isinstance(understood, Screened):
        understood = understood.instead
    if isinstance(understood, Understood):
        if isinstance(understood.decision, Answer):
            return (understood.decision.best.entry_id,)
        if isinstance(understood.decision, Choices):
            return tuple(c.entry_id for c in understood.decision.candidates)
    return (f"the red flag {understood.flag.group}",) if isinstance(understood, Flagged) else ()


def _found_at(mind: Mind, text: str, least: int) -> bool:
    """Return whether the gate finds a sign of at least the level ``least`` in ``text``."""
    said = mind.preparer.said(text)
    listed = mind.gate.listed(said)  # nearly always enough, and quickly told
    found = listed if listed is not None and listed.flag is not None and listed.flag.level >= least else None
    found = found or mind.gate.examine(mind.preparer.compared([said])[0])
    return found.band is Band.ALARM and found.flag is not None and found.flag.level >= least


def _signs(mind: Mind, loaded: Loaded, progress: Progress = silent) -> Iterator[Problem]:
    """Yield the listed danger signs that are not found."""
    for group in told([*mind.knowledge.red_flags.values()], "danger signs", progress):
        for signs in group.signs:
            for message in signs.messages:
                if not _found_at(mind, message, signs.level):
                    yield Problem(
                        loaded.places[(f"red flag {group.id}, signs", message)],
                        Severity.ERROR,
                        "missed-sign",
                        f'"{message}" is not found at its level. Add its words to "words" and "together".',
                    )


def _look_alikes(mind: Mind, loaded: Loaded, progress: Progress) -> Iterator[Problem]:
    """Yield what is taken for a danger sign and is none."""
    for group in told([*mind.knowledge.red_flags.values()], "look-alikes", progress):
        for message in group.look_alikes:
            said = mind.preparer.said(message)
            found = mind.gate.listed(said) or mind.gate.examine(mind.preparer.compared([said])[0])
            if found.flag is not None:
                yield Problem(
                    loaded.places[(f"red flag {group.id}, look_alikes", message)],
                    Severity.ERROR,
                    "false-alarm",
                    f'"{message}" is taken for a danger sign. A line in "together" is too broad.',
                )


def _languages(mind: Mind, loaded: Loaded) -> Iterator[Problem]:
    """Yield the signs of other languages that are not found, and the harmless messages that are taken for one."""
    for code, language in mind.knowledge.languages.items():
        listed = [(group_id, text) for group_id, texts in language.signs.items() for text in texts]
        for group_id, text in [*listed, *(("", text) for text in language.harmless)]:
            signs = mind.gate.foreign_signs(mind.preparer.sentences(text), code)
            found = {sign.flag.group for sign in signs if sign.language == code}
            if group_id and group_id not in found:
                place = loaded.places[(f'language "{code}", signs {group_id}', text)]
                remedy = f'Add its words to "words" and "together" of {code}.yaml.'
                yield Problem(place, Severity.ERROR, "missed-sign", f'"{text}" is not found. {remedy}')
            elif not group_id and found:
                place = loaded.places[(f'language "{code}", harmless', text)]
                remedy = 'A line in "together" is too broad, or a word that denies or asks is missing.'
                yield Problem(
                    place, Severity.ERROR, "false-alarm", f'"{text}" is taken for a danger sign. {remedy}'
                )


def _examples(mind: Mind) -> Iterator[Problem]:
    for question in mind.knowledge.texts["examples"]:
        if not _outcome(mind.understand(question)):
            yield Problem(
                Place("texts.yaml"),
                Severity.WARNING,
                "example-question",
                f'"examples": "{question}" finds no answer. Choose another example.',
            )


def _unshipped(mind: Mind) -> Iterator[Problem]:
    share = shipping.unshipped(mind)
    if share >= _WORTH_TELLING:
        yield Problem(
            Place("."),
            Severity.NOTICE,
            "not-shipped",
            f"For whoever maintains the bot: the vectors of {share:.1%} of the texts are not shipped, so a first "
            "start computes them, at some 20 milliseconds each, and fits anew. Before a release type: make vectors",
        )
