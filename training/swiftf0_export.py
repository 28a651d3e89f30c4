#!/usr/bin/env python3
"""SwiftF0's weights: model.onnx of the wheel -> models/swiftf0.safetensors.

    pip download --no-deps swift-f0==0.1.2
    training/swiftf0_export.py swift_f0-0.1.2-py3-none-any.whl models/swiftf0.safetensors

Takes the tensors as they stand in the graph (its author folded the batch
norms); nothing else is folded, rounded or reordered. The graph is checked
node by node first: another graph is refused. Needs onnx and numpy.
"""
import hashlib
import json
import struct
import sys
import zipfile

import numpy as np
import onnx
from onnx import numpy_helper

SHA256 = "fa91bb45512b90339cf4b00a599ba8fe3a253c46419fcfe6b46df77a8a8336a5"
CONVS = [(8, 1), (16, 8), (32, 16), (64, 32), (1, 64)]
OPS = (["STFT"] + ["Log"] + 5 * ["Conv", "Relu"] + ["Conv", "Softmax", "ArgMax"])


def read(path):
    data = (zipfile.ZipFile(path).read("swift_f0/model.onnx")
            if path.endswith(".whl") else open(path, "rb").read())
    if hashlib.sha256(data).hexdigest() != SHA256:
        sys.exit("This is not the model.onnx of swift-f0 0.1.0 to 0.1.2.")
    return onnx.load_from_string(data).graph


def tensors(graph):
    ops = [n.op_type for n in graph.node if n.op_type in OPS]
    if ops != OPS:
        sys.exit(f"The graph is another one: {ops}")
    by_name = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    convs = [n for n in graph.node if n.op_type == "Conv"]
    out = {}
    for k, (node, (o, i)) in enumerate(zip(convs, CONVS)):
        weight, bias = by_name[node.input[1]], by_name[node.input[2]]
        assert weight.shape == (o, i, 5, 5) and bias.shape == (o,)
        out[f"conv.{k}.weight"], out[f"conv.{k}.bias"] = weight, bias
    out["project.weight"] = by_name[convs[5].input[1]][:, :, 0]
    out["project.bias"] = by_name[convs[5].input[2]]
    out["centres_hz"] = by_name["pitch_bin_centers"]
    assert out["project.weight"].shape == (200, 132)
    return out


def write(path, named, notes):
    header, data = {"__metadata__": notes}, b""
    for name, value in named.items():
        raw = np.ascontiguousarray(value, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)
    print(path, hashlib.blake2b(open(path, "rb").read(),
                                digest_size=32).hexdigest())


if __name__ == "__main__":
    write(sys.argv[2], tensors(read(sys.argv[1])), {
        "name": "SwiftF0", "source": "swift-f0 0.1.2 (PyPI), model.onnx",
        "sha256": SHA256, "licence": "MIT, (c) 2025 Lars Nieradzik"})
