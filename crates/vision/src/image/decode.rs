//! Image bytes to pixels, within limits.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::image::codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder};
use ::image::error::ImageError as CodecError;
use ::image::metadata::Orientation;
use ::image::{DynamicImage, ImageDecoder, Limits};

use super::{Image, jpeg_walk};

/// What a picture may cost. Everything here is checked before the pixels are allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Length of the encoded file.
    pub bytes_max: usize,
    /// Width times height.
    pub pixels_max: u64,
    /// The longer side.
    pub side_px_max: u32,
    /// The shorter side.
    pub side_px_min: u32,
    /// Scans of a progressive JPEG: each costs a pass over all pixels, so they bound the time.
    pub jpeg_scans_max: usize,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        DecodeLimits {
            bytes_max: 16 * 1024 * 1024,
            pixels_max: 25_000_000,
            side_px_max: 16_384,
            side_px_min: 32,
            jpeg_scans_max: 100,
        }
    }
}

/// The encodings that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    Jpeg,
    Png,
    WebP,
}

impl ImageFormat {
    /// Tells the encoding from the first bytes; what a name or a header claims is not asked.
    pub fn of(bytes: &[u8]) -> Option<ImageFormat> {
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Some(ImageFormat::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(ImageFormat::Png);
        }
        if bytes.len() >= 12 && bytes.starts_with(b"RIFF") && &bytes[8..12] == b"WEBP" {
            return Some(ImageFormat::WebP);
        }
        None
    }

    pub fn media_type(self) -> &'static str {
        match self {
            ImageFormat::Jpeg => "image/jpeg",
            ImageFormat::Png => "image/png",
            ImageFormat::WebP => "image/webp",
        }
    }
}

/// Why there are no pixels. Each sentence is meant for the person who sent the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    #[error("the image is empty")]
    Empty,
    #[error("the bytes are not a JPEG, PNG or WebP image")]
    NotAnImage,
    #[error("the image is {bytes} bytes long; at most {bytes_max} are accepted")]
    TooManyBytes { bytes: usize, bytes_max: usize },
    #[error("the image is {width} x {height} pixels; at most {pixels_max} pixels are accepted")]
    TooManyPixels { width: u32, height: u32, pixels_max: u64 },
    #[error("the image is {width} x {height} pixels; no side may be longer than {side_px_max}")]
    SideTooLong { width: u32, height: u32, side_px_max: u32 },
    #[error("the image is {width} x {height} pixels; each side needs at least {side_px_min}")]
    TooSmall { width: u32, height: u32, side_px_min: u32 },
    #[error("the JPEG has {scans} scans; at most {scans_max} are accepted")]
    TooManyScans { scans: usize, scans_max: usize },
    #[error("the image is cut off: its end is missing")]
    Truncated,
    #[error("the image is damaged and cannot be read")]
    Corrupt,
    #[error("the image uses an encoding that is not supported")]
    Unsupported,
}

pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Image, ImageError> {
    contain(|| pixels(open(bytes, limits)?))
}

/// Everything that is refused without reading the pixels.
pub(super) fn inspect(bytes: &[u8], limits: &DecodeLimits) -> Result<(), ImageError> {
    contain(|| open(bytes, limits).map(drop))
}

/// The decoders read what anybody may have written: should one panic, the image is damaged.
fn contain<T>(read: impl FnOnce() -> Result<T, ImageError>) -> Result<T, ImageError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(ImageError::Corrupt))
}

fn open<'a>(
    bytes: &'a [u8],
    limits: &DecodeLimits,
) -> Result<Box<dyn ImageDecoder + 'a>, ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Empty);
    }
    if bytes.len() > limits.bytes_max {
        return Err(ImageError::TooManyBytes { bytes: bytes.len(), bytes_max: limits.bytes_max });
    }
    let mut decoder: Box<dyn ImageDecoder + 'a> =
        match ImageFormat::of(bytes).ok_or(ImageError::NotAnImage)? {
            ImageFormat::Jpeg => {
                // The decoder fills a missing end with grey, so the end is looked for first.
                let scans = jpeg_walk::complete_scans(bytes)?;
                if scans > limits.jpeg_scans_max {
                    let scans_max = limits.jpeg_scans_max;
                    return Err(ImageError::TooManyScans { scans, scans_max });
                }
                Box::new(JpegDecoder::new(Cursor::new(bytes)).map_err(refusal)?)
            }
            ImageFormat::Png => {
                let codec_limits = codec_limits(limits);
                let decoder = PngDecoder::with_limits(Cursor::new(bytes), codec_limits);
                Box::new(decoder.map_err(refusal)?)
            }
            ImageFormat::WebP => {
                // The container says how long it is.
                let promised = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
                if (bytes.len() as u64) < u64::from(promised) + 8 {
                    return Err(ImageError::Truncated);
                }
                Box::new(WebPDecoder::new(Cursor::new(bytes)).map_err(refusal)?)
            }
        };
    let (width, height) = decoder.dimensions();
    check_dimensions(width, height, limits)?;
    decoder.set_limits(codec_limits(limits)).map_err(refusal)?;
    Ok(decoder)
}

fn pixels(mut decoder: Box<dyn ImageDecoder + '_>) -> Result<Image, ImageError> {
    // Metadata that cannot be read says nothing about the pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let decoded = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    let mut upright = DynamicImage::ImageRgb8(decoded.into_rgb8());
    upright.apply_orientation(orientation);
    let (width, height) = (upright.width(), upright.height());
    Ok(Image { width, height, rgb: upright.into_rgb8().into_raw() })
}

fn check_dimensions(width: u32, height: u32, limits: &DecodeLimits) -> Result<(), ImageError> {
    if u64::from(width) * u64::from(height) > limits.pixels_max {
        return Err(ImageError::TooManyPixels { width, height, pixels_max: limits.pixels_max });
    }
    if width.max(height) > limits.side_px_max {
        return Err(ImageError::SideTooLong { width, height, side_px_max: limits.side_px_max });
    }
    if width.min(height) < limits.side_px_min {
        return Err(ImageError::TooSmall { width, height, side_px_min: limits.side_px_min });
    }
    Ok(())
}

fn codec_limits(limits: &DecodeLimits) -> Limits {
    let mut codec = Limits::no_limits();
    // Sixteen bits a channel, four channels, plus what a decoder keeps beside its output.
    codec.max_alloc = Some(limits.pixels_max.saturating_mul(8).saturating_add(64 << 20));
    codec
}

fn refusal(error: CodecError) -> ImageError {
    match error {
        CodecError::Unsupported(_) => ImageError::Unsupported,
        CodecError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageError::Truncated
        }
        other if speaks_of_an_early_end(&other) => ImageError::Truncated,
        _ => ImageError::Corrupt,
    }
}

// The codecs wrap an early end in errors of their own, some without a kind to match on.
fn speaks_of_an_early_end(error: &CodecError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::UnexpectedEof
        {
            return true;
        }
        cause = current.source();
    }
    let text = error.to_string().to_ascii_lowercase();
    ["unexpected end", "unexpected eof", "failed to fill", "exhausted"]
        .iter()
        .any(|words| text.contains(words))
}
