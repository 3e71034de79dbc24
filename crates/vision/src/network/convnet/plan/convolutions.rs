//! Convolutions, with what follows them in the same step: normalisation, bias and activation.

use super::super::layers::{Activation, Depthwise, Matrix, PANEL, Padding};
use super::nodes::{attribute, floats_of, ints, kind, same, text};
use super::{Operation, Planner};
use crate::onnx_fold::proto::NodeProto;

impl<'a> Planner<'a> {
    pub(super) fn convolution(&mut self, node: &'a NodeProto) -> Option<()> {
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
        if let Some(next) = self.only_reader(output, "Add")
            && let Some(more) = self.bias_after(next, outputs)
        {
            bias.iter_mut().zip(more).for_each(|(bias, more)| *bias += more);
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
        } else if let Some(nodes) = self.gelu_after(output) {
            activation = Activation::Gelu;
            for next in nodes {
                output = self.absorb(next)?;
            }
        }
        let (stride, padding) = (strides(node)?, padding(node, (rows, columns))?);
        if same(node, "dilations", 1)? != 1 {
            return None;
        }
        let group = attribute(node, "group").and_then(|group| group.i).unwrap_or(1);
        let operation = if group == 1 {
            let matrix = Matrix::of_convolution(&weights, bias, dims[..].try_into().ok()?);
            if (rows, columns, stride, padding) == (1, 1, (1, 1), Padding::default()) {
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

    // A number for each channel that a node adds.
    fn bias_after(&self, index: usize, channels: usize) -> Option<Vec<f32>> {
        let tensor = self.constants.get(self.graph.node[index].input.get(1)?.as_str())?;
        let is_per_channel = tensor.dims == [1, channels as i64, 1, 1];
        is_per_channel.then(|| floats_of(tensor)).flatten().filter(|bias| bias.len() == channels)
    }

    // x * (1 + erf(x / sqrt 2)) * 0.5, as exporters write it: the nodes in their order.
    fn gelu_after(&self, value: &str) -> Option<[usize; 5]> {
        let [divided, multiplied] = self.readers.get(value)?[..] else { return None };
        let output = |index: usize| self.graph.node[index].output.first().map(String::as_str);
        let number = |index: usize, wanted: f32| {
            let node = &self.graph.node[index];
            self.number(node).is_some_and(|number| (number - wanted).abs() < 1e-6)
        };
        let erf = self.only_reader(output(divided)?, "Erf")?;
        let plus_one = self.only_reader(output(erf)?, "Add")?;
        let product = &self.graph.node[multiplied];
        let by_it = product.input.first().map(String::as_str) == Some(value)
            && product.input.get(1).map(String::as_str) == output(plus_one);
        let is_halved = self.only_reader(output(multiplied)?, "Mul")?;
        let is_gelu = kind(&self.graph.node[divided]) == "Div"
            && kind(product) == "Mul"
            && by_it
            && number(divided, std::f32::consts::SQRT_2)
            && number(plus_one, 1.0)
            && number(is_halved, 0.5);
        is_gelu.then_some([divided, erf, plus_one, multiplied, is_halved])
    }

    // Between 0 and 6: the bounds are inputs since opset 11, attributes before.
    pub(super) fn clip(&self, node: &NodeProto) -> Option<Activation> {
        let bound = |index: usize, name| match node.input.get(index) {
            Some(input) => match self.floats(input)?[..] {
                [bound] => Some(bound),
                _ => None,
            },
            None => attribute(node, name)?.f,
        };
        (bound(1, "min")? == 0.0 && bound(2, "max")? == 6.0).then_some(Activation::Relu6)
    }
}

fn strides(node: &NodeProto) -> Option<(usize, usize)> {
    let Some(strides) = ints(node, "strides") else { return Some((1, 1)) };
    let [down, across] = *strides else { return None };
    Some((usize::try_from(down).ok()?, usize::try_from(across).ok()?))
}

// Top, left, bottom and right, as far as height and width are padded alike.
fn padding(node: &NodeProto, kernel: (usize, usize)) -> Option<Padding> {
    match text(node, "auto_pad") {
        None | Some(b"NOTSET") => {}
        // The map keeps its size, and the odd zero is below and to the right.
        Some(b"SAME_UPPER") if kernel.0 == kernel.1 && strides(node)? == (1, 1) => {
            let zeros = kernel.0.checked_sub(1)?;
            return Some(Padding { before: zeros / 2, after: zeros - zeros / 2 });
        }
        Some(_) => return None,
    }
    let Some(pads) = ints(node, "pads") else { return Some(Padding::default()) };
    let [top, left, bottom, right] = *pads else { return None };
    let side = |pad: i64| usize::try_from(pad).ok();
    (top == left && bottom == right).then_some(Padding { before: side(top)?, after: side(bottom)? })
}
