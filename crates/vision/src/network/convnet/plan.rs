//! An ONNX graph as a list of fused steps. What is not known here gives no plan, and `rten` runs it.

use std::collections::HashMap;

use prost::Message as _;

use super::layers::{Activation, Depthwise, Matrix, PANEL, Padding};
use crate::onnx_fold::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};

pub(super) enum Operation {
    Pointwise(Matrix, Activation),
    /// A convolution over a neighbourhood and all channels.
    Conv2d {
        matrix: Matrix,
        kernel: (usize, usize),
        stride: usize,
        padding: Padding,
        activation: Activation,
    },
    Depthwise(Depthwise, Activation),
    /// A fully connected layer on flat numbers.
    Gemm(Matrix),
    BatchNorm {
        scale: Vec<f32>,
        shift: Vec<f32>,
    },
    Activate(Activation),
    Add,
    Multiply,
    AddNumber(f32),
    MultiplyNumber(f32),
    MaxPool2x2,
    UpsampleNearest2x,
    GlobalAveragePool,
    Sigmoid,
    /// Channels last, which they are already: only remembered for the flattening after it.
    TransposeNhwc,
    Flatten,
}

const NO_PADDING: Padding = Padding { before: 0, after: 0 };

pub(super) struct Step {
    pub(super) operation: Operation,
    pub(super) inputs: Vec<usize>,
    pub(super) output: usize,
}

pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) values: usize,
    pub(super) input: usize,
    pub(super) outputs: Vec<usize>,
}

/// None when the graph holds anything that is not known here.
pub(super) fn plan(model: &[u8], outputs: &[&str]) -> Option<Plan> {
    let graph = ModelProto::decode(model).ok()?.graph?;
    let mut planner = Planner::of(&graph)?;
    let mut index = 0;
    while index < graph.node.len() {
        if !planner.done[index] {
            planner.add(index)?;
        }
        index += 1;
    }
    let outputs =
        outputs.iter().map(|name| planner.values.get(*name).copied()).collect::<Option<_>>()?;
    let input = *planner.values.get(graph.input.first()?.name.as_deref()?)?;
    Some(Plan { steps: planner.steps, values: planner.values.len(), input, outputs })
}

struct Planner<'a> {
    graph: &'a GraphProto,
    constants: HashMap<&'a str, &'a TensorProto>,
    readers: HashMap<&'a str, Vec<usize>>,
    values: HashMap<&'a str, usize>,
    done: Vec<bool>,
    steps: Vec<Step>,
}

impl<'a> Planner<'a> {
    fn of(graph: &'a GraphProto) -> Option<Planner<'a>> {
        let mut constants: HashMap<&str, &TensorProto> = HashMap::new();
        for tensor in &graph.initializer {
            constants.insert(tensor.name.as_deref()?, tensor);
        }
        let mut readers: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, node) in graph.node.iter().enumerate() {
            if let ("Constant", Some(tensor)) =
                (kind(node), attribute(node, "value").and_then(|value| value.t.as_ref()))
            {
                constants.insert(node.output.first()?, tensor);
            }
            for input in &node.input {
                readers.entry(input).or_default().push(index);
            }
        }
        let mut values = HashMap::new();
        values.insert(graph.input.first()?.name.as_deref()?, 0);
        let done = vec![false; graph.node.len()];
        Some(Planner { graph, constants, readers, values, done, steps: Vec::new() })
    }

    fn add(&mut self, index: usize) -> Option<()> {
        let node = &self.graph.node[index];
        self.done[index] = true;
        let operation = match kind(node) {
            // They compute the shape of a flattening, which is known without them.
            "Constant" | "Shape" | "Gather" | "Unsqueeze" | "Concat" => return Some(()),
            "Conv" => return self.convolution(node),
            "Gemm" => self.connected(node)?,
            "MatMul" => self.product(node)?,
            "BatchNormalization" => {
                let (scale, shift) = self.normalisation(node)?;
                Operation::BatchNorm { scale, shift }
            }
            "Relu" => Operation::Activate(Activation::Relu),
            "Clip" => Operation::Activate(self.clip(node)?),
            "PRelu" => Operation::Activate(Activation::PRelu(self.floats(node.input.get(1)?)?)),
            "Add" if self.is_value(node, 1) => Operation::Add,
            "Mul" if self.is_value(node, 1) => Operation::Multiply,
            "Mul" => Operation::MultiplyNumber(self.number(node)?),
            "Sub" => Operation::AddNumber(-self.number(node)?),
            "MaxPool" => {
                let halves =
                    ints(node, "kernel_shape")? == [2, 2] && ints(node, "strides")? == [2, 2];
                let unpadded =
                    ints(node, "pads").is_none_or(|pads| pads.iter().all(|pad| *pad == 0));
                (halves && unpadded).then_some(Operation::MaxPool2x2)?
            }
            "Resize" => self.doubling(node)?,
            "GlobalAveragePool" => Operation::GlobalAveragePool,
            "Sigmoid" => Operation::Sigmoid,
            "Transpose" => {
                (ints(node, "perm")? == [0, 2, 3, 1]).then_some(Operation::TransposeNhwc)?
            }
            "Reshape" | "Flatten" => Operation::Flatten,
            _ => return None,
        };
        self.push(node, operation, node.output.first()?)
    }

