//! Components that are sampled less densely, brought to the size of the image as libjpeg does.

use super::frame::{Component, Frame};
use super::planes::Plane;

/// How much longer than the image's width a row has to be.
pub(super) const SPARE: usize = super::colour::RUN;

pub(super) struct Upsampler<'a> {
    plane: &'a Plane,
    /// Samples of the component that belong to the image.
    width: usize,
    height: usize,
    /// Pixels for a sample.
    across: usize,
    down: usize,
}

impl<'a> Upsampler<'a> {
    pub fn new(plane: &'a Plane, component: &Component, frame: &Frame, block_px: usize) -> Self {
        let (h, v) = (component.h * plane.block_px, component.v * plane.block_px);
        Upsampler {
            plane,
            width: (frame.width * h).div_ceil(frame.h_max * 8),
            height: (frame.height * v).div_ceil(frame.v_max * 8),
            across: frame.h_max * block_px / h,
            down: frame.v_max * block_px / v,
        }
    }

    /// Row `y` of the image. `out` has room for `SPARE` more than that.
    pub fn row(&self, y: usize, out: &mut [u8]) {
        let near_at = y / self.down;
        let near = self.samples(near_at);
        match (self.across, self.down) {
            (1, 1) => out[..self.width].copy_from_slice(near),
            (2, 1) if self.width > 2 => between_columns(near, out),
            (1, 2) => between_rows(near, self.samples(self.beside(y)), y, out),
            (2, 2) if self.width > 2 => between_both(near, self.samples(self.beside(y)), out),
            _ => {
                for (sample, out) in near.iter().zip(out.chunks_mut(self.across)) {
                    out.fill(*sample);
                }
            }
        }
    }

    fn samples(&self, y: usize) -> &'a [u8] {
        &self.plane.samples[y * self.plane.stride()..][..self.width]
    }

    /// Of two rows for a sample, the first lies nearer to the row above, the second to that below.
    fn beside(&self, y: usize) -> usize {
        let near = y / 2;
        if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(self.height - 1) }
    }
}

/// Three quarters of the nearer sample and one of the farther; the rounding alternates.
fn between_columns(row: &[u8], out: &mut [u8]) {
    let last = row.len() - 1;
    let value = |at: usize| u16::from(row[at]);
    out[0] = row[0];
    out[1] = ((value(0) * 3 + value(1) + 2) >> 2) as u8;
    for (three, out) in row.windows(3).zip(out[2..].chunks_exact_mut(2)) {
        let middle = u16::from(three[1]) * 3;
        out[0] = ((middle + u16::from(three[0]) + 1) >> 2) as u8;
        out[1] = ((middle + u16::from(three[2]) + 2) >> 2) as u8;
    }
    out[2 * last] = ((value(last) * 3 + value(last - 1) + 1) >> 2) as u8;
    out[2 * last + 1] = row[last];
}

fn between_rows(near: &[u8], far: &[u8], y: usize, out: &mut [u8]) {
    let rounding = if y.is_multiple_of(2) { 1 } else { 2 };
    for ((near, far), out) in near.iter().zip(far).zip(out) {
        *out = ((u16::from(*near) * 3 + u16::from(*far) + rounding) >> 2) as u8;
    }
}

fn between_both(near: &[u8], far: &[u8], out: &mut [u8]) {
    let sum = |at: usize| u16::from(near[at]) * 3 + u16::from(far[at]);
    let last = near.len() - 1;
    out[0] = ((sum(0) * 4 + 8) >> 4) as u8;
    out[1] = ((sum(0) * 3 + sum(1) + 7) >> 4) as u8;
    let (mut before, mut here) = (sum(0), sum(1));
    for ((near, far), out) in near[2..].iter().zip(&far[2..]).zip(out[2..].chunks_exact_mut(2)) {
        let after = u16::from(*near) * 3 + u16::from(*far);
        out[0] = ((here * 3 + before + 8) >> 4) as u8;
        out[1] = ((here * 3 + after + 7) >> 4) as u8;
        (before, here) = (here, after);
    }
    out[2 * last] = ((sum(last) * 3 + sum(last - 1) + 8) >> 4) as u8;
    out[2 * last + 1] = ((sum(last) * 4 + 7) >> 4) as u8;
}
