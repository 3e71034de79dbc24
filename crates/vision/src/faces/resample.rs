//! Bilinear resizing in the arithmetic of OpenCV's `INTER_LINEAR`, so that both give one answer.
//!
//! Weights are eleven-bit fixed point and the centres of pixels are aligned. The networks were
//! trained on images that this arithmetic made.

use crate::image::Image;

/// A rectangle of an image: all of it inside.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    image: &'a Image,
    left: usize,
    top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl<'a> View<'a> {
    pub(super) fn whole(image: &'a Image) -> View<'a> {
        let (width, height) = (image.width as usize, image.height as usize);
        View { image, left: 0, top: 0, width, height }
    }

    /// None when the rectangle is empty or leaves the image.
    pub(super) fn part(
        image: &'a Image,
        left: usize,
        top: usize,
        width: usize,
        height: usize,
    ) -> Option<View<'a>> {
        let inside = left + width <= image.width as usize && top + height <= image.height as usize;
        (inside && width > 0 && height > 0).then_some(View { image, left, top, width, height })
    }

    fn row(&self, y: usize) -> &'a [u8] {
        let start = ((self.top + y) * self.image.width as usize + self.left) * 3;
        &self.image.rgb[start..start + self.width * 3]
    }
}

/// Resizes to `width` x `height` and hands each output row (RGB) to `each_row`.
pub(super) fn resize_rows(
    view: View<'_>,
    width: usize,
    height: usize,
    mut each_row: impl FnMut(usize, &[u8]),
) {
    let mut out = vec![0_u8; width * 3];
    if view.width == width * 2 && view.height == height * 2 {
        // Like OpenCV, an exact halving takes the mean of four pixels.
        for y in 0..height {
            halve(view.row(2 * y), view.row(2 * y + 1), &mut out);
            each_row(y, &out);
        }
        return;
    }
    let columns = taps(view.width, width);
    let rows = taps(view.height, height);
    let mut cache = [(usize::MAX, vec![0_i32; width * 3]), (usize::MAX, vec![0_i32; width * 3])];
    for (y, row) in rows.iter().enumerate() {
        let next = (row.at + 1).min(view.height - 1);
        // Rows move down by one or stay; the lower row of before is often the upper row of now.
        if cache[0].0 != row.at && cache[1].0 == row.at {
            cache.swap(0, 1);
        }
        for (slot, source) in cache.iter_mut().zip([row.at, next]) {
            if slot.0 != source {
                blend_columns(view.row(source), &columns, &mut slot.1);
                slot.0 = source;
            }
        }
        for (level, (upper, lower)) in out.iter_mut().zip(cache[0].1.iter().zip(&cache[1].1)) {
            let sum = ((row.near * (upper >> 4)) >> 16) + ((row.far * (lower >> 4)) >> 16);
            *level = ((sum + 2) >> 2).clamp(0, 255) as u8;
        }
        each_row(y, &out);
    }
}

/// The same as an image of its own.
pub(super) fn resize(view: View<'_>, width: usize, height: usize) -> Image {
    let mut rgb = Vec::with_capacity(width * height * 3);
    resize_rows(view, width, height, |_, row| rgb.extend_from_slice(row));
    Image { width: width as u32, height: height as u32, rgb }
}

// The left (upper) pixel of two and the weight of each, in 1/2048.
struct Tap {
    at: usize,
    near: i32,
    far: i32,
}

fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|index| {
            let position = ((index as f64 + 0.5) * scale - 0.5) as f32;
            let at = position.floor();
            let share = position - at;
            if at < 0.0 {
                return Tap { at: 0, near: 2048, far: 0 };
            }
            if at as usize >= from - 1 {
                return Tap { at: from - 1, near: 2048, far: 0 };
            }
            let weight = |share: f32| (share * 2048.0).round_ties_even() as i32;
            Tap { at: at as usize, near: weight(1.0 - share), far: weight(share) }
        })
        .collect()
}

fn blend_columns(source: &[u8], columns: &[Tap], out: &mut [i32]) {
    let pixels = out.as_chunks_mut::<3>().0;
    for (pixel, tap) in pixels.iter_mut().zip(columns) {
        let near = tap.at * 3;
        let far = if tap.far == 0 { near } else { near + 3 };
        for (channel, sum) in pixel.iter_mut().enumerate() {
            *sum = i32::from(source[near + channel]) * tap.near
                + i32::from(source[far + channel]) * tap.far;
        }
    }
}

fn halve(upper: &[u8], lower: &[u8], out: &mut [u8]) {
    let rows = upper.as_chunks::<6>().0.iter().zip(lower.as_chunks::<6>().0);
    for (pixel, (a, b)) in out.as_chunks_mut::<3>().0.iter_mut().zip(rows) {
        for (channel, level) in pixel.iter_mut().enumerate() {
            let sum = u16::from(a[channel])
                + u16::from(a[channel + 3])
                + u16::from(b[channel])
                + u16::from(b[channel + 3]);
            *level = ((sum + 2) >> 2) as u8;
        }
    }
}
