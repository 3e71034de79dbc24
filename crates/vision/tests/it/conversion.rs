//! From a PyTorch state dict to the ONNX file of the backbone.

use prost::Message as _;
use verax_vision::conversion::efficientnet_lite0::{PROBE_SIDE_PX, STAGES};
use verax_vision::conversion::state_dict::{StateDict, StateDictError};
use verax_vision::conversion::{Conversion, ConversionError};
use verax_vision::network::{NchwTensor, Network, Runtime};
use verax_vision::onnx_fold::proto::{GraphProto, ModelProto};

const HEAD: &[u8] =
    b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02\x4d\xe9\x03.";
const MACHINE: &[u8] = b"\x80\x02}q\x00X\x0d\x00\x00\x00little_endianq\x01\x88s.";

struct View {
    name: String,
    storage: &'static str,
    shape: Vec<usize>,
}

fn view(name: impl Into<String>, storage: &'static str, shape: &[usize]) -> View {
    View { name: name.into(), storage, shape: shape.to_vec() }
}

fn text(value: &str) -> Vec<u8> {
    [b"X", &(value.len() as u32).to_le_bytes()[..], value.as_bytes()].concat()
}

fn number(value: usize) -> Vec<u8> {
    [b"J", &(value as u32).to_le_bytes()[..]].concat()
}

fn tuple(values: &[usize]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|value| number(*value)).collect();
    [b"(", &values[..], b"t"].concat()
}

fn strides(shape: &[usize]) -> Vec<usize> {
    (1..=shape.len()).map(|inner| shape[inner..].iter().product()).collect()
}

fn tensor(view: &View, numbers: usize, strides: &[usize]) -> Vec<u8> {
    let kind = if view.storage == "steps" { "LongStorage" } else { "FloatStorage" };
    [
        &text(&view.name)[..],
        b"h\x00((",
        &text("storage"),
        format!("ctorch\n{kind}\n").as_bytes(),
        &text(view.storage),
        &text("cpu"),
        &number(numbers),
        b"NtQK\x00",
        &tuple(&view.shape),
        &tuple(strides),
        b"\x89h\x01)RtR",
    ]
    .concat()
}

// What `torch.save` wrote up to version 1.5.
fn saved(tensors: &[Vec<u8>], storages: &[(&str, Vec<f32>)]) -> Vec<u8> {
    let mut file = [
        HEAD,
        MACHINE,
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nq\x00ccollections\nOrderedDict\nq\x01)R(",
        &tensors.concat(),
        b"u}",
        &text("_metadata"),
        b"h\x01)Rsb.\x80\x02]q\x00(",
    ]
    .concat();
    file.extend(storages.iter().flat_map(|(key, _)| text(key)));
    file.extend(b"e.");
    for (key, numbers) in storages {
        file.extend((numbers.len() as u64).to_le_bytes());
        for number in numbers {
            match *key {
                "steps" => file.extend((*number as i64).to_le_bytes()),
                _ => file.extend(number.to_le_bytes()),
            }
        }
    }
    file
}

fn small() -> Vec<u8> {
    let views = [view("w", "w", &[2, 3]), view("b", "w", &[2]), view("steps", "steps", &[])];
    let tensors = views.map(|view| {
        let count = if view.storage == "steps" { 1 } else { 6 };
        tensor(&view, count, &strides(&view.shape))
    });
    saved(&tensors, &[("w", vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), ("steps", vec![7.0])])
}

fn is_missing(answer: Result<Vec<f32>, StateDictError>, missing: &str) -> bool {
    matches!(answer, Err(StateDictError::NoTensor { name, .. }) if name == missing)
}

