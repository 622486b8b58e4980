from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.splitting import length, split
from bot.knowledge.markup import BulletList, Paragraph, Span, plain, text_block

spans = st.builds(Span, st.text(min_size=1, max_size=120), st.booleans())
blocks = st.one_of(
    st.builds(Paragraph, st.lists(spans, min_size=1, max_size=3).map(tuple)),
    st.builds(
        BulletList, st.lists(st.lists(spans, min_size=1, max_size=2).map(tuple), min_size=1, max_size=3).map(tuple)
    ),
)


@given(st.lists(blocks, min_size=1, max_size=6), st.integers(40, 200))
def test_no_message_is_too_long_and_nothing_is_lost(
    given_blocks: list[Paragraph | BulletList], longest: int
) -> None:
    messages = split(given_blocks, longest)
    assert all(length(message) <= longest for message in messages)

    def letters(text: str) -> str:
        return "".join(c for c in text if not c.isspace() and c != "•")

    assert letters("".join(plain(m) for m in messages)) == letters(plain(given_blocks))


def test_cuts_fall_between_paragraphs_where_they_fit() -> None:
    first, second = text_block("a" * 30), text_block("b" * 30)
    assert split([first, second], 40) == [(first,), (second,)]
