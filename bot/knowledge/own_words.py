"""Read the bot's own sentences (``texts.yaml``)."""

import re
from collections.abc import Mapping

from bot.knowledge import shown
from bot.knowledge.fields import Fields
from bot.knowledge.findings import Findings
from bot.knowledge.problems import Severity
from bot.knowledge.texts import EXACTLY, LONGEST_TEXT, RETIRED, TEXT_KEYS
from bot.knowledge.yaml_reader import MappingNode, Scalar

LONGEST_OTHERWISE = 2000
"""Characters of a text without a limit of its own: Telegram takes 4,096 in a message, and runners stop before."""
_GAP = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|[{}]")


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