    fn push(&mut self, node: &'a NodeProto, operation: Operation, output: &'a str) -> Option<()> {
        let inputs = node
            .input
            .iter()
            .filter(|name| !self.constants.contains_key(name.as_str()))
            .filter_map(|name| self.values.get(name.as_str()).copied())
            .collect::<Vec<_>>();
        let wanted = if matches!(operation, Operation::Add | Operation::Multiply) { 2 } else { 1 };
        if inputs.len() != wanted {
            return None;
        }
        let next = self.values.len();
        self.values.insert(output, next);
        self.steps.push(Step { operation, inputs, output: next });
        Some(())
    }

    fn convolution(&mut self, node: &'a NodeProto) -> Option<()> {
        let weight = self.constants.get(node.input.get(1)?.as_str())?;
        let dims: Vec<usize> = weight.dims.iter().map(|dim| *dim as usize).collect();
        let [outputs, inputs, rows, columns] = dims[..] else { return None };
        let mut weights = floats_of(weight)?;
        let count = dims.iter().try_fold(1_usize, |count, dim| count.checked_mul(*dim))?;
        if weights.len() != count {
            return None;
        }
        let mut bias = match node.input.get(2).filter(|name| !name.is_empty()) {
            Some(name) => self.floats(name)?,
            None => vec![0.0; outputs],
        };
        let mut output = node.output.first()?.as_str();
        if let Some(next) = self.only_reader(output, "BatchNormalization") {
            let (scale, shift) = self.normalisation(&self.graph.node[next])?;
            for (channel, taps) in weights.chunks_exact_mut(inputs * rows * columns).enumerate() {
                taps.iter_mut().for_each(|tap| *tap *= scale[channel]);
                bias[channel] = bias[channel] * scale[channel] + shift[channel];
            }
            output = self.absorb(next)?;
        }
        let mut activation = Activation::None;
        if let Some(next) = self.only_reader(output, "Relu") {
            activation = Activation::Relu;
            output = self.absorb(next)?;
        } else if let Some(next) = self.only_reader(output, "Clip") {
            activation = self.clip(&self.graph.node[next])?;
            output = self.absorb(next)?;
        } else if let Some(next) = self.only_reader(output, "PRelu") {
            let mut slopes = self.floats(self.graph.node[next].input.get(1)?)?;
            slopes.resize(outputs.next_multiple_of(PANEL), 0.0);
            activation = Activation::PRelu(slopes);
            output = self.absorb(next)?;
        }
        let (stride, padding) = (same(node, "strides", 1)?, padding(node)?);
        if same(node, "dilations", 1)? != 1 {
            return None;
        }
        let group = attribute(node, "group").and_then(|group| group.i).unwrap_or(1);
        let operation = if group == 1 {
            let matrix = Matrix::of_convolution(&weights, bias, dims[..].try_into().ok()?);
            if (rows, columns, stride, padding) == (1, 1, 1, NO_PADDING) {
                Operation::Pointwise(matrix, activation)
            } else {
                Operation::Conv2d { matrix, kernel: (rows, columns), stride, padding, activation }
            }
        } else if inputs == 1 && group as usize == outputs {
            Operation::Depthwise(
                Depthwise::of(&weights, bias, outputs, (rows, columns), stride, padding),
                activation,
            )
        } else {
            return None;
        };
        self.push(node, operation, output)
    }

    // Between 0 and 6: the bounds are inputs since opset 11, attributes before.
    fn clip(&self, node: &NodeProto) -> Option<Activation> {
        let bound = |index: usize, name| match node.input.get(index) {
            Some(input) => match self.floats(input)?[..] {
                [bound] => Some(bound),
                _ => None,
            },
            None => attribute(node, name)?.f,
        };
        (bound(1, "min")? == 0.0 && bound(2, "max")? == 6.0).then_some(Activation::Relu6)
    }

