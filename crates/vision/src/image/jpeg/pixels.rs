//! The planes of a whole JPEG as RGB.

use super::colour::Colour;
use super::frame::Frame;
use super::planes::Planes;
use super::{colour, progressive, upsample};
use crate::image::ImageError;

pub struct Pixels {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

/// Upsamples the planes and brings them to RGB.
pub(super) fn pixels_of(mut planes: Planes, frame: &Frame) -> Result<Pixels, ImageError> {
    if !planes.is_whole() {
        return Err(ImageError::Truncated);
    }
    if planes.progressive {
        for (plane, component) in planes.planes.iter_mut().zip(&frame.components) {
            progressive::transform(plane, frame.blocks(component))?;
        }
    }
    let block_px = planes.reduction.block_px();
    let reduced = |side: usize| (side * block_px).div_ceil(8);
    let (width, height) = (reduced(frame.width), reduced(frame.height));
    let upsampled: Vec<upsample::Upsampler> = planes
        .planes
        .iter()
        .zip(&frame.components)
        .map(|(plane, c)| upsample::Upsampler::new(plane, c, frame, block_px))
        .collect();
    let mut rgb = vec![0; width * height * 3];
    let mut rows = vec![vec![0; width + upsample::SPARE]; upsampled.len()];
    for (y, out) in rgb.chunks_exact_mut(width * 3).enumerate() {
        for (upsampler, row) in upsampled.iter().zip(&mut rows) {
            upsampler.row(y, row);
        }
        match (planes.colour, &rows[..]) {
            (Colour::YCbCr, [y, cb, cr]) => colour::from_ycbcr(y, cb, cr, out),
            (Colour::Ycck, [y, cb, cr, k]) => {
                colour::from_ycbcr(y, cb, cr, out);
                out.iter_mut().for_each(|sample| *sample = 255 - *sample);
                colour::with_black(k, out);
            }
            (Colour::Cmyk, [c, m, y, k]) => {
                colour::interleave(c, m, y, out);
                colour::with_black(k, out);
            }
            (_, [r, g, b]) => colour::interleave(r, g, b, out),
            (_, rows) => colour::interleave(&rows[0], &rows[0], &rows[0], out),
        }
    }
    Ok(Pixels { width: width as u32, height: height as u32, rgb })
}
