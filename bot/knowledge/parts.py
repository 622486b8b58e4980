"""Read answers, sources, the menu and lists of texts into their parts of the model."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple, TypedDict, TypeVar

from bot.knowledge import markup, plausible, shown
from bot.knowledge.fields import ID_PATTERN, Fields, did_you_mean
from bot.knowledge.findings import Findings
from bot.knowledge.model import ClinicDetails, Entry, GoldenTalk, MenuSection, Source, Status
from bot.knowledge.problems import Place, Problem, Severity
from bot.knowledge.yaml_reader import Listing, MappingNode, Node, Scalar

T = TypeVar("T")

LONGEST_TITLE = 40
LONGEST_LIMIT = 300
"""Characters of ``see_therapist_if``: more would push the referral off a phone's screen."""
LONGEST_ANSWER = 900
"""Characters of an answer, from which on a warning asks to shorten it: more than a phone's screen holds."""
LONGEST_SYNONYM = 4
"""Words of a variant in ``synonyms.yaml``."""
LONGEST_ID = 50
"""Characters of an id: with what a button asks for they must fit into the 64 bytes of Telegram's callback data."""
TALKS = "follow-ups"
"""The field of ``golden.yaml`` that holds conversations."""
GRADES = ("blog", "G", "R", "T", "C", "P", "product")

_LACKS = ("missing-field", "empty-text")
"""The findings on what is not there yet."""
_RENAMED = 2
"""Uses of a missing name, from which on the name itself was changed rather than each use of it."""


def entry(entry_id: str, node: MappingNode, found: Findings) -> Entry:
    """Return the entry of one file in ``faq/``; what a draft lacks is no error, since nobody gets it yet."""
    before = len(found.problems)
    result = _entry(entry_id, node, found)
    if result.status is Status.DRAFT:
        found.problems[before:] = map(_unfinished, found.problems[before:])
    return result


def is_unfilled(entry: Entry) -> bool:
    """Return whether nothing can be done with ``entry`` yet: a draft without a title, a question or an answer."""
    return entry.status is Status.DRAFT and not (entry.title and entry.ask and entry.answer)


def _unfinished(problem: Problem) -> Problem:
    """Return what is said of a draft in place of ``problem``."""
    if problem.rule not in _LACKS:
        return problem
    return replace(problem, severity=Severity.WARNING, message=f"{problem.message} (Runners do not get a draft.)")


def _entry(entry_id: str, node: MappingNode, found: Findings) -> Entry:
    fields = Fields(node, f'entry "{entry_id}"', found.problems)
    _check_id(entry_id, fields)
    asked, not_asked = fields.texts("ask", required=True), fields.texts("not_about")
    clinic_details = fields.choice("clinic_details", [d.value for d in ClinicDetails] + [""], default="")
    result = Entry(
        id=entry_id,
        title=fields.text("title", required=True, longest=LONGEST_TITLE),
        menu=fields.text("menu"),
        subject=fields.text("subject", longest=LONGEST_TITLE),
        follow_ups=found.remember(f"{entry_id} follow_ups", fields.texts("follow_ups")),
        caution=found.remember(f"{entry_id} caution", fields.texts("caution")),
        status=Status(fields.choice("status", [s.value for s in Status], default=Status.PUBLISHED.value)),
        ask=found.remember(entry_id, asked),
        not_about=found.remember(f"{entry_id} not_about", not_asked),
        answer=shown_text(fields, "answer", required=True),
        see_therapist_if=shown_text(fields, "see_therapist_if", longest=LONGEST_LIMIT),
        related=found.remember(f"{entry_id} related", fields.texts("related", remarks=True)),
        part_of=fields.text("part_of"),
        sources=found.remember(f"{entry_id} sources", fields.texts("sources", remarks=True)),
        **review(fields, "the answer"),
        clinic_details=ClinicDetails(clinic_details) if clinic_details else None,
        without_clinic=shown_text(fields, "without_clinic", longest=LONGEST_LIMIT),
        lists_signs=found.remember(f"{entry_id} lists_signs", fields.texts("lists_signs", remarks=True)),
        alone=fields.yes_no("alone", default=False),
    )
    fields.unread("note")
    for name, value in (("menu", result.menu), ("part_of", result.part_of)):
        found.places[(f"{entry_id} {name}", value)] = fields.place_of(name)
    found.places[(entry_id, "")] = fields.place
    for name in ("title", "answer", "see_therapist_if", "without_clinic"):
        found.places[(entry_id, f"field {name}")] = fields.place_of(name)
    if fields.has("not_about"):
        found.places[(entry_id, "field not_about")] = fields.place_of("not_about")
    found.remember_lines(f'entry "{entry_id}"', fields, "answer", "see_therapist_if")
    if fields.finish():
        _look_at(result, asked, not_asked, fields)
    return result


class Review(TypedDict):
    """Who checked a file, when, and when it is to be checked again."""

    reviewed_by: str
    reviewed_on: date | None
    review_again_on: date | None


