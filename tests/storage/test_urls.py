"""Addresses of databases as people mistype them: each is a plain error, and none shows the password."""

import pytest

from bot.storage.protocol import StoreError
from bot.storage.urls import ServerAddress, read_address

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "is empty"),
        (f"postgresql://u:{SECRET}@h:abc/d", "cannot be read"),
        (f"postgresql://u:{SECRET}@h:99999999/d", "a number from 1 to 65535"),
        (f"postgresql://u:{SECRET}@h:-5/d", "a number from 1 to 65535"),
        (f"postgresql://u:{SECRET}@x@h/d", "more than one @"),
        (f"postgresql://u:{SECRET}@[::1/d", "cannot be read"),
        (f"postgresql://u:{SECRET}@h/d\n", "a space or a line end"),
        (f'postgresql://u:{SECRET}@h/d"', 'the sign "'),
        (f"postgresql://<u:{SECRET}@h/d", "the sign <"),
        (f"postgresql:u:{SECRET}@h/d", '"://" is missing'),
        (f"mysql://u:{SECRET}@h/d", "of a kind"),
        (f"postgresql://u:{SECRET}@h/d?port=five", "port"),
        (f"postgresql://u:{SECRET}@h/d?sslmode=please", "sslmode"),
        (f"postgresql://u:{SECRET}@h/d?sslmode=verify-full&sslrootcert=a%00b", "sslrootcert"),
        ("sqlite://", "names no file"),
        ("sqlite:///a\0b", "cannot stand there"),
        ("a\0b", "cannot stand there"),
    ],
)
def test_an_address_that_cannot_be_is_a_plain_error_without_the_password(address: str, said: str) -> None:
    with pytest.raises(StoreError) as raised:
        read_address(address)
    assert said in str(raised.value)
    assert SECRET not in f"{raised.value}{raised.value.__cause__}"


@pytest.mark.parametrize("password", ["pa'ss", "pa<ss", "pa ss", 'pa"ss'])
def test_a_password_may_hold_what_no_address_ends_with(password: str) -> None:
    named = read_address(f"postgresql://u:{password}@h/d?options=-c search_path=x")
    assert isinstance(named, ServerAddress)
    assert named.arguments["password"] == password


def test_the_kind_may_be_in_capitals() -> None:
    assert read_address("PostgreSQL://u@h/d") == read_address("postgresql://u@h/d")
