"""Values that can be read and can hardly be meant: a date of another century, hours that end before they begin."""

import re
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST = re.compile(r"(\d{4})[-./ ](\d{1,2})[-./ ](\d{1,2})(?:[T ,]+\d{1,2}[:.]\d{2}.*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{2}|\d{4})")
_IN_WORDS = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th|\.)?[- ]+)?([A-Za-zäé]{3,9})\.?[- ]+(?:(\d{1,2})(?:st|nd|rd|th)?,? +)?(\d{4})"
)
_NO_NAME = re.compile(
    r"(?:yes|no|ok|done|true|false|tbd|tbc|to ?do|n/?a|none|me|us|pending|x+|name|someone|unknown)[.!?]*",
    re.IGNORECASE,
)
_PHONE = re.compile(r"[+(\d][\d()\s./-]*\d(?:\s*,?\s*(?:ext|x|extension)\.?\s*\d+)?", re.IGNORECASE)
_FEWEST_DIGITS = 6
_TIME = re.compile(r"(?<![\d.:])(\d{1,2})[:.](\d{2})(?![\d.:])\s*([ap]\.?m)?", re.IGNORECASE)
_NOON = 12
"""Up to which hour a time may be one of the morning or one of the evening."""
_DATE = re.compile(r"(?<![\d.:])(?:0?[1-9]|[12]\d|3[01])\.(?:0[1-9]|1[0-2])(?![\d:])\.?(?:\d{4})?")
_BY_NIGHT = re.compile(r"night|help\s?line|hot\s?line|on[- ]call|emergenc|out[- ]of[- ]hours", re.IGNORECASE)
_RANGE = re.compile(rf"{_TIME.pattern}\s*(?:to|until|till|-|–|—)\s*{_TIME.pattern}", re.IGNORECASE)


def date_remedy(value: str) -> str:
    """Return how to write what somebody meant by ``value``, which is no date as it stands."""
    typed = value.strip()
    if match := _YEAR_FIRST.fullmatch(typed):
        orders = [match.groups()]
    elif match := _YEAR_LAST.fullmatch(typed):
        first, second, year = match.groups()
        year = year if len(year) > len("26") else f"20{year}"
        orders = [(year, second, first), (year, first, second)]
    elif (match := _IN_WORDS.fullmatch(typed)) and match[2][:3].lower() in _MONTHS and (match[1] or match[3]):
        orders = [(match[4], str(_MONTHS.index(match[2][:3].lower()) + 1), match[1] or match[3])]
    else:
        return "Write it as 2026-03-31 (year-month-day)."
    meant = list(dict.fromkeys(day.isoformat() for order in orders if (day := _day(*order)) is not None))
    if not meant:
        return "There is no such day in the calendar. Write it as 2026-03-31 (year-month-day)."
    return f"The year comes first, then the month, then the day: {' or '.join(meant)}."


def is_of_our_time(day: date) -> bool:
    """Return whether a review or a certificate can be of that day, or ends never: the last year there is."""
    return _FIRST_YEAR <= day.year <= _LAST_YEAR or day.year == date.max.year


def has_year(text: str) -> bool:
    """Return whether a year of print stands in ``text``."""
    return re.search(r"\b(?:1[89]\d\d|20[0-4]\d)\b", text) is not None


def is_no_name(text: str) -> bool:
    """Return whether ``text`` stands where a person's name is still to be filled in."""
    return _NO_NAME.fullmatch(text.strip()) is not None or "@" in text


def is_phone(text: str) -> bool:
    """Return whether ``text`` is one telephone number as people dial it."""
    return _PHONE.fullmatch(text.strip()) is not None and sum(map(str.isdigit, text)) >= _FEWEST_DIGITS


def odd_hours(text: str) -> Iterator[str]:
    """Yield what in opening hours can hardly be meant: "25:00", "18:00 to 8:00"."""
    for hour, minute, _ in _TIME.findall(_DATE.sub(" ", text)):
        if int(hour) > 24 or int(minute) > 59:
            yield f'"{hour}:{minute}" is no time of the day. Type the right one, as in 8:00 to 18:00.'
            return
    for match in _RANGE.finditer(text):
        start, end = (int(match[1]), int(match[2])), (int(match[4]), int(match[5]))
        clear = not (match[3] or match[6]) and start[0] > _NOON and not _DATE.match(match[0])
        if clear and end <= start and not _BY_NIGHT.search(text):
            yield f'"{match[0]}" ends before it begins. Are the two times turned round? If not, say "overnight".'


def is_timezone(name: str) -> bool:
    """Return whether this machine knows the time zone; where it knows none, any will do."""
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return not available_timezones()


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