    // Gemm with the weight transposed, as every exporter of these networks writes it.
    fn connected(&self, node: &NodeProto) -> Option<Operation> {
        let one = |name| attribute(node, name).and_then(|value| value.f).unwrap_or(1.0) == 1.0;
        let transposed = attribute(node, "transB").and_then(|value| value.i) == Some(1);
        let weight = self.constants.get(node.input.get(1)?.as_str())?;
        let [outputs, inputs] = weight.dims[..] else { return None };
        if !transposed || !one("alpha") || !one("beta") {
            return None;
        }
        let bias = self.floats(node.input.get(2)?)?;
        let dims = [outputs as usize, inputs as usize, 1, 1];
        Some(Operation::Gemm(Matrix::of_convolution(&floats_of(weight)?, bias, dims)))
    }

    fn product(&self, node: &NodeProto) -> Option<Operation> {
        let weight = self.constants.get(node.input.get(1)?.as_str())?;
        let [inputs, outputs] = weight.dims[..] else { return None };
        let (inputs, outputs) = (inputs as usize, outputs as usize);
        let values = floats_of(weight)?;
        let turned: Vec<f32> = (0..outputs)
            .flat_map(|n| (0..inputs).map(move |k| (n, k)))
            .map(|(n, k)| values[k * outputs + n])
            .collect();
        let dims = [outputs, inputs, 1, 1];
        Some(Operation::Gemm(Matrix::of_convolution(&turned, vec![0.0; outputs], dims)))
    }

    // y = x * scale + shift.
    fn normalisation(&self, node: &NodeProto) -> Option<(Vec<f32>, Vec<f32>)> {
        let epsilon = attribute(node, "epsilon").and_then(|value| value.f).unwrap_or(1e-5);
        let part = |index: usize| self.floats(node.input.get(index)?);
        let (gamma, beta, mean, variance) = (part(1)?, part(2)?, part(3)?, part(4)?);
        let scale: Vec<f32> = gamma
            .iter()
            .zip(&variance)
            .map(|(gamma, variance)| {
                (f64::from(*gamma) / (f64::from(*variance) + f64::from(epsilon)).sqrt()) as f32
            })
            .collect();
        let shift = beta.iter().zip(mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
        Some((scale, shift))
    }

    fn doubling(&self, node: &NodeProto) -> Option<Operation> {
        let text = |name| attribute(node, name).and_then(|value| value.s.as_deref());
        let scales = self.floats(node.input.get(2)?)?;
        let nearest = text("mode").is_none_or(|mode| mode == b"nearest");
        // With a factor of two every rounding that exporters use picks the same source pixel.
        (nearest && scales == [1.0, 1.0, 2.0, 2.0]).then_some(Operation::UpsampleNearest2x)
    }

    fn only_reader(&self, value: &str, wanted: &str) -> Option<usize> {
        let [reader] = self.readers.get(value)?[..] else { return None };
        let is_output = self.graph.output.iter().any(|out| out.name.as_deref() == Some(value));
        let node = &self.graph.node[reader];
        let first = node.input.first().is_some_and(|input| input == value);
        (kind(node) == wanted && first && !is_output).then_some(reader)
    }

    fn absorb(&mut self, index: usize) -> Option<&'a str> {
        self.done[index] = true;
        let graph = self.graph;
        graph.node[index].output.first().map(String::as_str)
    }

    fn is_value(&self, node: &NodeProto, index: usize) -> bool {
        node.input.get(index).is_some_and(|name| !self.constants.contains_key(name.as_str()))
    }

    fn number(&self, node: &NodeProto) -> Option<f32> {
        let values = self.floats(node.input.get(1)?)?;
        (values.len() == 1).then(|| values[0])
    }

    fn floats(&self, name: &str) -> Option<Vec<f32>> {
        floats_of(self.constants.get(name)?)
    }
}

fn kind(node: &NodeProto) -> &str {
    node.op_type.as_deref().unwrap_or_default()
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
}

fn ints<'a>(node: &'a NodeProto, name: &str) -> Option<&'a [i64]> {
    Some(&attribute(node, name)?.ints)
}

// The one number that all entries of an attribute are.
fn same(node: &NodeProto, name: &str, default: usize) -> Option<usize> {
    let Some(values) = ints(node, name) else { return Some(default) };
    let first = *values.first()?;
    values.iter().all(|value| *value == first).then_some(usize::try_from(first).ok()?)
}

// Top, left, bottom and right, as far as height and width are padded alike.
fn padding(node: &NodeProto) -> Option<Padding> {
    let Some(pads) = ints(node, "pads") else { return Some(NO_PADDING) };
    let [top, left, bottom, right] = *pads else { return None };
    let side = |pad: i64| usize::try_from(pad).ok();
    (top == left && bottom == right).then_some(Padding { before: side(top)?, after: side(bottom)? })
}

fn floats_of(tensor: &TensorProto) -> Option<Vec<f32>> {
    crate::onnx_fold::float_values(tensor)
}
