"""The workflows on GitHub: what they run exists, and one step that fails hides no other."""

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import _parser

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
_BOT = re.compile(r"python -m bot (?P<arguments>[^|;&<>\n]*?)(?=\s*(?:[|;&\n]|\d?>|$))")


def read(path: Path) -> dict[Any, Any]:
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return workflow


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def commands(path: Path) -> list[list[str]]:
    scripts = [step["run"] for step in steps(path) if "run" in step]
    return [shlex.split(found["arguments"]) for script in scripts for found in _BOT.finditer(script)]


KNOWLEDGE = ROOT / ".github" / "workflows" / "knowledge.yml"
[DIFF] = [step for step in steps(KNOWLEDGE) if "bot diff" in step.get("run", "")]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_command_of_a_workflow_is_one_that_the_bot_has(path: Path) -> None:
    for command in commands(path):
        _parser(command[0]).parse_args(command)  # leaves the test where it cannot be parsed


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_target_of_make_in_a_workflow_exists(path: Path) -> None:
    made = {target for step in steps(path) for target in re.findall(r"\bmake ([a-z]+)", step.get("run", ""))}
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert made <= set(targets)


def test_pull_requests_that_touch_the_knowledge_are_checked_at_the_line_and_compared_with_their_base() -> None:
    workflow = read(KNOWLEDGE)
    # YAML 1.1 reads "on" as true.
    assert workflow[True] == {"pull_request": {"paths": ["knowledge/**"]}}
    assert workflow["permissions"] == {"contents": "read"}
    assert commands(KNOWLEDGE) == [
        ["check", "--format", "github"],
        ["diff", "$BASE", ".", "--format", "markdown"],
    ]
    assert DIFF["env"] == {"BASE": "${{ github.event.pull_request.base.sha }}"}
    [checkout] = [step for step in steps(KNOWLEDGE) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"]["fetch-depth"] == 0


def test_the_comparison_is_made_whatever_the_check_finds() -> None:
    assert DIFF["if"] == "${{ !cancelled() && steps.install.outcome == 'success' }}"
    assert [step["run"] for step in steps(KNOWLEDGE) if step.get("id") == "install"] == [
        "make install PYTHON=python"
    ]


@pytest.mark.parametrize(("code", "fails"), [(0, False), (1, False), (2, True), (3, True)])
def test_the_summary_holds_the_report_and_the_step_fails_only_when_something_got_worse(
    tmp_path: Path, code: int, fails: bool
) -> None:
    """The script itself, with a stand-in for the bot."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "report: $*"\necho "what to do" >&2\nexit {code}\n', encoding="utf-8")
    python.chmod(0o755)
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    variables = {**os.environ, "GITHUB_STEP_SUMMARY": str(summary), "BASE": "abc"}
    done = subprocess.run(
        ["bash", "-e", "-c", DIFF["run"]], cwd=tmp_path, env=variables, capture_output=True, text=True
    )
    assert bool(done.returncode) == fails
    said = summary.read_text(encoding="utf-8")
    assert said.startswith("before\nreport: -m bot diff abc . --format markdown\n")
    assert ("cannot be compared" in said) == ("what to do" in done.stdout) == (code == 3)
