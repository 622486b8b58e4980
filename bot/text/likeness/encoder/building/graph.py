"""The network as an ONNX graph, in float32 or in 8-bit integers."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Floats: TypeAlias = npt.NDArray[np.float32]
Weights: TypeAlias = Mapping[str, Floats]
Project: TypeAlias = Callable[["Graph", str, str, Floats, Floats], str]
"""Adds ``x @ weight + bias`` to a graph; takes (graph, name of x, name for constants, weight, bias)."""
Embed: TypeAlias = Callable[["Graph", Floats], str]
"""Adds the look-up of ``input_ids`` in a table to a graph."""

LAYERS, HEADS, WIDTH = 12, 12, 768
HEAD_WIDTH = WIDTH // HEADS
EPSILON = 1e-5
LONGEST = 128
"""Tokens of a text that are read, the two that mark its ends included; the rest is cut off."""
FIRST_POSITION = 2
"""Rows of the table of positions before the one of a text's first token."""
BUCKETS, FARTHEST = 32, 128
"""Kinds of distance between two tokens, and the distance from which on all are of one kind."""

FINER = (".attention.attn", ".output.dense")
"""Projections whose inputs are kept in 14 bits instead of 8: what query, key and value are made of, and the second
of each feed-forward block, where few inputs are far larger than the rest. Mean and least cosine to float32 on 260
messages, and milliseconds for 16 tokens: none finer 0.9965, 0.966, 14; the second only 0.9977, 0.991, 18; these
0.9986, 0.997, 19; all 0.9992, 0.998, 23 (float32: 40)."""
_HALF = 128

_WORTH_A_FILE = 1024
"""Bytes from which on a constant is kept outside the graph's own file."""
_ALIGNED = 4096
"""Where constants begin in a file: so that the system can map them into memory."""


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

    def save(self, folder: Path) -> None:
        """Write ``model.onnx``, the word table to ``words.bin`` and the other weights to ``layers.bin``.

        Kept apart from the graph, weights are mapped into memory instead of copied: 80 MB less.
        """
        ids = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", WIDTH])
        constants = []
        files = {name: (folder / name).open("wb") for name in ("words.bin", "layers.bin")}
        for name, value in self.constants.items():
            tensor = numpy_helper.from_array(value, name)
            if value.nbytes >= _WORTH_A_FILE:
                at = "words.bin" if name == "words" else "layers.bin"
                file = files[at]
                file.write(b"\0" * (-file.tell() % _ALIGNED))
                where = {"location": at, "offset": str(file.tell()), "length": str(value.nbytes)}
                file.write(value.tobytes())
                tensor = TensorProto(
                    name=name,
                    data_type=tensor.data_type,
                    dims=tensor.dims,
                    data_location=TensorProto.EXTERNAL,
                    external_data=[onnx.StringStringEntryProto(key=key, value=text) for key, text in where.items()],
                )
            constants.append(tensor)
        for file in files.values():
            file.close()
        graph = helper.make_graph(self.nodes, "all-mpnet-base-v2", ids, [vectors], constants)
        # The oldest versions that hold every operator used, so that many runtimes can read them.
        model = helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 20)])
        (folder / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
        onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)


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
    """Multiply integers, the inputs of ``FINER`` projections more finely."""
    if any(name.endswith(end) for end in FINER):
        return _integer_projection(graph, x, name, weight, bias, fine=True)
    return _integer_projection(graph, x, name, weight, bias, fine=False)


def _integer_projection(graph: Graph, x: str, name: str, weight: Floats, bias: Floats, *, fine: bool) -> str:
    """Multiply ``x`` as low + step * (0 … levels), with low and step of each token, by weights in whole steps.

    (low + step * q) @ w = step * (q @ w) + low * (sum of each column of w). The step is never zero: no token has
    all its values alike after a multiplication with learned weights.

    Processors without dot-product instructions add the products of two neighbours in 16 bits, so these must fit:
    8 bits times 7, the sign counted with the weights. ``fine``: 7 bits times 8, twice, for the higher and the lower
    half of a level of 14 bits. That costs a second multiplication, and follows the few inputs that are twenty times
    as large as the others without losing those.
    """
    whole, steps = integers(weight, axis=0, largest=127 if fine else 63)
    sums = whole.sum(axis=0, dtype=np.int32).astype(np.float32) * steps
    levels = _HALF**2 - 1 if fine else 255
    last = graph.constant("last", [-1], np.int64)
    low = graph.op("ReduceMin", x, last, keepdims=1)
    spread = graph.op("Sub", graph.op("ReduceMax", x, last, keepdims=1), low)
    step = graph.op("Div", spread, graph.constant(f"{levels} levels", levels))
    level = graph.op("Round", graph.op("Div", graph.op("Sub", x, low), step))
    kept = graph.constant(f"{name}.weight", whole, np.int8)

    def multiply(levels: str) -> str:
        product = graph.op("MatMulInteger", graph.op("Cast", levels, to=TensorProto.UINT8), kept)
        return graph.op("Cast", product, to=TensorProto.FLOAT)

    if fine:
        half = graph.constant("half", _HALF)
        higher = graph.op("Floor", graph.op("Div", level, half))
        lower = graph.op("Sub", level, graph.op("Mul", higher, half))
        product = graph.op("Add", graph.op("Mul", multiply(higher), half), multiply(lower))
    else:
        product = multiply(level)
    product = graph.op("Mul", product, step)
    product = graph.op("Mul", product, graph.constant(f"{name}.step", steps))
    offset = graph.op("Mul", low, graph.constant(f"{name}.sum", sums))
    offset = graph.op("Add", offset, graph.constant(f"{name}.bias", bias))
    return graph.op("Add", product, offset)


