"""What to look after in the directory of therapists: certifications that end or are missing, misspelt parts of the
body.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.clinic.directory import body_parts, ended, ending
from bot.knowledge.clinic import CERTIFICATIONS, TREATED
from bot.knowledge.model import Clinic, Therapist
from bot.knowledge.problems import Place, Problem, Severity
from bot.text.normalise import normalise, words
from bot.understanding.context import BODY_PARTS

_FILE = Place("clinic.yaml")
_SHORTEST = 5
"""Letters of a word that one slip may have turned from a part of the body: shorter ones are other words."""


def findings(clinic: Clinic, places: Mapping[tuple[str, str], Place], today: date) -> Iterator[Problem]:
    """Yield the findings about the therapists of ``clinic`` on the day ``today``."""

    def warning(owner: tuple[str, str], therapist: Therapist, rule: str, message: str) -> Problem:
        label = f'clinic.yaml, therapist "{therapist.name}"'
        return Problem(places.get(owner, _FILE), Severity.WARNING, rule, f"{label}: {message}")

    for one, until in ended(clinic.therapists, today).items():
        yield warning(
            (CERTIFICATIONS, one.name),
            one,
            "certification-ended",
            f"the certification ended on {until}, so runners are not shown this therapist. When it is renewed, put "
            'the new day into "valid_until"; else take the therapist out.',
        )
    for one, until in ending(clinic.therapists, today).items():
        yield warning(
            (CERTIFICATIONS, one.name),
            one,
            "certification-ends",
            f"the certification ends on {until}, after which runners are not shown this therapist. When it is "
            'renewed, put the new day into "valid_until".',
        )
    for one in clinic.therapists:
        if one.certification is None or one.certification.valid_until is None:
            yield warning(
                (CERTIFICATIONS, one.name),
                one,
                "certification-without-day",
                'no "certification" with a "valid_until" is given, so runners are shown this therapist for ever, '
                "among the certified ones. Put in the day until which the certification holds.",
            )
        for text in one.treats:
            if meant := _meant(text):
                yield warning(
                    (TREATED, text),
                    one,
                    "unknown-body-part",
                    f'"{text}" in "treats" is no part of the body that the bot knows. Did you mean "{meant}"?',
                )


def _meant(text: str) -> str:
    """Return the part of the body that a word of ``text`` nearly is; nothing where it is one, or none is near."""
    for word in words(normalise(text)):
        if len(word) < _SHORTEST or body_parts([Therapist("", treats=(word,))]):
            continue
        near = process.extractOne(word, sorted(BODY_PARTS), scorer=OSA.distance, score_cutoff=1)
        if near is not None:
            return str(near[0])
    return ""
