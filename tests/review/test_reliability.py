"""The reliability diagram: its bins, and a file that everybody can read."""

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.model import OUT_OF_SCOPE
from bot.matching.calibration import calibration_error
from bot.review.evaluate import Row, RowVerdict, judge
from bot.review.reliability import BINS, Top, binned, diagram, likely, tops
from bot.understanding.mind import Flagged, Mind, Understood
from tests.support.knowledge import DANGER, OFF_TOPIC, QUESTION, vague_question

SVG = "{http://www.w3.org/2000/svg}"
TOPS = st.lists(st.builds(Top, st.floats(0, 1), st.booleans()), max_size=60)


@given(TOPS)
def test_every_message_lies_in_one_bin_and_the_bins_give_the_calibration_error(found: list[Top]) -> None:
    bins = binned(found)
    assert len(bins) == BINS
    assert sum(one.messages for one in bins) == len(found)
    assert sum(one.messages * one.right for one in bins) == pytest.approx(sum(top.right for top in found))
    gaps = sum(one.messages * abs(one.confidence - one.right) for one in bins) / max(1, len(found))
    error = calibration_error(np.array([t.confidence for t in found]), np.array([t.right for t in found]))
    assert gaps == pytest.approx(error)


@given(TOPS)
def test_the_diagram_is_well_formed_and_tells_every_bin_in_words(found: list[Top]) -> None:
    svg = ElementTree.fromstring(diagram(found))
    assert svg.get("role") == "img"
    labelled = svg.get("aria-labelledby", "").split()
    assert [svg.findtext(f"*[@id='{name}']") is not None for name in labelled] == [True, True]
    filled = [one for one in binned(found) if one.messages]
    told = svg.findtext(f"{SVG}desc") or ""
    assert told.count("right of") == len(filled)
    assert all(f"right of {one.messages}" in told for one in filled)
    assert len(svg.findall(f"{SVG}circle")) == len(svg.findall(f"{SVG}rect[@class='bar']")) == len(filled)
    for shape in svg.iter(f"{SVG}rect"):
        assert float(shape.get("height", "nan")) >= 0


def test_a_confidence_on_the_edge_belongs_to_the_bin_above_and_certainty_to_the_last() -> None:
    bins = binned([Top(0.0, False), Top(0.5, True), Top(1.0, True)])
    assert [place for place, one in enumerate(bins) if one.messages] == [0, 5, 9]


def test_the_diagram_names_the_error_and_stands_in_no_need_of_another_file_or_of_light() -> None:
    drawn = diagram([Top(0.75, True), Top(0.75, False)])
    assert "expected calibration error 0.250</title>" in drawn
    assert "confidence 0.7 to 0.8: 50 % right of 2." in drawn
    assert "prefers-color-scheme: dark" in drawn
    assert drawn.replace("http://www.w3.org/2000/svg", "").count("http") == 0
    assert "href" not in drawn


def test_the_range_of_a_share_is_wilsons() -> None:
    assert likely(0.8, 10) == pytest.approx((0.490, 0.943), abs=5e-4)
    assert likely(1.0, 1)[1] == 1.0


def test_what_no_entry_should_answer_is_never_right_and_what_was_not_ranked_is_left_out() -> None:
    def verdict(topics: tuple[str, ...], *ranking: str, **fates: Any) -> RowVerdict:
        return RowVerdict(Row("text", topics), ranking=ranking, top=0.6, **fates)

    found = tops(
        [
            verdict(("calf", "heel"), "heel", "calf"),
            verdict(("calf",), "heel", "calf"),
            verdict((OUT_OF_SCOPE,), "heel"),
            verdict(("calf", OUT_OF_SCOPE), "calf", flagged="chest"),
            verdict((OUT_OF_SCOPE,)),
        ]
    )
    assert [top.right for top in found] == [True, False, False, True]


def test_the_entry_ranked_first_has_its_confidence_whatever_was_decided(mind: Mind) -> None:
    for text in (QUESTION, vague_question(mind), OFF_TOPIC, DANGER):
        understood = mind.understand(text)
        assert isinstance(understood, Understood | Flagged)
        verdict = judge(mind, Row(text, ("pain",)))
        assert verdict.ranking[0] == understood.ranking[0].entry_id
        assert verdict.top == understood.ranking[0].confidence > 0
    assert not tops([judge(mind, Row("", ("pain",)))])
