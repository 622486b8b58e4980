"""Random texts that a person may type, and codes that a button may hold, for hypothesis."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bot.dialogue.reply import Action, Reason
from tests.support.knowledge import DANGER, OFF_TOPIC, QUESTIONS

_ENTRIES = sorted(set(QUESTIONS.values()))
_PIECES = (
    (DANGER, OFF_TOPIC, *QUESTIONS, "no", "yes, the second one", "my left calf", "how long?", "not that"),
    ("/start", "/help", "/forget", "/mydata", "/start bruise", "/unknown", "/", "/ start", "/help@another_bot"),
    ("@", "@another_bot", "me@example.org", "https://example.org/?a=1&b=2", "<b>bold", "&lt;", "**x**", "{title}"),
    (" ", "\n", "\t", "\r\n", "\u00a0", "\u200b", "\ufeff", "\u2028", "\x00", "\x1b[31m"),
    ("e\u0301" * 20, "ﷺ", "ﬁ", "İ", "ß", "\U000e0041", "\uffff"),
    ("🦵", "👩\u200d⚕\ufe0f", "🏃🏽\u200d♀\ufe0f", "\U0001f1ee\U0001f1ea"),
    ("\u202eهل يؤلم الوخز؟\u202c", "כמה זה עולה", "Tut das weh?", "больно ли это", "痛いですか", "ไม่เจ็บ"),
    ("!!!", "...", "0", "-1", "9" * 30, "½", "٣", "%s %d", "'; DROP TABLE inbox;--", "\\", '"'),
)
_HALVES = ("\ud83e", "\udd75", "\udfff\ud800")
"""Of characters, as UTF-16 counts them; JSON can hold them, and what is encoded cannot."""
_LONG = (4096, 20_000)
"""Characters: what Telegram lets a person send, and more than that."""


def texts() -> SearchStrategy[str]:
    """Texts a person may send and some that nobody can: of any characters, of runners' words, blank, very long."""
    anything = st.text(st.characters(), max_size=60)
    pieces = st.one_of(*map(st.sampled_from, _PIECES))
    joints = st.sampled_from(["", " ", "\n", ". "])
    joined = st.builds(str.join, joints, st.lists(pieces, max_size=8))
    long = st.tuples(pieces, st.sampled_from(_LONG)).map(lambda of: (of[0] * of[1])[: of[1]])
    torn = st.tuples(joined, st.sampled_from(_HALVES), joined).map("".join)
    # One in ten is long, since a long one takes as much time as twenty others.
    return st.sampled_from([joined] * 5 + [torn] * 2 + [anything] * 2 + [long]).flatmap(lambda kind: kind)


def codes() -> SearchStrategy[str]:
    """What a button may hold: this bot's codes, with entries that exist and others, old ones and nonsense."""
    about = st.sampled_from([*_ENTRIES, "gone", "", ":", "ENTRY:pain", "🦵", "\ud83e", "x" * 100])
    actions = st.sampled_from([*Action, "gone", ""])
    reasons = st.sampled_from([*Reason, "gone", ".", ""])
    return st.one_of(
        st.builds("{}:{}".format, actions, about),
        st.builds("{}:{}.{}".format, st.just(Action.REASON), reasons, about),
        actions.map(str),
        texts(),
    )
