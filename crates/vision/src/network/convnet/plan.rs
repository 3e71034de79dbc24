//! An ONNX graph, or its first nodes, as a list of fused steps. `rten` runs what is not known here.

mod convolutions;
pub(super) mod nodes;

use std::collections::{BTreeSet, HashMap};

use prost::Message as _;

use super::layers::{Activation, Depthwise, Matrix, Padding};
use crate::onnx_fold::proto::{GraphProto, ModelProto, NodeProto, TensorProto};
use nodes::{attribute, floats_of, ints, kind, text, without_identities};

pub(super) enum Operation {
    Pointwise(Matrix, Activation),
    /// A convolution over a neighbourhood and all channels.
    Conv2d {
        matrix: Matrix,
        kernel: (usize, usize),
        stride: (usize, usize),
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
    HardSigmoid {
        alpha: f32,
        beta: f32,
    },
    /// With a stride of 1 nothing lies beyond the edge; with 2 the last row or column may be left out.
    MaxPool2x2 {
        stride: usize,
    },
    UpsampleNearest {
        factor: usize,
    },
    ConcatChannels,
    GlobalAveragePool,
    Sigmoid,
    /// Channels last, which they are already: only remembered for the flattening after it.
    TransposeNhwc,
    Flatten,
}

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
    /// The names of the outputs, where these are not the model's but what the rest of its nodes read.
    pub(super) boundary: Option<Vec<String>>,
}

/// Which nodes are taken.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    /// All that the outputs need.
    Whole,
    /// The first ones, as far as their values are maps.
    First,
}

/// None when the graph begins with what is not known here.
pub(super) fn plan(model: &[u8], outputs: &[&str]) -> Option<Plan> {
    let graph = ModelProto::decode(model).ok()?.graph?;
    let (graph, sources) = without_identities(graph);
    let source = |name: &&str| sources.get(*name).cloned().unwrap_or_else(|| (*name).to_owned());
    let outputs: Vec<String> = outputs.iter().map(source).collect();
    let whole = Planner::of(&graph, Extent::Whole)?.planned(&outputs);
    whole.or_else(|| Planner::of(&graph, Extent::First)?.planned(&outputs))
}

struct Planner<'a> {
    graph: &'a GraphProto,
    extent: Extent,
    constants: HashMap<&'a str, &'a TensorProto>,
    readers: HashMap<&'a str, Vec<usize>>,
    /// The values of steps, by their names. That of an absorbed node is none.
    values: HashMap<&'a str, usize>,
    /// Nodes that are steps or parts of steps.
    done: Vec<bool>,
    steps: Vec<Step>,
}

