"""How easily each answer reads: ``python -m tests.benchmarks.readability``.

A table of Flesch-Kincaid grades (Kincaid and colleagues 1975: school years a reader needs), characters and
words a sentence, the hardest answer first. Grade 8 is the most an answer may need.
"""

from bot.bootstrap import load_knowledge
from bot.knowledge.markup import Block, BulletList, Paragraph, plain
from bot.knowledge.model import OWN_FOLDER

HARDEST = 8.0


def prose(blocks: tuple[Block, ...]) -> str:
    """Return the blocks as sentences: a list item without a full stop is one of its own."""
    lines: list[str] = []
    for block in blocks:
        pieces = [Paragraph(item) for item in block.items] if isinstance(block, BulletList) else [block]
        lines += [plain((piece,)) for piece in pieces]
    return " ".join(line if line.endswith((".", "!", "?", ":")) else f"{line}." for line in lines)


def grade(text: str) -> float:
    """Return the Flesch-Kincaid grade of ``text``."""
    import textstat

    return float(textstat.flesch_kincaid_grade(text))


def main() -> None:
    knowledge = load_knowledge(OWN_FOLDER)
    rows = [(grade(prose(e.answer)), len(plain(e.answer)), e.id) for e in knowledge.published]
    rows += [(grade(prose(g.reply)), len(plain(g.reply)), f"red flag {g.id}") for g in knowledge.red_flags.values()]
    print("grade  characters  answer")
    for value, characters, name in sorted(rows, reverse=True):
        print(f"{value:5.1f}  {characters:10}  {name}")


if __name__ == "__main__":
    main()
