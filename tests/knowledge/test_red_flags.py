"""Files of danger signs: what a clinician edits, the words beside it, and what another folder is lent."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.knowledge.danger import LONGEST_SCREENING
from bot.knowledge.loader import Loaded, load
from bot.knowledge.manifest import SHIPPED
from bot.knowledge.model import OWN_FOLDER, KnowledgeBase, Level, RedFlagGroup
from bot.knowledge.problems import Severity
from tests.support.knowledge import changed_file, visible, write_knowledge

LEG = """\
title: "A bad leg"
level: TODAY
reply: |
  See a doctor today.
screening: |
  Is the leg hot?
raised:
  level: NOW
  reply: |
    Call for help now.
  signs: ["hot leg and no breath"]
signs: ["my leg is hot"]
"""
LEG_WORDS = """\
words:
  leg: ["leg"]
  hot: ["hot"]
  breath: ["no breath"]
together:
  - [leg, hot]
raised:
  together:
    - [leg, breath]
"""
FIRST_SCREEN = 40
"""Lines that a browser shows of a file without scrolling."""


def loaded(tmp_path: Path, **files: str | None) -> Loaded:
    """Read the small folder with other red flag files; ``leg`` stands for its file, ``leg_words`` for its words."""
    names = {"leg": "red_flags/leg.yaml", "leg_words": "red_flag_words/leg.yaml"}
    return load(write_knowledge(tmp_path / "knowledge", {names.get(n, n): text for n, text in files.items()}))


def knowledge_of(read: Loaded) -> KnowledgeBase:
    assert read.knowledge is not None, read.problems
    return read.knowledge


def findings(read: Loaded) -> list[tuple[str, int, str, str]]:
    return [(p.place.file, p.place.line, p.severity.value, p.rule) for p in read.problems]


def test_what_people_read_at_each_level_comes_from_the_groups_own_file(tmp_path: Path) -> None:
    leg = knowledge_of(loaded(tmp_path, leg=LEG, leg_words=LEG_WORDS)).red_flags["leg"]
    assert visible(leg.reply) == "See a doctor today."
    assert visible(leg.screening) == "Is the leg hot?"
    assert {level: visible(reply) for level, reply in leg.raised_replies.items()} == {
        Level.NOW: "Call for help now."
    }


def test_a_group_needs_neither_a_question_nor_a_reply_for_its_raised_level(tmp_path: Path) -> None:
    plain = re.sub(r"( *)(screening|reply): \|\n +(Is the leg|Call for help).*\n", "", LEG)
    leg = knowledge_of(loaded(tmp_path, leg=plain, leg_words=LEG_WORDS)).red_flags["leg"]
    assert (leg.screening, leg.raised_replies) == ((), {})


def test_a_question_too_long_for_a_phone_is_an_error(tmp_path: Path) -> None:
    long = LEG.replace("Is the leg hot?", "Is the leg hot? " * 29)
    assert findings(loaded(tmp_path, leg=long, leg_words=LEG_WORDS)) == [
        ("red_flags/leg.yaml", 5, "error", "too-long")
    ]


def test_word_combinations_count_the_same_in_a_file_of_their_own_and_inline(tmp_path: Path) -> None:
    apart = knowledge_of(loaded(tmp_path / "apart", leg=LEG, leg_words=LEG_WORDS)).red_flags["leg"]
    above, below = LEG_WORDS.split("raised:\n")
    inline = LEG.replace("raised:\n", f"{above}raised:\n{below}")
    assert knowledge_of(loaded(tmp_path / "inline", leg=inline)).red_flags["leg"] == apart
    assert [signs.together for signs in apart.signs] == [(("leg", "hot"),), (("leg", "breath"),)]


def test_the_projects_own_groups_read_the_same_with_their_words_inline(
    tmp_path: Path, real_knowledge: KnowledgeBase
) -> None:
    (tmp_path / "red_flags").mkdir()
    for group_id in SHIPPED:
        group, words = (
            _content(OWN_FOLDER / part / f"{group_id}.yaml") for part in ("red_flags", "red_flag_words")
        )
        together = {"together": words.pop("raised")["together"]} if "raised" in words else {}
        inline = {**group, **words, **({"raised": {**group["raised"], **together}} if together else {})}
        (tmp_path / "red_flags" / f"{group_id}.yaml").write_text(json.dumps(inline), encoding="utf-8")
    assert knowledge_of(load(tmp_path)).red_flags == real_knowledge.red_flags


def _content(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return content


@pytest.mark.parametrize("line", ["words: {leg: [leg]}", "together: []"])
def test_words_in_both_files_are_an_error_that_says_which_to_keep(tmp_path: Path, line: str) -> None:
    read = loaded(tmp_path, leg=f"{LEG}{line}\n", leg_words=LEG_WORDS)
    assert findings(read) == [("red_flags/leg.yaml", 13, "error", "words-twice")]
    assert "red_flag_words/leg.yaml" in read.problems[0].message


@pytest.mark.parametrize(
    ("old", "new", "line", "rule", "said"),
    [
        ("[leg, hot]", "[leg, hott]", 6, "unknown-words", 'Did you mean "hot"?'),
        ("[leg, breath]", "[leg, breth]", 9, "unknown-words", 'Did you mean "breath"?'),
        ("together:\n  -", "togethr:\n  -", 5, "unknown-field", 'Did you mean "together"?'),
        ("    - [leg, breath]", "    - [leg, breath]\n  level: NOW", 10, "unknown-field", "together"),
        ("words:", "title: no\nwords:", 1, "unknown-field", "The fields are"),
    ],
)
def test_a_mistake_in_a_words_file_is_explained_where_it_stands(
    tmp_path: Path, old: str, new: str, line: int, rule: str, said: str
) -> None:
    read = loaded(tmp_path, leg=LEG, leg_words=LEG_WORDS.replace(old, new))
    assert findings(read) == [("red_flag_words/leg.yaml", line, "error", rule)]
    assert said in read.problems[0].message


def test_words_of_a_raised_level_that_is_gone_are_an_error(tmp_path: Path) -> None:
    read = loaded(tmp_path, leg=re.sub(r"raised:\n(  .*\n)+", "", LEG), leg_words=LEG_WORDS)
    assert findings(read) == [("red_flag_words/leg.yaml", 8, "error", "raised-level")]


def test_words_of_no_group_are_an_error_with_the_nearest_group(tmp_path: Path) -> None:
    read = loaded(tmp_path, leg=LEG, leg_words=LEG_WORDS, **{"red_flag_words/legg.yaml": LEG_WORDS})
    assert findings(read) == [("red_flag_words/legg.yaml", 1, "error", "unknown-group")]
    assert 'Did you mean "leg"?' in read.problems[0].message


def test_an_answer_can_only_list_the_signs_of_a_group_that_is_there(tmp_path: Path) -> None:
    pain = "faq/pain.yaml"
    good = changed_file(pain, "menu: session", "menu: session\nlists_signs: [chest, leg]")
    read = loaded(tmp_path / "good", leg=LEG, leg_words=LEG_WORDS, **{pain: good})
    assert knowledge_of(read).entries["pain"].lists_signs == ("chest", "leg")
    bad = changed_file(pain, "menu: session", "menu: session\nlists_signs: [chset]")
    read = loaded(tmp_path / "bad", **{pain: bad})
    assert findings(read) == [(pain, 3, "error", "unknown-group")]
    assert 'Did you mean "chest"?' in read.problems[0].message


# --- another folder -----------------------------------------------------------------------


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A clinic's copy of the project's danger signs."""
    for part in ("red_flags", "red_flag_words"):
        shutil.copytree(OWN_FOLDER / part, tmp_path / part)
    return tmp_path


