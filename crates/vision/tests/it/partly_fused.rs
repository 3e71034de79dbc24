//! Models of which the fused runtime runs the first part, and classifiers, against the general runtime.

use prost::Message as _;
use verax_vision::classifier::Classifier;
use verax_vision::network::{Buffers, NchwTensor, Network, Runtime};
use verax_vision::onnx_fold::proto::{
    AttributeProto, DimensionProto, ModelProto, NodeProto, TensorProto,
};

use crate::network::{fused_is_possible, model_of_side, node, weights};

const SIDE_PX: usize = 64;

fn number(name: &str, value: f32) -> TensorProto {
    TensorProto { dims: Vec::new(), float_data: vec![value], ..weights(name, &[1]) }
}

fn with(mut node: NodeProto, attributes: Vec<(&str, AttributeProto)>) -> NodeProto {
    let named = |(name, attribute): (&str, AttributeProto)| {
        let kind = match &attribute {
            AttributeProto { f: Some(_), .. } => 1,
            AttributeProto { i: Some(_), .. } => 2,
            _ => 3,
        };
        AttributeProto { name: Some(name.to_owned()), kind: Some(kind), ..attribute }
    };
    node.attribute.extend(attributes.into_iter().map(named));
    node
}

fn word(value: &str) -> AttributeProto {
    AttributeProto { s: Some(value.as_bytes().to_vec()), ..AttributeProto::default() }
}

fn integer(value: i64) -> AttributeProto {
    AttributeProto { i: Some(value), ..AttributeProto::default() }
}

fn float(value: f32) -> AttributeProto {
    AttributeProto { f: Some(value), ..AttributeProto::default() }
}

// The layers of the networks of text: same padding, a bias and a GELU in nodes of their own, names for names,
// strides that differ, squeeze and excitation, enlarging and joining. `half` is what a GELU is halved by, `image` what the first of
// them reads: `same` is the image by way of nodes that are not fused.
fn text_like(half: f32, image: &str) -> Vec<u8> {
    let same = || vec![("auto_pad", word("SAME_UPPER"))];
    let nodes = vec![
        node("Neg", &["x"], "negative", &[]),
        node("Neg", &["negative"], "same", &[]),
        node(
            "Conv",
            &[image, "w1"],
            "c1",
            &[("kernel_shape", &[3, 3]), ("strides", &[2, 2]), ("pads", &[1; 4])],
        ),
        node("Add", &["c1", "bias1"], "c1b", &[]),
        node("Identity", &["c1b"], "c1i", &[]),
        node("Relu", &["c1i"], "r1", &[]),
        with(
            node("Conv", &["r1", "w2"], "c2", &[("kernel_shape", &[2, 2]), ("strides", &[1, 1])]),
            same(),
        ),
        with(
            node("MaxPool", &["r1"], "m2", &[("kernel_shape", &[2, 2]), ("strides", &[1, 1])]),
            same(),
        ),
        with(node("Concat", &["m2", "c2"], "j3", &[]), vec![("axis", integer(1))]),
        node("Conv", &["j3", "w4"], "c4", &[("kernel_shape", &[1, 1]), ("strides", &[1, 1])]),
        node("Div", &["c4", "root"], "g1", &[]),
        node("Erf", &["g1"], "g2", &[]),
        node("Add", &["g2", "one"], "g3", &[]),
        node("Mul", &["c4", "g3"], "g4", &[]),
        node("Mul", &["g4", "half"], "g5", &[]),
        with(
            node(
                "Conv",
                &["g5", "w5"],
                "c5",
                &[("kernel_shape", &[3, 3]), ("strides", &[2, 1]), ("pads", &[1; 4])],
            ),
            vec![("group", integer(12))],
        ),
        with(
            node("ReduceMean", &["c5"], "e1", &[("axes", &[2, 3])]),
            vec![("keepdims", integer(1))],
        ),
        with(
            node("HardSigmoid", &["e1"], "e2", &[]),
            vec![("alpha", float(1.0 / 6.0)), ("beta", float(0.5))],
        ),
        node("Mul", &["c5", "e2"], "e3", &[]),
        with(
            node("Resize", &["e3", "", "scales"], "u6", &[]),
            vec![
                ("mode", word("nearest")),
                ("coordinate_transformation_mode", word("asymmetric")),
                ("nearest_mode", word("floor")),
            ],
        ),
        node(
            "ConvTranspose",
            &["u6", "w7"],
            "t7",
            &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])],
        ),
        node("Sigmoid", &["t7"], "y", &[]),
    ];
    let scales = TensorProto { float_data: vec![1.0, 1.0, 4.0, 4.0], ..weights("scales", &[4]) };
    let initializer = vec![
        weights("w1", &[5, 3, 3, 3]),
        weights("bias1", &[1, 5, 1, 1]),
        weights("w2", &[7, 5, 2, 2]),
        weights("w4", &[12, 12, 1, 1]),
        number("root", std::f32::consts::SQRT_2),
        number("one", 1.0),
        number("half", half),
        weights("w5", &[12, 1, 3, 3]),
        scales,
        weights("w7", &[12, 2, 2, 2]),
    ];
    of_opset_11(&model_of_side(SIDE_PX as i64, nodes, initializer, &["y"]))
}

