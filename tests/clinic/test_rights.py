"""Who may give orders."""

import pytest

from bot.clinic.rights import Rights, Sender

STAFF, ELSEWHERE, ANN, BEN = -100, -200, 1, 2
RIGHTS = Rights.of([ANN], STAFF)


@pytest.mark.parametrize(
    ("sender", "allowed"),
    [
        (Sender(ANN, ANN, private=True), True),
        (Sender(BEN, BEN, private=True), False),
        (Sender(BEN, STAFF), True),
        (Sender(ANN, STAFF), True),
        (Sender(BEN, ELSEWHERE), False),
        (Sender(ANN, ELSEWHERE), False),
        (Sender(BEN, STAFF, as_chat=True), False),
        (Sender(ANN, STAFF, as_chat=True), False),
        (Sender(BEN, STAFF, is_bot=True), False),
        (Sender(None, STAFF), False),
    ],
    ids=[
        "an admin in private",
        "a runner in private",
        "anybody in the staff chat",
        "an admin in the staff chat",
        "a stranger in another group",
        "an admin in another group",
        "an anonymous admin of the staff chat",
        "an admin who hides",
        "another bot in the staff chat",
        "nobody in the staff chat",
    ],
)
def test_only_the_clinics_own_people_give_orders(sender: Sender, allowed: bool) -> None:
    assert RIGHTS.allow(sender) is allowed


def test_without_settings_nobody_gives_orders() -> None:
    senders = [Sender(ANN, ANN, private=True), Sender(ANN, STAFF), Sender(0, 0)]
    assert not any(Rights().allow(sender) for sender in senders)


def test_a_staff_chat_that_moved_takes_its_rights_along_and_leaves_none_behind() -> None:
    moved = RIGHTS.moved(ELSEWHERE)
    assert moved.allow(Sender(BEN, ELSEWHERE))
    assert not moved.allow(Sender(BEN, STAFF))
    assert moved.allow(Sender(ANN, ANN, private=True))
