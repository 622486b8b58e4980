"""Read the danger signs: a file of ``red_flags/`` together with its file of ``red_flag_words/``."""

from bot.knowledge import markup, parts
from bot.knowledge.fields import Fields, did_you_mean
from bot.knowledge.findings import Findings
from bot.knowledge.model import Level, RedFlagGroup, Signs
from bot.knowledge.parts import LONGEST_TITLE, lists_by_key, shown_text
from bot.knowledge.problems import Place, Severity
from bot.knowledge.yaml_reader import MappingNode, Scalar

_Row = tuple[Fields, Scalar]
LONGEST_SCREENING = 450
"""Characters of a screening question: it and its two buttons fit on a phone's screen."""


def red_flag_group(group_id: str, node: MappingNode, found: Findings) -> RedFlagGroup:
    """Return the danger signs of one file in ``red_flags/``, with its word combinations (see ``joined``)."""
    fields = Fields(node, f'red flag "{group_id}"', found.problems)
    words = _words(fields, group_id, found)
    rows: list[_Row] = []
    signs = [_signs(fields, group_id, words, rows, found)]
    raised_replies: dict[Level, tuple[markup.Block, ...]] = {}
    if (raised := fields.mapping("raised")) is not None:
        inner = Fields(raised, f'red flag "{group_id}", raised', found.problems)
        signs.append(_signs(inner, group_id, words, rows, found))
        if reply := shown_text(inner, "reply"):
            raised_replies[signs[1].level] = reply
            found.remember_lines(f'red flag "{group_id}"', inner, "reply")
        inner.finish()
        known = {level.name for level in Level} >= {_typed(fields, "level"), _typed(inner, "level")}
        if signs[1].level <= signs[0].level and known:
            inner.report("raised-level", 'the level under "raised" must be more urgent than the base level.')
    result = RedFlagGroup(
        id=group_id,
        title=fields.text("title", required=True, longest=LONGEST_TITLE),
        signs=tuple(signs),
        words=words,
        look_alikes=found.remember(f"red flag {group_id}, look_alikes", fields.texts("look_alikes")),
        reply=shown_text(fields, "reply", required=True),
        screening=shown_text(fields, "screening", longest=LONGEST_SCREENING),
        raised_replies=raised_replies,
        **parts.review(fields, "these danger signs"),
    )
    fields.unread("note")
    fields.finish()
    found.remember_lines(f'red flag "{group_id}"', fields, "reply")
    listed = {message for level in signs for message in level.messages}
    for message in (message for message in result.look_alikes if message in listed):
        found.warning(
            found.places[(f"red flag {group_id}, look_alikes", message)],
            "asked-and-not",
            f'red flag "{group_id}": "{message}" stands in "signs" and in "look_alikes". Keep it where it belongs; '
            'when in doubt in "signs".',
        )
    _check_words(rows, group_id, words, found)
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


def _typed(fields: Fields, name: str) -> str:
    scalar = fields.typed(name)
    return scalar.text.strip() if scalar is not None else ""


def _words(fields: Fields, group_id: str, found: Findings) -> dict[str, tuple[str, ...]]:
    node = fields.mapping("words")
    return {} if node is None else lists_by_key(node, f"red flag {group_id}, words", found)


def _signs(
    fields: Fields, group_id: str, words: dict[str, tuple[str, ...]], rows: list[_Row], found: Findings
) -> Signs:
    """Return the signs of one level; the lists that its combinations name are added to ``rows``."""
    level = Level[fields.choice("level", [level.name for level in reversed(Level)])]
    together = []
    for place, cells in fields.lists("together"):
        rows.extend((fields, cell) for cell in cells)
        if not cells:
            fields.report("empty-text", 'an empty line in "together". Delete it.', place)
        else:
            together.append(tuple(cell.text for cell in cells if cell.text in words))
    messages = found.remember(f"red flag {group_id}, signs", fields.texts("signs", required=True))
    return Signs(level, messages, tuple(row for row in together if row))


def _check_words(rows: list[_Row], group_id: str, words: dict[str, tuple[str, ...]], found: Findings) -> None:
    """Report the lists that combinations name and that are not there."""
    wanted: dict[str, list[Place]] = {}
    for _, cell in rows:
        wanted.setdefault(cell.text, []).append(cell.place)
    unused = {name: found.places[(f"red flag {group_id}, words", name)] for name in words if name not in wanted}
    broken = {problem.place.file for problem in found.problems if problem.severity is Severity.ERROR}
    for name, place in unused.items() if words and rows else ():
        if place.file in broken:
            continue
        if not did_you_mean(name, [word for word in wanted if word not in words]):
            said = f'the words of red flag "{group_id}": no line of "together" names "{name}", so it finds nothing.'
            found.warning(place, "unused-words", f"{said} Name it there, or delete it.")
    missing = {name: places for name, places in wanted.items() if name not in words}
    told = parts.renamed(missing, unused, f'the words of red flag "{group_id}"', found) if missing else set()
    for fields, cell in rows:
        if cell.text in missing and cell.text not in told:
            fields.report(
                "unknown-words",
                f'"{cell.text}" is not a list under "words".{did_you_mean(cell.text, words)}',
                cell.place,
            )
