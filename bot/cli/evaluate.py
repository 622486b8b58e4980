"""``eval``: the figures for files of labelled messages."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bot.assistant import Assistant
from bot.bootstrap import build_mind, load_encoder, load_knowledge
from bot.cli.common import settings_for
from bot.errors import CannotRunError, ExitCode
from bot.knowledge.model import OUT_OF_SCOPE
from bot.review.evaluate import Report, Row, RowVerdict, judge, read_rows, report
from bot.review.evaluate_flags import (
    FlagReport,
    FlagRow,
    FlagVerdict,
    judge_flag,
    read_flag_rows,
    report_flags,
)
from bot.review.evaluate_talks import (
    Talk,
    TalkReport,
    TurnVerdict,
    judge_talk,
    read_talks,
    report_talks,
)
from bot.review.leave_one_out import leave_one_out
from bot.review.reliability import diagram, tops
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Speaker
from bot.text.likeness.utterance import Preparer
from bot.understanding.mind import Mind

HELP = (
    "measure understanding on CSV files of text,topic, text,topics or text,group,level rows, and YAML conversations"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the files and the forms of output."""
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="rows of text,topic, or conversations; several are joined",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--leave-one-out",
        action="store_true",
        help="no file: rank each phrasing of the knowledge files by a matcher that has not seen it",
    )
    parser.add_argument(
        "--reliability",
        type=Path,
        metavar="FILE.svg",
        help="draw the confidence of the entry ranked first against the share that is right",
    )
    parser.add_argument("--show-wrong", action="store_true", help="list the messages that were not answered right")


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Evaluate and print."""
    if arguments.leave_one_out:
        return _leave_one_out(arguments)
    rows, flag_rows, talks = _read(arguments.files)
    settings = settings_for(arguments)
    mind = build_mind(settings)
    known = {*mind.knowledge.entries, *mind.knowledge.red_flags, OUT_OF_SCOPE}
    asked = {topic for talk in talks for turn in talk.turns for topic in (*turn.topics, turn.red_flag) if topic}
    labels = {label for row in rows for label in (*row.topics, *row.signs)}
    unknown = sorted((labels | {row.group for row in flag_rows} | asked) - known)
    if unknown:
        raise CannotRunError(f"There is no entry or red flag {', '.join(unknown)}. Mend the labels.")
    if arguments.reliability:
        if not rows:
            raise CannotRunError("--reliability draws rows of text,topic, and the files hold none.")
        _write(arguments.reliability, "", "a")  # learnt now, not after minutes of work; an old file stays whole
    verdicts = [judge(mind, row) for row in rows]
    flag_verdicts = [judge_flag(mind, row) for row in flag_rows]
    turns = asyncio.run(_judge_talks(mind, talks))
    if arguments.reliability:
        _write(arguments.reliability, diagram(tops(verdicts)))
    figures, flag_figures, talk_figures = report(verdicts), report_flags(flag_verdicts), report_talks(turns)
    if arguments.json:
        parts = {"red_flags": asdict(flag_figures), "conversations": asdict(talk_figures)}
        print(json.dumps(asdict(figures) | parts))
        return ExitCode.OK
    if rows:
        _print(figures)
        _print_false_alarms(verdicts)
    if flag_rows:
        _print_flags(flag_figures, flag_verdicts)
    if talks:
        _print_talks(talk_figures)
    if arguments.show_wrong:
        _print_wrong(verdicts)
        _print_wrong_turns(turns)
    return ExitCode.OK


def _read(paths: Sequence[Path]) -> tuple[list[Row], list[FlagRow], list[Talk]]:
    """Return what the files hold, each by its own form."""
    if not paths:
        raise CannotRunError("Name a CSV or YAML file, or use --leave-one-out.")
    flag_rows: list[FlagRow] = []
    rows: list[Row] = []
    talks: list[Talk] = []
    for path in paths:
        if (conversations := read_talks(path)) is not None:
            talks += conversations
        elif (signs := read_flag_rows(path)) is not None:
            flag_rows += signs
        else:
            rows += read_rows(path)
    if not rows and not flag_rows and not talks:
        raise CannotRunError("The files hold no rows.")
    return rows, flag_rows, talks


def _write(path: Path, content: str, mode: str = "w") -> None:
    try:
        with path.open(mode, encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise CannotRunError(f"{path} cannot be written: {error.strerror}.") from None


async def _judge_talks(mind: Mind, talks: Sequence[Talk]) -> list[TurnVerdict]:
    """Hold each conversation with the assistant itself, so that what is measured is what people get."""
    assistant = Assistant(mind, MemoryStore())
    verdicts = []
    for number, talk in enumerate(talks):
        speaker = Speaker(f"talk {number}", f"talk {number}")
        verdicts += await judge_talk(partial(assistant.reply, speaker=speaker), talk, mind.knowledge)
    return verdicts


def _leave_one_out(arguments: argparse.Namespace) -> ExitCode:
    if arguments.files or arguments.reliability:
        raise CannotRunError(
            "--leave-one-out measures the knowledge files themselves; leave the CSV files and --reliability out."
        )
    settings = settings_for(arguments)
    knowledge = load_knowledge(settings.knowledge_dir)
    preparer = Preparer.for_knowledge(knowledge, load_encoder(), settings.cache_dir)
    entries = leave_one_out(knowledge, preparer)
    total = sum(entry.phrasings for entry in entries) or 1
    first = sum(entry.first * entry.phrasings for entry in entries) / total
    in_three = sum(entry.in_three * entry.phrasings for entry in entries) / total
    if arguments.json:
        print(json.dumps({"first": first, "in_three": in_three, "entries": [asdict(e) for e in entries]}))
        return ExitCode.OK
    print("phrasings  first  in three  entry (and who took its place)")
    for entry in entries:
        rivals = ", ".join(f"{rival} {count}" for rival, count in entry.rivals)
        print(f"{entry.phrasings:9}  {entry.first:5.0%}  {entry.in_three:8.0%}  {entry.entry_id} ({rivals})")
    print(f"{total:9}  {first:5.1%}  {in_three:8.1%}  all")
    return ExitCode.OK


def _print(figures: Report) -> None:
    if figures.questions:
        print(f"questions            {figures.questions}")
        print(f"  direct-correct     {figures.direct_correct:7.1%}   answered with the right entry")
        print(f"  wrong              {figures.wrong:7.1%}   answered with another entry")
        print(f"  helped             {figures.helped:7.1%}   answered right, or the right one among the choices")
        print(f"  refused            {figures.refused:7.1%}   neither an answer nor choices")
        print(f"  red flag           {figures.red_flagged:7.1%}   taken for a danger sign")
        print(f"  screened           {figures.screened:7.1%}   asked whether it is one")
        print(f"  ranked first       {figures.first:7.1%}")
        print(f"  among first three  {figures.in_three:7.1%}")
        print("  by words           right   wrong  helped")
        for of in figures.by_length:
            print(f"    {of.words:7} {of.questions:5}  {of.direct_correct:6.1%}  {of.wrong:6.1%}  {of.helped:6.1%}")
    if figures.signs:
        print(f"danger signs         {figures.signs}")
        print(f"  red flag           {figures.signs_flagged:7.1%}")
        print(f"  screened           {figures.signs_screened:7.1%}   asked about")
    if figures.out_of_scope:
        print(f"out of scope         {figures.out_of_scope}")
        print(f"  answered           {figures.out_of_scope_answered:7.1%}   by mistake")
        print(f"  choices            {figures.out_of_scope_choices:7.1%}   asked back")
        print(f"  refused            {figures.out_of_scope_refused:7.1%}   rightly")
        print(f"  red flag           {figures.out_of_scope_red_flagged:7.1%}")
        print(f"  screened           {figures.out_of_scope_screened:7.1%}")
    if figures.confused:
        print("most confused (right entry → ranked first)")
        for right, got, times in figures.confused:
            print(f"  {times:3}  {right} → {got}")


def _print_false_alarms(verdicts: list[RowVerdict]) -> None:
    alarms = [verdict for verdict in verdicts if verdict.flagged]
    asked = [verdict for verdict in verdicts if verdict.screened]
    if alarms:
        print(f"taken for a danger sign: {len(alarms)}")
    for verdict in alarms:
        print(f"  {verdict.flagged}: {verdict.row.text!r}")
    if asked:
        print(f"asked about a danger sign: {len(asked)}")
    for verdict in asked:
        print(f"  {verdict.screened}: {verdict.row.text!r}")


def _print_flags(figures: FlagReport, verdicts: list[FlagVerdict]) -> None:
    print(f"danger signs         {figures.messages}")
    print(f"  found              {figures.found:7.1%}   alarmed or asked about")
    print(f"  alarmed            {figures.alarmed:7.1%}")
    print(f"  urgent enough      {figures.urgent_enough:7.1%}   of those found")
    print(f"  right level        {figures.exact:7.1%}")
    print(f"  overstated         {figures.overstated:7.1%}   TODAY or BEFORE shown as NOW")
    print(f"  right group        {figures.right_group:7.1%}")
    for verdict in verdicts:
        row, flag = verdict.row, verdict.flag
        if flag is None:
            print(f"  missed     {row.group} {row.level.name}: {row.text!r}")
        elif flag.level < row.level or not verdict.right_group:
            print(f"  mistaken   {row.group} {row.level.name} for {flag.group} {flag.level.name}: {row.text!r}")


def _print_talks(figures: TalkReport) -> None:
    print(f"turns                {figures.turns}")
    print(f"  answered           {figures.answered:7.1%}   with all that was asked")
    print(f"  offered            {figures.offered:7.1%}   as one of the choices")
    print(f"  bent               {figures.bent:7}   stood alone and were decided by what came before")
    print(f"  false splits       {figures.false_splits:7}   more answered than asked")


def _print_wrong_turns(verdicts: list[TurnVerdict]) -> None:
    for verdict in verdicts:
        if not verdict.answered:
            reply = verdict.reply
            got = reply.red_flag or ", ".join(reply.entries or reply.choices) or "nothing"
            print(f"  {', '.join(sorted(verdict.turn.topics))}: {reply.outcome} {got}: {verdict.turn.text!r}")


def _print_wrong(verdicts: list[RowVerdict]) -> None:
    print("not answered right")
    for verdict in verdicts:
        outside = verdict.row.topics == (OUT_OF_SCOPE,)
        if verdict.direct_correct or (outside and (verdict.refused or verdict.choices)):
            continue
        if verdict.flagged:
            got = f"red flag {verdict.flagged}"
        elif verdict.screened:
            got = f"asked about {verdict.screened}"
        elif verdict.answered:
            got = f"{verdict.answered} ({verdict.confidence:.2f})"
        else:
            got = f"choices {', '.join(verdict.choices)}" if verdict.choices else "nothing"
        print(f"  {verdict.row.label}: {got}: {verdict.row.text!r}")
