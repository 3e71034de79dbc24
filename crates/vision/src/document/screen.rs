//! Recapture from a display: 186 numbers of a picture and the evidence behind them.

use super::planes::{Colours, correlation, quantile, reduction};
use super::spectrum::{Spectra, TILE_PX};
use super::texture::{TILE_FEATURES, TileTexture, tile_feature_names, tile_texture};
use crate::image::Image;

/// Version of the feature definition; weights name the version they were trained on.
pub const SCREEN_FEATURES_VERSION: u32 = 1;
/// Numbers per picture.
pub const SCREEN_FEATURES: usize = 2 * TILE_FEATURES + GLOBALS;
pub const GLOBALS: usize = 10;
const NATIVE_SIDE_PX: u32 = 2600;
const COARSE_SIDE_PX: u32 = 640;

/// Where a tile lies on the picture as it came, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TileBox {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

/// The measurement of one picture.
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

/// `None` for a picture without any texture (every tile is flat).
pub fn measure_screen(spectra: &Spectra, image: &Image) -> Option<ScreenMeasurement> {
    let native = tiles_at(spectra, image, NATIVE_SIDE_PX, &[(0, 0), (2, 0), (1, 1), (0, 2), (2, 2)]);
    let coarse = tiles_at(spectra, image, COARSE_SIDE_PX, &[(0, 0), (2, 0), (0, 2), (2, 2)]);
    if native.is_empty() && coarse.is_empty() {
        return None;
    }
    let globals = globals(image);
    let mut features = Vec::with_capacity(SCREEN_FEATURES);
    let fallback = if native.is_empty() { &coarse } else { &native };
    features.extend(tile_mean(fallback));
    features.extend(tile_mean(if coarse.is_empty() { &native } else { &coarse }));
    features.extend(globals);
    Some(ScreenMeasurement {
        features,
        tiles: native,
        tiles_tried: 5,
        edge_falloff: globals[GLOBALS - 1],
    })
}

pub fn screen_feature_names() -> Vec<String> {
    let tile = tile_feature_names();
    let native = tile.iter().map(|name| format!("native_{name}"));
    let coarse = tile.iter().map(|name| format!("coarse_{name}"));
    let globals = [
        "y_p01", "y_p05", "y_p50", "y_p95", "y_p99", "y_sd", "share_bright", "share_dark",
        "colourfulness", "edge_falloff",
    ];
    native.chain(coarse).chain(globals.map(str::to_owned)).collect()
}

pub fn tiles_at(
    spectra: &Spectra,
    image: &Image,
    side_px: u32,
    cells: &[(usize, usize)],
) -> Vec<(TileBox, TileTexture)> {
    let factor = reduction(image, side_px);
    let width = ((f64::from(image.width) / factor).round() as usize).max(1);
    let height = ((f64::from(image.height) / factor).round() as usize).max(1);
    // A reduced picture is averaged once when its tiles overlap, tile by tile when they do not.
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

pub fn globals(image: &Image) -> [f32; GLOBALS] {
    const SIDE: usize = 256;
    let small = Colours::exactly(image, SIDE, SIDE);
    let luma = small.luma();
    let share = |test: &dyn Fn(f32) -> bool| {
        luma.values.iter().filter(|&&v| test(v)).count() as f32 / luma.values.len() as f32
    };
    let mut sorted = luma.values.clone();
    let mut percentile = |p: f64| quantile(&mut sorted, p);
    let red_green = small.r.minus(&small.g).deviation();
    let yellow_blue = small.map(|r, g, b| 0.5 * (r + g) - b).deviation();
    let centre = (SIDE as f32 - 1.0) / 2.0;
    let distance: Vec<f32> = (0..SIDE * SIDE)
        .map(|i| ((i % SIDE) as f32 - centre).hypot((i / SIDE) as f32 - centre))
        .collect();
    [
        percentile(0.01),
        percentile(0.05),
        percentile(0.50),
        percentile(0.95),
        percentile(0.99),
        luma.deviation(),
        share(&|v| v > 250.0),
        share(&|v| v < 8.0),
        red_green.hypot(yellow_blue),
        correlation(&luma.values, &distance),
    ]
}
