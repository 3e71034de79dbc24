//! Walks a JPEG's markers without decoding: is its end there, and how many scans has it?

use super::ImageError;

const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;

/// The number of scans of a JPEG that has its end-of-image marker (ITU-T T.81, annex B).
pub(super) fn complete_scans(bytes: &[u8]) -> Result<usize, ImageError> {
    let mut scans = 0;
    let mut at = 2;
    loop {
        let (marker, after) = next_marker(bytes, at)?;
        match marker {
            END_OF_IMAGE if scans > 0 => return Ok(scans),
            END_OF_IMAGE => return Err(ImageError::Corrupt),
            // Markers without a length: TEM and restarts.
            0x01 | 0xD0..=0xD8 => at = after,
            _ => {
                let Some(length) = bytes.get(after..after + 2) else {
                    return Err(ImageError::Truncated);
                };
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                if length < 2 {
                    return Err(ImageError::Corrupt);
                }
                at = after + length;
                if at > bytes.len() {
                    return Err(ImageError::Truncated);
                }
                scans += usize::from(marker == START_OF_SCAN);
            }
        }
    }
}

// The next marker at or after `at`: entropy-coded bytes (where 0xFF is followed by 0) are skipped.
fn next_marker(bytes: &[u8], mut at: usize) -> Result<(u8, usize), ImageError> {
    while let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| *b == 0xFF)) {
        let marker_at = at + offset + 1;
        match bytes.get(marker_at) {
            None => return Err(ImageError::Truncated),
            Some(0x00) => at = marker_at + 1,
            // Fill bytes: the marker is the byte after the last 0xFF.
            Some(0xFF) => at = marker_at,
            Some(marker) => return Ok((*marker, marker_at + 1)),
        }
    }
    Err(ImageError::Truncated)
}
