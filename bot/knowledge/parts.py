"""Read each kind of knowledge file into its part of the model."""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from bot.knowledge import markup
from bot.knowledge.fields import ID_PATTERN, Fields, did_you_mean
from bot.knowledge.model import (
    Clinic,
    ClinicDetails,
    Entry,
    GoldenTalk,
    Level,
    MenuSection,
    RedFlagGroup,
    Signs,
    Source,
    Status,
    Therapist,
)
from bot.knowledge.problems import Place, Problem, Severity
from bot.knowledge.texts import EXACTLY, LONGEST_TEXT, RETIRED, TEXT_KEYS
from bot.knowledge.yaml_reader import Listing, MappingNode, Node, Scalar

T = TypeVar("T")

LONGEST_TITLE = 40
LONGEST_LIMIT = 300
"""Characters of ``see_therapist_if``: more would push the referral off a phone's screen."""
LONGEST_PHRASE = 600
LONGEST_SCREENING = 450
"""Characters of a screening question: it and its two buttons fit on a phone's screen."""
TALKS = "follow-ups"
"""The field of ``golden.yaml`` that holds conversations."""
GRADES = ("blog", "G", "R", "T", "C", "P", "product")

Places = dict[tuple[str, str], Place]
"""(owner, text) → where the text stands; the owner is an entry id or the name of a file's part."""


@dataclass
class Findings:
    """What reading collects beside the values."""

    problems: list[Problem] = field(default_factory=list)
    places: Places = field(default_factory=dict)

    def remember(self, owner: str, texts: list[Scalar]) -> tuple[str, ...]:
        """Keep the places of ``texts`` and return them as plain strings."""
        kept = []
        for scalar in texts:
            text = scalar.text.strip()
            if len(text) > LONGEST_PHRASE:
                self.error(
                    scalar.place,
                    "too-long",
                    f"This example has {len(text)} characters; nobody types more than {LONGEST_PHRASE}.",
                )
                continue
            self.places.setdefault((owner, text), scalar.place)
            kept.append(text)
        return tuple(kept)

    def error(self, place: Place, rule: str, message: str) -> None:
        """Add an error."""
        self.problems.append(Problem(place, Severity.ERROR, rule, message))


def entry(entry_id: str, node: MappingNode, found: Findings) -> Entry:
    """Return the entry of one file in ``faq/``."""
    fields = Fields(node, f'entry "{entry_id}"', found.problems)
    if not ID_PATTERN.fullmatch(entry_id):
        fields.report(
            "bad-file-name",
            "the file name is the answer's id: use small letters, digits and hyphens only.",
        )
    clinic_details = fields.choice("clinic_details", [d.value for d in ClinicDetails] + [""], default="")
    result = Entry(
        id=entry_id,
        title=fields.text("title", required=True, longest=LONGEST_TITLE),
        menu=fields.text("menu"),
        subject=fields.text("subject", longest=LONGEST_TITLE),
        follow_ups=found.remember(f"{entry_id} follow_ups", fields.texts("follow_ups")),
        caution=found.remember(f"{entry_id} caution", fields.texts("caution")),
        status=Status(fields.choice("status", [s.value for s in Status], default=Status.PUBLISHED.value)),
        ask=found.remember(entry_id, fields.texts("ask", required=True)),
        not_about=found.remember(f"{entry_id} not_about", fields.texts("not_about")),
        answer=_markup(fields, "answer", required=True),
        see_therapist_if=_markup(fields, "see_therapist_if", longest=LONGEST_LIMIT),
        related=found.remember(f"{entry_id} related", fields.texts("related")),
        part_of=fields.text("part_of"),
        sources=found.remember(f"{entry_id} sources", fields.texts("sources")),
        reviewed_by=fields.text("reviewed_by"),
        reviewed_on=fields.day("reviewed_on"),
        review_again_on=fields.day("review_again_on"),
        clinic_details=ClinicDetails(clinic_details) if clinic_details else None,
        without_clinic=_markup(fields, "without_clinic", longest=LONGEST_LIMIT),
        lists_signs=found.remember(f"{entry_id} lists_signs", fields.texts("lists_signs")),
        alone=fields.yes_no("alone", default=False),
    )
    fields.text("note")
    for name, value in (("menu", result.menu), ("part_of", result.part_of)):
        found.places[(f"{entry_id} {name}", value)] = fields.place_of(name)
    found.places[(entry_id, "")] = fields.place
    if result.reviewed_by and not fields.text("reviewed_on"):
        fields.report("missing-field", '"reviewed_by" is filled in but "reviewed_on" is not. Add the date.')
    fields.finish()
    return result


