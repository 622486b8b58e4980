"""What this project relies on in libraries without their promise: a version that changes it fails here first."""

import inspect
import sqlite3
import threading

import aiosqlite
import uvicorn


async def test_a_connection_of_aiosqlite_has_a_thread_of_its_own_that_may_be_left_behind() -> None:
    """``storage.database`` makes it a daemon, so that a forgotten connection does not keep the process."""
    connection = aiosqlite.Connection(lambda: sqlite3.connect(":memory:"), iter_chunk_size=64)
    assert isinstance(connection._thread, threading.Thread)
    assert not connection._thread.is_alive()  # else it would be too late
    connection._thread.daemon = True
    async with connection:
        assert connection._thread.is_alive()


def test_closing_a_connection_of_aiosqlite_goes_through_stop() -> None:
    """``storage.database`` answers its second call, which the thread would not."""
    assert "self.stop()" in inspect.getsource(aiosqlite.Connection.close)


def test_uvicorn_takes_the_signals_in_a_method_that_can_be_left_out() -> None:
    """``web.server`` leaves SIGTERM and SIGINT to the process."""
    assert "self.capture_signals()" in inspect.getsource(uvicorn.Server.serve)
