//! Text through networks of a few nodes: what is dark is text, blue columns are letters, red ones fillers.

use prost::Message as _;
use verax_domain::document_reading::{DocumentSide, SideReading, TextState};
use verax_reading::reader::{Reader, ReadingModels, ReadingRequest};
use verax_vision::image::Image;
use verax_vision::onnx_fold::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    ShapeProto, TensorProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

const WHITE: [u8; 3] = [255, 255, 255];
const BLUE: [u8; 3] = [0, 0, 200];
const RED: [u8; 3] = [200, 0, 0];

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn tensor(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        dims: dims.to_vec(),
        data_type: Some(1),
        name: text(name),
        float_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn node(op: &str, inputs: &[&str], output: &str, attributes: &[(&str, &[i64])]) -> NodeProto {
    let attribute = |(name, values): &(&str, &[i64])| {
        let one = *name == "axis";
        AttributeProto {
            name: text(name),
            i: one.then(|| values[0]),
            ints: if one { Vec::new() } else { values.to_vec() },
            kind: Some(if one { 2 } else { 7 }),
            ..AttributeProto::default()
        }
    };
    NodeProto {
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.to_owned()],
        op_type: text(op),
        attribute: attributes.iter().map(attribute).collect(),
        ..NodeProto::default()
    }
}

fn value(name: &str, dims: &[Option<i64>]) -> ValueInfoProto {
    let dim = |(index, dim): (usize, &Option<i64>)| DimensionProto {
        dim_value: *dim,
        dim_param: dim.is_none().then(|| format!("{name}{index}")),
    };
    let shape = ShapeProto { dim: dims.iter().enumerate().map(dim).collect() };
    let tensor_type = TensorTypeProto { elem_type: Some(1), shape: Some(shape) };
    ValueInfoProto {
        name: text(name),
        value_type: Some(TypeProto { tensor_type: Some(tensor_type) }),
    }
}

fn model(nodes: Vec<NodeProto>, initializer: Vec<TensorProto>, outputs: usize) -> Vec<u8> {
    let graph = GraphProto {
        node: nodes,
        name: text("drawn"),
        initializer,
        input: vec![value("x", &[Some(1), Some(3), None, None])],
        output: vec![value("fetch_name_0", &vec![None; outputs])],
    };
    let opset = OperatorSetIdProto { domain: text(""), version: Some(11) };
    ModelProto {
        ir_version: Some(7),
        producer_name: text("test"),
        graph: Some(graph),
        opset_import: vec![opset],
    }
    .encode_to_vec()
}

/// How dark a pixel is.
fn boxes_model() -> Vec<u8> {
    let nodes = vec![
        node("Conv", &["x", "w", "b"], "dark", &[("kernel_shape", &[1, 1])]),
        node("Sigmoid", &["dark"], "fetch_name_0", &[]),
    ];
    let weights = tensor("w", &[1, 3, 1, 1], &[-8.0, -8.0, -8.0]);
    model(nodes, vec![weights, tensor("b", &[1], &[8.0])], 4)
}

/// Of each eight columns: none where they are white, `A` where blue, `<` where red.
fn lines_model() -> Vec<u8> {
    let nodes = vec![
        node("AveragePool", &["x"], "mean", &[("kernel_shape", &[48, 8]), ("strides", &[48, 8])]),
        node("Conv", &["mean", "w", "b"], "scores", &[("kernel_shape", &[1, 1])]),
        node("Softmax", &["scores"], "shares", &[("axis", &[1])]),
        node("Squeeze", &["shares"], "rows", &[("axes", &[2])]),
        node("Transpose", &["rows"], "fetch_name_0", &[("perm", &[0, 2, 1])]),
    ];
    // Rows: none, `A`, `<`, space; columns: blue, green, red.
    #[rustfmt::skip]
    let weights = [
        0.0, 16.0, 0.0,
        16.0, -8.0, -8.0,
        -8.0, -8.0, 16.0,
        0.0, 0.0, 0.0,
    ];
    let bias = [4.0, 0.0, 0.0, -40.0];
    let initializer = vec![tensor("w", &[4, 3, 1, 1], &weights), tensor("b", &[4], &bias)];
    let mut bytes = model(nodes, initializer, 3);
    // An entry of the metadata (field 14), which the messages here do not name.
    let entry =
        |number: u8, text: &str| [&[number << 3 | 2, text.len() as u8], text.as_bytes()].concat();
    let entry = [entry(1, "character"), entry(2, "A\n<")].concat();
    bytes.extend([&[14 << 3 | 2, entry.len() as u8], &entry[..]].concat());
    bytes
}

