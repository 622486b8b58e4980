"""Names that lead from one knowledge file to another: does each lead somewhere?"""

import re
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet

from bot.knowledge import parts
from bot.knowledge.fields import did_you_mean
from bot.knowledge.findings import Findings
from bot.knowledge.model import CRY, OUT_OF_SCOPE, UNKNOWN_GROUP, Entry, KnowledgeBase, Status
from bot.knowledge.problems import Place, Severity

_SHORT_LIST = 15
"""More names than this would drown the finding they are meant to explain."""
_MANY = 3
"""Answers that name a missing one, from which on it was deleted rather than each name misspelt."""

_WHERE = {
    "unknown-source": " Sources are the words at the left edge of sources.yaml; add yours there first.",
    "unknown-entry": " Answers are named by their files in faq/, without .yaml.",
}
_FEW = 0.1
"""Share of the answers up to which lacking a field that the others have is an oversight."""
_TITLE = 5
"""Letters from which on the beginning of a title is one, rather than a misspelt name."""


def check(
    knowledge: KnowledgeBase,
    ids: AbstractSet[str],
    groups: AbstractSet[str],
    found: Findings,
    unfilled: AbstractSet[str] = frozenset(),
) -> None:
    """Report each name that leads nowhere; ``ids`` and ``groups`` are those of the answers and danger groups.

    ``unfilled`` are those of the answers that are not among the knowledge's entries because they hold nothing yet.
    """
    titles = {
        "unknown-entry": {entry.title.casefold(): entry.id for entry in knowledge.entries.values()},
        "unknown-section": {section.title.casefold(): section.id for section in knowledge.menu},
    }
    broken = {problem.place.file for problem in found.problems if problem.severity is Severity.ERROR}
    sections = {section.id for section in knowledge.menu}
    for rule, name, known, file in (
        ("unknown-entry", "related", ids, ""),
        ("unknown-entry", "part_of", ids, ""),
        ("unknown-source", "sources", set(knowledge.sources), "sources.yaml"),
        ("unknown-group", "lists_signs", groups, ""),
        ("unknown-section", "menu", sections, "menu.yaml"),
    ):
        # Where the file itself is broken or missing, that is the one thing to mend.
        if file in broken or (file and not known):
            continue
        uses: dict[str, list[tuple[Entry, Place]]] = {}
        for entry in knowledge.entries.values():
            values = getattr(entry, name)
            for value in (values,) if isinstance(values, str) else values:
                if value:
                    uses.setdefault(value, []).append((entry, found.places[(f"{entry.id} {name}", value)]))
        wanted = {value: [place for _, place in used] for value, used in uses.items() if value not in known}
        told = _told_once(file, wanted, [key for key in known if key not in uses], found) if wanted else set()
        for value in wanted.keys() - told:
            for entry, place in uses[value]:
                meant = _titled(value.casefold(), titles.get(rule, {}))
                hint = (
                    f' That is the title of "{meant}": write "{meant}".' if meant else _several(value, name, known)
                )
                hint = hint or _longer(value, known) or did_you_mean(value, known)
                message = f'entry "{entry.id}": "{value}" in "{name}" does not exist.'
                found.error(place, rule, message + (hint or _short_list(known) or _WHERE.get(rule, "")))
    copies = broken | {problem.place.file for problem in found.problems if problem.rule == "same-file"}
    shown = {entry.id: entry.title for entry in knowledge.published if f"faq/{entry.id}.yaml" not in copies}
    parts.same_titles(shown, "entry", found)
    for entry in knowledge.entries.values():
        _check_topic(entry, knowledge, unfilled, found)
    _check_groups(knowledge, groups, found)
    _check_questions(knowledge, ids, found)
    _check_talks(knowledge, ids | groups, found)


def check_sections(knowledge: KnowledgeBase, found: Findings) -> None:
    """Report the sections of the menu in which no answer stands."""
    broken = any(problem.severity is Severity.ERROR for problem in found.problems)
    for section in knowledge.menu:
        if not broken and not knowledge.section(section.id):
            said = (
                f'menu section "{section.id}": no published answer stands in it. Name it in "menu:", or delete it.'
            )
            found.warning(found.places[("menu section", section.id)], "empty-section", said)


def _several(value: str, name: str, known: AbstractSet[str]) -> str:
    """Return what to say of a text that is the names of several, or nothing."""
    named = [part.strip() for part in re.split(r"[,;/]| and ", value)]
    if len(named) < 2 or not {*named} <= known:
        return ""
    if name in ("menu", "part_of"):
        return f' Only one can stand there: "{named[0]}".'
    return f" These are {len(named)} names: put a comma between them, and quotation marks around each or none."


def _longer(value: str, known: AbstractSet[str]) -> str:
    """Return what to say of a name that goes on behind its end, as "Lyco p. 12" does, or nothing."""
    begun = [name for name in known if re.match(rf"{re.escape(name)}\W", value)]
    return f' Write "{max(begun, key=len)}" and nothing behind it.' if begun else ""


