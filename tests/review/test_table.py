"""Answers as a table, and back: nothing is lost, nothing is written that nobody changed."""

import csv
import io
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import CannotRunError
from bot.knowledge.editing import edited
from bot.knowledge.model import OWN_FOLDER, Entry
from bot.review.table import (
    FIELDS,
    LISTS,
    MOST,
    Refused,
    Row,
    changed,
    differences,
    guarded,
    rows,
    too_long,
    unguarded,
    written,
)

Cells = dict[str, str]


@pytest.fixture(scope="module")
def answers(small_folder: Path) -> dict[str, Row]:
    return rows(small_folder)


SHIPPED = rows(OWN_FOLDER)


def saved(
    content: bytes,
    change: Callable[[list[Cells]], object] = lambda _: None,
    *,
    separator: str = ",",
    encoding: str = "utf-8-sig",
) -> bytes:
    """Return a table as a spreadsheet saves it once ``change`` was made in its cells."""
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    names = list(lines[0])
    change(lines)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, names, delimiter=separator, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return file.getvalue().encode(encoding)


def of(lines: list[Cells], entry_id: str) -> Cells:
    return next(line for line in lines if line["id"] == entry_id)


def test_the_table_opens_in_excel_and_libreoffice_utf_8_with_a_mark_and_crlf(answers: dict[str, Row]) -> None:
    content = written(answers)
    assert content.startswith(b"\xef\xbb\xbfid,title,menu,")
    first, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert first == ["id", *FIELDS, "version"]
    assert [line[0] for line in lines] == [
        "acupuncture",
        "bleeding",
        "bruise",
        "calf",
        "cost",
        "heel",
        "pain",
        "run-after",
    ]
    assert {len(line) for line in lines} == {len(first)}
    assert content.count(b"\r\n") == len(lines) + 1


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "utf-16"])
def test_a_table_saved_unchanged_by_any_spreadsheet_changes_nothing(separator: str, encoding: str) -> None:
    assert changed(saved(written(SHIPPED), separator=separator, encoding=encoding), SHIPPED) == ([], [])


def test_a_table_written_with_semicolons_is_read_back(answers: dict[str, Row]) -> None:
    content = written(answers, ";")
    assert b"id;title;menu" in content
    assert changed(content, answers) == ([], [])
    assert changed(b"sep=;\r\n" + content.removeprefix(b"\xef\xbb\xbf"), answers) == ([], [])


NOT_DATES = [name for name in FIELDS if not name.endswith("_on")]
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")) | st.just("\n"), max_size=60),
    st.sampled_from(["=1+1", "'=1", "- a\n- b", "007", "1/2", "TRUE", "# no remark", 'a "b": c', "a\nb", ""]),
).map(lambda text: "\n".join(line for part in text.split("\n") if (line := " ".join(part.split()))))


@settings(max_examples=25)
@given(data=st.data())
def test_any_edit_of_any_cell_comes_back_as_that_edit_and_no_other(data: st.DataObject) -> None:
    answers = SHIPPED
    entry_id = data.draw(st.sampled_from(sorted(answers)))
    name = data.draw(st.sampled_from(NOT_DATES))
    text = data.draw(TEXTS)
    content = saved(written(answers), lambda lines: of(lines, entry_id).update({name: guarded(text)}))
    edits, refused = changed(content, answers)
    assert refused == []
    if text == answers[entry_id][name]:
        assert edits == []
    else:
        [edit] = edits
        assert edit.id == entry_id
        assert [(change.field, change.was, change.now) for change in edit.changes] == [
            (name, answers[entry_id][name], text)
        ]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_was_edited_in_the_table_stands_in_the_files_exported_again_it_changes_nothing(
    data: st.DataObject, tmp_path: Path
) -> None:
    entry_id = data.draw(st.sampled_from(sorted(SHIPPED)))
    wanted = {
        name: data.draw(TEXTS) for name in data.draw(st.sets(st.sampled_from(FIELDS), min_size=1, max_size=4))
    }
    wanted = {name: text for name, text in wanted.items() if not name.endswith("_on")}
    table = saved(
        written(SHIPPED), lambda lines: of(lines, entry_id).update({n: guarded(t) for n, t in wanted.items()})
    )
    edits, _ = changed(table, SHIPPED)
    values = {change.field: change.value for edit in edits for change in edit.changes}
    file = f"faq/{entry_id}.yaml"
    (tmp_path / "faq").mkdir(exist_ok=True)
    before = (OWN_FOLDER / file).read_bytes()
    after = edited(before, values, FIELDS)
    assert (after == before) == (not values)
    for path in (tmp_path / "faq").iterdir():
        path.unlink()
    (tmp_path / file).write_bytes(after)
    again = rows(tmp_path)
    assert again == {entry_id: {**SHIPPED[entry_id], **wanted}}
    assert changed(saved(written(again)), again) == ([], [])


