"""Sentence vectors without PyTorch: all-mpnet-base-v2 as int8 ONNX, shipped in this folder.

``build.py`` writes the files; ``PROVENANCE.md`` and ``LICENSE`` say where the weights come from.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bot.errors import BotError
from bot.text.likeness.arrays import Floats

FOLDER = Path(__file__).resolve().parent
DIMENSIONS = 768
_FILES = ("model.onnx", "words.bin", "layers.bin", "tokenizer.json")
_BATCH = 8
"""Larger batches of short texts are no faster on two cores and cost memory (measured: 8 → 5.4 s and 21 MB
for 4,390 phrases, 32 → 67 MB)."""
_TOKENS = 128
"""Tokens in a batch, padding included: onnxruntime keeps the memory that the largest one took."""
_TOKENIZED = 256
_WORTH_THREADS = 16
"""Batches from which on starting threads pays: never for one message."""
_THREADS = 2
_SHORTEST_WORD = 4


class EncoderError(BotError):
    """The encoder cannot be used; the sentence says why and what to do."""


class Encoder:
    """Turns texts into vectors of length 1; texts of like meaning get a large dot product.

    Reads at most 128 tokens of a text. Deterministic, and a text's vector does not depend on
    the texts encoded beside it.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        """Load the files in ``folder``; raise ``EncoderError`` if one is missing or altered."""
        checksums = _verified(folder)
        try:
            # Imported here, since the bot must start on machines where onnxruntime cannot be loaded.
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise EncoderError(
                f"The sentence encoder is off: {error.name or 'onnxruntime'} cannot be loaded on this machine. "
                "Answers rest on words and letters alone, which understands less."
            ) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # one thread is as fast for one message, and half the load when busy
        options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:
            raise EncoderError(
                f"The sentence encoder is off: its files in {folder} cannot be read ({type(error).__name__}). "
                "Install the project again, or rebuild them with bot/text/likeness/encoder/build.py."
            ) from None
        self.fingerprint = hashlib.sha256(json.dumps(checksums, sort_keys=True).encode()).hexdigest()[:16]

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of ``texts``, shape (len(texts), 768); a text without tokens gets zeros."""
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        # What the tokenizer tells of a text beside the tokens takes 10 kB: some texts at a time.
        tokens = [
            encoding.ids
            for start in range(0, len(texts), _TOKENIZED)
            for encoding in self._tokenizer.encode_batch([*map(_whole, texts[start : start + _TOKENIZED])])
        ]
        # Two tokens only mark start and end. Texts of like length share a batch, so little is padded.
        order = [i for i in sorted(range(len(texts)), key=lambda i: len(tokens[i])) if len(tokens[i]) > 2]
        batches: list[list[int]] = []
        for i in order:
            if not batches or len(batches[-1]) == _BATCH or (len(batches[-1]) + 1) * len(tokens[i]) > _TOKENS:
                batches.append([])
            batches[-1].append(i)
        if len(batches) > _WORTH_THREADS:
            # onnxruntime lets go of the interpreter while it computes, so threads really run side by side.
            with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
                results = list(pool.map(lambda batch: self._run([tokens[i] for i in batch]), batches))
        else:
            results = [self._run([tokens[i] for i in batch]) for batch in batches]
        for batch, result in zip(batches, results, strict=True):
            vectors[batch] = result
        return vectors

    def _run(self, tokens: Sequence[Sequence[int]]) -> Floats:
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        vectors: Floats = self._session.run(["vectors"], {"input_ids": ids, "attention_mask": mask})[0]
        return vectors

    def tokens(self, text: str) -> int:
        """Return how many tokens of ``text`` would be read, at most 128: what it costs."""
        return len(self._tokenizer.encode(_whole(text)).ids)

    def vocabulary(self) -> frozenset[str]:
        """Return the whole English words the encoder knows, some 17,000: words that need no repair."""
        return frozenset(
            word for word in self._tokenizer.get_vocab() if word.isalpha() and len(word) >= _SHORTEST_WORD
        )


def _whole(text: str) -> str:
    """Return ``text`` without halves of characters, as JSON may hold them: the tokenizer refuses them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _verified(folder: Path) -> dict[str, str]:
    again = "Install the project again, or rebuild it with bot/text/likeness/encoder/build.py."
    name = "checksums.json"
    try:
        checksums = json.loads((folder / name).read_text(encoding="utf-8"))
        if not isinstance(checksums, dict) or checksums.keys() != set(_FILES):
            raise ValueError
        for name, expected in checksums.items():
            with (folder / name).open("rb") as file:  # a hundred megabytes: not all in memory at once
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != expected:
                raise EncoderError(
                    f"The sentence encoder is off: {folder / name} is not the file this version came with. {again}"
                )
    except (OSError, ValueError):
        raise EncoderError(
            f"The sentence encoder is off: {folder / name} is missing or cannot be read. {again}"
        ) from None
    return checksums
