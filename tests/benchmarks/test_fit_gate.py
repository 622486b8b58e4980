"""The weights of the danger-sign gate are fitted on messages that nothing else has seen, and judged without their
writers' own.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.model import OWN_FOLDER, KnowledgeBase, Level
from bot.text.likeness import logistic
from bot.text.likeness.logistic import Doubles, Flags
from bot.text.normalise import normalise, words
from bot.triage.evidence import Evidence
from bot.triage.gate import evidence
from bot.understanding.mind import Mind
from tests.benchmarks import fit_gate
from tests.benchmarks.fit_gate import HARMLESS, MESSAGES, OTHERS, RECALLS, Sample, fit, held_out, sample, table

EVAL = Path(__file__).parents[1] / "eval"
SIZE = len(Evidence._fields)
SUPERFLUOUS = [Evidence._fields.index("constant"), SIZE + Evidence._fields.index("constant")]


# --- the fit ------------------------------------------------------------------------------


def tiny(rows: int = 60, seed: int = 5) -> tuple[Doubles, Flags]:
    """Return evidence in three parts, with its constants, and signs that its first number decides."""
    features = np.random.default_rng(seed).normal(size=(rows, 3 * SIZE))
    features[:, SIZE - 1 :: SIZE] = 1.0
    return features, features[:, 0] + features[:, SIZE] > 0.3


def test_the_superfluous_constants_weigh_nothing_and_the_last_one_does() -> None:
    weights = fit(*tiny())
    assert weights.shape == (3 * SIZE,)
    assert [*weights[SUPERFLUOUS]] == [0.0, 0.0]
    assert np.all(np.delete(weights, SUPERFLUOUS) != 0.0)


def test_the_fit_tells_signs_from_the_rest() -> None:
    features, signs = tiny()
    weights = fit(features, signs)
    assert np.array_equal(logistic.probability(features, weights) > 0.5, signs)
    assert weights.argmax() in (0, SIZE)


def test_a_superfluous_constant_is_not_even_looked_at() -> None:
    features, signs = tiny()
    changed = features.copy()
    changed[:, SUPERFLUOUS] = 7.0
    assert np.array_equal(fit(features, signs), fit(changed, signs))


# --- judged without the writer's own ------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), min_size=1, max_size=20))
def test_nobodys_messages_are_judged_by_weights_fitted_on_them_and_all_others_are_used(
    rows: list[tuple[str, bool]],
) -> None:
    """The features say which row it is; the stand-in's weights, which rows it was fitted on."""
    writers = tuple(writer for writer, _ in rows)
    features, signs = np.eye(len(rows)), np.array([is_sign for _, is_sign in rows])
    fitted: list[set[int]] = []

    def learn(given_features: Doubles, given_signs: Flags) -> Doubles:
        learned = given_features.argmax(axis=1) if len(given_features) else np.array([], dtype=np.int64)
        assert np.array_equal(given_signs, signs[learned])
        fitted.append({*map(int, learned)})
        weights = np.full(len(rows), -1.0)
        weights[learned] = 1.0
        return weights

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_gate, "fit", learn)
        found = held_out(Sample(features, signs, writers))
    assert np.all(found < 0.5)
    others = [{row for row, other in enumerate(writers) if other != writer} for writer in dict.fromkeys(writers)]
    assert fitted == others


# --- the table ----------------------------------------------------------------------------


def percent(text: str) -> float:
    return float(text.rstrip("%")) / 100


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=60),
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
)
def test_the_table_has_a_row_for_each_recall_with_a_threshold_that_reaches_it(
    signs: list[float], harmless: list[float], ordinary: list[float]
) -> None:
    found = np.array([*signs, *harmless, *ordinary])
    is_sign = np.arange(len(found)) < len(signs)
    writers = ("a",) * (len(signs) + len(harmless)) + (OTHERS,) * len(ordinary)
    head, *lines = table(Sample(np.zeros((len(found), 1)), is_sign, writers), found).splitlines()
    assert OTHERS in head
    assert [percent(line.split()[0]) for line in lines] == pytest.approx([*RECALLS])
    for recall, line in zip(RECALLS, lines, strict=True):
        _, threshold, same, others = line.split()
        kept = [value for value in sorted(signs) if round(value, 3) >= float(threshold) - 1e-9]
        assert len(kept) >= recall * len(signs) - 1e-9
        for share, values in ((same, harmless), (others, ordinary)):
            at_or_above = [np.mean(np.array(values) >= value) for value in signs]
            assert min(abs(percent(share) - one) for one in at_or_above) <= 0.0005 + 1e-9