@pytest.fixture
def own(real_knowledge: KnowledgeBase) -> Mapping[str, RedFlagGroup]:
    return real_knowledge.red_flags


def test_a_folder_without_danger_signs_gets_all_of_them_without_a_word(
    tmp_path: Path, own: Mapping[str, RedFlagGroup]
) -> None:
    read = load(tmp_path)
    assert (read.problems, knowledge_of(read).red_flags) == ((), own)


def test_a_missing_group_is_lent_and_the_clinic_is_told(clinic: Path, own: Mapping[str, RedFlagGroup]) -> None:
    for part in ("red_flags", "red_flag_words"):
        (clinic / part / "self-harm.yaml").unlink()
    read = load(clinic)
    assert findings(read) == [("red_flags/self-harm.yaml", 1, "notice", "lent")]
    assert list(knowledge_of(read).red_flags.items()) == list(own.items())


def test_a_group_hidden_by_its_name_is_lent_too(clinic: Path, own: Mapping[str, RedFlagGroup]) -> None:
    (clinic / "red_flags" / "self-harm.yaml").rename(clinic / "red_flags" / "_self-harm.yaml")
    assert knowledge_of(load(clinic)).red_flags == own


def test_missing_words_are_lent_and_the_clinic_is_told(clinic: Path, own: Mapping[str, RedFlagGroup]) -> None:
    (clinic / "red_flag_words" / "self-harm.yaml").unlink()
    read = load(clinic)
    assert findings(read) == [("red_flag_words/self-harm.yaml", 1, "notice", "lent")]
    assert knowledge_of(read).red_flags == own


