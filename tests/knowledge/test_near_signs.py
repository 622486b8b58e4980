"""A danger sign typed into a list of harmless lines teaches nothing."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.loader import load
from bot.knowledge.near_signs import near_signs
from tests.support.knowledge import changed_file, write_knowledge
from tests.support.model import group

SIGN = "it's hard to breathe since the needling"
CHEST = group("chest", SIGN, "chest feels tight")
LEG = group("leg", "one leg swollen and hot")


def typed(sign: str, data: st.DataObject) -> str:
    """Return ``sign`` in any case, with blanks and punctuation around its words and another apostrophe."""
    between = st.sampled_from([" ", "  ", ", ", "... ", " - ", "\t"])
    text = "".join(word + data.draw(between) for word in sign.split())
    return data.draw(st.sampled_from([str.upper, str.title, str.lower]))(
        text.replace("'", data.draw(st.sampled_from("'’")))
    )


@given(st.data())
def test_a_sign_is_recognised_whatever_its_case_blanks_and_punctuation(data: st.DataObject) -> None:
    text = typed(SIGN, data)
    assert near_signs([text, "does it hurt"], [LEG, CHEST]) == {text: "chest"}


def test_a_sign_with_a_letter_more_or_less_is_still_that_sign() -> None:
    assert near_signs(["one leg swolen and hot"], [CHEST, LEG]) == {"one leg swolen and hot": "leg"}


@given(st.text(max_size=40))
def test_any_line_can_be_compared(line: str) -> None:
    assert set(near_signs([line], [CHEST])) <= {line}


def test_nothing_is_near_where_there_are_no_signs_or_no_lines() -> None:
    assert near_signs([], [CHEST]) == near_signs([SIGN], []) == {}


def test_a_phrasing_or_off_topic_line_that_is_a_sign_is_left_out_of_what_teaches(tmp_path: Path) -> None:
    calves, sign = "calves like wood, needles any good", "Short of breath, after the session!"
    changes = {
        "faq/calf.yaml": changed_file("faq/calf.yaml", calves, sign),
        "off_topic.yaml": changed_file("off_topic.yaml", "netflix keeps buffering", sign.upper()),
    }
    knowledge = load(write_knowledge(tmp_path / "knowledge", changes)).knowledge
    assert knowledge is not None
    calf = knowledge.entries["calf"]
    assert knowledge.near_signs == {sign: "chest", sign.upper(): "chest"}
    assert knowledge.teaching_phrases(calf) == tuple(phrase for phrase in calf.ask if phrase != sign)
    assert knowledge.teaching_off_topic == tuple(text for text in knowledge.off_topic if text != sign.upper())