def test_a_row_counts_as_a_spreadsheet_counts_it_and_a_list_has_a_text_a_line(answers: dict[str, Row]) -> None:
    def change(lines: list[Cells]) -> None:
        of(lines, "bleeding")["ask"] += "\r\n\r\n  a   drop of blood  "

    [edit], refused = changed(saved(written(answers), change), answers)
    assert (edit.number, edit.id, refused) == (3, "bleeding", [])
    assert edit.changes[0].value == (*answers["bleeding"]["ask"].split("\n"), "a drop of blood")
    assert list(differences(edit.changes[0])) == ["+ a drop of blood"]


def test_lines_in_another_order_are_a_change_too(answers: dict[str, Row]) -> None:
    def change(lines: list[Cells]) -> None:
        of(lines, "pain")["related"] = "bruise\nrun-after"

    [edit], _ = changed(saved(written(answers), change), answers)
    assert list(differences(edit.changes[0])) == ["(in another order)"]


@pytest.mark.parametrize(
    "text",
    [
        *("=cmd|' /C calc'!A0", "+44 20", "-1", "- a list", "@SUM(A1)", "＝1", "'quoted", "''"),
        *("2026-03-31", "3/4", "007", "1e5", "10:30", "TRUE", "May 2026", "5 may", "1-2", "12.50 €"),
    ],
)
def test_what_a_spreadsheet_would_calculate_or_turn_into_a_date_stands_behind_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["", "Does it hurt?", "a = b", "may-be", "1,000 metres", "run-after"])
def test_other_texts_stand_as_they_are(text: str) -> None:
    assert guarded(text) == unguarded(text) == text