def test_a_clinics_own_words_count_for_a_group_that_is_lent(clinic: Path) -> None:
    shutil.rmtree(clinic / "red_flags")
    (clinic / "red_flag_words" / "self-harm.yaml").write_text("words: {low: [low]}\ntogether: [[low]]\n", "utf-8")
    assert knowledge_of(load(clinic)).red_flags["self-harm"].words == {"low": ("low",)}


def test_a_file_that_cannot_be_read_is_mended_and_not_replaced(clinic: Path) -> None:
    (clinic / "red_flags" / "self-harm.yaml").write_text("title: [", "utf-8")
    read = load(clinic)
    assert read.knowledge is None
    assert [f for f in findings(read) if f[2] == "error"] == [("red_flags/self-harm.yaml", 1, "error", "brackets")]


# --- the project's own files --------------------------------------------------------------


@pytest.mark.parametrize("group_id", SHIPPED)
def test_what_people_read_stands_on_a_files_first_screen_and_no_word_list_in_it(group_id: str) -> None:
    lines = (OWN_FOLDER / "red_flags" / f"{group_id}.yaml").read_text(encoding="utf-8").splitlines()
    keys = [match[1] for line in lines if (match := re.match(r"([a-z_]+):", line))]
    raised = ["raised"] if len(SHIPPED[group_id]) > 1 else []
    review = ["reviewed_by", "reviewed_on", "review_again_on"]
    assert keys == ["title", "level", "reply", "screening", "note", *review, *raised, "signs", "look_alikes"]
    first = next(at for at, line in enumerate(lines) if line.strip() == "signs:")
    assert first <= FIRST_SCREEN
    assert "  reply: |" in lines[:first] or not raised
    assert (OWN_FOLDER / "red_flag_words" / f"{group_id}.yaml").exists()


@pytest.mark.parametrize("group_id", SHIPPED)
def test_every_group_has_a_question_that_says_what_to_do_the_most_urgent_first(
    own: Mapping[str, RedFlagGroup], group_id: str
) -> None:
    said = visible(own[group_id].screening)
    assert len(said) <= LONGEST_SCREENING
    assert "?" in said
    urgent = max(signs.level for signs in own[group_id].signs)
    ways = {
        Level.NOW: r"your local emergency number( now)?|nearest emergency department now",
        Level.TODAY: r"see a doctor or urgent care service today",
    }
    assert re.search(ways[urgent], said)
    assert not re.search(r"\d{3}|probably|nothing to worry|harmless", said)
    if urgent is Level.NOW and "today" in said.lower():
        assert said.index("emergency") < said.lower().index("today")


@pytest.mark.parametrize("group_id", [group_id for group_id, levels in SHIPPED.items() if len(levels) > 1])
def test_a_raised_sign_is_never_told_to_wait_as_the_base_level_is(
    own: Mapping[str, RedFlagGroup], group_id: str
) -> None:
    group = own[group_id]
    level = group.signs[1].level
    said = visible(group.raised_replies[level])
    first = said.partition(".")[0].lower()
    if level is Level.NOW:
        assert "now" in first and "emergency" in first
        assert "today" not in said
    else:
        assert "today" in first
        assert "few days" not in said


def test_every_sign_of_a_lent_group_is_kept_whatever_is_missing(clinic: Path) -> None:
    kept = "chest-or-breathing"
    for part in ("red_flags", "red_flag_words"):
        for path in (clinic / part).iterdir():
            if path.stem != kept:
                path.unlink()
    read = load(clinic)
    assert {p.place.file for p in read.problems} == {f"red_flags/{group_id}.yaml" for group_id in SHIPPED} - {
        f"red_flags/{kept}.yaml"
    }
    assert {p.severity for p in read.problems} == {Severity.NOTICE}