def review(fields: Fields, checked: str) -> Review:
    """Return the fields on a clinician's review; ``checked`` is how findings call what was looked at."""
    found = Review(
        reviewed_by=fields.text("reviewed_by"),
        reviewed_on=fields.day("reviewed_on"),
        review_again_on=fields.day("review_again_on"),
    )
    if found["reviewed_by"] and plausible.is_no_name(found["reviewed_by"]):
        fields.report(
            "no-name",
            f'"{found["reviewed_by"]}" in "reviewed_by" is shown to runners as the name of who checked {checked}. '
            'Type a name, or "" as long as nobody has.',
            fields.place_of("reviewed_by"),
        )
    if found["reviewed_on"] and found["review_again_on"] and found["review_again_on"] <= found["reviewed_on"]:
        fields.report(
            "dates-turned-round",
            f'"review_again_on" ({found["review_again_on"]}) is not after "reviewed_on" ({found["reviewed_on"]}). '
            "Type the day of the next review.",
            fields.place_of("review_again_on"),
        )
    if found["reviewed_by"] and not fields.is_filled("reviewed_on"):
        fields.report(
            "missing-field",
            '"reviewed_by" is filled in but "reviewed_on" is not. Add the date, as 2026-03-31.',
            fields.place_of("reviewed_by"),
        )
    if not found["reviewed_by"] and found["reviewed_on"]:
        fields.report(
            "missing-field",
            f'"reviewed_on" is filled in but "reviewed_by" is not. Add the name of who checked {checked}.',
            fields.place_of("reviewed_on"),
        )
    return found


def _check_id(entry_id: str, fields: Fields) -> None:
    if not ID_PATTERN.fullmatch(entry_id):
        fields.report(
            "bad-file-name",
            "the file name is the answer's id: use small letters, digits and hyphens only.",
        )
    elif len(entry_id) > LONGEST_ID:
        fields.report(
            "bad-file-name", f"the file name has {len(entry_id)} characters before .yaml; at most {LONGEST_ID} fit."
        )


def _look_at(result: Entry, asked: list[Scalar], not_asked: list[Scalar], fields: Fields) -> None:
    """Report what is readable and yet not what the author wants."""
    both = {scalar.text.strip().casefold() for scalar in not_asked}
    for scalar in asked:
        if scalar.text.strip().casefold() in both:
            fields.report(
                "asked-and-not",
                f'"{scalar.text.strip()}" stands in "ask" and in "not_about". Keep it where it belongs.',
                scalar.place,
            )
        if not any(map(str.isalnum, scalar.text)):
            fields.report(
                "no-words",
                f'"{scalar.text.strip()}" has no letter or number: nothing can be learned from it.',
                scalar.place,
                Severity.WARNING,
            )
    for name in ("title", "subject"):
        if match := re.search(r"\*\*|\]\(|&\w+;", getattr(result, name)):
            said = f'"{match[0]}" in "{name}" would be shown as it is typed here: only plain text stands there.'
            fields.report("raw-markup", f"{said} Delete it.", fields.place_of(name), Severity.WARNING)
    for name in ("related", "sources", "lists_signs"):
        listed = getattr(result, name)
        twice = next((value for at, value in enumerate(listed) if value in listed[:at]), None)
        if twice or (name == "related" and result.id in listed):
            said = f'"{twice}" stands twice in' if twice else f'this answer itself ("{result.id}") stands in'
            fields.report("repeated-name", f'{said} "{name}". Delete it.', fields.place_of(name), Severity.WARNING)
    if result.status is not Status.PUBLISHED:
        return
    for name, rule, loss in (
        ("menu", "no-menu", 'No menu shows this answer. Add "menu:" with a section of menu.yaml.'),
        ("sources", "no-sources", 'It names no source, so nothing is said about its grounds. Fill in "sources".'),
    ):
        if not fields.is_filled(name):
            fields.report(rule, loss, fields.place_of(name), Severity.WARNING)
    if (length := len(markup.plain(result.answer))) > LONGEST_ANSWER:
        fields.report(
            "long-answer",
            f'"answer" has {length} characters; a phone shows about 700. Shorten it, or make two of it.',
            fields.place_of("answer"),
            Severity.WARNING,
        )


def sources(node: MappingNode, found: Findings) -> dict[str, Source]:
    """Return ``sources.yaml`` as key → source."""

    def one(key: str, fields: Fields) -> Source:
        source = Source(
            key,
            who=fields.text("who", required=True),
            grade=fields.choice("grade", GRADES),
            year=fields.text("year"),
            address=fields.text("address"),
        )
        if source.year and not plausible.has_year(source.year):
            said = f'"{source.year}" in "year" is no year. Type it with four digits, or "".'
            fields.report("unlikely-date", said, fields.place_of("year"), Severity.WARNING)
        if source.address and not markup.is_safe_address(source.address):
            said = '"address" must be a link like https://example.org/page, without spaces; or type "".'
            fields.report("bad-address", said, fields.place_of("address"), Severity.WARNING)
        return source

    return each(node, "source", one, found)


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

    sections = tuple(each(node, "menu section", one, found).values())
    same_titles({section.id: section.title for section in sections}, "menu section", found)
    return sections


