"""``chat``: the same conversation as on Telegram, in the terminal."""

from pathlib import Path
from textwrap import dedent

import pytest

from bot.knowledge.model import KnowledgeBase
from tests.cli.conftest import Command
from tests.support.knowledge import (
    DANGER,
    OFF_TOPIC,
    QUESTION,
    SUSPICIOUS,
    asked_back,
    stand_in_texts,
    visible,
    with_a_question_back,
    wordings,
    write_knowledge,
)

# The bot's own sentences are stand-ins such as <start>: the transcript is about the conversation,
# and rewording a text must not break it.
MENU = """\
    session:
      title: "The session"
    after:
      title: "Afterwards"
    injuries:
      title: "My injury"
    practical:
      title: "Money"
    compare:
      title: "Something else"
    """
CLINIC = """\
    name: "Test Clinic"
    prices: ["One visit: 70 euro"]
    """
BOOKING = "https://clinic.example/book"
TYPED = [QUESTION, "1", "4", "2", "/topics", "2", "2", OFF_TOPIC, "2", f"2. {DANGER}", "/quit"]
TRANSCRIPT = """\
    One moment, reading the knowledge files …

    <start>

    <examples_intro>

    • <examples>

    <referral_short>

      [1] The session
      [2] Afterwards
      [3] My injury
      [4] Money
      [5] Something else

    Type a question, or the number of a button. Leave with /quit.

    you> does dry needling hurt a lot?

    Does it hurt?

    A short sting and a dull ache are usual. Say so when it is too much.

    <not_reviewed>

    <referral_session>

      [1] Running after a session
      [2] A bruise afterwards
      [3] <button_therapist>
      [4] <button_helped>
      [5] <button_did_not_help>

    you> 1

    Running after a session

    Most people run again after a day or two, easily at first.

    <see_therapist_if_intro> Soreness lasts longer than three days.

    <not_reviewed>

    <referral_short>

      [1] Does it hurt?
      [2] <button_therapist>
      [3] <button_helped>
      [4] <button_did_not_help>

    you> 4

    (<toast_why>)

      [1] <button_reason_other>
      [2] <button_reason_little>
      [3] <button_reason_hard>
      [4] <button_therapist>

    you> 2

    (<toast_reason>)

      [1] Does it hurt?
      [2] <button_therapist>

    you> /topics

    <topics_intro>

    <referral_short>

      [1] The session
      [2] Afterwards
      [3] My injury
      [4] Money
      [5] Something else

    you> 2

    <section_intro> Afterwards

    <referral_short>

      [1] A drop of blood
      [2] A bruise afterwards
      [3] Running after a session
      [4] <button_back>

    you> 2

    A bruise afterwards

    A small bruise is common and fades within a week.

    <not_reviewed>

    <referral_short>

      [1] <button_therapist>
      [2] <button_helped>
      [3] <button_did_not_help>

    you> zebra umbrella

    <fallback>

    <examples_intro>

    • <examples>

    <danger_line>

    <keep_question>

    <referral_short>

      [1] <button_topics>
      [2] <button_therapist>
      [3] <button_keep_question>
      [4] <button_keep_not>

    you> 2

    <clinic_intro>

    • Test Clinic

    <therapist>

      [1] <button_topics>

    you> 2. I fell and now my chest hurts and I cannot breathe.

    Call your local emergency number now. Do not drive yourself.

    Tell them when and where you had needling.

    <red_flag_nobody_reads>

    you> /quit

    Safe running!
    """


@pytest.fixture
def stand_in_folder(tmp_path: Path) -> Path:
    changes = {"texts.yaml": stand_in_texts(), "menu.yaml": MENU, "clinic.yaml": CLINIC}
    return write_knowledge(tmp_path / "knowledge", changes)


def as_on_screen(output: str, typed: list[str]) -> str:
    """Return ``output`` with what was typed behind each prompt, where the terminal would show it."""
    pieces = output.split("you> ")
    assert len(pieces) == len(typed) + 1
    return pieces[0] + "".join(f"you> {said}\n{piece}" for said, piece in zip(typed, pieces[1:], strict=True))


def test_a_conversation_reads_like_the_one_on_telegram_with_numbered_buttons(
    command: Command, stand_in_folder: Path
) -> None:
    stdin = "\n".join([*TYPED, "never read"]).encode()
    code, out, err = command("chat", "--knowledge", stand_in_folder, stdin=stdin)
    assert (code, err) == (0, "")
    assert as_on_screen(out, TYPED) == dedent(TRANSCRIPT)


def test_a_process_ends_well_at_the_end_of_its_input_whatever_was_typed(
    process: Command, small_folder: Path, knowledge: KnowledgeBase
) -> None:
    stdin = b"\xff\xfe\x00\n\n" + b"x" * 10_000 + b"\n\xd9\xa1\n\x1b[2J\n" + DANGER.encode()
    code, out, err = process("chat", "--knowledge", small_folder, stdin=stdin)
    assert (code, err) == (0, "")
    assert out.count("you> ") == 7
    assert wordings(knowledge, "red_flag_nobody_reads")[0] in out
    assert out.endswith("Safe running!\n")


