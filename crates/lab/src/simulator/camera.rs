//! A phone camera: perspective, lens, exposure, Bayer mosaic, noise, processing, compression.

use super::{Light, shrunk};
use verax_vision::document::planes::{Colours, Plane};
use verax_vision::document::seeded::Seeded;
use verax_vision::document::square_to_quad;
use verax_vision::image::Image;

/// How the camera looks at a flat scene that spans `0..width` by `0..height` scene units.
#[derive(Debug, Clone)]
pub struct View {
    pub width: usize,
    pub height: usize,
    homography: [f32; 9],
    barrel: f32,
}

impl View {
    /// A view of `size` pixels in which the scene rectangle `(x, y, width, height)` fills the
    /// image but for jitter and roll.
    pub fn of(random: &mut Seeded, size: (usize, usize), scene: [f32; 4]) -> Self {
        let roll = if random.chance(0.8) {
            random.between(-4.0, 4.0)
        } else {
            random.between(-25.0, 25.0)
        };
        let (sin, cos) = roll.to_radians().sin_cos();
        let [x, y, w, h] = scene;
        let (cx, cy) = (x + w / 2.0, y + h / 2.0);
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].map(|(u, v): (f32, f32)| {
            let jitter = 0.05;
            let px = (u - 0.5 + random.between(-jitter, jitter)) * w;
            let py = (v - 0.5 + random.between(-jitter, jitter)) * h;
            (cx + px * cos - py * sin, cy + px * sin + py * cos)
        });
        Self {
            width: size.0,
            height: size.1,
            homography: square_to_quad(corners),
            barrel: random.between(-0.02, 0.02),
        }
    }

    /// Scene position of a camera position (in pixels, fractions allowed).
    pub fn scene(&self, x: f32, y: f32) -> (f32, f32) {
        let (u, v) = (x / self.width as f32, y / self.height as f32);
        let (du, dv) = (u - 0.5, v - 0.5);
        let bend = 1.0 + self.barrel * (du * du + dv * dv);
        let (u, v) = (0.5 + du * bend, 0.5 + dv * bend);
        let m = &self.homography;
        let w = m[6] * u + m[7] * v + m[8];
        ((m[0] * u + m[1] * v + m[2]) / w, (m[3] * u + m[4] * v + m[5]) / w)
    }

    /// Where the camera sees a position of the scene (Newton's method on `scene`).
    fn camera(&self, at: (f32, f32)) -> (f32, f32) {
        let (mut x, mut y) = (self.width as f32 / 2.0, self.height as f32 / 2.0);
        for _ in 0..12 {
            let here = self.scene(x, y);
            let (right, below) = (self.scene(x + 1.0, y), self.scene(x, y + 1.0));
            let (ax, ay) = (right.0 - here.0, right.1 - here.1);
            let (bx, by) = (below.0 - here.0, below.1 - here.1);
            let (dx, dy) = (at.0 - here.0, at.1 - here.1);
            let det = ax * by - ay * bx;
            x += (dx * by - dy * bx) / det;
            y += (ax * dy - ay * dx) / det;
        }
        (x, y)
    }

    /// The box of camera pixels (x, y, width, height) that see a box of the scene.
    fn bounds_of(&self, [x, y, w, h]: [f32; 4]) -> [f32; 4] {
        let (mut x0, mut y0, mut x1, mut y1) = (f32::MAX, f32::MAX, 0.0f32, 0.0f32);
        for cy in (0..self.height).step_by(2) {
            for cx in (0..self.width).step_by(2) {
                let (sx, sy) = self.scene(cx as f32, cy as f32);
                if sx >= x && sy >= y && sx <= x + w && sy <= y + h {
                    (x0, y0) = (x0.min(cx as f32), y0.min(cy as f32));
                    (x1, y1) = (x1.max(cx as f32), y1.max(cy as f32));
                }
            }
        }
        [x0.min(x1), y0.min(y1), (x1 - x0).max(0.0), (y1 - y0).max(0.0)]
    }

    /// Whether the scene rectangle `0..width` by `0..height` reaches the image's frame, which is 1 %
    /// of each side wide.
    fn cuts(&self, width: f32, height: f32) -> bool {
        let (w, h) = (self.width as f32, self.height as f32);
        let seen = |x: f32, y: f32| {
            let (sx, sy) = self.scene(x, y);
            sx >= 0.0 && sy >= 0.0 && sx <= width && sy <= height
        };
        (0..=200).map(|i| i as f32 / 200.0).any(|t| {
            seen(t * w, 0.01 * h)
                || seen(t * w, 0.99 * h)
                || seen(0.01 * w, t * h)
                || seen(0.99 * w, t * h)
        })
    }

    /// Samples the scene four times per pixel.
    pub fn sample(&self, scene: impl Fn(f32, f32) -> [f32; 3]) -> Light {
        let (w, h) = (self.width, self.height);
        let mut planes = [0, 1, 2].map(|_| Plane::new(w, h));
        for y in 0..h {
            for x in 0..w {
                let mut sum = [0.0f32; 3];
                for (ox, oy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    let (sx, sy) = self.scene(x as f32 + ox, y as f32 + oy);
                    let light = scene(sx, sy);
                    for (total, v) in sum.iter_mut().zip(light) {
                        *total += 0.25 * v;
                    }
                }
                for (plane, v) in planes.iter_mut().zip(sum) {
                    plane.values[y * w + x] = v;
                }
            }
        }
        let [r, g, b] = planes;
        Light { r, g, b }
    }
}