// Before opset 13 axes are attributes. The model takes images of every size.
fn of_opset_11(bytes: &[u8]) -> Vec<u8> {
    let mut model = ModelProto::decode(bytes).expect("a model");
    model.opset_import[0].version = Some(11);
    let graph = model.graph.as_mut().expect("a graph");
    let image = graph.input[0].value_type.as_mut().and_then(|t| t.tensor_type.as_mut());
    let shape = image.and_then(|tensor| tensor.shape.as_mut()).expect("a shape");
    for (dimension, name) in shape.dim[2..].iter_mut().zip(["height", "width"]) {
        *dimension = DimensionProto { dim_value: None, dim_param: Some(name.to_owned()) };
    }
    model.encode_to_vec()
}

fn probe() -> NchwTensor {
    NchwTensor::noise(SIDE_PX, SIDE_PX).normalised()
}

fn partly() -> Runtime {
    if fused_is_possible() { Runtime::PartlyFused } else { Runtime::General }
}

#[test]
fn what_is_known_of_a_model_is_fused_and_the_rest_agrees() {
    // Loading compares the two on a probe: another result would make the runtime `General`.
    let network = Network::load("text", text_like(0.5, "x"), &["y"], &probe()).expect("a network");
    assert_eq!(network.runtime(), partly());
    let outputs = network.run(&probe()).expect("an output");
    assert_eq!(outputs[0].len(), 2 * (SIDE_PX * 2) * (SIDE_PX * 4));
    let unfused = text_like(0.5, "same");
    let general = Network::load("text", unfused, &["y"], &probe()).expect("a network");
    assert_eq!(general.runtime(), Runtime::General);
    // Other sizes than that of the probe, which divide by the strides and which do not.
    for (width, height) in [(96, 32), (70, 50), (33, 65)] {
        let image = NchwTensor::noise(width, height).normalised();
        let found = network.run(&image).expect("an output").remove(0);
        let expected = general.run(&image).expect("an output").remove(0);
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}

#[test]
fn nodes_that_are_no_gelu_are_not_taken_for_one() {
    let network = Network::load("text", text_like(0.4, "x"), &["y"], &probe()).expect("a network");
    // Up to the nodes in question it is fused.
    assert_eq!(network.runtime(), partly());
    let whole = Network::load("text", text_like(0.5, "x"), &["y"], &probe()).expect("a network");
    assert_ne!(network.run(&probe()).expect("y"), whole.run(&probe()).expect("y"));
}

// Classes of the columns of a map: more than are weighed together.
const CLASSES: i64 = 1100;

fn classifier(softmax_axis: i64) -> Vec<u8> {
    let nodes = vec![
        node("Conv", &["x", "w1"], "c1", &[("kernel_shape", &[1, 1]), ("strides", &[1, 1])]),
        node(
            "AveragePool",
            &["c1"],
            "a2",
            &[("kernel_shape", &[SIDE_PX as i64, 2]), ("strides", &[1, 2])],
        ),
        node("Squeeze", &["a2"], "s3", &[("axes", &[2])]),
        node("Transpose", &["s3"], "t4", &[("perm", &[0, 2, 1])]),
        node("MatMul", &["t4", "w5"], "p5", &[]),
        node("Add", &["p5", "b5"], "l6", &[]),
        with(node("Softmax", &["l6"], "y", &[]), vec![("axis", integer(softmax_axis))]),
    ];
    let mut steep = weights("w5", &[9, CLASSES]);
    steep.float_data.iter_mut().for_each(|weight| *weight *= 40.0);
    let initializer = vec![weights("w1", &[9, 3, 1, 1]), steep, weights("b5", &[CLASSES])];
    of_opset_11(&model_of_side(SIDE_PX as i64, nodes, initializer, &["y"]))
}

#[test]
fn a_classifier_names_the_likeliest_class_of_each_row_and_its_probability() {
    let image = NchwTensor::noise(SIDE_PX, SIDE_PX);
    let classifier_of = |axis| Classifier::load("letters", classifier(axis), "y", &image);
    let found = classifier_of(2).expect("a classifier");
    assert_eq!(found.classes(), CLASSES as usize);
    assert_eq!(found.runs_its_last_layer(), fused_is_possible());
    let network = Network::load("letters", classifier(2), &["y"], &image).expect("a network");
    let rows = network.run(&image).expect("rows").remove(0);
    let best = |row: &[f32]| {
        let larger = |a: (usize, f32), b: (usize, f32)| if b.1 > a.1 { b } else { a };
        row.iter().copied().enumerate().fold((0, f32::MIN), larger)
    };
    let expected: Vec<(usize, f32)> = rows.chunks_exact(CLASSES as usize).map(best).collect();
    let classes = found.classify(&image, &mut Buffers::default()).expect("classes");
    assert_eq!(classes.len(), SIDE_PX / 2);
    for ((class, probability), (wanted, of_it)) in classes.iter().zip(&expected) {
        assert_eq!(class, wanted);
        assert!((probability - of_it).abs() < 1e-4, "{probability} {of_it}");
    }
    // Over the columns it would be another thing.
    assert!(!classifier_of(1).expect("a classifier").runs_its_last_layer());
}
