//! The fused runtime against the general one.

use prost::Message as _;
use verax_vision::network::{NchwTensor, Network, Runtime};
use verax_vision::onnx_fold::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    ShapeProto, TensorProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

// Weights without meaning, the same in every run.
pub fn weights(name: &str, dims: &[i64]) -> TensorProto {
    let count: i64 = dims.iter().product();
    let seed = name.bytes().map(i64::from).sum::<i64>();
    TensorProto {
        dims: dims.to_vec(),
        data_type: Some(1),
        name: text(name),
        float_data: (0..count)
            .map(|at| ((at * 7919 + seed * 31) % 200 + 1) as f32 / 400.0 - 0.2)
            .collect(),
        ..TensorProto::default()
    }
}

fn positive(name: &str, dims: &[i64]) -> TensorProto {
    let mut tensor = weights(name, dims);
    tensor.float_data.iter_mut().for_each(|value| *value = value.abs() + 0.5);
    tensor
}

pub fn node(op: &str, inputs: &[&str], output: &str, attributes: &[(&str, &[i64])]) -> NodeProto {
    NodeProto {
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.to_owned()],
        op_type: text(op),
        attribute: attributes
            .iter()
            .map(|(name, values)| {
                let one = *name == "group" || *name == "transB";
                AttributeProto {
                    name: text(name),
                    i: one.then(|| values[0]),
                    ints: if one { Vec::new() } else { values.to_vec() },
                    kind: Some(if one { 2 } else { 7 }),
                    ..AttributeProto::default()
                }
            })
            .collect(),
        ..NodeProto::default()
    }
}

// A network with every kind of layer, and numbers of channels that fill no register.
fn network(extra: Option<NodeProto>) -> Vec<u8> {
    let mut nodes = vec![
        node(
            "Conv",
            &["x", "w1", "b1"],
            "c1",
            &[("kernel_shape", &[3, 3]), ("strides", &[2, 2]), ("pads", &[1, 1, 1, 1])],
        ),
        node("PRelu", &["c1", "slope"], "p1", &[]),
        node(
            "Conv",
            &["p1", "w2"],
            "c2",
            &[
                ("kernel_shape", &[3, 3]),
                ("strides", &[1, 1]),
                ("pads", &[1, 1, 1, 1]),
                ("group", &[21]),
            ],
        ),
        node("BatchNormalization", &["c2", "gamma", "beta", "mean", "var"], "n2", &[]),
        node("Conv", &["n2", "w3", "b3"], "c3", &[("kernel_shape", &[1, 1]), ("strides", &[1, 1])]),
        node("Relu", &["c3"], "r3", &[]),
        node("Add", &["r3", "p1"], "a3", &[]),
        node("MaxPool", &["a3"], "m4", &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])]),
        node("GlobalAveragePool", &["m4"], "g4", &[]),
        node("Sigmoid", &["g4"], "s4", &[]),
        node("Mul", &["m4", "s4"], "y4", &[]),
        node("Transpose", &["y4"], "t5", &[("perm", &[0, 2, 3, 1])]),
        node("Flatten", &["y4"], "f5", &[]),
        node("Gemm", &["f5", "w6", "b6"], "y6", &[("transB", &[1])]),
    ];
    nodes.extend(extra);
    let initializer = vec![
        weights("w1", &[21, 3, 3, 3]),
        weights("b1", &[21]),
        weights("slope", &[21, 1, 1]),
        weights("w2", &[21, 1, 3, 3]),
        positive("gamma", &[21]),
        weights("beta", &[21]),
        weights("mean", &[21]),
        positive("var", &[21]),
        weights("w3", &[21, 21, 1, 1]),
        weights("b3", &[21]),
        weights("w6", &[5, 21 * 8 * 8]),
        weights("b6", &[5]),
    ];
    model(nodes, initializer, &["t5", "y6"])
}

fn model(nodes: Vec<NodeProto>, initializer: Vec<TensorProto>, outputs: &[&str]) -> Vec<u8> {
    model_of_side(32, nodes, initializer, outputs)
}

pub fn model_of_side(
    side_px: i64,
    nodes: Vec<NodeProto>,
    initializer: Vec<TensorProto>,
    outputs: &[&str],
) -> Vec<u8> {
    let dim = |value| DimensionProto { dim_value: Some(value), dim_param: None };
    let value = |name: &str, dims: &[i64]| ValueInfoProto {
        name: text(name),
        value_type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: Some(1),
                shape: (!dims.is_empty())
                    .then(|| ShapeProto { dim: dims.iter().copied().map(dim).collect() }),
            }),
        }),
    };
    let graph = GraphProto {
        name: text("tiny"),
        node: nodes,
        initializer,
        input: vec![value("x", &[1, 3, side_px, side_px])],
        output: outputs.iter().map(|name| value(name, &[])).collect(),
    };
    ModelProto {
        ir_version: Some(6),
        producer_name: None,
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: None, version: Some(13) }],
    }
    .encode_to_vec()
}

pub fn fused_is_possible() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