impl<'a> Planner<'a> {
    fn of(graph: &'a GraphProto, extent: Extent) -> Option<Planner<'a>> {
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
        Some(Planner { graph, extent, constants, readers, values, done, steps: Vec::new() })
    }

    fn planned(mut self, outputs: &[String]) -> Option<Plan> {
        for index in 0..self.graph.node.len() {
            if self.done[index] {
                continue;
            }
            let done = self.done.clone();
            if self.add(index).is_none() {
                if self.extent == Extent::Whole {
                    return None;
                }
                self.done = done;
            }
        }
        let boundary = match self.extent {
            Extent::Whole => None,
            Extent::First if self.steps.is_empty() => return None,
            Extent::First => Some(self.boundary(outputs)?),
        };
        let names = boundary.as_deref().unwrap_or(outputs);
        let outputs = names
            .iter()
            .map(|name| self.values.get(name.as_str()).copied())
            .collect::<Option<_>>()?;
        let input = *self.values.get(self.graph.input.first()?.name.as_deref()?)?;
        Some(Plan { values: self.values.len(), steps: self.steps, input, outputs, boundary })
    }

    /// The values that the nodes without a step read on the way to the outputs.
    fn boundary(&self, outputs: &[String]) -> Option<Vec<String>> {
        let nodes = self.graph.node.iter().enumerate();
        let makers: HashMap<&str, usize> = nodes
            .flat_map(|(index, node)| node.output.iter().map(move |name| (name.as_str(), index)))
            .collect();
        let mut wanted: Vec<&str> = outputs.iter().map(String::as_str).collect();
        let (mut boundary, mut seen) = (BTreeSet::new(), BTreeSet::new());
        while let Some(name) = wanted.pop() {
            if self.values.contains_key(name) {
                boundary.insert(name.to_owned());
            } else if !self.constants.contains_key(name) && !name.is_empty() && seen.insert(name) {
                let maker = *makers.get(name)?;
                wanted.extend(self.graph.node[maker].input.iter().map(String::as_str));
            }
        }
        Some(boundary.into_iter().collect())
    }

    fn add(&mut self, index: usize) -> Option<()> {
        let node = &self.graph.node[index];
        self.done[index] = true;
        let operation = match kind(node) {
            "Conv" => return self.convolution(node),
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
            "MaxPool" => pooling(node)?,
            "Resize" => self.enlarging(node)?,
            "GlobalAveragePool" => Operation::GlobalAveragePool,
            "ReduceMean" => {
                let of_pixels =
                    ints(node, "axes")? == [2, 3] && number_of(node, "keepdims") != Some(0);
                of_pixels.then_some(Operation::GlobalAveragePool)?
            }
            "Sigmoid" => Operation::Sigmoid,
            "HardSigmoid" => {
                let part =
                    |name, default| attribute(node, name).and_then(|a| a.f).unwrap_or(default);
                Operation::HardSigmoid { alpha: part("alpha", 0.2), beta: part("beta", 0.5) }
            }
            "Concat"
                if number_of(node, "axis") == Some(1)
                    && node.input.iter().all(|name| self.values.contains_key(name.as_str())) =>
            {
                Operation::ConcatChannels
            }
            _ if self.extent == Extent::First => return None,
            // They compute the shape of a flattening, which is known without them.
            "Constant" | "Shape" | "Gather" | "Unsqueeze" | "Concat" => return Some(()),
            "Gemm" => self.connected(node)?,
            "MatMul" => self.product(node)?,
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
        let wanted = match operation {
            Operation::Add | Operation::Multiply => 2,
            Operation::ConcatChannels => node.input.len(),
            _ => 1,
        };
        if inputs.len() != wanted {
            return None;
        }
        let next = self.values.len();
        self.values.insert(output, next);
        self.steps.push(Step { operation, inputs, output: next });
        Some(())
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

    fn enlarging(&self, node: &NodeProto) -> Option<Operation> {
        let scales = self.floats(node.input.get(2)?)?;
        let [1.0, 1.0, down, across] = scales[..] else { return None };
        let factor = down as usize;
        let is_nearest = text(node, "mode").is_none_or(|mode| mode == b"nearest");
        // With a factor of two every rounding that exporters use picks the same source pixel.
        let picks_same = factor == 2
            || text(node, "coordinate_transformation_mode") == Some(b"asymmetric")
                && text(node, "nearest_mode") == Some(b"floor");
        let is_whole = down == across && down == factor as f32 && factor > 1;
        (is_nearest && is_whole && picks_same).then_some(Operation::UpsampleNearest { factor })
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

fn number_of(node: &NodeProto, name: &str) -> Option<i64> {
    attribute(node, name)?.i
}

fn pooling(node: &NodeProto) -> Option<Operation> {
    if ints(node, "kernel_shape")? != [2, 2] {
        return None;
    }
    let is_unpadded = ints(node, "pads").is_none_or(|pads| pads.iter().all(|pad| *pad == 0));
    match (ints(node, "strides")?, text(node, "auto_pad")) {
        ([2, 2], None) if is_unpadded => Some(Operation::MaxPool2x2 { stride: 2 }),
        ([1, 1], Some(b"SAME_UPPER")) => Some(Operation::MaxPool2x2 { stride: 1 }),
        _ => None,
    }
}
