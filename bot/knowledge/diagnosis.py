"""Why a file cannot be read, and in which line: found by mending the line on trial, from the failure upwards.

A parser notices a mistake where it can go on no longer, often many lines below: a quotation mark that is not closed
swallows text up to the next one. So the lines above its mark are tried one by one: each that looks wrong is mended
as its looks suggest, and the one after whose mending the file can be read is the cause.
"""

import yaml

from bot.knowledge.lines import Lines
from bot.knowledge.mending import Trial, trials
from bot.knowledge.problems import Place, Problem, Severity

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_CAUSES = 5
"""Mistakes of one file told at once."""
_ROOT = 2
"""Which event begins what the file consists of: the ones before tell that a stream and a document begin."""
_MOST_READ = 3_000_000
"""Characters parsed on trial for one mistake; more would keep the person waiting."""

# What libyaml and PyYAML say, and what the person at the keyboard should do where no mending helped.
_REMEDIES = (
    ("mapping values are not allowed", "There is a colon inside a text. Put the whole text in double quotes."),
    ("cannot start any token", "A character here cannot begin a text. Put the whole text in double quotes."),
    ("found a tab", "There is a tab before the text. Use spaces."),
    ("unexpected end of stream", "A quotation mark is opened and never closed. Type the one that is missing."),
    ("document separator", "A quotation mark is opened and never closed. Type the one that is missing."),
    (
        "escape character",
        'A backslash inside double quotes has a special meaning. Write two of them ("\\\\"), or use single quotes.',
    ),
    (
        "expected ',' or",
        'A "[" or "{" is not closed here or above. If it is part of a text, put the whole text in double quotes.',
    ),
)
_OTHERWISE = (
    "This line does not fit the ones above it. Line it up with them, see that each quotation mark has its partner, "
    'and that each line is either "field: text" or "- text".'
)


def causes(text: str, name: str, failure: yaml.YAMLError) -> tuple[list[Problem], str]:
    """Return the findings that say why ``text`` cannot be read, the first for ``failure``, and the text mended.

    What is mended reads as its author meant it, as far as can be told, and line by line as the text: other mistakes
    can be looked for in it. It is empty where that could not be reached.
    """
    told, lines = -1, text.count("\n")
    found: list[Problem] = []
    for _ in range(MOST_CAUSES):
        line, words = _where(failure)
        trial, text, after = _cause(text, line)
        if trial is None:
            place = Place(name, line + 1, _column(failure))
            remedy = next((remedy for sign, remedy in _REMEDIES if sign in words), _OTHERWISE)
            found.append(Problem(place, Severity.ERROR, "unreadable-line", remedy))
            return found, ""
        if trial.line > told:
            found.append(Problem(Place(name, trial.line + 1), Severity.ERROR, trial.rule, trial.message))
        told = max(told, trial.line)
        if after is None:
            return found, text if text.count("\n") == lines else ""
        failure = after
    return found, ""


def _cause(text: str, line: int) -> tuple[Trial | None, str, yaml.YAMLError | None]:
    """Return the mending that lets the file be read furthest, the mended text, and what fails then."""
    lines = Lines(text)
    left = max(8, _MOST_READ // (len(text) + 1))
    best: tuple[Trial | None, str, yaml.YAMLError | None] = (None, text, None)
    furthest = line
    for trial in trials(lines, line):
        # A made-up field takes in whatever stands below it: it hides the mistakes that a mending has come upon.
        if not left or (best[0] is not None and trial.rule == "name-missing"):
            break
        left -= 1
        mended = "\n".join(trial.lines)
        failure = _failure(mended)
        if failure is None:
            return trial, mended, None
        reached = _where(failure)[0] - (len(trial.lines) - len(lines.all))
        if reached > furthest:
            best, furthest = (trial, mended, failure), reached
    return best


def _failure(text: str) -> yaml.YAMLError | None:
    try:
        for number, event in enumerate(yaml.parse(text, Loader=LOADER)):
            if number == _ROOT and isinstance(event, yaml.SequenceStartEvent):
                return yaml.YAMLError("the file is a list, which no file of ours is")
            if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None) not in (None, "!"):
                return yaml.YAMLError("a text starts with a sign of its own meaning")
    except yaml.YAMLError as error:
        return error
    return None


def _where(failure: yaml.YAMLError) -> tuple[int, str]:
    if isinstance(failure, yaml.MarkedYAMLError) and (mark := failure.problem_mark or failure.context_mark):
        return mark.line, str(failure.problem)
    return 0, str(failure)


def _column(failure: yaml.YAMLError) -> int:
    mark = failure.problem_mark if isinstance(failure, yaml.MarkedYAMLError) else None
    return mark.column + 1 if mark else 1
