//! Folding of quantised weights.

use prost::Message as _;
use rten_tensor::AsView as _;
use verax_vision::onnx_fold::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    ShapeProto, TensorProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use verax_vision::onnx_fold::{FoldError, SpatialShape, fold};

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn int8(name: &str, dims: &[i64], values: &[i8]) -> TensorProto {
    TensorProto {
        dims: dims.to_vec(),
        data_type: Some(3),
        name: text(name),
        raw_data: Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        ..TensorProto::default()
    }
}

fn float(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        dims: dims.to_vec(),
        data_type: Some(1),
        name: text(name),
        float_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn shape(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        dims: vec![values.len() as i64],
        data_type: Some(7),
        name: text(name),
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn node(op: &str, inputs: &[&str], output: &str, attributes: &[(&str, i64)]) -> NodeProto {
    NodeProto {
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.to_owned()],
        op_type: text(op),
        attribute: attributes
            .iter()
            .map(|(name, value)| AttributeProto {
                name: text(name),
                i: Some(*value),
                kind: Some(2),
                ..AttributeProto::default()
            })
            .collect(),
        ..NodeProto::default()
    }
}

fn with_ints(mut node: NodeProto, attributes: &[(&str, [i64; 2])]) -> NodeProto {
    node.attribute.extend(attributes.iter().map(|(name, values)| AttributeProto {
        name: text(name),
        ints: values.to_vec(),
        kind: Some(7),
        ..AttributeProto::default()
    }));
    node
}

fn value(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim =
        dims.iter().map(|dim| DimensionProto { dim_value: Some(*dim), dim_param: None }).collect();
    let tensor_type = Some(TensorTypeProto { elem_type: Some(1), shape: Some(ShapeProto { dim }) });
    ValueInfoProto { name: text(name), value_type: Some(TypeProto { tensor_type }) }
}

// A 1x1 convolution of five channels into two, its weight in blocks of three (the last of two).
fn quantised() -> ModelProto {
    let graph = GraphProto {
        name: text("tiny"),
        node: vec![
            node("DequantizeLinear", &["q", "s", "z"], "w_flat", &[("axis", 1), ("block_size", 3)]),
            node("Reshape", &["w_flat", "w_shape"], "w", &[]),
            node("DequantizeLinear", &["bq", "bs", "bz"], "b", &[("axis", 0), ("block_size", 64)]),
            with_ints(
                node("Conv", &["x", "w", "b"], "c", &[]),
                &[("kernel_shape", [1, 1]), ("strides", [1, 1])],
            ),
            node("Dropout", &["c"], "d", &[]),
            node("Relu", &["d"], "y", &[]),
        ],
        initializer: vec![
            int8("q", &[2, 5], &[1, 2, 3, 4, 5, -1, -2, -3, -4, -5]),
            float("s", &[2, 2], &[0.5, 2.0, 1.0, 4.0]),
            int8("z", &[2, 2], &[0, 1, -1, 0]),
            shape("w_shape", &[2, -1, 1, 1]),
            int8("bq", &[2], &[10, 20]),
            float("bs", &[1], &[0.25]),
            int8("bz", &[1], &[2]),
            float("unused", &[1], &[0.0]),
        ],
        input: vec![value("x", &[1, 5, 8, 8]), value("q", &[2, 5]), value("scalar_op1", &[1])],
        output: vec![value("y", &[1, 2, 8, 8])],
    };
    ModelProto {
        ir_version: Some(6),
        producer_name: None,
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: None, version: Some(21) }],
    }
}

fn folded(model: &ModelProto, spatial_shape: SpatialShape) -> GraphProto {
    let bytes = fold(&model.encode_to_vec(), spatial_shape).unwrap();
    ModelProto::decode(&bytes[..]).unwrap().graph.unwrap()
}

