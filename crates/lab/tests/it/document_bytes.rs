//! Files of documents, made byte by byte.

use verax_domain::document_findings::DocumentEvidence;
use verax_lab::simulator::cards::card;
use verax_vision::document::file_forensics;
use verax_vision::document::seeded::Seeded;
use verax_vision::image::{DecodeLimits, Image};

pub fn image(seed: u64) -> Image {
    card(&mut Seeded::new(seed), None).image
}

pub fn evidence(bytes: &[u8]) -> Vec<DocumentEvidence> {
    let image = Image::decode(bytes, &DecodeLimits::default()).unwrap();
    file_forensics(bytes, &image).evidence
}

pub fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    out.extend([0xFF, marker]);
    out.extend(((body.len() + 2) as u16).to_be_bytes());
    out.extend(body);
    out.extend(&jpeg[2..]);
    out
}

pub enum Field {
    Text(u16, &'static str),
    Short(u16, u32),
    Long(u16, u32),
}

/// An EXIF block: fields of the image, fields of the EXIF part, an embedded preview.
pub fn exif(image: &[Field], camera: &[Field], preview: Option<&[u8]>) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let directory_bytes = |count: usize| 2 + 12 * count + 4;
    let camera_at = 8 + directory_bytes(image.len() + 1);
    let preview_at = camera_at + directory_bytes(camera.len());
    let mut heap_at = preview_at + directory_bytes(2);
    let mut heap = Vec::new();
    let mut write = |tiff: &mut Vec<u8>, fields: &[Field], pointer: Option<u32>, next: u32| {
        tiff.extend(((fields.len() + usize::from(pointer.is_some())) as u16).to_le_bytes());
        for field in fields {
            let (tag, kind, count, value) = match field {
                Field::Short(tag, value) => (*tag, 3u16, 1, *value),
                Field::Long(tag, value) => (*tag, 4, 1, *value),
                Field::Text(tag, text) => {
                    let at = heap_at as u32;
                    heap.extend(text.as_bytes());
                    heap.push(0);
                    heap_at += text.len() + 1;
                    (*tag, 2, text.len() as u32 + 1, at)
                }
            };
            tiff.extend(tag.to_le_bytes());
            tiff.extend(kind.to_le_bytes());
            tiff.extend(u32::to_le_bytes(count));
            tiff.extend(value.to_le_bytes());
        }
        if let Some(at) = pointer {
            tiff.extend([0x69, 0x87, 4, 0, 1, 0, 0, 0]);
            tiff.extend(at.to_le_bytes());
        }
        tiff.extend(next.to_le_bytes());
    };
    let next = if preview.is_some() { preview_at as u32 } else { 0 };
    write(&mut tiff, image, Some(camera_at as u32), next);
    write(&mut tiff, camera, None, 0);
    let text_bytes: usize = [image, camera]
        .into_iter()
        .flatten()
        .map(|f| if let Field::Text(_, t) = f { t.len() + 1 } else { 0 })
        .sum();
    let bytes_at = preview_at + directory_bytes(2) + text_bytes;
    let length = preview.map_or(0, <[u8]>::len);
    write(
        &mut tiff,
        &[Field::Long(0x0201, bytes_at as u32), Field::Long(0x0202, length as u32)],
        None,
        0,
    );
    tiff.extend(heap);
    tiff.extend(preview.unwrap_or_default());
    let mut body = b"Exif\0\0".to_vec();
    body.extend(tiff);
    body
}

pub fn small(image: &Image) -> Image {
    verax_lab::simulator::shrunk(image, 0.16)
}

/// A packet in the segment that holds XMP.
pub fn with_xmp(jpeg: &[u8], inner: &str) -> Vec<u8> {
    let packet = format!("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>{inner}</x:xmpmeta>");
    with_segment(jpeg, 0xE1, packet.as_bytes())
}

pub fn png(image: &Image) -> Vec<u8> {
    let mut png = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut png);
    let kind = image::ExtendedColorType::Rgb8;
    image::ImageEncoder::write_image(encoder, &image.rgb, image.width, image.height, kind).unwrap();
    png
}

pub fn with_text(png: &[u8], keyword: &[u8], text: &[u8]) -> Vec<u8> {
    with_chunk(png, b"tEXt", &[keyword, b"\0", text].concat())
}

/// A chunk after the header.
pub fn with_chunk(png: &[u8], kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [kind, body].concat();
    let mut out = png[..33].to_vec();
    out.extend((body.len() as u32).to_be_bytes());
    out.extend(&named);
    out.extend(crc32(&named).to_be_bytes());
    out.extend(&png[33..]);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8)
            .fold(crc ^ u32::from(*byte), |c, _| (c >> 1) ^ (0xEDB8_8320 & (c & 1).wrapping_neg()))
    })
}
