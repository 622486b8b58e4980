"""What runners would see as it was typed: Markdown that the bot does not know, HTML, lines that run together."""

import re
from collections.abc import Iterator

from bot.knowledge import markup
from bot.knowledge.problems import Problem, Severity
from bot.knowledge.yaml_reader import Scalar

_BULLET = '"- " at the start of a line makes a list.'
_RAW = tuple(
    (re.compile(pattern, re.MULTILINE | re.IGNORECASE), what, remedy)
    for pattern, what, remedy in (
        (r"^ *#{1,6} +\S", "a heading", "Write a short line in **bold** instead, with a blank line below it."),
        (r"^ *\|.*\|", "a table", f"Write a list instead: {_BULLET}"),
        (r"!\[[^\]\n]*\]\(", "a picture", "Only text can be shown; link to the picture: [a label](https://…)."),
        (
            r"</?(?:a|b|i|u|p|br|hr|h[1-6]|ul|ol|li|em|strong|span|div|font|table|tr|td|th)(?:\s[^<>]*)?/?>",
            "HTML",
            "Delete what stands between < and >; **two stars** make bold text.",
        ),
        (r"&(?:nbsp|amp|lt|gt|quot|#\d+);", "HTML", "Type the character itself."),
        (
            r"^ *(?:-{3,}|\*{3,}|_{3,}|(?:[-*_] ){2,}[-*_]) *$",
            "a line across the page",
            "Leave a blank line instead.",
        ),
        (r"(?<!\*)\*{3,}(?=\w)|(?<=\w)\*{3,}", "stars", "Two stars before and after, no more, make bold text."),
        (r"<!--", "a remark", 'Delete it; a remark for colleagues goes into "note".'),
        (r"<https?://", "the signs < and >", "Delete them, or write [a label](https://…)."),
        (r"^ *> +\S", "the sign of a quoted e-mail", 'Delete the ">".'),
        (r"^ *- +[-*•] ", "a list in a list", "Use one level of lines."),
        (r"^ *(?:-(?=[^\W\d])|[–—+] +|[a-h][.)] +).*", "a list", f"Its lines run together. {_BULLET}"),
        (r"(?<!\w)~~\S", "struck out text", "Delete the text, or the ~~ around it."),
        (r"`", "a backtick", "Type a single quotation mark, or nothing."),
        (r"^ *\d{1,2}[.)] .*\n+ *\d{1,2}[.)] ", "a numbered list", f"Its lines run together. {_BULLET}"),
        (r"^ *(?:o|[·●▪◦∙‣]) +\S", "a list from Word", f"Its lines run together. {_BULLET}"),
        (
            r"\[[^\[\]\n]*\(https?:|\]\s+\(https?:|\]https?:|\)\[https?:|\[\]\(https?:",
            "half a link",
            "Write it as [a label](https://…).",
        ),
    )
)
_LINK = re.compile(r"\[[^\[\]\n]+\]\((?P<address>(?:[^()\n]|\([^()\n]*\))*)\)?")
_BRACKETS = re.compile(r"\[[^\[\]\n]*\](?! *\(|[\[\w])|\[[^\[\]\n]*\](?=\[)|(?<!\{)\{+[^{}\n]*\}+")
"""What somebody meant to fill in, to choose from or to look up: "[insert]", "[1]", "{name}"."""
_LEFT = re.compile(r"\b(?:TODO|TO DO|TBD|TBC|FIXME|lorem ipsum)\b|\b[Xx]{3,}\b|\?\?\?")
_BOLD = re.compile(r"\*\*[^*\n]+\*\*")
_STARS = re.compile(r"\*\*|(?<![\w*])\*(?=[^\s*])[^*\n]*\*")
_UNDERLINED = re.compile(r"(?<!\w)_[^_\s](?:[^_\n]*[^_\s])?_(?!\w)")


def findings(scalar: Scalar) -> Iterator[Problem]:
    """Yield what in a text with markup would not be shown as it is meant."""
    text = scalar.text
    for offset, address in addresses(text):
        yield Problem(scalar.place_at(offset), Severity.ERROR, "bad-address", _address(address))
    for pattern, what, remedy in _RAW:
        if (match := pattern.search(text)) is not None:
            yield _raw(scalar, match.start(), what, remedy)
    stars = _STARS.search(_BOLD.sub(lambda bold: " " * len(bold[0]), text))
    if (single := stars or _UNDERLINED.search(text)) is not None:
        yield _raw(scalar, single.start(), f'"{single[0][:20]}"', "**Two stars** before and after make bold text.")
    if scalar.style == "|" and re.fullmatch(r'\s*"[^"]*"\s*', text):
        yield _raw(scalar, text.index('"'), "the quotation marks", 'Delete them: below a "|" none are needed.')
    if scalar.style != "|" and _runs_together(scalar):
        yield Problem(
            scalar.place,
            Severity.ERROR,
            "lines-run-together",
            'The lines of this text would run together into one paragraph. Put "|" after the name of the field, '
            "and the text on the lines below it.",
        )


def unfinished(scalar: Scalar) -> Iterator[Problem]:
    """Yield what in a text without gaps looks as if it were still to be filled in."""
    if match := _LEFT.search(scalar.text):
        said = f'"{match[0]}" looks unfinished. Finish the text, or keep it from runners: "status: draft".'
        yield Problem(scalar.place_at(match.start()), Severity.WARNING, "unfinished-text", said)
    if (match := _BRACKETS.search(scalar.text)) and "://" not in match[0]:
        yield _raw(
            scalar,
            match.start(),
            f'"{match[0][:30]}"',
            "Write out what is meant; [a label](https://…) makes a link.",
        )


def addresses(text: str) -> Iterator[tuple[int, str]]:
    """Yield the addresses of links in ``text`` that are not shown as links, each with where it stands."""
    for match in _LINK.finditer(text):
        address, closed = match["address"], match[0].endswith(")")
        if not closed or not markup.is_safe_address(address) or not {"(", ")"}.isdisjoint(address):
            # What is not closed may go on with a bracket, which then is the mistake.
            yield match.start("address"), address if closed else (address + text[match.end() :][:1]).rstrip()


def _runs_together(scalar: Scalar) -> bool:
    # A folded text has lost its single line ends; what is left of its lists is a "- " in the middle.
    return scalar.style == ">" or (scalar.lines > 1 and bool(re.search(r"\n|\s[-*•] ", scalar.text)))


def _address(address: str) -> str:
    said = f'the link "{address}" must start with https://, http:// or tel:, and have no spaces or brackets in it.'
    if markup.is_safe_address(address) and {"(", ")"}.isdisjoint(address):
        return f'the link "{address}" is not closed: type ")" behind it.'
    if re.match(r"https?://[^\s()]+$", address, re.IGNORECASE):
        return f'the link "{address}" names no web site: is a dot missing, as in https://example.org?'
    if address.lower().startswith("tel:"):
        return f'the link "{address}" is no telephone number: only digits can be dialled, as tel:+442079460000.'
    if not {"(", ")"}.isdisjoint(address) and address.lower().startswith("http"):
        return f'{said} Type "%28" for "(" and "%29" for ")".'
    if address.lower().startswith("mailto:"):
        return f"{said} Write the e-mail address as plain text: phones make it a link."
    return said


def _raw(scalar: Scalar, offset: int, what: str, remedy: str) -> Problem:
    message = f"Runners would see {what} just as it is typed here. {remedy}"
    return Problem(scalar.place_at(offset), Severity.WARNING, "raw-markup", message)
