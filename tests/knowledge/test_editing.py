"""A field of a knowledge file is changed, and every other byte stays."""

from difflib import ndiff
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.knowledge.editing import EditError, Value, edited
from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.yaml_reader import Listing, MappingNode, Scalar, read
from bot.review.table import FIELDS, LISTS

FILE = """\
# A remark at the top.
title: "Soreness"   # what a button shows
menu: after
status:   published
ask:   # the more the better
  # first the short ones
  - "sore"   # very common
  - achy
  # then the long ones
  - 'it''s stiff'

answer: |
  First.

  # no remark

  - a

# A remark between.
related: [run-after, "bruise"]   # two
reviewed_by: ""
reviewed_on:              # for example 2026-03-31
note: >
  for
  colleagues
"""
REMARK = "   # what a button shows"
EXAMPLE = "              # for example 2026-03-31"


def changed_lines(changes: dict[str, Value], file: str = FILE) -> list[str]:
    """Return the lines that go and come."""
    after = edited(file.encode(), changes, FIELDS).decode()
    lines = ndiff(file.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line.rstrip("\n") for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"title": 'A "b": c'}, [f'- title: "Soreness"{REMARK}', rf'+ title: "A \"b\": c"{REMARK}']),
        ({"menu": "session"}, ["- menu: after", "+ menu: session"]),
        ({"menu": "a b"}, ["- menu: after", '+ menu: "a b"']),
        ({"menu": ""}, ["- menu: after", "+ menu:"]),
        ({"status": "draft"}, ["- status:   published", "+ status:   draft"]),
        ({"reviewed_by": "Dr Byrne"}, ['- reviewed_by: ""', '+ reviewed_by: "Dr Byrne"']),
        ({"reviewed_on": "2026-11-01"}, [f"- reviewed_on:{EXAMPLE}", f"+ reviewed_on: 2026-11-01{EXAMPLE}"]),
        ({"review_again_on": "2027-11-01"}, ["+ review_again_on: 2027-11-01"]),
        ({"subject": "null"}, ['+ subject: "null"']),
        ({"subject": ""}, []),
        ({"ask": ("sore", "achy", "it's stiff", "new")}, ['+   - "new"']),
        ({"ask": ("new", "sore", "achy", "it's stiff")}, ['+   - "new"']),
        ({"ask": ("sore", "it's stiff")}, ["-   - achy"]),
        ({"ask": ("sore", "achy", "isn't")}, ["-   - 'it''s stiff'", "+   - 'isn''t'"]),
        ({"related": ("bruise",)}, ['- related: [run-after, "bruise"]   # two', '+ related: ["bruise"]   # two']),
        ({"related": ()}, ['- related: [run-after, "bruise"]   # two', "+ related: []   # two"]),
        ({"sources": ("blog: Closing",)}, ["+ sources:", '+   - "blog: Closing"']),
        ({"note": ""}, ["- note: >", '+ note: ""', "-   for", "-   colleagues"]),
        ({"answer": "First.\n\n- b"}, ["-   # no remark", "- ", "-   - a", "+   - b"]),
    ],
)
def test_only_the_lines_of_what_changed_are_touched_and_remarks_stay(
    changes: dict[str, Value], lines: list[str]
) -> None:
    assert changed_lines(changes) == lines


def test_a_text_that_gets_several_lines_stands_below_a_bar_and_keeps_its_remark() -> None:
    assert changed_lines({"title": "One\n\ntwo"})[1:] == [
        "+ title: |   # what a button shows",
        "+   One",
        "+ ",
        "+   two",
    ]


