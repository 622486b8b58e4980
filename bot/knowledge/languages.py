"""Read the files about other languages: what the bot recognises and says in each."""

import re
from collections.abc import Mapping

from bot.knowledge.fields import Fields, did_you_mean
from bot.knowledge.findings import Findings
from bot.knowledge.model import OtherLanguage
from bot.knowledge.parts import lists_by_key, review
from bot.knowledge.yaml_reader import MappingNode

_CODE = re.compile(r"[a-z]{2,3}")
_Rows = dict[str, tuple[tuple[str, ...], ...]]


def other_language(code: str, node: MappingNode, found: Findings) -> OtherLanguage:
    """Return one file of ``other_languages/``, whose name is the language's code."""
    label = f'language "{code}"'
    fields = Fields(node, label, found.problems)
    if not _CODE.fullmatch(code):
        fields.report("bad-file-name", 'the file name must be the code of a language, such as "nl.yaml".')
    words = _lists(fields, "words", f"{label}, words", found)

    def texts(name: str) -> tuple[str, ...]:
        return found.remember(f"{label}, {name}", fields.texts(name))

    result = OtherLanguage(
        code=code,
        name=fields.text("name", required=True),
        emergency=fields.text("emergency", required=True),
        today=fields.text("today", required=True),
        crisis=fields.text("crisis", required=True),
        notice=fields.text("notice", required=True),
        common=tuple(fields.text("common", required=True).split()),
        cries=texts("cries"),
        denies_before=texts("denies_before"),
        denies_next=texts("denies_next"),
        denies_after=texts("denies_after"),
        turns=texts("turns"),
        only_asks=texts("only_asks"),
        words=words,
        together=_rows(fields, label, "together", words, found),
        raised=_rows(fields, label, "raised", words, found),
        signs=_lists(fields, "signs", f"{label}, signs", found),
        harmless=texts("harmless"),
        inside_words=fields.yes_no("inside_words", default=False),
        **review(fields, "these sentences"),
    )
    fields.finish()
    return result


def _lists(fields: Fields, name: str, file: str, found: Findings) -> dict[str, tuple[str, ...]]:
    node = fields.mapping(name)
    return {} if node is None else lists_by_key(node, file, found)


def _rows(fields: Fields, label: str, name: str, words: Mapping[str, tuple[str, ...]], found: Findings) -> _Rows:
    """Return, by danger group, the rows of names of ``words`` that are a sign together."""
    node = fields.mapping(name)
    if node is None:
        return {}
    found.places.update({(f"{label}, {name}", group): key.place for group, (key, _) in node.fields.items()})
    inner = Fields(node, f"{label}, {name}", found.problems)
    result: _Rows = {}
    for group in node.fields:
        rows = []
        for place, cells in inner.lists(group):
            unknown = [cell for cell in cells if cell.text not in words]
            for cell in unknown:
                hint = did_you_mean(cell.text, words)
                inner.report("unknown-words", f'"{cell.text}" is not a list under "words".{hint}', cell.place)
            if not cells:
                inner.report("empty-text", f'an empty line in "{group}". Delete it.', place)
            elif not unknown:
                rows.append(tuple(cell.text for cell in cells))
        result[group] = tuple(rows)
    return result
