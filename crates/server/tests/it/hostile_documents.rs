//! Images that were made to do harm: each is rejected in its own words, and nothing of it stays.

use axum::body::{Body, Bytes};
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use verax_lab::simulator::cards::card;
use verax_lab::simulator::{jpeg, shrunk};
use verax_vision::document::seeded::Seeded;
use verax_vision::image::Image;

use crate::answer::Answer;
use crate::world::{World, request};

const PATH: &str = "/v2/document-liveness";

async fn post(world: &World, token: &str, bytes: &[u8]) -> Answer {
    post_body(world, token, body(bytes)).await
}

fn body(bytes: &[u8]) -> Bytes {
    Bytes::from(json!({ "image": STANDARD.encode(bytes) }).to_string())
}

async fn post_body(world: &World, token: &str, body: Bytes) -> Answer {
    world.send(request(Method::POST, token, PATH).map(|_| Body::from(body))).await
}

fn small_card() -> Image {
    shrunk(&card(&mut Seeded::new(5), None).image, 0.4)
}

fn png() -> Vec<u8> {
    let image = small_card();
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let kind = image::ExtendedColorType::Rgb8;
    image::ImageEncoder::write_image(encoder, &image.rgb, image.width, image.height, kind)
        .expect("a PNG");
    bytes
}

/// A PNG of a few kilobytes whose header promises more.
fn png_that_promises(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8)
            .fold(crc ^ u32::from(*byte), |c, _| (c >> 1) ^ (0xEDB8_8320 & (c & 1).wrapping_neg()))
    })
}

/// A JPEG whose one scan is written again and again.
fn jpeg_of_scans(count: usize) -> Vec<u8> {
    let bytes = jpeg(&shrunk(&small_card(), 0.4), 60);
    let start = bytes.windows(2).position(|w| w == [0xFF, 0xDA]).expect("a scan");
    let scan = &bytes[start..bytes.len() - 2];
    let mut out = bytes[..start].to_vec();
    (0..count).for_each(|_| out.extend(scan));
    out.extend([0xFF, 0xD9]);
    out
}

fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    out.extend([0xFF, marker]);
    out.extend((body.len() as u16 + 2).to_be_bytes());
    out.extend(body);
    out.extend(&jpeg[2..]);
    out
}

fn transparent_png() -> Vec<u8> {
    let pixels =
        image::RgbaImage::from_fn(300, 200, |x, y| image::Rgba([x as u8, y as u8, 9, 254]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, image::ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

/// What is rejected, with which status and with which words.
fn rejected() -> Vec<(Vec<u8>, u16, &'static str)> {
    let whole = jpeg(&small_card(), 80);
    let mut damaged = png();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0x55);
    vec![
        (b"GIF89a\x01\0\x01\0".to_vec(), 400, "not a JPEG, PNG or WebP"),
        (b"%PDF-1.7".to_vec(), 400, "not a JPEG, PNG or WebP"),
        (whole[..whole.len() / 2].to_vec(), 400, "cut off"),
        (whole[..200].to_vec(), 400, "cut off"),
        ([&whole[..whole.len() / 2], &[0xFF, 0xD9]].concat(), 400, "cut off"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), 400, "a HEIC image"),
        (transparent_png(), 400, "transparent"),
        (damaged, 400, "damaged"),
        (jpeg_of_scans(120), 400, "scans"),
        (png_that_promises(10_000, 10_000), 413, "pixels"),
        (png_that_promises(200_000, 100), 413, "no side may be longer"),
    ]
}

#[tokio::test]
async fn every_hostile_image_is_rejected_in_its_own_words() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for (bytes, status, words) in rejected() {
        let answer = post(&world, &token, &bytes).await;
        let code = if status == 413 { "IMAGE_TOO_LARGE" } else { "INVALID_IMAGE_FORMAT" };
        assert_eq!(answer.rejection(status), code, "{words}");
        let told = answer.json().to_string();
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// What is written around a good image is evidence at most: never a failure of the server.
#[tokio::test]
async fn hostile_metadata_around_a_good_image_does_not_stop_the_checks() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let plain = jpeg(&small_card(), 90);
    // A preview that promises 65535 x 65535 pixels, behind an EXIF directory that points to it.
    let preview = [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0x11, 0];
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\x0e\0\0\0\x02\0".to_vec();
    exif.extend(b"\x01\x02\x04\0\x01\0\0\0\x2c\0\0\0");
    exif.extend(b"\x02\x02\x04\0\x01\0\0\0\x0f\0\0\0\0\0\0\0");
    exif.extend(preview);
    // A directory that names itself as the next one, and one that counts 65535 entries.
    let endless = b"Exif\0\0II*\0\x08\0\0\0\0\0\x08\0\0\0";
    let crowded = b"Exif\0\0II*\0\x08\0\0\0\xff\xff";
    let packet = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), &b"<a xmp:".repeat(9_000)].concat();
    let manifest = b"JP\0\x01\0\0\0\x01\xff\xff\xff\xffjumb\0\0\0\0jumd";
    let segments: [(u8, &[u8]); 6] = [
        (0xE1, &exif),
        (0xE1, endless),
        (0xE1, crowded),
        (0xE1, &packet),
        (0xEB, manifest),
        (0xED, b"Photoshop 3.0\08BIM"),
    ];
    for (marker, body) in segments {
        let answer = post(&world, &token, &with_segment(&plain, marker, body)).await;
        assert_eq!(answer.status, 200, "{:02x} {}", marker, answer.json());
        assert_eq!(answer.json()["data"]["status"], "completed");
    }
}

#[tokio::test]
async fn hostile_images_leave_no_memory_behind() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let cases: Vec<(Bytes, u16, &str)> =
        rejected().iter().map(|(bytes, status, words)| (body(bytes), *status, *words)).collect();
    let round = async || {
        for (body, status, words) in &cases {
            let answer = post_body(&world, &token, body.clone()).await;
            assert_eq!(answer.status, *status, "{words}");
        }
    };
    for _ in 0..3 {
        round().await;
    }
    let Some(before) = resident_bytes() else { return };
    for _ in 0..8 {
        round().await;
    }
    let grown = resident_bytes().unwrap_or(0).saturating_sub(before);
    // One of the promised images would be 300 MB.
    assert!(grown < 48 << 20, "{grown} bytes");
}

// Linux tells; elsewhere nothing is compared.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
