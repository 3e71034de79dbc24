//! What the file itself says about where it has been: tables, tags, preview. Deterministic and
//! cheap; a hit caps the score whatever the pixels look like.

mod editor_tables;
mod exif;
mod generators;
mod names;
#[cfg(feature = "provenance")]
mod provenance;
mod quantisation;
mod segments;
mod thumbnail;
mod xmp;

use verax_domain::document_findings::DocumentEvidence;

use crate::image::{Image, ImageFormat};
use exif::{ExifFields, exif_fields, exif_in_container};
use generators::generator_of;
use names::{name_evidence, tag_evidence};
use quantisation::{TableOrigin, table_origin};
use segments::{jpeg_segments, png_chunks, webp_chunk};
use xmp::xmp_evidence;

pub use quantisation::ijg_table;

/// What was read from the file around its pixels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FileForensics {
    pub evidence: Vec<DocumentEvidence>,
    /// Exact for the standard tables, nearest for others; none when the file is not a JPEG.
    pub jpeg_quality: Option<u8>,
    /// The luma quantisation table, row by row.
    pub luma_table: Option<[u16; 64]>,
    /// It holds a signed manifest (C2PA) that nobody read: this build has no reader of them.
    pub manifest_unread: bool,
}

/// Whether this build reads signed provenance (C2PA): by the feature `provenance`.
pub const READS_PROVENANCE: bool = cfg!(feature = "provenance");

/// Differences of the clock up to this are the camera's own writing time.
const MODIFIED_SECONDS_MIN: i64 = 60;

/// `image` is the decoded `bytes`.
pub fn file_forensics(bytes: &[u8], image: &Image) -> FileForensics {
    let Some(format) = ImageFormat::of(bytes) else {
        return FileForensics::default();
    };
    let mut found = match format {
        ImageFormat::Jpeg => jpeg_forensics(bytes, image),
        ImageFormat::Png => png_forensics(bytes, image),
        ImageFormat::WebP => webp_forensics(bytes, image),
    };
    if segments::holds_manifest(bytes, format) {
        #[cfg(feature = "provenance")]
        found.evidence.extend(provenance::provenance_evidence(bytes, format.media_type()));
        found.manifest_unread = !READS_PROVENANCE;
    }
    found.evidence.sort_by(|a, b| a.score_cap().total_cmp(&b.score_cap()));
    found
}

fn webp_forensics(bytes: &[u8], image: &Image) -> FileForensics {
    let fields = exif_in_container(bytes).and_then(|tiff| exif_fields(&tiff));
    let mut evidence = Vec::new();
    if let Some(fields) = &fields {
        exif_evidence(fields, image, (image.width, image.height), &mut evidence);
    }
    if let Some(packet) = webp_chunk(bytes, b"XMP ") {
        xmp_evidence(&packet_text(packet), &mut evidence);
    }
    FileForensics { evidence, ..FileForensics::default() }
}

fn jpeg_forensics(bytes: &[u8], image: &Image) -> FileForensics {
    let segments = jpeg_segments(bytes);
    // A large one is decoded at a part of its size.
    let stored = Image::stored_size(bytes).unwrap_or((image.width, image.height));
    let fields = segments.exif.and_then(exif_fields);
    let mut evidence = Vec::new();
    if let Some(fields) = &fields {
        exif_evidence(fields, image, stored, &mut evidence);
    }
    let adobe = segments.xmp.and_then(|xmp| xmp_evidence(&packet_text(xmp), &mut evidence));
    if segments.photoshop_resources {
        tag_evidence("APP13", "Photoshop 3.0", false, &mut evidence);
    }
    // libjpeg writes Adobe's marker itself, to tell RGB and CMYK: alone it names nobody.
    if let Some(program) = adobe.filter(|_| segments.adobe_marker) {
        tag_evidence("APP14 with XMP", &program, false, &mut evidence);
    }
    let origin = table_origin(&segments);
    let mut jpeg_quality = None;
    match origin {
        Some(TableOrigin::Standard { quality }) => jpeg_quality = Some(quality),
        Some(TableOrigin::Editor { editor, quality }) => {
            jpeg_quality = Some(quality);
            evidence.push(DocumentEvidence::EditorTables { editor: editor.to_owned() });
        }
        Some(TableOrigin::Unknown { quality }) => {
            jpeg_quality = Some(quality);
            let contradicts = evidence.iter().any(|e| {
                matches!(
                    e,
                    DocumentEvidence::SizeDisagrees { .. }
                        | DocumentEvidence::ModifiedAfterCapture { .. }
                )
            });
            // Phone vendors have tables of their own, and leave a maker note.
            if contradicts && fields.as_ref().is_some_and(|f| !f.has_maker_note) {
                evidence.push(DocumentEvidence::UnknownTables);
            }
        }
        None => {}
    }
    let luma_table = segments.tables[segments.luma_table];
    FileForensics { evidence, jpeg_quality, luma_table, ..FileForensics::default() }
}

fn png_forensics(bytes: &[u8], image: &Image) -> FileForensics {
    let chunks = png_chunks(bytes);
    let mut evidence = Vec::new();
    // Title, author, description and comment are what people write: only a signature counts.
    for (keyword, text) in &chunks.texts {
        if keyword == "XML:com.adobe.xmp" {
            xmp_evidence(&packet_text(text), &mut evidence);
        } else if keyword == "Software" {
            name_evidence("PNG Software", &String::from_utf8_lossy(text), &mut evidence);
        } else if let Some(generator) = generator_of(keyword, text) {
            tag_evidence(&format!("PNG {keyword}"), generator, true, &mut evidence);
        }
    }
    if let Some(fields) = chunks.exif.and_then(exif_fields) {
        exif_evidence(&fields, image, (image.width, image.height), &mut evidence);
    }
    FileForensics { evidence, ..FileForensics::default() }
}

fn exif_evidence(
    fields: &ExifFields,
    image: &Image,
    actual: (u32, u32),
    evidence: &mut Vec<DocumentEvidence>,
) {
    for (field, value) in &fields.software {
        name_evidence(&format!("EXIF {field}"), value, evidence);
    }
    if let (Some(taken), Some(modified)) = (fields.taken, fields.modified) {
        let seconds = modified - taken;
        if seconds > MODIFIED_SECONDS_MIN {
            evidence.push(DocumentEvidence::ModifiedAfterCapture { seconds });
        }
    }
    if let Some(stated) = fields.stated_size
        && stated != actual
        && stated != (actual.1, actual.0)
    {
        evidence.push(DocumentEvidence::SizeDisagrees { stated, actual });
    }
    if let Some(bytes) = &fields.thumbnail
        && let Some(correlation) = thumbnail::agreement(bytes, image)
        && correlation < thumbnail::AGREEMENT_MIN
    {
        evidence.push(DocumentEvidence::ThumbnailDiffers { correlation });
    }
}

const PACKET_BYTES_MAX: usize = 1024 * 1024;

fn packet_text(packet: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&packet[..packet.len().min(PACKET_BYTES_MAX)])
}
