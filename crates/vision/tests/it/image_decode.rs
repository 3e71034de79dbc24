//! Pictures read within limits.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat as Codec, Rgb, RgbImage};
use verax_vision::image::{DecodeLimits, Image, ImageError, ImageFormat};

// Four coloured quarters: red, green / blue, white.
fn quarters(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        match (x < width / 2, y < height / 2) {
            (true, true) => Rgb([255, 0, 0]),
            (false, true) => Rgb([0, 255, 0]),
            (true, false) => Rgb([0, 0, 255]),
            (false, false) => Rgb([255, 255, 255]),
        }
    }))
}

fn encoded(image: &DynamicImage, codec: Codec) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, codec).unwrap();
    bytes.into_inner()
}

fn decode(bytes: &[u8]) -> Result<Image, ImageError> {
    Image::decode(bytes, &DecodeLimits::default())
}

fn pixel(image: &Image, x: u32, y: u32) -> [u8; 3] {
    let at = (y * image.width + x) as usize * 3;
    [image.rgb[at], image.rgb[at + 1], image.rgb[at + 2]]
}

#[test]
fn the_three_encodings_give_the_pixels_that_went_in() {
    let picture = quarters(96, 64);
    for (codec, format) in [
        (Codec::Png, ImageFormat::Png),
        (Codec::WebP, ImageFormat::WebP),
        (Codec::Jpeg, ImageFormat::Jpeg),
    ] {
        let bytes = encoded(&picture, codec);
        assert_eq!(ImageFormat::of(&bytes), Some(format));
        let image = decode(&bytes).unwrap();
        assert_eq!((image.width, image.height), (96, 64));
        assert_eq!(image.rgb.len(), 96 * 64 * 3);
        for (x, y, colour) in [(5, 5, [255, 0, 0]), (90, 5, [0, 255, 0]), (5, 60, [0, 0, 255])] {
            let near = pixel(&image, x, y).iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 12);
            assert!(near, "{codec:?} at {x},{y}: {:?}", pixel(&image, x, y));
        }
    }
}

// The eight EXIF orientations, put into a JPEG as an APP1 segment of its own.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xFF, 0xE1]);
    bytes.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&jpeg[2..]);
    bytes
}

#[test]
fn every_exif_orientation_is_applied() {
    let jpeg = encoded(&quarters(96, 64), Codec::Jpeg);
    // Where the red quarter (stored top left) is seen: (left, top), and whether the sides swap.
    let expected = [
        (1, true, true, false),
        (2, false, true, false),
        (3, false, false, false),
        (4, true, false, false),
        (5, true, true, true),
        (6, false, true, true),
        (7, false, false, true),
        (8, true, false, true),
    ];
    for (orientation, left, top, swapped) in expected {
        let image = decode(&with_orientation(&jpeg, orientation)).unwrap();
        let size = if swapped { (64, 96) } else { (96, 64) };
        assert_eq!((image.width, image.height), size, "orientation {orientation}");
        let x = if left { 5 } else { image.width - 6 };
        let y = if top { 5 } else { image.height - 6 };
        let [r, g, b] = pixel(&image, x, y);
        assert!(r > 240 && g < 15 && b < 15, "orientation {orientation}: {r} {g} {b}");
    }
}

// A PNG header alone: what it promises is refused before any pixel is allocated.
fn png_that_promises(width: u32, height: u32) -> Vec<u8> {
    let small = encoded(&quarters(64, 64), Codec::Png);
    let mut bytes = small.clone();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            (c >> 1) ^ (0xEDB8_8320 & (0u32.wrapping_sub(c & 1)))
        })
    })
}

#[test]
fn a_small_file_that_promises_100_megapixels_is_refused_by_its_header() {
    let bomb = png_that_promises(10_000, 10_000);
    assert!(bomb.len() < 5_000);
    let error = decode(&bomb).unwrap_err();
    assert_eq!(
        error,
        ImageError::TooManyPixels { width: 10_000, height: 10_000, pixels_max: 25_000_000 }
    );
    assert_eq!(
        error.to_string(),
        "the image is 10000 x 10000 pixels; at most 25000000 pixels are accepted"
    );
    assert!(matches!(
        decode(&png_that_promises(200_000, 100)),
        Err(ImageError::SideTooLong { .. })
    ));
}

#[test]
fn what_is_no_image_is_called_so() {
    assert_eq!(decode(b""), Err(ImageError::Empty));
    assert_eq!(decode(b"%PDF-1.7 and so on"), Err(ImageError::NotAnImage));
    assert_eq!(decode(b"GIF89a\x01\0\x01\0"), Err(ImageError::NotAnImage));
    assert_eq!(decode(b"RIFF"), Err(ImageError::NotAnImage));
}

#[test]
fn an_image_over_the_byte_limit_is_refused_unread() {
    let limits = DecodeLimits { bytes_max: 100, ..DecodeLimits::default() };
    assert_eq!(
        Image::decode(&[0; 101], &limits),
        Err(ImageError::TooManyBytes { bytes: 101, bytes_max: 100 })
    );
}

#[test]
fn an_image_with_a_tiny_side_is_refused() {
    let bytes = encoded(&quarters(200, 20), Codec::Png);
    assert_eq!(
        decode(&bytes),
        Err(ImageError::TooSmall { width: 200, height: 20, side_px_min: 32 })
    );
}

#[test]
fn a_file_that_is_cut_off_is_refused_wherever_the_cut_is() {
    let picture = DynamicImage::ImageRgb8(RgbImage::from_fn(96, 64, |x, y| {
        Rgb([(x * y) as u8, (x * 7 + y) as u8, (x ^ y) as u8])
    }));
    for codec in [Codec::Jpeg, Codec::Png, Codec::WebP] {
        let bytes = encoded(&picture, codec);
        for length in (1..bytes.len() - 13).step_by(29) {
            let error = decode(&bytes[..length]).expect_err("a part was taken for the whole");
            assert!(
                matches!(
                    error,
                    ImageError::Truncated | ImageError::Corrupt | ImageError::NotAnImage
                ),
                "{codec:?} cut at {length}: {error:?}"
            );
        }
        let half = decode(&bytes[..bytes.len() / 2]).unwrap_err();
        assert_eq!(half, ImageError::Truncated, "{codec:?}");
    }
}

#[test]
fn a_jpeg_with_more_scans_than_the_limit_is_refused() {
    let jpeg = encoded(&quarters(64, 64), Codec::Jpeg);
    let limits = DecodeLimits { jpeg_scans_max: 0, ..DecodeLimits::default() };
    assert_eq!(
        Image::decode(&jpeg, &limits),
        Err(ImageError::TooManyScans { scans: 1, scans_max: 0 })
    );
}

#[test]
fn damaged_bytes_give_an_error_or_pixels_but_never_a_panic() {
    for codec in [Codec::Jpeg, Codec::Png, Codec::WebP] {
        let bytes = encoded(&quarters(64, 64), codec);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] = [0x00, 0x7F, 0xFF][at % 3];
            let _ = decode(&damaged);
        }
    }
}

// Found by fuzzing: several scans, and chroma that is sampled more densely than luma.
#[test]
fn a_jpeg_on_which_the_decoder_panics_is_damaged() {
    let bytes = include_bytes!("../../../../fuzz/seeds/image/dense-chroma.jpg");
    assert_eq!(decode(bytes), Err(ImageError::Corrupt));
}

#[test]
fn a_debug_print_shows_no_pixels() {
    let image = Image { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6] };
    assert_eq!(format!("{image:?}"), "Image { 2x1 }");
}
