"""The same network in numpy, sharing nothing with the graph."""

import math
from collections.abc import Sequence

import numpy as np
from building.graph import BUCKETS, EPSILON, FARTHEST, FIRST_POSITION, HEAD_WIDTH, LAYERS, WIDTH, Floats, Weights


def numpy_vector(weights: Weights, ids: Sequence[int]) -> Floats:
    """Return the vector of one text, computed the way the paper on MPNet describes it (Song et al. 2020), head by
    head.
    """

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
    x = x + weights[table("position")][FIRST_POSITION : FIRST_POSITION + len(ids)]
    x = layer_norm(x, "embeddings.LayerNorm")
    places = range(len(ids))
    kinds = [[_kind(other - one) for other in places] for one in places]
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}."
        query, key, value = (affine(x, f"{layer}attention.attn.{part}") for part in "qkv")
        heads = []
        for head, first in enumerate(range(0, WIDTH, HEAD_WIDTH)):
            own = slice(first, first + HEAD_WIDTH)
            scores = query[:, own] @ key[:, own].T / np.float32(math.sqrt(HEAD_WIDTH))
            scores = scores + weights["encoder.relative_attention_bias.weight"][kinds, head]
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            heads.append(shares / shares.sum(axis=1, keepdims=True) @ value[:, own])
        attended = affine(np.concatenate(heads, axis=1), layer + "attention.attn.o")
        x = layer_norm(x + attended, layer + "attention.LayerNorm")
        inner = affine(gelu(affine(x, layer + "intermediate.dense")), layer + "output.dense")
        x = layer_norm(x + inner, layer + "output.LayerNorm")
    mean: Floats = x.mean(axis=0)
    return mean / np.float32(np.linalg.norm(mean))


def _kind(away: int) -> int:
    """Return the kind of distance of a token ``away`` places to the right, to the left if negative."""
    side = BUCKETS // 2 if away > 0 else 0
    far, single = abs(away), BUCKETS // 4
    if far < single:
        return side + far
    wider = single + int(math.log(far / single) / math.log(FARTHEST / single) * single)
    return side + min(wider, BUCKETS // 2 - 1)
