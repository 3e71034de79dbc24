//! Why bytes are no image that is read here.

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
    #[error("this is {format}, not a JPEG, PNG or WebP image; save it as a JPEG and send that")]
    OtherFormat { format: &'static str },
    #[error("this is {encoding}, which is not read; save it as an ordinary JPEG and send that")]
    Unsupported { encoding: &'static str },
    #[error(
        "the image is transparent in places, and what is seen there depends on the viewer; save it \
         without transparency and send that"
    )]
    NotOpaque,
    #[error("the image has more than one frame; send a still image")]
    SeveralFrames,
    #[error("the colour profile of the image changes what is seen; save it in sRGB and send that")]
    UnusualColours,
}
