//! A decoded image: 8-bit RGB, orientation applied.

mod colour_profile;
mod decode;
mod formats;
mod jpeg;
mod png_chunks;
mod webp_chunks;

pub use decode::{DecodeLimits, ImageError};
pub use formats::ImageFormat;

/// A decoded image. `rgb` holds `width * height * 3` bytes, rows from the top, pixels from the
/// left, channels R, G, B in 0..=255. The EXIF orientation has been applied.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

impl Image {
    /// Reads a JPEG, PNG or WebP within `limits`. Dimensions are read from the header and checked
    /// before anything of their size is allocated.
    ///
    /// The pixels are what every viewer shows, or it is an error: what is not opaque, has more than
    /// one frame, is not whole or comes with colours of its own is rejected.
    pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Image, ImageError> {
        decode::decode(bytes, limits)
    }

    /// Rejects what can be rejected by its length, its beginning and its dimensions, in a time that
    /// does not depend on the pixels (but where the mark of a JPEG's end is missing). What passes may
    /// still turn out to be damaged.
    pub fn inspect(bytes: &[u8], limits: &DecodeLimits) -> Result<(), ImageError> {
        decode::inspect(bytes, limits)
    }

    /// Width and height as a JPEG is stored: it may have been decoded at a part of its size, and turned.
    pub fn stored_size(bytes: &[u8]) -> Option<(u32, u32)> {
        if ImageFormat::of(bytes) != Some(ImageFormat::Jpeg) {
            return None;
        }
        jpeg::read_header(bytes).ok().map(|header| (header.width, header.height))
    }

    /// The image turned anticlockwise by so many quarter turns.
    pub(crate) fn turned_back(self, quarter_turns: u8) -> Image {
        let Image { width, height, rgb } = self;
        if quarter_turns.is_multiple_of(4) {
            return Image { width, height, rgb };
        }
        let pixels = rgb.as_chunks::<3>().0;
        let at = |x: u32, y: u32| pixels[y as usize * width as usize + x as usize];
        let (turned_width, turned_height) =
            if quarter_turns.is_multiple_of(2) { (width, height) } else { (height, width) };
        let mut turned = Vec::with_capacity(rgb.len());
        for y in 0..turned_height {
            for x in 0..turned_width {
                turned.extend(match quarter_turns % 4 {
                    1 => at(width - 1 - y, x),
                    2 => at(width - 1 - x, height - 1 - y),
                    _ => at(y, height - 1 - x),
                });
            }
        }
        Image { width: turned_width, height: turned_height, rgb: turned }
    }

    /// The number of pixels, `width * height`.
    pub fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }
}

// The pixels are personal data: a debug print must never show them.
impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image {{ {}x{} }}", self.width, self.height)
    }
}
