"""A small knowledge folder of the tests' own, so that no edit of the real one can break or bend a test.

It holds entries, danger signs, off-topic messages and synonyms; texts, menu and sources are the
project's own, because ``load`` borrows the parts that a folder lacks. For each danger group that is shipped
it holds a stand-in with one sign that nobody types: else that group would be lent, 100 real signs and all.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from bot.assistant import Assistant
from bot.bootstrap import build_mind
from bot.knowledge.manifest import SHIPPED
from bot.knowledge.markup import Block, BulletList, parse, plain
from bot.knowledge.model import OWN_FOLDER, Entry, KnowledgeBase, Level
from bot.matching.decision import Choices
from bot.settings import read_settings
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Speaker, Store
from bot.triage.rules import Idea, RedFlag
from bot.understanding.context import NO_CONTEXT, Context
from bot.understanding.mind import Mind, Screened, Understanding, Understood
from tests.support.model import stand_ins

QUESTIONS: Mapping[str, str] = {
    "does dry needling hurt a lot?": "pain",
    "when can i go running again after the needles": "run-after",
    "will needles help my plantar fasciitis heel": "heel",
    "what does a session cost": "cost",
    "is acupuncture the same as dry needling?": "acupuncture",
    "can dry needling help tight calves": "calf",
}
"""Questions that stand in no file, and the entry that answers each at once."""
QUESTION = "does dry needling hurt a lot?"
_VAGUE = (
    "is it normal after a session",
    "is it normal after needling",
    "price of running",
    "pain cost",
    "how much",
)
OFF_TOPIC = "zebra umbrella"
"""Gets the fallback: not one of its words stands in the folder, and nobody would take it for a danger sign."""
DANGER = "I fell and now my chest hurts and I cannot breathe."
"""Gets the red flag ``chest`` at level ``NOW``."""
DOUBT: str = yaml.safe_load((OWN_FOLDER / "texts.yaml").read_text(encoding="utf-8"))["may_have_missed"]
"""Begins the answer after one that may not have arrived."""
SUSPICIOUS = "does dry needling hurt, my chest feels odd"
"""May tell of the red flag ``chest``, see ``with_a_question_back``; else it is answered as ``QUESTION``."""
AWKWARD = "heel"
"""The entry whose title, phrasings and answer hold HTML's own characters, a link, a list and bold words."""
AWKWARD_TEXT = """Needles & load: <q>not quoted</q>, 3 < 5 > 2, "quoted" and it's &copy; as typed."""
"""Stands in its answer, to be shown exactly so."""

SOUND = """\
title: "Aftercare"
menu: after
ask:
  - "can I shower"
answer: |
  Yes.
sources: ["product"]
"""
"""The file of an answer without a mistake."""

