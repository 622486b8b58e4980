"""The last part of `make release VERSION=…`, once tests have passed and vectors are made.

Refuses where the tree holds other changes, the version is no later one, the changelog has nothing to tell, or more
than 2 % of the texts have no shipped vector. Then it measures the development files into RESULTS.md, and gives
pyproject.toml, uv.lock and the changelog the new version. Committing and tagging is left to whoever releases.
"""

import re
import subprocess
import sys
from pathlib import Path

from bot.bootstrap import build_mind
from bot.errors import BotError
from bot.review.evaluate import judge, read_rows, report
from bot.review.evaluate_flags import judge_flag, read_flag_rows, report_flags
from bot.review.shipping import unshipped
from bot.settings import PROJECT, read_settings
from bot.text.likeness.shipped import FOLDER
from bot.understanding.mind import Mind
from tests.benchmarks.shared import EVAL, parser

MOST_UNSHIPPED = 0.02
"""Share of the texts that a start may have to encode: about 150 of 8,000, a few seconds."""
BEGIN, END = "<!-- figures of the last release, by make release -->\n", "<!-- end of figures -->\n"
_QUESTIONS = (
    "questions_sloppy_dev.csv",
    "questions_dev.csv",
    "ordinary_dev.csv",
    "real_posts_dev.csv",
    "out_of_scope_dev.csv",
)
_SIGNS = ("red_flags_dev.csv", "red_flag_lookalikes_dev.csv")


def refusal(version: str, current: str, changes: list[str], readme: str, missing: float) -> str:
    """Return why ``version`` cannot be released now, in a sentence with what to do; empty when it can.

    ``changes``: files that differ from the last commit; ``missing``: share of texts without a shipped vector.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return f"Give the new version as three numbers: make release VERSION={_next(current)}"
    if _numbers(version) <= _numbers(current):
        return f"{version} is not later than {current}. Try VERSION={_next(current)}."
    if changes:
        return f"Commit these first, so that the release is what was tested: {', '.join(changes[:5])}"
    if not re.search(r"### Unreleased\n- ", readme):
        return 'README.md has no line below "### Unreleased". Write what is new there.'
    if missing > MOST_UNSHIPPED:
        return (
            f"{missing:.1%} of the texts have no shipped vector, more than {MOST_UNSHIPPED:.0%}. Run make vectors."
        )
    return ""


def with_version(pyproject: str, readme: str, version: str) -> tuple[str, str]:
    """Return pyproject.toml and README.md as of ``version``."""
    return (
        re.sub(r'(?m)^version = "[^"]*"', f'version = "{version}"', pyproject, count=1),
        readme.replace("### Unreleased\n", f"### {version}\n", 1),
    )


def with_figures(results: str, table: str) -> str:
    """Return RESULTS.md with ``table`` between its two marks; raise ``BotError`` without them."""
    before, begin, rest = results.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise BotError(f"tests/benchmarks/RESULTS.md lacks the line {BEGIN.strip()} or {END.strip()}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def figures(mind: Mind) -> str:
    """Return a table of how the development files are understood."""
    lines = ["| file | right | wrong | helped | alarmed | asked |", "|---|---|---|---|---|---|"]
    for name in _QUESTIONS:
        found = report([judge(mind, row) for row in read_rows(EVAL / name)])
        shares = (found.direct_correct, found.wrong, found.helped, found.red_flagged, found.screened)
        lines.append(f"| {name} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
    for name in _SIGNS:
        rows = read_flag_rows(EVAL / name) or []
        told = report_flags([judge_flag(mind, row) for row in rows])
        lines.append(f"| {name} | | | | {told.alarmed:.1%} | {told.found - told.alarmed:.1%} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Release, or say why not."""
    made = parser(__doc__)
    made.add_argument("version", nargs="?", default="", help="three numbers, such as 0.4.0")
    arguments = made.parse_args()
    pyproject, readme, results = (
        PROJECT / "pyproject.toml",
        PROJECT / "README.md",
        EVAL.parent / "benchmarks/RESULTS.md",
    )
    current = re.search(r'(?m)^version = "([^"]*)"', pyproject.read_text("utf-8"))
    assert current is not None
    mind = build_mind(read_settings())
    why_not = refusal(arguments.version, current[1], _changes(), readme.read_text("utf-8"), unshipped(mind))
    if why_not:
        print(why_not, file=sys.stderr)
        return 1
    results.write_text(with_figures(results.read_text("utf-8"), figures(mind)), "utf-8")
    new_pyproject, new_readme = with_version(
        pyproject.read_text("utf-8"), readme.read_text("utf-8"), arguments.version
    )
    pyproject.write_text(new_pyproject, "utf-8")
    readme.write_text(new_readme, "utf-8")
    subprocess.run([Path(sys.executable).parent / "uv", "lock", "--quiet"], cwd=PROJECT, check=True)
    print(f"Version {arguments.version} is ready: look at git diff, commit, and tag it v{arguments.version}.")
    return 0


def _changes() -> list[str]:
    """Return the files that differ from the last commit, what `make vectors` has just written left out."""
    told = subprocess.run(
        ["git", "status", "--porcelain"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    made = FOLDER.relative_to(PROJECT).as_posix()
    return [line[3:] for line in told.splitlines() if not line[3:].startswith(made)]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _next(current: str) -> str:
    major, minor, _ = _numbers(current)
    return f"{major}.{minor + 1}.0"


if __name__ == "__main__":
    sys.exit(main())
