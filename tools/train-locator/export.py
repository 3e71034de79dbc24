"""The trained network as ONNX: batch norms folded, weights in f32, operators that both runtimes of
`verax-vision` know."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn


class Graph:
    def __init__(self):
        self.nodes, self.weights, self.count = [], [], 0

    def add(self, operator, inputs, output=None, **attributes):
        self.count += 1
        output = output or f"v{self.count}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, name, values):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def convolution(self, source, convolution, norm=None, scale=None, shift=None):
        weight = convolution.weight.detach().double().numpy()
        bias = np.zeros(weight.shape[0]) if convolution.bias is None \
            else convolution.bias.detach().double().numpy()
        if norm is not None:
            gain = norm.weight.detach().double().numpy() / np.sqrt(
                norm.running_var.double().numpy() + norm.eps)
            bias = (bias - norm.running_mean.double().numpy()) * gain \
                + norm.bias.detach().double().numpy()
            weight = weight * gain[:, None, None, None]
        name = f"c{self.count}"
        k, stride = convolution.kernel_size[0], convolution.stride[0]
        return self.add(
            "Conv",
            [source, self.constant(name + "_weight", weight.astype(np.float32)),
             self.constant(name + "_bias", bias.astype(np.float32))],
            kernel_shape=[k, k], strides=[stride, stride], pads=[k // 2] * 4,
            dilations=[1, 1], group=1)

    def block(self, source, block):
        return self.add("Relu", [self.convolution(source, block[0], block[1])])


def write(model: nn.Module, path):
    graph = Graph()
    scaled = graph.add("Mul", ["pixels", graph.constant("scale", np.float32(1 / 127.5))])
    value = graph.add("Sub", [scaled, graph.constant("shift", np.float32(1.0))])
    skips = []
    for stage in model.down:
        for block in stage:
            value = graph.block(value, block)
        skips.append(value)
    skips.pop()
    empty = graph.constant("roi", np.zeros(0, np.float32))
    twice = graph.constant("twice", np.float32([1, 1, 2, 2]))
    for narrow, up in zip(model.narrow, model.up):
        value = graph.convolution(value, narrow)
        value = graph.add("Resize", [value, empty, twice], mode="nearest",
                          coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        value = graph.block(graph.add("Add", [value, skips.pop()]), up)
    graph.add("Sigmoid", [graph.convolution(value, model.head)], "document")
    onnx_graph = helper.make_graph(
        graph.nodes, "locator",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("document", TensorProto.FLOAT, [1, 1, "rows", "columns"])],
        graph.weights)
    onnx_model = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", 13)],
                                   producer_name="tools/train-locator")
    onnx_model.ir_version = 8
    onnx.checker.check_model(onnx_model)
    onnx.save(onnx_model, path)