def _titled(value: str, titles: Mapping[str, str]) -> str:
    """Return the name of what is called ``value``, or alone begins with it; empty where nothing is."""
    begins = re.compile(rf"{re.escape(value)}\b")
    named = [name for title, name in titles.items() if begins.match(title)]
    return titles.get(value, "") or (named[0] if len(named) == 1 and len(value) >= _TITLE else "")


def _told_once(file: str, wanted: dict[str, list[Place]], unused: list[str], found: Findings) -> set[str]:
    """Report names that many answers use and that are gone, each once, and return them."""
    if file:
        label = "source" if file == "sources.yaml" else "menu section"
        return parts.renamed(wanted, {key: found.places[(label, key)] for key in unused}, file, found)
    told = set()
    for value, places in wanted.items():
        if len(places) < _MANY or did_you_mean(value, unused):
            continue
        told.add(value)
        where = ", ".join(f"{place.file}:{place.line}" for place in sorted(places))
        found.error(
            Place(f"faq/{value}.yaml"),
            "missing-file",
            f"This file is missing, and {len(places)} answers name it. Put it back, or take it out of {where}.",
        )
    return told


def _check_questions(knowledge: KnowledgeBase, ids: AbstractSet[str], found: Findings) -> None:
    for file, questions_of in (("golden.yaml", knowledge.golden), ("messages.yaml", knowledge.messages)):
        for entry_id, questions in questions_of.items():
            if entry_id not in ids and entry_id != OUT_OF_SCOPE and questions:
                found.error(
                    found.places[(f"{file} {entry_id}", questions[0])],
                    "unknown-entry",
                    f'{file}: there is no entry "{entry_id}".{did_you_mean(entry_id, ids)}',
                )


def check_look_alikes(knowledge: KnowledgeBase, found: Findings) -> None:
    """Report answers without a field that nearly all have: without its name, look-alikes count as phrasings."""
    lacking = [entry for entry in knowledge.published if (entry.id, "field not_about") not in found.places]
    if len(lacking) > len(knowledge.published) * _FEW:
        return
    # A misspelt name, too, is a missing field: one mistake gives one finding.
    broken = {problem.place.file for problem in found.problems if problem.severity is Severity.ERROR}
    for place, entry in ((found.places[(entry.id, "")], entry) for entry in lacking):
        if place.file in broken:
            continue
        found.warning(
            place,
            "no-look-alikes",
            f'entry "{entry.id}": "not_about:" is missing. Was its line deleted? Then the look-alikes below it '
            'count as phrasings of "ask": type the line again above them. If there are none, type "not_about: []".',
        )


def _check_talks(knowledge: KnowledgeBase, known: AbstractSet[str], found: Findings) -> None:
    for talk in knowledge.golden_talks:
        if talk.gets not in known:
            found.error(
                found.places[(f"golden.yaml {parts.TALKS}", talk.ask)],
                "unknown-entry",
                f'golden.yaml: there is no entry or danger group "{talk.gets}".{did_you_mean(talk.gets, known)}',
            )


def _check_topic(entry: Entry, knowledge: KnowledgeBase, unfilled: AbstractSet[str], found: Findings) -> None:
    topic = knowledge.entries.get(entry.part_of)
    if topic is None and entry.part_of not in unfilled:
        return  # told of already, as an unknown entry or an unreadable file
    if topic is None:
        remedy = f'"{entry.part_of}" in "part_of" is an empty draft. Fill it in first, or leave "part_of" empty.'
    elif topic.part_of:
        remedy = (
            f'names itself in "part_of". Leave that line empty, or name the topic "{entry.id}" belongs to.'
            if topic is entry
            else f'"{topic.id}" in "part_of" is itself a part of "{topic.part_of}". Name "{topic.part_of}" instead.'
        )
    elif entry.status is Status.PUBLISHED and topic.status is not Status.PUBLISHED:
        remedy = f'"{topic.id}" in "part_of" is not published. Publish it, or leave "part_of" empty.'
    else:
        return
    place = found.places[(f"{entry.id} part_of", entry.part_of)]
    found.error(place, "bad-topic", f'entry "{entry.id}": {remedy}')


def _check_groups(knowledge: KnowledgeBase, groups: AbstractSet[str], found: Findings) -> None:
    for file, owner, group in _groups_named(knowledge):
        if groups and group not in groups:
            found.error(
                found.places[(owner, group)],
                "unknown-group",
                f'{file}: there is no danger group "{group}".{did_you_mean(group, groups)}',
            )


def _groups_named(knowledge: KnowledgeBase) -> Iterator[tuple[str, str, str]]:
    """Yield the danger groups named outside of their own files: the file, who names it there, the group."""
    for group in knowledge.cries:
        if group not in (CRY, UNKNOWN_GROUP):
            yield "cries.yaml", "cries.yaml", group
    for code, language in knowledge.languages.items():
        parts_of = (("together", language.together), ("raised", language.raised), ("signs", language.signs))
        owner_of = {group: f'language "{code}", {name}' for name, groups in reversed(parts_of) for group in groups}
        for group, owner in owner_of.items():
            yield f"other_languages/{code}.yaml", owner, group


def _short_list(known: Collection[str]) -> str:
    return f" There are: {', '.join(sorted(known))}." if len(known) <= _SHORT_LIST else ""
