//! Specimen cards that belong to nobody: background lines, fields, a drawn head.

use verax_vision::document::planes::{Colours, Plane};
use verax_vision::document::seeded::Seeded;
use verax_vision::image::Image;

/// A card and where its portrait is, in pixels.
#[derive(Debug, Clone)]
pub struct Card {
    pub image: Image,
    /// x, y, width, height.
    pub portrait: [usize; 4],
    /// A line of text: x, y, width, height.
    pub field: [usize; 4],
}

const WIDTH: usize = 1000;
const HEIGHT: usize = 630;

/// The portrait is a part of `motif` when one is given (its content does not matter, its grain
/// does), else a drawn head.
pub fn card(random: &mut Seeded, motif: Option<&Image>) -> Card {
    let mut canvas = background(random);
    let portrait = [
        60 + random.below(40),
        150 + random.below(40),
        230 + random.below(40),
        290 + random.below(50),
    ];
    match motif {
        Some(image) => paste_motif(random, &mut canvas, portrait, image),
        None => draw_head(random, &mut canvas, portrait),
    }
    let ink = [random.between(10.0, 60.0), random.between(10.0, 50.0), random.between(10.0, 70.0)];
    let heading =
        [random.between(20.0, 140.0), random.between(20.0, 120.0), random.between(40.0, 160.0)];
    let letters = 14 + random.below(6);
    write(random, &mut canvas, (70, 50), 6, letters, heading);
    let mut field = [0; 4];
    let left = portrait[0] + portrait[2] + 50;
    for line in 0..6 {
        let y = 150 + line * 62;
        let letters = 8 + random.below(8);
        write(random, &mut canvas, (left, y), 2, letters, heading);
        let characters = 8 + random.below(10);
        write(random, &mut canvas, (left, y + 20), 4, characters, ink);
        if line == 2 {
            field = [left, y + 18, characters * 24, 34];
        }
    }
    for line in 0..2 {
        write(random, &mut canvas, (60, 540 + line * 40), 4, 36, [25.0; 3]);
    }
    Card { image: canvas.to_image(), portrait, field }
}

fn background(random: &mut Seeded) -> Colours {
    let base = [0, 1, 2].map(|_| random.between(150.0, 245.0));
    let far = base.map(|v| (v + random.between(-70.0, 50.0)).clamp(90.0, 250.0));
    let lines = [0, 1, 2].map(|_| random.between(-55.0, 20.0));
    let (a, b, c) =
        (random.between(0.03, 0.12), random.between(0.01, 0.05), random.between(20.0, 60.0));
    let spacing = random.between(7.0, 16.0);
    let planes = [0usize, 1, 2].map(|channel| {
        Plane::from_fn(WIDTH, HEIGHT, |x, y| {
            let (x, y) = (x as f32, y as f32);
            let t = (x / WIDTH as f32 + y / HEIGHT as f32) / 2.0;
            let wave = y + c * (x * b).sin() + 9.0 * (x * a).cos();
            let distance = (wave.rem_euclid(spacing) - spacing / 2.0).abs();
            let line = (1.6 - distance).clamp(0.0, 1.0);
            base[channel] + t * (far[channel] - base[channel]) + lines[channel] * line
        })
    });
    let [r, g, b] = planes;
    Colours { r, g, b }
}

fn put(canvas: &mut Colours, x: usize, y: usize, rgb: [f32; 3]) {
    if x < canvas.width() && y < canvas.height() {
        let at = y * canvas.width() + x;
        canvas.r.values[at] = rgb[0];
        canvas.g.values[at] = rgb[1];
        canvas.b.values[at] = rgb[2];
    }
}

fn paste_motif(random: &mut Seeded, canvas: &mut Colours, [x, y, w, h]: [usize; 4], motif: &Image) {
    let part = motif_part(random, motif, w, h);
    for row in 0..h {
        for column in 0..w {
            let at = (row * w + column) * 3;
            let rgb = [0, 1, 2].map(|c| f32::from(part.rgb[at + c]));
            put(canvas, x + column, y + row, rgb);
        }
    }
}

