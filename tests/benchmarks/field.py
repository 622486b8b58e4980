"""The bot beside simpler ways to find an answer, on the same phrases, messages and machine.

    python -m tests.benchmarks.field [--questions FILE ...] [--out-of-scope FILE] [--svg FILE] [--json FILE]

Every way knows the same phrases, the `ask:` lists of the project's knowledge. Four take the entry of the nearest
phrase: by RapidFuzz `WRatio` or `token_set_ratio` (both after `utils.default_process`), by TF-IDF over words and
letters, by sentence vectors. One is the usual text classifier, multinomial logistic regression on the TF-IDF
features. The last is the bot's matcher.

"first" and "in three" are the shares of the questions whose right entry is ranked first, or among the best three
entries; thresholds and danger signs play no part in them. "ms" is the median time for one message, from the raw
text to the ranking.

"right" is the share of the questions answered right at the same price. For the bot it is what people would get,
danger-sign gate and thresholds included. A simpler way answers with the entry ranked first where its score, or
else its lead over the second, reaches a threshold: the least one with which no more of the questions get a wrong
answer than from the bot. Score or lead, whichever is better, and the threshold are picked on the very questions
measured, which flatters the simpler ways; the bot's thresholds were found without them.

Then the bot's figures alone: answered right, answered with another entry, helped (answered right or the right one
among the choices), questions taken for a danger sign, out-of-scope messages answered. The calibration error tells
how far the confidence of the entry ranked first is from the share that is right, in ten bins over all messages; an
out-of-scope message is never right.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process, utils

from bot.bootstrap import build_mind, load_shipped
from bot.errors import BotError
from bot.knowledge.model import OUT_OF_SCOPE, KnowledgeBase
from bot.matching.calibration import calibration_error
from bot.matching.decision import MAX_CHOICES
from bot.review.evaluate import Report, Row, judge, report, share
from bot.settings import read_settings
from bot.text.likeness.arrays import Floats, Integers
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.lexical import LexicalIndex
from bot.text.likeness.vectors import vectors_of
from bot.text.normalise import normalise
from bot.understanding.mind import Mind
from tests.benchmarks.field_svg import Bar, chart
from tests.benchmarks.shared import OUT_OF_SCOPE_ROWS, QUESTIONS, keep, labelled, parser, timed

Scores = Callable[[str], NDArray[np.floating]]
"""A text in, a score for every entry out, in the order of ``knowledge.published``."""

REGULARISATION = 0.03
"""λ of the logistic regression, 1/C elsewhere. Of 1, 0.3, 0.1, 0.03 and 0.01 the one that ranks most held-out
phrases first (two folds of five): 57.0 %; at 1, what libraries take unasked, 49.6 %."""
_STILL = 1e-2
"""Gradient, as a share of what it is at the start, at which the fit is done: at a tenth of it as many of the
development questions are ranked first, in twice the time."""
_MOST_STEPS = 1_000


@dataclass(frozen=True)
class Ranked:
    """What one way makes of a message: its best entries, the score of the first and its lead over the second."""

    entries: tuple[str, ...]
    score: float
    lead: float


@dataclass(frozen=True)
class Figures:
    """One way to rank; shares from 0 to 1, of the questions.

    ``right``: answered right where no more are answered wrongly than by the bot; ``by`` says what the threshold
    for that is a threshold of.
    """

    name: str
    first: float
    in_three: float
    right: float
    by: str
    median_ms: float


def simpler_ways(knowledge: KnowledgeBase) -> dict[str, Scores]:
    """Return the ways beside the bot, each ready to score all entries for a text."""
    asks = [entry.ask for entry in knowledge.published]
    labels = np.repeat(np.arange(len(asks)), [len(ask) for ask in asks])
    phrases = [phrase for ask in asks for phrase in ask]
    processed = [utils.default_process(phrase) for phrase in phrases]
    # The encoder folds case itself; in this form most phrases are among those whose vectors are shipped.
    normalised = [normalise(phrase) for phrase in phrases]
    lexical = LexicalIndex(normalised)
    encoder = Encoder()
    vectors = vectors_of(normalised, encoder, None, load_shipped(encoder))
    [(_, gram)] = lexical.gram(np.arange(len(phrases)), together=len(phrases))
    weights = fit_softmax(gram, labels)

    def fuzzy(scorer: Callable[..., float]) -> Scores:
        return nearest(
            labels, lambda text: process.cdist([utils.default_process(text)], processed, scorer=scorer)[0]
        )

    return {
        "RapidFuzz WRatio": fuzzy(fuzz.WRatio),
        "RapidFuzz token_set_ratio": fuzzy(fuzz.token_set_ratio),
        "TF-IDF": nearest(labels, lambda text: lexical.similarities(normalise(text))),
        "TF-IDF, logistic regression": lambda text: softmax(lexical.similarities(normalise(text)) @ weights),
        "sentence vectors": nearest(labels, lambda text: vectors @ encoder.encode([normalise(text)])[0]),
    }


def nearest(labels: Integers, similarities: Callable[[str], Floats]) -> Scores:
    """Return the way that scores an entry by the nearest of its phrases; ``labels`` rise from 0."""
    starts = np.searchsorted(labels, np.unique(labels))
    return lambda text: np.maximum.reduceat(similarities(text), starts)


def fit_softmax(gram: Floats, labels: Integers, regularisation: float = REGULARISATION) -> Floats:
    """Return the coefficients, shape (phrases, entries), of a multinomial logistic regression.

    ``gram``: the products of the phrases' features with each other. The weights W of the features that minimise
    Σ -log p(label) + λ/2 |W|² are sums of the phrases' features (the representer theorem), so the coefficients of
    these sums are fitted and no feature is needed: a text scores its products with the phrases, times them. By
    Nesterov's accelerated gradient descent, begun anew where it overshoots; without an intercept.
    """
    targets = np.eye(int(labels.max()) + 1, dtype=np.float32)[labels]
    # The curvature is at most half the largest eigenvalue, and that at most the largest sum of a row.
    step = 1 / (np.abs(gram).sum(axis=1).max() / 2 + regularisation)
    found = ahead = np.zeros_like(targets)
    pace = 1.0
    for _ in range(_MOST_STEPS):
        gradient = softmax(gram @ ahead) - targets + regularisation * ahead
        if np.linalg.norm(gradient) < _STILL * np.linalg.norm(targets):
            break
        moved = ahead - step * gradient - found
        found = found + moved
        if np.sum(gradient * moved) > 0:
            pace = 1.0
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead = found + np.float32((pace - 1) / faster) * moved
        pace = faster
    return ahead


def softmax(scores: Floats) -> Floats:
    """Return the probabilities of the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probabilities: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return probabilities


