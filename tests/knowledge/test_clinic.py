"""What clinic.yaml may hold of therapists. What is said of mistakes: ``tests/broken_knowledge``."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.knowledge.loader import load
from bot.knowledge.model import OWN_FOLDER, Certification, Coordinates, Practice, Therapist
from tests.support.knowledge import write_knowledge


def read(folder: Path, clinic: str) -> tuple[Therapist, ...]:
    """Return the therapists of a sound ``clinic.yaml``."""
    loaded = load(write_knowledge(folder / "knowledge", {"clinic.yaml": clinic}))
    assert [problem for problem in loaded.problems if problem.place.file == "clinic.yaml"] == []
    assert loaded.knowledge is not None
    return loaded.knowledge.clinic.therapists


def test_a_file_from_before_the_directory_is_read_as_it_was(tmp_path: Path) -> None:
    before = 'therapists:\n  - name: "Ada"\n    qualification: "physiotherapist"\n    register: "CORU 1"\n'
    assert read(tmp_path, before) == (Therapist("Ada", "physiotherapist", "CORU 1"),)


def test_every_field_of_a_therapist_is_read(tmp_path: Path) -> None:
    [one] = read(
        tmp_path,
        """\
        therapists:
          - name: Ada
            certification: {body: HCPC, number: 020, check: "https://a.example/check", valid_until: 2027-12-31}
            places:
              - name: Clinic
                address: 1 Street
                town: Leeds
                postcode: LS1 4AB
                coordinates: "53.8, -1.5"
                hours: [Mon 8:00 to 18:00]
              - town: Otley
            languages: [English, Polish]
            treats: knees, runners
            booking: tel:+44113
            phone: 0113 496
            hours: Tue
        """,
    )
    place = Practice("Clinic", "1 Street", "Leeds", "LS1 4AB", Coordinates(53.8, -1.5), ("Mon 8:00 to 18:00",))
    assert one == Therapist(
        "Ada",
        certification=Certification("HCPC", "020", "https://a.example/check", date(2027, 12, 31)),
        places=(place, Practice(town="Otley")),
        languages=("English", "Polish"),
        treats=("knees", "runners"),
        booking="tel:+44113",
        phone="0113 496",
        hours=("Tue",),
    )


@pytest.mark.parametrize(
    "typed", ['"53.8, -1.5"', "53.8, -1.5", "53.8; -1.5", '"53.8 \u22121.5"', "[53.8, -1.5]", "53.8,-1.5"]
)
def test_coordinates_are_read_as_a_map_shows_them(tmp_path: Path, typed: str) -> None:
    text = f"therapists:\n  - name: Ada\n    places:\n      - town: Leeds\n        coordinates: {typed}\n"
    [one] = read(tmp_path, text)
    assert one.places[0].coordinates == Coordinates(53.8, -1.5)


@pytest.mark.parametrize("zone", ["Australia/Sydney", "America/New_York", "UTC", ""])
def test_no_place_in_its_own_part_of_the_world_is_taken_for_swapped(tmp_path: Path, zone: str) -> None:
    points = {"Australia/Sydney": "-33.87, 151.21", "America/New_York": "40.71, -74.01"}
    point = points.get(zone, "-1.55, 53.80")
    text = f"""\
        timezone: "{zone}"
        therapists:
          - name: Ada
            places: [{{town: Here, coordinates: "{point}"}}]
        """
    assert read(tmp_path, text)[0].places[0].coordinates is not None


def test_the_example_in_the_projects_own_file_is_sound(tmp_path: Path) -> None:
    own = (OWN_FOLDER / "clinic.yaml").read_text(encoding="utf-8")
    _, _, example = own.partition("# therapists:\n")
    lines = [line.removeprefix("# ") for line in example.splitlines() if line.startswith("#")]
    [one] = read(tmp_path, "therapists:\n" + "\n".join(lines) + "\n")
    written = yaml.safe_load("\n".join(lines))[0]
    assert [line for line in own.splitlines() if re.search(r"\S +#", line.removeprefix("# "))] == []
    assert one.certification is not None
    assert one.places[0].coordinates is not None
    assert set(written) == set(Therapist.__dataclass_fields__)


def test_only_the_example_at_the_end_may_stay_off_unsaid(tmp_path: Path) -> None:
    own = (OWN_FOLDER / "clinic.yaml").read_text(encoding="utf-8")
    off = own.replace('booking: ""', '# booking: "https://clinic.example"')
    for text, lines in ((own, []), (off, [off[: off.index("# booking:")].count("\n") + 1])):
        loaded = load(write_knowledge(tmp_path / "knowledge", {"clinic.yaml": text}))
        assert [p.place.line for p in loaded.problems if p.place.file == "clinic.yaml"] == lines
