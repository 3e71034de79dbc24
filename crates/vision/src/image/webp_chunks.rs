//! Walks a WebP's chunks: is it one still image, and does it say one thing alone about itself?

use super::error::ImageError;

const HAS_ANIMATION: u8 = 0x02;
const HAS_ALPHA: u8 = 0x10;

/// The bytes of the image without what follows it. Rejects what viewers would show in another way
/// than it is decoded.
pub(super) fn check(bytes: &[u8]) -> Result<&[u8], ImageError> {
    let length = le32(bytes, 4).ok_or(ImageError::Truncated)? as usize;
    let bytes =
        length.checked_add(8).and_then(|end| bytes.get(..end)).ok_or(ImageError::Truncated)?;
    let (mut at, mut flags, mut canvas) = (12, None, None);
    let (mut image, mut alpha_chunk) = (None, false);
    while at < bytes.len() {
        // A byte or two beyond the last chunk are nothing.
        let Some(head) = bytes.get(at..at + 8) else { break };
        let length = le32(head, 4).ok_or(ImageError::Truncated)? as usize;
        let payload = bytes.get(at + 8..).and_then(|rest| rest.get(..length));
        let payload = payload.ok_or(ImageError::Truncated)?;
        match &head[..4] {
            b"VP8X" if flags.is_none() && at == 12 && payload.len() >= 10 => {
                flags = Some(payload[0]);
                canvas = Some((le24(&payload[4..]) + 1, le24(&payload[7..]) + 1));
            }
            b"VP8X" => return Err(ImageError::Corrupt),
            b"ANIM" | b"ANMF" => return Err(ImageError::SeveralFrames),
            b"ALPH" => alpha_chunk = true,
            kind @ (b"VP8 " | b"VP8L") => {
                let read = if kind == b"VP8 " { lossy(payload) } else { lossless(payload) };
                if image.replace(read?).is_some() {
                    return Err(ImageError::SeveralFrames);
                }
            }
            _ => {}
        }
        at += 8 + length + length % 2;
    }
    let (size, alpha_bit) = image.ok_or(ImageError::Corrupt)?;
    let flags = flags.unwrap_or(0);
    if flags & HAS_ANIMATION != 0 {
        return Err(ImageError::SeveralFrames);
    }
    let hides_alpha = (alpha_bit || alpha_chunk) && flags & HAS_ALPHA == 0 && canvas.is_some();
    if hides_alpha || canvas.is_some_and(|canvas| canvas != size) {
        return Err(ImageError::Corrupt);
    }
    Ok(bytes)
}

type Size = (u32, u32);

/// RFC 6386, 9.1: a key frame that is shown.
fn lossy(payload: &[u8]) -> Result<(Size, bool), ImageError> {
    let frame = payload.get(..10).ok_or(ImageError::Truncated)?;
    if frame[0] & 0x11 != 0x10 || frame[3..6] != [0x9D, 0x01, 0x2A] {
        return Err(ImageError::Corrupt);
    }
    let side = |at: usize| u32::from(u16::from_le_bytes([frame[at], frame[at + 1]]) & 0x3FFF);
    Ok(((side(6), side(8)), false))
}

fn lossless(payload: &[u8]) -> Result<(Size, bool), ImageError> {
    let bits = le32(payload, 1).ok_or(ImageError::Truncated)?;
    if payload[0] != 0x2F {
        return Err(ImageError::Corrupt);
    }
    Ok((((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1), bits >> 28 & 1 == 1))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

fn le24(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])
}
