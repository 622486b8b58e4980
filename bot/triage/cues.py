"""Turns of phrase that tell whether a danger sign is happening, or only spoken of."""

import re
from dataclasses import dataclass

from bot.text.normalise import Normalised


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")\b")


_ASKS = _any(
    r"(?:signs?|symptoms?|warning signs) of",
    r"(?:signs?|symptoms?) (?:should|would|do|to) (?:i |we |you )?(?:look|watch|know|expect)",
    r"what (?:are|is|would be) the (?:warning )?(?:signs?|symptoms?|risks?|chances?|odds)",
    r"how (?:would|do|does|will|can|could|should) (?:i|you|one|we|anyone|people|someone) (?:know|tell|notice|spot|recogni[sz]e)",
    r"how (?:likely|common|rare|often|dangerous|big|high)",
    r"(?:can|could|does|do|will|would|might|may) (?:it|this|that|they|needles?|needling|dry needling|the needles?|acupuncture|you|a needle)"
    r" (?:really |actually |even |ever )?(?:cause|give|lead|make|puncture|collapse|trigger|hit|damage|bring|result|set|end|burst|pop|kill|happen|get)",
    r"is it (?:true|possible|common|likely|a risk)",
    r"(?:risk|chance|danger|odds|possibility|likelihood) (?:of|that)",
    r"what (?:does|do|would|is|causes?|happens)",
    r"difference between",
    r"what'?s the (?:risk|chance|difference)",
)
_SUPPOSES = _any(
    r"what if",
    r"(?:if|in case|suppose|supposing|imagine|say) (?:i|my|it|he|she|they|someone|somebody|you|a|the|something|anything)",
    r"hypothetical\w*",
    r"in theory",
    r"(?:worried|scared|afraid|terrified|nervous|paranoid|frightened|anxious) (?:of|about|that|it|i)",
    r"(?:will|would|could|might) i (?:get|end|have|pass|faint|collapse|be|need)",
    r"don'?t want to",
    r"(?:fear|dread)(?:ing)?",
)
_PAST = _any(
    r"(?:months?|years?|decades?|ages|seasons?) (?:ago|back|since)",
    r"in (?:19|20)\d\d",
    r"back in",
    r"last (?:year|summer|winter|spring|autumn|season)",
    r"as a (?:kid|child|teen\w*|student|boy|girl)",
    r"used to",
    r"(?:once|twice) (?:had|got|before|in)",
    r"(?:when i was|history of|in the family|runs in)",
    r"(?:all |now |long |fully |completely |totally )(?:fine|clear|good|well|healed|recovered|gone|better|healthy|sorted)",
    r"(?:healed|recovered|cleared up|long gone|discharged|all clear)",
    r"(?:fine|well|good|healthy|ok|normal) (?:now|again|since|ever since|after)",
)
_TOLD = _any(
    r"(?:read|saw|watched|heard|seen) (?:a|an|the|about|that|on|in|of|somewhere|online|some)",
    r"(?:film|movie|series|book|novel|podcast|documentary|news|article|story|headline|character|footballer|celebrity)",
)
_DENIES = _any(r"no", r"not", r"without", r"never", r"none", r"nor", r"zero", r"nothing", r"\w+n't", r"cannot")
_NOW = _any(
    r"(?:now|today|tonight|yesterday|currently|suddenly|still)",
    r"(?:this|last) (?:morning|night|evening|afternoon)",
    r"(?:since|ever since|keeps?|started|getting|gets|worse|spreading|growing)",
    r"(?:minutes?|mins?|hours?|hrs?) (?:ago|now|later|after)",
    r"i (?:can'?t|cannot|feel|felt|have|got|am|keep)|i'm|im|i've",
    r"(?:he|she|he's|she's|husband|wife|partner|mate|friend|client|son|daughter|mum|dad|mother|father) (?:is|has|can'?t|just|keeps|got|went|was)",
)


_MOST = 3
"""The tenth "no" says no more than the third."""


@dataclass(frozen=True)
class Cues:
    """How often each kind of cue occurs, three times at most."""

    asks: int
    """Asks in general: signs, risks, what it would be like."""
    supposes: int
    """Imagines or fears it."""
    past: int
    """Long past, or over."""
    told: int
    """Read, seen, heard."""
    denies: int
    now: int
    """Happening, just begun, getting worse; somebody's own."""

    @classmethod
    def of(cls, text: Normalised) -> "Cues":
        """Count the cues in ``text``."""

        def count(pattern: re.Pattern[str]) -> int:
            return min(len(pattern.findall(text)), _MOST)

        return cls(
            asks=count(_ASKS),
            supposes=count(_SUPPOSES),
            past=count(_PAST),
            told=count(_TOLD),
            denies=count(_DENIES),
            now=count(_NOW),
        )
