//! `verax train documents`: from images of an operator to a check that the server makes.

use prost::Message as _;
use serde_json::Value;
use verax_lab::simulator::{camera, cards::card, jpeg, press::photocopy, shrunk};
use verax_server::installed_models::sha256_hex;
use verax_vision::conversion::efficientnet_lite0::STAGES;
use verax_vision::document::seeded::Seeded;
use verax_vision::onnx_fold::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    ShapeProto, TensorProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

use super::binary::Folder;

/// A network with the backbone's stages and weights without meaning: strides alone, no depth.
fn backbone() -> Vec<u8> {
    let text = |value: &str| Some(value.to_owned());
    let (mut nodes, mut weights) = (Vec::new(), Vec::new());
    let (mut before, mut channels, mut stride) = ("x".to_owned(), 3, 1);
    for stage in STAGES {
        let step = (stage.stride / stride) as i64;
        let weight = format!("w_{}", stage.output);
        let dims = vec![stage.channels as i64, channels, step, step];
        let count: i64 = dims.iter().product();
        weights.push(TensorProto {
            float_data: (0..count)
                .map(|at| ((at * 7919 + 31) % 201) as f32 / 400.0 - 0.25)
                .collect(),
            dims,
            data_type: Some(1),
            name: text(&weight),
            ..TensorProto::default()
        });
        let ints = |name: &str, values: &[i64]| AttributeProto {
            name: text(name),
            ints: values.to_vec(),
            kind: Some(7),
            ..AttributeProto::default()
        };
        nodes.push(NodeProto {
            input: vec![before, weight],
            output: vec![stage.output.to_owned()],
            op_type: text("Conv"),
            attribute: vec![ints("kernel_shape", &[step; 2]), ints("strides", &[step; 2])],
            ..NodeProto::default()
        });
        (before, channels, stride) = (stage.output.to_owned(), stage.channels as i64, stage.stride);
    }
    let dims = [Some(1), Some(3), None, None].map(|value| DimensionProto {
        dim_value: value,
        dim_param: value.is_none().then(|| "side".to_owned()),
    });
    let shape = Some(ShapeProto { dim: dims.to_vec() });
    let tensor = TypeProto { tensor_type: Some(TensorTypeProto { elem_type: Some(1), shape }) };
    let output = |name: &str| ValueInfoProto { name: text(name), value_type: None };
    let graph = GraphProto {
        node: nodes,
        name: text("backbone"),
        initializer: weights,
        input: vec![ValueInfoProto { name: text("x"), value_type: Some(tensor) }],
        output: STAGES.map(|stage| output(stage.output)).to_vec(),
    };
    let opset = OperatorSetIdProto { domain: None, version: Some(13) };
    ModelProto {
        ir_version: Some(8),
        producer_name: None,
        graph: Some(graph),
        opset_import: vec![opset],
    }
    .encode_to_vec()
}

/// Settings that name the backbone.
fn settings(folder: &Folder) -> String {
    let model = backbone();
    let path = folder.file("backbone.onnx");
    std::fs::write(&path, &model).expect("a file");
    let (path, digest) = (path.display(), sha256_hex(&model));
    format!(
        "[models.backbone]\npath = \"{path}\"\nsha256 = \"{digest}\"\nkind = \"efficientnet-lite0\"\n"
    )
}

fn photograph(folder: &Folder, source: usize, label: &str, number: usize) -> String {
    let mut random = Seeded::for_part(source as u64, number as u64);
    let drawn = card(&mut random, None).image;
    let image = match label {
        "print" => photocopy(&mut random, &drawn),
        _ => camera::genuine(&mut random, &drawn),
    };
    let place = folder.file(&format!("set/s{source}/{label}"));
    std::fs::create_dir_all(&place).expect("a folder");
    let file = place.join(format!("{number}.jpg"));
    std::fs::write(&file, jpeg(&shrunk(&image, 0.5), 90)).expect("a file");
    file.to_str().expect("a path of UTF-8").to_owned()
}

#[test]
fn a_head_of_ones_own_looks_for_prints() {
    let folder = Folder::new();
    let settings = settings(&folder);
    let config = folder.write("trains.toml", &settings);
    let train = ["train", "documents", "set", "--check", "print", "--out", "print.json"];
    let train = [&train[..], &["--config", &config, "--cache", "cache"]].concat();
    for source in 0..2 {
        for label in ["genuine", "print"] {
            photograph(&folder, source, label, 0);
        }
    }
    let text = folder.run(&train[..]).failed();
    assert!(text.contains("of 2 sources: at least 3 are needed"), "{text}");
    for source in 0..3 {
        for (label, number) in [("genuine", 0), ("genuine", 1), ("print", 0), ("print", 1)] {
            photograph(&folder, source, label, number);
        }
    }
    let first = folder.run(&train[..]).ok();
    assert!(first.contains("12 images") && first.contains("BPCER REGULAR"), "{first}");
    let written = std::fs::read(folder.file("print.json")).expect("the head");
    // What the backbone saw is remembered, and the same images make the same bytes.
    assert_eq!(folder.run(&train[..]).ok(), first);
    assert_eq!(std::fs::read(folder.file("print.json")).expect("the head"), written);

    // A file that is no cache stays what it is.
    let other = photograph(&folder, 8, "genuine", 0);
    let before = std::fs::read(&other).expect("an image");
    let wrong = [&train[..train.len() - 1], &[other.as_str()]].concat();
    assert!(folder.run(&wrong).failed().contains("it holds something else"));
    assert_eq!(std::fs::read(&other).expect("an image"), before);

    let head = folder.file("print.json");
    let documents = format!("{settings}[documents]\nprint_head = \"{}\"\n", head.display());
    let own = folder.write("own.toml", &documents);
    let image = photograph(&folder, 7, "genuine", 0);
    let check = |config: &str| -> Value {
        folder.run(&["check", "document", &image, "--json", "--config", config]).json()
    };
    let limit = |found: &Value| {
        let limits = found["validationFlags"]["confidenceLimits"].as_array().cloned();
        limits.expect("limits").contains(&Value::from("colour_prints_not_checked"))
    };
    let (with, without) = (check(&own), check(&config));
    assert!(with["findings"]["print"]["score"].is_f64(), "{with}");
    assert!(!limit(&with) && limit(&without), "{with}\n{without}");
    assert!(without["findings"]["print"]["score"].is_null());
    // The shipped head for screens was trained on another backbone.
    let text = folder.run(&["check", "document", &image, "--json", "--config", &config]);
    assert_eq!(text.code, Some(0), "{}", text.stderr);
}

#[test]
fn without_a_backbone_nothing_is_trained_and_no_head_is_used() {
    let folder = Folder::new();
    photograph(&folder, 0, "genuine", 0);
    let train = ["train", "documents", "set", "--check", "screen", "--out", "head.json"];
    let text = folder.run(&train).failed();
    assert!(text.contains("verax models install"), "{text}");
    let config = folder.write("own.toml", "[documents]\nprint_head = \"print.json\"\n");
    let image = folder.file("set/s0/genuine/0.jpg");
    let image = image.to_str().expect("a path of UTF-8");
    let text = folder.run(&["check", "document", image, "--config", &config]).failed();
    assert!(text.contains("documents.print_head") && text.contains("models install"), "{text}");
    let held_out = ["eval", "documents", "set", "--leave-one-source-out"];
    assert!(folder.run(&held_out).failed().contains("verax models install"));
}