/// From light on the lens to the image that an application gets, before it is compressed.
pub fn photograph(random: &mut Seeded, mut light: Light) -> Image {
    let sigma = random.between(0.35, 1.1);
    for plane in light.planes_mut() {
        *plane = plane.smoothed(sigma);
    }
    expose(&mut light);
    let noise = random.between(0.003, 0.02);
    let mosaic = bayer(random, &light, noise);
    let colours = if random.chance(0.5) { bilinear(&mosaic) } else { corrected(&mosaic) };
    let mut image = develop(random, &colours);
    if random.chance(0.4) {
        image = shrunk(&image, f64::from(random.between(0.5, 0.95)));
    }
    image
}

/// Brings the 97th percentile to about 0.85, as automatic exposure does.
fn expose(light: &mut Light) {
    let mut sample: Vec<f32> = light.g.values.iter().step_by(37).copied().collect();
    let bright = verax_vision::document::planes::quantile(&mut sample, 0.97).max(0.02);
    let gain = (0.85 / bright).clamp(0.3, 4.0);
    for plane in light.planes_mut() {
        plane.values.iter_mut().for_each(|v| *v *= gain);
    }
}

fn bayer(random: &mut Seeded, light: &Light, noise: f32) -> Plane {
    let (w, h) = (light.width(), light.height());
    Plane {
        width: w,
        height: h,
        values: (0..w * h)
            .map(|i| {
                let v = match ((i / w) & 1, (i % w) & 1) {
                    (0, 0) => light.r.values[i],
                    (1, 1) => light.b.values[i],
                    _ => light.g.values[i],
                };
                (v + noise * (1.0 + 8.0 * v).sqrt() * 0.5 * random.normal()).clamp(0.0, 1.0)
            })
            .collect(),
    }
}

fn neighbours(mosaic: &Plane, x: usize, y: usize, offsets: &[(isize, isize)]) -> f32 {
    let sum: f32 = offsets
        .iter()
        .map(|&(dx, dy)| {
            let sx = verax_vision::document::planes::reflected(x as isize + dx, mosaic.width);
            let sy = verax_vision::document::planes::reflected(y as isize + dy, mosaic.height);
            mosaic.at(sx, sy)
        })
        .sum();
    sum / offsets.len() as f32
}

const CROSS: [(isize, isize); 4] = [(-1, 0), (1, 0), (0, -1), (0, 1)];
const CORNERS: [(isize, isize); 4] = [(-1, -1), (1, -1), (-1, 1), (1, 1)];
const BESIDE: [(isize, isize); 2] = [(-1, 0), (1, 0)];
const ABOVE: [(isize, isize); 2] = [(0, -1), (0, 1)];
const FAR_CROSS: [(isize, isize); 4] = [(-2, 0), (2, 0), (0, -2), (0, 2)];

