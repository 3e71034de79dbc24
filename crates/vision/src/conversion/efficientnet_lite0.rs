//! EfficientNet-Lite0 without its head as an ONNX graph, from the weights of its PyTorch form.
//!
//! Stem and blocks as in `efficientnet_lite_builder.py` of tensorflow/tpu: M. Tan and Q. Le, ICML 2019.

use prost::Message as _;

use super::state_dict::{StateDict, StateDictError};
use crate::onnx_fold::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    ShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::onnx_fold::{FLOAT, float_tensor};

/// An output of the network: the feature map after one of its stages, 1 x `channels` x height x width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    pub output: &'static str,
    pub channels: usize,
    /// Pixels of the input between two of the map.
    pub stride: usize,
}

/// Every output, in the order of the network.
pub const STAGES: [Stage; 6] = [
    Stage { output: "s24", channels: 24, stride: 4 },
    Stage { output: "s40", channels: 40, stride: 8 },
    Stage { output: "s80", channels: 80, stride: 16 },
    Stage { output: "s112", channels: 112, stride: 16 },
    Stage { output: "s192", channels: 192, stride: 32 },
    Stage { output: "s320", channels: 320, stride: 32 },
];

/// A side for the probe of `Network::load`: no map is smaller than two pixels.
pub const PROBE_SIDE_PX: usize = 64;

const STEM_CHANNELS: usize = 32;
const NORM_EPSILON: f64 = 1e-3;
const OPSET: i64 = 13;
const IR_VERSION: i64 = 8;

struct Blocks {
    expansion: usize,
    channels: usize,
    repeats: usize,
    stride: usize,
    kernel: usize,
}

const fn blocks(
    expansion: usize,
    channels: usize,
    repeats: usize,
    stride: usize,
    kernel: usize,
) -> Blocks {
    Blocks { expansion, channels, repeats, stride, kernel }
}

const BLOCKS: [Blocks; 7] = [
    blocks(1, 16, 1, 1, 3),
    blocks(6, 24, 2, 2, 3),
    blocks(6, 40, 2, 2, 5),
    blocks(6, 80, 3, 2, 3),
    blocks(6, 112, 3, 1, 5),
    blocks(6, 192, 4, 2, 5),
    blocks(6, 320, 1, 1, 3),
];

/// The ONNX file. Its sides must be multiples of 32: TensorFlow's "same" padding is written out for
/// even sides.
///
/// # Errors
/// A weight is missing, or not of the shape that this network has.
pub fn onnx_of(state: &StateDict<'_>) -> Result<Vec<u8>, StateDictError> {
    let bounds = [("zero", 0.0), ("six", 6.0)];
    let bound = |(name, value): (&str, f32)| float_tensor(name.to_owned(), Vec::new(), [value]);
    let initializer = bounds.map(bound).to_vec();
    let mut builder = Builder { state, graph: GraphProto { initializer, ..GraphProto::default() } };
    let stem =
        Layer { inputs: 3, outputs: STEM_CHANNELS, kernel: 3, stride: 2, is_depthwise: false };
    let mut value = builder.relu6("x", "stem", "_conv_stem", "_bn0", &stem)?;
    let (mut channels, mut number) = (STEM_CHANNELS, 0);
    for stage in &BLOCKS {
        for repeat in 0..stage.repeats {
            let name = match repeat + 1 == stage.repeats {
                true => format!("s{}", stage.channels),
                false => format!("block{number}"),
            };
            let stride = if repeat == 0 { stage.stride } else { 1 };
            value = builder.block(&value, &name, number, stage, channels, stride)?;
            channels = stage.channels;
            number += 1;
        }
    }
    let mut graph = builder.graph;
    graph.name = Some("EfficientNet-Lite0".to_owned());
    graph.input = vec![value_info("x", Some(["1", "3", "height", "width"]))];
    graph.output = STAGES.iter().map(|stage| value_info(stage.output, None)).collect();
    let opset = OperatorSetIdProto { domain: None, version: Some(OPSET) };
    let model = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: None,
        graph: Some(graph),
        opset_import: vec![opset],
    };
    Ok(model.encode_to_vec())
}

// A convolution and the batch normalisation after it.
struct Layer {
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    is_depthwise: bool,
}

impl Layer {
    fn pointwise(inputs: usize, outputs: usize) -> Layer {
        Layer { inputs, outputs, kernel: 1, stride: 1, is_depthwise: false }
    }

    fn depthwise(channels: usize, kernel: usize, stride: usize) -> Layer {
        Layer { inputs: channels, outputs: channels, kernel, stride, is_depthwise: true }
    }

    // Of the weight: outputs, inputs of each, rows and columns.
    fn shape(&self) -> [usize; 4] {
        let inputs = if self.is_depthwise { 1 } else { self.inputs };
        [self.outputs, inputs, self.kernel, self.kernel]
    }

    // TensorFlow's "same" for an even side: what is odd comes below and to the right.
    fn pads(&self) -> [usize; 4] {
        let all = self.kernel - self.stride.min(self.kernel);
        let (before, after) = (all / 2, all - all / 2);
        [before, before, after, after]
    }
}