#[test]
fn tensors_are_found_by_name_and_shape() {
    let file = small();
    let state = StateDict::read(&file).unwrap();
    assert_eq!(state.floats("w", &[2, 3]).unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(state.floats("b", &[2]).unwrap(), [1.0, 2.0]);
    assert!(is_missing(state.floats("w", &[3, 2]), "w"));
    assert!(is_missing(state.floats("v", &[2, 3]), "v"));
    // Whole numbers are no weights.
    assert!(is_missing(state.floats("steps", &[]), "steps"));
}

#[test]
fn numbers_come_row_by_row_however_they_lie_in_the_file() {
    let file = saved(
        &[tensor(&view("w", "w", &[2, 3]), 6, &[1, 2])],
        &[("w", vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])],
    );
    let state = StateDict::read(&file).unwrap();
    assert_eq!(state.floats("w", &[2, 3]).unwrap(), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
}

#[test]
fn a_tensor_that_reaches_beyond_its_storage_is_missing() {
    let far = u32::MAX as usize;
    for (shape, strides) in [
        (vec![4, 3], vec![3, 1]),
        (vec![2, 3], vec![4, 1]),
        (vec![2, 3], vec![far, far]),
        (vec![0, 3], vec![3, 1]),
        (vec![2, 3], vec![1]),
        (vec![far, far, far, far], vec![far, far, far, far]),
        (vec![far, far, far, far], vec![0, 0, 0, 0]),
    ] {
        let tensors = [tensor(&view("w", "w", &shape), 6, &strides)];
        let file = saved(&tensors, &[("w", vec![0.0; 6])]);
        let state = StateDict::read(&file).unwrap();
        assert!(is_missing(state.floats("w", &shape), "w"), "{shape:?} {strides:?}");
    }
}

#[test]
fn a_file_that_is_cut_or_longer_is_rejected() {
    let file = small();
    for length in 0..file.len() {
        assert!(StateDict::read(&file[..length]).is_err(), "{length} bytes");
    }
    let longer = [&file[..], b"\x00"].concat();
    let at = file.len();
    assert_eq!(StateDict::read(&longer).unwrap_err(), StateDictError::Unreadable { at });
}

#[test]
fn no_changed_byte_makes_a_panic() {
    let file = small();
    for at in 0..file.len() {
        for byte in 0..=u8::MAX {
            let mut changed = file.clone();
            changed[at] = byte;
            if let Ok(state) = StateDict::read(&changed) {
                drop(state.floats("w", &[2, 3]));
            }
        }
    }
}

#[test]
fn sizes_that_the_file_does_not_hold_are_rejected() {
    let start = [HEAD, MACHINE, b"\x80\x02"].concat();
    let declared = [&tensor(&view("w", "w", &[1]), u32::MAX as usize, &[1])[..]].concat();
    let files = [
        [&start[..], b"X\xff\xff\xff\xffshort."].concat(),
        [&start[..], b"(h\xff."].concat(),
        [&start[..], b"t."].concat(),
        [&start[..], &b"(".repeat(90_000), b"."].concat(),
        // A call for which nothing is on the stack, and names without an end.
        [&start[..], b"R."].concat(),
        [&start[..], b"c", &b"a".repeat(100_000)].concat(),
        saved(&[declared], &[("w", vec![0.0])]),
    ];
    for file in files {
        assert!(StateDict::read(&file).is_err(), "{:?}", &file[..file.len().min(80)]);
    }
    // A storage that says it has 2^64 - 1 numbers.
    let mut file = small();
    let counts = file.len() - (8 + 8) - (8 + 24);
    file[counts..counts + 8].copy_from_slice(&[0xff; 8]);
    assert!(StateDict::read(&file).is_err());
}

#[test]
fn names_of_python_that_no_tensor_needs_are_rejected() {
    let file = [HEAD, b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R."].concat();
    assert!(matches!(StateDict::read(&file), Err(StateDictError::Unreadable { .. })));
}

#[test]
fn deep_nests_and_endless_pickles_are_rejected() {
    for repeated in [&b"\x85"[..], b"h\x00", b"}q\x00", b"(h\x00t"] {
        let nest = [HEAD, b"\x80\x02)q\x00", &repeated.repeat(2_000_000), b"."].concat();
        assert!(StateDict::read(&nest).is_err());
    }
}

// Expansion, channels, repeats, stride and kernel of each stage, as published.
const PUBLISHED: [[usize; 5]; 7] = [
    [1, 16, 1, 1, 3],
    [6, 24, 2, 2, 3],
    [6, 40, 2, 2, 5],
    [6, 80, 3, 2, 3],
    [6, 112, 3, 1, 5],
    [6, 192, 4, 2, 5],
    [6, 320, 1, 1, 3],
];
const WEIGHTS: usize = 1152 * 320;
const CHANNELS: usize = 1152;

// Every tensor of the network, each kind a view of one storage.
pub fn network_of(weights: Vec<f32>, [gamma, beta, mean, variance]: [f32; 4]) -> Vec<u8> {
    let mut views = Vec::new();
    let mut layer = |convolution: String, norm: String, shape: [usize; 4]| {
        views.push(view(format!("{convolution}.weight"), "weights", &shape));
        for (part, storage) in [
            ("weight", "gamma"),
            ("bias", "beta"),
            ("running_mean", "mean"),
            ("running_var", "var"),
        ] {
            views.push(view(format!("{norm}.{part}"), storage, &shape[..1]));
        }
    };
    layer("_conv_stem".to_owned(), "_bn0".to_owned(), [32, 3, 3, 3]);
    let (mut channels, mut number) = (32, 0);
    for [expansion, outputs, repeats, _, kernel] in PUBLISHED {
        for _ in 0..repeats {
            let part = |part: &str| format!("_blocks.{number}.{part}");
            let wide = channels * expansion;
            if expansion > 1 {
                layer(part("_expand_conv"), part("_bn0"), [wide, channels, 1, 1]);
            }
            layer(part("_depthwise_conv"), part("_bn1"), [wide, 1, kernel, kernel]);
            layer(part("_project_conv"), part("_bn2"), [outputs, wide, 1, 1]);
            (channels, number) = (outputs, number + 1);
        }
    }
    let storages = [
        ("weights", weights),
        ("gamma", vec![gamma; CHANNELS]),
        ("beta", vec![beta; CHANNELS]),
        ("mean", vec![mean; CHANNELS]),
        ("var", vec![variance; CHANNELS]),
    ];
    let count = |view: &View| if view.storage == "weights" { WEIGHTS } else { CHANNELS };
    let tensors: Vec<_> =
        views.iter().map(|view| tensor(view, count(view), &strides(&view.shape))).collect();
    saved(&tensors, &storages)
}

pub fn without_meaning() -> Vec<f32> {
    (0..WEIGHTS).map(|at| (at * 7919 % 401) as f32 / 2000.0 - 0.1).collect()
}

fn loaded(file: &[u8]) -> Network {
    let onnx = Conversion::EfficientNetLite0.convert(file).unwrap();
    Network::load(
        "backbone",
        onnx,
        &STAGES.map(|stage| stage.output),
        &NchwTensor::noise(PROBE_SIDE_PX, PROBE_SIDE_PX),
    )
    .unwrap()
}

#[test]
fn the_backbone_is_fused_and_takes_any_sides_that_are_multiples_of_32() {
    let network = loaded(&network_of(without_meaning(), [1.0, 0.5, 0.0, 1.0]));
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        assert_eq!(network.runtime(), Runtime::Fused);
    }
    let maps = network.run(&NchwTensor::black(96, 64)).unwrap();
    for (map, stage) in maps.iter().zip(STAGES) {
        let pixels = (96 / stage.stride) * (64 / stage.stride);
        assert_eq!(map.len(), stage.channels * pixels, "{}", stage.output);
        assert!(map.iter().all(|value| value.is_finite()), "{}", stage.output);
    }
}

#[test]
fn norms_are_folded_and_blocks_that_change_nothing_in_size_add_what_came_in() {
    // Without weights a block gives the shift of its last norm: beta - mean * gamma / sqrt(var + 1e-3).
    let network = loaded(&network_of(vec![0.0; WEIGHTS], [2.0, 1.0, 0.25, 0.008]));
    let shift = 1.0 - 0.25 * 2.0 / 0.009_f64.sqrt();
    let maps = network.run(&NchwTensor::black(64, 64)).unwrap();
    for ((map, stage), [_, channels, repeats, ..]) in maps.iter().zip(STAGES).zip(&PUBLISHED[1..]) {
        assert_eq!(stage.channels, *channels);
        let expected = *repeats as f64 * shift;
        let differs = |value: &f32| (f64::from(*value) - expected).abs() > 1e-5;
        assert!(!map.iter().any(differs), "{}: {} for {expected}", stage.output, map[0]);
    }
}

fn pads(graph: &GraphProto, output: &str) -> Vec<i64> {
    let is_wanted = |name: &String| name == output;
    let node = graph.node.iter().find(|node| node.output.iter().any(is_wanted)).unwrap();
    let is_pads = |name: &Option<String>| name.as_deref() == Some("pads");
    node.attribute.iter().find(|attribute| is_pads(&attribute.name)).unwrap().ints.clone()
}

#[test]
fn what_is_odd_in_the_padding_comes_below_and_to_the_right() {
    let file = network_of(vec![0.0; WEIGHTS], [1.0; 4]);
    let onnx = Conversion::EfficientNetLite0.convert(&file).unwrap();
    let graph = ModelProto::decode(&onnx[..]).unwrap().graph.unwrap();
    assert_eq!(pads(&graph, "stem_conv"), [0, 0, 1, 1]);
    assert_eq!(pads(&graph, "depthwise0_conv"), [1, 1, 1, 1]);
    assert_eq!(pads(&graph, "depthwise1_conv"), [0, 0, 1, 1]);
    assert_eq!(pads(&graph, "depthwise3_conv"), [1, 1, 2, 2]);
    assert_eq!(pads(&graph, "depthwise4_conv"), [2, 2, 2, 2]);
    assert_eq!(pads(&graph, "s320"), [0, 0, 0, 0]);
}

#[test]
fn weights_of_another_network_are_rejected_by_the_name_of_what_is_missing() {
    let error = Conversion::EfficientNetLite0.convert(&small()).unwrap_err();
    let shape = vec![32, 3, 3, 3];
    let name = "_conv_stem.weight".to_owned();
    assert_eq!(error, ConversionError::StateDict(StateDictError::NoTensor { name, shape }));
    let error = Conversion::EfficientNetLite0.convert_replacement(b"\xff\xff\xff").unwrap_err();
    assert!(matches!(error, ConversionError::Fold(_)));
}