fn weights(graph: &GraphProto, name: &str) -> (Vec<i64>, Vec<f32>) {
    let tensor =
        graph.initializer.iter().find(|tensor| tensor.name.as_deref() == Some(name)).unwrap();
    let raw = tensor.raw_data.as_ref().unwrap();
    let values = raw.as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect();
    (tensor.dims.clone(), values)
}

#[test]
fn each_weight_is_level_minus_zero_point_times_the_scale_of_its_block() {
    let graph = folded(&quantised(), SpatialShape::Fixed);
    let (dims, values) = weights(&graph, "w");
    assert_eq!(dims, [2, 5, 1, 1]);
    assert_eq!(values, [0.5, 1.0, 1.5, 6.0, 8.0, 0.0, -1.0, -2.0, -16.0, -20.0]);
    assert_eq!(weights(&graph, "b"), (vec![2], vec![2.0, 4.5]));
}

#[test]
fn only_the_nodes_and_inputs_that_compute_something_stay() {
    let graph = folded(&quantised(), SpatialShape::Fixed);
    let ops: Vec<_> = graph.node.iter().map(|node| node.op_type.as_deref().unwrap()).collect();
    assert_eq!(ops, ["Conv", "Relu"]);
    assert_eq!(graph.node[1].input, ["c"], "the dropout's reader reads what it dropped out");
    assert_eq!(graph.initializer.len(), 2);
    let inputs: Vec<_> = graph.input.iter().map(|input| input.name.as_deref().unwrap()).collect();
    assert_eq!(inputs, ["x"]);
}

#[test]
fn height_and_width_are_freed_only_when_asked() {
    let dims = |shape| {
        let graph = folded(&quantised(), shape);
        let kind = graph.input[0].value_type.clone().unwrap().tensor_type.unwrap();
        kind.shape.unwrap().dim.into_iter().map(|dim| dim.dim_value).collect::<Vec<_>>()
    };
    assert_eq!(dims(SpatialShape::Fixed), [Some(1), Some(5), Some(8), Some(8)]);
    assert_eq!(dims(SpatialShape::Free), [Some(1), Some(5), None, None]);
}

#[test]
fn folding_twice_is_folding_once() {
    let once = fold(&quantised().encode_to_vec(), SpatialShape::Free).unwrap();
    assert_eq!(fold(&once, SpatialShape::Free).unwrap(), once);
}

#[test]
fn the_folded_model_runs() {
    let bytes = fold(&quantised().encode_to_vec(), SpatialShape::Fixed).unwrap();
    let model = rten::Model::load(bytes).unwrap();
    let mut input = rten_tensor::NdTensor::<f32, 4>::zeros([1, 5, 8, 8]);
    for channel in 0..5 {
        input[[0, channel, 0, 0]] = channel as f32;
    }
    let output = model.run_one(input.view().into(), None).unwrap();
    let output: rten_tensor::NdTensor<f32, 4> = output.try_into().unwrap();
    // Row one: 2 + 1*1 + 2*1.5 + 3*6 + 4*8. Row two is negative, and Relu makes it zero.
    assert_eq!(output[[0, 0, 0, 0]], 56.0);
    assert_eq!(output[[0, 1, 0, 0]], 0.0);
    assert_eq!(output[[0, 1, 5, 5]], 4.5);
}

#[test]
fn scales_that_do_not_fit_the_weight_are_rejected() {
    let mut model = quantised();
    model.graph.as_mut().unwrap().initializer[1] = float("s", &[3], &[1.0, 1.0, 1.0]);
    let error = fold(&model.encode_to_vec(), SpatialShape::Fixed).unwrap_err();
    assert_eq!(error, FoldError::UnknownWeight { name: "w_flat".to_owned() });
}

#[test]
fn bytes_that_are_no_model_are_rejected() {
    assert!(matches!(fold(b"\xff\xff\xff", SpatialShape::Fixed), Err(FoldError::NotOnnx(_))));
    assert_eq!(fold(b"", SpatialShape::Fixed), Err(FoldError::NoGraph));
}
