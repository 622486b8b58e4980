"""``python -m bot`` with a Python that cannot run it."""

import subprocess
import sys
from pathlib import Path

import bot
from tests.support.patience import PATIENCE


def test_a_python_without_the_packages_says_in_a_sentence_what_to_type() -> None:
    root = Path(bot.__file__).parents[1]
    code = (
        f"import runpy, sys; sys.path.insert(0, {str(root)!r}); sys.argv = ['bot', 'new-entry', 'swim after']; "
        "runpy.run_module('bot', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout) == (2, "")
    [said] = done.stderr.splitlines()
    assert said.endswith("Type \"make install\" once, then: .venv/bin/python -m bot new-entry 'swim after'")
