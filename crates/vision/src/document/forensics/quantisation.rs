//! Whose quantisation tables are these?

use super::editor_tables::EDITOR_TABLES;
use super::segments::JpegSegments;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum TableOrigin {
    /// The tables of ITU-T T.81 annex K scaled as the IJG library does.
    Standard {
        quality: u8,
    },
    Editor {
        editor: &'static str,
        quality: u8,
    },
    Unknown {
        quality: u8,
    },
}

#[rustfmt::skip]
const LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
#[rustfmt::skip]
const CHROMA: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// A standard table at a quality of 1..=100, row by row.
pub fn ijg_table(chroma: bool, quality: u8) -> [u16; 64] {
    let quality = u32::from(quality.clamp(1, 100));
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let base = if chroma { &CHROMA } else { &LUMA };
    base.map(|v| ((u32::from(v) * scale + 50) / 100).clamp(1, 255) as u16)
}

/// None without a luma table (not a JPEG that can be decoded).
pub(super) fn table_origin(segments: &JpegSegments<'_>) -> Option<TableOrigin> {
    let luma = segments.tables[segments.luma_table]?;
    let chroma = segments.chroma_table.and_then(|number| segments.tables[number]);
    // Writers may choose another quality for colour, so luma alone decides what is standard.
    if let Some(quality) = (1..=100).find(|&q| ijg_table(false, q) == luma) {
        return Some(TableOrigin::Standard { quality });
    }
    let quality = nearest_quality(&luma);
    let same = |table: &[u8; 64], found: &[u16; 64]| {
        table.iter().zip(found).all(|(&a, &b)| u16::from(a) == b)
    };
    let editor = EDITOR_TABLES.iter().find(|tables| {
        same(&tables.luma, &luma) && chroma.is_none_or(|found| same(&tables.chroma, &found))
    });
    Some(match editor {
        Some(tables) => TableOrigin::Editor { editor: tables.editor, quality },
        None => TableOrigin::Unknown { quality },
    })
}

/// The quality of the standard table that divides as much.
fn nearest_quality(luma: &[u16; 64]) -> u8 {
    let weight = |table: &[u16; 64]| table.iter().map(|&v| f64::from(v).ln()).sum::<f64>();
    let wanted = weight(luma);
    (1..=100u8)
        .min_by(|&a, &b| {
            let gap = |q| (weight(&ijg_table(false, q)) - wanted).abs();
            gap(a).total_cmp(&gap(b))
        })
        .unwrap_or(50)
}
