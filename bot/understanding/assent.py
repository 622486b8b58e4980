"""Yes, no, "I have that", "thanks": what a few words say to what the bot has just asked or told.

Where it is not clear the answer is "neither": the bot then asks once more. Only a plain no ends anything.
"""

import re
from enum import Enum, auto

from bot.text.normalise import normalise

_END = r"(?=\s*(?:$|[,.!?;:()…-]))"
_FILLER = r"(?:(?:oh|ah|aw|well|um+|uh+|hm+|er+|erm|god|lol|haha|ok|okay|so|sorry|hi|hey|actually|honestly|tbh|probably|mate|dude|i (?:think|guess)(?= (?:yes|yeah|no|nope|not|none)\b))[\s,.!…-]+)*"
_WHICH = r"the (?:first|second|third|fourth|last|other|top|bottom)(?: one| two| bit| thing| sign)?"
_SOME = rf"(?:(?:a )?(?:little |wee )?bit|a little|a few|kind of|kinda|sort of|sorta|some|somewhat|slightly|one|two|three|both|all|most|{_WHICH})"
_PLAIN_YES = r"yes+|yess*|yeah+|yea|yeh|yh|yah|yep+|yup+|ye|ya|aye|si|definitely|absolutely|unfortunately|sadly|affirmative|of course"
_YES = re.compile(
    rf"{_FILLER}(?:(?:{_PLAIN_YES})\b|y{_END}|"
    rf"(?:just |only |maybe )*{_SOME}(?: of (?:it|them|those|these|that|this)\b|(?=\s*(?:$|[,.!…]|yes\b|yeah\b|now\b|maybe\b|actually\b|i think\b|tbh\b|though\b)))|"
    r"(?:maybe|possibly|perhaps|might be|not (?:really |quite )?sure|no (?:idea|clue|longer sure)|unsure|idk|dunno|(?:i )?(?:do not|don't|dont) (?:really )?know)\b|"
    r"i (?:think|guess|suppose|reckon) so\b|(?:i'm|im|i am) afraid so\b|"
    rf"(?:i do|i have|i've got|ive got|i am|it is|it does|there is|they are)(?=\s*(?:$|[,.!]|yes\b|now\b|{_SOME}\b|that\b|those\b|them\b|these\b)))"
)
_FINE = r"(?:fine|good|ok|okay|clear|normal|gone|better|alright)(?=\s*(?:$|[,.!]|now\b|thanks\b|thank\b|here\b|so far\b|really\b|just\b|and\b|with\b|again\b))"
_NO = re.compile(
    rf"{_FILLER}(?:(?:no+|nope+|nop|nah+|naw|nay|none|nothing|neither|negative|definitely not|absolutely not)\b|n{_END}|"
    r"not (?:really|at all|any|those|now|me|anymore|the case)\b|not that(?=\s*(?:$|[,.!]))|"
    r"(?:i )?(?:don't|dont|do not|haven't|havent|have not)(?: have| got)? (?:any|that|those|these|it|either)\b|"
    r"i (?:don't|dont|do not|haven't|havent|have not)(?=\s*(?:$|[,.!]))|i (?:don't|dont|do not) think so\b|i have none\b|"
    rf"(?:im|i'm|i am|it's|its|it is|everything(?:'s| is)?|that's|thats|shes|she's|hes|he's|all) (?:all )?{_FINE})"
)
_NO_AFTER_ALL = re.compile(rf"{_FILLER}(?:yes|yeah|yea|ye|ya),? (?:no|nah|naw|nope|none|not really|not at all)\b")
_YES_AFTER_ALL = re.compile(r"\b(?:yes|yeah|yep|yup|aye)\b")
_RESTS_WELL = re.compile(
    rf"{_FILLER}(?:{_PLAIN_YES}),? (?:thanks|thank you|(?:i'm|im|i am|all|it's|its|that's|thats) (?:all )?(?:fine|good|ok|okay|well|clear))\b"
)
_RESERVATION = re.compile(
    r"\b(?:but|except|apart from|other than|although|though|however|only|unless|just (?:that|the|one|two|a)|more than|worse|no better|not better|right)\b"
)
_DESPAIR = re.compile(
    r"\bno (?:one|body|point|money|use|hope|reason|way|time|need|doctor|ambulance|hospital|future)\b|\bnothing (?:matters|helps|works|left|is|will|to)\b|"
    r"\b(?:not|never) (?:going|ringing|calling|seeing)\b|\b(?:won't|wont|refuse)\b"
)
_MISTAKEN = re.compile(
    r"\b(?:i meant|i mean the|i was (?:only )?(?:talking|asking) about|not what i (?:meant|said|asked)|that's not (?:me|it|right)|thats not (?:me|it|right)|"
    r"you (?:got|have|had) (?:me |it |that )?wrong|misunderstood|misread|false alarm|wrong (?:end|idea)|"
    r"(?:i'm|im|i am) not (?:pregnant|suicidal|ill|sick|in danger)|(?:i'm|im|i am) a (?:bloke|man|guy|lad|male|dude)|"
    r"(?:healed|fixed|gone|over|sorted|better|cleared|recovered)(?: \w+){0,3} (?:years|months|ages|decades) ago|years ago|ages ago|"
    r"none of (?:this|that|it|these|those) (?:applies|is me|fits)|does ?n[o']?t apply)\b"
)
_OWNED = r"(?:that|those|this|these|them|one|two|three|four|some|a few|a couple|several|both|all|most|the (?:first|second|third|fourth|last)(?: one| sign| thing)?)"
_AND_NO_MORE = r"(?=\s*(?:$|[,.!?]|of\b|now\b|too\b|as well\b|already\b|right now\b|atm\b|at the moment\b|today\b|since\b|after\b|and\b|i think\b))"
_ADMITS = re.compile(
    rf"{_FILLER}(?:(?:yes+|yeah|yep|yup|aye)[\s,.!-]+)?{_FILLER}(?:i|my \w+|he|she|we) ?(?:(?:think|believe|reckon|might|may|do|now|also|already|actually) (?:i |he |she |we )?)*"
    rf"(?:(?:'ve|ve|has|have|had)(?: got| had)?|(?:'m|m|am|is|'s) (?:getting|having|feeling)|got|getting|feel|feels|feeling|notice)(?: (?:also|actually|now))* {_OWNED}{_AND_NO_MORE}"
)
_ADMITS_SHORT = re.compile(
    rf"{_FILLER}(?:that's|thats|that is|this is|sounds like|exactly) (?:me|mine|what i (?:have|got|feel)|how i feel)\b"
)
_ABOUT_OTHERS = re.compile(r"\b(?:question|wonder|wondering|ask|appointment|session|clinic|therapist|physio)\b")
_ACKNOWLEDGING = frozenset(
    "ok okay k kk thanks thank thanx thx ty cheers ta right alright fine sorry sure got it understood will do noted great good cool is that this bad normal "
    "serious really oh wow hm hmm so then much you very a lot many mate all i see i'll appreciate to know please bye".split()
)
_SAYS_SOMETHING = frozenset(
    "ok okay k kk thanks thank thanx thx ty cheers ta right alright fine sorry sure got understood noted great good cool bad normal serious appreciate see wow".split()
)
_SIGNS_OF_THANKS = frozenset("👍🙏👌❤🙂😊🫶")
_LONGEST = 240
"""Characters; a longer text is a message of its own."""
_LONGEST_CLAIM = 80
_LONGEST_REFUSAL = 6
"""Words."""
_LEAVES_IT = re.compile(rf"{_FILLER}(?:cancel|stop|forget (?:it|that|about it)|leave it|never ?mind)\b")