/// A random part of an image, brought to `w` by `h`.
pub(super) fn motif_part(random: &mut Seeded, motif: &Image, w: usize, h: usize) -> Image {
    let (mw, mh) = (motif.width as usize, motif.height as usize);
    let most = (mw as f32 / w as f32).min(mh as f32 / h as f32);
    let scale = if most > 1.0 { random.between(1.0, most.min(2.2)) } else { most };
    let (pw, ph) =
        (((w as f32 * scale) as usize).clamp(1, mw), ((h as f32 * scale) as usize).clamp(1, mh));
    let origin = (random.below(mw - pw + 1), random.below(mh - ph + 1));
    let part = Colours::region(motif, 1.0, origin, (pw, ph)).to_image();
    Colours::exactly(&part, w, h).to_image()
}

fn draw_head(random: &mut Seeded, canvas: &mut Colours, [x, y, w, h]: [usize; 4]) {
    let skin = random.between(0.5, 1.0);
    let skin = [235.0 * skin, 190.0 * skin, 160.0 * skin];
    let hair = random.between(15.0, 110.0);
    let wall = [0, 1, 2].map(|_| random.between(180.0, 240.0));
    let coat = [0, 1, 2].map(|_| random.between(20.0, 160.0));
    for row in 0..h {
        for column in 0..w {
            let u = column as f32 / w as f32 - 0.5;
            let v = row as f32 / h as f32 - 0.45;
            let face = (u / 0.26).powi(2) + (v / 0.33).powi(2);
            let light = 1.0 + 0.25 * u - 0.2 * v;
            let mut rgb = wall;
            if v > 0.33 && (u / 0.5).powi(2) + ((v - 0.62) / 0.3).powi(2) < 1.0 {
                rgb = coat;
            }
            if (u / 0.31).powi(2) + ((v + 0.06) / 0.38).powi(2) < 1.0 {
                rgb = [hair; 3];
            }
            if face < 1.0 {
                rgb = skin;
            }
            let eye = ((u.abs() - 0.1) / 0.035).powi(2) + ((v + 0.04) / 0.018).powi(2);
            let mouth = (u / 0.08).powi(2) + ((v - 0.17) / 0.015).powi(2);
            if eye < 1.0 {
                rgb = [40.0; 3];
            } else if mouth < 1.0 {
                rgb = [150.0, 70.0, 70.0];
            }
            let grain = 4.0 * random.normal();
            put(canvas, x + column, y + row, rgb.map(|c| (c * light + grain).clamp(0.0, 255.0)));
        }
    }
}

/// Letters that are no letters: five by seven cells, drawn from the seed.
pub(super) fn write(
    random: &mut Seeded,
    canvas: &mut Colours,
    (x, y): (usize, usize),
    cell: usize,
    characters: usize,
    rgb: [f32; 3],
) {
    for character in 0..characters {
        if character % 9 == 7 {
            continue;
        }
        let strokes = GLYPHS[random.below(GLYPHS.len())];
        for (row, stroke) in strokes.iter().enumerate() {
            for column in 0..5 {
                if stroke >> (4 - column) & 1 == 0 {
                    continue;
                }
                let left = x + (character * 6 + column) * cell;
                for dy in 0..cell {
                    for dx in 0..cell {
                        put(canvas, left + dx, y + row * cell + dy, rgb);
                    }
                }
            }
        }
    }
}

#[rustfmt::skip]
const GLYPHS: [[u8; 7]; 16] = [
    [14, 17, 17, 31, 17, 17, 17], [30, 17, 17, 30, 17, 17, 30], [14, 17, 16, 16, 16, 17, 14],
    [30, 17, 17, 17, 17, 17, 30], [31, 16, 16, 30, 16, 16, 31], [17, 17, 17, 31, 17, 17, 17],
    [14, 4, 4, 4, 4, 4, 14], [17, 18, 20, 24, 20, 18, 17], [16, 16, 16, 16, 16, 16, 31],
    [17, 27, 21, 21, 17, 17, 17], [17, 25, 21, 19, 17, 17, 17], [14, 17, 17, 17, 17, 17, 14],
    [14, 17, 1, 2, 4, 8, 31], [31, 2, 4, 2, 1, 17, 14], [2, 6, 10, 18, 31, 2, 2],
    [14, 17, 17, 14, 17, 17, 14],
];
