//! Prints what is measured on images, one JSON object a line: for `tools/reference/faces.py`.
//!
//! `measure_faces FOLDER_OF_FOLDED_MODELS IMAGE...`
#![expect(clippy::unwrap_used, reason = "a tool for developers may stop where it stands")]

use std::path::Path;

use verax_vision::faces::{FaceEngine, FaceRequest, ModelBytes, Wanted};
use verax_vision::workers::Waiting;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap();
    let read = |name: &str| std::fs::read(Path::new(&folder).join(name)).ok();
    let models = ModelBytes {
        face_detector: read("face-detector.onnx"),
        face_template: read("face-template.onnx"),
        face_attack: read("face-attack.onnx"),
        ..ModelBytes::default()
    };
    let engine = FaceEngine::load(models).unwrap();
    // The reference looks once.
    let request = FaceRequest { second_look: Wanted::No, ..FaceRequest::default() };
    for path in arguments {
        let bytes = std::fs::read(&path).unwrap();
        match engine.measure(&bytes, &request, &Waiting::always()) {
            Err(error) => println!("{{\"path\":\"{path}\",\"error\":\"{error}\"}}"),
            Ok(measured) => {
                let faces: Vec<String> = measured
                    .findings
                    .faces
                    .iter()
                    .map(|face| {
                        let points: Vec<[f64; 2]> =
                            face.points.iter().map(|point| [point.x, point.y]).collect();
                        format!(
                            "{{\"confidence\":{},\"box\":{:?},\"points\":{points:?}}}",
                            face.confidence,
                            [face.origin.x, face.origin.y, face.width_px, face.height_px],
                        )
                    })
                    .collect();
                let attack = measured.findings.attack.and_then(|attack| attack.bona_fide_by_crop);
                let attack =
                    attack.map_or_else(|| "null".to_owned(), |by_crop| format!("{by_crop:?}"));
                let template = measured
                    .template
                    .map_or_else(|| "null".to_owned(), |t| format!("{:?}", t.values()));
                println!(
                    "{{\"path\":\"{path}\",\"faces\":[{}],\"attack\":{attack},\"template\":{template}}}",
                    faces.join(",")
                );
                eprintln!("{path} {:?} {:?}", measured.findings.quality, measured.timings);
            }
        }
    }
}
