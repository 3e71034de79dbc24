//! Colour that a document has of its own: what is left of it once the light is accounted for.

use super::colour::lab;
use super::planes::{Colours, quantile};
use super::quad::{Quad, rectified};
use crate::image::Image;

const WIDTH_PX: usize = 320;
/// Of the width, cut off all around: what is not the document, when the corners are a little off.
const MARGIN: f32 = 0.03;
/// Lightness, lightness squared, place, and products of these.
const TERMS: usize = 10;

/// 90th percentile of the distance of (a*, b*) from a surface over lightness and place, in CIE Lab
/// units. The light on a grey copy has a cast that changes with lightness (camera, paper, toner) and
/// from side to side (lamps, shadows, daylight); both are smooth, and a document's own colours are not.
/// None when the quad is too flat to fit a surface: 0 would call it a grey copy.
pub fn chroma_residual(image: &Image, quad: &Quad) -> Option<f32> {
    let document = rectified(image, quad, WIDTH_PX);
    let margin = (MARGIN * WIDTH_PX as f32) as usize;
    let (width, height) = (document.width(), document.height());
    if height < 4 * margin {
        return None;
    }
    let inside =
        document.window(margin as isize, margin as isize, width - 2 * margin, height - 2 * margin);
    // Cameras and JPEG make colours of single pixels.
    let smooth =
        Colours { r: inside.r.smoothed(1.0), g: inside.g.smoothed(1.0), b: inside.b.smoothed(1.0) };
    residual_of(&smooth)
}

fn residual_of(document: &Colours) -> Option<f32> {
    let (width, height) = (document.width(), document.height());
    let mut terms = Vec::with_capacity(width * height);
    let mut chroma = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            let rgb = [document.r.values[at], document.g.values[at], document.b.values[at]];
            let [lightness, a, b] = lab(rgb).map(f64::from);
            let l = lightness / 50.0 - 1.0;
            let u = 2.0 * x as f64 / width as f64 - 1.0;
            let v = 2.0 * y as f64 / height as f64 - 1.0;
            terms.push([1.0, l, l * l, u, v, u * v, u * u, v * v, l * u, l * v]);
            chroma.push([a, b]);
        }
    }
    let mut weights = vec![1.0f64; terms.len()];
    let mut left = vec![0.0f32; terms.len()];
    for _ in 0..4 {
        let surface = weighted_fit(&terms, &chroma, &weights)?;
        for (i, term) in terms.iter().enumerate() {
            let away = [0, 1].map(|channel| {
                let expected: f64 = term.iter().zip(&surface).map(|(t, s)| t * s[channel]).sum();
                chroma[i][channel] - expected
            });
            let distance = away[0].hypot(away[1]);
            left[i] = distance as f32;
            weights[i] = 1.0 / (1.0 + (distance / 3.0).powi(2));
        }
    }
    Some(quantile(&mut left, 0.9))
}

/// Least squares by the normal equations, Gauss-Jordan with pivots. A term that says nothing new (a
/// document of one lightness) is held at nothing by a small ridge.
fn weighted_fit(
    terms: &[[f64; TERMS]],
    values: &[[f64; 2]],
    weights: &[f64],
) -> Option<[[f64; 2]; TERMS]> {
    let mut rows = [[0.0f64; TERMS + 2]; TERMS];
    for ((term, value), weight) in terms.iter().zip(values).zip(weights) {
        for (row, t) in rows.iter_mut().zip(term) {
            let scaled = weight * t;
            for (cell, other) in row.iter_mut().zip(term) {
                *cell += scaled * other;
            }
            row[TERMS] += scaled * value[0];
            row[TERMS + 1] += scaled * value[1];
        }
    }
    for (i, row) in rows.iter_mut().enumerate() {
        row[i] += 1e-6 * terms.len() as f64;
    }
    for column in 0..TERMS {
        let pivot = (column..TERMS)
            .max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))?;
        rows.swap(column, pivot);
        let lead = rows[column];
        if lead[column].abs() < 1e-9 {
            return None;
        }
        for (i, row) in rows.iter_mut().enumerate() {
            if i == column {
                continue;
            }
            let share = row[column] / lead[column];
            row.iter_mut().zip(&lead).for_each(|(cell, from)| *cell -= share * from);
        }
    }
    let solved = |i: usize| [rows[i][TERMS] / rows[i][i], rows[i][TERMS + 1] / rows[i][i]];
    Some(std::array::from_fn(solved))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::seeded::Seeded;

    /// A sheet with text under light that is warm on one side and cold on the other.
    fn sheet(stripe: [f32; 3]) -> Image {
        let mut random = Seeded::new(5);
        let (width, height) = (400_u32, 260_u32);
        let mut rgb = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let warm = x as f32 / width as f32;
                let light = [0.75 + 0.2 * warm, 0.85, 1.0 - 0.25 * warm];
                let ink = if (x / 7 + y / 9) % 3 == 0 { 60.0 } else { 225.0 };
                let colour = if (x / 40) % 3 == 0 { stripe } else { [1.0; 3] };
                for c in 0..3 {
                    let value = ink * light[c] * colour[c] + 3.0 * random.normal();
                    rgb.push(value.clamp(0.0, 255.0) as u8);
                }
            }
        }
        Image { width, height, rgb }
    }

    #[test]
    fn light_that_changes_across_a_grey_sheet_is_no_colour_and_a_tinted_stripe_is() {
        let whole = Quad::whole(400.0, 260.0);
        let grey = chroma_residual(&sheet([1.0; 3]), &whole).unwrap();
        let coloured = chroma_residual(&sheet([0.8, 1.0, 1.15]), &whole).unwrap();
        assert!(grey < 2.0, "{grey}");
        assert!(coloured > 5.0, "{coloured}");
    }

    #[test]
    fn a_strip_says_nothing_of_its_colour() {
        assert_eq!(chroma_residual(&sheet([1.0; 3]), &Quad::whole(400.0, 8.0)), None);
    }
}