def test_an_emptied_list_keeps_the_remarks_in_it() -> None:
    after = edited(FILE.encode(), {"ask": ()}, FIELDS).decode()
    assert "ask: []   # the more the better\n  # first the short ones\n  # then the long ones\n" in after
    assert edited(after.encode(), {"ask": ("new",)}, FIELDS).decode().count("  - new\n") == 1


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_line_ends_the_mark_at_the_start_and_a_missing_last_line_end_stay(
    line_end: str, mark: str, last: str
) -> None:
    changes: dict[str, Value] = {
        "ask": ("a", "achy", "b"),
        "answer": "One\n\n- two",
        "review_again_on": "2027-01-01",
        "alone": "yes",
    }
    plain = FILE.rstrip("\n") + last
    typed = (mark + plain.replace("\n", line_end)).encode()
    expected = edited(plain.encode(), changes, FIELDS).decode()
    assert edited(typed, changes, FIELDS).decode() == mark + expected.replace("\n", line_end)
    assert expected.endswith("alone: yes" + last) or expected.rstrip("\n").endswith("colleagues")


def test_a_file_with_both_kinds_of_line_ends_keeps_each() -> None:
    typed = b'title: "a"\r\nmenu: after\nask:\r\n- "one"\n- "two"\r\n'
    after = edited(typed, {"ask": ("one", "three"), "menu": "x"}, FIELDS)
    assert after == b'title: "a"\r\nmenu: x\nask:\r\n- "one"\n- "three"\r\n'


def test_nothing_to_change_changes_nothing() -> None:
    assert edited(FILE.encode(), {}, FIELDS) == FILE.encode()


@pytest.mark.parametrize(
    "file",
    ['related: [a, # why\n  b]\ntitle: "x"\n', '{title: "x", related: [a]}\n', "- title\n"],
)
def test_what_cannot_be_changed_alone_is_refused_and_said(file: str) -> None:
    with pytest.raises(EditError, match=r"Change it by hand|must consist of"):
        edited(file.encode(), {"related": ("c",)}, FIELDS)


def test_what_comes_out_is_read_again_and_refused_where_it_is_not_what_was_meant() -> None:
    odd = 'ask:\n  -\n    # such-as\n    "one"\n  - "two"\n'
    with pytest.raises(EditError, match='"ask" cannot be changed without touching something else'):
        edited(odd.encode(), {"ask": ("two",)}, FIELDS)


_LETTERS = st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp"))
_TEXTS = st.text(_LETTERS, min_size=1, max_size=30).map(str.strip).filter(bool)
_WHOLE: st.SearchStrategy[Value] = st.lists(_TEXTS, max_size=4).map("\n\n".join)
_LISTS: st.SearchStrategy[Value] = st.lists(_TEXTS, max_size=4).map(tuple)
_FILES = sorted((OWN_FOLDER / "faq").glob("*.yaml"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), line_end=st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_changed_in_a_shipped_file_is_read_back_and_the_other_fields_stay_byte_for_byte(
    data: st.DataObject, line_end: str, tmp_path: Path
) -> None:
    source = data.draw(st.sampled_from(_FILES))
    before = source.read_bytes().replace(b"\n", line_end.encode())
    names = data.draw(st.sets(st.sampled_from(FIELDS), min_size=1, max_size=3))
    changes: dict[str, Value] = {name: data.draw(_LISTS if name in LISTS else _WHOLE) for name in names}
    after = edited(before, changes, FIELDS)
    path = tmp_path / "a.yaml"
    path.write_bytes(after)
    node, _ = read(path, "a.yaml")
    assert isinstance(node, MappingNode)
    for name, wanted in changes.items():
        found = node.fields[name][1] if name in node.fields else None
        if isinstance(found, Listing):
            assert tuple(item.text.strip() for item in found.items if isinstance(item, Scalar)) == wanted
        else:
            assert (found.text.strip() if isinstance(found, Scalar) else "") == (wanted or "")
    assert _without(after, names) == _without(before, names)


def _without(content: bytes, names: set[str]) -> list[bytes]:
    """Return the lines of a file but for the fields ``names``."""
    kept, skipping = [], False
    for line in content.splitlines(keepends=True):
        if line[:1].isalpha():
            skipping = line.partition(b":")[0].decode() in names
        if not skipping:
            kept.append(line)
    return kept
