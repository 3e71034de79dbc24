//! Image bytes to pixels, within limits.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::image::codecs::{png::PngDecoder, webp::WebPDecoder};
use ::image::error::ImageError as CodecError;
use ::image::metadata::Orientation;
use ::image::{DynamicImage, ImageDecoder, Limits, RgbImage};

use super::error::ImageError;
use super::formats::{ImageFormat, other_format};
use super::pixels::Image;
use super::{colour_profile, jpeg, png_chunks, webp_chunks};

/// What an image may cost. Everything here is checked before the pixels are allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Length of the encoded file.
    pub bytes_max: usize,
    /// Width times height of what is decoded. A larger JPEG is decoded at half its size or a
    /// quarter, whichever is enough.
    pub pixels_max: u64,
    /// The longer side.
    pub side_px_max: u32,
    /// The shorter side.
    pub side_px_min: u32,
    /// Scans of a progressive JPEG: each costs a pass over all pixels, so they bound the time. Of one
    /// with more than `pixels_max` pixels, as many fewer.
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

pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Image, ImageError> {
    contain(|| match format(bytes, limits)? {
        ImageFormat::Jpeg => jpeg_pixels(bytes, limits),
        ImageFormat::Png => other_pixels(open_png(bytes, limits)?),
        ImageFormat::WebP => other_pixels(open_webp(bytes, limits)?),
    })
}

/// Everything that is rejected without reading the pixels; those of a JPEG are read where the mark of
/// its end is missing.
pub(super) fn inspect(bytes: &[u8], limits: &DecodeLimits) -> Result<(), ImageError> {
    contain(|| match format(bytes, limits)? {
        ImageFormat::Jpeg => match open_jpeg(bytes, limits)? {
            (header, _) if header.end_is_marked => Ok(()),
            _ => jpeg::decode(bytes, jpeg::Reduction::Quarter).map(drop),
        },
        ImageFormat::Png => open_png(bytes, limits).map(drop),
        ImageFormat::WebP => open_webp(bytes, limits).map(drop),
    })
}

/// The decoders read what anybody may have written: should one panic, the image is damaged.
fn contain<T>(read: impl FnOnce() -> Result<T, ImageError>) -> Result<T, ImageError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(ImageError::Corrupt))
}

fn format(bytes: &[u8], limits: &DecodeLimits) -> Result<ImageFormat, ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Empty);
    }
    if bytes.len() > limits.bytes_max {
        return Err(ImageError::TooManyBytes { bytes: bytes.len(), bytes_max: limits.bytes_max });
    }
    ImageFormat::of(bytes).ok_or_else(|| match other_format(bytes) {
        Some(format) => ImageError::OtherFormat { format },
        None => ImageError::NotAnImage,
    })
}

fn open_jpeg(
    bytes: &[u8],
    limits: &DecodeLimits,
) -> Result<(jpeg::Header, jpeg::Reduction), ImageError> {
    let header = jpeg::read_header(bytes)?;
    let (width, height) = (header.width, header.height);
    let pixels = u64::from(width) * u64::from(height);
    let reductions = [jpeg::Reduction::Full, jpeg::Reduction::Half, jpeg::Reduction::Quarter];
    let reduction = reductions.into_iter().find(|reduction| {
        let reduced = |side: u32| u64::from(side.div_ceil(reduction.divisor()));
        reduced(width) * reduced(height) <= limits.pixels_max
    });
    let Some(reduction) = reduction else {
        let pixels_max = limits.pixels_max.saturating_mul(16);
        return Err(ImageError::TooManyPixels { width, height, pixels_max });
    };
    check_sides(width, height, limits)?;
    // As much as a progressive image of `pixels_max` pixels needs whose colours are not subsampled.
    let coefficient_bytes_max = limits.pixels_max.saturating_mul(6).saturating_add(8 << 20);
    if header.coefficient_bytes > coefficient_bytes_max {
        let bytes_a_pixel = header.coefficient_bytes.div_ceil(pixels);
        let pixels_max = coefficient_bytes_max / bytes_a_pixel;
        return Err(ImageError::TooManyPixels { width, height, pixels_max });
    }
    let passes = limits.pixels_max.saturating_mul(limits.jpeg_scans_max as u64) / pixels;
    let scans_max = limits.jpeg_scans_max.min(usize::try_from(passes).unwrap_or(usize::MAX));
    if header.scans > scans_max {
        return Err(ImageError::TooManyScans { scans: header.scans, scans_max });
    }
    check_profile(header.colour_profile.as_deref())?;
    Ok((header, reduction))
}

