//! A runtime for the small convolutional networks here: channels last, bias and activation fused
//! into the product. It is used where the processor has AVX2 and FMA and the plan knows every node;
//! `rten` is the other way, and the check of the first.

pub(super) mod class_head;
mod kernels;
mod layers;
mod plan;

use super::buffers::Buffers;
use super::tensor::NchwTensor;
use layers::{Activation, Depthwise, Matrix, Padding};
use plan::{Operation, Plan, plan};

pub(super) struct ConvNet {
    plan: Plan,
}

/// What comes out: values with channels before rows and columns.
pub(super) struct Made {
    pub(super) shape: [usize; 4],
    pub(super) values: Vec<f32>,
}

// Pixels in rows, each pixel its channels. Flat numbers are one pixel.
struct Map {
    height: usize,
    width: usize,
    channels: usize,
    channels_last: bool,
    values: Vec<f32>,
}

impl Buffers {
    fn map(&mut self, height: usize, width: usize, channels: usize) -> Map {
        let values = self.take(height * width * channels);
        Map { height, width, channels, channels_last: false, values }
    }

    fn like(&mut self, map: &Map) -> Map {
        let Map { height, width, channels, channels_last, .. } = *map;
        let values = self.take(map.values.len());
        Map { height, width, channels, channels_last, values }
    }
}

impl ConvNet {
    /// None when the processor or the first nodes of the model are not ones that are known here.
    pub(super) fn load(model: &[u8], outputs: &[&str]) -> Option<ConvNet> {
        if !kernels::supported() {
            return None;
        }
        plan(model, outputs).map(|plan| ConvNet { plan })
    }

    /// The names of what it gives, where that is not the outputs but what the rest of the model takes.
    pub(super) fn boundary(&self) -> Option<&[String]> {
        self.plan.boundary.as_deref()
    }

    /// None when a shape is not what a node can take.
    pub(super) fn run(&self, planes: &NchwTensor, buffers: &mut Buffers) -> Option<Vec<Made>> {
        let mut values: Vec<Option<Map>> = (0..self.plan.values).map(|_| None).collect();
        values[self.plan.input] = Some(Map::of_planes(planes, buffers));
        let mut readers_left = vec![0_usize; self.plan.values];
        let reads = self.plan.steps.iter().flat_map(|step| &step.inputs).chain(&self.plan.outputs);
        for input in reads {
            readers_left[*input] += 1;
        }
        for step in &self.plan.steps {
            let read = step.inputs.iter().map(|input| values[*input].as_ref());
            let read = read.collect::<Option<Vec<&Map>>>()?;
            let made = run_step(&step.operation, &read, buffers)?;
            for input in &step.inputs {
                readers_left[*input] -= 1;
                if readers_left[*input] == 0
                    && let Some(map) = values[*input].take()
                {
                    buffers.give_back(map.values);
                }
            }
            values[step.output] = Some(made);
        }
        let made = |output: &usize| {
            let map = values[*output].as_ref()?;
            let shape = [1, map.channels, map.height, map.width];
            Some(Made { shape, values: map.flat() })
        };
        let all = self.plan.outputs.iter().map(made).collect();
        values.into_iter().flatten().for_each(|map| buffers.give_back(map.values));
        all
    }
}

