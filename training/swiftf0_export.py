#!/usr/bin/env python3
"""SwiftF0's weights: model.onnx of the wheel -> models/swiftf0.safetensors.

    pip download --no-deps swift-f0==0.1.2
    training/swiftf0_export.py swift_f0-0.1.2-py3-none-any.whl models/swiftf0.safetensors

Takes the tensors as they stand in the graph (its author folded the batch
norms); nothing else is folded, rounded or reordered. The graph is checked
node by node first: another graph is refused. dft.re and dft.im are what
onnxruntime's STFT gives for an impulse at sample 1, its own twiddles. Needs
onnx, onnxruntime and numpy.
"""
import hashlib
import sys
import zipfile

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from safetensors_file import write

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
    stft = next(n for n in graph.node if n.op_type == "STFT")
    out["window"] = by_name[stft.input[2]]
    out["dft.re"], out["dft.im"] = twiddles().T
    assert out["project.weight"].shape == (200, 132)
    return out


def twiddles():
    """[1024, 2]: exp(-2 pi i k / 1024) as the operator STFT has it."""
    float_type, whole = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
    step = onnx.helper.make_tensor("step", whole, [], [1024])
    window = numpy_helper.from_array(np.ones(1024, np.float32), "window")
    node = onnx.helper.make_node("STFT", ["x", "step", "window", "step"],
                                 ["y"], onesided=0)
    graph = onnx.helper.make_graph(
        [node], "twiddles",
        [onnx.helper.make_tensor_value_info("x", float_type, [1, 1024, 1])],
        [onnx.helper.make_tensor_value_info("y", float_type, None)],
        [step, window])
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 8
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    impulse = np.zeros((1, 1024, 1), np.float32)
    impulse[0, 1] = 1
    return session.run(None, {"x": impulse})[0].reshape(1024, 2)


if __name__ == "__main__":
    write(sys.argv[2], tensors(read(sys.argv[1])), {
        "name": "SwiftF0", "source": "swift-f0 0.1.2 (PyPI), model.onnx",
        "sha256": SHA256, "licence": "MIT, (c) 2025 Lars Nieradzik"})