def test_a_terminal_that_knows_only_ascii_does_not_end_the_conversation(
    process: Command, small_folder: Path
) -> None:
    code, out, err = process(
        "chat", "--knowledge", small_folder, stdin=b"/help\n", PYTHONUTF8="0", PYTHONIOENCODING="ascii"
    )
    assert (code, err) == (0, "")
    assert "Safe running!" in out


@pytest.mark.parametrize("number", ["99", "0", "-1", "²", "1.", "1 1"])
def test_a_number_without_a_button_is_a_message_like_any_other(
    command: Command, small_folder: Path, knowledge: KnowledgeBase, number: str
) -> None:
    code, out, err = command("chat", "--knowledge", small_folder, stdin=f"{QUESTION}\n{number}".encode())
    assert (code, err) == (0, "")
    [reply] = out.split("you> ")[2:3]
    assert "  [1] " in reply
    offered = [knowledge.entries[key] for key in knowledge.entries["pain"].related]
    assert not any(visible(entry.answer)[:40] in reply for entry in offered)


def test_no_number_reaches_the_buttons_of_an_earlier_reply(
    command: Command, small_folder: Path, knowledge: KnowledgeBase
) -> None:
    stdin = f"{QUESTION}\n{DANGER}\n1".encode()
    out = command("chat", "--knowledge", small_folder, stdin=stdin)[1]
    assert visible(knowledge.entries["pain"].answer)[:40] in out
    assert visible(knowledge.entries["run-after"].answer)[:40] not in out


def test_the_next_reply_uses_other_words_for_the_referral(
    command: Command, small_folder: Path, knowledge: KnowledgeBase
) -> None:
    # The greeting is the first reply.
    expected = [wordings(knowledge, "referral_session")[1], wordings(knowledge, "referral_short")[2]]
    questions = [QUESTION] * len(expected)
    out = command("chat", "--knowledge", small_folder, stdin="\n".join(questions).encode())[1]
    unwrapped = " ".join(out.split())
    assert [referral for referral in expected if referral not in unwrapped] == []


def test_a_number_of_any_length_is_just_no_button(command: Command, small_folder: Path) -> None:
    code, _, err = command("chat", "--knowledge", small_folder, stdin=b"9" * 5_000)
    assert (code, err) == (0, "")


def test_a_follow_up_is_understood_and_says_so(
    command: Command, small_folder: Path, knowledge: KnowledgeBase
) -> None:
    stdin = b"Is a bruise after needling normal?\nhow long does that last?\n"
    out = command("chat", "--knowledge", small_folder, stdin=stdin)[1]
    followed = knowledge.texts["followed"][0].format(title=knowledge.entries["bruise"].title)
    assert followed in " ".join(out.split("you> ")[2].split())


def test_a_button_with_an_address_shows_it_and_the_numbers_stay(command: Command, tmp_path: Path) -> None:
    changes = {"texts.yaml": stand_in_texts(), "clinic.yaml": f"booking: {BOOKING}\n"}
    folder = write_knowledge(tmp_path / "knowledge", changes)
    out = command("chat", "--knowledge", folder, stdin=f"{QUESTION}\n4\n1\n".encode())[1]
    answer, address, related = out.split("you> ")[1:4]
    assert "  [3] <button_therapist>\n  [4] <button_book>\n  [5] <button_helped>" in answer
    assert address.strip() == BOOKING
    assert related.strip().startswith("Running after a session")


def test_a_question_is_kept_by_its_button(command: Command, stand_in_folder: Path) -> None:
    out = command("chat", "--knowledge", stand_in_folder, stdin=f"{OFF_TOPIC}\n3\n/mydata".encode())[1]
    kept, mine = out.split("you> ")[2:4]
    assert "<question_kept>" in kept
    assert "<my_data> 1 1 0" in mine  # one chat, one question, no rating


def test_a_question_back_is_settled_by_its_buttons_or_in_words(
    command: Command, stand_in_folder: Path, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    typed = [SUSPICIOUS, "2", SUSPICIOUS, "nope", SUSPICIOUS, "1", SUSPICIOUS]
    out = command("chat", "--knowledge", stand_in_folder, stdin="\n".join(typed).encode())[1]
    asked, no, *_, again, yes, urgent = out.split("you> ")[1:8]
    for question in (asked, again):
        assert " ".join(question.split()).startswith(asked_back(knowledge))
        assert question.rstrip().endswith("[1] <button_screening_yes>\n  [2] <button_screening_no>")
    assert no.strip().startswith("Does it hurt?")
    assert yes.strip().startswith("Call your local emergency number now.") and "[1]" not in yes
    assert urgent.strip().startswith("Call your local emergency number now.")
    assert "[1] <button_none_applies>" in urgent  # the second urgent reply