def network(weights: Weights, embed: Embed, project: Project) -> Graph:
    """Return the graph: ids and mask, both int64 [batch, length], to ``vectors``, float32 [batch, 768].

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
    table = weights["embeddings.position_embeddings.weight"][FIRST_POSITION : FIRST_POSITION + LONGEST]
    start, length = graph.constant("start", [0], np.int64), graph.op("Shape", "input_ids", start=1, end=2)
    positions = graph.op("Slice", graph.constant("positions", table), start, length, start)
    x = normalise(graph.op("Add", words, positions), "embeddings.LayerNorm")

    mask = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    hidden = graph.op("Mul", graph.op("Sub", mask, graph.constant("one", 1)), graph.constant("much", 1e4))
    hidden = graph.op("Unsqueeze", hidden, graph.constant("heads and queries", [1, 2], np.int64))
    nearness = graph.constant("nearness", distances(weights))
    corner = graph.constant("corner", [0, 0], np.int64)
    ends = graph.op("Concat", length, length, axis=0)
    nearness = graph.op("Slice", nearness, corner, ends, graph.constant("queries and keys", [1, 2], np.int64))
    hidden = graph.op("Add", nearness, hidden)

    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        gathered = attention(graph, weights, project, x, hidden, layer)
        attended = linear(gathered, f"{layer}.attention.attn.o")
        x = normalise(graph.op("Add", x, attended), f"{layer}.attention.LayerNorm")
        wide = graph.op("Gelu", linear(x, f"{layer}.intermediate.dense"))
        x = normalise(graph.op("Add", x, linear(wide, f"{layer}.output.dense")), f"{layer}.output.LayerNorm")

    seen = graph.op("Mul", x, graph.op("Unsqueeze", mask, graph.constant("width", [2], np.int64)))
    total = graph.op("ReduceSum", seen, graph.constant("length", [1], np.int64), keepdims=0)
    graph.op("LpNormalization", total, axis=-1, p=2, output="vectors")
    return graph


def distances(weights: Weights) -> Floats:
    """Return what is added to the scores for the distance of two tokens, shape (heads, longest, longest).

    Half of the kinds are for tokens to the right. Of each half, the first half are single distances, the others
    wider and wider spans (T5, Raffel et al. 2020).
    """
    away = np.arange(LONGEST)[None, :] - np.arange(LONGEST)[:, None]
    half, single = BUCKETS // 2, BUCKETS // 4
    far = np.abs(away)
    spans = single + np.log(np.maximum(far, 1) / single) / math.log(FARTHEST / single) * (half - single)
    kind = np.where(far < single, far, np.minimum(spans.astype(np.int64), half - 1)) + half * (away > 0)
    table: Floats = weights["encoder.relative_attention_bias.weight"][kind]
    return table.transpose(2, 0, 1)


def attention(graph: Graph, weights: Weights, project: Project, x: str, hidden: str, layer: str) -> str:
    """Add what the tokens gather from one another; query, key and value come from one multiplication."""
    parts = [f"{layer}.attention.attn.{part}" for part in "qkv"]
    factors = [np.float32(1 / math.sqrt(HEAD_WIDTH)), np.float32(1), np.float32(1)]
    scaled = list(zip(parts, factors, strict=True))
    weight = np.concatenate([weights[f"{part}.weight"].T * factor for part, factor in scaled], axis=1)
    bias = np.concatenate([weights[f"{part}.bias"] * factor for part, factor in scaled])
    joined = project(graph, x, f"{layer}.attention.attn", weight, bias)
    joined = graph.op("Reshape", joined, graph.constant("split", [0, 0, 3, HEADS, HEAD_WIDTH], np.int64))
    joined = graph.op("Transpose", joined, perm=[2, 0, 3, 1, 4])
    query, key, value = (
        graph.op("Gather", joined, graph.constant(f"part {n}", n, np.int64), axis=0) for n in range(3)
    )
    scores = graph.op("MatMul", query, graph.op("Transpose", key, perm=[0, 1, 3, 2]))
    shares = graph.op("Softmax", graph.op("Add", scores, hidden), axis=-1)
    gathered = graph.op("Transpose", graph.op("MatMul", shares, value), perm=[0, 2, 1, 3])
    return graph.op("Reshape", gathered, graph.constant("merge", [0, 0, WIDTH], np.int64))
