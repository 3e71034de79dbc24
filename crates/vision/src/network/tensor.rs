//! What a network takes, an image as planes of numbers, and what a classifier gives.

use crate::image::Image;

/// The likeliest class of a row, and how likely it is, 0..=1.
pub type Class = (usize, f32);

/// One input image: three planes of `height` x `width`.
pub struct NchwTensor {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

impl NchwTensor {
    pub fn black(width: usize, height: usize) -> NchwTensor {
        NchwTensor { width, height, values: vec![0.0; 3 * width * height] }
    }

    /// An image of no meaning in which no two neighbours are alike; levels of 0..=255.
    pub fn noise(width: usize, height: usize) -> NchwTensor {
        let values = (0..3 * width * height).map(|at| (at * 7919 % 256) as f32).collect();
        NchwTensor { width, height, values }
    }

    /// The same with levels of 0..=255 brought to -1..=1.
    pub fn normalised(mut self) -> NchwTensor {
        self.values.iter_mut().for_each(|level| *level = *level / 127.5 - 1.0);
        self
    }

    /// The planes of an image, in the order B, G, R.
    pub(crate) fn of_bgr(image: &Image) -> NchwTensor {
        let (width, height) = (image.width as usize, image.height as usize);
        let mut planes = NchwTensor::black(width, height);
        for (y, row) in image.rgb.chunks_exact((width * 3).max(1)).enumerate() {
            planes.set_row_bgr(y, row);
        }
        planes
    }

    /// Puts one row of RGB pixels into the planes, in the order B, G, R.
    pub(crate) fn set_row_bgr(&mut self, y: usize, rgb: &[u8]) {
        let (width, plane) = (self.width, self.width * self.height);
        let (blue, rest) = self.values.split_at_mut(plane);
        let (green, red) = rest.split_at_mut(plane);
        let start = y * width;
        for (x, [r, g, b]) in rgb.as_chunks::<3>().0.iter().enumerate() {
            blue[start + x] = f32::from(*b);
            green[start + x] = f32::from(*g);
            red[start + x] = f32::from(*r);
        }
    }
}
