"""``preview``: the real command, its port, its pages, and its end."""

import re
import socket
from pathlib import Path

import html5lib
import httpx

from tests.cli.conftest import Command
from tests.support.knowledge import QUESTION, changed_file, write_knowledge
from tests.support.pages import text_of
from tests.support.patience import PATIENCE
from tests.support.process import BotProcess, free_port

PAIN = "faq/pain.yaml"


def test_it_answers_on_this_machine_alone_follows_the_files_and_ends_cleanly(tmp_path: Path) -> None:
    folder = write_knowledge(tmp_path / "knowledge")
    command = ("bot", "preview", "--knowledge", str(folder), "--port", "0")
    # A token belongs to the running bot: whoever sits at the machine is asked for none.
    with BotProcess(tmp_path, command=command, PREVIEW_TOKEN="a token of some length") as running:
        address = re.search(r"http://127\.0\.0\.1:(\d+)", running.wait_for("http://"))
        assert address is not None
        with httpx.Client(base_url=address[0], timeout=PATIENCE, headers={"Origin": address[0]}) as http:
            running.wait_for("The answers are ready.")
            assert http.post("/preview/say", data={"text": QUESTION}).status_code == 303
            assert "A short sting" in http.get("/preview").text
            (folder / PAIN).write_text(changed_file(PAIN, "menu: session", "mnu: session"), encoding="utf-8")
            told = running.wait_for(f"{PAIN}, line 2:")
            assert told.strip() in text_of(html5lib.parse(http.get("/preview/state").text))
            (folder / PAIN).write_text(changed_file(PAIN, "A short sting", "A brief sting"), encoding="utf-8")
            running.wait_for("Your edit is in.")
            assert http.post("/preview/say", data={"text": QUESTION}).status_code == 303
            assert "A brief sting" in http.get("/preview").text
        _only_here(int(address[1]))
        assert running.stop() == 0
    assert "Traceback" not in running.log and QUESTION not in running.log


def _only_here(port: int) -> None:
    """Another address of this machine, which a port open to everybody would answer at, is refused."""
    with socket.socket() as outside:
        assert outside.connect_ex(("127.0.0.2", port)) != 0


def test_a_taken_port_and_a_missing_folder_are_told(process: Command, small_folder: Path, tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code, _, errors = process("preview", "--knowledge", small_folder, "--port", str(port))
    assert code == 2 and f"Port {port} cannot be opened" in errors and "--port" in errors
    code, _, errors = process("preview", "--knowledge", tmp_path / "nowhere")
    assert code == 2 and "There is no knowledge folder" in errors
