"""Read what the clinic says of itself (``clinic.yaml``), its directory of therapists included."""

import re
from collections.abc import Sequence
from dataclasses import fields as fields_of

from bot.knowledge import coordinates, plausible
from bot.knowledge.fields import Fields
from bot.knowledge.findings import Findings
from bot.knowledge.model import Certification, Clinic, Practice, Therapist
from bot.knowledge.problems import Severity
from bot.knowledge.yaml_reader import MappingNode

LONGEST_LINE = 300
"""Characters of a detail of the clinic, such as its address."""
CERTIFICATIONS = "clinic.yaml certifications"
"""The owner of the places where certifications end, each kept under the therapist's name."""
TREATED = "clinic.yaml treats"
"""The owner of the places of what therapists treat."""
_WEB_PAGE = re.compile(r"https?://(?:[^\s/<>\"'.]+\.)+[^\s<>\"'.][^\s<>\"']*", re.IGNORECASE)
_BOOKING = re.compile(
    r"https://[^\s/<>\"']+\.[^\s<>\"']+|tel:\+?[\d()./-]*\d[\d()./-]*|mailto:[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+",
    re.IGNORECASE,
)
_TIMEZONE = re.compile(r"UTC|[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+)+")
_OWN = {field.name for field in fields_of(Clinic)}
_NAMES_OF_PLACES = frozenset(
    ["location", "locations", "place", "clinic", "clinics", "practice", "practices", "where"]
)
"""What people call ``places``, which is nothing like it in letters."""
_INNER = {"certification": Certification, "places": Practice}


def clinic(node: MappingNode, found: Findings) -> Clinic:
    """Return ``clinic.yaml``."""
    fields = Fields(node, "clinic.yaml", found.problems)
    people = fields.mappings("therapists")
    result = Clinic(
        name=fields.text("name", longest=LONGEST_LINE),
        address=fields.text("address", longest=LONGEST_LINE),
        phone=_phone(fields),
        booking=_web_page(fields, "booking", "book"),
        hours=_hours(fields),
        prices=_lines(fields, "prices"),
        timezone=(timezone := fields.text("timezone")),
        blog_url=_web_page(fields, "blog_url", "blog"),
        therapists=tuple(_therapist(one, number, timezone, found) for number, one in enumerate(people, 1)),
        emergency_numbers=_lines(fields, "emergency_numbers", numbers=True),
        crisis_lines=_lines(fields, "crisis_lines"),
    )
    for stray in node.fields.keys() & ({field.name for field in fields_of(Therapist)} - _OWN):
        fields.unread(stray)
        said = f'"{stray}" is a field of a therapist. Type four spaces before it, below "- name".'
        fields.report("unknown-field", said, node.fields[stray][0].place)
    _twice([one.name for one in result.therapists], people, fields)
    fields.finish()
    if timezone and not (_TIMEZONE.fullmatch(timezone) and plausible.is_timezone(timezone)):
        fields.report(
            "unknown-value",
            f'"{timezone}" in "timezone" is not a time zone. Write continent and a large city: Europe/London.',
            fields.place_of("timezone"),
            Severity.WARNING,
        )
    return result


# --- the directory ---------------------------------------------------------------------------


def _therapist(node: MappingNode, number: int, timezone: str, found: Findings) -> Therapist:
    fields = Fields(node, f"clinic.yaml, therapist {number}", found.problems)
    name = fields.text("name", required=True, longest=LONGEST_LINE)
    if name:
        fields.call(f'clinic.yaml, therapist "{name}"')
    found.places.setdefault((CERTIFICATIONS, name), fields.place_of("name"))
    certified, places = fields.mapping("certification", 'body: "HCPC"'), fields.mappings("places")
    result = Therapist(
        name,
        qualification=fields.text("qualification", longest=LONGEST_LINE),
        register=fields.text("register", longest=LONGEST_LINE),
        certification=_certification(certified, name, found) if certified is not None else None,
        places=tuple(_practice(place, name, timezone, found) for place in places),
        languages=_words(fields, "languages"),
        treats=_words(fields, "treats", found),
        booking=_booking(fields),
        phone=_phone(fields),
        hours=_hours(fields),
    )
    for stray in node.fields.keys() & _NAMES_OF_PLACES:
        fields.unread(stray)
        fields.report(
            "unknown-field",
            f'"{stray}" is not a field. Did you mean "places"? Below it each place begins with "- town: …", with '
            "more spaces before it.",
            node.fields[stray][0].place,
        )
    own = {field.name for field in fields_of(Therapist)}
    for group, part in _INNER.items():
        for stray in node.fields.keys() & {field.name for field in fields_of(part)} - own:
            fields.unread(stray)
            fields.report(
                "unknown-field",
                f'"{stray}" is a field of "{group}". Put it below "{group}:", with more spaces before it.',
                node.fields[stray][0].place,
            )
    fields.finish()
    return result