struct Builder<'a> {
    state: &'a StateDict<'a>,
    graph: GraphProto,
}

impl Builder<'_> {
    // An inverted residual block: expand, convolve each channel, project, add what came in.
    fn block(
        &mut self,
        input: &str,
        output: &str,
        number: usize,
        stage: &Blocks,
        channels: usize,
        stride: usize,
    ) -> Result<String, StateDictError> {
        let part = |part: &str| format!("_blocks.{number}.{part}");
        let wide = channels * stage.expansion;
        let mut value = input.to_owned();
        if stage.expansion > 1 {
            let layer = Layer::pointwise(channels, wide);
            let name = format!("expand{number}");
            value = self.relu6(&value, &name, &part("_expand_conv"), &part("_bn0"), &layer)?;
        }
        let layer = Layer::depthwise(wide, stage.kernel, stride);
        let name = format!("depthwise{number}");
        value = self.relu6(&value, &name, &part("_depthwise_conv"), &part("_bn1"), &layer)?;
        let layer = Layer::pointwise(wide, stage.channels);
        let (weight, norm) = (part("_project_conv"), part("_bn2"));
        if stride == 1 && channels == stage.channels {
            let projected = format!("project{number}");
            self.convolve(&value, &projected, &weight, &norm, &layer)?;
            self.push("Add", &[&projected, input], output, Vec::new());
        } else {
            self.convolve(&value, output, &weight, &norm, &layer)?;
        }
        Ok(output.to_owned())
    }

    fn relu6(
        &mut self,
        input: &str,
        output: &str,
        weight: &str,
        norm: &str,
        layer: &Layer,
    ) -> Result<String, StateDictError> {
        let convolved = format!("{output}_conv");
        self.convolve(input, &convolved, weight, norm, layer)?;
        self.push("Clip", &[&convolved, "zero", "six"], output, Vec::new());
        Ok(output.to_owned())
    }

    fn convolve(
        &mut self,
        input: &str,
        output: &str,
        weight: &str,
        norm: &str,
        layer: &Layer,
    ) -> Result<(), StateDictError> {
        let shape = layer.shape();
        let mut weights = self.state.floats(&format!("{weight}.weight"), &shape)?;
        let (scale, shift) = self.normalisation(norm, layer.outputs)?;
        for (taps, scale) in weights.chunks_exact_mut(shape[1..].iter().product()).zip(&scale) {
            taps.iter_mut().for_each(|tap| *tap *= scale);
        }
        let (weight, bias) = (format!("{output}_weight"), format!("{output}_bias"));
        let dims = shape.map(|dim| dim as i64).to_vec();
        self.graph.initializer.push(float_tensor(weight.clone(), dims, weights));
        let dims = vec![layer.outputs as i64];
        self.graph.initializer.push(float_tensor(bias.clone(), dims, shift));
        let group = if layer.is_depthwise { layer.outputs } else { 1 };
        let attributes = vec![
            ints("kernel_shape", &[layer.kernel; 2]),
            ints("strides", &[layer.stride; 2]),
            ints("pads", &layer.pads()),
            AttributeProto { i: Some(group as i64), ..attribute("group", 2) },
        ];
        self.push("Conv", &[input, &weight, &bias], output, attributes);
        Ok(())
    }

    // y = x * scale + shift.
    fn normalisation(
        &self,
        norm: &str,
        channels: usize,
    ) -> Result<(Vec<f32>, Vec<f32>), StateDictError> {
        let part = |part: &str| self.state.floats(&format!("{norm}.{part}"), &[channels]);
        let (gamma, beta) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        let scale: Vec<f32> = gamma
            .iter()
            .zip(variance)
            .map(|(gamma, variance)| {
                (f64::from(*gamma) / (f64::from(variance) + NORM_EPSILON).sqrt()) as f32
            })
            .collect();
        let shift = beta.iter().zip(mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
        Ok((scale, shift))
    }

    fn push(&mut self, op: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![output.to_owned()],
            op_type: Some(op.to_owned()),
            attribute,
            ..NodeProto::default()
        });
    }
}

fn ints(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto {
        ints: values.iter().map(|value| *value as i64).collect(),
        ..attribute(name, 7)
    }
}

fn attribute(name: &str, kind: i32) -> AttributeProto {
    AttributeProto { name: Some(name.to_owned()), kind: Some(kind), ..AttributeProto::default() }
}

// A dimension is a number or a name.
fn value_info(name: &str, shape: Option<[&str; 4]>) -> ValueInfoProto {
    let dim = |dim: &str| match dim.parse() {
        Ok(number) => DimensionProto { dim_value: Some(number), dim_param: None },
        Err(_) => DimensionProto { dim_value: None, dim_param: Some(dim.to_owned()) },
    };
    let shape = shape.map(|shape| ShapeProto { dim: shape.into_iter().map(dim).collect() });
    let tensor_type = Some(TensorTypeProto { elem_type: Some(FLOAT), shape });
    ValueInfoProto { name: Some(name.to_owned()), value_type: Some(TypeProto { tensor_type }) }
}
