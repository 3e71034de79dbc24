//! Faces without models: an image says by the colours of its first pixels whose faces are in it. It
//! is decoded, bounded and admitted like any other; only what the models would say is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verax_domain::face_findings::{
    AttackFindings, DetectedFace, FaceFindings, FaceQuality, PointPx,
};
use verax_domain::face_verdict::attack_rejection;
use verax_server::app::App;
use verax_server::app::faces::{AnalyseFaces, Faces};
use verax_server::clock::Random;
use verax_vision::faces::{
    FaceError, FaceRequest, LIVENESS, MeasuredFace, StageTimings, Template, Wanted,
};
use verax_vision::image::Image;
use verax_vision::workers::Waiting;

const WIDTH: u32 = 320;
const HEIGHT: u32 = 200;

/// A face in an image: of person `of` (from 1), as photographed the `shot`-th time, and how live it
/// looks, 0..=255.
#[derive(Clone, Copy)]
pub struct Face {
    pub of: u8,
    pub shot: u8,
    pub live: u8,
}

pub fn face(of: u8) -> Face {
    Face { of, shot: 0, live: 250 }
}

/// How live a face looks that fills its image.
const FILLS: u8 = 1;

/// A face that is too close for its liveness to be measured.
pub fn filling(of: u8) -> Face {
    Face { of, shot: 0, live: FILLS }
}

/// A PNG in base64, with one face, or with a second and smaller one.
pub fn image(faces: &[Face]) -> String {
    let mut rgb = blank();
    for at in 0..2 {
        let pixel = faces.get(at).map_or([0; 3], |face| [face.of, face.shot, face.live]);
        rgb[at * 3..at * 3 + 3].copy_from_slice(&pixel);
    }
    png(&rgb, image::codecs::png::CompressionType::Fast)
}

pub fn blank() -> Vec<u8> {
    vec![90; (WIDTH * HEIGHT * 3) as usize]
}

pub fn png(rgb: &[u8], compression: image::codecs::png::CompressionType) -> String {
    let mut png = Vec::new();
    let filter = image::codecs::png::FilterType::Adaptive;
    let encoder = image::codecs::png::PngEncoder::new_with_quality(&mut png, compression, filter);
    let kind = image::ExtendedColorType::Rgb8;
    image::ImageEncoder::write_image(encoder, rgb, WIDTH, HEIGHT, kind).expect("a PNG");
    STANDARD.encode(png)
}

/// The template of a face: two shots of one person are close, two persons are not.
pub fn template(face: Face) -> Template {
    let draw = |seed: u64| {
        let random = Random::seeded(seed);
        std::array::from_fn::<f32, 128, _>(|_| (random.number() % 2001) as f32 / 1000.0 - 1.0)
    };
    let (own, shot) = (draw(u64::from(face.of)), draw(1000 + u64::from(face.shot)));
    let values: Vec<f32> = own.iter().zip(shot).map(|(own, shot)| own + 0.2 * shot).collect();
    Template::normalised(&values).expect("a template")
}

/// The same face photographed again and again: no two images have the same pixels or bytes, and all
/// measure the same. Which `take` it is stands in a pixel that says nothing of a face.
pub fn take(face: Face, take: u32) -> String {
    let mut rgb = blank();
    rgb[..3].copy_from_slice(&[face.of, face.shot, face.live]);
    rgb[3..6].copy_from_slice(&[0; 3]);
    let [_, one, two, three] = take.to_be_bytes();
    rgb[6..9].copy_from_slice(&[one, two, three]);
    png(&rgb, image::codecs::png::CompressionType::Fast)
}

/// The same pixels in another file.
pub fn encoded_again(image: &str) -> String {
    let file = STANDARD.decode(image).expect("base64");
    let pixels = image::load_from_memory(&file).expect("a PNG").to_rgb8();
    let again = png(pixels.as_raw(), image::codecs::png::CompressionType::Best);
    assert_ne!(again, image, "another file");
    again
}

/// The app, measuring given faces; `model` is what their templates are said to be made by.
pub fn with_given_faces(app: App, model: &str) -> App {
    with_counted_faces(app, model).0
}