def ranker(knowledge: KnowledgeBase, scores: Scores) -> Callable[[str], Ranked]:
    """Return the ranking of the entries by ``scores``."""
    ids = [entry.id for entry in knowledge.published]

    def rank(text: str) -> Ranked:
        found = scores(text)
        order = np.argsort(-found, kind="stable")[:MAX_CHOICES]
        lead = found[order[0]] - found[order[1]] if len(order) > 1 else found[order[0]]
        return Ranked(tuple(ids[i] for i in order), float(found[order[0]]), float(lead))

    return rank


def right_within(scores: Sequence[float], right: Sequence[bool], wrong: int) -> float:
    """Return the share answered right, from the least threshold on ``scores`` with at most ``wrong`` wrong answers.

    Questions of the same score are answered or not answered together.
    """
    values, hits = np.array(scores), np.array(right, dtype=bool)
    answered = values > np.sort(np.append(values[~hits], np.full(wrong + 1, -np.inf)))[-wrong - 1]
    return share(answered & hits)


def asks(row: Row) -> bool:
    """Return whether an entry is the right answer to ``row``."""
    return bool(set(row.topics) - {OUT_OF_SCOPE})


def figures(
    name: str, rankings: Sequence[Ranked], times: Sequence[float], rows: Sequence[Row], wrong: int
) -> Figures:
    """Return the figures of a simpler way where the bot gives ``wrong`` wrong answers."""
    asked = [(r, row.topics) for r, row in zip(rankings, rows, strict=True) if asks(row)]
    right = [r.entries[0] in topics for r, topics in asked]
    by = {
        "score": right_within([r.score for r, _ in asked], right, wrong),
        "lead": right_within([r.lead for r, _ in asked], right, wrong),
    }
    better = max(by, key=lambda name: by[name])
    return Figures(
        name,
        first=share(right),
        in_three=share(not set(topics).isdisjoint(r.entries) for r, topics in asked),
        right=by[better],
        by=better,
        median_ms=median(times),
    )