#[test]
fn the_fused_runtime_is_taken_because_it_agrees_with_the_general_one() {
    // Loading compares the two on a probe: another result would make the runtime `General`.
    let network =
        Network::load("tiny", network(None), &["t5", "y6"], &NchwTensor::noise(32, 32)).unwrap();
    let expected = if fused_is_possible() { Runtime::Fused } else { Runtime::General };
    assert_eq!(network.runtime(), expected);
    let outputs = network.run(&NchwTensor::black(32, 32)).unwrap();
    assert_eq!((outputs[0].len(), outputs[1].len()), (8 * 8 * 21, 5));
    assert!(outputs.concat().iter().all(|value| value.is_finite()));
}

// Activations that end at 6, strides with zeros on two sides only, and outputs inside the network.
fn clipped(pads: [&[i64]; 2]) -> Vec<u8> {
    let nodes = vec![
        node(
            "Conv",
            &["x", "w1", "b1"],
            "c1",
            &[("kernel_shape", &[3, 3]), ("strides", &[2, 2]), ("pads", pads[0])],
        ),
        node("Clip", &["c1", "zero", "six"], "r1", &[]),
        node(
            "Conv",
            &["r1", "w2", "b2"],
            "c2",
            &[("kernel_shape", &[5, 5]), ("strides", &[2, 2]), ("pads", pads[1]), ("group", &[21])],
        ),
        node("Clip", &["c2", "zero", "six"], "r2", &[]),
        node("Conv", &["r2", "w3", "b3"], "s3", &[("kernel_shape", &[1, 1])]),
        node("Add", &["s3", "r2"], "s4", &[]),
        node("Clip", &["s4", "zero", "six"], "r4", &[]),
        node("Conv", &["r4", "w5", "b5"], "s5", &[("kernel_shape", &[1, 1])]),
    ];
    let bound = |name: &str, value: f32| TensorProto {
        dims: Vec::new(),
        float_data: vec![value],
        ..weights(name, &[1])
    };
    let initializer = vec![
        weights("w1", &[21, 3, 3, 3]),
        weights("b1", &[21]),
        weights("w2", &[21, 1, 5, 5]),
        positive("b2", &[21]),
        weights("w3", &[21, 21, 1, 1]),
        weights("b3", &[21]),
        weights("w5", &[40, 21, 1, 1]),
        weights("b5", &[40]),
        bound("zero", 0.0),
        bound("six", 6.0),
    ];
    model(nodes, initializer, &["s3", "s4", "s5"])
}

#[test]
fn clipped_activations_uneven_padding_and_outputs_that_are_read_again_are_fused() {
    let bytes = clipped([&[0, 0, 1, 1], &[1, 1, 2, 2]]);
    let network =
        Network::load("tiny", bytes, &["s3", "s4", "s5"], &NchwTensor::noise(32, 32)).unwrap();
    let expected = if fused_is_possible() { Runtime::Fused } else { Runtime::General };
    assert_eq!(network.runtime(), expected);
    let outputs = network.run(&NchwTensor::black(32, 32)).unwrap();
    let sizes: Vec<_> = outputs.iter().map(Vec::len).collect();
    assert_eq!(sizes, [21 * 64, 21 * 64, 40 * 64]);
}

#[test]
fn padding_that_differs_between_height_and_width_is_left_to_the_general_runtime() {
    let bytes = clipped([&[0, 1, 1, 0], &[1, 1, 2, 2]]);
    let network = Network::load("tiny", bytes, &["s5"], &NchwTensor::noise(32, 32)).unwrap();
    assert_eq!(network.runtime(), Runtime::General);
    assert_eq!(network.run(&NchwTensor::black(32, 32)).unwrap()[0].len(), 40 * 64);
}

#[test]
fn padding_wider_than_the_kernel_is_an_answer_or_an_error() {
    let bytes = clipped([&[0, 0, 1, 1], &[1, 1, 40, 40]]);
    let network = Network::load("tiny", bytes, &["s5"], &NchwTensor::noise(32, 32)).unwrap();
    assert!(network.run(&NchwTensor::black(32, 32)).is_ok());
}

#[test]
fn a_layer_that_is_not_known_runs_on_the_general_runtime() {
    let unknown = node("Softmax", &["y6"], "y7", &[]);
    let mut bytes = ModelProto::decode(&network(Some(unknown))[..]).unwrap();
    bytes.graph.as_mut().unwrap().output[1].name = text("y7");
    let network =
        Network::load("tiny", bytes.encode_to_vec(), &["t5", "y7"], &NchwTensor::noise(32, 32))
            .unwrap();
    let expected = if fused_is_possible() { Runtime::PartlyFused } else { Runtime::General };
    assert_eq!(network.runtime(), expected);
    let outputs = network.run(&NchwTensor::black(32, 32)).unwrap();
    assert!((outputs[1].iter().sum::<f32>() - 1.0).abs() < 1e-5);
}

#[test]
fn an_image_of_a_size_that_the_model_does_not_take_is_an_error() {
    let network =
        Network::load("tiny", network(None), &["t5", "y6"], &NchwTensor::noise(32, 32)).unwrap();
    assert!(network.run(&NchwTensor::black(48, 32)).is_err());
}