fn reader() -> Reader {
    let models = ReadingModels { text_boxes: Some(boxes_model()), text_lines: Some(lines_model()) };
    Reader::load(models).expect("both load")
}

/// Bars of a colour on white: left, top, width, height.
fn drawn(width: u32, height: u32, bars: &[([u32; 4], [u8; 3])]) -> Image {
    let colour = |x: u32, y: u32| {
        let inside = |bar: &&([u32; 4], [u8; 3])| {
            let [left, top, wide, high] = bar.0;
            (left..left + wide).contains(&x) && (top..top + high).contains(&y)
        };
        bars.iter().find(inside).map_or(WHITE, |bar| bar.1)
    };
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| colour(x, y))).collect();
    Image { width, height, rgb }
}

fn read(image: &Image) -> SideReading {
    let request = ReadingRequest { barcodes: false, ..ReadingRequest::all(2026) };
    reader().read(image, DocumentSide::Front, request)
}

#[test]
fn lines_are_read_from_the_top_and_from_the_left_with_their_corners() {
    let image = drawn(
        700,
        440,
        &[
            ([60, 300, 200, 24], RED),
            ([60, 100, 100, 24], BLUE),
            ([160, 100, 100, 24], RED),
            ([420, 104, 160, 24], BLUE),
        ],
    );
    let reading = read(&image);
    assert_eq!(reading.text_state, TextState::Read);
    let texts: Vec<&str> = reading.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["A<", "A", "<"]);
    let expected = [[60.0, 100.0, 260.0, 124.0], [420.0, 104.0, 580.0, 128.0]];
    for (line, [left, top, right, bottom]) in reading.lines.iter().zip(expected) {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        for (seen, drawn) in line.corners.iter().zip(corners) {
            // A box is larger than its text, by its area over its perimeter.
            let (x, y) = ((seen.0 - drawn.0).abs(), (seen.1 - drawn.1).abs());
            assert!(x < 30.0 && y < 30.0, "{:?} for {corners:?}", line.corners);
        }
        assert!(line.confidence > 0.8, "{}", line.confidence);
    }
}

#[test]
fn lines_of_a_document_on_its_side_begin_where_their_text_begins() {
    let bars = [([100, 60, 24, 100], BLUE), ([100, 160, 24, 100], RED), ([300, 80, 24, 220], BLUE)];
    let reading = read(&drawn(440, 400, &bars));
    let line = reading.lines.iter().find(|line| line.text.contains('<')).expect("a line");
    // Which way up it lies such networks cannot tell: from the top down, or from the bottom up.
    let [begin, end, ..] = line.corners;
    let downwards = end.1 > begin.1;
    assert_eq!(line.text, if downwards { "A<" } else { "<A" });
    assert!((end.1 - begin.1).abs() > 150.0, "{:?}", line.corners);
}

#[test]
fn an_image_without_text_has_no_lines() {
    let reading = read(&drawn(300, 200, &[]));
    assert_eq!((reading.text_state, reading.lines.len()), (TextState::Read, 0));
}

#[test]
fn a_model_whose_classes_are_not_its_letters_is_not_loaded() {
    let mut lines = lines_model();
    // `A` and `<` become one letter of two: there is a class more than letters.
    let at = lines.windows(3).rposition(|it| it == b"A\n<").expect("the letters");
    lines[at + 1] = b'-';
    let models = ReadingModels { text_boxes: Some(boxes_model()), text_lines: Some(lines) };
    assert!(Reader::load(models).is_err());
}
