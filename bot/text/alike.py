"""Letters that only look like Latin ones, and letters typed apart: read as the words they are meant to be."""

import re

_CYRILLIC = "АВЕКМНОРСТУХІЈЅаеорсухіјѕвкмнтһӏԁԛԝѵп", "ABEKMHOPCTYXIJSaeopcyxijsbkmhthldqwvn"
_GREEK = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεικνορτυχγωη", "ABEZHIKMNOPTYXabeikvoptuxywn"
_SMALL_CAPITALS = "ᴀʙᴄᴅᴇғɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢɑɡɩ", "abcdefghijklmnoprtuvwyzagi"
_MIXED = {ord(a): b for pair in (_CYRILLIC, _GREEK) for a, b in zip(*pair, strict=True)}
"""Letters of other alphabets, which stay what they are in a word of their own alphabet."""
_ALWAYS = {ord(a): b for a, b in zip(*_SMALL_CAPITALS, strict=True)} | {
    start + number: chr(ord("a") + number) for start in (0x1F130, 0x1F150, 0x1F170) for number in range(26)
}
"""Latin letters in fancy dress that NFKC leaves as they are."""
_ODD = re.compile("[Ͱ-ӿԀ-ԯ]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LATIN = re.compile("[A-Za-z]")
_APART = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .\-_*·][^\W\d_]){3,}(?![^\W_])")
_WIDE = re.compile(r"\s{2,}")
_SPELT = re.compile(r"\s*[^\W\d_](?:\s+[^\W\d_]){5,}\s*")
"""A whole text of letters typed apart: wider gaps are those between its words."""
_SIGNS = {"@": "a", "€": "e", "$": "s"}
_SIGN_IN_WORD = re.compile(r"(?<=[A-Za-z])[@€$]+(?=[A-Za-z])")
"""Not "!": "help!my leg" is two words."""
_OVERLAYS = re.compile("[\u0300-\u036f]+")


def unmasked(text: str) -> str:
    """Return ``text``, in NFKC, with look-alikes of Latin letters replaced, and with letters typed apart joined.

    A word with letters of another alphabet alone stays what it is where any word is unmistakably of that alphabet,
    or none is Latin.
    """
    text = text.translate(_ALWAYS)
    if _ODD.search(text):
        text = _WORD.sub(lambda match: _as_latin(match[0]) if _LATIN.search(match[0]) else match[0], text)
        if _LATIN.search(text) and not _ODD.search(text.translate(_MIXED)):
            text = text.translate(_MIXED)
    return joined(_SIGN_IN_WORD.sub(_as_letters, text))


def joined(text: str) -> str:
    """Return ``text`` with letters typed apart ("h e l p", "w a n t   t o   d i e") made a word, or several."""
    if _SPELT.fullmatch(text):
        return " ".join(word.replace(" ", "") for word in _WIDE.split(text.strip()))
    return _APART.sub(lambda match: re.sub(r"[ .\-_*·]", "", match[0]), text)


def without_overlays(text: str) -> str:
    """Return ``text``, composed, without the strokes and dots that belong to no letter."""
    return _OVERLAYS.sub("", text)


def _as_letters(signs: re.Match[str]) -> str:
    return "".join(_SIGNS[sign] for sign in signs[0])


def _as_latin(word: str) -> str:
    replaced = word.translate(_MIXED)
    return word if _ODD.search(replaced) else replaced