fn jpeg_pixels(bytes: &[u8], limits: &DecodeLimits) -> Result<Image, ImageError> {
    let (header, reduction) = open_jpeg(bytes, limits)?;
    let jpeg::Pixels { width, height, rgb } = jpeg::decode(bytes, reduction)?;
    let decoded = RgbImage::from_raw(width, height, rgb).ok_or(ImageError::Corrupt)?;
    let orientation = header.exif.and_then(|exif| Orientation::from_exif_chunk(&exif));
    Ok(turned(decoded, orientation.unwrap_or(Orientation::NoTransforms)))
}

fn open_png<'a>(
    bytes: &'a [u8],
    limits: &DecodeLimits,
) -> Result<impl ImageDecoder + 'a, ImageError> {
    let bytes = png_chunks::check(bytes)?;
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), codec_limits(limits));
    opened(decoder.map_err(rejection)?, limits)
}

fn open_webp<'a>(
    bytes: &'a [u8],
    limits: &DecodeLimits,
) -> Result<impl ImageDecoder + 'a, ImageError> {
    let bytes = webp_chunks::check(bytes)?;
    opened(WebPDecoder::new(Cursor::new(bytes)).map_err(rejection)?, limits)
}

fn opened<D: ImageDecoder>(mut decoder: D, limits: &DecodeLimits) -> Result<D, ImageError> {
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits.pixels_max {
        return Err(ImageError::TooManyPixels { width, height, pixels_max: limits.pixels_max });
    }
    check_sides(width, height, limits)?;
    decoder.set_limits(codec_limits(limits)).map_err(rejection)?;
    check_profile(decoder.icc_profile().unwrap_or(None).as_deref())?;
    Ok(decoder)
}

fn other_pixels(mut decoder: impl ImageDecoder) -> Result<Image, ImageError> {
    // Metadata that cannot be read says nothing about the pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let decoded = DynamicImage::from_decoder(decoder).map_err(rejection)?;
    if !is_opaque(&decoded) {
        return Err(ImageError::NotOpaque);
    }
    Ok(turned(decoded.into_rgb8(), orientation))
}

/// Rounding 16 bits to 8 would hide the last of transparency.
fn is_opaque(image: &DynamicImage) -> bool {
    match image {
        DynamicImage::ImageLumaA8(image) => image.pixels().all(|pixel| pixel[1] == u8::MAX),
        DynamicImage::ImageRgba8(image) => image.pixels().all(|pixel| pixel[3] == u8::MAX),
        DynamicImage::ImageLumaA16(image) => image.pixels().all(|pixel| pixel[1] == u16::MAX),
        DynamicImage::ImageRgba16(image) => image.pixels().all(|pixel| pixel[3] == u16::MAX),
        other => !other.color().has_alpha(),
    }
}

fn turned(image: RgbImage, orientation: Orientation) -> Image {
    let mut upright = DynamicImage::ImageRgb8(image);
    upright.apply_orientation(orientation);
    let (width, height) = (upright.width(), upright.height());
    Image { width, height, rgb: upright.into_rgb8().into_raw() }
}

fn check_sides(width: u32, height: u32, limits: &DecodeLimits) -> Result<(), ImageError> {
    if width.max(height) > limits.side_px_max {
        return Err(ImageError::SideTooLong { width, height, side_px_max: limits.side_px_max });
    }
    if width.min(height) < limits.side_px_min {
        return Err(ImageError::TooSmall { width, height, side_px_min: limits.side_px_min });
    }
    Ok(())
}

fn check_profile(profile: Option<&[u8]>) -> Result<(), ImageError> {
    match profile {
        Some(profile) if !colour_profile::is_usual(profile) => Err(ImageError::UnusualColours),
        _ => Ok(()),
    }
}

fn codec_limits(limits: &DecodeLimits) -> Limits {
    let mut codec = Limits::no_limits();
    // Sixteen bits a channel, four channels, plus what a decoder keeps beside its output.
    codec.max_alloc = Some(limits.pixels_max.saturating_mul(8).saturating_add(64 << 20));
    codec
}

fn rejection(error: CodecError) -> ImageError {
    match error {
        CodecError::Unsupported(_) => ImageError::Unsupported { encoding: "an unusual encoding" },
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
