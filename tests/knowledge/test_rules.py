"""Every finding has a name that is explained, and nothing is explained that is never found."""

import ast
from collections.abc import Iterator
from pathlib import Path

from bot.knowledge import rules
from bot.knowledge.rules import RULES

PARTS = ("knowledge", "review")
BROKEN = Path(__file__).parents[1] / "broken_knowledge"
REPORTERS = {"Problem": 2, "error": 1, "report": 0, "_Refused": 1, "_error": 2, "warning": 0}
"""Function → which of its arguments names the finding."""


def trees() -> Iterator[ast.Module]:
    bot = Path(rules.__file__).parents[1]
    for part in PARTS:
        for path in sorted((bot / part).glob("*.py")):
            if path != Path(rules.__file__):
                yield ast.parse(path.read_text(encoding="utf-8"))


def reported() -> Iterator[str]:
    """Yield the names that stand in the calls that report."""
    for tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            at = REPORTERS.get(name)
            named = node.args[at] if at is not None and len(node.args) > at else None
            if isinstance(named, ast.Constant):
                yield str(named.value)


def test_every_finding_is_explained() -> None:
    shown = {
        line.split()[-1]
        for path in BROKEN.glob("*.expected")
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith(" ")
    }
    assert shown | set(reported()) <= set(RULES)


def test_nothing_is_explained_that_is_never_found() -> None:
    texts = {n.value for tree in trees() for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    assert set(RULES) <= texts
