//! Templates of a face alone, and of the face and its mirror image.

use verax_domain::face_findings::{DetectedFace, PointPx};
use verax_vision::faces::{
    ALIGNED_POINTS, ALIGNED_SIDE_PX, FaceEngine, ModelBytes, Template, TemplateViews,
};
use verax_vision::image::Image;

use super::network::{model_of_side, node, weights};

/// A template network whose weights mean nothing: it sees on which side of a face something is.
fn engine(template_views: TemplateViews) -> FaceEngine {
    let nodes = vec![
        node(
            "Conv",
            &["x", "w1"],
            "c1",
            &[("kernel_shape", &[16, 16]), ("strides", &[16, 16]), ("pads", &[0, 0, 0, 0])],
        ),
        node("Flatten", &["c1"], "f2", &[]),
        node("Gemm", &["f2", "w3", "b3"], "fc1", &[("transB", &[1])]),
    ];
    let initializer = vec![
        weights("w1", &[4, 3, 16, 16]),
        weights("w3", &[128, 4 * 7 * 7]),
        weights("b3", &[128]),
    ];
    let face_template = Some(model_of_side(ALIGNED_SIDE_PX as i64, nodes, initializer, &["fc1"]));
    FaceEngine::load(ModelBytes { face_template, template_views, ..ModelBytes::default() }).unwrap()
}

/// Bright in one corner.
fn image() -> Image {
    let side = ALIGNED_SIDE_PX as u32;
    let level = |x: u32, y: u32| if x < 40 && y < 70 { 220 } else { (x + y) as u8 };
    let pixels = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
    let rgb = pixels.flat_map(|(x, y)| [level(x, y), level(y, x), 90]).collect();
    Image { width: side, height: side, rgb }
}

fn mirror(image: &Image) -> Image {
    let rows = image.rgb.chunks_exact(image.width as usize * 3);
    let rgb = rows.flat_map(|row| row.chunks_exact(3).rev().flatten().copied()).collect();
    Image { rgb, ..*image }
}

/// A face that lies where the template network wants it.
fn aligned() -> DetectedFace {
    let side = ALIGNED_SIDE_PX as f64;
    DetectedFace {
        origin: PointPx { x: 0.0, y: 0.0 },
        width_px: side,
        height_px: side,
        confidence: 0.9,
        points: ALIGNED_POINTS,
    }
}

fn template(engine: &FaceEngine, image: &Image) -> Template {
    engine.template_of(image, &aligned()).unwrap().unwrap()
}

#[test]
fn the_template_of_a_face_and_its_mirror_image_is_their_mean() {
    let [face, both] = [TemplateViews::Face, TemplateViews::FaceAndMirrorImage].map(engine);
    let image = image();
    let mirrored = mirror(&image);
    let [one, other] = [&image, &mirrored].map(|image| template(&face, image));
    assert!(one.compare(&other).cosine < 0.9999, "the network sees no difference");
    let sum: Vec<f32> = one.values().iter().zip(other.values()).map(|(a, b)| a + b).collect();
    let mean = Template::normalised(&sum).unwrap();
    for image in [&image, &mirrored] {
        assert!(template(&both, image).compare(&mean).cosine > 1.0 - 1e-6);
    }
}
