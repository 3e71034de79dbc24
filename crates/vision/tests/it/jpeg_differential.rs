//! JPEG against libjpeg-turbo: the same pixels, or an error that names the reason.
//!
//! `VERAX_DIFFERENTIAL=20` makes twenty times as many damaged files.

use std::io::Write;

use verax_vision::image::{DecodeLimits, Image, ImageError};

use crate::image_tools::{Netpbm, difference, drawn, make, ppm, read_netpbm, run};

const SAMPLINGS: [&str; 11] = [
    "1x1",
    "2x1",
    "2x2",
    "1x2",
    "4x1",
    "1x4",
    "4x2",
    "1x1,2x2",
    "1x2,2x1",
    "2x2,2x1,1x2",
    "2x1,1x1,2x1",
];

fn limits() -> DecodeLimits {
    DecodeLimits { side_px_min: 1, ..DecodeLimits::default() }
}

fn decode(bytes: &[u8]) -> Result<Image, ImageError> {
    Image::decode(bytes, &limits())
}

struct Judged {
    pixels: Option<Netpbm>,
    warnings: String,
}

fn judge(bytes: &[u8], arguments: &[&str]) -> Judged {
    let answer = run("djpeg", arguments, bytes);
    Judged { pixels: read_netpbm(&answer.bytes), warnings: answer.warnings }
}

fn assert_same(ours: &Image, theirs: &Netpbm, what: &str) {
    let size = (ours.width as usize, ours.height as usize);
    assert_eq!(size, (theirs.width, theirs.height), "{what}");
    assert_eq!(difference(&ours.rgb, &theirs.rgb), 0, "{what}");
}

