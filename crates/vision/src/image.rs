//! Images: from the bytes of a JPEG, PNG or WebP to pixels, or the reason why not.

mod colour_profile;
mod decode;
mod error;
mod formats;
mod jpeg;
mod pixels;
mod png_chunks;
mod webp_chunks;

pub use decode::DecodeLimits;
pub use error::ImageError;
pub use formats::ImageFormat;
pub use pixels::Image;

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
}
