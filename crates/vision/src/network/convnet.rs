//! A runtime for the small convolutional networks here: channels last, bias and activation fused
//! into the product. It is used where the processor has AVX2 and FMA and the plan knows every node;
//! `rten` is the other way, and the check of the first.

mod kernels;
mod layers;
mod plan;

use super::tensor::NchwTensor;
use layers::{Activation, Depthwise, Matrix, Padding};
use plan::{Operation, Plan, plan};

pub(super) struct ConvNet {
    plan: Plan,
}

// Pixels in rows, each pixel its channels. Flat numbers are one pixel.
struct Map {
    height: usize,
    width: usize,
    channels: usize,
    channels_last: bool,
    values: Vec<f32>,
}

impl ConvNet {
    /// None when the processor or a node of the model is not one that is known here.
    pub(super) fn load(model: &[u8], outputs: &[&str]) -> Option<ConvNet> {
        if !kernels::supported() {
            return None;
        }
        plan(model, outputs).map(|plan| ConvNet { plan })
    }

    /// None when a shape is not what a node can take.
    pub(super) fn run(&self, planes: &NchwTensor) -> Option<Vec<Vec<f32>>> {
        let mut values: Vec<Option<Map>> = (0..self.plan.values).map(|_| None).collect();
        values[self.plan.input] = Some(Map::of_planes(planes));
        let mut readers_left = vec![0_usize; self.plan.values];
        let reads = self.plan.steps.iter().flat_map(|step| &step.inputs).chain(&self.plan.outputs);
        for input in reads {
            readers_left[*input] += 1;
        }
        for step in &self.plan.steps {
            let made = {
                let first = values[step.inputs[0]].as_ref()?;
                let second = step.inputs.get(1).and_then(|input| values[*input].as_ref());
                run_step(&step.operation, first, second)?
            };
            for input in &step.inputs {
                readers_left[*input] -= 1;
                if readers_left[*input] == 0 {
                    values[*input] = None;
                }
            }
            values[step.output] = Some(made);
        }
        self.plan.outputs.iter().map(|output| Some(values[*output].take()?.flat())).collect()
    }
}

impl Map {
    fn of_planes(planes: &NchwTensor) -> Map {
        let plane = planes.width * planes.height;
        let mut values = Vec::with_capacity(3 * plane);
        for pixel in 0..plane {
            values.extend([0, 1, 2].map(|channel| planes.values[channel * plane + pixel]));
        }
        let (height, width) = (planes.height, planes.width);
        Map { height, width, channels: 3, channels_last: false, values }
    }

    fn like(&self, values: Vec<f32>) -> Map {
        let Map { height, width, channels, channels_last, .. } = *self;
        Map { height, width, channels, channels_last, values }
    }

    fn sized(height: usize, width: usize, channels: usize) -> Map {
        let values = vec![0.0; height * width * channels];
        Map { height, width, channels, channels_last: false, values }
    }

    // In the order of the ONNX graph: channels first, unless the graph has moved them.
    fn flat(&self) -> Vec<f32> {
        let pixels = self.height * self.width;
        if self.channels_last || pixels == 1 {
            return self.values.clone();
        }
        let mut flat = Vec::with_capacity(self.values.len());
        for channel in 0..self.channels {
            flat.extend((0..pixels).map(|pixel| self.values[pixel * self.channels + channel]));
        }
        flat
    }
}

fn run_step(operation: &Operation, input: &Map, second: Option<&Map>) -> Option<Map> {
    Some(match operation {
        Operation::Pointwise(matrix, activation) => {
            if input.channels != matrix.inputs {
                return None;
            }
            let mut out = Map::sized(input.height, input.width, matrix.outputs);
            multiply(&input.values, matrix, activation, &mut out.values);
            out
        }
        Operation::Conv2d { matrix, kernel, stride, padding, activation } => {
            dense(input, matrix, *kernel, *stride, *padding, activation)?
        }
        Operation::Depthwise(layer, activation) => {
            let height = outer(input.height, layer.kernel.0, layer.stride, layer.padding)?;
            let width = outer(input.width, layer.kernel.1, layer.stride, layer.padding)?;
            if input.channels != layer.channels {
                return None;
            }
            let mut out = Map::sized(height, width, layer.channels);
            depthwise(input, layer, activation, &mut out);
            out
        }
        Operation::Gemm(matrix) => {
            if input.values.len() != matrix.inputs {
                return None;
            }
            let mut out = Map::sized(1, 1, matrix.outputs);
            multiply(&input.values, matrix, &Activation::None, &mut out.values);
            out
        }
        Operation::BatchNorm { scale, shift } => {
            if scale.len() != input.channels || shift.len() != input.channels {
                return None;
            }
            per_channel(input, |channel, value| value * scale[channel] + shift[channel])
        }
        Operation::Activate(Activation::PRelu(slopes)) => {
            if slopes.len() < input.channels {
                return None;
            }
            per_channel(
                input,
                |channel, value| {
                    if value < 0.0 { value * slopes[channel] } else { value }
                },
            )
        }
        Operation::Activate(Activation::Relu) => per_channel(input, |_, value| value.max(0.0)),
        Operation::Activate(Activation::Relu6) => {
            per_channel(input, |_, value| value.clamp(0.0, 6.0))
        }
        Operation::Activate(Activation::None) => per_channel(input, |_, value| value),
        Operation::Add => {
            let second = second.filter(|second| second.values.len() == input.values.len())?;
            let sums = input.values.iter().zip(&second.values).map(|(a, b)| a + b);
            input.like(sums.collect())
        }
        Operation::Multiply => {
            let second = second?;
            let (map, factors) =
                if second.height * second.width == 1 { (input, second) } else { (second, input) };
            if factors.values.len() != map.channels {
                return None;
            }
            per_channel(map, |channel, value| value * factors.values[channel])
        }
        Operation::AddNumber(number) => per_channel(input, |_, value| value + number),
        Operation::MultiplyNumber(number) => per_channel(input, |_, value| value * number),
        Operation::MaxPool2x2 => halve_by_maximum(input),
        Operation::UpsampleNearest2x => double_by_nearest(input),
        Operation::GlobalAveragePool => mean_of_pixels(input),
        Operation::Sigmoid => per_channel(input, |_, value| 1.0 / (1.0 + (-value).exp())),
        Operation::TransposeNhwc => {
            let mut out = input.like(input.values.clone());
            out.channels_last = true;
            out
        }
        Operation::Flatten => {
            let values = input.flat();
            Map { height: 1, width: 1, channels: values.len(), channels_last: true, values }
        }
    })
}