def compare(mind: Mind, rows: Sequence[Row]) -> tuple[list[Figures], Report, float]:
    """Return the figures of all ways, the bot's last, the bot's own report and its calibration error."""
    texts = [row.text for row in rows]
    verdicts = [judge(mind, row) for row in rows]
    outcome = report(verdicts)
    wrong = sum(verdict.wrong for verdict in verdicts if asks(verdict.row))
    found = []
    for name, scores in simpler_ways(mind.knowledge).items():
        rankings, times = timed(ranker(mind.knowledge, scores), texts)
        found.append(figures(name, rankings, times, rows, wrong))
    ranked, times = timed(lambda text: mind.matcher.rank(mind.preparer.prepare(text)), texts)
    tops = [(c[0].confidence, c[0].entry_id in row.topics) for c, row in zip(ranked, rows, strict=True) if c]
    error = calibration_error(np.array([top for top, _ in tops]), np.array([right for _, right in tops]))
    places = [
        [c.entry_id in row.topics for c in r[:MAX_CHOICES]]
        for r, row in zip(ranked, rows, strict=True)
        if asks(row)
    ]
    own = Figures(
        "this bot",
        first=share(any(right[:1]) for right in places),
        in_three=share(any(right) for right in places),
        right=outcome.direct_correct,
        by="decision",
        median_ms=median(times),
    )
    return [*found, own], outcome, error


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument(
        "--questions", type=Path, nargs="+", default=[QUESTIONS], help="rows of text,topic or text,label"
    )
    arguments.add_argument("--out-of-scope", type=Path, default=OUT_OF_SCOPE_ROWS, help="rows of text,kind")
    arguments.add_argument("--svg", type=Path, default=Path(__file__).with_name("field.svg"), help="the chart")
    options = arguments.parse_args()
    mind = build_mind(read_settings())
    rows = labelled((*options.questions, options.out_of_scope), mind.knowledge)
    if not any(map(asks, rows)):
        raise BotError("The files hold no question that an entry answers.")
    found, outcome, error = compare(mind, rows)
    phrases = sum(len(entry.ask) for entry in mind.knowledge.published)
    print(f"{outcome.questions} questions, {outcome.out_of_scope} out of scope; {phrases} phrases")
    print(f"right: answered right, with at most the bot's {outcome.wrong:.1%} answered wrongly")
    print("                              first  in three   right  by            ms")
    for one in found:
        print(
            f"{one.name:28}  {one.first:6.1%}    {one.in_three:6.1%}  {one.right:6.1%}"
            f"  {one.by:8}  {one.median_ms:6.1f}"
        )
    print("this bot, with its thresholds and the danger-sign gate")
    print(f"  direct-correct            {outcome.direct_correct:6.1%}")
    print(f"  wrong                     {outcome.wrong:6.1%}")
    print(f"  helped                    {outcome.helped:6.1%}")
    print(f"  taken for a danger sign   {outcome.red_flagged:6.1%}")
    print(f"  out of scope answered     {outcome.out_of_scope_answered:6.1%}")
    print(f"  calibration error         {error:6.3f}")
    bars = [Bar(one.name, one.first, one.in_three, one.right, one.median_ms) for one in found]
    options.svg.write_text(chart(bars, outcome.questions, phrases, outcome.wrong), encoding="utf-8")
    keep(
        {"phrases": phrases, "wrong_at_most": outcome.wrong, "ways": [asdict(one) for one in found]}
        | {"calibration_error": error, "bot": asdict(outcome)},
        options.json,
    )


if __name__ == "__main__":
    try:
        main()
    except BotError as problem:
        raise SystemExit(str(problem)) from None
