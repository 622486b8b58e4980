"""Reading whole folders of knowledge. What the loader says of mistakes: ``tests/broken_knowledge``."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue.reply import MAX_CODE_BYTES, Action, Reason, code
from bot.knowledge.loader import Loaded, load
from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.parts import LONGEST_ID
from bot.knowledge.problems import Severity
from tests.support.knowledge import SOUND, write_knowledge


def report(loaded: Loaded) -> str:
    return "".join(
        f"{p.place.file}:{p.place.line}:{p.place.column} {p.severity} {p.rule}\n  {p.message}\n"
        for p in loaded.problems
    )


def folder_with(tmp_path: Path, name: str, content: bytes) -> Path:
    faq = tmp_path / "faq"
    faq.mkdir(exist_ok=True)
    (faq / "aftercare.yaml").write_text(SOUND, encoding="utf-8")
    (faq / name).write_bytes(content)
    return tmp_path


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to borrow from that is quickly read: small but for what every answer rests on."""
    folder = write_knowledge(tmp_path_factory.mktemp("lender") / "knowledge")
    for name in ("texts.yaml", "menu.yaml", "sources.yaml"):
        shutil.copy(OWN_FOLDER / name, folder)
    return folder


def test_the_projects_own_knowledge_has_no_problem() -> None:
    loaded = load(OWN_FOLDER)
    assert report(loaded) == ""
    assert loaded.knowledge is not None
    assert len(loaded.knowledge.entries) == 65
    assert len(loaded.knowledge.red_flags) == 15


def test_a_folder_with_only_answers_borrows_the_rest(tmp_path: Path) -> None:
    loaded = load(folder_with(tmp_path, "second.yaml", SOUND.replace("shower", "bathe").encode()))
    assert loaded.knowledge is not None
    assert set(loaded.knowledge.entries) == {"aftercare", "second"}
    assert loaded.knowledge.texts and loaded.knowledge.red_flags and loaded.knowledge.off_topic
    assert loaded.knowledge.golden == {}


PART = SOUND.replace("shower", "bathe").replace("Aftercare", "Bathing")


@pytest.mark.parametrize(
    ("files", "place", "remedy"),
    [
        ({"bath": PART + "part_of: aftercar\n"}, "faq/bath.yaml:8:10", 'Did you mean "aftercare"?'),
        ({"bath": PART + "part_of: bath\n"}, "faq/bath.yaml:8:10", "names itself"),
        (
            {
                "bath": PART + "part_of: sink\n",
                "sink": PART.replace("bathe", "wash").replace("Bathing", "Sinks") + "part_of: aftercare\n",
            },
            "faq/bath.yaml:8:10",
            'Name "aftercare" instead.',
        ),
        (
            {
                "bath": PART + "part_of: sink\n",
                "sink": PART.replace("bathe", "wash").replace("Bathing", "Sinks") + "status: paused\n",
            },
            "faq/bath.yaml:8:10",
            "Publish it",
        ),
    ],
    ids=["unknown", "itself", "a part itself", "paused"],
)
def test_an_answer_may_only_be_part_of_a_published_topic_of_its_own(
    tmp_path: Path, files: dict[str, str], place: str, remedy: str
) -> None:
    for name, content in files.items():
        folder_with(tmp_path, f"{name}.yaml", content.encode())
    loaded = load(tmp_path)
    assert loaded.knowledge is None
    [problem] = loaded.problems
    assert report(loaded).startswith(place)
    assert remedy in problem.message


def test_an_answer_is_told_of_together_with_the_topic_it_is_part_of(tmp_path: Path) -> None:
    folder_with(tmp_path, "bath.yaml", (PART + "part_of: aftercare\n").encode())
    knowledge = load(tmp_path).knowledge
    assert knowledge is not None
    assert knowledge.with_topics(["bath"]) == ("bath", "aftercare")
    assert knowledge.with_topics(["aftercare", "bath"]) == ("aftercare", "bath")
    assert knowledge.with_topics([]) == ()


