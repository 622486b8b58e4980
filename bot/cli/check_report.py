"""What ``check`` says to a person: what others have to do first and in few lines, what must be mended last."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from bot.knowledge.problems import Place, Problem, Severity
from bot.knowledge.rules import RULES
from bot.review.check import Checked

_NAMED = 3
_KNOWN = (
    "Known since the project was released, in files that nobody has edited since. They are none of yours, unless "
    "you want to mend them:"
)


def report(checked: Checked, *, whole: bool = False) -> Iterator[str]:
    """Yield the lines of the report; only the ``whole`` one has every notice on a line of its own."""
    notices = [p for p in checked.problems if p.severity is Severity.NOTICE]
    if whole:
        yield from _by_file(notices)
    else:
        yield from _by_kind(notices)
    known = [p for p in checked.problems if p in checked.known]
    if known:
        yield _KNOWN
        yield from _by_file(known)
        yield ""
    for severity in (Severity.WARNING, Severity.ERROR):
        yield from _by_file(p for p in checked.problems if p.severity is severity and p not in checked.known)
    yield ", ".join(map(checked.counted, Severity)) + (f" ({len(known)} of the warnings known)" if known else "")
    if checked.to_review:
        yield f"{checked.to_review} (a booklet for it: .venv/bin/python -m bot export review OUT.html)"
    if (found := checked.calibration) is not None:
        yield (
            f"on {found.messages} texts not learned from: {found.first:.0%} ranked first, "
            f"{found.in_three:.0%} among the first three; "
            f"{found.answered:.0%} answered at once, {found.wrong:.1%} of them wrongly or "
            f"{found.out_of_scope_answered:.1%} of the off-topic ones; calibration error {found.error:.3f}"
        )


def _by_file(problems: Iterable[Problem]) -> Iterator[str]:
    for file, of_file in groupby(problems, key=lambda problem: problem.place.file):
        yield file
        for problem in of_file:
            where = f"{problem.place.line}:{problem.place.column}"
            yield f"  {where:>8}  {problem.severity.value:<8} {problem.message}  ({problem.rule})"


def _by_kind(notices: Iterable[Problem]) -> Iterator[str]:
    """Yield a line for each kind of notice: how many there are, and the first places."""
    kinds: dict[str, list[Problem]] = {}
    for notice in notices:
        kinds.setdefault(notice.rule, []).append(notice)
    for rule, (first, *others) in kinds.items():
        if not others:
            yield f"notice: {_named(first.place)}: {first.message}  ({rule})"
            continue
        named = ", ".join(_named(p.place) for p in (first, *others[: _NAMED - 1]))
        more = len(others) + 1 - _NAMED
        rest = f" and {more} more (see them with --all)" if more > 0 else ""
        yield f"{len(others) + 1} notices: {RULES[rule]} {named}{rest}  ({rule})"


def _named(place: Place) -> str:
    return place.file if place == Place(place.file) else f"{place.file}:{place.line}"