def red_flag_group(group_id: str, node: MappingNode, found: Findings) -> RedFlagGroup:
    """Return the danger signs of one file in ``red_flags/``, with its word combinations (see ``joined``)."""
    fields = Fields(node, f'red flag "{group_id}"', found.problems)
    words = _words(fields, group_id, found)
    signs = [_signs(fields, group_id, words, found)]
    raised_replies: dict[Level, tuple[markup.Block, ...]] = {}
    if (raised := fields.mapping("raised")) is not None:
        inner = Fields(raised, f'red flag "{group_id}", raised', found.problems)
        signs.append(_signs(inner, group_id, words, found))
        if reply := _markup(inner, "reply"):
            raised_replies[signs[1].level] = reply
        inner.finish()
        if signs[1].level <= signs[0].level:
            inner.report("raised-level", 'the level under "raised" must be more urgent than the base level.')
    result = RedFlagGroup(
        id=group_id,
        title=fields.text("title", required=True, longest=LONGEST_TITLE),
        signs=tuple(signs),
        words=words,
        look_alikes=found.remember(f"red flag {group_id}, look_alikes", fields.texts("look_alikes")),
        reply=_markup(fields, "reply", required=True),
        screening=_markup(fields, "screening", longest=LONGEST_SCREENING),
        raised_replies=raised_replies,
    )
    fields.text("note")
    fields.finish()
    return result


def combinations_in(node: MappingNode) -> Place | None:
    """Return where a file in ``red_flags/`` holds word combinations itself, as all of them once did."""
    raised = node.fields["raised"][1] if "raised" in node.fields else None
    inside = raised.fields if isinstance(raised, MappingNode) else {}
    keys = [fields[name][0] for name in ("words", "together") for fields in (node.fields, inside) if name in fields]
    return keys[0].place if keys else None


def joined(group_id: str, node: MappingNode, words: MappingNode, found: Findings) -> MappingNode:
    """Return the fields of a file in ``red_flags/`` together with those of its file in ``red_flag_words/``."""
    label = f'the words of red flag "{group_id}"'
    outer = Fields(words, label, found.problems)
    raised = outer.mapping("raised")
    outer.finish("words", "together")
    fields = dict(node.fields)
    fields.update({name: words.fields[name] for name in ("words", "together") if name in words.fields})
    if raised is None:
        return MappingNode(node.place, fields)
    Fields(raised, f"{label}, raised", found.problems).finish("together")
    if "raised" not in node.fields:
        outer.report(
            "raised-level",
            f'there are combinations under "raised" and no raised level in red_flags/{group_id}.yaml. Add "raised" '
            "with its level and signs there, or take them out here.",
            raised.place,
        )
        return MappingNode(node.place, fields)
    key, worse = node.fields["raised"]
    if isinstance(worse, MappingNode) and "together" in raised.fields:
        both = {**worse.fields, "together": raised.fields["together"]}
        fields["raised"] = (key, MappingNode(worse.place, both))
    return MappingNode(node.place, fields)


