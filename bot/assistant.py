"""The use case: an utterance in, a reply out, the exchange recorded. Knows no Telegram."""

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import structlog

from bot.clinic.zone import day_at
from bot.dialogue.answering import Answering
from bot.dialogue.composer import Composer
from bot.dialogue.conversation import Conversation
from bot.dialogue.counting import REFERRAL, questions
from bot.dialogue.danger import Danger, Turn
from bot.dialogue.handing import Handing
from bot.dialogue.records import Records
from bot.dialogue.reply import Action, Outcome, Reply
from bot.knowledge.commands import command_in, must_be_obeyed
from bot.knowledge.model import Coordinates
from bot.storage.failsafe import done
from bot.storage.protocol import Occurrence, Speaker, Store
from bot.understanding.assent import refuses
from bot.understanding.mind import Cry, Flagged, Mind, Screened, Understanding, Understood

log = structlog.get_logger(__name__)


class Assistant:
    """Answers what people send. Every text goes through ``Mind.understand``, danger signs first."""

    def __init__(
        self, mind: Mind, store: Store, clock: Callable[[], float] = time.time, *, asks: bool = False
    ) -> None:
        """``clock`` returns Unix time; ``asks``: the clinic's therapists can be asked."""
        self._store = store
        self._clock = clock
        self.asks = asks
        self._answer_from(mind, frozenset())

    def use(self, mind: Mind) -> None:
        """Answer from ``mind`` from now on. What began before, on a ``pinned`` assistant, ends with the old one."""
        self._answer_from(mind, self._paused)

    def pause(self, entry_ids: Collection[str]) -> None:
        """Answer none of these entries from now on, and all others again."""
        self._answer_from(self._whole, frozenset(entry_ids))

    def _answer_from(self, whole: Mind, paused: frozenset[str]) -> None:
        mind = whole.without(paused)
        composer = Composer(mind.knowledge, self._today, asks=self.asks)
        danger, handing = Danger(mind.knowledge, composer), Handing(mind.knowledge, composer)
        answering = Answering(mind.knowledge, composer, danger, handing)
        records = Records(self._store, mind.knowledge, whole, composer, danger)
        # Nothing may be awaited from here on: whoever asks sees all of the new one or nothing of it.
        self._whole, self._paused = whole, paused
        self._mind, self._composer, self._danger, self._answering = mind, composer, danger, answering
        self._handing, self._records = handing, records

    def _today(self) -> date:
        return day_at(self._clock(), self._whole.knowledge.clinic.timezone)

    def pinned(self) -> "Assistant":
        """Return an assistant that stays with the mind of this moment, whatever this one uses later."""
        return copy.copy(self)

    @property
    def store(self) -> Store:
        """Where what outlives a message is kept."""
        return self._store

    @property
    def mind(self) -> Mind:
        """What understands what people send, at present."""
        return self._mind

    @property
    def whole(self) -> Mind:
        """The same with what is paused at present."""
        return self._whole

    def suspects(self, text: str) -> bool:
        """Return whether ``text`` is not to wait behind others: see ``Mind.suspects``."""
        return self._mind.suspects(text)

    async def reply(
        self,
        text: str,
        speaker: Speaker,
        *,
        edited: bool = False,
        shared: bool = False,
        medium: str = "",
        message: int = 0,
        to_clinic: bool = False,
    ) -> Reply:
        """Return the reply to what ``speaker`` typed.

        ``edited``: in place of what they had typed before. ``shared``: in a chat that several people read.
        ``medium``: below something that is not text; this text is then said where nothing was understood.
        ``message`` is its number. ``to_clinic``: it is meant for the clinic, and answered only where danger signs
        call for it.
        """
        now = self._clock()
        conversation = await self._recall(speaker, now)
        typed_anew = not (to_clinic or edited or medium or text.startswith("/"))
        awaited = typed_anew and bool(conversation.asking_until) and conversation.screening is None
        to_clinic = to_clinic or awaited
        conversation = conversation.not_asking()
        if edited:
            conversation = conversation.changed(message)
        understood = await self._understand(text, conversation)
        if isinstance(understood, Understood) and conversation.repeats(text):
            understood = replace(understood, passage=None)
        conversation = conversation.asked(text)
        obeyed = must_be_obeyed(text)
        turn = self._danger.heard(
            text, understood, conversation, now, shared=shared, obeyed=obeyed, to_clinic=to_clinic
        )
        if turn.reply is not None:
            conversation = self._answering.mentioning(understood, turn.conversation, now)
            conversation = conversation.awaiting(message, to_clinic=to_clinic)
            conversation = conversation.holding(message) if to_clinic else conversation
            return await self._finish(speaker, conversation, turn.reply, turn.counted)
        if text.lstrip().startswith("/"):
            return await self._command(text, _Order(speaker, turn.conversation, now, shared))
        counted: Sequence[Occurrence] = ()
        if to_clinic:
            conversation = self._answering.mentioning(understood, turn.conversation, now)
            if awaited and refuses(text):
                reply = self._composer.page("handoff_not_passed", conversation.turn)
            else:
                reply = self._handing.passed_on(conversation.turn)
        else:
            conversation, reply = self._answering.typed(text, understood, turn.conversation, now, shared=shared)
            counted = questions(understood, reply, self._mind.knowledge, edited=edited)
            if medium and reply.outcome is Outcome.FALLBACK:
                reply = self._composer.notice(medium, conversation.turn)
        if turn.reminder:
            reply = self._composer.below("screening_reminder", reply)
        return await self._finish(speaker, conversation, reply, counted)

    async def urgent_only(self, text: str, speaker: Speaker, *, shared: bool, for_clinic: int = 0) -> Reply | None:
        """Return what is to be said of danger in a text that is not answered here; nothing where there is none.

        ``shared`` as in ``reply``. ``for_clinic`` is the number of the message, where it was meant for the clinic.
        """
        now = self._clock()
        conversation = await self._recall(speaker, now)
        understood = await self._understand(text, conversation)
        conversation = self._answering.mentioning(understood, conversation, now)
        if isinstance(understood, Flagged | Screened | Cry):
            turn = self._danger.heard("", understood, conversation, now, shared=shared)
            assert turn.reply is not None
            conversation = turn.conversation.awaiting(for_clinic, to_clinic=True).holding(for_clinic)
            return await self._finish(speaker, conversation, turn.reply, turn.counted)
        await self._record(speaker, conversation, [])
        return None

    async def tap(self, code: str, speaker: Speaker, question: str = "") -> Reply:
        """Return the reply to a tapped button; a code that means nothing (any more) is said kindly.

        ``question`` is the message that the tapped reply answered, where the messenger still shows it.
        """
        now = self._clock()
        conversation = (await self._recall(speaker, now)).not_asking()
        action, _, argument = code.partition(":")
        match action:
            case Action.NONE_APPLIES:
                return await self._finish_turn(speaker, self._danger.calmed(conversation))
            case Action.SCREENING_YES | Action.SCREENING_NO:
                yes = action == Action.SCREENING_YES
                return await self._finish_turn(speaker, self._danger.tapped(argument, conversation, now, yes=yes))
            case Action.ENTRY:
                conversation, reply = self._answering.chosen(argument, conversation, now)
            case Action.HELPED | Action.DID_NOT_HELP | Action.REASON:
                reply = await self._records.rated(action, argument, speaker, conversation.turn)
            case Action.KEEP_QUESTION:
                reply = await self._records.kept(question, speaker, conversation.turn)
            case Action.KEEP_NOT:
                reply = self._composer.toasts.not_kept()
            case Action.NONE_OF_THESE:
                reply = self._answering.none_of_these(question, conversation)
            case _:
                reply = self._answering.shown(action, argument, conversation.turn)
        counted = [REFERRAL] if code == Action.THERAPIST else []  # not each page of it
        return await self._finish(speaker, conversation, reply, counted)

    async def notice(self, key: str, speaker: Speaker) -> Reply:
        """Return the bot's own text ``key``, such as the one about a failure."""
        conversation = await self._recall(speaker, self._clock())
        return await self._finish(speaker, conversation, self._composer.notice(key, conversation.turn))

    async def medium(self, key: str, speaker: Speaker) -> Reply:
        """Return the reply to something that is not text: the open question once more, else the text ``key``."""
        conversation = await self._recall(speaker, self._clock())
        reply = self._danger.repeated(conversation) or self._composer.notice(key, conversation.turn)
        return await self._finish(speaker, conversation, reply)

    async def pictures(self, speaker: Speaker, album: str) -> tuple[int, ...]:
        """Return the messages noted of an ``album`` of photos, the first one first; none of one that is
        not known any more.
        """
        return (await self._recall(speaker, self._clock())).pictures(album)

    async def pictured(self, speaker: Speaker, album: str, message: int) -> None:
        """Note ``message`` as one of an ``album``."""
        conversation = (await self._recall(speaker, self._clock())).pictured(album, message)
        await done(self._store.record(speaker, conversation.to_codes(), []), "album not recorded")

    async def near(self, here: Coordinates, speaker: Speaker) -> Reply:
        """Return the therapists nearest to where ``speaker`` is, which is used for this reply and kept nowhere."""
        now = self._clock()
        conversation = await self._recall(speaker, now)
        reply = self._answering.near(here, conversation)
        if self._composer.finder.has_anybody:  # whose buttons for it may stand there, from however long ago
            conversation = conversation.asking_place(now)
        return await self._finish(speaker, conversation, reply)

    async def may_have_missed(self, speaker: Speaker) -> None:
        """Note that it cannot be known whether the last reply to ``speaker`` arrived; the next one says so."""
        conversation = await self._recall(speaker, self._clock())
        await done(self._store.record(speaker, conversation.doubtful().to_codes(), []), "doubt not recorded")

    # --- the clinic's therapists ---------------------------------------------------------------

    async def before_passing_on(self, speaker: Speaker, message: int = 0, *, anyway: bool = False) -> Reply | None:
        """Return what is said where nothing of ``speaker`` may be passed on yet: the open question about a danger
        sign, after which ``message`` is asked about, or, unless they wish it ``anyway``, the urgent text again.
        """
        conversation = await self._recall(speaker, self._clock())
        if (question := self._danger.repeated(conversation)) is not None:
            return await self._finish(speaker, conversation.holding(message), question, offers=False)
        if conversation.alarm is None or anyway:
            return None
        conversation = conversation.pressed(conversation.question)
        return await self._finish(speaker, conversation, self._danger.urgent(conversation), offers=False)

    async def about_clinic(self, speaker: Speaker, make: "_Make", *, waits: bool = False) -> Reply:
        """Return what ``make`` makes of this turn, or the bot's own page of that name.

        ``waits``: what is typed next is for the clinic.
        """
        now = self._clock()
        conversation = (await self._recall(speaker, now)).not_asking()
        conversation = conversation.asking(now) if waits else conversation
        return await self._finish(speaker, conversation, self._made(make, conversation.turn), offers=False)

    async def from_clinic(self, speaker: Speaker, make: "_Make") -> Reply:
        """Return the same for a ``speaker`` who has not written just now: nothing of their conversation is changed.

        What they write meanwhile is answered at the same time, and a danger sign in it must not be lost.
        """
        conversation = await self._recall(speaker, self._clock())
        return self._danger.coloured(self._made(make, conversation.turn), conversation)

    def _made(self, make: "_Make", turn: int) -> Reply:
        return self._composer.page(make, turn) if isinstance(make, str) else make(self._handing, turn)

    def closable(self, reply: Reply, ref: str) -> Reply:
        """Return ``reply`` so that what answers it belongs to the conversation ``ref``, which it can end."""
        return self._handing.closable(reply, ref)

    async def tells_of_danger(self, text: str) -> bool:
        """Return whether there is, or may be, a danger sign in ``text``."""
        return isinstance(await self._understand(text, Conversation()), Flagged | Screened | Cry)

    def below(self, key: str, reply: Reply) -> Reply:
        """Return ``reply`` below the bot's own text ``key``, such as the word that it took long."""
        return self._composer.below(key, reply)

    def text(self, key: str) -> str:
        """Return one of the bot's own texts as it stands in ``texts.yaml``."""
        return self._mind.knowledge.texts[key][0]

    async def _understand(self, text: str, conversation: Conversation) -> Understanding:
        understand = partial(self._mind.understand, text, conversation.ideas, conversation.context)
        # Short ones in a thread would only make everything wait for the interpreter's lock.
        return understand() if self._mind.is_brief(text) else await asyncio.to_thread(understand)

    async def _finish_turn(self, speaker: Speaker, turn: Turn) -> Reply:
        assert turn.reply is not None
        return await self._finish(speaker, turn.conversation, turn.reply, turn.counted)

    # --- commands: one method each, named in the table ----------------------------------------

    async def _command(self, text: str, order: "_Order") -> Reply:
        command = command_in(text)
        if command is None:
            return await self._finish_order(order, self._composer.notice("unknown_command", order.turn))
        obey: _Obey = getattr(self, f"_on_{command.name}")
        _, _, argument = text.strip().partition(" ")
        return await obey(replace(order, argument=argument.strip()))

    async def _on_start(self, order: "_Order") -> Reply:
        # A deep link names an entry; one that is gone, or was made up, opens the greeting.
        if self._mind.knowledge.published_entry(order.argument) is not None:
            conversation, reply = self._answering.chosen(order.argument, order.conversation, order.now)
            return await self._finish(order.speaker, conversation, reply)
        return await self._finish_order(order, self._composer.start(order.turn))

    async def _on_topics(self, order: "_Order") -> Reply:
        return await self._finish_order(order, self._composer.topics(order.turn))

    async def _on_therapist(self, order: "_Order") -> Reply:
        reply = self._answering.therapists(order.argument, shared=order.shared)
        return await self._finish(order.speaker, order.conversation, reply, [REFERRAL])

    async def _on_help(self, order: "_Order") -> Reply:
        return await self._finish_order(order, self._composer.page("help", order.turn))

    async def _on_chatid(self, order: "_Order") -> Reply:
        page = self._composer.page("chat_id", order.turn, chat=order.speaker.chat)
        return await self._finish_order(order, page)

    async def _on_sources(self, order: "_Order") -> Reply:
        last = self._mind.knowledge.published_entry(order.conversation.context.topic)
        return await self._finish_order(order, self._composer.sources(order.turn, last))

    async def _on_privacy(self, order: "_Order") -> Reply:
        return await self._finish_order(order, self._composer.page("privacy", order.turn))

    async def _on_mydata(self, order: "_Order") -> Reply:
        return await self._finish_order(order, await self._records.held(order.speaker.person, order.turn))

    async def _on_forget(self, order: "_Order") -> Reply:
        return await self._records.forgotten(order.speaker.person, order.conversation)

    async def _finish_order(self, order: "_Order", reply: Reply) -> Reply:
        return await self._finish(order.speaker, order.conversation, reply)

    # --- the record ---------------------------------------------------------------------------

    async def _recall(self, speaker: Speaker, now: float) -> Conversation:
        """Return the conversation so far; a fresh one when the store fails, since people must still be answered."""
        try:
            codes = await self._store.conversation(speaker)
        except Exception as error:
            log.error("conversation not read", error=type(error).__name__)
            codes = ""
        return Conversation.from_codes(codes).at(now)

    async def _finish(
        self,
        speaker: Speaker,
        conversation: Conversation,
        reply: Reply,
        counted: Sequence[Occurrence] = (),
        *,
        offers: bool = True,
    ) -> Reply:
        """Record the exchange and return ``reply``, coloured by what was told before.

        ``offers``: with the questions about what was held back.
        """
        entries = self._mind.knowledge.entries
        if any(entries[entry_id].alone for entry_id in reply.entries):
            conversation = conversation.supported(self._clock())
        events = [(reply.outcome.value, subject) for subject in reply.subjects]
        reply = self._danger.coloured(reply, conversation)
        conversation, reply = self._answering.after_place(reply, conversation, self._clock())
        if offers:
            conversation, reply = self._answering.offering(reply, conversation)
        await self._record(speaker, conversation, [*events, *counted])
        return self._composer.below("may_have_missed", reply) if conversation.in_doubt else reply

    async def _record(self, speaker: Speaker, conversation: Conversation, events: list[Occurrence]) -> None:
        codes = conversation.next().to_codes()
        await done(self._store.record(speaker, codes, events), "exchange not recorded")


@dataclass(frozen=True)
class _Order:
    """A command as somebody gave it; ``argument`` is what they typed behind it, ``shared`` as in ``reply``."""

    speaker: Speaker
    conversation: Conversation
    now: float
    shared: bool
    argument: str = ""

    @property
    def turn(self) -> int:
        return self.conversation.turn


_Make = Callable[[Handing, int], Reply] | str
_Obey = Callable[[_Order], Awaitable[Reply]]
