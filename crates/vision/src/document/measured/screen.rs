//! Tiles of an image, fine and coarse, and what they and the whole show of a display: 395 numbers.

use verax_domain::document_findings::ImageBox;

use crate::document::planes::{Colours, Plane, correlation, quantile, reduction};
use crate::document::spectrum::{Peak, Spectra, TILE_PX};
use crate::document::texture::{TILE_FEATURES, TileTexture, tile_feature_names, tile_texture};
use crate::image::Image;

/// Numbers per image.
const SCREEN_FEATURES: usize = 4 * TILE_FEATURES + GLOBALS + SHARED;
const GLOBALS: usize = 24;
const SHARED: usize = 3;
const NATIVE_SIDE_PX: u32 = 2600;
const COARSE_SIDE_PX: u32 = 640;

/// Where a tile lies on the image as it came, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TileBox {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

/// The measurement of one image.
#[derive(Debug, Clone)]
pub struct ScreenMeasurement {
    pub features: Vec<f32>,
    /// The native tiles that were not flat.
    pub tiles: Vec<(TileBox, TileTexture)>,
    /// Tiles that were looked at, flat ones included.
    pub tiles_tried: usize,
    /// Correlation of luma with the distance from the centre, -1..=1.
    pub edge_falloff: f32,
}

/// `None` for an image without any texture (every tile is flat). `base` is the image at a longest
/// side of 1000 px.
pub fn measure_screen(
    spectra: &Spectra,
    image: &Image,
    base: &Colours,
) -> Option<ScreenMeasurement> {
    let native =
        tiles_at(spectra, image, NATIVE_SIDE_PX, &[(0, 0), (2, 0), (1, 1), (0, 2), (2, 2)]);
    let coarse = tiles_at(spectra, image, COARSE_SIDE_PX, &[(0, 0), (2, 0), (0, 2), (2, 2)]);
    if native.is_empty() && coarse.is_empty() {
        return None;
    }
    let globals = globals(base);
    let mut features = Vec::with_capacity(SCREEN_FEATURES);
    let fine = if native.is_empty() { &coarse } else { &native };
    let rough = if coarse.is_empty() { &native } else { &coarse };
    features.extend(tile_mean(fine));
    features.extend(tile_mean(rough));
    features.extend(tile_min(fine));
    features.extend(tile_min(rough));
    let edge_falloff = globals.last().copied().unwrap_or(0.0);
    features.extend(globals);
    features.extend(shared_peaks(&native));
    Some(ScreenMeasurement { features, tiles: native, tiles_tried: 5, edge_falloff })
}

pub fn screen_feature_names() -> Vec<String> {
    let tile = tile_feature_names();
    let native = tile.iter().map(|name| format!("native_{name}"));
    let coarse = tile.iter().map(|name| format!("coarse_{name}"));
    let globals = [
        "y_p01",
        "y_p05",
        "y_p50",
        "y_p95",
        "y_p99",
        "y_sd",
        "share_bright",
        "share_dark",
        "colourfulness",
        "side_mean_0",
        "side_mean_1",
        "side_mean_2",
        "side_mean_3",
        "side_sd_0",
        "side_sd_1",
        "side_sd_2",
        "side_sd_3",
        "bright_red",
        "bright_blue",
        "dark_red",
        "dark_blue",
        "share_below_20",
        "share_below_40",
        "edge_falloff",
    ];
    let least_native = tile.iter().map(|name| format!("least_native_{name}"));
    let least_coarse = tile.iter().map(|name| format!("least_coarse_{name}"));
    native
        .chain(coarse)
        .chain(least_native)
        .chain(least_coarse)
        .chain(globals.map(str::to_owned))
        .chain(["shared_peak_2", "shared_peak_3", "shared_peak_5"].map(str::to_owned))
        .collect()
}

fn tiles_at(
    spectra: &Spectra,
    image: &Image,
    side_px: u32,
    cells: &[(usize, usize)],
) -> Vec<(TileBox, TileTexture)> {
    let factor = reduction(image, side_px);
    let width = ((f64::from(image.width) / factor).round() as usize).max(1);
    let height = ((f64::from(image.height) / factor).round() as usize).max(1);
    // A reduced image is averaged once when its tiles overlap, tile by tile when they do not.
    let whole = (side_px == COARSE_SIDE_PX || width < TILE_PX || height < TILE_PX)
        .then(|| Colours::region(image, factor, (0, 0), (width, height)));
    cells
        .iter()
        .filter_map(|&(column, row)| {
            let (x, y) = (lattice(width, column), lattice(height, row));
            let tile = match &whole {
                Some(planes) => planes.window(x as isize, y as isize, TILE_PX, TILE_PX),
                None => Colours::region(image, factor, (x, y), (TILE_PX, TILE_PX)),
            };
            let texture = tile_texture(spectra, &tile)?;
            let scale = factor as f32;
            let place = TileBox {
                x: x as f32 * scale,
                y: y as f32 * scale,
                width: TILE_PX.min(width) as f32 * scale,
                height: TILE_PX.min(height) as f32 * scale,
            };
            Some((place, texture))
        })
        .collect()
}

/// The start of tile 0, 1 or 2 of a lattice over 6 %..94 % of a side.
fn lattice(side: usize, cell: usize) -> usize {
    if side <= TILE_PX {
        return 0;
    }
    let last = (side - TILE_PX) as f32;
    let first = (0.06 * side as f32).min(last / 2.0);
    let end = (0.94 * side as f32 - TILE_PX as f32).max(last / 2.0);
    (first + (end - first) * cell as f32 / 2.0).round() as usize
}

