//! Main and second portrait of a document, found and compared by the models for faces.

use std::borrow::Cow;

use verax_domain::document_check::DocumentCheck;
use verax_domain::document_findings::ImageBox;
use verax_domain::face_findings::DetectedFace;

use super::locator::Locator;
use super::quad::{DocumentLocation, Quad};
use super::request::{DocumentRequest, GhostPortrait};
use crate::faces::{FaceEngine, FaceRequest, Wanted};
use crate::image::Image;
use crate::workers::Waiting;

/// Cosine of two templates below which the portraits show two people. Lower than between
/// photographs (0.42): a ghost is small, pale and printed through lines, and strangers stay near 0.
/// By the example `measure_ghosts`, of second portraits that were found: 1 of 111 genuine ones
/// rejected and 1 of 93 strangers accepted; at 0.25 it is 3 and 0.
const GHOST_COSINE_MIN: f32 = 0.20;
/// Inter-eye distance over that of the main portrait, up to which a face is a second portrait.
const GHOST_SCALE_MAX: f64 = 0.75;
/// Below this many pixels between the eyes a template says little.
const GHOST_EYES_PX_MIN: f64 = 20.0;
const CONFIDENCE_MIN: f64 = 0.7;

/// The request with what the loaded models for faces tell: where the portrait is, and how alike the
/// second portrait is. Faces are sought in the document alone: a newspaper under it shows faces too.
/// Where no document is found, the largest face is the portrait, and no other is compared with it.
pub fn with_portraits(
    request: DocumentRequest,
    faces: &FaceEngine,
    image: &Image,
) -> DocumentRequest {
    if !request.checks[DocumentCheck::PortraitSubstitution] || !faces.can_detect() {
        return request;
    }
    // The limits above were measured with points of the first look.
    let wanted = FaceRequest {
        second_look: Wanted::No,
        attack: Wanted::No,
        template: Wanted::Yes,
        ..FaceRequest::default()
    };
    let located = Locator::shipped().locate(image).map(|located| located.quad);
    let location = located.map_or(DocumentLocation::Nowhere, DocumentLocation::At);
    let request = DocumentRequest { location: Some(location), ..request };
    let (document, origin) = match &located {
        Some(quad) => alone(image, quad),
        None => (Cow::Borrowed(image), (0.0, 0.0)),
    };
    let Ok(measured) = faces.analyse_image(&document, &wanted, &Waiting::always()) else {
        return request;
    };
    let found = measured.findings.faces;
    let Some(main) = found.first().filter(|face| face.confidence >= CONFIDENCE_MIN) else {
        return request;
    };
    let request = DocumentRequest { face: Some(box_of(main, origin)), ..request };
    if located.is_none() {
        return request;
    }
    let eyes = main.inter_eye_distance_px();
    let second_in = |found: &[DetectedFace], image: &Image| {
        let second =
            found.iter().filter(|face| face.confidence >= CONFIDENCE_MIN).find(|face| {
                let own = face.inter_eye_distance_px();
                own >= GHOST_EYES_PX_MIN && own <= GHOST_SCALE_MAX * eyes
            })?;
        let part = around(second, image);
        faces.analyse_image(&part, &wanted, &Waiting::always()).ok()?.template
    };
    let second = second_in(&found[1..], &document).or_else(|| {
        // The whole document shows a ghost too small to be found: one half of it, larger, does.
        let part = beside(main, &document)?;
        let found = faces.analyse_image(&part, &wanted, &Waiting::always()).ok()?.findings.faces;
        second_in(&found, &part)
    });
    let ghost = measured.template.zip(second).map(|(main, second)| GhostPortrait {
        similarity: main.compare(&second).cosine as f32,
        required: GHOST_COSINE_MIN,
    });
    DocumentRequest { ghost, ..request }
}

fn box_of(face: &DetectedFace, origin: (f32, f32)) -> ImageBox {
    ImageBox {
        x: face.origin.x as f32 + origin.0,
        y: face.origin.y as f32 + origin.1,
        width: face.width_px as f32,
        height: face.height_px as f32,
    }
}

/// The document without what lies around it, and where its upright rectangle begins.
fn alone<'a>(image: &Image, quad: &Quad) -> (Cow<'a, Image>, (f32, f32)) {
    let (left, top, right, bottom) = quad.bounds();
    let columns = (f64::from(left), f64::from(right));
    let mut document = cut(image, columns, (f64::from(top), f64::from(bottom)));
    let origin = (left.max(0.0).floor(), top.max(0.0).floor());
    let width = document.width as usize;
    for (at, pixel) in document.rgb.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let (x, y) = ((at % width) as f32 + 0.5, (at / width) as f32 + 0.5);
        if !quad.contains(origin.0 + x, origin.1 + y) {
            *pixel = [128; 3];
        }
    }
    (Cow::Owned(document), origin)
}

/// The face with half its size around it: the only one there.
fn around(face: &DetectedFace, image: &Image) -> Image {
    let span = |origin: f64, length: f64| (origin - 0.5 * length, origin + 1.5 * length);
    cut(image, span(face.origin.x, face.width_px), span(face.origin.y, face.height_px))
}

/// The wider part of the image beside the portrait; none when there is hardly any.
fn beside(main: &DetectedFace, image: &Image) -> Option<Image> {
    let (width, height) = (f64::from(image.width), f64::from(image.height));
    let left = main.origin.x - 0.25 * main.width_px;
    let right = main.origin.x + 1.25 * main.width_px;
    let columns = if width - right >= left { (right, width) } else { (0.0, left) };
    (columns.1 - columns.0 >= 100.0).then(|| cut(image, columns, (0.0, height)))
}

fn cut(image: &Image, columns: (f64, f64), rows: (f64, f64)) -> Image {
    let span = |(from, to): (f64, f64), side: u32| {
        let from = from.clamp(0.0, f64::from(side)) as usize;
        (from, (to.clamp(0.0, f64::from(side)) as usize).max(from))
    };
    let ((x0, x1), (y0, y1)) = (span(columns, image.width), span(rows, image.height));
    let width = image.width as usize;
    let mut rgb = Vec::with_capacity((x1 - x0) * (y1 - y0) * 3);
    for y in y0..y1 {
        rgb.extend_from_slice(&image.rgb[(y * width + x0) * 3..(y * width + x1) * 3]);
    }
    Image { width: (x1 - x0) as u32, height: (y1 - y0) as u32, rgb }
}
