"""What tells who asked is masked before a question is kept; what the question needs stays."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clinic.masking import LONGEST, masked, masking
from bot.knowledge.model import Clinic, Practice, Therapist
from bot.text.normalise import normalise
from bot.understanding.mind import Mind
from tests.support.model import entry, knowledge_base

HERE = Path(__file__).parent
_MARKED = re.compile(r"\{([pmlaxn]):([^}]*)\}")
FEWEST_NAMES = 0.95
MOST_ALTERED = 3


@dataclass(frozen=True)
class Letter:
    """A made-up message; ``secret`` are what must not survive, by kind, ``names`` those of persons."""

    text: str
    secret: tuple[str, ...]
    names: tuple[str, ...]


def lines(file: str) -> Iterator[str]:
    for line in (HERE / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


LETTERS = [
    Letter(
        _MARKED.sub(r"\2", line),
        tuple(value for kind, value in _MARKED.findall(line) if kind != "n"),
        tuple(value for kind, value in _MARKED.findall(line) if kind == "n"),
    )
    for file in ("masking_texts.txt", "masking_texts_second.txt")
    for line in lines(file)
]


@pytest.fixture(scope="session")
def mask(real_mind: Mind) -> Callable[[str], str]:
    """What masks a text with the project's own answers, as the bot does it."""
    return masking(real_mind.knowledge, real_mind.preparer.knows)


def bare(text: str) -> str:
    return re.sub(r"[\W_]", "", normalise(text))


def survives(secret: str, kept: str) -> bool:
    """Return whether ``secret``, or four of its digits in a row, can still be read in ``kept``."""
    whole, rest = bare(secret), bare(kept)
    digits = "".join(filter(str.isdigit, whole))
    runs = {digits[start : start + 4] for start in range(len(digits) - 3)}
    return whole in rest or any(run in "".join(filter(str.isdigit, rest)) for run in runs)


def named(name: str, kept: str) -> bool:
    """Return whether a word of ``name`` still stands in ``kept``."""
    still = set(re.findall(r"[^\W\d_]+", kept.lower()))
    return bool(still & {word for word in re.findall(r"[^\W\d_]{2,}", name.lower()) if word not in TITLES})


TITLES = {"mr", "mrs", "dr", "nurse", "de", "da", "van"}


def test_no_phone_mail_link_or_identifying_number_survives(mask: Callable[[str], str]) -> None:
    assert len(LETTERS) >= 200
    assert [
        (letter.text, secret)
        for letter in LETTERS
        for secret in letter.secret
        if survives(secret, mask(letter.text))
    ] == []


def test_nearly_no_name_survives(mask: Callable[[str], str]) -> None:
    names = [(name, mask(letter.text)) for letter in LETTERS for name in letter.names]
    gone = sum(not named(name, kept) for name, kept in names)
    assert len(names) > 100
    assert gone >= FEWEST_NAMES * len(names)


def test_what_a_question_needs_stays(mask: Callable[[str], str]) -> None:
    questions = list(lines("harmless_texts.txt"))
    assert len(questions) >= 60
    assert sum(mask(question) != question for question in questions) <= MOST_ALTERED


def test_a_town_of_the_directory_is_no_name() -> None:
    therapist = Therapist("Ada Byrne", places=(Practice(town="Newton Abbot"),))
    knowledge = knowledge_base([entry("a")], clinic=Clinic(therapists=(therapist,)))
    asked = "Is there parking in Newton Abbot, as Ada told me?"
    assert masking(knowledge)(asked) == asked.replace("Ada", "[name]")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("my name is Tom, call 07700 900123", "my name is [name], call [phone]"),
        ("I'm 43, 10 km in week 6, L5/S1", "I'm 43, 10 km in week 6, L5/S1"),
        ("mail a@example.org or see www.example.org/me", "mail [e-mail] or see [link]"),
        ("Anna Maria Schmidt's knee", "[name]'s knee"),
        ("born 3 March 1991 at SW1A 1AA", "born [date] at [address]"),
        ("＋４４ ７７００ ９００１２３", "[phone]"),
        ("٠٧٧٠٠٩٠٠١٢٣", "[phone]"),
        ("is it safe?\x85yes\x1b[31m\x00", "is it safe?\nyes[31m"),
        ("077\u200b009\u200d00123 🏃\u200d♀️", "[phone] 🏃\u200d♀️"),
        ("Thanks,\nJo", "Thanks,\n[name]"),
        ("from 192.168.14.201", "from [number]"),
        ("I'm May Jones. May I run in May?", "I'm [name]. May I run in May?"),
        ("", ""),
    ],
)
def test_marks_say_what_stood_there(text: str, kept: str) -> None:
    assert masked(text, {"knee", "week", "call", "mail", "born"}.__contains__) == kept


