"""The house: imports point one way."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "bot").rglob("*.py"))

# Each part may import the parts named here, and itself. Everything may import errors.
MAY_IMPORT = {
    "errors": set(),
    "knowledge": set(),
    "text": {"knowledge"},
    "triage": {"text", "knowledge"},
    "matching": {"text", "knowledge"},
    "storage": set(),
    "clinic": {"knowledge"},
    "dialogue": {"clinic", "triage", "matching", "text", "knowledge"},
    "understanding": {"triage", "matching", "text", "knowledge"},
    "assistant": {"understanding", "dialogue", "storage", "clinic", "triage", "matching", "text", "knowledge"},
    "settings": {"knowledge", "matching"},
    "logs": {"settings"},
    "memory": set(),
    "bootstrap": {"memory", "assistant", "understanding", "storage", "settings", "text", "knowledge"},
    "review": {"understanding", "dialogue", "triage", "matching", "text", "knowledge"},
    "metrics": set(),
    "tg": {"metrics", "token", "health", "bootstrap", "assistant", "dialogue", "storage", "settings", "knowledge"},
    "health": set(),
    "web": {"bootstrap", "assistant", "health", "metrics", "settings", "knowledge"},
    "token": {"settings"},
    "deploy": {"settings"},
    "engine": {
        *("web", "tg", "bootstrap", "assistant", "understanding", "storage", "health", "token", "settings"),
        "knowledge",
    },
    "runtime": {"engine", "web", "health", "token", "settings"},
    "cli": {
        "memory",
        "runtime",
        "token",
        "understanding",
        "tg",
        "bootstrap",
        "review",
        "assistant",
        "dialogue",
        "storage",
        "settings",
        "logs",
        "text",
        "knowledge",
    },
    "__main__": {"cli"},
}
KNOWLEDGE_MODEL = {"bot.knowledge.model", "bot.knowledge.markup"}
"""All that the pure parts may know of the knowledge files: what they hold, not how they are read."""
PURE = {"text", "triage", "matching", "dialogue", "clinic"}


def part(module: str) -> str:
    return module.split(".")[1]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def ours(path: Path) -> set[str]:
    return {name for name in imported(path) if name.startswith("bot.")}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    own = name_of(path)
    if own == "bot.__init__":
        assert not ours(path)
        return
    allowed = MAY_IMPORT[part(own)] | {part(own), "errors"}
    for module in ours(path):
        assert part(module) in allowed, f"{own} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_pure_parts_know_the_model_of_the_knowledge_only(path: Path) -> None:
    if part(name_of(path) + ".") not in PURE:
        return
    known = {m for m in ours(path) if part(m) == "knowledge"}
    assert all(any(m == k or m.startswith(k + ".") for k in KNOWLEDGE_MODEL) or m == "bot.knowledge" for m in known)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_tg_imports_telegram_and_only_settings_reads_the_environment(path: Path) -> None:
    own = name_of(path)
    if not own.startswith("bot.tg"):
        assert not any(m == "telegram" or m.startswith("telegram.") for m in imported(path))
    if own != "bot.settings":
        assert not re.search(r"os\.(environ|getenv)|from os import", path.read_text(encoding="utf-8"))


def test_only_the_composer_makes_replies() -> None:
    makers = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Reply"
    }
    assert makers == {"bot.dialogue.composer"}


def test_every_module_stays_within_400_lines() -> None:
    long = {name_of(p): n for p in MODULES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    long.pop("bot.text.encoder.build", None)  # a script that is run alone, kept in one file on purpose
    assert not long
