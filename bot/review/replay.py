"""Ask a version of the knowledge what messages get, and keep it: what a version once said it says again."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.dialogue.reply import Outcome, Reply
from bot.knowledge.model import KnowledgeBase
from bot.matching.calibration import candidates
from bot.matching.examples import Examples
from bot.review.diff import Case, Got, Kind, understood_from
from bot.review.leave_one_out import left_out_scores
from bot.text.likeness.files import write_whole
from bot.understanding.mind import Mind, Understanding

Talk = Callable[[Mind, Sequence[str]], Sequence[Reply]]
"""Sends messages, one after the other, into a conversation of their own and returns the replies."""
Progress = Callable[[int, int], None]
"""Told how many of how many messages have been asked."""
_KEPT_VERSIONS = 8
_EVERY = 500


@dataclass(frozen=True)
class Version:
    """One state of the knowledge; ``build`` makes the mind, which is not needed where all answers are kept.

    ``cache``: the folder in which they are kept; ``code``: what else they depend on.
    """

    knowledge: KnowledgeBase
    build: Callable[[KnowledgeBase], Mind]
    talk: Talk
    cache: Path
    code: str

    @cached_property
    def mind(self) -> Mind:
        """What understands messages with this knowledge."""
        return self.build(self.knowledge)


def replay(version: Version, cases: Sequence[Case], fixed: Sequence[Got | None], progress: Progress) -> list[Got]:
    """Return what each of ``cases`` gets from ``version``; where ``fixed`` has something, that."""
    kept = _Kept(version)
    known = [got or kept.get(case) for case, got in zip(cases, fixed, strict=True)]
    places = [place for place, got in enumerate(known) if got is None]
    if places:
        progress(0, len(places))
    asked = _asked(version, [cases[place] for place in places])
    found: list[Got | None] = [*known]
    for done, (place, got) in enumerate(zip(places, asked, strict=True), start=1):
        found[place] = got
        kept.add(cases[place], got)
        if done % _EVERY == 0 or done == len(places):
            progress(done, len(places))
    kept.save()
    return [got for got in found if got is not None]


def _asked(version: Version, cases: Sequence[Case]) -> Iterator[Got]:
    """Yield what each of ``cases`` gets; those to be left out together, the others in batches."""
    with ThreadPoolExecutor(1) as beside:
        # Mostly products of large matrices, which let others work.
        wanted = any(case.left_out for case in cases)
        left_out = beside.submit(_left_out, version, version.mind) if wanted else None
        yield from _answered(version, cases, left_out)


def _answered(
    version: Version, cases: Sequence[Case], left_out: "Future[dict[tuple[str, str], Got]] | None"
) -> Iterator[Got]:
    batches: dict[Kind, Iterator[Understanding]] = {}
    for kind in Kind:
        alone = [case.text for case in cases if case.kind is kind and not case.after and not case.left_out]
        name = None if kind is Kind.QUESTION else f"asked-{kind.name.lower()}"
        batches[kind] = version.mind.understand_all(alone, name) if alone else iter(())
    for case in cases:
        if case.after:
            *_, reply = version.talk(version.mind, (*case.after, case.text))
            yield Got.replied(reply)
        elif case.left_out:
            assert left_out is not None
            yield left_out.result()[(case.owner, case.text)]
        else:
            yield Got.of(next(batches[case.kind]))


def _left_out(version: Version, mind: Mind) -> dict[tuple[str, str], Got]:
    """Return what each phrasing would get from a matcher that has not seen it."""
    examples = Examples.from_knowledge(version.knowledge, mind.preparer)
    scores = left_out_scores(examples, mind.preparer)
    owned = [(e.id, text) for e in version.knowledge.published for text in version.knowledge.teaching_phrases(e)]
    calibration = mind.matcher.calibration
    return {
        key: Got.decided([mind.matcher.decide(candidates(scores, row, calibration, examples.entry_ids))])
        for row, key in enumerate(owned)
    }


class _Kept:
    """What a version said before, in a file that holds hashes and no messages; a damaged one counts as absent.

    What runners asked is not kept here, not even hashed.
    """

    def __init__(self, version: Version) -> None:
        parts = (version.code, repr(understood_from(version.knowledge)), repr(version.knowledge))
        # Conversations depend on what is said too, first messages do not.
        first, talks = (_digest(version.code, part) for part in parts[1:])
        self._salts = {kind: talks if kind in (Kind.GOLDEN, Kind.FOLLOW_UP) else first for kind in Kind}
        self._folder = version.cache / "answers"
        self._file = self._folder / f"{first}.json"
        self._found = _read(self._file)
        self._fresh = False

    def get(self, case: Case) -> Got | None:
        return self._found.get(self._key(case))

    def add(self, case: Case, got: Got) -> None:
        if case.kind is not Kind.QUESTION:
            self._found[self._key(case)] = got
            self._fresh = True

    def save(self) -> None:
        """Write the file where there is something new, and delete those of versions long past."""
        if not self._fresh:
            return
        table = {key: [got.outcome, got.ids, got.level] for key, got in self._found.items()}
        content = json.dumps(table).encode()
        write_whole(self._file, lambda stream: stream.writelines((content,)))
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[_KEPT_VERSIONS:]:
            file.unlink(missing_ok=True)

    def _key(self, case: Case) -> str:
        how = "left out" if case.left_out else ""
        return _digest(self._salts[case.kind], how, case.owner if case.left_out else "", *case.after, case.text)


def _read(file: Path) -> dict[str, Got]:
    try:
        table = json.loads(file.read_bytes())
        return {key: Got(Outcome(outcome), tuple(ids), level) for key, (outcome, ids, level) in table.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _digest(*parts: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()
