"""Names of persons in a text: found by what stands before them, by capitals, and by a list of first names. Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from bot.clinic.names import (
    ALSO_WORDS,
    CALENDAR,
    DEEDS,
    EPONYMOUS,
    FIRST_NAMES,
    FORMAL_TITLES,
    LETTERED,
    MAKERS,
    NOT_NAMES,
    PARTICLES,
    PEOPLE,
    SHORTENED_TITLES,
    STOP_WORDS,
    SURNAMES,
    TITLES,
)

NAME = "[name]"
_TOKEN = re.compile(r"\[[a-z-]+\]|[^\W_]+(?:['’-][^\W\d_]+)*|\s+|[^\w\s]|_")
_OWNED = re.compile(r"['’]s$", re.IGNORECASE)
_MOST_WORDS = 4
"""Words of one name, particles apart."""


_MOST_INITIALS = 3
_MODALS = frozenset(["will", "may"])
_SUBJECTS = frozenset(["dry", "it", "needle", "needles", "needling", "one", "people", "runners", "running", "you"])


def _cues(*cues: str) -> list[list[str]]:
    return [cue.split() for cue in cues]


_INTRODUCED = _cues(
    *("my name is", "my names", "my name's", "my full name is", "the name's", "the name is", "name is", "name :"),
    *("i'm called", "im called", "i am called", "people call me", "they call me", "everyone calls me"),
    *("je m'appelle", "mi chiamo", "me llamo", "ik heet", "nazywam się", "mam na imię", "ich heiße", "ich heisse"),
    *(
        "mein name ist",
        "meu nome é",
        "me chamo",
        "jag heter",
        "mitt namn är",
        "jeg hedder",
        "jeg heter",
        "patient :",
    ),
    *("name", "signed", "signed ,"),
)
"""What comes next is a name, in whatever case."""
_HINTED = _cues(
    *("i'm", "im", "i am", "this is", "it's", "its", "it is", "call me", "ask for", "ich bin", "ik ben", "jestem"),
    *("je suis", "sono", "soy", "sou", "here is", "hi", "hello", "hey", "dear"),
    *("it's me", "its me", "it is me", "this is me"),
)
"""What comes next is a name where it looks like one."""
_OF_A_PERSON = _cues("i'm", "im", "i am", "call me", "ask for")
"""What comes next is a person, even where it could be a month: "It's May" is none."""
_OWNERS = frozenset(["my", "our", "his", "her", "their", "the", "your"])
_SIGN_OFF = re.compile(
    r"(?:^|[\s.,!?…])(?:(?:kind|kindest|best|warm|many|with)\s+)?(?:regards|wishes|thanks|thank you|thx|ta|cheers|"
    r"best|yours(?:\s+(?:sincerely|faithfully|truly))?|sincerely|love|xx+|xo+|sent from my \w+|liebe grüße|"
    r"viele grüße|lg|vg|mfg|gruß|cordialement|bien à vous|saludos|un saludo|gracias|grazie|saluti|groetjes|groeten|"
    r"pozdrawiam|obrigad[oa]|abraços|abraço|merci|danke|tack|mvh|hilsen)\s*[,.!—–~-]*\s*$",
    re.IGNORECASE,
)
_DASH = re.compile(r"[-—–~]\s*$")
_CLOSING_WORDS = 3
_ENDINGS = ("s", "es", "ed", "ing", "ly", "d")
_FORMED = (
    *("ic", "ing", "ed", "ly", "ous", "ful", "less", "able", "ible", "tion", "sion", "ity", "ist", "oid", "pausal"),
    *("itis", "logy", "graphy"),
)
"""Ends of words that say what somebody is or does, however rare they are."""
_SHORTEST_STRANGE = 3
_ARTICLES = frozenset(["al", "el", "ibn", "bin", "ben", "abu"])
"""With a hyphen they begin a surname: "al-sayed"."""
_PRESENT = frozenset(["here", "again"])
_SWALLOWED = frozenset(["take", "takes", "taking", "took", "prescribed", "on", "use", "uses", "using", "used"])
"""After them a capital is a medicine's or a thing's."""


def in_small_letters(texts: Iterable[str]) -> frozenset[str]:
    """Return the words that ``texts`` use with a small letter, and so not as names."""
    return frozenset(token for text in texts for token in _TOKEN.findall(text) if token[:1].islower())


def without_names(text: str, knows: Callable[[str], bool], english: Callable[[str], bool]) -> str:
    """Return ``text`` with ``[name]`` in place of what is probably a person's name; see ``masking.masked``."""
    return _Reader(text, knows, english).read()


