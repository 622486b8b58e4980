"""The figures of the public benchmark are computed as published."""

import random
from pathlib import Path

import pytest

from bot.bootstrap import load_knowledge
from bot.knowledge.model import OUT_OF_SCOPE
from tests.benchmarks.hint3 import entry_id, figures, matthews, write_folder


def test_matthews_of_a_case_worked_out_by_hand() -> None:
    # s = 6, c = 5, t = (2, 2, 2), p = (2, 1, 3): (5·6 - 12) / √((36 - 14)(36 - 12)) = 18 / √528
    assert matthews("aabbcc", "aabccc") == pytest.approx(18 / 528**0.5)


def test_matthews_of_two_classes_is_the_well_known_one() -> None:
    # tp 3, fp 1, fn 2, tn 4: (3·4 - 1·2) / √(4·5·5·6)
    assert matthews("yyyyynnnnn", "yyynnynnnn") == pytest.approx(10 / 600**0.5)


def test_matthews_is_one_when_all_is_right_and_nothing_when_one_class_is_guessed() -> None:
    truth = random.Random(0).choices("abcd", k=50)
    assert matthews(truth, truth) == pytest.approx(1.0)
    assert matthews(truth, "a" * 50) == 0.0


def test_a_class_that_is_guessed_but_never_true_counts_against() -> None:
    assert matthews("aabb", "aabz") < 1.0


def test_accuracy_and_recall_look_at_their_own_messages_only() -> None:
    found = figures("x", ["a", "b", OUT_OF_SCOPE, OUT_OF_SCOPE], ["a", OUT_OF_SCOPE, "a", OUT_OF_SCOPE])
    assert (found.in_scope_accuracy, found.out_of_scope_recall) == (0.5, 0.5)


def test_the_training_phrases_become_a_sound_knowledge_folder(tmp_path: Path) -> None:
    label = entry_id("100_NIGHT_TRIAL_OFFER")
    write_folder(tmp_path, [('0% "EMI": how?', "emi"), ("trial - yes", label), ("#trial", label)])
    knowledge = load_knowledge(tmp_path)
    assert knowledge.entries[label].ask == ("trial - yes", "#trial")
    assert knowledge.entries["emi"].ask == ('0% "EMI": how?',)
    assert knowledge.off_topic
    assert not knowledge.messages
    assert entry_id("NO_NODES_DETECTED") == OUT_OF_SCOPE
