"""Fixtures for tests of every part."""

import functools
import gc
import logging
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog
from pydantic import AliasChoices

from bot import bootstrap
from bot.assistant import Assistant
from bot.bootstrap import build_mind, load_knowledge
from bot.knowledge.model import OWN_FOLDER, KnowledgeBase
from bot.settings import Settings, read_settings
from bot.text.likeness.encoder import Encoder
from bot.understanding.mind import Mind
from tests.support.knowledge import assistant_for, mind_for, write_knowledge

pytest_plugins = ("tests.support.databases",)

# A busy machine is no failure: what takes too long is measured by benchmarks.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


@pytest.fixture(scope="session", autouse=True)
def _settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the settings of whoever runs the tests away from them, and the tests out of real data."""
    with pytest.MonkeyPatch.context() as patch:
        for name, field in Settings.model_fields.items():
            alias = field.validation_alias
            for variable in (name, *(alias.choices if isinstance(alias, AliasChoices) else ())):
                patch.delenv(str(variable).upper(), raising=False)
        patch.setitem(Settings.model_config, "env_file", None)
        patch.setenv("CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("DATABASE_URL", str(tmp_path_factory.mktemp("data") / "bot.db"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_encoder() -> Iterator[None]:
    """Load the sentence encoder once: it is immutable, and takes as long as the rest of a small mind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "Encoder", functools.cache(Encoder))
        yield


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small knowledge folder, only to be read; ``write_knowledge`` makes one to be changed."""
    return write_knowledge(tmp_path_factory.mktemp("small") / "knowledge")


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The real sentence encoder, for tests in which meaning matters."""
    return Encoder()


@pytest.fixture(scope="session")
def mind(small_folder: Path) -> Mind:
    """What understands texts with the small knowledge; immutable, so one serves all tests."""
    return mind_for(small_folder)


@pytest.fixture(scope="session")
def knowledge(mind: Mind) -> KnowledgeBase:
    """The small knowledge."""
    return mind.knowledge


@pytest.fixture
def assistant(mind: Mind) -> Assistant:
    """An assistant with the small knowledge that has talked to nobody yet."""
    return assistant_for(mind)


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """What ``bot.ops.logs.configure`` and what follows write to standard error; logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield capsys
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def real_knowledge() -> KnowledgeBase:
    """The project's own knowledge, read but not understood."""
    return load_knowledge(OWN_FOLDER)


@pytest.fixture(scope="session")
def real_mind(real_knowledge: KnowledgeBase, pytestconfig: pytest.Config) -> Mind:
    """The project's own knowledge, understood as in production: sentence vectors and all.

    What is computed for it is kept between runs, by content: after an edit only what was edited is computed anew.
    """
    cache = pytestconfig.cache.mkdir("understanding")
    return build_mind(read_settings().model_copy(update={"cache_dir": cache}), real_knowledge)


def pytest_collection_finish() -> None:
    """Leave the tests themselves out of every later look for garbage, of which there is one after each build."""
    gc.collect()
    gc.freeze()