class _Reader:
    """Goes through the tokens once; ``_names`` are the places of those that belong to a name."""

    def __init__(self, text: str, knows: Callable[[str], bool], english: Callable[[str], bool]) -> None:
        self._tokens = _TOKEN.findall(text)
        self._places = [place for place, token in enumerate(self._tokens) if not token.isspace()]
        self._knows = knows
        self._english = english
        letters = [char for char in text if char.isalpha()]
        self._shouted = len(letters) > 12 and sum(map(str.isupper, letters)) > 0.8 * len(letters)
        """All in capitals, which then tell nothing."""

    def read(self) -> str:
        names: set[int] = set()
        at = 0
        while at < len(self._places):
            length = self._name_at(at)
            names.update(range(at, at + length))
            at += length or 1
        names |= self._signature(names)
        return self._written(names)

    # --- where a name begins -----------------------------------------------------------------------

    def _name_at(self, at: int) -> int:
        """Return how many tokens from place ``at`` on are a name; 0 where none begins."""
        if length := self._initialled(at):
            return length
        word = self._word(at)
        if not word or (word in STOP_WORDS and not self._called(at)):
            return 0
        named = self._capital(at) or self._initial(at) or not self._ordinary(at)
        if self._after(at, _INTRODUCED) and named:
            return self._run(at, introduced=True)
        if length := self._presented(at):
            return length
        if self._is_no_month(at) or self._begins(at):
            return self._run(at)
        return 0

    def _begins(self, at: int) -> bool:
        """Return whether the word at ``at`` is taken for a name where it stands."""
        word, before = self._word(at), self._word(at - 1)
        if word in NOT_NAMES or self._token(at).lower() in NOT_NAMES or word in TITLES or len(word) == 1:
            return False
        capital = self._capital(at)
        first, twofold = self._named_so(at), word in ALSO_WORDS and not self._asks(at)
        title = self._word(at - 2) if self._token(at - 1) == "." else before
        if title in (SHORTENED_TITLES if not before else TITLES):
            bare = title in FORMAL_TITLES and not self._knows(word)
            return capital or first or bare or self._strange(at)
        if first and not (twofold and not capital):
            return True
        if self._after(at, _HINTED) and (capital or self._shouted) and (twofold or not self._known(at)):
            return True
        if self._after(at, _HINTED) and self._strange(at):
            return True
        if not first and (self._token(at - 1).lower() in _SWALLOWED or self._makes(at)):
            return False
        if self._related(at):
            return twofold or (capital and not self._abbreviated(at)) or not self._ordinary(at)
        if not capital or self._abbreviated(at):
            return False
        if self._starts(at):
            # A capital tells nothing here; two strange words with one do, and what only a person does or has.
            if self._known(at) and not twofold:
                return False
            nobody_elses = twofold or self._strange(at)
            does = self._word(at + 1) in DEEDS or self._joined(at)
            if nobody_elses and (does or (self._is_owner(at) and not twofold)):
                return True
            return not self._known(at) and self._capital(at + 1) and not self._known(at + 1)
        return twofold or not self._known(at)

    def _presented(self, at: int) -> int:
        """Return how many tokens from ``at`` on are a name before "here" or "again", as in "Ann Lee here"."""
        if not (self._starts(at) or self._after(at, _HINTED)):
            return 0
        for length in range(1, _CLOSING_WORDS + 1):
            if not (self._first(at + length - 1) or self._strange(at + length - 1)):
                return 0
            if self._token(at + length).lower() in _PRESENT:
                return length
        return 0

    def _initialled(self, at: int) -> int:
        """Return how many tokens from ``at`` on are initials and a surname, as in "J. R. Hartley"."""
        end = at
        while end - at < 2 * _MOST_INITIALS and self._capital(end) and self._initial(end):
            end += 2
        named = self._capital(end) and len(self._word(end)) > 1 and not self._abbreviated(end)
        if end == at or not named or self._known(end) or self._word(at - 1) in LETTERED:
            return 0
        return end - at + self._run(end)

    def _called(self, at: int) -> bool:
        """Return whether it is a first name that is a small word too, as in "I'm Will"."""
        told = self._after(at, [*_HINTED, *_INTRODUCED]) or self._related(at)
        return told and self._capital(at) and self._word(at) in ALSO_WORDS and not self._asks(at)

    def _is_no_month(self, at: int) -> bool:
        """Return whether what may be a month is a person, as in "I'm May Jones" and "my coach June"."""
        told = self._after(at, _OF_A_PERSON) or self._related(at)
        return self._word(at) in CALENDAR & ALSO_WORDS and told and self._capital(at) and not self._asks(at)

    def _asks(self, at: int) -> bool:
        """Return whether it begins a question, as in "Hi, Will it hurt?" and "Dear all, May I run?"."""
        return self._word(at) in _MODALS and self._word(at + 1) in STOP_WORDS | _SUBJECTS

    def _joined(self, at: int) -> bool:
        """Return whether a person stands beside it: "Kwame and I", "Kwame & Tom"."""
        beside = self._token(at + 1).lower() in {"and", "&", "+"}
        return beside and (self._word(at + 2) in {"i", "me"} or self._named_so(at + 2))

    def _is_owner(self, at: int) -> bool:
        return bool(_OWNED.search(self._token(at)))

    def _makes(self, at: int) -> bool:
        """Return whether ``at`` only says which one it is of what has a name: "Sever's disease", "Hoka Clifton"."""
        return self._word(at + 1) in EPONYMOUS or self._word(at - 1) in MAKERS

    def _after(self, at: int, cues: Sequence[list[str]]) -> bool:
        """Return whether one of ``cues`` stands right before ``at``, blanks and commas apart."""
        end = at - 1 if self._token(at - 1) in {",", "-"} else at
        said = [self._tokens[place].lower().replace("’", "'") for place in self._places[max(0, end - 4) : end]]
        return any(said[-len(cue) :] == cue for cue in cues)

    def _related(self, at: int) -> bool:
        """Return whether ``at`` comes after "my son", "our coach," and the like."""
        end = at - 1 if self._token(at - 1) == "," else at
        person = self._word(end - 1)
        return person in PEOPLE and bool(_OWNERS & {self._word(end - 2), self._word(end - 3)})

    def _signature(self, names: set[int]) -> set[int]:
        """Return the places of a name at the end, below "Thanks" or behind a dash."""
        last = len(self._places) - 1
        while last >= 0 and self._token(last) in {".", "!"}:
            last -= 1
        for length in range(1, _CLOSING_WORDS + 2):
            start = last - length + 1
            if start < 1 or not all(self._may_sign(place) for place in range(start, last + 1)):
                continue
            before = "".join(self._tokens[: self._places[start]])
            named = self._capital(start) or not self._ordinary(start)
            if _SIGN_OFF.search(before) and (named or self._first(start)):
                return set(range(start, last + 1))
            lone = length <= 2 and self._capital(start) and not self._known(start)
            if _DASH.search(before) and lone:
                return set(range(start, last + 1))
        return set()

    def _may_sign(self, at: int) -> bool:
        token = self._token(at)
        word = self._word(at)
        if word in STOP_WORDS | {"info", "help", "advance"}:
            return word in ALSO_WORDS and self._capital(at)
        return token == "." or bool(word)

    # --- how far it goes -------------------------------------------------------------------------------

    def _run(self, at: int, *, introduced: bool = False) -> int:
        """Return how many tokens the name that begins at ``at`` has: words with a capital, and what joins them."""
        end = at + 1
        words = 1
        while words < _MOST_WORDS and end < len(self._places):
            step = 1
            if self._initial(end - 1) and (introduced or self._capital(end - 1)):
                end += 1  # "T. Abernathy"
                continue
            while self._word(end + step - 1) in PARTICLES and step < 3:
                step += 1
            following = end + step - 1
            if not self._continues(following, introduced=introduced):
                break
            end, words = following + 1, words + 1
        return end - at

    def _continues(self, at: int, *, introduced: bool) -> bool:
        word = self._word(at)
        if not word or word in STOP_WORDS or word in CALENDAR:
            return False
        if self._surname(at) or word.partition("-")[0] in _ARTICLES:
            return True
        if self._shouted or not self._capital(at):
            initial = introduced and self._initial(at)
            going_on = (introduced or self._shouted) and (initial or not self._ordinary(at))
            return going_on or (self._strange(at) and not self._capital(at - 1))
        return not self._abbreviated(at)

    # --- what a word is like ------------------------------------------------------------------------------

    def _token(self, at: int) -> str:
        return self._tokens[self._places[at]] if 0 <= at < len(self._places) else ""

    def _word(self, at: int) -> str:
        """Return the word at ``at`` in lower case without "'s", ``""`` where there is none."""
        token = self._token(at)
        if not token[:1].isalpha() or any(map(str.isdigit, token)):
            return ""
        return _OWNED.sub("", token.lower())

    def _capital(self, at: int) -> bool:
        token = self._token(at)
        return bool(token) and token[0].isupper() and not self._shouted

    def _abbreviated(self, at: int) -> bool:
        """Return whether it is in capitals altogether, as "MRI" and "BUPA" are, or has one inside ("PhD")."""
        letters = [char for char in self._token(at) if char.isalpha()]
        return len(letters) > 1 and sum(map(str.isupper, letters)) > len(letters) / 2

    def _initial(self, at: int) -> bool:
        return len(self._word(at)) == 1 and self._token(at + 1) == "."

    def _strange(self, at: int) -> bool:
        """Return whether it is not even English, as far as that is known, nor formed like a word of it."""
        word = self._word(at)
        if len(word) < _SHORTEST_STRANGE or self._known(at) or word in TITLES | PEOPLE:
            return False
        return not self._english(word) and not word.endswith(_FORMED)

    def _known(self, at: int) -> bool:
        word = self._word(at)
        return word in NOT_NAMES or word in STOP_WORDS or self._uses(word)

    def _ordinary(self, at: int) -> bool:
        """Return whether it is a common word and no first name."""
        return self._known(at) and not self._first(at)

    def _uses(self, word: str) -> bool:
        return self._knows(word) or any(word.endswith(end) and self._knows(word[: -len(end)]) for end in _ENDINGS)

    def _named_so(self, at: int) -> bool:
        """Return whether many people are called so, and nothing else."""
        return self._first(at) or (self._surname(at) and not self._makes(at))

    def _surname(self, at: int) -> bool:
        return self._plain(at) in SURNAMES

    def _first(self, at: int) -> bool:
        return self._plain(at) in FIRST_NAMES

    def _plain(self, at: int) -> str:
        """Return the word at ``at`` without accents."""
        word = unicodedata.normalize("NFKD", self._word(at).replace("ø", "o").replace("ł", "l"))
        return "".join(char for char in word if not unicodedata.combining(char))

    def _starts(self, at: int) -> bool:
        """Return whether a sentence begins at ``at``."""
        before = self._token(at - 1)
        while before in {'"', "“", "'", "(", "‘", "¿", "¡"}:
            at -= 1
            before = self._token(at - 1)
        line = self._tokens[self._places[at - 1] + 1 : self._places[at]] if at else []
        return not before or before in {".", "!", "?", "…", ":", "•"} or any("\n" in blank for blank in line)

    def _written(self, names: set[int]) -> str:
        """Return the text with one mark for each name; the blanks between its words go with them."""
        masked = {self._places[at] for at in names}
        out: list[str] = []
        for place, token in enumerate(self._tokens):
            joined = token.isspace() and {place - 1, place + 1} <= masked
            if place not in masked and not joined:
                out.append(token)
            elif place - 1 not in masked and place - 2 not in masked:
                out.append(NAME)
            if place in masked and place + 1 not in masked and place + 2 not in masked:
                out.append("'s" if _OWNED.search(token) else "")
        return "".join(out)
