//! A small JPEG of one face, for people to look at.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use verax_domain::face_findings::DetectedFace;

use super::attack::CropBox;
use super::resample::{View, resize};
use crate::image::Image;

/// The longer side of a thumbnail.
pub const THUMBNAIL_SIDE_PX_MAX: usize = 160;
const JPEG_QUALITY: u8 = 85;
/// How much larger than the face's box it is: hair and chin help people to recognise a face.
const SCALE: f64 = 1.3;

/// None when the face has no area inside the image.
pub fn thumbnail(image: &Image, face: &DetectedFace) -> Option<Vec<u8>> {
    let crop = CropBox::round(face, image.width, image.height, SCALE)?;
    let view = View::part(image, crop.left, crop.top, crop.width, crop.height)?;
    let longer = view.width.max(view.height).max(1);
    let side = |px: usize| match longer > THUMBNAIL_SIDE_PX_MAX {
        true => (px * THUMBNAIL_SIDE_PX_MAX / longer).max(1),
        false => px,
    };
    let (width, height) = (side(view.width), side(view.height));
    let small = resize(view, width, height).turned_back(face.quarter_turns());
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY)
        .encode(&small.rgb, small.width, small.height, ExtendedColorType::Rgb8)
        .ok()?;
    Some(jpeg)
}
