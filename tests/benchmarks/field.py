"""The bot beside simpler ways to find an answer, on the same phrases, messages and machine.

    python -m tests.benchmarks.field [--questions FILE] [--out-of-scope FILE] [--svg FILE] [--json FILE]

Every way knows the same phrases, the `ask:` lists of the project's knowledge. The first four take the entry of
the nearest phrase: by RapidFuzz `WRatio` or `token_set_ratio` (both after `utils.default_process`), by TF-IDF over
words and letters, by sentence vectors. The last is the bot's matcher.

"first" and "in three" are the shares of the questions whose right entry is ranked first, or among the best three
entries; thresholds and danger signs play no part in them. "ms" is the median time for one message, from the raw
text to the ranking. Then what people would get from the bot, danger-sign gate included: answered right, answered
with another entry, helped (answered right or the right one among the choices), out-of-scope messages answered.
The calibration error tells how far the confidence of the entry ranked first is from the share that is right, in
ten bins over all messages; an out-of-scope message is never right.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process, utils

from bot.bootstrap import build_mind
from bot.errors import BotError
from bot.knowledge.model import OUT_OF_SCOPE, KnowledgeBase
from bot.matching.calibration import calibration_error
from bot.matching.decision import MAX_CHOICES, Candidate
from bot.review.evaluate import Row, judge, report, share
from bot.settings import read_settings
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.lexical import LexicalIndex
from bot.text.normalise import normalise
from bot.understanding.mind import Mind
from tests.benchmarks.field_svg import Bar, chart
from tests.benchmarks.shared import OUT_OF_SCOPE_ROWS, QUESTIONS, keep, labelled, parser, timed

Similarities = Callable[[str], NDArray[np.float32]]
"""A text in, its similarity to every phrase out."""


@dataclass(frozen=True)
class Figures:
    """One way to rank; shares from 0 to 1, of the questions."""

    name: str
    first: float
    in_three: float
    median_ms: float


def nearest_phrase(knowledge: KnowledgeBase) -> dict[str, Similarities]:
    """Return the simpler ways, each ready to compare a text with all phrases."""
    phrases = [phrase for entry in knowledge.published for phrase in entry.ask]
    processed = [utils.default_process(phrase) for phrase in phrases]
    lexical = LexicalIndex([normalise(phrase) for phrase in phrases])
    encoder = Encoder()
    vectors = encoder.encode(phrases)

    def fuzzy(scorer: Callable[..., float]) -> Similarities:
        return lambda text: process.cdist([utils.default_process(text)], processed, scorer=scorer)[0]

    def meaning(text: str) -> NDArray[np.float32]:
        similarities: NDArray[np.float32] = vectors @ encoder.encode([text])[0]
        return similarities

    return {
        "RapidFuzz WRatio": fuzzy(fuzz.WRatio),
        "RapidFuzz token_set_ratio": fuzzy(fuzz.token_set_ratio),
        "TF-IDF": lambda text: lexical.similarities(normalise(text)),
        "sentence vectors": meaning,
    }


def by_entry(knowledge: KnowledgeBase, similarities: Similarities) -> Callable[[str], list[str]]:
    """Return a ranking of the entries by the nearest of their phrases."""
    ids = [entry.id for entry in knowledge.published]
    starts = np.cumsum([0, *(len(entry.ask) for entry in knowledge.published)])[:-1]

    def rank(text: str) -> list[str]:
        best = np.maximum.reduceat(similarities(text), starts)
        return [ids[i] for i in np.argsort(-best, kind="stable")[:MAX_CHOICES]]

    return rank


def figures(name: str, rankings: Sequence[Sequence[str]], times: Sequence[float], rows: Sequence[Row]) -> Figures:
    asked = [(r, row.topic) for r, row in zip(rankings, rows, strict=True) if row.topic != OUT_OF_SCOPE]
    return Figures(
        name,
        first=share(topic in ranking[:1] for ranking, topic in asked),
        in_three=share(topic in ranking[:MAX_CHOICES] for ranking, topic in asked),
        median_ms=median(times),
    )


def compare(mind: Mind, rows: Sequence[Row]) -> tuple[list[Figures], float]:
    """Return the figures of all ways, the bot's last, and the calibration error of the bot."""
    texts = [row.text for row in rows]
    found = []
    for name, similarities in nearest_phrase(mind.knowledge).items():
        rankings, times = timed(by_entry(mind.knowledge, similarities), texts)
        found.append(figures(name, rankings, times, rows))

    def rank(text: str) -> list[Candidate]:
        return mind.matcher.rank(mind.preparer.prepare(text))

    ranked, times = timed(rank, texts)
    found.append(figures("this bot", [[c.entry_id for c in candidates] for candidates in ranked], times, rows))
    tops = [(c[0].confidence, c[0].entry_id == row.topic) for c, row in zip(ranked, rows, strict=True) if c]
    error = calibration_error(np.array([top for top, _ in tops]), np.array([right for _, right in tops]))
    return found, error


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--questions", type=Path, default=QUESTIONS, help="rows of text,topic")
    arguments.add_argument("--out-of-scope", type=Path, default=OUT_OF_SCOPE_ROWS, help="rows of text,kind")
    arguments.add_argument("--svg", type=Path, default=Path(__file__).with_name("field.svg"), help="the chart")
    options = arguments.parse_args()
    mind = build_mind(read_settings())
    rows = labelled((options.questions, options.out_of_scope), mind.knowledge)
    found, error = compare(mind, rows)
    outcome = report([judge(mind, row) for row in rows])
    phrases = sum(len(entry.ask) for entry in mind.knowledge.published)
    print(f"{outcome.questions} questions, {outcome.out_of_scope} out of scope; {phrases} phrases")
    print("                            first  in three      ms")
    for one in found:
        print(f"{one.name:26}  {one.first:6.1%}   {one.in_three:6.1%}  {one.median_ms:6.1f}")
    print("this bot, with its thresholds and the danger-sign gate")
    print(f"  direct-correct            {outcome.direct_correct:6.1%}")
    print(f"  wrong                     {outcome.wrong:6.1%}")
    print(f"  helped                    {outcome.helped:6.1%}")
    print(f"  out of scope answered     {outcome.out_of_scope_answered:6.1%}")
    print(f"  calibration error         {error:6.3f}")
    bars = [Bar(one.name, one.first, one.in_three, one.median_ms) for one in found]
    options.svg.write_text(chart(bars, outcome.questions, phrases), encoding="utf-8")
    keep(
        {"phrases": phrases, "ways": [asdict(one) for one in found], "calibration_error": error}
        | {"bot": asdict(outcome)},
        options.json,
    )


if __name__ == "__main__":
    try:
        main()
    except BotError as problem:
        raise SystemExit(str(problem)) from None
