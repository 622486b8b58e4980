"""What the loader says of knowledge files with one character damaged at random.

refused: the folder does not load any more, and how far the first line reported is from the damage; said: it
loads, with a finding; same: nothing changed; typo: one text changed by the character; silent: more changed,
without a word.
"""

import argparse
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.knowledge import loader, yaml_reader
from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.problems import Problem
from bot.knowledge.yaml_reader import Node
from tests.support.damage import ELSEWHERE, Outcome, damage, judge


def main() -> None:
    """Damage the project's own knowledge and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2000)
    cases = parser.parse_args().cases
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(OWN_FOLDER, Path(name) / "knowledge"))
        _print(measure(folder, cases))


def measure(folder: Path, cases: int) -> list[Outcome]:
    """Return what came of so many damages to the files in ``folder``, always the same ones."""
    outcomes: list[Outcome] = []
    read = yaml_reader.read
    kept: dict[tuple[Path, int], tuple[Node | None, list[Problem]]] = {}

    def cached(path: Path, name: str) -> tuple[Node | None, list[Problem]]:
        # Only the damaged file is parsed anew; a case would take most of a second otherwise.
        key = (path, hash(path.read_bytes()))
        if key not in kept:
            kept[key] = read(path, name)
        node, problems = kept[key]
        return node, [*problems]

    with patch.object(yaml_reader, "read", cached), patch.object(loader, "near_signs", lambda *_: {}):
        sound = loader.load(folder, fallback=folder)

        @settings(
            max_examples=cases,
            phases=[Phase.generate],
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.integers(0, 2**40))
        def damaged(seed: int) -> None:
            spoilt = damage(folder, seed)
            outcome = judge(sound, folder, spoilt, folder)
            outcomes.append(outcome)
            if outcome.kind == "silent" or outcome.lines_off > 2:
                print(f"{outcome.kind:8} {spoilt.file}:{spoilt.line} {spoilt.what}\n         {outcome.detail}")

        damaged()
    return outcomes


def _print(outcomes: list[Outcome]) -> None:
    kinds = Counter(outcome.kind for outcome in outcomes)
    print(f"{len(outcomes)} damages, no traceback: {dict(kinds)}")
    off = [outcome.lines_off for outcome in outcomes if outcome.kind == "refused"]
    for most in (0, 1, 2):
        print(f"first line reported at most {most} off: {sum(o <= most for o in off)} of {len(off)}")
    print(f"in another file: {off.count(ELSEWHERE)}")


if __name__ == "__main__":
    main()