def test_one_broken_file_does_not_hide_the_mistakes_in_the_others(tmp_path: Path) -> None:
    folder_with(tmp_path, "broken.yaml", b"title: [")
    (tmp_path / "clinic.yaml").write_text("nam: X\n", encoding="utf-8")
    (tmp_path / "texts.yaml").write_text("start: Hello {name}\n", encoding="utf-8")
    files = {problem.place.file for problem in load(tmp_path).problems}
    assert files == {"faq/broken.yaml", "clinic.yaml", "texts.yaml"}


def test_words_that_yaml_would_turn_into_other_things_stay_words(tmp_path: Path) -> None:
    content = 'title: no\nask: [10:30, "on", 1e3, 0x1F, 2026-01-01]\nanswer: yes\n'
    loaded = load(folder_with(tmp_path, "words.yaml", content.encode()))
    assert loaded.knowledge is not None
    assert loaded.knowledge.entries["words"].ask == ("10:30", "on", "1e3", "0x1F", "2026-01-01")
    assert loaded.knowledge.entries["words"].title == "no"


def test_a_golden_conversation_names_what_it_must_get_an_answer_or_a_danger_group(tmp_path: Path) -> None:
    folder_with(tmp_path, "shower.yaml", SOUND.encode())
    talks = "follow-ups:\n" + "".join(
        f"  - after: [one, two]\n    ask: three\n    gets: {name}\n" for name in ("shower", "blood-clot")
    )
    (tmp_path / "golden.yaml").write_text(talks, encoding="utf-8")
    knowledge = load(tmp_path).knowledge
    assert knowledge is not None
    assert [(t.after, t.ask, t.gets) for t in knowledge.golden_talks] == [
        (("one", "two"), "three", "shower"),
        (("one", "two"), "three", "blood-clot"),
    ]
    (tmp_path / "golden.yaml").write_text(talks.replace("blood-clot", "blood-clots"), encoding="utf-8")
    [problem] = [p for p in load(tmp_path).problems if p.rule == "unknown-entry"]
    assert (problem.place.line, 'Did you mean "blood-clot"?' in problem.message) == (5, True)


def test_drafts_underscored_files_and_strange_endings_are_not_published(tmp_path: Path) -> None:
    folder_with(tmp_path, "draft.yaml", (SOUND + "status: draft\n").replace("shower", "swim").encode())
    (tmp_path / "faq" / "_notes.yaml").write_text("anything: [", encoding="utf-8")
    (tmp_path / "faq" / "late.yml").write_text(SOUND, encoding="utf-8")
    loaded = load(tmp_path)
    assert [p.rule for p in loaded.problems] == ["left-out", "lost-answer"]
    assert loaded.knowledge is not None
    assert [entry.id for entry in loaded.knowledge.published] == ["aftercare"]


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 5000,
        b"a: " + b"[" * 500 + b"]" * 500,
        b"x" * 1_000_001,
        b"&a [*a]",
        b"\xff\xfe",
        b"? [a]\n: b\n",
        b"\x00",
    ],
    ids=["open", "deep", "large", "alias", "utf-16", "complex-key", "nul"],
)
def test_hostile_files_give_a_problem_and_no_exception(content: bytes, tmp_path: Path) -> None:
    loaded = load(folder_with(tmp_path, "hostile.yaml", content))
    assert loaded.knowledge is None
    assert {problem.place.file for problem in loaded.problems} == {"faq/hostile.yaml"}


_line = st.text(alphabet="abc :-#'\"[]{}&*!|>%@`,?\t~", max_size=24)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_line, max_size=8))
def test_no_text_makes_the_loader_fail(tmp_path: Path, lender: Path, lines: list[str]) -> None:
    loaded = load(folder_with(tmp_path, "typed.yaml", "\n".join(lines).encode()), fallback=lender)
    assert loaded.knowledge is not None or loaded.problems
    assert all(problem.message for problem in loaded.problems)