def test_the_table_of_a_small_example() -> None:
    """Ten signs: at a recall of 90 % one is missed, at 100 % none."""
    found = np.array([0.1, *np.linspace(0.5, 0.9, 9), 0.05, 0.3, 0.6, 0.7, 0.05, 0.2])
    is_sign = np.arange(len(found)) < 10
    all_of = Sample(np.zeros((len(found), 1)), is_sign, ("a",) * 14 + (OTHERS,) * 2)
    _, *lines = (line.split() for line in table(all_of, found).splitlines())
    assert lines[-1] == ["100.0%", "0.100", "75.0%", "50.0%"]
    assert lines[1] == ["93.0%", "0.100", "75.0%", "50.0%"]


# --- the messages -------------------------------------------------------------------------


def test_a_sample_is_the_messages_of_the_file_and_the_harmless_ones_of_the_knowledge(
    mind: Mind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "messages.csv"
    lines = [
        "writer,text,label,level",
        '1,"My chest hurts, badly.",chest,NOW',
        "1,…,harmless,",
        "2,I ran.,harmless,",
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(fit_gate, "MESSAGES", file)
    found = sample(mind)
    ordinary = sum(map(len, mind.knowledge.messages.values()))
    assert found.writers == ("1", "2", *[OTHERS] * ordinary)  # where there are no words there is no evidence
    assert [*found.signs] == [True, False, *[False] * ordinary]
    assert found.features.shape == (2 + ordinary, 3 * SIZE)
    assert np.array_equal(found.features[1], evidence(mind.gate.units(mind.preparer.prepare("I ran."))))
    assert [*found.of("2")] == [False, True, *[False] * ordinary]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with MESSAGES.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def test_there_are_many_messages_a_third_of_them_signs(rows: list[dict[str, str]]) -> None:
    assert [*rows[0]] == ["writer", "text", "label", "level"]
    assert len(rows) >= 600
    assert 1 / 4 <= np.mean([row["label"] != HARMLESS for row in rows]) <= 2 / 3


def test_every_sign_has_a_group_of_the_knowledge_and_a_level_and_what_is_harmless_has_none(
    rows: list[dict[str, str]], real_knowledge: KnowledgeBase
) -> None:
    levels = {group.id: {signs.level.name for signs in group.signs} for group in real_knowledge.red_flags.values()}
    for row in rows:
        if row["label"] == HARMLESS:
            assert row["level"] == "", row
        else:
            assert row["label"] in levels, row
            assert row["level"] in Level.__members__, row
    assert {row["label"] for row in rows} == {HARMLESS, *levels}


def test_every_writer_wrote_signs_and_harmless_messages(rows: list[dict[str, str]]) -> None:
    written = {
        writer: {row["label"] == HARMLESS for row in rows if row["writer"] == writer} for writer in names(rows)
    }
    assert len(written) >= 4
    assert OTHERS not in written
    assert all(kinds == {True, False} for kinds in written.values())


def names(rows: list[dict[str, str]]) -> set[str]:
    return {row["writer"] for row in rows}


def compared(text: str) -> str:
    """Return the words of ``text``, whatever its case, blanks and marks."""
    return " ".join(words(normalise(text)))


def test_every_message_has_words_and_no_two_are_the_same(rows: list[dict[str, str]]) -> None:
    texts = [compared(row["text"]) for row in rows]
    assert all(texts)
    assert [text for text, times in Counter(texts).items() if times > 1] == []


@pytest.mark.parametrize("folder", [EVAL, OWN_FOLDER], ids=["tests/eval", "knowledge"])
def test_no_message_is_measured_or_learned_from_elsewhere(rows: list[dict[str, str]], folder: Path) -> None:
    elsewhere = {compared(text) for text in texts_in(folder)}
    assert len(elsewhere) > 1000
    assert [row["text"] for row in rows if compared(row["text"]) in elsewhere] == []


def texts_in(folder: Path) -> Iterator[str]:
    """Yield every text of the tables and YAML files under ``folder``."""
    for path in sorted(folder.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from (cell for row in csv.reader(file) for cell in row)
    for path in sorted(folder.rglob("*.yaml")):
        yield from leaves(yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER))


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def leaves(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from (*leaves(key), *leaves(value))
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value)
    elif node is not None:
        yield str(node)
