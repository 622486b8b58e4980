"""A made-up directory of therapists."""

from datetime import date

from bot.knowledge.model import Certification, Coordinates, Practice, Therapist

TODAY = date(2026, 1, 9)
"""The day of ``fakes.NOON``."""
LEEDS, OTLEY, LONDON = Coordinates(53.7997, -1.5492), Coordinates(53.9050, -1.6930), Coordinates(51.5010, -0.1420)

ADA = Therapist(
    "Ada Byrne",
    qualification="physiotherapist",
    certification=Certification("HCPC", "PH1", "https://register.example/check", date(2027, 12, 31)),
    places=(
        Practice("Leeds Clinic", "1 Sports Street", "Leeds", "LS1 4AB", LEEDS, ("Mon 8 to 18",)),
        Practice(town="Otley", postcode="LS21 1AA", coordinates=OTLEY),
    ),
    languages=("English", "Polish"),
    treats=("knees", "calves", "runners"),
    booking="https://clinic.example/ada",
    phone="+44 113 496 0001",
    hours=("Tue 9 to 12",),
)
BEN = Therapist(
    "Ben Okafor",
    places=(Practice(address="5 Long Lane", town="London", postcode="SW1A 1AA", coordinates=LONDON),),
    treats=("Achilles", "left knee"),
    booking="mailto:ben@clinic.example",
)
CLEO = Therapist("Cleo Martin", places=(Practice(town="Newcastle upon Tyne"),), booking="tel:+441914960000")
LAPSED = Therapist("Lara Old", certification=Certification("CORU", valid_until=date(2026, 1, 8)), treats=("hip",))
EVERYBODY = (ADA, BEN, CLEO, LAPSED)
