"""Read what the clinic says of itself (``clinic.yaml``) and the bot's own sentences (``texts.yaml``)."""

import re
from collections.abc import Mapping

from bot.knowledge import shown
from bot.knowledge.fields import Fields
from bot.knowledge.model import Clinic, Therapist
from bot.knowledge.parts import Findings
from bot.knowledge.problems import Severity
from bot.knowledge.texts import EXACTLY, LONGEST_TEXT, RETIRED, TEXT_KEYS
from bot.knowledge.yaml_reader import MappingNode, Scalar

LONGEST_LINE = 300
"""Characters of a detail of the clinic, such as its address."""
LONGEST_OTHERWISE = 2000
"""Characters of a text without a limit of its own: Telegram takes 4,096 in a message, and runners stop before."""
_WEB_PAGE = re.compile(r"https?://[^\s/<>\"']+\.[^\s<>\"']+", re.IGNORECASE)
_GAP = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|[{}]")
_TIMEZONE = re.compile(r"UTC|[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+)+")


def clinic(node: MappingNode, found: Findings) -> Clinic:
    """Return ``clinic.yaml``."""
    fields = Fields(node, "clinic.yaml", found.problems)
    therapists = []
    for item in fields.mappings("therapists"):
        inner = Fields(item, "clinic.yaml, therapists", found.problems)
        therapists.append(
            Therapist(inner.text("name", required=True), inner.text("qualification"), inner.text("register"))
        )
        inner.finish()

    def lines(name: str) -> tuple[str, ...]:
        texts = fields.texts(name, single=True)
        for scalar in texts:
            if "\n" in scalar.text.strip():
                fields.report(
                    "joined-lines",
                    f'the lines of "{name}" would be shown as one. Start each with "- ", on a line of its own.',
                    scalar.place,
                    Severity.WARNING,
                )
        return tuple(scalar.text.strip() for scalar in texts)

    result = Clinic(
        name=fields.text("name", longest=LONGEST_LINE),
        address=fields.text("address", longest=LONGEST_LINE),
        phone=fields.text("phone", longest=LONGEST_LINE),
        booking=fields.text("booking"),
        hours=lines("hours"),
        prices=lines("prices"),
        timezone=fields.text("timezone"),
        blog_url=fields.text("blog_url"),
        therapists=tuple(therapists),
        emergency_numbers=lines("emergency_numbers"),
        crisis_lines=lines("crisis_lines"),
    )
    fields.finish()
    _look_at(result, fields)
    return result


def _look_at(result: Clinic, fields: Fields) -> None:
    """Report what cannot be shown as it was filled in."""
    for name, value in (("booking", result.booking), ("blog_url", result.blog_url)):
        if value and not _WEB_PAGE.fullmatch(value):
            fields.report(
                "bad-address",
                f'"{name}" must be the address of a web page, like https://clinic.example/book, without spaces: '
                "Telegram refuses every answer with a button that leads elsewhere. "
                'A telephone number goes into "phone".',
                fields.place_of(name),
            )
    if result.phone and not any(map(str.isdigit, result.phone)):
        fields.report("no-number", '"phone" has no number in it.', fields.place_of("phone"), Severity.WARNING)
    if result.timezone and not _TIMEZONE.fullmatch(result.timezone):
        fields.report(
            "unknown-value",
            f'"{result.timezone}" in "timezone" is not a time zone. Write continent and city: Europe/London.',
            fields.place_of("timezone"),
            Severity.WARNING,
        )


def texts(
    node: MappingNode, found: Findings, lent: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return ``texts.yaml`` as key → wordings, complaining about gaps that nothing fills.

    ``lent`` has the wordings of keys that need not stand in the file.
    """
    current = {key: value for key, value in node.fields.items() if key not in RETIRED}
    fields = Fields(MappingNode(node.place, current), "texts.yaml", found.problems)
    result = dict(lent or {})
    for key, gaps in TEXT_KEYS.items():
        wordings = fields.texts(key, required=key not in result, single=True)
        if key in result:
            continue
        for wording in wordings:
            _check_gaps(key, wording, gaps, found)
            longest = LONGEST_TEXT.get(key, LONGEST_OTHERWISE)
            if len(wording.text.strip()) > longest:
                found.error(wording.place, "too-long", f'"{key}" has more than {longest} characters. Shorten it.')
            for problem in shown.findings(wording):
                fields.report(problem.rule, problem.message, problem.place, problem.severity)
        wanted = EXACTLY.get(key)
        if wanted is not None and wordings and len(wordings) != wanted:
            found.error(
                wordings[0].place, "wrong-number", f'"{key}" must list {wanted} words, not {len(wordings)}.'
            )
        result[key] = tuple(w.text.strip() for w in wordings)
    for key in sorted(RETIRED & node.fields.keys()):
        place = node.fields[key][0].place
        fields.report("retired", f'"{key}" is not read any more. Delete it.', place, Severity.NOTICE)
    fields.finish()
    return result


def _check_gaps(key: str, wording: Scalar, gaps: frozenset[str], found: Findings) -> None:
    named, wrong = set(), -1
    # A gap is a name and nothing else: "{title!r}" and "{title:>5000}" would show it in another form.
    for gap in _GAP.finditer(wording.text):
        if gap[0] in ("{{", "}}"):
            continue
        named.add(gap["name"])
        if wrong < 0 and gap["name"] not in gaps:
            wrong = gap.start()
    if named != gaps:
        expected = ", ".join(f"{{{gap}}}" for gap in sorted(gaps)) or "none"
        found.error(
            wording.place_at(max(wrong, 0)),
            "wrong-gaps",
            f'texts.yaml, "{key}": the gaps in curly brackets must be: {expected}.',
        )
