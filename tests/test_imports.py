"""The house: imports point one way."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "bot").rglob("*.py"))

# Each part imports the parts named here and itself, no more and no less. Everything may import errors.
IMPORTS = {
    "errors": set(),
    "knowledge": set(),
    "storage": set(),
    "clinic": {"understanding", "matching", "text", "storage", "knowledge"},
    "text": {"knowledge"},
    "triage": {"text", "knowledge"},
    "matching": {"text", "knowledge"},
    "understanding": {"triage", "matching", "text", "knowledge"},
    "dialogue": {"understanding", "clinic", "storage", "triage", "matching", "knowledge"},
    "settings": {"matching", "knowledge"},  # one number and one path, from modules that load nothing heavy
    "ops": {"settings"},
    "inbox": {"storage", "ops"},
    "assistant": {"dialogue", "clinic", "storage", "understanding", "knowledge"},
    "bootstrap": {"assistant", "inbox", "storage", "understanding", "text", "knowledge", "settings", "ops"},
    "review": {"dialogue", "clinic", "understanding", "triage", "matching", "text", "knowledge"},
    "tg": {"assistant", "dialogue", "clinic", "inbox", "storage", "knowledge", "settings", "ops"},
    "web": {"review", "assistant", "dialogue", "understanding", "storage", "knowledge", "ops"},
    "service": {
        *(
            "tg",
            "web",
            "bootstrap",
            "assistant",
            "clinic",
            "inbox",
            "storage",
            "understanding",
            "text",
            "knowledge",
        ),
        "settings",
        "ops",
    },
    "cli": {
        *("service", "tg", "bootstrap", "assistant", "review", "dialogue", "clinic", "storage", "understanding"),
        "text",
        *("knowledge", "settings", "ops"),
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


def test_every_part_imports_what_is_drawn_and_nothing_else() -> None:
    found: dict[str, set[str]] = {own: set() for own in IMPORTS}
    for path in MODULES:
        own = part(name_of(path))
        if own != "__init__":
            found.setdefault(own, set()).update(part(module) for module in ours(path))
    assert {own: parts - {own, "errors"} for own, parts in found.items()} == IMPORTS


def test_what_is_drawn_has_no_way_back() -> None:
    order = list(TopologicalSorter(IMPORTS).static_order())  # raises CycleError
    assert set(order) == set(IMPORTS)


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("bot.settings", {"numpy", "rapidfuzz", "yaml", "onnxruntime", "telegram", "sqlalchemy"}),
        ("bot.ops.health", {"numpy", "rapidfuzz", "yaml", "onnxruntime", "telegram", "sqlalchemy"}),
        ("bot.service.process", {"numpy", "rapidfuzz", "yaml", "onnxruntime", "telegram", "sqlalchemy"}),
        ("bot.inbox.dispatcher", {"numpy", "rapidfuzz", "yaml", "onnxruntime", "telegram"}),
    ],
)
def test_what_must_be_there_at_once_loads_nothing_heavy(module: str, heavy: set[str]) -> None:
    """In an interpreter of its own, since this one has everything loaded."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(loaded.stdout.split())


@pytest.mark.parametrize("path", [p for p in MODULES if name_of(p).startswith("bot.text")], ids=name_of)
def test_numbers_stay_in_likeness_and_the_rest_of_text_is_strings(path: Path) -> None:
    if not name_of(path).startswith("bot.text.likeness"):
        assert imported(path).isdisjoint({"numpy", "onnxruntime", "tokenizers"})
        assert not any(module.startswith("bot.text.likeness") for module in ours(path))


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
    assert makers == {"bot.dialogue.composer", "bot.dialogue.toasts"}  # toasts say nothing in the chat


def test_every_module_stays_within_400_lines() -> None:
    long = {name_of(p): n for p in MODULES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    long.pop("bot.text.likeness.encoder.build", None)  # a script that is run alone, kept in one file on purpose
    assert not long