_FILES: Mapping[str, str] = {
    "faq/pain.yaml": """\
        title: "Does it hurt?"
        menu: session
        ask:
          - "Does dry needling hurt?"
          - "painful or not?"
          - "how much does the needling hurt"
          - "will it hurt a lot when the needle goes in"
          - "what does the pain of a needle feel like"
          - "I am afraid that dry needling hurts"
        answer: |
          A short sting and a dull ache are usual. Say so when it is too much.
        related: [run-after, bruise]
        sources: ["blog: Understanding"]
        """,
    "faq/run-after.yaml": """\
        title: "Running after a session"
        menu: after
        ask:
          - "When can I run again after a session?"
          - "how soon may i go running after the needles"
          - "can I run again the same day"
          - "how many days without running after needling"
          - "back to running after a session, when?"
          - "go for a run the day after needling"
        answer: |
          Most people run again after a day or two, easily at first.
        see_therapist_if: |
          Soreness lasts longer than three days.
        related: [pain]
        sources: ["blog: Faster Recovery"]
        """,
    "faq/heel.yaml": """\
        title: "Heel & <sole>"
        menu: injuries
        ask:
          - "Does it help with plantar fasciitis?"
          - "plantar fasciitis & needles"
          - "heel pain under the foot <plantar>"
          - "can needles help my heel"
          - "sole of my foot, plantar fascia, do needles help"
          - "plantar heel: \\"needles\\" or not"
        answer: |
          Needles & load: <q>not quoted</q>, 3 < 5 > 2, "quoted" and it's &copy; as typed.

          It may help **a little** as part of care:

          - load the foot step by step
          - read [the guide & more](https://example.org/guide?a=1&b=2) first

          Then ask again.
        sources: ["blog: Benefits"]
        """,
    "faq/bruise.yaml": """\
        title: "A bruise afterwards"
        menu: after
        ask:
          - "Is a bruise after needling normal?"
          - "purple mark where the needle went in"
          - "black and blue since yesterday's appointment"
          - "I bruise like a peach"
          - "bruised skin after the session"
        answer: |
          A small bruise is common and fades within a week.
        sources: ["blog: Closing"]
        """,
    "faq/bleeding.yaml": """\
        title: "A drop of blood"
        menu: after
        ask:
          - "Is blood after needling normal?"
          - "a red drop came out of the hole"
          - "bleeding a little when they took it out"
          - "I saw blood on the towel"
          - "my skin bled after the session"
        answer: |
          A drop of blood is common. Press on it for a moment.
        sources: ["blog: Closing"]
        """,
    "faq/cost.yaml": """\
        title: "What does it cost?"
        menu: practical
        ask:
          - "What does one session cost?"
          - "price of an appointment"
          - "how much money is an appointment"
          - "is it expensive, what are your prices"
          - "does insurance pay the cost"
          - "cost per session please"
        answer: |
          Prices differ. Ask the therapist before you book.
        clinic_details: prices
        sources: ["product"]
        """,
    "faq/acupuncture.yaml": """\
        title: "Is it acupuncture?"
        menu: compare
        ask:
          - "Is dry needling the same as acupuncture?"
          - "what is the difference to chinese medicine"
          - "so this is acupuncture under another name"
          - "meridians or muscles, which of the two"
          - "acupuncture vs needling"
        answer: |
          The needle is alike, the idea behind it is not.
        sources: ["blog: Understanding"]
        """,
    "faq/calf.yaml": """\
        title: "Tight calves"
        menu: injuries
        ask:
          - "Does dry needling help tight calves?"
          - "my calves are tight on every hill"
          - "calf tightness, can you needle it"
          - "tight calf since the hill reps"
          - "needling for tight calf muscles"
          - "calves like wood, needles any good"
        answer: |
          It may loosen a tight calf for a while. Strength work keeps it so.
        sources: ["blog: Benefits"]
        """,
    "faq/_EXAMPLE.yaml": """\
        title: "Files that start with an underscore are not loaded"
        """,
    "red_flags/chest.yaml": """\
        title: "Chest pain or trouble breathing"
        level: NOW
        signs:
          - "my chest hurts and I cannot breathe"
          - "sharp chest pain since the needling"
          - "short of breath after the session"
        words:
          chest: ["chest"]
          bad: ["hurts", "pain", "tight"]
          breathless: ["cannot breathe", "can't breathe", "short of breath", "out of breath"]
        together:
          - [chest, bad]
          - [breathless]
        look_alikes:
          - "can you needle chest muscles that are tight"
        reply: |
          **Call your local emergency number now.** Do not drive yourself.

          Tell them when and where you had needling.
        screening: |
          Before I answer: does your chest hurt, or is it hard to breathe? If so, call your local emergency number.
        reviewed_by: "Dr Chest"
        reviewed_on: 2001-01-01
        """,
    "off_topic.yaml": """\
        near:
          - "which trainers for a marathon"
          - "best gels for long races"
          - "how do I pace a half"
          - "protein shake recipe"
          - "my dog chewed my laces"
        far:
          - "will it rain tomorrow"
          - "capital of Mongolia"
          - "write me a poem about autumn"
          - "who won the match"
          - "tax return deadline"
          - "order a pizza with olives"
          - "netflix keeps buffering"
        """,
    "synonyms.yaml": """\
        plantar fasciitis: ["pf"]
        """,
}

_STAND_INS: Mapping[str, str] = {
    f"red_flags/{group_id}.yaml": f"""\
        title: "Stand-in {number}"
        level: NOW
        reply: "Stand-in for {group_id}."
        signs: ["vrzx{number} vrzx{number} vrzx{number}"]
        together: []
        reviewed_by: "Nobody"
        reviewed_on: 2001-01-01
        """
    for number, group_id in enumerate(SHIPPED)
}
"""``together``, even empty, keeps the project's own word combinations from being lent."""