fn bilinear(mosaic: &Plane) -> Colours {
    demosaic(mosaic, 0.0)
}

/// With the gradient correction of Malvar, He and Cutler (2004), simplified to one weight.
fn corrected(mosaic: &Plane) -> Colours {
    demosaic(mosaic, 0.5)
}

fn demosaic(mosaic: &Plane, gain: f32) -> Colours {
    let (w, h) = (mosaic.width, mosaic.height);
    let mut out = [0, 1, 2].map(|_| Plane::new(w, h));
    for y in 0..h {
        for x in 0..w {
            let own = mosaic.at(x, y);
            let bend =
                if gain > 0.0 { gain * (own - neighbours(mosaic, x, y, &FAR_CROSS)) } else { 0.0 };
            let mean = |offsets: &[(isize, isize)]| neighbours(mosaic, x, y, offsets) + bend;
            let rgb = match (y & 1, x & 1) {
                (0, 0) => [own, mean(&CROSS), mean(&CORNERS)],
                (1, 1) => [mean(&CORNERS), mean(&CROSS), own],
                (0, _) => [mean(&BESIDE), own, mean(&ABOVE)],
                _ => [mean(&ABOVE), own, mean(&BESIDE)],
            };
            for (plane, v) in out.iter_mut().zip(rgb) {
                plane.values[y * w + x] = v.clamp(0.0, 1.0);
            }
        }
    }
    let [r, g, b] = out;
    Colours { r, g, b }
}

/// Gamma, denoising that keeps edges, sharpening.
fn develop(random: &mut Seeded, linear: &Colours) -> Image {
    let tolerance = random.between(2.0, 12.0);
    let amount = random.between(0.2, 1.2);
    let table: Vec<f32> = (0..=4095).map(|i| 255.0 * (i as f32 / 4095.0).powf(1.0 / 2.2)).collect();
    let finish = |plane: &Plane| {
        let coded = Plane {
            width: plane.width,
            height: plane.height,
            values: plane.values.iter().map(|v| table[(v * 4095.0) as usize]).collect(),
        };
        let calm = edge_keeping(&coded, tolerance);
        let blurred = calm.smoothed(1.0);
        calm.map2(&blurred, |v, b| v + amount * (v - b))
    };
    Colours { r: finish(&linear.r), g: finish(&linear.g), b: finish(&linear.b) }.to_image()
}

/// A 3 x 3 bilateral filter with rational weights (no exponentials: it runs per pixel).
fn edge_keeping(plane: &Plane, tolerance: f32) -> Plane {
    let scale = 1.0 / (tolerance * tolerance);
    let (w, h) = (plane.width, plane.height);
    Plane::from_fn(w, h, |x, y| {
        let own = plane.at(x, y);
        let (mut sum, mut weight) = (own, 1.0f32);
        for dy in -1isize..=1 {
            for dx in -1isize..=1 {
                if dx == 0 && dy == 0 {
                    continue;
                }
                let sx = (x as isize + dx).clamp(0, w as isize - 1) as usize;
                let sy = (y as isize + dy).clamp(0, h as isize - 1) as usize;
                let v = plane.at(sx, sy);
                let k = 0.7 / (1.0 + scale * (v - own) * (v - own));
                sum += k * v;
                weight += k;
            }
        }
        sum / weight
    })
}

/// A genuine capture: the motif as it is, on a table, under room light.
pub fn genuine(random: &mut Seeded, motif: &Image) -> Image {
    genuine_with_places(random, motif, &[]).0
}

/// A genuine capture, and where boxes (x, y, width, height) of the motif lie in it.
pub fn genuine_with_places(
    random: &mut Seeded,
    motif: &Image,
    places: &[[usize; 4]],
) -> (Image, Vec<[usize; 4]>) {
    let capture = captured(random, motif, places, AROUND);
    (capture.image, capture.places)
}

