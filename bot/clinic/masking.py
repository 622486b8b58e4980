"""A question without what tells who asked it: plain marks in place of names, addresses and numbers. Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.clinic.names import STOP_WORDS
from bot.clinic.naming import in_small_letters, without_names
from bot.knowledge.model import KnowledgeBase
from bot.storage.protocol import KeptQuestion
from bot.text.likeness.utterance import vocabulary_texts
from bot.understanding.mind import Mind

PHONE, MAIL, LINK, ACCOUNT, NUMBER, DATE, ADDRESS = (
    *("[phone]", "[e-mail]", "[link]", "[account]"),
    *("[number]", "[date]", "[address]"),
)
LONGEST = 500
"""Characters of a masked question that are kept."""
_GOES_ON = "..."
_LOOKED_AT = 4_096
"""Those of what was typed that are read: in NFKC one sign can become eighteen."""
_HALF_A_MARK = re.compile(r"\[[a-z-]*$")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
_LOOSE_JOINER = re.compile(r"\u200d+(?![^\w\s\u200d])|(?<![^\w\s\u200d])\u200d+")
"""Between two signs it makes one of them, as in many emoji; elsewhere it hides something."""

_TLD = (
    "com|org|net|info|biz|eu|uk|de|fr|es|nl|pl|ie|ch|br|jp|cn|se|dk|fi|pt|ca|au|nz|za|ru|us|io|co|app|dev|gov|edu|"
    "health|clinic|run|fit|online|site|shop|blog|page|travel|example|test"
)
"""Endings that make an address of a bare name; those that are words as well ("is", "it", "no") need a path."""
_HOST = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}"
"""All repetitions have an end, so that no text keeps everybody waiting."""
_END = r"[^\s<>\"“”]*[^\s<>\"“”.,;:!?)\]’']"
_LINK = re.compile(
    rf"(?<![\w@])(?:[a-z][a-z+]{{2,10}}://{_END}|www\.{_END}|{_HOST}[a-z]{{2,24}}/(?:{_END})?"
    rf"|{_HOST}(?:{_TLD})(?![\w@-])(?:[?#:]{_END})?)",
    re.IGNORECASE,
)
_SPELT_LINK = re.compile(
    rf"\bwww[\s.]+[\w-]+[\s.]+(?:{_TLD})\b(?:(?:[\s/][\w-]+){{0,3}}[\s/][\w-]*\d[\w-]*)?"
    rf"|(?<!\w)[\w-]+\s+dot\s+(?:{_TLD})\b(?:\s+(?:slash|dot)\s+[\w-]+){{0,6}}",
    re.IGNORECASE,
)
_HANDLE = re.compile(
    r"\b(?P<cue>(?:insta(?:gram)?|ig|snap(?:chat)?|strava|discord|skype|tik\s?tok|twitter|facebook|fb|telegram)"
    r"(?:\s(?:name|handle|account|profile|user(?:name)?|id))?(?:\s?(?P<said>[:=])\s?|\sis\s|\s))"
    r"(?P<handle>[^\s,;<>\[\]]*[^\s,;<>\[\].!?)])",
    re.IGNORECASE,
)
_DOT = r"(?:\s?\.\s?|\s?[(\[{]\s?(?:dot|\.)\s?[)\]}]\s?|\s+dot\s+)"
_PART = r"[\w+'’-]{1,64}"
_DOT_WORD = r"(?:dot|punt|punkt|punto|ponto)"
_SPELT_MAIL = re.compile(
    rf"(?<!\w){_PART}(?:(?:\.|\s+{_DOT_WORD}\s+|\s+underscore\s+){_PART}){{0,5}}"
    rf"(?:\s?[(\[{{]\s?at\s?[)\]}}]\s?{_PART}(?:{_DOT}{_PART}){{1,5}}"
    rf"|\s+(?:at|arroba)\s+{_PART}(?:(?:\s?[(\[{{]\s?dot\s?[)\]}}]\s?|\s+{_DOT_WORD}\s+){_PART}){{1,5}}"
    rf"|\s?@\s?{_PART}(?:\s?(?:\.|[(\[{{]?dot[)\]}}]?)\s?{_PART}){{1,5}})",
    re.IGNORECASE,
)
_JOINED_MAIL = re.compile(r"(?<!\w)[a-z\d._+-]{1,64}AT[a-z\d-]{2,64}(?:DOT[a-z]{2,24}){1,4}(?!\w)")
_SPACED_MAIL = re.compile(r"(?<!\w)(?:[\w.]\s){2,40}@(?:\s[\w.]){3,60}(?!\w)")
_LOOSE_MAIL = re.compile(
    rf"(?<!\w)(?:(?:\w{{1,64}}\s+{_DOT_WORD}\s+){{0,4}}[\w.+-]{{1,64}}(?:\s\d{{1,6}})?\s+(?:at|on|@)\s+"
    r"(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|gmx|proton(?:mail)?|aol)\b(?:\.\w+)*"
    rf"|[\w+-]{{0,64}}[.\d_][\w.+-]{{0,64}}\s+at\s+{_HOST}(?:{_TLD})(?![\w-]))",
    re.IGNORECASE,
)
_ANY_MAIL = re.compile(r"[^\s@<>\[\]]{1,64}@[^\s@<>\[\]]{0,250}[^\s@<>\[\].,;:!?]")
_ACCOUNT = re.compile(
    r"@\s?(?=\d{0,4}[^\W\d_]{2})(?!\d+\w{0,2}\b)\w[\w.]*|(?<![\w.])[^\W_][\w.]{0,64}_[\w.]*[^\W_]"
)

_MONTH = (
    r"(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?"
)
_YEAR = r"(?:19|20)\d\d|'\d\d"
_DATE = re.compile(
    rf"(?<![\w.+])(?:\d{{1,2}}(?:st|nd|rd|th|\.)?\s?(?:of\s)?{_MONTH},?\s?(?:{_YEAR})"
    rf"|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?:{_YEAR})"
    r"|\d{1,2}\s?([./-])\s?\d{1,2}\s?\1\s?\d{2,4}|\d{4}([./-])\d{1,2}\2\d{1,2})(?![\w]|[./-]\d)",
    re.IGNORECASE,
)
_DAY_WORD = (
    rf"(?:the|of|and|{_MONTH}|\d{{1,4}}(?:st|nd|rd|th)?|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|"
    r"\w+teenth|twelfth|eleventh|twentieth|thirtieth|(?:twenty|thirty)[\s-]\w+|one|two|three|four|five|six|seven|eight|"
    r"nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand)"
)
_BORN = re.compile(
    r"\b(?P<cue>(?:dob|d\.o\.b\.?|date of birth|born(?:\s(?:on|in))?|birthday(?:\sis)?)\s?:?\s)"
    rf"(?:\d{{1,4}}[\s./-]+\d{{1,2}}[\s./-]+\d{{2,4}}|{_DAY_WORD}(?:[\s,-]+{_DAY_WORD}){{1,8}})(?!\w)",
    re.IGNORECASE,
)
_EXPIRY = re.compile(r"\b(?P<cue>exp(?:iry|ires)?\.?:?\s)(?:\d{1,2}\s?/\s?\d{2,4})", re.IGNORECASE)

_BETWEEN = r"(?:(?!\.\s|,\s)[\s().,/\-‐-―·_]){0,4}"
_LONG = re.compile(
    rf"(?<!\d)[+#(]{{0,2}}(?:\d{_BETWEEN}){{6,}}\d(?:\s?(?:ext|extension|x)\.?\s?\d+)?", re.IGNORECASE
)
"""Seven digits and more with whatever people write between them; after a full stop or a comma and a blank another
number begins."""
_PHONE_SHAPE = re.compile(r"^[+(#]|^0[\d\s(]|\d[\s().\-/]+\d[\s().\-/]+\d")
_SORT_CODE = re.compile(r"(?<!\d)\d\d-\d\d-\d\d(?!\d)")
_DIGITS = re.compile(r"[#]?\d{5,}")
_COORDINATE = re.compile(r"[-+]?\d{1,3}\.\d{3,}\s?,\s?[-+]?\d{1,3}\.\d{3,}|[-+]?\d{1,3}\.\d{4,}(?!\d|\.\d)")
_DIGIT_WORDS = {
    **dict.fromkeys(["zero", "oh", "o", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], 1),
    **{"null": 1, "double": 1, "triple": 2, "hundred": 2, "thousand": 3},
}
"""How many digits each adds to a number that is spelt out."""
_DIGIT_WORD = rf"(?:{'|'.join(_DIGIT_WORDS)}|\d{{1,5}})"
_SPELT = re.compile(rf"(?<![\w+]){_DIGIT_WORD}(?:[\s,.-]{{1,3}}{_DIGIT_WORD}){{2,}}(?!\w)", re.IGNORECASE)
_FEWEST_SPELT = 6
_LETTER_O = re.compile(r"(?<!\w)[\do](?:[\s().-]{0,3}[\do]){6,}(?!\w)", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)")
_COLONS = re.compile(r"(?<![\w:])(?=(?:[\da-f]{0,4}:){4})[\da-f:]{6,45}(?![\w:])", re.IGNORECASE)
"""IPv6 addresses, and those of devices."""
_DEGREES = re.compile(
    r"\d{1,3}°\s?\d{1,2}(?:\.\d+)?['’′]\s?(?:\d{1,2}(?:\.\d+)?(?:[\"″”]|['’′]{2})?)?\s?[NSEW](?!\w)", re.IGNORECASE
)
_CARD_END = re.compile(
    r"\b(?P<cue>cards?(?:\snumber)?\s(?:ends?|ending)(?:\s(?:in|with|on))?\s)\d{3,4}\b", re.IGNORECASE
)

_UNIT = r"(?:k|m|mm|cm|km|kms|mi|miles?|g|kg|mg|mcg|ml|l|lbs?|mins?|s|secs?|h|hrs?|bpm|spm|x|st|nd|rd|th|am|pm|w)"
_MEASURE = re.compile(rf"\d+(?:[.,]\d+)?{_UNIT}?(?:x\d+(?:[.,]\d+)?{_UNIT}?)*", re.IGNORECASE)
_SPINE = re.compile(r"[ctls]\d{1,2}(?:-[ctls]?\d{1,2})?", re.IGNORECASE)
_MIXED = re.compile(r"(?<![\w-])#?(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[^\W\d_])[^\W_](?:[\w-]*[^\W_])?(?![\w-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?\b")
_PLATES = re.compile(
    r"(?<![\w-])(?:[A-Z]{2}\d{2}\s?[A-Z]{3}|[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}\s?\d{1,4}|"
    r"[A-Z]{2}-?\d{3}-?[A-Z]{2}|[A-Z]{2}(?:\s?\d\d){3}\s?[A-D])(?![\w-])"
)
_POSTCODE = re.compile(
    r"(?<![\w-])(?:[a-z]{1,2}\d[a-z\d]?\s?\d(?!st\b|nd\b|rd\b|th\b|hr\b|x\b)[abd-hjlnp-uw-z]{2}"
    r"|[abceghj-nprstvxy]\d[a-z]\s?\d[a-z]\d)(?![\w-])",
    re.IGNORECASE,
)
_DUTCH_POSTCODE = re.compile(r"(?<![\w-])[1-9]\d{3}\s(?!KM|AM|PM|KG|MG|ML|MM|CM)[A-Z]{2}(?![\w-])")
_CUED = re.compile(
    r"\b(?P<cue>(?:postcode|postal code|zip(?: code)?|policy|ref(?:erence)?|booking|order|invoice|account|passport|"
    r"licen[cs]e|member(?:ship)?|insurance|patient|hospital|appointment|card|plate|reg(?:istration)?|bib|pin|"
    r"mrn|ssn|id|nhs|iban)(?:\s(?:number|no|nr|id|code|ref))?\.?(?:\s?[:#]|\sis)?\s?)"
    r"(?=(?:[\w-]{0,20}\d){4})#?[\w-]+",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"(?<!\w)(?:\d{1,5}[a-z]?,?\s(?-i:[A-Z][\w'’]+\s){1,3}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|close|court|"
    r"ct|square|sq|crescent|place|pl|terrace|boulevard|blvd)\b\.?"
    r"|[^\W\d_]+(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|straat|laan|gracht|kade|plein|"
    r"singel|gatan|vägen|vej)\s\d{1,4}(?:\s?-\s?\d{1,3}|\s?[a-z])?\b"
    r"|\d{1,4},?\s(?:rue|avenue|boulevard|chemin)\s(?:d[eu]\s|de la\s|des\s)?(?-i:[A-Z])[\w'’-]+"
    r"|(?:via|calle|rua|ul\.|ulica|avenida|plaza)\s(?:d[eiu]\w*\s)?(?-i:[A-Z])[\w'’-]+,?\s\d{1,4}\b)",
    re.IGNORECASE,
)
_SMALL_STREET = re.compile(
    r"(?<![\w.,])\d{1,4}[a-z]?,?\s(?:(?!miles?\b|kms?\b|min|hours?\b|days?\b|weeks?\b|months?\b|years?\b|times\b|"
    r"sessions?\b|needles\b|hard\b|easy\b|long\b|road\b|the\b|and\b|of\b|in\b|on\b|my\b)[a-z][a-z'’]{2,}\s){1,2}"
    r"(?:street|st|road|rd|avenue|ave|lane|ln|crescent|terrace|grove|gardens|boulevard)\b"
    r"(?!\s(?:runs?|races?|running|shoes?|bikes?|work))\.?"
    r"|\b(?:flat|room|suite|unit)\s\d{1,4}[a-jln-z]\b|\b(?:apartment|apt)\.?\s\d{1,4}[a-z]?\b",
    re.IGNORECASE,
)
_EIRCODE = re.compile(
    r"(?<![\w-])[ac-fhknprtv-y]\d[\dw]\s?(?=[a-z]{0,3}\d)[\dac-fhknprtv-y]{4}(?![\w-])", re.IGNORECASE
)
_MOST_ROUNDS = 20


def masked(text: str, knows: Callable[[str], bool], english: Callable[[str], bool] = bool) -> str:
    """Return ``text`` with a mark such as ``[phone]`` or ``[name]`` in place of all that may tell who wrote it.

    ``knows``: whether a word, given in small letters, is an ordinary one and so no name; ``english``: whether it is
    a word at all, though perhaps a name as well. Numbers that a question needs stay ("48 hours", "42.2 km",
    "L5/S1"). Rather too much is masked than too little. The first 4,096 characters come back, in NFKC and without
    invisible ones. Idempotent.
    """
    clean = _plain(text)
    for _ in range(_MOST_ROUNDS):  # each replaces something by a mark, or is the last
        found = _once(clean, knows, english)
        if found == clean:
            break
        clean = found
    return clean


def masking(knowledge: KnowledgeBase | None, english: Callable[[str], bool] = bool) -> Callable[[str], str]:
    """Return what masks a text that is to be kept, and cuts it to ``LONGEST`` characters.

    What the answers of ``knowledge`` use with a small letter is no name, nor is a town of the directory. Takes a
    tenth of a second. Without ``english``, see ``masked``, a few more unusual names in small letters stay; without
    ``knowledge`` more words than need be go.
    """
    used = in_small_letters(_own_texts(knowledge) if knowledge is not None else ())
    return lambda text: _cut(masked(text, used.__contains__, english))


def _own_texts(knowledge: KnowledgeBase) -> Iterable[str]:
    towns = (place.town.lower() for one in knowledge.clinic.therapists for place in one.places)
    return [*vocabulary_texts(knowledge), *towns]


def masked_for(mind: Mind, text: str) -> str:
    """Return ``text`` as ``masking`` makes it."""
    return masking(mind.knowledge, mind.preparer.knows)(text)


def masked_again(kept: Iterable[KeptQuestion], mask: Callable[[str], str]) -> list[KeptQuestion]:
    """Return ``kept`` masked, each under its own id: some are from before anything was, or when less was."""
    masked_texts = ((question, mask(question.text)) for question in kept)
    return [
        question if text == question.text else replace(question, text=text, digest=question.id)
        for question, text in masked_texts
    ]


def _cut(text: str) -> str:
    """Return ``text`` as far as it is kept, up to the end of a word."""
    if len(text) <= LONGEST:
        return text
    kept = text[: LONGEST - len(_GOES_ON)]
    return _HALF_A_MARK.sub("", kept.rpartition(" ")[0] or kept) + _GOES_ON


def _plain(text: str) -> str:
    """Return ``text`` in NFKC, digits of any script as 0 to 9, without what nobody sees, and not endless."""
    text = _CONTROL.sub("", _LINE_END.sub("\n", unicodedata.normalize("NFKC", text)[:_LOOKED_AT]))
    visible = _LOOSE_JOINER.sub("", _INVISIBLE.sub("", text))
    digits = (str(unicodedata.decimal(char)) if char.isdecimal() else char for char in visible)
    return unicodedata.normalize("NFKC", "".join(digits)).strip()


def _once(text: str, knows: Callable[[str], bool], english: Callable[[str], bool]) -> str:
    text = _HANDLE.sub(lambda found: _handle(found, knows, english), text)
    # Whatever takes a part of a number only comes after what takes all of it.
    text = _marked(
        text,
        *((_JOINED_MAIL, MAIL), (_SPACED_MAIL, MAIL), (_SPELT_MAIL, MAIL), (_LOOSE_MAIL, MAIL), (_ANY_MAIL, MAIL)),
        *((_LINK, LINK), (_SPELT_LINK, LINK), (_ACCOUNT, ACCOUNT)),
        *((_IBAN, NUMBER), (_PLATES, NUMBER), (_STREET, ADDRESS), (_SMALL_STREET, ADDRESS), (_EIRCODE, ADDRESS)),
        (_COLONS, NUMBER),
    )
    text = _SPELT.sub(_spelt_number, _LETTER_O.sub(_letter_o, text))
    text = _LONG.sub(_long_number, text)
    text = _marked(
        text,
        *((_IPV4, NUMBER), (_DEGREES, NUMBER), (_COORDINATE, NUMBER), (_BORN, rf"\g<cue>{DATE}")),
        *((_DATE, DATE), (_POSTCODE, ADDRESS), (_DUTCH_POSTCODE, ADDRESS), (_CARD_END, rf"\g<cue>{NUMBER}")),
        *((_SORT_CODE, NUMBER), (_EXPIRY, rf"\g<cue>{DATE}"), (_CUED, rf"\g<cue>{NUMBER}")),
    )
    text = _MIXED.sub(lambda found: NUMBER if _identifies(found[0]) else found[0], text)
    return without_names(_DIGITS.sub(NUMBER, text), knows, english)


def _marked(text: str, *rules: tuple[re.Pattern[str], str]) -> str:
    for pattern, mark in rules:
        text = pattern.sub(mark, text)
    return text


def _handle(found: re.Match[str], knows: Callable[[str], bool], english: Callable[[str], bool]) -> str:
    """Return what was found with the account's name masked, unless that is a word of the sentence."""
    name = found["handle"]
    word = name.lower()
    ordinary = knows(word) or english(word) or word in STOP_WORDS
    return found[0] if ordinary and not found["said"] else found["cue"] + ACCOUNT


