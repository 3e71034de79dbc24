//! A decoded picture: 8-bit RGB, orientation applied.

/// A decoded picture. `rgb` holds `width * height * 3` bytes, rows from the top, pixels from the
/// left, channels R, G, B in 0..=255. The EXIF orientation has been applied.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

// The pixels are personal data: a debug print must never show them.
impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image {{ {}x{} }}", self.width, self.height)
    }
}