fn outer(side: usize, kernel: usize, stride: usize, padding: Padding) -> Option<usize> {
    let padded = padding.before.checked_add(padding.after)?.checked_add(side)?;
    Some(padded.checked_sub(kernel)?.checked_div(stride)? + 1)
}

fn dense(
    input: &Map,
    matrix: &Matrix,
    kernel: (usize, usize),
    stride: usize,
    padding: Padding,
    activation: &Activation,
) -> Option<Map> {
    let height = outer(input.height, kernel.0, stride, padding)?;
    let width = outer(input.width, kernel.1, stride, padding)?;
    let (channels, before) = (input.channels, padding.before);
    if channels * kernel.0 * kernel.1 != matrix.inputs {
        return None;
    }
    let mut out = Map::sized(height, width, matrix.outputs);
    // The neighbourhoods of one row of pixels, side by side.
    let mut around = vec![0.0; width * matrix.inputs];
    for (y, row) in out.values.chunks_exact_mut(width * matrix.outputs).enumerate() {
        for (x, pixel) in around.chunks_exact_mut(matrix.inputs).enumerate() {
            for (tap, place) in pixel.chunks_exact_mut(channels).enumerate() {
                let (dy, dx) = (tap / kernel.1, tap % kernel.1);
                let source_y =
                    (y * stride + dy).checked_sub(before).filter(|at| *at < input.height);
                let source_x = (x * stride + dx).checked_sub(before).filter(|at| *at < input.width);
                match source_y.zip(source_x) {
                    Some((source_y, source_x)) => {
                        let from = (source_y * input.width + source_x) * channels;
                        place.copy_from_slice(&input.values[from..from + channels]);
                    }
                    None => place.fill(0.0),
                }
            }
        }
        multiply(&around, matrix, activation, row);
    }
    Some(out)
}

fn per_channel(input: &Map, change: impl Fn(usize, f32) -> f32) -> Map {
    let mut values = Vec::with_capacity(input.values.len());
    for pixel in input.values.chunks_exact(input.channels.max(1)) {
        values.extend(pixel.iter().enumerate().map(|(channel, value)| change(channel, *value)));
    }
    input.like(values)
}

fn halve_by_maximum(input: &Map) -> Map {
    let (height, width, channels) = (input.height / 2, input.width / 2, input.channels);
    let mut out = Map::sized(height, width, channels);
    for (at, pixel) in out.values.chunks_exact_mut(channels).enumerate() {
        let corner = (at / width * 2) * input.width + at % width * 2;
        let four = [corner, corner + 1, corner + input.width, corner + input.width + 1];
        let [a, b, c, d] = four.map(|from| &input.values[from * channels..(from + 1) * channels]);
        for (place, (((a, b), c), d)) in pixel.iter_mut().zip(a.iter().zip(b).zip(c).zip(d)) {
            *place = a.max(*b).max(c.max(*d));
        }
    }
    out
}

fn double_by_nearest(input: &Map) -> Map {
    let (height, width, channels) = (input.height * 2, input.width * 2, input.channels);
    let mut out = Map::sized(height, width, channels);
    for (at, pixel) in out.values.chunks_exact_mut(channels).enumerate() {
        let from = (at / width / 2 * input.width + at % width / 2) * channels;
        pixel.copy_from_slice(&input.values[from..from + channels]);
    }
    out
}

fn mean_of_pixels(input: &Map) -> Map {
    let mut out = Map::sized(1, 1, input.channels);
    for pixel in input.values.chunks_exact(input.channels) {
        for (sum, value) in out.values.iter_mut().zip(pixel) {
            *sum += value;
        }
    }
    let pixels = (input.height * input.width) as f32;
    out.values.iter_mut().for_each(|sum| *sum /= pixels);
    out
}

#[expect(unsafe_code, reason = "the kernel needs AVX2 and FMA, which `load` has looked for")]
fn multiply(input: &[f32], matrix: &Matrix, activation: &Activation, out: &mut [f32]) {
    // SAFETY: a `ConvNet` exists only where `kernels::supported` said yes.
    unsafe { kernels::multiply(input, matrix, activation, out) }
}

#[expect(unsafe_code, reason = "the kernel needs AVX2 and FMA, which `load` has looked for")]
fn depthwise(input: &Map, layer: &Depthwise, activation: &Activation, out: &mut Map) {
    let size = (input.height, input.width);
    for (y, row) in out.values.chunks_exact_mut(out.width * out.channels).enumerate() {
        // SAFETY: a `ConvNet` exists only where `kernels::supported` said yes.
        unsafe { kernels::depthwise_row(&input.values, size, layer, activation, y, row) }
    }
}
