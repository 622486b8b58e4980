"""What the clinic's people paste holds whole lines and fits into one message, however much was asked."""

from datetime import date

import pytest
import yaml

from bot.clinic import gap_texts
from bot.clinic.gaps import Gap
from bot.clinic.outbox import LONGEST, units
from bot.knowledge.model import KnowledgeBase
from bot.storage.protocol import KeptQuestion

REPOSITORY = "https://github.com/o/r"


def gap_of(many: int, length: int) -> Gap:
    texts = [f"{number:03d} {'may I run ' * 60}"[:length] for number in range(many)]
    return Gap(tuple(KeptQuestion(date(2026, 1, 9), text) for text in texts))


@pytest.mark.parametrize(("many", "length"), [(3, 500), (30, 500), (30, 20), (20, 20)])
def test_lines_to_paste_are_whole_and_what_is_left_out_is_said(
    knowledge: KnowledgeBase, many: int, length: int
) -> None:
    gap = gap_of(many, length)
    for said in (gap_texts.added(gap, knowledge.entries["pain"], REPOSITORY), gap_texts.which(gap)):
        assert units(said) <= LONGEST
        block = [line for line in said.splitlines() if line.startswith("  ")]
        pasted = yaml.safe_load("\n".join(block))
        assert pasted == [question.text.strip() for question in gap.questions[: len(pasted)]]
        left = many - len(pasted)
        assert (f"  # and {left} more: " in said) == bool(left)


def test_with_more_questions_than_are_grouped_it_is_said_that_older_ones_wait(knowledge: KnowledgeBase) -> None:
    assert "the latest 500 questions only" in gap_texts.listed([gap_of(300, 20), gap_of(200, 20)], knowledge)
    assert "only" not in gap_texts.listed([gap_of(300, 20), gap_of(199, 20)], knowledge)


def test_before_deleting_it_is_said_how_many_are_not_shown() -> None:
    assert gap_texts.sure(gap_of(23, 20)).endswith("\n• … and 3 more")
    assert "more" not in gap_texts.sure(gap_of(20, 20))


def test_a_question_without_a_blank_makes_a_title_too(knowledge: KnowledgeBase) -> None:
    fields = gap_texts.fields(Gap((KeptQuestion(date(2026, 1, 9), "x" * 80),)), knowledge)
    assert fields["title"] == f'title: "{"x" * 39}…"'


@pytest.mark.parametrize(
    ("repository", "branch"),
    [
        (REPOSITORY, "main"),
        (f"{REPOSITORY}/tree/develop", "develop"),
        (f"{REPOSITORY}/tree/clinic/leeds", "clinic/leeds"),
        (f"{REPOSITORY}/tree/develop/knowledge", "develop"),
    ],
)
def test_links_lead_to_the_branch_that_the_repository_is_named_with(repository: str, branch: str) -> None:
    edited, made = gap_texts.edit_link(repository, "pain"), gap_texts.new_file_link(repository, "car")
    assert edited == f"{REPOSITORY}/edit/{branch}/knowledge/faq/pain.yaml"
    assert made == f"{REPOSITORY}/new/{branch}/knowledge/faq?filename=car.yaml"
