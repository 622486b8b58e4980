"""The question about a danger sign, through the assistant and whatever people do in between, in any order."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.assistant import Assistant
from bot.dialogue.conversation import FLAG_LASTS, SCREENING_LASTS, Alarm, Conversation, Screening
from bot.dialogue.reply import Outcome, Reply
from bot.knowledge.model import Level, Signs
from bot.storage.memory import MemoryStore
from bot.triage.rules import SELF_HARM, RedFlag
from bot.understanding.mind import Flagged, Foreign, NoWords, Screened, Understanding, Understood
from tests.support.fakes import Clock
from tests.support.knowledge import speaker
from tests.support.model import entry, group, knowledge_base, told_mind, understood

ANN = speaker("ann")
KNOWN = knowledge_base(
    [entry("bruise"), entry("run"), entry("cost", menu="practical"), entry("hello", menu="small-talk")],
    [
        group("chest"),
        group("clot", level=Level.TODAY),
        group(SELF_HARM, level=Level.TODAY, raised=Signs(Level.NOW, ("a plan",))),
    ],
)
FLAGS = st.sampled_from(
    [
        RedFlag("chest", Level.NOW),
        RedFlag("clot", Level.TODAY),
        RedFlag(SELF_HARM, Level.TODAY),
        RedFlag(SELF_HARM, Level.NOW),
        RedFlag(None, Level.NOW),
    ]
)
MEANT: dict[str, Understood | Foreign] = {
    "answer": understood("cost", body_part="calf"),
    "barred": understood("bruise"),
    "choices": understood(offered=["run", "bruise"]),
    "nothing": understood(),
    "foreign": Foreign(),
}
AFTER_NO = {
    "answer": (Outcome.ANSWER, ("cost",), ()),
    "barred": (Outcome.ANSWER, ("bruise",), ()),
    "choices": (Outcome.CHOICES, (), ("run", "bruise")),
    "nothing": (Outcome.FALLBACK, (), ()),
    "foreign": (Outcome.FALLBACK, (), ()),
}
"""What each of ``MEANT`` is answered with, once danger is ruled out: outcome, entries, choices."""
YES = st.sampled_from(["yes", "Yeah, the second one", "a bit", "not sure", "y"])
NO = st.sampled_from(["no", "no its fine", "none of that, just sore", "nope!", "nah"])
OTHER = st.sampled_from(["how much is it", "", "???", "thanks", "hello there", "when can i run"])
COMMANDS = st.sampled_from(["/help", "/therapist", "/privacy", "/mydata", "/start", "/topics", "/start run"])
CODES = st.sampled_from(["topics", "therapist", "none", "good:bruise", "gone", "yes", "no", "yes:", "keep"])


class Talk(RuleBasedStateMachine):
    """One person, typing and tapping."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock, self.store = Clock(), MemoryStore()
        self.meanings: dict[str, Understanding] = {}
        self.assistant = Assistant(told_mind(KNOWN, self.meanings), self.store, self.clock)
        self.arguments: list[str] = []  # of all questions ever asked
        self.instead = ""  # what the message meant that the open question is about

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.close()

    def _done(self, work: Coroutine[Any, Any, Reply]) -> Reply:
        return self.loop.run_until_complete(work)

    def _conversation(self) -> Conversation:
        codes = self.loop.run_until_complete(self.store.conversation(ANN))
        conversation = Conversation.from_codes(codes)
        assert not codes or Conversation.from_codes(conversation.to_codes()) == conversation
        return conversation.at(self.clock.now)

    @property
    def _open(self) -> Screening | None:
        return self._conversation().screening

    @property
    def _alarm(self) -> Alarm | None:
        return self._conversation().alarm

    def _type(self, text: str, meaning: Understanding, *, edited: bool = False) -> Reply:
        """Send ``text``, which nothing may make milder that is already known of danger."""
        self.meanings[text] = meaning
        before = self._alarm
        reply = self._done(self.assistant.reply(text, ANN, edited=edited))
        after = self._alarm
        if before is not None and not before.may_calm:
            assert after is not None and after.level >= before.level
        self._note(reply)
        return reply

    def _note(self, reply: Reply) -> None:
        screening = self._open
        if reply.outcome is Outcome.SCREENING:
            assert screening is not None
            assert reply.entries == reply.choices == ()
            assert (reply.red_flag, reply.level) == (screening.group or "unknown", screening.level)
            codes = [button.code for row in reply.buttons for button in row]
            assert codes == [f"yes:{screening.argument}", f"no:{screening.argument}"]
            if self.arguments[-1:] != [screening.argument]:
                assert screening.argument not in self.arguments
                self.arguments.append(screening.argument)

    # --- what a person does ----------------------------------------------------------------

    @rule(flag=FLAGS, instead=st.sampled_from(sorted(MEANT)), edited=st.booleans(), words=NO | OTHER)
    def something_suspicious(self, flag: RedFlag, instead: str, edited: bool, words: str) -> None:
        before, alarm = (None if edited else self._open), self._alarm
        reply = self._type(words, Screened(flag, MEANT[instead]), edited=edited)
        if alarm is not None:
            assert (reply.outcome, reply.red_flag) == (Outcome.RED_FLAG, alarm.group or "unknown")
        elif before is None or flag.group not in (before.group, None):
            self.instead = instead
            assert reply.outcome is Outcome.SCREENING and reply.red_flag == (flag.group or "unknown")
            assert self._open != before
        else:
            self._asked_again(before, reply)  # however often: what may tell of danger is never answered unsettled

    @rule(flag=FLAGS, proved=st.booleans(), edited=st.booleans(), words=YES | NO | OTHER)
    def a_danger_sign(self, flag: RedFlag, proved: bool, edited: bool, words: str) -> None:
        reply = self._type(words, Flagged(flag, proved=proved), edited=edited)
        assert reply.outcome is Outcome.RED_FLAG
        assert self._open is None

    @rule(words=YES, instead=st.sampled_from(sorted(MEANT)), suspicious=st.none() | FLAGS)
    @precondition(lambda self: self._open is not None)
    def yes(self, words: str, instead: str, suspicious: RedFlag | None) -> None:
        asked = self._open
        meaning: Understanding = MEANT[instead] if suspicious is None else Screened(suspicious, MEANT[instead])
        self._urgent_for(asked, self._type(words, meaning))

    @rule()
    @precondition(lambda self: self._open is not None)
    def yes_by_a_tap(self) -> None:
        asked = self._open
        assert asked is not None
        self._urgent_for(asked, self._done(self.assistant.tap(f"yes:{asked.argument}", ANN)))

    @rule(words=NO, meaning=st.sampled_from([*MEANT.values(), NoWords()]))
    @precondition(lambda self: self._open is not None)
    def no(self, words: str, meaning: Understanding) -> None:
        self._answered_after_no(self._type(words, meaning))

    @rule()
    @precondition(lambda self: self._open is not None)
    def no_by_a_tap(self) -> None:
        asked = self._open
        assert asked is not None
        self._answered_after_no(self._done(self.assistant.tap(f"no:{asked.argument}", ANN)))

    @rule(words=OTHER, meaning=st.sampled_from([*MEANT.values(), NoWords(), understood("hello")]))
    def something_else(self, words: str, meaning: Understanding) -> None:
        before, alarm = self._open, self._alarm
        reply = self._type(words, meaning)
        if before is not None:
            self._asked_again_or_closed(before, reply)
        else:
            assert reply.outcome is not Outcome.SCREENING
            assert alarm is not None or reply.outcome is not Outcome.RED_FLAG

    @rule(words=OTHER, meaning=st.sampled_from([*MEANT.values(), NoWords()]))
    @precondition(lambda self: self._open is not None)
    def no_answer_at_all(self, words: str, meaning: Understanding) -> None:
        asked = self._open
        replies = 0
        while self._open is not None:
            reply = self._type(words, meaning)
            replies += 1
        assert asked is not None and replies == 3 - asked.asked
        assert reply.texts[0].startswith("<screening_reminder>")

    @rule(words=YES | NO | OTHER, meaning=st.sampled_from([*MEANT.values(), NoWords()]))
    def an_edit(self, words: str, meaning: Understanding) -> None:
        reply = self._type(words, meaning, edited=True)
        assert reply.outcome is not Outcome.SCREENING
        assert self._open is None

    @rule(command=COMMANDS, suspicious=st.none() | FLAGS)
    def a_command(self, command: str, suspicious: RedFlag | None) -> None:
        before = self._open
        meaning: Understanding = MEANT["nothing"] if suspicious is None else Screened(suspicious, MEANT["answer"])
        reply = self._type(command, meaning)
        assert reply.outcome is Outcome.ANSWER or (command == "/start run" and self._alarm is not None)
        assert self._open == before

    @rule()
    def forget(self) -> None:
        self._done(self.assistant.reply("/forget", ANN))
        assert self._conversation() == Conversation()
        self.arguments.clear()  # turns are counted from nought again

    @rule(yes=st.booleans(), data=st.data())
    def an_old_tap(self, yes: bool, data: st.DataObject) -> None:
        before = self._conversation()
        current = before.screening.argument if before.screening else None
        old = [argument for argument in [*self.arguments, "chest.999", "chest"] if argument != current]
        code = f"{'yes' if yes else 'no'}:{data.draw(st.sampled_from(old))}"
        reply = self._done(self.assistant.tap(code, ANN))
        assert "<old_button>" in reply.texts[0]
        assert self._conversation() == before.next()

    @rule(code=CODES)
    def another_tap(self, code: str) -> None:
        before = self._conversation()
        reply = self._done(self.assistant.tap(code, ANN, "a question"))
        assert not reply.outcome.is_urgent
        after = self._conversation()
        assert (after.screening, after.alarm) == (before.screening, before.alarm)

    @rule()
    def none_applies(self) -> None:
        alarm, before = self._alarm, self._open
        reply = self._done(self.assistant.tap("calm", ANN))
        assert not reply.outcome.is_urgent
        assert self._open == before
        assert self._alarm == (alarm if alarm is not None and not alarm.may_calm else None)

    @rule(key=st.sampled_from(["photo", "voice"]))
    def a_photo(self, key: str) -> None:
        before = self._conversation()
        reply = self._done(self.assistant.medium(key, ANN))
        assert self._conversation() == before.next()  # not counted as an answer
        if before.screening is not None:
            assert reply.outcome is Outcome.SCREENING
            assert reply.texts[0].startswith("<screening_again>")
        else:
            assert f"<{key}>" in reply.texts[0]

    @rule(seconds=st.sampled_from([1, SCREENING_LASTS - 1, SCREENING_LASTS, FLAG_LASTS]))
    def time_passes(self, seconds: int) -> None:
        before = self._open
        self.clock.now += seconds
        if before is None or self.clock.now >= before.until:
            assert self._open is None
        else:
            assert self._open == before

    @rule(flag=FLAGS, instead=st.sampled_from(sorted(MEANT)))
    @precondition(lambda self: self._alarm is not None)
    def a_new_day(self, flag: RedFlag, instead: str) -> None:
        """Most sequences would else spend their time in the 24 hours of an alarm, when nothing is asked."""
        self.clock.now += FLAG_LASTS
        assert self._alarm is None
        self.something_suspicious(flag, instead, False, "odd")

    # --- what must then be so ------------------------------------------------------------------

    def _urgent_for(self, asked: Screening | None, reply: Reply) -> None:
        assert asked is not None
        assert (reply.outcome, reply.red_flag, reply.level) == (
            Outcome.RED_FLAG,
            asked.group or "unknown",
            asked.level,
        )
        assert reply.entries == reply.choices == ()
        assert self._open is None
        alarm = self._alarm
        assert alarm is not None and alarm.flag == asked.flag and alarm.proved

    def _answered_after_no(self, reply: Reply) -> None:
        assert (reply.outcome, reply.entries, reply.choices) == AFTER_NO[self.instead]
        assert "reminder" not in reply.texts[0]
        assert (self._open, self._alarm) == (None, None)

    def _asked_again_or_closed(self, asked: Screening, reply: Reply) -> None:
        if asked.asked == 1:
            self._asked_again(asked, reply)
        else:
            assert not reply.outcome.is_urgent
            assert reply.texts[0].startswith("<screening_reminder>")
            assert (self._open, self._alarm) == (None, None)

    def _asked_again(self, asked: Screening, reply: Reply) -> None:
        assert reply.outcome is Outcome.SCREENING
        assert reply.texts[0].startswith("<screening_again>")
        assert self._open is not None and self._open.argument == asked.argument

    @invariant()
    def never_both_a_question_and_an_alarm(self) -> None:
        if hasattr(self, "store"):
            conversation = self._conversation()
            assert conversation.screening is None or conversation.alarm is None
            assert conversation.screening is None or 1 <= conversation.screening.asked <= 2
            kept = self.loop.run_until_complete(self.store.conversation(ANN))
            assert len(kept) < 1_000


TestTalk = Talk.TestCase
TestTalk.settings = hypothesis.settings(max_examples=100, stateful_step_count=30)
