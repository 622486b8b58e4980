import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.normalise import normalise
from bot.triage.negation import negated
from bot.triage.stems import stems


def covered(text: str) -> set[str]:
    tokens = stems(normalise(text))
    return {token for token, is_covered in zip(tokens, negated(tokens), strict=True) if is_covered}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("no fever, no swelling", "swell"),
        ("I don't have any chest pain", "pain"),
        ("without fever or redness", "red"),
        ("no fever, redness or swelling at all", "swell"),
        ("never had numbness", "numb"),
    ],
)
def test_a_negation_covers_what_follows_it(text: str, word: str) -> None:
    assert word in covered(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("no fever but short of breath", "breath"),
        ("no pain, my calf is swollen", "swollen"),
        ("no idea why my calf is swollen", "swollen"),
        ("not only swollen", "swollen"),
        ("swollen, not hot", "swollen"),
        ("no bruise and my leg is numb", "numb"),
    ],
)
def test_a_negation_does_not_reach_past_a_turn_or_backwards(text: str, word: str) -> None:
    assert word not in covered(text)


@given(
    st.lists(
        st.sampled_from(["no", "not", "but", ",", "my", "fever", "swollen", "and", "or", "i", "it", "without"]),
        max_size=30,
    )
)
def test_nothing_is_negated_without_a_cue_before_it(tokens: list[str]) -> None:
    flags = negated(tokens)
    assert len(flags) == len(tokens)
    cues = [i for i, token in enumerate(tokens) if token in ("no", "not", "without")]
    for at, flag in enumerate(flags):
        assert not flag or any(cue < at for cue in cues)
