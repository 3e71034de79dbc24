//! Walks a PNG's chunks: is it one still image, in the usual colours?

use std::borrow::Cow;

use super::colour_profile::{are_usual_chromaticities, is_usual_coding, is_usual_gamma};
use super::error::ImageError;

/// The bytes, with the mark of their end where it is missing after whole chunks. Rejects what viewers
/// would show in another way than it is decoded; whether all pixels are there, decoding tells.
pub(super) fn check(bytes: &[u8]) -> Result<Cow<'_, [u8]>, ImageError> {
    let (mut at, mut seen): (usize, Vec<&[u8]>) = (8, Vec::new());
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let kind = &head[4..8];
        let Some(payload) = bytes.get(at + 8..).and_then(|rest| rest.get(..length)) else {
            return Ok(Cow::Borrowed(bytes));
        };
        let pixels_began = seen.contains(&&b"IDAT"[..]);
        let usual_colours = match kind {
            b"IEND" => return Ok(Cow::Borrowed(bytes)),
            // The default image of an animation may be shown to nobody.
            b"acTL" | b"fcTL" | b"fdAT" => return Err(ImageError::SeveralFrames),
            // Out of place, or twice, a chunk is read by some viewers and not by others.
            b"IHDR" | b"PLTE" | b"tRNS" | b"gAMA" | b"cHRM" | b"iCCP" | b"sRGB" | b"cICP"
                if pixels_began || seen.contains(&kind) =>
            {
                return Err(ImageError::Corrupt);
            }
            b"gAMA" => is_usual_gamma(payload),
            b"cHRM" => are_usual_chromaticities(payload),
            b"cICP" => is_usual_coding(payload),
            _ => true,
        };
        if !usual_colours {
            return Err(ImageError::UnusualColours);
        }
        // Those of which no second is noted: there may be a great many chunks.
        if matches!(
            kind,
            b"IHDR" | b"PLTE" | b"tRNS" | b"gAMA" | b"cHRM" | b"iCCP" | b"sRGB" | b"cICP" | b"IDAT"
        ) && !seen.contains(&kind)
        {
            seen.push(kind);
        }
        at += length + 12;
    }
    if at > bytes.len() || !seen.contains(&&b"IDAT"[..]) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut whole = bytes[..at].to_vec();
    whole.extend(b"\0\0\0\0IEND\xAE\x42\x60\x82");
    Ok(Cow::Owned(whole))
}
