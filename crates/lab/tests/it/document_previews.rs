//! Embedded previews as cameras store them, and previews of another image.

use verax_domain::document_findings::DocumentEvidence;
use verax_lab::simulator::{camera, jpeg, shrunk};
use verax_vision::document::seeded::Seeded;
use verax_vision::image::Image;

use crate::document_bytes::{Field, evidence, exif, image, with_segment};

/// A photograph of a card on a table.
fn photograph(seed: u64) -> Image {
    camera::genuine(&mut Seeded::new(seed), &image(seed))
}

/// A part of an image; the colour is black where it reaches beyond.
fn part(image: &Image, (x0, y0): (i64, i64), (width, height): (u32, u32)) -> Image {
    let mut rgb = Vec::new();
    for y in y0..y0 + i64::from(height) {
        for x in x0..x0 + i64::from(width) {
            let inside = (0..i64::from(image.width)).contains(&x)
                && (0..i64::from(image.height)).contains(&y);
            let at = ((y * i64::from(image.width) + x) * 3) as usize;
            rgb.extend_from_slice(if inside { &image.rgb[at..at + 3] } else { &[0; 3] });
        }
    }
    Image { width, height, rgb }
}

/// The largest part of this shape (inside), or the smallest image of this shape around it (with
/// bars), `shift` pixels beside the middle.
fn shaped(image: &Image, shape: f64, bars: bool, shift: i64) -> Image {
    let (w, h) = (f64::from(image.width), f64::from(image.height));
    let wide = (shape > w / h) == bars;
    let size = if wide { (h * shape, h) } else { (w, w / shape) };
    let size = (size.0.round() as u32, size.1.round() as u32);
    let from = |whole: u32, part: u32| (i64::from(whole) - i64::from(part)) / 2;
    let at = (from(image.width, size.0) + shift, from(image.height, size.1));
    part(image, at, size)
}

fn with_longest_side(image: &Image, px: u32) -> Image {
    shrunk(image, f64::from(px) / f64::from(image.width.max(image.height)))
}

fn turned(image: &Image, orientation: u32) -> Image {
    let buffer = image::RgbImage::from_raw(image.width, image.height, image.rgb.clone()).unwrap();
    let mut turned = image::DynamicImage::ImageRgb8(buffer);
    turned.apply_orientation(image::metadata::Orientation::from_exif(orientation as u8).unwrap());
    Image { width: turned.width(), height: turned.height(), rgb: turned.into_rgb8().into_raw() }
}

fn file(stored: &Image, preview: &Image, orientation: u32) -> Vec<u8> {
    let body = exif(
        &[Field::Text(0x010F, "Apple"), Field::Short(0x0112, orientation)],
        &[],
        Some(&jpeg(preview, 70)),
    );
    with_segment(&jpeg(stored, 90), 0xE1, &body)
}

#[test]
fn a_preview_agrees_in_every_orientation() {
    let stored = with_longest_side(&photograph(1), 1000);
    for orientation in 1..=8 {
        // As the file is stored, and as it is shown.
        for preview in [stored.clone(), turned(&stored, orientation)] {
            let file = file(&stored, &with_longest_side(&preview, 160), orientation);
            assert_eq!(evidence(&file), [], "orientation {orientation}");
        }
    }
}

#[test]
fn a_preview_of_another_shape_agrees() {
    let whole = with_longest_side(&photograph(2), 1200);
    for shape in [16.0 / 9.0, 3.0 / 2.0, 4.0 / 3.0, 19.5 / 9.0, 3.0 / 4.0, 9.0 / 16.0] {
        let stored = shaped(&whole, shape, false, 0);
        for (preview_shape, px) in
            [(4.0 / 3.0, 160), (4.0 / 3.0, 256), (16.0 / 9.0, 160), (9.0 / 11.0, 176), (1.0, 160)]
        {
            for bars in [false, true] {
                for orientation in [1, 5, 6] {
                    let preview = shaped(&stored, preview_shape, bars, 0);
                    let file = file(&stored, &with_longest_side(&preview, px), orientation);
                    let found = evidence(&file);
                    assert_eq!(found, [], "{preview_shape} of {shape}, bars {bars}, {orientation}");
                }
            }
        }
    }
}

#[test]
fn a_preview_that_is_a_little_shifted_agrees() {
    let stored = shaped(&with_longest_side(&photograph(3), 1200), 16.0 / 9.0, false, 0);
    for shift in [-12, 8, 12] {
        let preview = shaped(&stored, 4.0 / 3.0, false, shift);
        let file = file(&stored, &with_longest_side(&preview, 160), 1);
        assert_eq!(evidence(&file), [], "shifted by {shift}");
    }
}

#[test]
fn a_black_preview_says_nothing() {
    let black = Image { width: 160, height: 120, rgb: vec![0; 160 * 120 * 3] };
    assert_eq!(evidence(&file(&with_longest_side(&photograph(1), 800), &black, 1)), []);
}

#[test]
fn a_preview_of_another_image_is_found_however_it_is_stored() {
    for (seed, other) in [(1, 2), (3, 4), (5, 6), (7, 8)] {
        let stored = with_longest_side(&photograph(seed), 1000);
        for stranger in [photograph(other), image(other)] {
            let stranger = with_longest_side(&stranger, 1000);
            for (orientation, preview) in [
                (1, stranger.clone()),
                (5, turned(&stranger, 5)),
                (6, stranger.clone()),
                (1, shaped(&stranger, 16.0 / 9.0, true, 0)),
                (2, shaped(&stranger, 4.0 / 3.0, false, 0)),
                (8, shaped(&stranger, 1.0, true, 0)),
            ] {
                let found =
                    evidence(&file(&stored, &with_longest_side(&preview, 160), orientation));
                assert!(
                    matches!(&found[..], [DocumentEvidence::ThumbnailDiffers { correlation }]
                        if *correlation < 0.9),
                    "{other} in {seed}, orientation {orientation}: {found:?}"
                );
            }
        }
    }
}
