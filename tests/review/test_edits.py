"""Which knowledge files were edited since all was well."""

from pathlib import Path

from bot.knowledge.problems import Place, Problem, Severity
from bot.review.edits import LastGood, edited, known, sums_of, with_causes


def problem(file: str, rule: str = "golden-question", severity: Severity = Severity.ERROR) -> Problem:
    return Problem(Place(file), severity, rule, "It gets another answer.")


def test_new_gone_and_changed_files_are_edits_and_a_file_saved_as_it_was_is_none(tmp_path: Path) -> None:
    (tmp_path / "faq").mkdir()
    for name in ("same", "changed", "gone"):
        (tmp_path / "faq" / f"{name}.yaml").write_text(name, encoding="utf-8")
    before = sums_of(tmp_path)
    (tmp_path / "faq" / "same.yaml").write_text("same", encoding="utf-8")
    (tmp_path / "faq" / "changed.yaml").write_text("changed it", encoding="utf-8")
    (tmp_path / "faq" / "gone.yaml").unlink()
    (tmp_path / "new.yaml").touch()
    (tmp_path / "notes.txt").touch()
    assert edited(sums_of(tmp_path), before) == ["faq/changed.yaml", "faq/gone.yaml", "new.yaml"]


def test_only_what_other_files_can_cause_is_laid_at_their_door() -> None:
    kept = [
        problem("faq/calf.yaml"),
        problem("golden.yaml", "unknown-entry"),
        problem("golden.yaml", severity=Severity.NOTICE),
    ]
    assert [*with_causes(kept, ["faq/calf.yaml"], "yesterday")] == kept
    assert [*with_causes([problem("golden.yaml")], [], "yesterday")] == [problem("golden.yaml")]
    [found] = with_causes([problem("golden.yaml")], [f"faq/{n}.yaml" for n in range(7)], "yesterday")
    assert found.message.endswith(
        "This file is as it was yesterday, so the cause is an edit of: "
        "faq/0.yaml, faq/1.yaml, faq/2.yaml, faq/3.yaml, faq/4.yaml and 2 more."
    )


def test_a_warning_is_known_where_no_edit_since_the_release_can_have_caused_it() -> None:
    before = {"faq/calf.yaml": "1", "faq/pain.yaml": "1", "texts.yaml": "1"}
    alone = problem("faq/calf.yaml", "few-questions", Severity.WARNING)
    pair = Problem(Place("faq/calf.yaml"), Severity.WARNING, "near-duplicate", "as faq/pain.yaml:7 says")
    asked = problem("faq/calf.yaml", "asked-first", Severity.WARNING)
    found = [alone, pair, asked, problem("faq/calf.yaml"), problem("faq/new.yaml", "dose", Severity.WARNING)]
    assert [*known(found, before, before)] == [alone, pair, asked]
    assert [*known(found, before | {"texts.yaml": "2"}, before)] == [alone, pair]
    assert [*known(found, before | {"faq/pain.yaml": "2"}, before)] == [alone]
    assert [*known(found, before | {"faq/calf.yaml": "2"}, before)] == []
    assert [*known(found, before, {})] == []


def test_each_folder_has_a_record_of_its_own_and_a_damaged_one_counts_as_none(tmp_path: Path) -> None:
    one, other = (LastGood(tmp_path / name, tmp_path / "cache") for name in ("one", "other"))
    assert one.read() is None
    one.keep({"menu.yaml": "1"})
    assert (one.read(), other.read()) == ({"menu.yaml": "1"}, None)
    [file] = (tmp_path / "cache").iterdir()
    for damaged in (b"", b"[1]", b"\xff\xfe{"):
        file.write_bytes(damaged)
        assert one.read() is None
    file.unlink()
    file.mkdir()
    one.keep({})
    assert one.read() is None
