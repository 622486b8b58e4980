"""One character damaged at random changes nothing unseen. Thousands of them: ``tests/benchmarks/damage.py``."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.knowledge.loader import Loaded, load
from bot.knowledge.model import OWN_FOLDER
from tests.support.damage import damage, judge
from tests.support.knowledge import write_knowledge

GOLDEN = 'pain:\n  - "does it hurt a lot?"\n  - "how bad is the needle"\nheel:\n  - "my heel hurts"\n'
TALKS = 'follow-ups:\n  - after: ["does it hurt a lot?"]\n    ask: "why is that"\n    gets: pain\n'
CRIES = 'cry:\n  - "help me"\nchest:\n  - "my chest"\n'
FOLLOW_UPS = 'same-answer:\n  - "are you sure"\n'
CLINIC = 'name: "The Clinic"\naddress: "Unit #3, High Street"\nprices:\n  - "First visit: 70 euro"\n'
_NEAR = 2
"""Lines off which a person still sees the damage."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of every kind of file that is quickly read; tests put right what they damage."""
    lists = {"golden.yaml": GOLDEN + TALKS, "messages.yaml": GOLDEN, "clinic.yaml": CLINIC}
    lists |= {"cries.yaml": CRIES, "follow_ups.yaml": FOLLOW_UPS}
    made = write_knowledge(tmp_path_factory.mktemp("damaged") / "knowledge", lists)
    for name in ("menu.yaml", "sources.yaml", "texts.yaml"):
        shutil.copy(OWN_FOLDER / name, made)
    return made


@pytest.fixture(scope="module")
def sound(folder: Path) -> Loaded:
    return load(folder, fallback=folder)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**40))
def test_no_damage_fails_or_changes_more_than_its_character_without_a_word(
    folder: Path, sound: Loaded, seed: int
) -> None:
    spoilt = damage(folder, seed)
    assert judge(sound, folder, spoilt, folder).kind != "silent", spoilt.what


def test_the_first_line_reported_is_nearly_always_that_of_the_damage(folder: Path, sound: Loaded) -> None:
    outcomes = [judge(sound, folder, damage(folder, seed), folder) for seed in range(150)]
    off = [outcome.lines_off for outcome in outcomes if outcome.kind == "refused"]
    assert sum(lines <= _NEAR for lines in off) >= 0.95 * len(off)
    assert len(off) > 20
