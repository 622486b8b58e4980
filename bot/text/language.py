"""Whether a message is in English, told by its letters and its commonest little words."""

import unicodedata

from bot.text.normalise import Normalised, words

_ENGLISH = frozenset(
    """
    the a an i i'm im my me you your it is are am was were be do does did can could will would should have has had
    to of for with from on at and or but not no if how what when where why who which this that there any after
    before about it's don't
    """.split()
)
# German, Dutch, French, Spanish, Italian, Portuguese, Polish, Scandinavian, Finnish, Turkish: the commonest words.
_FOREIGN = (
    frozenset(
        """
    ich nicht und ist das der mit für ein eine einen wie kann mein meine habe nach beim zum wenn oder auch noch gibt
    ik niet het een voor mijn naar heb wat kan deze zijn maar ook
    je ne pas est les des une pour avec mon ma que qui dans sur après c'est j'ai puis mais quand combien
    el los las una para con mi qué puedo después cómo cuánto pero cuando duele está tengo
    il gli che per sono dopo posso quanto della nel mio mia fa anche
    uma não posso depois meu minha você quando quanto eu dói
    nie jest się czy mam jak po przed ile moje boli mogę
    jag inte det och är som efter min mitt kan hur med ikke jeg og etter hvordan
    minä onko ja mutta kuinka ei voinko
    bir ve için ne kadar çok değil nasıl sonra benim mi
    """.split()
    )
    - _ENGLISH
)
_FEWEST = 2
"""Foreign words needed: one alone ("kann", a name) proves nothing."""


def is_foreign(text: Normalised) -> bool:
    """Return whether ``text`` is written in another script or, by its little words, in another language.

    Cautious: short or mixed messages count as English, since most runners who write so mean English.
    """
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return False
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters)
    if latin < len(letters) / 2:
        return True
    said = words(text)
    foreign = sum(word in _FOREIGN for word in said)
    return foreign >= _FEWEST and foreign > sum(word in _ENGLISH for word in said)
