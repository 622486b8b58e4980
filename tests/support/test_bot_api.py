"""The stand-in for Telegram itself."""

import socket

from tests.support.bot_api import BotApiServer


def test_a_request_cut_off_by_a_killed_bot_is_no_call() -> None:
    head = b"POST /bot1:x/sendMessage HTTP/1.1\r\nContent-Length: 40\r\nContent-Type: application/json\r\n\r\n"
    with BotApiServer() as server:
        with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1].strip("/")))) as connection:
            connection.sendall(head + b'{"chat_id": 1,')
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1000) == b""  # closed, nothing said
        assert server.api.calls == []
