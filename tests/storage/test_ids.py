import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.storage.ids import Hasher, data_key
from bot.storage.protocol import StoreError


def test_hashes_are_steady_differ_by_kind_and_by_key_and_show_no_id() -> None:
    one, other = Hasher(b"a" * 16), Hasher(b"b" * 16)
    hashes = [one.person("12345"), one.chat("12345"), other.person("12345"), one.person("12346")]
    assert len(set(hashes)) == 4
    assert all(len(value) == 32 and int(value, 16) and "12345" not in value for value in hashes)
    assert hashes[0] == Hasher(b"a" * 16).person("12345")
    assert one.person("") == ""


def test_a_short_key_is_refused() -> None:
    with pytest.raises(StoreError, match="DATA_KEY"):
        Hasher(b"short")


def test_the_key_is_made_once_beside_the_database_and_is_its_owners(tmp_path: Path) -> None:
    database = tmp_path / "data" / "bot.db"
    key = data_key(database)
    assert len(key) == 32
    assert data_key(database) == key
    assert stat.S_IMODE((tmp_path / "data" / "data.key").stat().st_mode) == 0o600


def test_processes_that_start_at_once_get_the_same_key_and_leave_no_draft(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(data_key, [tmp_path / "bot.db"] * 32))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["data.key"]


@pytest.mark.parametrize("content", ["", "zz", "abcd"])
def test_a_damaged_key_is_refused_rather_than_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "data.key").write_text(content)
    with pytest.raises(StoreError, match="damaged"):
        data_key(tmp_path / "bot.db")
    assert (tmp_path / "data.key").read_text() == content


def test_a_key_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "data.key").mkdir()
    with pytest.raises(StoreError, match="cannot be used"):
        data_key(tmp_path / "bot.db")
