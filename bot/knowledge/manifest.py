"""The danger groups that are shipped, so that nobody weakens the gate unseen."""

from collections.abc import Iterator, Mapping

from bot.knowledge.model import KnowledgeBase, Level, RedFlagGroup
from bot.knowledge.problems import Place, Problem, Severity

SHIPPED: Mapping[str, Mapping[Level, int]] = {
    "blood-clot": {Level.TODAY: 132, Level.NOW: 36},
    "bone-stress": {Level.BEFORE: 132, Level.TODAY: 37},
    "cauda-equina": {Level.NOW: 130},
    "chest-or-breathing": {Level.NOW: 132},
    "collapse-or-faint": {Level.NOW: 131},
    "compartment": {Level.NOW: 129},
    "dark-urine": {Level.NOW: 130},
    "head-or-stroke": {Level.NOW: 132},
    "heat-or-salt": {Level.NOW: 131},
    "infection-or-sepsis": {Level.TODAY: 132, Level.NOW: 41},
    "needling-complication": {Level.TODAY: 134, Level.NOW: 32},
    "pregnancy-danger": {Level.TODAY: 131, Level.NOW: 34},
    "rupture-or-break": {Level.TODAY: 132, Level.NOW: 34},
    "self-harm": {Level.TODAY: 133, Level.NOW: 52},
    "severe-allergy": {Level.NOW: 130},
}
"""Group → level → the fewest signs of that level or a more urgent one: some nine in ten of those shipped."""


def weakened(knowledge: KnowledgeBase, *, own: bool) -> Iterator[Problem]:
    """Yield what ``knowledge`` lacks of the shipped groups: a whole group, a level, or more than a few signs.

    A group that calls for more urgent care than the shipped one, or that has more signs, is no finding. In the
    project's ``own`` folder each is an error; what another clinic lists is its own affair, but never unseen.
    """
    severity = Severity.ERROR if own else Severity.NOTICE
    agreed = "change bot/knowledge/manifest.py" if own else "leave it so"
    remedy = f"Put back what was taken out; only where a clinician agreed, {agreed}."
    for group_id, fewest in SHIPPED.items():
        place = Place(f"red_flags/{group_id}.yaml")
        group = knowledge.red_flags.get(group_id)
        if group is None:
            yield Problem(
                place,
                severity,
                "red-flag-missing",
                f'the danger group "{group_id}" is gone: its signs would get ordinary answers. Put the file back.',
            )
            continue
        for message in _lost(group, fewest):
            yield Problem(place, severity, "red-flag-weakened", f'red flag "{group_id}": {message} {remedy}')


def _lost(group: RedFlagGroup, fewest: Mapping[Level, int]) -> Iterator[str]:
    levels = [signs.level for signs in group.signs]
    base, worst = min(fewest), max(fewest)
    if min(levels) < base:
        yield f'"level" is {min(levels).name} and was shipped as {base.name}: people are told to wait longer.'
    if max(levels) < worst and worst > base:
        yield f'no sign is raised to {worst.name} any more: the part "raised" is gone or its level lower.'
        return
    for level, least in fewest.items():
        count = sum(len(signs.messages) for signs in group.signs if signs.level >= level)
        if count < least:
            yield f"{count} signs call for {level.name} or more; at least {least} of those shipped must stay."
            return