def _certification(node: MappingNode, name: str, found: Findings) -> Certification:
    fields = Fields(node, f'clinic.yaml, certification of "{name}"', found.problems)
    result = Certification(
        fields.text("body", required=True, longest=LONGEST_LINE),
        fields.text("number", longest=LONGEST_LINE),
        check=fields.text("check"),
        valid_until=fields.day("valid_until"),
    )
    if result.check and not _WEB_PAGE.fullmatch(result.check):
        fields.report(
            "bad-address",
            '"check" must be the address of the page where anybody can look the number up, like '
            "https://www.hcpc-uk.org/check-the-register, with https:// and without spaces. If there is no such "
            "page, delete the line.",
            fields.place_of("check"),
        )
    elif result.check and not result.check.lower().startswith("https://"):
        fields.report(
            "bad-address",
            f'"check" must begin with https://. Try https://{result.check.partition("://")[2]} in a browser.',
            fields.place_of("check"),
        )
    fields.finish()
    found.places[(CERTIFICATIONS, name)] = fields.place_of("valid_until")
    return result


def _practice(node: MappingNode, name: str, timezone: str, found: Findings) -> Practice:
    fields = Fields(node, f'clinic.yaml, places of "{name}"', found.problems)
    postcode = fields.text("postcode", longest=LONGEST_LINE)
    result = Practice(
        name=fields.text("name", longest=LONGEST_LINE),
        address=fields.text("address", longest=LONGEST_LINE),
        town=fields.text("town", longest=LONGEST_LINE),
        postcode=postcode,
        coordinates=coordinates.read(fields, "coordinates", coordinates.region(timezone, postcode)),
        hours=_hours(fields),
    )
    if fields.finish() and not (result.name or result.address or result.town):
        fields.report("missing-field", 'a place needs a "town", or a "name" or an "address" (the street). Add one.')
    return result


# --- fields ------------------------------------------------------------------------------------


def _lines(fields: Fields, name: str, *, numbers: bool = False) -> tuple[str, ...]:
    texts = fields.texts(name, single=True)
    for scalar in texts:
        if numbers and not any(map(str.isdigit, scalar.text)):
            said = f'"{scalar.text}" in "{name}" has no number in it. Write it as "Ambulance: 112".'
            fields.report("no-number", said, scalar.place, Severity.WARNING)
        if "\n" in scalar.text.strip():
            fields.report(
                "joined-lines",
                f'the lines of "{name}" would be shown as one. Start each with "- ", on a line of its own.',
                scalar.place,
                Severity.WARNING,
            )
    return tuple(scalar.text.strip() for scalar in texts)


def _hours(fields: Fields) -> tuple[str, ...]:
    texts = _lines(fields, "hours")
    for said in (said for text in texts for said in plausible.odd_hours(text)):
        place = fields.place_of("hours")
        fields.report("odd-hours", f'in "hours" {said}', place, Severity.WARNING)
    return texts


def _twice(names: Sequence[str], nodes: Sequence[MappingNode], fields: Fields) -> None:
    for at, (name, node) in enumerate(zip(names, nodes, strict=True)):
        if name and name in names[:at]:
            said = f'therapist "{name}" stands twice. Put all into one, with several places below "places".'
            fields.report("repeated-name", said, node.place, Severity.WARNING)


def _words(fields: Fields, name: str, found: Findings | None = None) -> tuple[str, ...]:
    """Return a list of words; commas may stand between those of one line."""
    words = []
    for scalar in fields.texts(name, single=True):
        for word in filter(None, (part.strip() for part in scalar.text.split(","))):
            words.append(word)
            if found is not None:
                found.places.setdefault((TREATED, word), scalar.place)
    return tuple(words)


def _web_page(fields: Fields, name: str, example: str) -> str:
    address = fields.text(name)
    if address and not _WEB_PAGE.fullmatch(address):
        fields.report(
            "bad-address",
            f'"{name}" must be the address of a web page, like https://clinic.example/{example}, without spaces: '
            "Telegram refuses every answer with a button that leads elsewhere. "
            'A telephone number goes into "phone".',
            fields.place_of(name),
        )
    return address


def _booking(fields: Fields) -> str:
    address = fields.text("booking")
    if address and not _BOOKING.fullmatch(address):
        fields.report(
            "bad-address",
            '"booking" must be a link without spaces: https://clinic.example/book, tel:+442079460000 or '
            "mailto:ada@clinic.example.",
            fields.place_of("booking"),
        )
    return address


def _phone(fields: Fields) -> str:
    phone = fields.text("phone", longest=LONGEST_LINE)
    if phone and not plausible.is_phone(phone):
        said = f'"{phone}" in "phone" is not one telephone number. Write it as people dial it: "+44 20 7946 0000".'
        fields.report("no-number", said, fields.place_of("phone"), Severity.WARNING)
    return phone