fn tile_mean(tiles: &[(TileBox, TileTexture)]) -> [f32; TILE_FEATURES] {
    let mut sums = [0.0f32; TILE_FEATURES];
    for (_, tile) in tiles {
        for (sum, value) in sums.iter_mut().zip(&tile.values) {
            *sum += value;
        }
    }
    sums.map(|sum| sum / tiles.len().max(1) as f32)
}

fn tile_min(tiles: &[(TileBox, TileTexture)]) -> [f32; TILE_FEATURES] {
    let mut least = [f32::MAX; TILE_FEATURES];
    for (_, tile) in tiles {
        for (low, &value) in least.iter_mut().zip(&tile.values) {
            *low = low.min(value);
        }
    }
    least
}

/// Two peaks are one wave across the image. Perspective bends it a little from tile to tile.
pub fn same_wave(a: &Peak, b: &Peak) -> bool {
    let turned = (a.angle - b.angle).abs();
    (a.frequency - b.frequency).abs() < 0.015 && turned.min(180.0 - turned) < 12.0
}

/// How far one wave stands out of the 2, 3 and 5 tiles that show it best: the pattern of a display
/// crosses the border of the document, guilloches end there.
fn shared_peaks(tiles: &[(TileBox, TileTexture)]) -> [f32; SHARED] {
    let mut best = [0.0f32; SHARED];
    for wave in tiles.iter().flat_map(|(_, tile)| &tile.peaks) {
        let mut heights: Vec<f32> = tiles
            .iter()
            .filter_map(|(_, tile)| {
                let same = tile.peaks.iter().filter(|peak| same_wave(wave, peak));
                same.map(|peak| peak.z).max_by(f32::total_cmp)
            })
            .collect();
        heights.sort_unstable_by(|a, b| b.total_cmp(a));
        for (slot, count) in best.iter_mut().zip([2usize, 3, 5]) {
            *slot = slot.max(heights.get(count - 1).copied().unwrap_or(0.0));
        }
    }
    best
}

fn globals(base: &Colours) -> Vec<f32> {
    const SIDE: usize = 256;
    let small = base.resize_to(SIDE, SIDE);
    let luma = small.luma();
    let share = |test: &dyn Fn(f32) -> bool| {
        luma.values.iter().filter(|&&v| test(v)).count() as f32 / luma.values.len() as f32
    };
    let mut sorted = luma.values.clone();
    let red_green = small.r.sub(&small.g).std_dev();
    let yellow_blue = small.map(|r, g, b| 0.5 * (r + g) - b).std_dev();
    let centre = (SIDE as f32 - 1.0) / 2.0;
    let distance: Vec<f32> = (0..SIDE * SIDE)
        .map(|i| ((i % SIDE) as f32 - centre).hypot((i / SIDE) as f32 - centre))
        .collect();
    let mut out = Vec::with_capacity(GLOBALS);
    for p in [0.01, 0.05, 0.50, 0.95, 0.99] {
        out.push(quantile(&mut sorted, p));
    }
    out.push(luma.std_dev());
    out.push(share(&|v| v > 250.0));
    out.push(share(&|v| v < 8.0));
    out.push(red_green.hypot(yellow_blue));
    out.extend(sides(&luma));
    let bright = quantile(&mut sorted, 0.95);
    let dark = quantile(&mut sorted, 0.10);
    // The white of a display is bluish and its black is lit by the room: both show in colour.
    out.extend(tint(&small, &luma, |v| v >= bright && v < 252.0));
    out.extend(tint(&small, &luma, |v| v <= dark));
    out.push(share(&|v| v < 20.0));
    out.push(share(&|v| v < 40.0));
    out.push(correlation(&luma.values, &distance));
    out
}

/// Mean and deviation of luma in strips of 10 of 256 pixels along the four sides, each sorted:
/// a bezel or the dark room around a display is on some of them.
fn sides(luma: &Plane) -> Vec<f32> {
    const STRIP: usize = 10;
    let side = luma.width;
    let strips = [
        luma.window(0, 0, STRIP, side),
        luma.window((side - STRIP) as isize, 0, STRIP, side),
        luma.window(0, 0, side, STRIP),
        luma.window(0, (side - STRIP) as isize, side, STRIP),
    ];
    let mut means = strips.each_ref().map(Plane::mean);
    let mut deviations = strips.each_ref().map(Plane::std_dev);
    means.sort_unstable_by(f32::total_cmp);
    deviations.sort_unstable_by(f32::total_cmp);
    means.into_iter().chain(deviations).collect()
}

/// Mean R-G and B-G of the pixels whose luma is chosen.
fn tint(small: &Colours, luma: &Plane, chosen: impl Fn(f32) -> bool) -> [f32; 2] {
    let (mut red, mut blue, mut count) = (0.0f64, 0.0f64, 0u32);
    for (i, &v) in luma.values.iter().enumerate() {
        if chosen(v) {
            red += f64::from(small.r.values[i] - small.g.values[i]);
            blue += f64::from(small.b.values[i] - small.g.values[i]);
            count += 1;
        }
    }
    let count = f64::from(count.max(1));
    [(red / count) as f32, (blue / count) as f32]
}

impl From<TileBox> for ImageBox {
    fn from(tile: TileBox) -> Self {
        Self { x: tile.x, y: tile.y, width: tile.width, height: tile.height }
    }
}
