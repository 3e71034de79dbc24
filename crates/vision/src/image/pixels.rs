//! A decoded image: 8-bit RGB, orientation applied.

/// A decoded image. `rgb` holds `width * height * 3` bytes, rows from the top, pixels from the
/// left, channels R, G, B in 0..=255. The EXIF orientation has been applied.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

impl Image {
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

    /// Left and right changed over.
    pub(crate) fn mirrored(&self) -> Image {
        let rows = self.rgb.chunks_exact(self.width.max(1) as usize * 3);
        let rgb = rows.flat_map(|row| row.as_chunks::<3>().0.iter().rev().flatten().copied());
        Image { rgb: rgb.collect(), ..*self }
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