def _letter_o(found: re.Match[str]) -> str:
    """Return a number in which a letter stands for naughts masked."""
    digits = sum(map(str.isdigit, found[0]))
    return PHONE if digits >= 3 and "o" in found[0].lower() else found[0]


def _spelt_number(found: re.Match[str]) -> str:
    """Return a number masked that is spelt out, or partly so, and long enough for a phone's."""
    parts = re.findall(r"[a-z]+|\d+", found[0].lower())
    digits = sum(_DIGIT_WORDS.get(part, len(part)) for part in parts)
    return PHONE if digits >= _FEWEST_SPELT and any(map(str.isalpha, parts)) else found[0]


def _long_number(found: re.Match[str]) -> str:
    if _DATE.fullmatch(found[0]):
        return DATE
    if _IPV4.match(found[0]):
        return NUMBER
    return PHONE if _PHONE_SHAPE.search(found[0]) else NUMBER


def _identifies(token: str) -> bool:
    """Return whether a word of letters and digits is rather a number of somebody's than a measure."""
    bare = token.lstrip("#")
    if _MEASURE.fullmatch(bare) or _SPINE.fullmatch(bare):
        return False
    digits = sum(char.isdigit() for char in bare)
    return digits >= 4 or (digits >= 3 and len(bare) >= 6)
