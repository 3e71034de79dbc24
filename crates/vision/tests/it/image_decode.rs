//! Images read within limits.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat as Codec, Rgb, RgbImage};
use verax_vision::image::{DecodeLimits, Image, ImageError, ImageFormat};

use crate::png_file::crc32;

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
    let image = quarters(96, 64);
    for (codec, format) in [
        (Codec::Png, ImageFormat::Png),
        (Codec::WebP, ImageFormat::WebP),
        (Codec::Jpeg, ImageFormat::Jpeg),
    ] {
        let bytes = encoded(&image, codec);
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

// A PNG header alone: what it promises is rejected before any pixel is allocated.
fn png_that_promises(width: u32, height: u32) -> Vec<u8> {
    let small = encoded(&quarters(64, 64), Codec::Png);
    let mut bytes = small.clone();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

#[test]
fn a_small_file_that_promises_100_megapixels_is_rejected_by_its_header() {
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
    assert_eq!(decode(b"some text"), Err(ImageError::NotAnImage));
    assert_eq!(decode(b"RIFF"), Err(ImageError::NotAnImage));
}

#[test]
fn formats_that_are_not_read_are_named() {
    let brands =
        |brands: &[u8]| [&(8 + brands.len() as u32).to_be_bytes()[..], b"ftyp", brands].concat();
    for (bytes, format) in [
        (brands(b"heic\0\0\0\0mif1heic"), "a HEIC image"),
        (brands(b"mif1\0\0\0\0mif1heicMiHE"), "a HEIC image"),
        (brands(b"msf1\0\0\0\0msf1hevc"), "a HEIC image"),
        (brands(b"mif1\0\0\0\0mif1miaf"), "a HEIF image"),
        (brands(b"avif\0\0\0\0avifmif1miaf"), "an AVIF image"),
        (brands(b"mif1\0\0\0\0mif1avif"), "an AVIF image"),
        (brands(b"isom\0\0\x02\0isomiso2mp41"), "a video"),
        (brands(b"qt  \0\0\0\0qt  "), "a video"),
        (b"\0\0\0\x0CjP  \r\n\x87\n".to_vec(), "a JPEG 2000 image"),
        (b"\0\0\0\x0CJXL \r\n\x87\n".to_vec(), "a JPEG XL image"),
        (b"\xFF\x0A\x10".to_vec(), "a JPEG XL image"),
        (b"GIF89a\x01\0\x01\0".to_vec(), "a GIF image"),
        (b"II*\0\x08\0\0\0".to_vec(), "a TIFF or raw camera image"),
        (b"MM\0*\0\0\0\x08".to_vec(), "a TIFF or raw camera image"),
        (b"BM\x36\0\x0C\0\0\0\0\0".to_vec(), "a BMP image"),
        (b"%PDF-1.7 and so on".to_vec(), "a PDF document"),
        (b"\n<svg xmlns=".to_vec(), "an SVG drawing"),
        (b"<!DOCTYPE html>".to_vec(), "a web page"),
        (b"/9j/4AAQSkZJRg".to_vec(), "a JPEG, but encoded in base64 twice"),
    ] {
        assert_eq!(decode(&bytes), Err(ImageError::OtherFormat { format }));
        assert_eq!(
            Image::inspect(&bytes, &DecodeLimits::default()),
            Err(ImageError::OtherFormat { format })
        );
    }
    assert_eq!(
        ImageError::OtherFormat { format: "a HEIC image" }.to_string(),
        "this is a HEIC image, not a JPEG, PNG or WebP image; save it as a JPEG and send that"
    );
}

#[test]
fn a_jpeg_over_the_pixels_is_halved_and_what_is_far_over_is_rejected() {
    let jpeg = encoded(&quarters(200, 120), Codec::Jpeg);
    let within = |pixels_max: u64| {
        let limits = DecodeLimits { pixels_max, jpeg_scans_max: 1000, ..DecodeLimits::default() };
        Image::decode(&jpeg, &limits).map(|image| (image.width, image.height))
    };
    assert_eq!(within(24_000), Ok((200, 120)));
    assert_eq!(within(23_999), Ok((100, 60)));
    assert_eq!(within(6_000), Ok((100, 60)));
    assert_eq!(within(5_999), Ok((50, 30)));
    assert_eq!(
        within(1_499),
        Err(ImageError::TooManyPixels { width: 200, height: 120, pixels_max: 23_984 })
    );
    let turned = with_orientation(&jpeg, 6);
    let limits = DecodeLimits { pixels_max: 6_000, ..DecodeLimits::default() };
    let image = Image::decode(&turned, &limits).unwrap();
    assert_eq!((image.width, image.height), (60, 100));
    assert_eq!(Image::stored_size(&turned), Some((200, 120)));
    let [r, g, b] = pixel(&image, image.width - 4, 4);
    assert!(r > 240 && g < 15 && b < 15, "{r} {g} {b}");
    // A PNG has no half.
    let png = encoded(&quarters(200, 120), Codec::Png);
    assert!(matches!(Image::decode(&png, &limits), Err(ImageError::TooManyPixels { .. })));
}

// An ICC profile of one curve: three channels, or grey.
fn profile(space: &[u8; 4], red: [f64; 3], blue: [f64; 3], curve: &[u16]) -> Vec<u8> {
    let fixed = |value: f64| ((value * 65536.0) as i32).to_be_bytes();
    let xyz = |xyz: [f64; 3]| [b"XYZ \0\0\0\0".to_vec(), xyz.map(fixed).concat()].concat();
    let mut trc = b"curv\0\0\0\0".to_vec();
    trc.extend((curve.len() as u32).to_be_bytes());
    trc.extend(curve.iter().flat_map(|value| value.to_be_bytes()));
    let tags: Vec<(&[u8; 4], Vec<u8>)> = match space {
        b"GRAY" => vec![(b"kTRC", trc)],
        _ => vec![
            (b"rXYZ", xyz(red)),
            (b"gXYZ", xyz([0.3851, 0.7169, 0.0971])),
            (b"bXYZ", xyz(blue)),
            (b"rTRC", trc.clone()),
            (b"gTRC", trc.clone()),
            (b"bTRC", trc),
        ],
    };
    let mut file = vec![0; 128];
    file[16..20].copy_from_slice(space);
    file[36..40].copy_from_slice(b"acsp");
    file.extend((tags.len() as u32).to_be_bytes());
    let mut at = 132 + 12 * tags.len();
    for (name, content) in &tags {
        file.extend(*name);
        file.extend((at as u32).to_be_bytes());
        file.extend((content.len() as u32).to_be_bytes());
        at += content.len();
    }
    tags.iter().for_each(|(_, content)| file.extend(content));
    file
}

fn with_profile(jpeg: &[u8], profile: &[u8]) -> Vec<u8> {
    let length = (profile.len() + 16) as u16;
    let head = [b"\xFF\xE2", &length.to_be_bytes()[..], b"ICC_PROFILE\0\x01\x01"].concat();
    [&jpeg[..2], &head, profile, &jpeg[2..]].concat()
}

#[test]
fn a_colour_profile_that_shows_another_image_is_rejected() {
    let jpeg = encoded(&quarters(96, 64), Codec::Jpeg);
    let (red, blue) = ([0.4361, 0.2225, 0.0139], [0.1431, 0.0606, 0.7141]);
    let ramp = |value: fn(f64) -> f64| -> Vec<u16> {
        (0..256).map(|at| (value(f64::from(at) / 255.0) * 65535.0) as u16).collect()
    };
    let usual = decode(&jpeg).unwrap();
    for fine in [
        profile(b"RGB ", red, blue, &[563]),
        profile(b"RGB ", red, blue, &ramp(|x| x.powf(2.2))),
        profile(b"RGB ", [0.5151, 0.2412, -0.0011], [0.1571, 0.0666, 0.7841], &[563]),
        profile(b"GRAY", red, blue, &ramp(|x| x.powf(1.75))),
    ] {
        assert_eq!(decode(&with_profile(&jpeg, &fine)).unwrap(), usual);
    }
    for (hostile, why) in [
        // Only the lowest bits are seen.
        (profile(b"RGB ", red, blue, &ramp(|x| (x * 16.0).fract())), "the lowest bits"),
        (profile(b"RGB ", red, blue, &ramp(|x| if x > 0.98 { 1.0 } else { 0.0 })), "the brightest"),
        (profile(b"RGB ", red, blue, &ramp(|x| 1.0 - x)), "a negative"),
        (profile(b"RGB ", red, blue, &[0x4000]), "a gamma of 64"),
        (profile(b"RGB ", [0.0; 3], [0.9642, 1.0, 0.8249], &[563]), "one channel alone"),
        (profile(b"CMYK", red, blue, &[563]), "inks"),
        (b"no profile at all".to_vec(), "nothing to be read"),
    ] {
        assert_eq!(
            decode(&with_profile(&jpeg, &hostile)),
            Err(ImageError::UnusualColours),
            "{why}"
        );
    }
}

#[test]
fn an_image_over_the_byte_limit_is_rejected_unread() {
    let limits = DecodeLimits { bytes_max: 100, ..DecodeLimits::default() };
    assert_eq!(
        Image::decode(&[0; 101], &limits),
        Err(ImageError::TooManyBytes { bytes: 101, bytes_max: 100 })
    );
}

#[test]
fn an_image_with_a_tiny_side_is_rejected() {
    let bytes = encoded(&quarters(200, 20), Codec::Png);
    assert_eq!(
        decode(&bytes),
        Err(ImageError::TooSmall { width: 200, height: 20, side_px_min: 32 })
    );
}

#[test]
fn a_file_that_is_cut_off_is_rejected_wherever_the_cut_is() {
    let image = DynamicImage::ImageRgb8(RgbImage::from_fn(96, 64, |x, y| {
        Rgb([(x * y) as u8, (x * 7 + y) as u8, (x ^ y) as u8])
    }));
    for codec in [Codec::Jpeg, Codec::Png, Codec::WebP] {
        let bytes = encoded(&image, codec);
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
fn a_jpeg_with_more_scans_than_the_limit_is_rejected() {
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
