"""How easily each answer reads: ``python -m tests.benchmarks.readability``.

A table of Flesch-Kincaid grades (Kincaid and colleagues 1975: school years a reader needs), characters and
words a sentence, the hardest answer first. Grade 8 is the most an answer may need.
"""

from bot.bootstrap import load_knowledge
from bot.knowledge.markup import plain
from bot.knowledge.model import OWN_FOLDER
from bot.review.reading import grade, prose


def main() -> None:
    knowledge = load_knowledge(OWN_FOLDER)
    rows = [(grade(prose(e.answer)), len(plain(e.answer)), e.id) for e in knowledge.published]
    rows += [(grade(prose(g.reply)), len(plain(g.reply)), f"red flag {g.id}") for g in knowledge.red_flags.values()]
    print("grade  characters  answer")
    for value, characters, name in sorted(rows, reverse=True):
        print(f"{value:5.1f}  {characters:10}  {name}")


if __name__ == "__main__":
    main()