impl Map {
    fn of_planes(planes: &NchwTensor, buffers: &mut Buffers) -> Map {
        let plane = planes.width * planes.height;
        let mut map = buffers.map(planes.height, planes.width, 3);
        for (pixel, place) in map.values.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            *place = [0, 1, 2].map(|channel| planes.values[channel * plane + pixel]);
        }
        map
    }

    fn pixel(&self, y: usize, x: usize) -> &[f32] {
        let from = (y * self.width + x) * self.channels;
        &self.values[from..from + self.channels]
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

fn run_step(operation: &Operation, inputs: &[&Map], buffers: &mut Buffers) -> Option<Map> {
    let (input, second) = (*inputs.first()?, inputs.get(1).copied());
    Some(match operation {
        Operation::Pointwise(matrix, activation) => {
            if input.channels != matrix.inputs {
                return None;
            }
            let mut out = buffers.map(input.height, input.width, matrix.outputs);
            multiply(&input.values, matrix, activation, &mut out.values);
            out
        }
        Operation::Conv2d { matrix, kernel, stride, padding, activation } => {
            dense(input, matrix, *kernel, *stride, *padding, activation, buffers)?
        }
        Operation::Depthwise(layer, activation) => {
            let height = outer(input.height, layer.kernel.0, layer.stride.0, layer.padding)?;
            let width = outer(input.width, layer.kernel.1, layer.stride.1, layer.padding)?;
            if input.channels != layer.channels {
                return None;
            }
            let mut out = buffers.map(height, width, layer.channels);
            depthwise(input, layer, activation, &mut out);
            out
        }
        Operation::Gemm(matrix) => {
            if input.values.len() != matrix.inputs {
                return None;
            }
            let mut out = buffers.map(1, 1, matrix.outputs);
            multiply(&input.values, matrix, &Activation::None, &mut out.values);
            out
        }
        Operation::BatchNorm { scale, shift } => {
            let scaled = per_channel(input, scale, buffers, |value, scale| value * scale)?;
            per_channel(&scaled, shift, buffers, |value, shift| value + shift)?
        }
        Operation::Activate(Activation::PRelu(slopes)) => {
            let slopes = slopes.get(..input.channels)?;
            let slope = |value, slope| if value < 0.0 { value * slope } else { value };
            per_channel(input, slopes, buffers, slope)?
        }
        Operation::Activate(Activation::Relu) => each(input, buffers, |value| value.max(0.0)),
        Operation::Activate(Activation::Relu6) => {
            each(input, buffers, |value| value.clamp(0.0, 6.0))
        }
        Operation::Activate(Activation::None | Activation::Gelu) => return None,
        Operation::Add => {
            let second = second.filter(|second| second.values.len() == input.values.len())?;
            let mut out = buffers.like(input);
            let terms = input.values.iter().zip(&second.values);
            out.values.iter_mut().zip(terms).for_each(|(sum, (a, b))| *sum = a + b);
            out
        }
        Operation::Multiply => {
            let second = second?;
            let (map, factors) =
                if second.height * second.width == 1 { (input, second) } else { (second, input) };
            per_channel(map, &factors.values, buffers, |value, factor| value * factor)?
        }
        Operation::AddNumber(number) => each(input, buffers, |value| value + number),
        Operation::MultiplyNumber(number) => each(input, buffers, |value| value * number),
        Operation::HardSigmoid { alpha, beta } => {
            each(input, buffers, |value| (value * alpha + beta).clamp(0.0, 1.0))
        }
        Operation::MaxPool2x2 { stride } => maximum_of_four(input, *stride, buffers),
        Operation::UpsampleNearest { factor } => enlarge(input, *factor, buffers),
        Operation::ConcatChannels => side_by_side(inputs, buffers)?,
        Operation::GlobalAveragePool => mean_of_pixels(input, buffers),
        Operation::Sigmoid => each(input, buffers, |value| 1.0 / (1.0 + (-value).exp())),
        Operation::TransposeNhwc => {
            let mut out = each(input, buffers, |value| value);
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
    stride: (usize, usize),
    padding: Padding,
    activation: &Activation,
    buffers: &mut Buffers,
) -> Option<Map> {
    let height = outer(input.height, kernel.0, stride.0, padding)?;
    let width = outer(input.width, kernel.1, stride.1, padding)?;
    let (channels, before) = (input.channels, padding.before);
    if channels * kernel.0 * kernel.1 != matrix.inputs {
        return None;
    }
    let mut out = buffers.map(height, width, matrix.outputs);
    // The neighbourhoods of one row of pixels, side by side.
    let mut around = buffers.take(width * matrix.inputs);
    for (y, row) in out.values.chunks_exact_mut(width * matrix.outputs).enumerate() {
        for (x, pixel) in around.chunks_exact_mut(matrix.inputs).enumerate() {
            for (tap, place) in pixel.chunks_exact_mut(channels).enumerate() {
                let (dy, dx) = (tap / kernel.1, tap % kernel.1);
                let source_y =
                    (y * stride.0 + dy).checked_sub(before).filter(|at| *at < input.height);
                let source_x =
                    (x * stride.1 + dx).checked_sub(before).filter(|at| *at < input.width);
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
    buffers.give_back(around);
    Some(out)
}

fn each(input: &Map, buffers: &mut Buffers, change: impl Fn(f32) -> f32) -> Map {
    let mut out = buffers.like(input);
    out.values.iter_mut().zip(&input.values).for_each(|(place, value)| *place = change(*value));
    out
}

// With a number for each channel; None where there are more or fewer.
fn per_channel(
    input: &Map,
    numbers: &[f32],
    buffers: &mut Buffers,
    change: impl Fn(f32, f32) -> f32,
) -> Option<Map> {
    if numbers.len() != input.channels || numbers.is_empty() {
        return None;
    }
    let mut out = buffers.like(input);
    let pixels = out.values.chunks_exact_mut(input.channels);
    for (place, pixel) in pixels.zip(input.values.chunks_exact(input.channels)) {
        for ((place, value), number) in place.iter_mut().zip(pixel).zip(numbers) {
            *place = change(*value, *number);
        }
    }
    Some(out)
}

// With a stride of 1 the map keeps its size: beyond its edge there is nothing.
fn maximum_of_four(input: &Map, stride: usize, buffers: &mut Buffers) -> Map {
    let side = |length: usize| if stride == 1 { length } else { length / 2 };
    let mut out = buffers.map(side(input.height), side(input.width), input.channels);
    let channels = out.channels;
    for (at, pixel) in out.values.chunks_exact_mut(channels).enumerate() {
        let (y, x) = (at / out.width * stride, at % out.width * stride);
        let (below, right) = ((y + 1).min(input.height - 1), (x + 1).min(input.width - 1));
        let four = [(y, x), (y, right), (below, x), (below, right)];
        let [a, b, c, d] = four.map(|(y, x)| input.pixel(y, x));
        for (place, (((a, b), c), d)) in pixel.iter_mut().zip(a.iter().zip(b).zip(c).zip(d)) {
            *place = a.max(*b).max(c.max(*d));
        }
    }
    out
}

fn enlarge(input: &Map, factor: usize, buffers: &mut Buffers) -> Map {
    let (height, width, channels) = (input.height * factor, input.width * factor, input.channels);
    let mut out = buffers.map(height, width, channels);
    for (at, pixel) in out.values.chunks_exact_mut(channels).enumerate() {
        pixel.copy_from_slice(input.pixel(at / width / factor, at % width / factor));
    }
    out
}

fn side_by_side(inputs: &[&Map], buffers: &mut Buffers) -> Option<Map> {
    let first = inputs.first()?;
    if inputs.iter().any(|map| (map.height, map.width) != (first.height, first.width)) {
        return None;
    }
    let channels = inputs.iter().map(|map| map.channels).sum();
    let mut out = buffers.map(first.height, first.width, channels);
    let mut begin = 0;
    for map in inputs {
        let end = begin + map.channels;
        let pixels = out.values.chunks_exact_mut(channels);
        for (place, pixel) in pixels.zip(map.values.chunks_exact(map.channels)) {
            place[begin..end].copy_from_slice(pixel);
        }
        begin = end;
    }
    Some(out)
}

fn mean_of_pixels(input: &Map, buffers: &mut Buffers) -> Map {
    let mut out = buffers.map(1, 1, input.channels);
    out.values.fill(0.0);
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
