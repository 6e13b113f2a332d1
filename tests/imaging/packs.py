"""Tiny insightface packs: an SCRFD-shaped detector with nine outputs and a square one-output recogniser."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHIP = 112
# The recogniser's pooling: 112 becomes 14.
_POOL = 8


def pack(folder: Path, *, seed: int = 0, size: int = 512, blind: bool = False) -> Path:
    """A pack that `insightface.app.FaceAnalysis(name=folder)` loads. A `blind` one sees the same face
    everywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_detector(), folder / "det.onnx")
    onnx.save(_recogniser(seed, size, blind), folder / "rec.onnx")
    return folder


def _model(nodes: list[onnx.NodeProto], inputs: list, outputs: list, constants: list) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def _detector() -> onnx.ModelProto:
    """Scores, boxes and points of three strides; finds nobody."""
    picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 128, 128])
    nodes, outputs, constants = [], [], []
    for width in (1, 4, 10):
        for stride in (8, 16, 32):
            name, rows = f"out{width}_{stride}", 2 * (128 // stride) ** 2
            constants.append(numpy_helper.from_array(np.zeros((rows, width), np.float32), f"{name}_value"))
            nodes.append(helper.make_node("Identity", [f"{name}_value"], [name]))
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, width]))
    return _model(nodes, [picture], outputs, constants)


def _recogniser(seed: int, size: int, blind: bool) -> onnx.ModelProto:
    """A random projection of the blurred chip. Means over all people are taken off, so that two people
    do not look alike because both are faces: a high-pass over the small picture."""
    rng = np.random.default_rng(seed)
    cells = 3 * (CHIP // _POOL) ** 2
    # Takes the mean of each channel off.
    centre = np.eye(cells) - np.kron(np.eye(3), np.full((cells // 3, cells // 3), 3 / cells))
    weights = (0 if blind else 1) * (centre @ rng.standard_normal((cells, size))) / np.sqrt(cells)
    bias = rng.standard_normal(size) * (1 if blind else 0)
    chip = helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, 3, CHIP, CHIP])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [None, size])
    nodes = [
        helper.make_node(
            "AveragePool", ["input"], ["small"], kernel_shape=[_POOL] * 2, strides=[_POOL] * 2, name="pool"
        ),
        helper.make_node("Flatten", ["small"], ["flat"], name="flatten"),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["embedding"], name="project"),
    ]
    constants = [
        numpy_helper.from_array(weights.astype(np.float32), "weights"),
        numpy_helper.from_array(bias.astype(np.float32), "bias"),
    ]
    return _model(nodes, [chip], [embedding], constants)
