"""Work in a thread that does not keep a stopping process waiting."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Return what ``work`` returns. Unlike an executor's, the thread does not keep a stopping process waiting."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def finish(value: T | None, error: BaseException | None) -> None:
        if not result.done():
            if error is None:
                result.set_result(cast(T, value))
            else:
                result.set_exception(error)

    def work_and_tell() -> None:
        value, failure = None, None
        try:
            value = work()
        except BaseException as error:  # handed on to whoever waits
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish, value, failure)

    threading.Thread(target=work_and_tell, daemon=True).start()
    return await result