TYPED = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            [
                *(
                    "my name is ",
                    "I'm ",
                    "Tom",
                    "Anna",
                    "call me ",
                    "thanks ",
                    "07700 900123",
                    "a@b.example",
                    " at ",
                ),
                *(" dot com", "www.a.example/b", "[name]", "[phone]", "@x", "1/2/1990", "zero ", "Dr. ", ".", ", "),
                *(
                    "\n",
                    "48 hours",
                    "L5/S1",
                    "A1",
                    "-",
                    "(",
                    ")",
                    "+",
                    "\u200d",
                    "double ",
                    *(
                        "insta: ",
                        "my strava is ",
                        "born ",
                        "22 baker street",
                        " here",
                        " again",
                        "hundred ",
                        "gmail",
                    ),
                    *(
                        "O77OO ",
                        "www ",
                        " dot ",
                        "third ",
                        "k. ",
                        "tendai ",
                        "::",
                        "12:",
                        "1.234, ",
                        "°",
                        "flat 3b",
                    ),
                    "my son ",
                    "'s",
                    "ref ",
                ),
            ]
        ),
    ),
    max_size=12,
).map("".join)


@given(TYPED)
def test_masking_twice_is_masking_once(text: str) -> None:
    once = masked(text, {"run", "knee"}.__contains__)
    assert masked(once, {"run", "knee"}.__contains__) == once


@given(TYPED)
def test_a_masked_text_is_hardly_longer(text: str) -> None:
    plain = unicodedata.normalize("NFKC", text)
    assert len(masked(text, str.islower)) <= len("[account]") * len(plain)


SEPARATORS = st.sampled_from(["", " ", "-", ".", " - ", "/", " / ", ") ", " (", "\u200b", "\u00a0", "–"])
WORDS = st.sampled_from(["", "call ", "is it ok, ", "see (", "\n", "NR:", "…"])


@given(st.text("0123456789", min_size=8, max_size=14), st.lists(SEPARATORS, min_size=14, max_size=14), WORDS, WORDS)
def test_no_phone_number_survives_however_it_is_cut(
    digits: str, between: list[str], before: str, after: str
) -> None:
    written = "".join(digit + blank for digit, blank in zip(digits, between, strict=False))
    assert sum(map(str.isdigit, masked(before + written + after, str.islower))) == 0


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)


@given(NAMES, NAMES, st.sampled_from(["com", "co.uk", "de", "org"]), WORDS, st.sampled_from(["@", " at ", "(at)"]))
def test_no_mail_survives(name: str, host: str, end: str, before: str, at: str) -> None:
    dot = " dot " if at == " at " else "."
    kept = masked(f"{before}{name}{at}{host}{dot}{end.replace('.', dot)} please", str.islower)
    assert kept.endswith("[e-mail] please")


@given(NAMES, st.sampled_from(["https://", "http://www.", "www.", "ftp://"]), NAMES, WORDS)
def test_no_link_survives(host: str, scheme: str, path: str, before: str) -> None:
    kept = masked(f"{before}{scheme}{host}.example/{path}?q={path} please", str.islower)
    assert kept.endswith("[link] please")


@pytest.mark.parametrize("text", ["may I run? " * 200, "\ufdfa" * 4_000, "[name]" * 200])
def test_a_kept_question_has_an_end_and_no_half_of_a_mark(mask: Callable[[str], str], text: str) -> None:
    kept = mask(text)
    assert len(kept) <= LONGEST and kept.endswith("...")
    assert kept.count("[") == kept.count("]")
    assert mask(kept) == kept
