//! What the file itself says about where it has been: tables, tags, preview. Deterministic and
//! cheap; a hit caps the score whatever the pixels look like.

mod editor_tables;
mod exif;
#[cfg(feature = "provenance")]
mod provenance;
mod quantisation;
mod segments;
mod thumbnail;

use verax_domain::document_findings::DocumentEvidence;

use crate::image::{Image, ImageFormat};
use exif::{ExifFields, exif_fields, exif_in_container};
use quantisation::{TableOrigin, table_origin};
use segments::{JpegSegments, jpeg_segments, png_chunks, readable};

pub use quantisation::ijg_table;

/// What was read from the file around its pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct FileForensics {
    pub evidence: Vec<DocumentEvidence>,
    /// Exact for the standard tables, nearest for others; none when the file is not a JPEG.
    pub jpeg_quality: Option<u8>,
    /// The luma quantisation table, row by row.
    pub luma_table: Option<[u16; 64]>,
}

/// Differences of the clock up to this are the camera's own writing time.
const MODIFIED_SECONDS_MIN: i64 = 60;

/// `image` is the decoded `bytes`.
pub fn file_forensics(bytes: &[u8], image: &Image) -> FileForensics {
    let Some(format) = ImageFormat::of(bytes) else {
        return FileForensics { evidence: Vec::new(), jpeg_quality: None, luma_table: None };
    };
    let mut found = match format {
        ImageFormat::Jpeg => jpeg_forensics(bytes, image),
        ImageFormat::Png => png_forensics(bytes, image),
        ImageFormat::WebP => webp_forensics(bytes, image),
    };
    #[cfg(feature = "provenance")]
    if segments::holds_manifest(bytes, format) {
        found.evidence.extend(provenance::provenance_evidence(bytes, format.media_type()));
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
    FileForensics { evidence, jpeg_quality: None, luma_table: None }
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
    if let Some(xmp) = segments.xmp {
        xmp_evidence(&String::from_utf8_lossy(xmp), &mut evidence);
    }
    marker_evidence(&segments, &mut evidence);
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
    FileForensics { evidence, jpeg_quality, luma_table }
}

fn png_forensics(bytes: &[u8], image: &Image) -> FileForensics {
    let chunks = png_chunks(bytes);
    let mut evidence = Vec::new();
    for (key, text) in &chunks.texts {
        // Image generators leave their prompt and settings under these keywords.
        let prompt = matches!(key.as_str(), "parameters" | "prompt" | "workflow" | "Dream");
        if prompt {
            evidence.push(DocumentEvidence::EditorTag {
                field: format!("PNG {key}"),
                value: shortened(text),
                generator: true,
            });
        } else if key.starts_with("XML:com.adobe.xmp") {
            xmp_evidence(text, &mut evidence);
        } else {
            name_evidence(&format!("PNG {key}"), text, &mut evidence);
        }
    }
    if let Some(fields) = chunks.exif.and_then(exif_fields) {
        exif_evidence(&fields, image, (image.width, image.height), &mut evidence);
    }
    FileForensics { evidence, jpeg_quality: None, luma_table: None }
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
        && let Some(correlation) = thumbnail::agreement(bytes, image, fields.orientation)
        && correlation < thumbnail::AGREEMENT_MIN
    {
        evidence.push(DocumentEvidence::ThumbnailDiffers { correlation });
    }
}

fn marker_evidence(segments: &JpegSegments<'_>, evidence: &mut Vec<DocumentEvidence>) {
    let mut tag = |field: &str, value: &str| {
        evidence.push(DocumentEvidence::EditorTag {
            field: field.to_owned(),
            value: value.to_owned(),
            generator: false,
        });
    };
    if segments.photoshop_resources {
        tag("APP13", "Photoshop 3.0");
    }
    if segments.adobe_marker {
        tag("APP14", "Adobe");
    }
    for comment in &segments.comments {
        name_evidence("JPEG comment", &readable(comment), evidence);
    }
}

fn xmp_evidence(packet: &str, evidence: &mut Vec<DocumentEvidence>) {
    for name in ["xmp:CreatorTool", "stEvt:softwareAgent", "tiff:Software", "photoshop:Credit"] {
        if let Some(value) = xmp_value(packet, name) {
            name_evidence(&format!("XMP {name}"), value, evidence);
        }
    }
    if let Some(source) = xmp_value(packet, "Iptc4xmpExt:DigitalSourceType")
        && source.to_ascii_lowercase().contains("algorithmicmedia")
    {
        evidence.push(DocumentEvidence::EditorTag {
            field: "XMP DigitalSourceType".to_owned(),
            value: shortened(source),
            generator: true,
        });
    }
    // Apple's cameras write photoshop:DateCreated, so only what editing leaves is asked for.
    for name in ["photoshop:DocumentAncestors", "photoshop:History", "photoshop:ColorMode", "crs:"]
    {
        if packet.contains(name) {
            evidence.push(DocumentEvidence::EditorTag {
                field: "XMP".to_owned(),
                value: name.trim_end_matches(':').to_owned(),
                generator: false,
            });
            break;
        }
    }
    if packet.contains("xmpMM:History") && packet.contains("stEvt:action") {
        let action = xmp_value(packet, "stEvt:action").unwrap_or("saved");
        evidence.push(DocumentEvidence::EditorTag {
            field: "XMP xmpMM:History".to_owned(),
            value: shortened(action),
            generator: false,
        });
    }
}

/// The value of `name="…"` or `<name>…</name>`.
fn xmp_value<'a>(packet: &'a str, name: &str) -> Option<&'a str> {
    let after = &packet[packet.find(name)? + name.len()..];
    let after = after.trim_start();
    if let Some(quoted) = after.strip_prefix('=') {
        let quoted = quoted.trim_start();
        let quote = quoted.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        return quoted[1..].split(quote).next();
    }
    after.strip_prefix('>')?.split('<').next()
}

/// Names of programs that change pictures, as they sign in `Software` and its kin.
const EDITORS: [&str; 33] = [
    "photoshop",
    "lightroom",
    "camera raw",
    "gimp",
    "snapseed",
    "picsart",
    "canva",
    "pixelmator",
    "facetune",
    "affinity",
    "paint.net",
    "photopea",
    "krita",
    "coreldraw",
    "paint shop",
    "paintshop",
    "photoscape",
    "pixlr",
    "fotor",
    "befunky",
    "vsco",
    "airbrush",
    "remini",
    "meitu",
    "beautyplus",
    "faceapp",
    "youcam",
    "inkscape",
    "capture one",
    "darktable",
    "rawtherapee",
    "luminar",
    "polarr",
];

/// Names of programs that invent pictures.
const GENERATORS: [&str; 16] = [
    "midjourney",
    "dall-e",
    "dall·e",
    "stable diffusion",
    "stability ai",
    "novelai",
    "firefly",
    "comfyui",
    "automatic1111",
    "invokeai",
    "imagen",
    "openai",
    "flux.1",
    "ideogram",
    "leonardo.ai",
    "made with google ai",
];

fn name_evidence(field: &str, value: &str, evidence: &mut Vec<DocumentEvidence>) {
    let folded = value.to_lowercase();
    let names = |list: &[&str]| list.iter().any(|name| folded.contains(name));
    let generator = names(&GENERATORS);
    if generator || names(&EDITORS) {
        evidence.push(DocumentEvidence::EditorTag {
            field: field.to_owned(),
            value: shortened(value),
            generator,
        });
    }
}

fn shortened(text: &str) -> String {
    readable(text.as_bytes()).chars().take(80).collect()
}