/// Not a warning, and the same pixels.
fn assert_agrees(bytes: &[u8], what: &str) {
    let judged = judge(bytes, &[]);
    assert_eq!(judged.warnings, "", "{what}");
    let ours = decode(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_same(&ours, &judged.pixels.unwrap(), what);
}

fn scans_file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn every_sampling_size_and_order_of_scans_gives_the_pixels_of_libjpeg() {
    let apart = ["0;1;2;", "0;1 2;", "0 1;2;", "2;0;1;"].map(scans_file);
    let mut compared = 0;
    for (width, height) in [(97, 65), (40, 33), (16, 16), (3, 5), (1, 1)] {
        let image = ppm(width, height, &drawn(width, height));
        for sampling in SAMPLINGS {
            let jpeg = make("cjpeg", &["-quality", "85", "-sample", sampling], &image);
            let mut check = |bytes: &[u8], how: &str| {
                assert_agrees(bytes, &format!("{width}x{height} {sampling} {how}"));
                compared += 1;
            };
            check(&jpeg, "interleaved");
            let transformed = |arguments: &[&str]| make("jpegtran", arguments, &jpeg);
            check(&transformed(&["-progressive"]), "progressive");
            check(&transformed(&["-progressive", "-restart", "2B"]), "progressive, restarts");
            check(&transformed(&["-optimize", "-restart", "1B"]), "restarts");
            for (at, scans) in apart.iter().enumerate() {
                let scans = scans.path().to_str().unwrap();
                check(&transformed(&["-scans", scans]), &format!("scans apart {at}"));
                let restarts = transformed(&["-restart", "3B", "-scans", scans]);
                check(&restarts, &format!("scans apart {at}, restarts"));
            }
        }
    }
    assert_eq!(compared, 5 * SAMPLINGS.len() * 12);
}

#[test]
fn colours_qualities_and_progressions_give_the_pixels_of_libjpeg() {
    let image = ppm(83, 61, &drawn(83, 61));
    let band_by_band = scans_file(
        "0 1 2: 0-0, 0, 3; 0: 1-2, 0, 0; 0: 3-63, 0, 4; 2: 1-63, 0, 1; 1: 1-63, 0, 0;
         0: 3-63, 4, 3; 0 1 2: 0-0, 3, 2; 0: 3-63, 3, 2; 0: 3-63, 2, 1; 0: 3-63, 1, 0;
         0 1 2: 0-0, 2, 1; 0: 0-0, 1, 0; 1 2: 0-0, 1, 0; 2: 1-63, 1, 0;",
    );
    let band_by_band = band_by_band.path().to_str().unwrap();
    for how in [
        &["-grayscale"][..],
        &["-grayscale", "-progressive"],
        &["-grayscale", "-sample", "2x2"],
        &["-rgb"],
        &["-rgb", "-progressive"],
        &["-quality", "1"],
        &["-quality", "5", "-progressive"],
        &["-quality", "30", "-baseline"],
        &["-quality", "100", "-sample", "1x1"],
        &["-quality", "90,20", "-qslots", "0,1,1"],
        &["-optimize"],
        &["-scans", band_by_band],
        &["-restart", "1"],
    ] {
        assert_agrees(&make("cjpeg", how, &image), &format!("{how:?}"));
    }
}

#[test]
fn a_reduced_jpeg_gives_the_pixels_of_libjpeg_at_that_scale() {
    for (width, height) in [(97, 65), (128, 96)] {
        let image = ppm(width, height, &drawn(width, height));
        let pixels = (width * height) as u64;
        for sampling in SAMPLINGS {
            for how in ["-optimize", "-progressive", "-grayscale"] {
                let jpeg = make("cjpeg", &[how, "-quality", "90", "-sample", sampling], &image);
                for (scale, pixels_max) in [("1/2", pixels / 3), ("1/4", pixels / 12)] {
                    let limits = DecodeLimits { pixels_max, jpeg_scans_max: 1000, ..limits() };
                    let what = format!("{width}x{height} {sampling} {how} {scale}");
                    let ours = Image::decode(&jpeg, &limits)
                        .unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert_same(&ours, &judge(&jpeg, &["-scale", scale]).pixels.unwrap(), &what);
                }
            }
        }
    }
}

#[test]
fn encodings_that_viewers_do_not_share_are_named() {
    let image = ppm(64, 48, &drawn(64, 48));
    let arithmetic = make("cjpeg", &["-arithmetic"], &image);
    let error = decode(&arithmetic).unwrap_err();
    assert_eq!(
        error.to_string(),
        "this is an arithmetic-coded JPEG, which is not read; save it as an ordinary JPEG and send \
         that"
    );
    let jpeg = make("cjpeg", &[], &image);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let patched = |at: usize, value: u8| {
        let mut bytes = jpeg.clone();
        bytes[frame + at] = value;
        decode(&bytes).unwrap_err()
    };
    let named = |encoding| ImageError::Unsupported { encoding };
    assert_eq!(patched(1, 0xC3), named("a lossless JPEG"));
    assert_eq!(patched(1, 0xC5), named("a hierarchical JPEG"));
    assert_eq!(patched(4, 12), named("a JPEG of more than 8 bits a sample"));
    assert_eq!(patched(6, 0), named("a JPEG that does not begin with its size"));
    assert_eq!(patched(9, 2), ImageError::Corrupt);
}

/// Four components: a fourth that is the first once more, with the marker by which Adobe says what
/// they are.
#[test]
fn print_colours_give_the_pixels_of_djpeg() {
    let scans = scans_file("0;1;2;");
    let arguments = ["-sample", "1x1", "-scans", scans.path().to_str().unwrap()];
    let jpeg = make("cjpeg", &arguments, &ppm(64, 48, &drawn(64, 48)));
    let find = |marker| jpeg.windows(2).position(|pair| pair == [0xFF, marker]).unwrap();
    let (frame, first) = (find(0xC0), find(0xDA));
    // The first component's tables may be replaced for the others: its scan is put behind itself.
    let data_end = first
        + 2
        + jpeg[first + 2..]
            .windows(2)
            .position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF))
            .unwrap();
    let mut again = jpeg[first..data_end].to_vec();
    again[5] = 4;
    let mut header = jpeg[2..first].to_vec();
    let frame = frame - 2;
    header[frame + 3] = 20;
    header[frame + 9] = 4;
    let component = [4, 0x11, header[frame + 12]];
    header.splice(frame + 19..frame + 19, component);
    for transform in [None, Some(0), Some(2)] {
        let adobe = transform
            .map(|transform| [b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0", &[transform][..]].concat());
        let four = [
            &jpeg[..2],
            &adobe.unwrap_or_default(),
            &header,
            &jpeg[first..data_end],
            &again,
            &jpeg[data_end..],
        ];
        assert_agrees(&four.concat(), &format!("{transform:?}"));
    }
}

/// The bytes of the entropy-coded data of the last scan.
fn scan_data(jpeg: &[u8]) -> std::ops::Range<usize> {
    let scan = jpeg.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap();
    let header = usize::from(u16::from_be_bytes([jpeg[scan + 2], jpeg[scan + 3]]));
    scan + 2 + header..jpeg.len() - 2
}

#[test]
fn a_jpeg_whose_data_end_early_is_cut_off_and_one_without_its_end_marker_is_whole() {
    let image = ppm(160, 120, &drawn(160, 120));
    for how in [
        &["-quality", "90"][..],
        &["-quality", "90", "-sample", "1x1"],
        &["-progressive"],
        &["-restart", "4B"],
        &["-grayscale"],
    ] {
        let jpeg = make("cjpeg", how, &image);
        let whole = decode(&jpeg).unwrap();
        let data = scan_data(&jpeg);
        for percent in (2..=98).step_by(6) {
            let mut cut = jpeg[..data.start + data.len() * percent / 100].to_vec();
            for end in [&[][..], &[0xFF, 0xD9]] {
                cut.extend(end);
                let error = decode(&cut).expect_err("a part was taken for the whole");
                assert_eq!(error, ImageError::Truncated, "{how:?} at {percent} % {end:?}");
            }
        }
        let without_end = &jpeg[..jpeg.len() - 2];
        assert_eq!(decode(without_end).unwrap(), whole, "{how:?}");
        // What phones append, with and without the marker.
        for start in [without_end, &jpeg] {
            let trailer =
                [start, b"SEFH\x6a\0\0\0\x01\xFF\xFF\xDB\0\x01 appended \xFFz SEFT"].concat();
            assert_eq!(decode(&trailer).unwrap(), whole, "{how:?}");
            // A second image is shown by nobody.
            assert_eq!(decode(&[start, &jpeg[..]].concat()).unwrap(), whole, "{how:?}");
        }
        let mut middle = jpeg.clone();
        let at = data.start + data.len() / 2;
        middle[at..at + 2].copy_from_slice(&[0xFF, 0xD9]);
        assert_eq!(decode(&middle), Err(ImageError::Truncated), "{how:?}");
    }
}

#[test]
fn missing_scans_and_restarts_are_noticed() {
    let image = ppm(160, 120, &drawn(160, 120));
    let progressive = make("cjpeg", &["-progressive"], &image);
    let apart = scans_file("0;1;2;");
    let apart = make("cjpeg", &["-scans", apart.path().to_str().unwrap()], &image);
    for jpeg in [progressive, apart] {
        let starts: Vec<usize> =
            (0..jpeg.len() - 1).filter(|at| jpeg[*at..*at + 2] == [0xFF, 0xDA]).collect();
        assert!(starts.len() >= 3);
        for scan in &starts[1..] {
            let cut = [&jpeg[..*scan], &[0xFF, 0xD9]].concat();
            assert_eq!(decode(&cut), Err(ImageError::Truncated));
        }
    }
    let restarts = make("cjpeg", &["-restart", "2B"], &image);
    let markers: Vec<usize> = (0..restarts.len() - 1)
        .filter(|at| restarts[*at] == 0xFF && (0xD0..0xD8).contains(&restarts[*at + 1]))
        .collect();
    assert!(markers.len() > 8);
    // One interval is gone; two are gone; the numbers fit again after eight.
    for gone in [1, 2, 8] {
        let cut = [&restarts[..markers[1]], &restarts[markers[1 + gone]..]].concat();
        assert!(decode(&cut).is_err(), "{gone} intervals");
    }
}

/// Whatever happens to the bytes: our pixels are those of libjpeg without a warning, or there are none.
#[test]
fn damaged_files_give_the_pixels_of_libjpeg_or_an_error() {
    let more: usize = std::env::var("VERAX_DIFFERENTIAL").map_or(1, |more| more.parse().unwrap());
    let image = ppm(72, 56, &drawn(72, 56));
    let (mut seed, mut agreed, mut rejected) = (0x9E37_79B9u32, 0, 0);
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed as usize % below
    };
    for how in [&["-quality", "60"][..], &["-progressive"], &["-restart", "2", "-sample", "1x1"]] {
        let jpeg = make("cjpeg", how, &image);
        for _ in 0..120 * more {
            let mut damaged = jpeg.clone();
            for _ in 0..=random(2) {
                // Half of them in the headers.
                let at =
                    if random(2) == 0 { random(700.min(jpeg.len())) } else { random(jpeg.len()) };
                damaged[at.max(2)] = [0, 0xFF, random(256) as u8, jpeg[at] ^ 1][random(4)];
            }
            let Ok(ours) = decode(&damaged) else {
                rejected += 1;
                continue;
            };
            let judged = judge(&damaged, &[]);
            // What libjpeg warns of although it changes no pixel.
            let harmless =
                ["", "Premature end of JPEG file", "Invalid SOS parameters for sequential JPEG"];
            let warned = judged.warnings.lines().find(|line| {
                let extraneous = line.contains("extraneous bytes before marker");
                !harmless.contains(line) && !extraneous && !line.contains("JFIF")
            });
            assert_eq!(warned, None, "{how:?}");
            assert_same(&ours, &judged.pixels.unwrap(), &format!("{how:?}"));
            agreed += 1;
        }
    }
    assert!(agreed > 20 && rejected > 20, "{agreed} agreed, {rejected} rejected");
}