def test_every_single_deleted_line_of_an_entry_is_survived(tmp_path: Path, lender: Path) -> None:
    lines = (OWN_FOLDER / "faq" / "run-after.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    shutil.copytree(OWN_FOLDER / "faq", tmp_path / "faq")
    for at in range(0, len(lines), 7):
        (tmp_path / "faq" / "run-after.yaml").write_text("".join(lines[:at] + lines[at + 1 :]), encoding="utf-8")
        loaded = load(tmp_path, fallback=lender)
        assert loaded.knowledge is not None or loaded.problems


def test_a_sentence_is_never_lent_as_a_broken_file_may_have_meant_it(tmp_path: Path, lender: Path) -> None:
    broken = shutil.copytree(lender, tmp_path / "lender")
    texts = (lender / "texts.yaml").read_text(encoding="utf-8")
    own = write_knowledge(tmp_path / "own")
    kept = [line for line in texts.splitlines() if not line.startswith("may_have_missed:")]
    (own / "texts.yaml").write_text("\n".join(kept), encoding="utf-8")
    assert [p.rule for p in load(own, fallback=broken).problems if p.place.file == "texts.yaml"] == ["lent"]
    (broken / "texts.yaml").write_text(f'{texts}\nmore: "open\n', encoding="utf-8")
    loaded = load(own, fallback=broken)
    assert loaded.knowledge is None
    assert [p.rule for p in loaded.problems if p.place.file == "texts.yaml"] == ["missing-field"]


def test_look_alikes_that_lost_the_name_of_their_field_are_told_of(tmp_path: Path, lender: Path) -> None:
    (tmp_path / "faq").mkdir()
    for name in (f"answer{number}" for number in range(10)):
        text = SOUND.replace("shower", f"{name} a").replace("Aftercare", name)
        listed = text.replace("answer: |", f'not_about:\n  - "no {name}"\nanswer: |')
        (tmp_path / "faq" / f"{name}.yaml").write_text(listed, encoding="utf-8")
    assert load(tmp_path, fallback=lender).knowledge is not None
    rules = {p.rule for p in load(tmp_path, fallback=lender).problems}
    changed = tmp_path / "faq" / "answer3.yaml"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace("not_about:\n", ""), encoding="utf-8")
    told = [p for p in load(tmp_path, fallback=lender).problems if p.rule not in rules]
    assert [(p.place.file, p.rule) for p in told] == [("faq/answer3.yaml", "no-look-alikes")]
    changed.write_text(text.replace('not_about:\n  - "no answer3"', "not_about: []"), encoding="utf-8")
    assert {p.rule for p in load(tmp_path, fallback=lender).problems} == rules


def test_the_longest_id_fits_into_every_button() -> None:
    entry_id = "x" * LONGEST_ID
    codes = [code(action, entry_id) for action in Action]
    codes += [code(Action.REASON, f"{reason}.{entry_id}") for reason in Reason]
    assert max(len(data.encode()) for data in codes) <= MAX_CODE_BYTES


@pytest.mark.parametrize("name", ["texts.yaml", "menu.yaml", "sources.yaml", "golden.yaml", "cries.yaml"])
def test_a_part_that_is_gone_is_named_once(tmp_path: Path, name: str) -> None:
    whole = write_knowledge(
        tmp_path / "knowledge", dict.fromkeys(("golden.yaml", "messages.yaml"), 'pain:\n  - "hurts much"\n')
    )
    for part in ("texts.yaml", "menu.yaml", "sources.yaml", "cries.yaml", "follow_ups.yaml"):
        shutil.copy(OWN_FOLDER / part, whole)
    assert [p for p in load(whole, fallback=whole).problems if p.severity is Severity.ERROR] == []
    (whole / name).rename(whole / name.replace(".yaml", ".yml"))
    [renamed] = [p for p in load(whole, fallback=whole).problems if p.severity is Severity.ERROR]
    assert (renamed.rule, renamed.place.file) == ("wrong-name", name.replace(".yaml", ".yml"))
    (whole / name.replace(".yaml", ".yml")).unlink()
    [gone] = [p for p in load(whole, fallback=whole).problems if p.severity is Severity.ERROR]
    assert (gone.rule, gone.place.file) == ("missing-file", name)