class Assent(Enum):
    """What a text says to a question that wants a yes or a no."""

    YES = auto()
    NO = auto()
    NEITHER = auto()


def assent(text: str) -> Assent:
    """Return whether ``text`` says yes or no; doubt about the signs asked for ("not sure") counts as yes."""
    said = _plain(text)
    if len(said) > _LONGEST:
        return Assent.NEITHER
    if _RESTS_WELL.match(said):
        return Assent.NEITHER
    no = _NO.match(said) is not None
    if _NO_AFTER_ALL.match(said) or (no and not _YES.match(said)):
        if no and _YES_AFTER_ALL.search(said):
            return Assent.YES
        return Assent.NEITHER if _RESERVATION.search(said) or _DESPAIR.search(said) else Assent.NO
    if no and re.match(rf"{_FILLER}(?:definitely|absolutely) not\b", said):
        return Assent.NO
    return Assent.YES if _YES.match(said) else Assent.NEITHER


def denies(text: str) -> bool:
    """Return whether ``text``, after an urgent reply, says that none of it applies."""
    said = _plain(text)
    if len(said) > _LONGEST or _DESPAIR.search(said):
        return False
    if _MISTAKEN.search(said):
        return re.search(r"\b(?:but|except|although|however)\b", said) is None
    return assent(text) is Assent.NO


def admits(text: str) -> bool:
    """Return whether ``text`` claims signs that were just listed: "I think I have one"."""
    said = _plain(text)
    if len(said) > _LONGEST_CLAIM or _ABOUT_OTHERS.search(said):
        return False
    return _ADMITS.match(said) is not None or _ADMITS_SHORT.match(said) is not None


def acknowledges(text: str) -> bool:
    """Return whether ``text`` is no more than "thanks", "ok", "sorry" or "is that ok"."""
    said = _plain(text)
    if len(said) > _LONGEST_CLAIM:
        return False
    spoken = re.findall(r"[^\W_]+(?:'[^\W_]+)*", said)
    if not spoken:
        return any(sign in said for sign in _SIGNS_OF_THANKS)
    return set(spoken) <= _ACKNOWLEDGING and not _SAYS_SOMETHING.isdisjoint(spoken)


def refuses(text: str) -> bool:
    """Return whether ``text``, where a question was to be typed, is none, but leaves it: "no, never mind"."""
    said = _plain(text)
    if "?" in said or len(said.split()) > _LONGEST_REFUSAL:
        return False
    return assent(text) is Assent.NO or _LEAVES_IT.match(said) is not None


def _plain(text: str) -> str:
    return normalise(text).strip()