/// How much table there is around the motif on each side, as shares of the motif's; below 0 the
/// image cuts the motif.
pub const AROUND: (f32, f32) = (-0.06, 0.12);

/// A genuine capture of a flat thing.
#[derive(Debug, Clone)]
pub struct Captured {
    pub image: Image,
    /// Where boxes of the motif lie: x, y, width, height.
    pub places: Vec<[usize; 4]>,
    /// The motif leaves the image, or comes nearer to its frame than 1 % of a side.
    pub cut: bool,
    /// The motif's corners in pixels, clockwise from its top left; some may lie outside.
    pub corners: [(f32, f32); 4],
}

pub fn captured(
    random: &mut Seeded,
    motif: &Image,
    places: &[[usize; 4]],
    around: (f32, f32),
) -> Captured {
    let scene = Light::of_width(motif, random.below(500) + 1100);
    let (light, view) = room(random, &scene, 0.0, [0.0; 3], around);
    let image = photograph(random, light);
    let to_scene = scene.width() as f32 / motif.width as f32;
    let shrunk_by = image.width as f32 / view.width as f32;
    let found = places
        .iter()
        .map(|place| {
            view.bounds_of(place.map(|v| v as f32 * to_scene)).map(|v| (v * shrunk_by) as usize)
        })
        .collect();
    let (width, height) = (scene.width() as f32, scene.height() as f32);
    let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)].map(|corner| {
        let (x, y) = view.camera(corner);
        (x * shrunk_by, y * shrunk_by)
    });
    Captured { image, places: found, cut: view.cuts(width, height), corners }
}

/// Samples a flat thing in a room: shading across it, a table around it, perhaps a reflection.
pub fn room(
    random: &mut Seeded,
    scene: &Light,
    margin: f32,
    margin_colour: [f32; 3],
    around: (f32, f32),
) -> (Light, View) {
    let (sw, sh) = (scene.width() as f32, scene.height() as f32);
    let out_width = random.below(400) + 850;
    let shape = sh / sw;
    let out_height = ((out_width as f32 * shape) as usize).clamp(300, 1500);
    let outside = random.between(around.0, around.1);
    let view_box =
        [-outside * sw, -outside * sh, sw * (1.0 + 2.0 * outside), sh * (1.0 + 2.0 * outside)];
    let view = View::of(random, (out_width, out_height), view_box);
    let table = [0, 1, 2].map(|_| random.between(0.03, 0.5));
    let tilt = (random.between(-0.35, 0.35), random.between(-0.35, 0.35));
    let warm = [random.between(0.9, 1.1), 1.0, random.between(0.85, 1.15)];
    let glare = random.chance(0.2).then(|| {
        (
            random.between(0.1, 0.9) * sw,
            random.between(0.1, 0.9) * sh,
            random.between(0.02, 0.1) * sw,
        )
    });
    let light = view.sample(|x, y| {
        let inside = x >= 0.0 && y >= 0.0 && x <= sw && y <= sh;
        let near = x >= -margin * sw
            && y >= -margin * sw
            && x <= sw * (1.0 + margin)
            && y <= sh + margin * sw;
        let mut light = if inside {
            scene.between(x, y)
        } else if near && margin > 0.0 {
            margin_colour
        } else {
            let grain = ((x * 0.37).sin() * (y * 0.11).cos() + (x * 0.05 + y * 0.31).sin()) * 0.06;
            table.map(|v| v * (1.0 + grain))
        };
        let shade = 1.0 + tilt.0 * (x / sw - 0.5) + tilt.1 * (y / sh - 0.5);
        let extra = glare.map_or(0.0, |(gx, gy, radius)| {
            let d = ((x - gx) * (x - gx) + (y - gy) * (y - gy)) / (radius * radius);
            if d < 9.0 { 0.8 / (1.0 + d * d * 4.0) } else { 0.0 }
        });
        for (v, k) in light.iter_mut().zip(warm) {
            *v = *v * shade * k + extra;
        }
        light
    });
    (light, view)
}