def same_titles(titles: Mapping[str, str], label: str, found: Findings) -> None:
    """Report what bears the title of another, which gives two buttons that nobody can tell apart."""
    first: dict[str, str] = {}
    for name, title in titles.items():
        other = first.setdefault(title.casefold(), name)
        if title and other != name:
            place = found.places.get((name, "field title")) or found.places[(label, name)]
            found.warning(
                place, "same-title", f'{label} "{name}": "{other}" has the same title. Give each its own.'
            )


def synonyms(node: MappingNode, found: Findings) -> dict[str, str]:
    """Return ``synonyms.yaml`` as variant → canonical wording."""
    result: dict[str, str] = {}
    for canonical, variants in lists_by_key(node, "synonyms.yaml", found).items():
        for variant in variants:
            key = variant.casefold()
            if fault := _unusable(key, canonical.casefold()):
                place = found.places[(f"synonyms.yaml {canonical}", variant)]
                found.warning(place, "idle-synonym", f'"{variant}" {fault}')
            if key in result and result[key] != canonical:
                found.error(
                    found.places[(f"synonyms.yaml {canonical}", variant)],
                    "repeated-synonym",
                    f'"{variant}" already stands for "{result[key]}". Keep it in one place.',
                )
            result.setdefault(key, canonical)
    return result


def _unusable(variant: str, canonical: str) -> str:
    """Return why a variant of a word can never be found, or nothing."""
    if variant == canonical:
        return "stands for itself. Delete it."
    if "," in variant or ";" in variant:
        return 'is one text with a comma inside. Put quotation marks around each: "first", "second".'
    if len(variant.split()) > LONGEST_SYNONYM:
        return f"has more than {LONGEST_SYNONYM} words, so it is never found. Shorten it."
    return ""


def lists_by_key(node: MappingNode, file: str, found: Findings) -> dict[str, tuple[str, ...]]:
    """Return a file that maps names to lists of texts.

    The places of the names are kept under ``file``, those of the texts under ``"<file> <name>"``.
    """
    fields = Fields(node, file, found.problems)
    found.places.update({(file, name): key.place for name, (key, _) in node.fields.items()})
    result = {name: found.remember(f"{file} {name}", fields.texts(name, required=True)) for name in node.fields}
    fields.finish()
    return result


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
        if inner.finish() and talk.after and talk.ask and talk.gets:
            talks.append(talk)
    questions = MappingNode(node.place, {name: value for name, value in node.fields.items() if name != TALKS})
    return Golden(lists_by_key(questions, "golden.yaml", found), tuple(talks))


def each(node: MappingNode, label: str, read_one: Callable[[str, Fields], T], found: Findings) -> dict[str, T]:
    """Return a file that maps names to groups of fields; the places of the names are kept under ``label``."""
    result = {}
    bare = ""
    """The last name with nothing behind or below it, whose fields then follow without spaces before them."""
    for name, (key, value) in node.fields.items():
        found.places[(label, name)] = key.place
        if not isinstance(value, MappingNode):
            follows = bare and isinstance(value, Scalar) and bool(value.text or value.style)
            if not follows:
                bare = name if isinstance(value, Scalar) and not value.text else ""
                below = "its fields are missing below it. If they stand there, type two spaces before each."
                found.error(key.place, "wrong-kind", f'{label} "{name}": {below}')
            continue
        bare = ""
        fields = Fields(value, f'{label} "{name}"', found.problems)
        result[name] = read_one(name, fields)
        fields.finish()
    return result


def shown_text(
    fields: Fields, name: str, *, required: bool = False, longest: int | None = None
) -> tuple[markup.Block, ...]:
    """Return a field's text as the blocks that runners see."""
    text = fields.text(name, required=required, longest=longest)
    if (scalar := fields.typed(name)) is not None and text:
        for problem in (*shown.findings(scalar), *shown.unfinished(scalar)):
            fields.report(problem.rule, problem.message, problem.place, problem.severity)
    return markup.parse(text) if text else ()


def renamed(
    wanted: Mapping[str, Sequence[Place]], unused: Mapping[str, Place], label: str, found: Findings
) -> set[str]:
    """Report each name that is ``wanted`` and missing beside one that is ``unused`` and nearly the same.

    Returns the names reported, of which nothing is to be said where they are wanted. A name that is wanted once is
    more likely misspelt there.
    """
    told = set()
    for name, places in wanted.items():
        hint = did_you_mean(name, unused)
        mistaken = next((other for other in unused if f'"{other}"' in hint), None)
        if mistaken is None or len(places) < _RENAMED:
            continue
        told.add(name)
        found.error(
            unused[mistaken],
            "renamed",
            f'{label}: "{mistaken}" is used nowhere, and "{name}" is used {len(places)} times and not there. Was '
            f'it renamed? Call it "{name}" again.',
        )
    return told


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
