"""Composition root: settings and files in, an assistant out."""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from threadpoolctl import threadpool_limits

from bot.assistant import Assistant
from bot.errors import BotError, CannotRunError
from bot.inbox.sql import SqlInbox
from bot.knowledge.loader import load
from bot.knowledge.model import OWN_FOLDER, KnowledgeBase
from bot.knowledge.problems import Problem, Severity
from bot.knowledge.version import Version
from bot.ops.malloc import give_back
from bot.settings import DEFAULT_DATABASE, Settings
from bot.storage.database import Database
from bot.storage.failsafe import SteadyStore
from bot.storage.ids import Hasher, data_key, keep_key
from bot.storage.memory import MemoryStore
from bot.storage.sole import SoleUse
from bot.storage.sql_handoffs import SqlHandoffStore
from bot.storage.sql_store import SqlStore
from bot.text.likeness.encoder import Encoder, EncoderError
from bot.text.likeness.shipped import Shipped, ShippedError
from bot.understanding.mind import Mind

log = structlog.get_logger(__name__)


class KnowledgeError(BotError):
    """The knowledge files hold errors; ``problems`` has all of them."""

    def __init__(self, folder: Path, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        errors = [p for p in problems if p.severity is Severity.ERROR]
        shown = "\n".join(f"  {p.place}: {p.message}" for p in errors)
        super().__init__(
            f"The knowledge files in {folder} hold {len(errors)} error(s), so nothing was loaded.\n{shown}\n"
            "Mend them, then look again with: .venv/bin/python -m bot check"
        )


def load_knowledge(folder: Path) -> KnowledgeBase:
    """Return the knowledge base in ``folder``; raise ``KnowledgeError`` or ``CannotRunError``."""
    if not folder.is_dir():
        raise CannotRunError(f"There is no knowledge folder {folder}. Name another with --knowledge.")
    loaded = load(folder)
    if loaded.knowledge is None:
        raise KnowledgeError(folder, loaded.problems)
    return loaded.knowledge


def load_version(version: Version, folder: Path, *, own: bool = False) -> KnowledgeBase:
    """Return what ``version`` holds, whatever became of the ``folder`` that it was read from since.

    ``own``: whether that is the project's own folder, to which nobody lends what it lacks. Raises as
    ``load_knowledge`` does, and ``OSError`` where there is no room to write it out.
    """
    with tempfile.TemporaryDirectory() as written_to:
        written = version.write(Path(written_to))
        loaded = load(written, fallback=written if own else OWN_FOLDER)
    if loaded.knowledge is None:
        raise KnowledgeError(folder, loaded.problems)
    return loaded.knowledge


def load_encoder() -> Encoder | None:
    """Return the sentence encoder, or nothing (and a line in the log) where it cannot be used."""
    try:
        return Encoder()
    except EncoderError as error:
        log.warning("sentence encoder off", reason=str(error))
        return None


def load_shipped(encoder: Encoder | None) -> Shipped | None:
    """Return what need not be computed, or nothing (and a line in the log) where it cannot be used."""
    if encoder is None:
        return None
    try:
        return Shipped(encoder.fingerprint)
    except ShippedError as error:
        log.warning("shipped vectors off", reason=str(error))
        return None


class Builder:
    """Builds minds, one after the other: the encoder and what is shipped, 130 MB, are the same for all of them."""

    def __init__(self, settings: Settings, *, alone: bool = False) -> None:
        """``alone``: whether fits may use all cores, since nobody else answers beside them."""
        # One thread for numpy's products: on shared cores the threads of OpenBLAS wait for each other longer than
        # they compute (measured with both cores busy: 48 ms a message with two, 6.5 ms with one).
        threadpool_limits(1, user_api="blas")
        self._threads = os.cpu_count() if alone else 1
        self._settings = settings
        self._encoder = load_encoder()
        self._shipped = load_shipped(self._encoder)

    def build(self, knowledge: KnowledgeBase) -> Mind:
        """Return everything that understands a text, from ``knowledge``."""
        with threadpool_limits(self._threads, user_api="blas"):
            mind = Mind.for_knowledge(
                knowledge,
                encoder=self._encoder,
                cache=self._settings.cache_dir,
                shipped=self._shipped,
                wrong_budget=self._settings.wrong_answer_budget,
            )
        give_back()
        return mind

    @property
    def released(self) -> str:
        """The fingerprint of the knowledge files that this release was tested with, if it is known."""
        return self._shipped.knowledge if self._shipped is not None else ""


def build_mind(settings: Settings, knowledge: KnowledgeBase | None = None, *, alone: bool = True) -> Mind:
    """Return everything that understands a text, from ``knowledge`` or the folder that ``settings`` name.

    ``alone``: see ``Builder``.
    """
    knowledge = knowledge or load_knowledge(settings.knowledge_dir)
    return Builder(settings, alone=alone).build(knowledge)


def build_assistant(settings: Settings) -> Assistant:
    """Return an assistant over the folder that ``settings`` name, with a store in memory."""
    return Assistant(build_mind(settings), MemoryStore())


@dataclass(frozen=True)
class Storage:
    """The database and what is kept in it; on a file, its key and whether this process is alone with it."""

    database: Database
    store: SteadyStore
    inbox: SqlInbox
    handoffs: SqlHandoffStore
    key_of_file: bytes = field(default=b"", repr=False)
    sole: SoleUse | None = None

    def alone(self) -> bool:
        """Return whether no other process lives on the database."""
        return self.sole is not None and self.sole.mine()

    def keep_key(self) -> None:
        """Write the key of a file again where it is gone; raise ``StoreError`` where that fails."""
        if self.database.file is not None and self.key_of_file:
            keep_key(self.database.file, self.key_of_file)


def build_storage(settings: Settings) -> Storage:
    """Return the storage that ``settings`` name, not yet asked anything; raise ``StoreError`` for a bad address."""
    database = Database.open(settings.database_url.get_secret_value() or DEFAULT_DATABASE)
    given = settings.data_key.get_secret_value().encode()
    key_of_file = b"" if given else data_key(database.file or DEFAULT_DATABASE)
    hasher = Hasher(given or key_of_file)
    return Storage(
        database,
        SteadyStore(SqlStore(database, hasher)),
        SqlInbox(database, hasher),
        SqlHandoffStore(database, hasher),
        key_of_file,
        SoleUse(database.file) if database.file is not None else None,
    )
