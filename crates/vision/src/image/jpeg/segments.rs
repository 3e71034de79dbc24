//! The markers of a JPEG, one after another.

use crate::image::ImageError;

/// A marker and the bytes after its length; `payload` is empty where a marker has no length.
pub(super) struct Segment<'a> {
    pub marker: u8,
    pub payload: &'a [u8],
}

pub(super) struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    /// `bytes` begin with the start of the image.
    pub fn new(bytes: &'a [u8]) -> Self {
        Segments { bytes, at: 2 }
    }

    /// The next marker; entropy-coded bytes before it are passed over. `None` when no more comes.
    pub fn next(&mut self) -> Result<Option<Segment<'a>>, ImageError> {
        let Some(found) =
            self.rest().windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF))
        else {
            self.at = self.bytes.len();
            return Ok(None);
        };
        self.at += found + 2;
        let marker = self.bytes[self.at - 1];
        match marker {
            // Markers without a length: TEM, restarts and the end.
            0x01 | 0xD0..=0xD7 | 0xD9 => Ok(Some(Segment { marker, payload: &[] })),
            // A second image in a place where none can be.
            0xD8 => Err(ImageError::Corrupt),
            _ => {
                let Some(length) = self.rest().first_chunk() else {
                    return Err(ImageError::Truncated);
                };
                let length = usize::from(u16::from_be_bytes(*length));
                if length < 2 {
                    return Err(ImageError::Corrupt);
                }
                let payload = self.rest().get(2..length).ok_or(ImageError::Truncated)?;
                self.at += length;
                Ok(Some(Segment { marker, payload }))
            }
        }
    }

    /// What comes after the last segment.
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub fn skip(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.bytes.len());
    }
}
