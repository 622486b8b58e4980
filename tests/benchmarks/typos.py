"""What typing mistakes cost: the same messages clean and misspelt.

    python -m tests.benchmarks.typos [--questions FILE] [--red-flags FILE] [--json FILE]

Each word of four or more letters gets, with probability 0.5, one mistake: two letters swapped, one dropped, one
doubled, or one replaced by a neighbour on a QWERTY keyboard. Three fixed seeds, averaged. Read the loss of "helped"
in points of percent (questions answered right or with the right choice), and the share of danger signs still found:
the second must hardly move. Dev questions are clean only in part (some are misspelt as they stand), so this is a
second layer of mistakes on some.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean

from bot.bootstrap import build_mind
from bot.errors import BotError
from bot.review.evaluate import Row, judge, report
from bot.review.evaluate_flags import FlagRow, judge_flag, read_flag_rows, report_flags
from bot.settings import read_settings
from bot.understanding.mind import Mind
from tests.benchmarks.shared import EVAL, QUESTIONS, keep, labelled, parser

SEEDS = (1, 2, 3)
SHARE = 0.5
SHORTEST = 4
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_WORD = re.compile(rf"[A-Za-z]{{{SHORTEST},}}")


def neighbours(letter: str) -> str:
    """Return the keys around ``letter``, a small one; each row of keys stands half a key right of the last."""
    for row, keys in enumerate(_KEYBOARD):
        if (at := keys.find(letter)) < 0:
            continue
        around = [(row, at - 1), (row, at + 1), (row - 1, at), (row - 1, at + 1), (row + 1, at - 1), (row + 1, at)]
        return "".join(_KEYBOARD[r][c] for r, c in around if 0 <= r < len(_KEYBOARD) and 0 <= c < len(_KEYBOARD[r]))
    return letter


def misspell(word: str, dice: random.Random) -> str:
    """Return ``word`` with one mistake."""
    at = dice.randrange(len(word))
    match dice.choice(("swap", "drop", "double", "neighbour")):
        case "swap":
            at = min(at, len(word) - 2)
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case "drop":
            return word[:at] + word[at + 1 :]
        case "double":
            return word[: at + 1] + word[at:]
        case _:
            return word[:at] + dice.choice(neighbours(word[at].lower())) + word[at + 1 :]


def with_typos(text: str, dice: random.Random) -> str:
    """Return ``text`` with about half of its longer words misspelt."""
    return _WORD.sub(lambda found: misspell(found[0], dice) if dice.random() < SHARE else found[0], text)


def measure(mind: Mind, rows: Sequence[Row], signs: Sequence[FlagRow]) -> dict[str, float]:
    asked = report([judge(mind, row) for row in rows])
    flags = report_flags([judge_flag(mind, sign) for sign in signs])
    return {
        "helped": asked.helped,
        "direct-correct": asked.direct_correct,
        "wrong": asked.wrong,
        "taken for a danger sign": asked.red_flagged,
        "asked about a danger sign": asked.screened,
        "danger signs found": flags.found,
    }


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--questions", type=Path, default=QUESTIONS, help="rows of text,topic")
    arguments.add_argument("--red-flags", type=Path, default=EVAL / "red_flags_dev.csv", help="text,group,level")
    options = arguments.parse_args()
    mind = build_mind(read_settings())
    rows = labelled((options.questions,), mind.knowledge)
    signs = read_flag_rows(options.red_flags)
    if signs is None:
        raise BotError(f"{options.red_flags}: the first line must name the columns text, group and level.")
    clean = measure(mind, rows, signs)
    misspelt = []
    for seed in SEEDS:
        dice = random.Random(seed)
        misspelt.append(
            measure(
                mind,
                [replace(row, text=with_typos(row.text, dice)) for row in rows],
                [FlagRow(with_typos(sign.text, dice), sign.group, sign.level) for sign in signs],
            )
        )
    print(f"{len(rows)} questions, {len(signs)} danger signs; typos: mean of {len(SEEDS)} seeds")
    print("                           clean   typos   change in points")
    averaged = {name: mean(one[name] for one in misspelt) for name in clean}
    for name, value in clean.items():
        print(f"{name:24}  {value:6.1%}  {averaged[name]:6.1%}  {100 * (averaged[name] - value):+6.1f}")
    keep({"clean": clean, "typos": averaged, "by_seed": misspelt}, options.json)


if __name__ == "__main__":
    try:
        main()
    except BotError as problem:
        raise SystemExit(str(problem)) from None