/// The same, and how many images were measured so far.
pub fn with_counted_faces(app: App, model: &str) -> (App, Arc<AtomicUsize>) {
    let measured = Arc::new(AtomicUsize::new(0));
    let given = GivenFaces { measured: Arc::clone(&measured) };
    (app.with_faces(Faces::with(Arc::new(given), model)), measured)
}

struct GivenFaces {
    measured: Arc<AtomicUsize>,
}

impl GivenFaces {
    fn faces(image: &Image) -> Vec<Face> {
        let pixels = image.rgb.as_chunks::<3>().0.iter().take(2);
        let faces = pixels.map(|[of, shot, live]| Face { of: *of, shot: *shot, live: *live });
        faces.filter(|face| face.of != 0).collect()
    }
}

impl AnalyseFaces for GivenFaces {
    fn models(&self) -> Vec<&'static str> {
        vec!["face-detector", "face-template", "face-attack"]
    }

    fn analyse_image(
        &self,
        image: &Image,
        request: &FaceRequest,
        _: &Waiting,
    ) -> Result<MeasuredFace, FaceError> {
        self.measured.fetch_add(1, Ordering::SeqCst);
        let given = GivenFaces::faces(image);
        let mut faces: Vec<DetectedFace> = (0..given.len()).map(placed).collect();
        if let (Some(subject), Some(Face { live: FILLS, .. })) = (faces.first_mut(), given.first())
        {
            subject.height_px = f64::from(image.height);
        }
        let attack = match (given.first(), faces.first(), request.attack) {
            (Some(_), Some(subject), Wanted::Yes) => self.analyse_attack(image, subject)?,
            _ => None,
        };
        let template = given.first().filter(|_| request.template == Wanted::Yes);
        Ok(MeasuredFace {
            findings: FaceFindings {
                width_px: image.width,
                height_px: image.height,
                faces,
                quality: given.first().map(|_| good_quality()),
                attack,
            },
            template: template.map(|subject| self::template(*subject)),
            timings: StageTimings::default(),
        })
    }

    fn analyse_attack(
        &self,
        image: &Image,
        subject: &DetectedFace,
    ) -> Result<Option<AttackFindings>, FaceError> {
        if attack_rejection(subject, image.width, image.height).is_some() {
            return Ok(None);
        }
        let face = GivenFaces::faces(image).first().copied();
        Ok(face.map(|face| {
            let bona_fide = f64::from(face.live) / 255.0;
            AttackFindings {
                bona_fide_by_crop: Some([bona_fide; 3]),
                bona_fide,
                liveness_score: LIVENESS.score(bona_fide),
            }
        }))
    }

    fn template_of(
        &self,
        image: &Image,
        face: &DetectedFace,
    ) -> Result<Option<Template>, FaceError> {
        let at = usize::from(face.origin.x > 150.0);
        Ok(GivenFaces::faces(image).get(at).map(|face| template(*face)))
    }
}

fn good_quality() -> FaceQuality {
    FaceQuality {
        inter_eye_distance_px: 80.0,
        sharpness_levels: 20.0,
        brightness: 0.5,
        contrast: 0.2,
        under_exposed: 0.0,
        over_exposed: 0.0,
        yaw_degrees: 0.0,
        pitch_degrees: 0.0,
        roll_degrees: 0.0,
        face_height_share: 0.5,
        inside_share: 1.0,
    }
}

/// The first face is large and on the left, the second small and on the right.
fn placed(at: usize) -> DetectedFace {
    let (x, y, size) = if at == 0 { (20.0, 20.0, 140.0) } else { (220.0, 60.0, 50.0) };
    let point = |across: f64, down: f64| PointPx { x: x + across * size, y: y + down * size };
    DetectedFace {
        origin: PointPx { x, y },
        width_px: size,
        height_px: size,
        confidence: 0.9,
        points: [
            point(0.3, 0.4),
            point(0.7, 0.4),
            point(0.5, 0.6),
            point(0.35, 0.8),
            point(0.65, 0.8),
        ],
    }
}