@given(text=st.text())
def test_no_text_is_lost_behind_the_apostrophe_and_none_begins_a_formula(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_an_apostrophe_that_somebody_typed_stays() -> None:
    assert unguarded("'twas fine") == "'twas fine"


# --- what was not changed in the table -----------------------------------------------------------------------


def test_bullets_pasted_before_the_texts_of_a_list_are_left_out(answers: dict[str, Row]) -> None:
    asked = of(list(csv.DictReader(io.StringIO(written(answers).decode("utf-8-sig")))), "pain")["ask"]
    pasted = f"{asked}\n• can i do a handstand\n•\tcan I dance"
    [edit], refused = changed(saved(written(answers), lambda lines: of(lines, "pain").update(ask=pasted)), answers)
    assert refused == []
    assert [*differences(edit.changes[0])] == ["+ can i do a handstand", "+ can I dance"]
    old = {**answers, "pain": {**answers["pain"], "ask": "• as it stands in the file"}}
    assert changed(saved(written(old)), old) == ([], [])


def test_a_date_that_the_spreadsheet_turned_round_is_shown_as_it_must_be(answers: dict[str, Row]) -> None:
    change = {"reviewed_on": "28/11/2026"}
    _, [refused] = changed(saved(written(answers), lambda lines: of(lines, "pain").update(change)), answers)
    assert "2026-11-28" in refused.message and "apostrophe" in refused.message


def test_what_changed_in_the_files_since_the_export_is_left_alone(answers: dict[str, Row]) -> None:
    content = written(answers)
    newer = {**answers, "pain": {**answers["pain"], "title": "Newer"}}
    assert changed(content, newer) == ([], [])

    def change(lines: list[Cells]) -> None:
        of(lines, "pain")["menu"] = "after"

    [edit], _ = changed(saved(content, change), newer)
    assert [change.field for change in edit.changes] == ["menu"]


def test_a_field_that_was_changed_on_both_sides_is_refused(answers: dict[str, Row]) -> None:
    newer = {**answers, "pain": {**answers["pain"], "title": "Newer"}}

    def change(lines: list[Cells]) -> None:
        of(lines, "pain")["title"] = "Mine"

    edits, [refused] = changed(saved(written(answers), change), newer)
    assert edits == []
    assert (refused.number, refused.id) == (8, "pain")
    assert '"title" was changed in the file too' in refused.message
    assert "Export it again" in refused.message


def test_without_the_column_version_the_files_are_compared(answers: dict[str, Row]) -> None:
    content = b"id,menu\r\npain,after\r\ncalf,injuries\r\n"
    assert [(edit.id, edit.changes[0].now) for edit in changed(content, answers)[0]] == [("pain", "after")]


def test_missing_rows_and_columns_and_empty_lines_change_nothing(answers: dict[str, Row]) -> None:
    assert changed(b"id;title\r\n;;\r\npain;Does it hurt?\r\n\r\n", answers) == ([], [])


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "number", "words"),
    [
        ({"id": "pian"}, 8, 'Did you mean "pain"?'),
        ({"id": "zebra-umbrella"}, 8, "python -m bot new-entry zebra-umbrella"),
        ({"id": "calf"}, 8, "stands in row 5 already"),
        ({"id": ""}, 8, 'the column "id" is empty'),
        ({"reviewed_on": "31.03.2026"}, 8, "'2026-03-31"),
        ({"answer": "x" * MOST}, 8, "its end is lost"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_by_its_number_with_the_remedy(
    answers: dict[str, Row], change: Cells, number: int, words: str
) -> None:
    edits, [refused] = changed(saved(written(answers), lambda lines: of(lines, "pain").update(change)), answers)
    assert edits == []
    assert refused.number == number
    assert words in refused.message


def test_a_row_with_more_cells_than_columns_is_refused_and_the_others_are_read(answers: dict[str, Row]) -> None:
    edits, refused = changed(b"id,title\r\npain,a,b\r\ncalf,Calves\r\n", answers)
    assert [edit.id for edit in edits] == ["calf"]
    assert [(row.number, "more cells" in row.message) for row in refused] == [(2, True)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", 'begin with "id"'),
        (b"title,id\r\n", 'begin with "id"'),
        (b"PK\x03\x04", 'begin with "id"'),
        ("id,title\r\npain,né\r\n".encode("latin-1"), "CSV UTF-8"),
        (b"id,titel\r\npain,x\r\n", 'Did you mean "title"?'),
        (b"id,title,title\r\npain,x,y\r\n", "twice"),
        (b'id,title\r\npain,"x\r\n', "cannot be read"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_as_a_whole(
    answers: dict[str, Row], content: bytes, words: str
) -> None:
    with pytest.raises(CannotRunError, match=words.replace("?", r"\?")):
        changed(content, answers)


def test_cells_that_excel_would_cut_are_named_and_cut_ones_are_noticed(answers: dict[str, Row]) -> None:
    long = {**answers, "pain": {**answers["pain"], "note": "é" * (MOST + 5)}}
    assert too_long(answers) == []
    assert too_long(long) == [("pain", "note")]
    assert changed(written(long), long) == ([], [])
    cut = saved(written(long), lambda lines: of(lines, "pain").update(note=of(lines, "pain")["note"][:MOST]))
    assert changed(cut, long)[1] == [
        Refused(
            8, "pain", '"note" has more characters than a cell holds, so its end is lost. Change it in the file.'
        )
    ]


def test_every_field_of_an_answer_has_a_column() -> None:
    own = {field.name: field for field in fields(Entry)}
    assert set(FIELDS) == set(own) - {"id"} | {"note"}
    assert {name for name, field in own.items() if field.type == tuple[str, ...]} == LISTS