def sources(node: MappingNode, found: Findings) -> dict[str, Source]:
    """Return ``sources.yaml`` as key → source."""

    def one(key: str, fields: Fields) -> Source:
        return Source(
            key,
            who=fields.text("who", required=True),
            grade=fields.choice("grade", GRADES),
            year=fields.text("year"),
            address=fields.text("address"),
        )

    return _each(node, "source", one, found)


def texts(
    node: MappingNode, found: Findings, lent: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return ``texts.yaml`` as key → wordings, complaining about gaps that nothing fills.

    ``lent`` has the wordings of keys that need not stand in the file.
    """
    fields = Fields(node, "texts.yaml", found.problems)
    result = dict(lent or {})
    for key, gaps in TEXT_KEYS.items():
        wordings = fields.texts(key, required=key not in result, single=True)
        if key in result:
            continue
        for wording in wordings:
            _check_gaps(key, wording, gaps, found)
            longest = LONGEST_TEXT.get(key)
            if longest is not None and len(wording.text.strip()) > longest:
                found.error(wording.place, "too-long", f'"{key}" has more than {longest} characters. Shorten it.')
        wanted = EXACTLY.get(key)
        if wanted is not None and wordings and len(wordings) != wanted:
            found.error(
                wordings[0].place, "wrong-number", f'"{key}" must list {wanted} words, not {len(wordings)}.'
            )
        result[key] = tuple(w.text.strip() for w in wordings)
    for key in sorted(RETIRED & node.fields.keys()):
        fields.report("retired", f'"{key}" is not read any more. Delete it.', fields.place_of(key), Severity.NOTICE)
    fields.finish(*RETIRED)
    return result


def menu(node: MappingNode, found: Findings) -> tuple[MenuSection, ...]:
    """Return ``menu.yaml``: the sections in the order in which they are shown."""

    def one(key: str, fields: Fields) -> MenuSection:
        return MenuSection(
            key,
            fields.text("title", required=True, longest=LONGEST_TITLE),
            fields.yes_no("listed", default=True),
            fields.yes_no("after_red_flag", default=False),
            fields.yes_no("answer_first", default=False),
        )

    return tuple(_each(node, "menu section", one, found).values())


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
        return tuple(s.text.strip() for s in fields.texts(name, single=True))

    result = Clinic(
        name=fields.text("name"),
        address=fields.text("address"),
        phone=fields.text("phone"),
        booking=fields.text("booking"),
        hours=lines("hours"),
        prices=lines("prices"),
        timezone=fields.text("timezone"),
        blog_url=fields.text("blog_url"),
        therapists=tuple(therapists),
        emergency_numbers=lines("emergency_numbers"),
        crisis_lines=lines("crisis_lines"),
    )
    for name, value in (("booking", result.booking), ("blog_url", result.blog_url)):
        if value and markup.unsafe_addresses(f"[x]({value})"):
            fields.report("bad-address", f'"{name}" must be an address like https://…', fields.place_of(name))
    fields.finish()
    return result


def synonyms(node: MappingNode, found: Findings) -> dict[str, str]:
    """Return ``synonyms.yaml`` as variant → canonical wording."""
    result: dict[str, str] = {}
    for canonical, variants in lists_by_key(node, "synonyms.yaml", found).items():
        for variant in variants:
            key = variant.casefold()
            if key in result and result[key] != canonical:
                found.error(
                    found.places[(f"synonyms.yaml {canonical}", variant)],
                    "repeated-synonym",
                    f'"{variant}" already stands for "{result[key]}". Keep it in one place.',
                )
            result.setdefault(key, canonical)
    return result


def lists_by_key(node: MappingNode, file: str, found: Findings) -> dict[str, tuple[str, ...]]:
    """Return a file that maps names to lists of texts; places are kept under ``"<file> <name>"``."""
    fields = Fields(node, file, found.problems)
    return {name: found.remember(f"{file} {name}", fields.texts(name, required=True)) for name in node.fields}


class Golden(NamedTuple):
    """What ``golden.yaml`` holds."""

    questions: Mapping[str, tuple[str, ...]]
    talks: tuple[GoldenTalk, ...]


NO_GOLDEN = Golden({}, ())


def golden(node: MappingNode, found: Findings) -> Golden:
    """Return ``golden.yaml``: questions by the entry they must get, and the conversations below ``follow-ups``."""
    fields = Fields(node, "golden.yaml", found.problems)
    talks = []
    for item in fields.mappings(TALKS):
        inner = Fields(item, f"golden.yaml, {TALKS}", found.problems)
        talk = GoldenTalk(
            after=tuple(line.text.strip() for line in inner.texts("after", required=True, single=True)),
            ask=inner.text("ask", required=True),
            gets=inner.text("gets", required=True),
        )
        found.places[(f"golden.yaml {TALKS}", talk.ask)] = item.place
        inner.finish()
        talks.append(talk)
    questions = MappingNode(node.place, {name: value for name, value in node.fields.items() if name != TALKS})
    return Golden(lists_by_key(questions, "golden.yaml", found), tuple(talks))


def _each(node: MappingNode, label: str, read_one: Callable[[str, Fields], T], found: Findings) -> dict[str, T]:
    result = {}
    for name, (key, value) in node.fields.items():
        if not isinstance(value, MappingNode):
            found.error(key.place, "wrong-kind", f'{label} "{name}": its fields are missing below it.')
            continue
        fields = Fields(value, f'{label} "{name}"', found.problems)
        result[name] = read_one(name, fields)
        fields.finish()
    return result


def _markup(
    fields: Fields, name: str, *, required: bool = False, longest: int | None = None
) -> tuple[markup.Block, ...]:
    text = fields.text(name, required=required, longest=longest)
    for address in markup.unsafe_addresses(text):
        fields.report(
            "bad-address",
            f'the link "{address}" must start with https://, http:// or tel:.',
            fields.place_of(name),
        )
    return markup.parse(text) if text else ()


def _words(fields: Fields, group_id: str, found: Findings) -> dict[str, tuple[str, ...]]:
    node = fields.mapping("words")
    if node is None:
        return {}
    return lists_by_key(node, f"red flag {group_id}, words", found)


def _signs(fields: Fields, group_id: str, words: dict[str, tuple[str, ...]], found: Findings) -> Signs:
    level = Level[fields.choice("level", [level.name for level in reversed(Level)])]
    together = []
    for place, cells in fields.lists("together"):
        for cell in cells:
            if cell.text not in words:
                fields.report(
                    "unknown-words",
                    f'"{cell.text}" is not a list under "words".{did_you_mean(cell.text, words)}',
                    cell.place,
                )
        if not cells:
            fields.report("empty-text", 'an empty line in "together". Delete it.', place)
        else:
            together.append(tuple(cell.text for cell in cells if cell.text in words))
    messages = found.remember(f"red flag {group_id}, signs", fields.texts("signs", required=True))
    return Signs(level, messages, tuple(row for row in together if row))


def _check_gaps(key: str, wording: Scalar, gaps: frozenset[str], found: Findings) -> None:
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(wording.text) if name is not None}
    except ValueError:
        named = {"{"}
    if named != gaps:
        expected = ", ".join(f"{{{gap}}}" for gap in sorted(gaps)) or "none"
        found.error(
            wording.place,
            "wrong-gaps",
            f'texts.yaml, "{key}": the gaps in curly brackets must be: {expected}.',
        )


def as_mapping(node: Node | None, name: str, found: Findings) -> MappingNode | None:
    """Return the node when it is a mapping; an empty file is one without fields."""
    if node is None:
        return MappingNode(Place(name))
    if isinstance(node, MappingNode):
        return node
    found.error(
        node.place,
        "wrong-kind",
        'The file must consist of fields such as "title: …"'
        + (", not a list." if isinstance(node, Listing) else "."),
    )
    return None
