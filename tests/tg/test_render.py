"""Blocks and buttons in Telegram's own forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.reply import MAX_CODE_BYTES, Action, Button, code
from bot.knowledge.markup import BulletList, Paragraph, Span, parse, text_block
from bot.knowledge.model import OWN_FOLDER, KnowledgeBase
from bot.tg.render import keyboard, to_html
from tests.support.knowledge import AWKWARD, AWKWARD_TEXT, visible
from tests.support.telegram_html import Entity, MarkupError, read_html

FRAGMENTS = (
    *("<b>", "</b>", "<", ">", '<a href="x">', "&", "&lt;", "&#60;", "&amp;amp;", '"', "'"),
    *("**", "[a](https://b.example/?c=1&d=2)", "- ", "\n", "\n\n", "word ", "🦵", "\u200f"),
)
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
"""Any text, and text that is likely to be mistaken for markup."""


@given(TEXTS)
def test_text_is_shown_exactly_as_it_stands_and_never_becomes_markup(text: str) -> None:
    shown = read_html(to_html((text_block(text),)))
    assert shown.text == text
    assert shown.entities == ()


@given(TEXTS, st.sampled_from(["https://example.org/?a=1&b=2", "http://x.example/'&quot;", "tel:+4420"]))
def test_bold_and_linked_text_is_shown_as_it_stands_too(text: str, url: str) -> None:
    shown = read_html(to_html((BulletList(((Span(text, bold=True), Span(text, url=url)),)),)))
    assert shown.text == f"• {text}{text}"
    assert shown.entities == (Entity("b", text, {}), Entity("a", text, {"href": url}))


@given(TEXTS)
def test_whatever_an_editor_types_is_accepted_by_telegram_and_nothing_is_lost(text: str) -> None:
    blocks = parse(text)
    shown = read_html(to_html(blocks))
    assert shown.text == visible(blocks)
    assert {entity.tag for entity in shown.entities} <= {"a", "b"}


def test_paragraphs_lists_bold_words_and_links_are_told_apart(knowledge: KnowledgeBase) -> None:
    shown = read_html(to_html(knowledge.entries[AWKWARD].answer))
    assert shown.text == (
        f"{AWKWARD_TEXT}\n\nIt may help a little as part of care:\n\n"
        "• load the foot step by step\n• read the guide & more first\n\nThen ask again."
    )
    assert shown.entities == (
        Entity("b", "a little", {}),
        Entity("a", "the guide & more", {"href": "https://example.org/guide?a=1&b=2"}),
    )


def test_the_judge_of_these_tests_refuses_what_telegram_refuses() -> None:
    for html in ("a < b", "<b>open", "open</b>", "<b><a>crossed</b></a>", "<h1>unknown</h1>", "<b"):
        with pytest.raises(MarkupError):
            read_html(html)
    assert read_html("a > b &amp;lt; <b>c</b>").text == "a > b &lt; c"


def test_buttons_keep_their_rows_labels_and_codes() -> None:
    rows = [[Button("<One> & more", "entry:one")], [Button("Two", "topics"), Button("Three", "none")]]
    markup = keyboard(rows)
    assert markup is not None
    assert [[(b.text, b.callback_data) for b in row] for row in markup.inline_keyboard] == [
        [("<One> & more", "entry:one")],
        [("Two", "topics"), ("Three", "none")],
    ]


def test_no_buttons_mean_no_keyboard() -> None:
    assert keyboard([]) is None
    assert keyboard(()) is None


def test_every_button_of_the_real_knowledge_fits_telegrams_64_bytes(knowledge: KnowledgeBase) -> None:
    entry_ids = [path.stem for path in (OWN_FOLDER / "faq").glob("*.yaml")]
    assert entry_ids
    codes = [code(Action.ENTRY, entry_id) for entry_id in entry_ids]
    codes += [code(Action.SECTION, section.id) for section in knowledge.menu]  # borrowed from the real folder
    codes += [code(action) for action in Action]
    assert MAX_CODE_BYTES == 64
    assert [c for c in codes if len(c.encode()) > MAX_CODE_BYTES] == []


def test_a_paragraph_and_a_list_are_separate_blocks() -> None:
    blocks = (Paragraph((Span("Before"),)), BulletList(((Span("a"),), (Span("b"),))), Paragraph((Span("After"),)))
    assert to_html(blocks) == "Before\n\n• a\n• b\n\nAfter"