def write_knowledge(folder: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    """Write the small knowledge into ``folder`` and return it.

    ``changes`` maps file names such as ``faq/pain.yaml`` to other contents (text is dedented),
    or to ``None`` for a file that is to be missing. Without a single group of danger signs there are no stand-ins.
    """
    files = {**_FILES, **(changes or {})}
    if any(name.startswith("red_flags/") and content is not None for name, content in files.items()):
        files = {**_STAND_INS, **files}
    for name, content in files.items():
        if content is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(dedent(content), encoding="utf-8")
    return folder


def changed_file(name: str, old: str, new: str) -> str:
    """Return the text of one file of the small folder with ``old``, which must stand in it, made ``new``."""
    text = dedent(_FILES[name])
    assert old in text, f"{old!r} does not stand in {name}"
    return text.replace(old, new)


def stand_in_texts(**own: str) -> str:
    """Return a ``texts.yaml`` in which every text is its key in angle brackets, with its gaps, but for ``own``.

    With it a whole conversation can be compared word for word, and rewording the bot breaks no test.
    """
    # JSON is YAML too.
    written = {key: texts[0] if len(texts) == 1 else texts for key, texts in stand_ins(**own).items()}
    return "".join(f"{key}: {json.dumps(text)}\n" for key, text in written.items())


def mind_for(folder: Path) -> Mind:
    """Return what understands texts with the knowledge in ``folder``, built as the bot builds it."""
    return build_mind(read_settings().model_copy(update={"knowledge_dir": folder}))


def assistant_for(mind: Mind, store: Store | None = None) -> Assistant:
    """Return an assistant over ``mind`` with a fresh memory, or with ``store``."""
    return Assistant(mind, store or MemoryStore())


def vague_question(mind: Mind) -> str:
    """Return a question too vague for one answer, to which ``mind`` offers several."""
    for text in _VAGUE:
        understood = mind.understand(text)
        decision = understood.decision if isinstance(understood, Understood) else None
        if isinstance(decision, Choices) and len(decision.candidates) > 1:
            return text
    raise AssertionError(f"None of {_VAGUE} gets choices: the matcher has changed, add a vaguer text.")


def visible(blocks: Iterable[Block]) -> str:
    """Return ``blocks`` as a chat program shows them: without tags and without the addresses of links."""
    parts = []
    for block in blocks:
        if isinstance(block, BulletList):
            parts.append("\n".join("• " + "".join(span.text for span in item) for item in block.items))
        else:
            parts.append("".join(span.text for span in block.spans))
    return "\n\n".join(parts)


def shown(entry: Entry) -> str:
    """Return how the answer of ``entry`` begins, as a chat program shows it: its title, then what it says."""
    return f"{entry.title}\n\n{visible(entry.answer)}"


def wordings(knowledge: KnowledgeBase, key: str) -> list[str]:
    """Return the wordings of one of the bot's own texts as a chat program shows them."""
    return [visible(parse(text)) for text in knowledge.texts[key]]


def ways_to_care(knowledge: KnowledgeBase) -> tuple[str, ...]:
    """Return what a reply that is not about a danger sign may end with, as a chat and as a terminal show it."""
    keys = [key for key in knowledge.texts if key.startswith("referral")]
    return tuple(
        show(parse(wording))
        for key in (*keys, "support", "therapist", "directory_closing")
        for wording in knowledge.texts[key]
        for show in (visible, plain)
    )


def leads_to_care(text: str, knowledge: KnowledgeBase) -> bool:
    """Return whether ``text``, as shown, ends with the way to care, or is about a danger sign alone."""
    if text.endswith(ways_to_care(knowledge)):
        return True
    groups = knowledge.red_flags.values()
    urgent = [*(visible(group.reply) for group in groups), *wordings(knowledge, "red_flag_unknown")]
    short = knowledge.texts["red_flag_short"][0]
    urgent += [knowledge.texts["self_harm_short"][0], *(short.format(title=group.title) for group in groups)]
    asked = [visible(group.screening) for group in groups if group.screening]
    asked += wordings(knowledge, "screening_unknown")
    again = wordings(knowledge, "screening_again")[0]
    return text.removeprefix(again).strip() in asked or any(text.startswith(reply) for reply in urgent)


def asked_back(knowledge: KnowledgeBase) -> str:
    """Return the question that ``SUSPICIOUS`` is answered with, as a chat program shows it."""
    return visible(knowledge.red_flags["chest"].screening)


def with_a_question_back(patch: pytest.MonkeyPatch, instead: str = QUESTION) -> None:
    """Have ``SUSPICIOUS`` asked about by every mind, wherever the gate's thresholds stand; else ``instead``."""
    understand = Mind.understand

    def asking(mind: Mind, text: str, earlier: Iterable[Idea] = (), context: Context = NO_CONTEXT) -> Understanding:
        if text != SUSPICIOUS:
            return understand(mind, text, earlier, context)
        meant = understand(mind, instead)
        assert isinstance(meant, Understood)
        return Screened(RedFlag("chest", Level.NOW), meant)

    patch.setattr(Mind, "understand", asking)


def speaker(name: str) -> Speaker:
    """Return somebody alone with the bot."""
    return Speaker(name, name)
