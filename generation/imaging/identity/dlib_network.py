"""dlib's face network in ONNX Runtime: the wheel's weights, dlib's numbers, a fifteenth of its time.

dlib-bin computes its convolutions without a BLAS, and one embedding was most of a photo check. The network is
that of dlib's `dnn_face_recognition_ex.cpp` (a ResNet of 29 convolutions, after He, Zhang, Ren & Sun 2016);
its weights are read from dlib's own file, batch scales are folded into the convolutions, and what comes
out differs from `face_recognition_model_v1` by less than 1e-5 (`test_dlib_network.py`).
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.imaging.errors import EngineError
from generation.imaging.types import SRGB8

# The network's picture: pixels along an edge, and what its training subtracted and divided by.
CHIP_PX: Final = 150
_MEAN: Final = np.array((122.782, 117.001, 104.298), np.float32)
_RANGE: Final = 256.0
NUMBERS: Final = 128
# Levels from the picture on: channels, residual blocks, and the stride of the first.
_STEM: Final = 32
_LEVELS: Final = ((32, 3, 1), (64, 4, 2), (128, 3, 2), (256, 3, 2), (256, 1, 2))
# Opset 13 with this version of the file format is read by every onnxruntime that is allowed.
_OPSET, _IR_VERSION = 13, 8


class _Weights:
    """dlib's serialised tensors, in the order of the layers from the picture on."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def take(self, *shape: int) -> NDArray[np.float32]:
        """The next tensor of this shape, flat. Raises ValueError where there is none."""
        head = b"".join(_number(one) for one in (2, *shape))
        start = self._content.index(head, self._at) + len(head)
        count = int(np.prod(shape))
        self._at = start + 4 * count
        return np.frombuffer(self._content, "<f4", count, start)


def _number(value: int) -> bytes:
    """As dlib packs an integer: how many bytes, then these, the least first."""
    body = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "little")
    return bytes([len(body)]) + body


class _Graph:
    """An ONNX graph that grows node by node; every value has the name of what made it."""

    def __init__(self, weights: _Weights) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, kind: str, *given: str, **how: Any) -> str:
        """A node; the name of what it gives."""
        from onnx import helper

        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(given), [name], **how))
        return name

    def constant(self, values: NDArray[Any]) -> str:
        """Numbers that stay; their name."""
        from onnx import numpy_helper

        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def convolved(self, given: str, channels: tuple[int, int], kernel: int, stride: int) -> str:
        """A convolution with the scale and offset that follow it."""
        ins, outs = channels
        filters = self.weights.take(ins * outs * kernel * kernel + outs, 1, 1, 1)
        scale, offset = np.split(self.weights.take(2 * outs, 1, 1, 1), 2)
        kernels = filters[:-outs].reshape(outs, ins, kernel, kernel) * scale[:, None, None, None]
        bias = filters[-outs:] * scale + offset
        # dlib pads what it does not shrink.
        pads = [kernel // 2 if stride == 1 else 0] * 4
        names = (self.constant(kernels), self.constant(bias))
        return self.add("Conv", given, *names, strides=[stride] * 2, pads=pads)

    def padded(self, given: str, channels: int, pixels: int) -> str:
        """With so many more channels, rows and columns of zeros: dlib adds what differs in size like this."""
        if not channels and not pixels:
            return given
        ends = np.array((0, 0, 0, 0, 0, channels, pixels, pixels), np.int64)
        return self.add("Pad", given, self.constant(ends))

    def block(self, given: str, channels: tuple[int, int], stride: int, side: int) -> tuple[str, int]:
        """A residual block; what it gives and the pixels along its edge."""
        ins, outs = channels
        inner = self.add("Relu", self.convolved(given, (ins, outs), 3, stride))
        found = self.convolved(inner, (outs, outs), 3, 1)
        if stride == 2:
            given = self.add("AveragePool", given, kernel_shape=[2, 2], strides=[2, 2])
            pooled, shrunk = side // 2, (side - 3) // 2 + 1
            side = max(pooled, shrunk)
            given, found = (
                self.padded(given, outs - ins, side - pooled),
                self.padded(found, 0, side - shrunk),
            )
        return self.add("Relu", self.add("Add", given, found)), side


def onnx_model(content: bytes) -> bytes:
    """dlib's file as an ONNX model: "chips" (n, 3, 150, 150) float32 to (n, 128). Raises ValueError."""
    from onnx import TensorProto, helper

    graph = _Graph(_Weights(content))
    seen = graph.add("Relu", graph.convolved("chips", (3, _STEM), 7, 2))
    seen = graph.add("MaxPool", seen, kernel_shape=[3, 3], strides=[2, 2])
    side, channels = ((CHIP_PX - 7) // 2 + 1 - 3) // 2 + 1, _STEM
    for wide, blocks, first in _LEVELS:
        for index in range(blocks):
            stride = first if index == 0 else 1
            seen, side = graph.block(seen, (channels, wide), stride, side)
            channels = wide
    flat = graph.add("Flatten", graph.add("GlobalAveragePool", seen))
    last = graph.constant(graph.weights.take(channels, NUMBERS, 1, 1).reshape(channels, NUMBERS))
    out = graph.add("MatMul", flat, last)
    ends = (
        [helper.make_tensor_value_info("chips", TensorProto.FLOAT, ["n", 3, CHIP_PX, CHIP_PX])],
        [helper.make_tensor_value_info(out, TensorProto.FLOAT, ["n", NUMBERS])],
    )
    made = helper.make_graph(graph.nodes, "dlib-resnet-v1", *ends, graph.constants)
    opsets = [helper.make_opsetid("", _OPSET)]
    model: bytes = helper.make_model(made, opset_imports=opsets, ir_version=_IR_VERSION).SerializeToString()
    return model


class FaceNetwork:
    """The network of dlib's file, ready. Raises EngineError `model_changed` for any other file."""

    def __init__(self, file: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # One thread: it is a hundredth of a second's work, and the same numbers on any number of cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            made = onnx_model(file.read_bytes())
        except ValueError as error:
            raise EngineError("model_changed", model=file.stem, file=file.name) from error
        self._session = onnxruntime.InferenceSession(made, options, providers=["CPUExecutionProvider"])

    def describe(self, chips: list[SRGB8]) -> NDArray[np.float32]:
        """(n, 128) of aligned faces (150, 150, 3) uint8 sRGB."""
        planes = ((np.stack(chips).astype(np.float32) - _MEAN) / _RANGE).transpose(0, 3, 1, 2)
        found: NDArray[np.float32] = self._session.run(None, {"chips": np.ascontiguousarray(planes)})[0]
        return found
