//! The 92 numbers of one tile: residual noise, spectra, autocorrelation, local binary patterns.

use super::planes::{Colours, Plane, correlation, median, std_dev};
use super::spectrum::{Peak, Spectra, TILE_PX, right_angles};

/// Numbers per tile.
pub const TILE_FEATURES: usize = 92;

/// What one tile says, with the evidence that a sentence or a heat map can name.
#[derive(Debug, Clone)]
pub struct TileTexture {
    pub values: [f32; TILE_FEATURES],
    /// The strongest frequencies of luma and of the two opponent channels, highest first.
    pub peaks: Vec<Peak>,
    /// Mean correlation of the colour residuals; displays and dots decorrelate them.
    pub channel_correlation: f32,
}

/// `None` for a tile that is flat (deviation of luma below one level): it can say nothing.
pub fn tile_texture(spectra: &Spectra, tile: &Colours) -> Option<TileTexture> {
    debug_assert_eq!((tile.width(), tile.height()), (TILE_PX, TILE_PX));
    let luma = tile.luma();
    if luma.std_dev() < 1.0 {
        return None;
    }
    let c1 = tile.r.sub(&tile.g);
    let c2 = tile.b.sub(&tile.g);
    let smooth = [&tile.r, &tile.g, &tile.b].map(|plane| plane.smoothed(1.5));
    let rr = tile.r.sub(&smooth[0]);
    let rg = tile.g.sub(&smooth[1]);
    let rb = tile.b.sub(&smooth[2]);
    // Smoothing is linear, so the residuals of sums and differences follow from the colours'.
    let residuals = Colours { r: rr, g: rg, b: rb };
    let ry = residuals.luma();
    let rc1 = residuals.r.sub(&residuals.g);
    let rc2 = residuals.b.sub(&residuals.g);

    let mut values = Vec::with_capacity(TILE_FEATURES);
    let sd_y = ry.std_dev().max(1e-3);
    values.push(sd_y.ln());
    values.push((rc1.std_dev().max(1e-3) / sd_y).ln());
    values.push((rc2.std_dev().max(1e-3) / sd_y).ln());
    let correlations = [
        correlation(&residuals.r.values, &residuals.g.values),
        correlation(&residuals.g.values, &residuals.b.values),
        correlation(&residuals.r.values, &residuals.b.values),
    ];
    values.extend(correlations);
    values.push((1.0 + kurtosis(&ry.values).min(50.0)).ln());
    let mut magnitudes: Vec<f32> = ry.values.iter().map(|v| v.abs()).collect();
    values.push(median(&mut magnitudes) / sd_y);

    let mut peaks = Vec::new();
    let mut screens = Vec::new();
    for plane in [&luma, &c1, &c2] {
        let spectrum = spectra.features(plane);
        values.extend(spectrum.values);
        screens.extend(right_angles(&spectrum.peaks));
        peaks.extend(spectrum.peaks.iter().take(4));
    }
    values.push(screen_angles(&screens));
    peaks.sort_by(|a: &Peak, b: &Peak| b.z.total_cmp(&a.z));
    values.extend(spectra.autocorrelation(&ry));

    let smooth_luma = luma.smoothed(0.6);
    for radius in [1, 2, 4] {
        values.extend(binary_patterns(&smooth_luma, radius));
    }
    for radius in [1, 2] {
        values.extend(binary_patterns(&c1, radius));
    }
    let values = values.try_into().ok()?;
    let channel_correlation = correlations.iter().sum::<f32>() / 3.0;
    Some(TileTexture { values, peaks, channel_correlation })
}

/// Names of the tile's numbers, in their order.
pub fn tile_feature_names() -> Vec<String> {
    let mut names: Vec<String> =
        ["ln_sd_y", "ln_sd_c1", "ln_sd_c2", "rho_rg", "rho_gb", "rho_rb", "kurtosis", "median"]
            .map(str::to_owned)
            .to_vec();
    for channel in ["y", "c1", "c2"] {
        for name in
            ["peak", "peak8", "peak16", "count", "radius", "b01", "b12", "b23", "axes", "right"]
        {
            names.push(format!("{channel}_{name}"));
        }
    }
    names.push("screen_angles".to_owned());
    names.extend(["auto_max", "auto_min", "auto_sd"].map(str::to_owned));
    for (channel, radius) in [("y", 1), ("y", 2), ("y", 4), ("c1", 1), ("c1", 2)] {
        names.extend((0..10).map(|code| format!("lbp_{channel}_{radius}_{code}")));
    }
    names
}

/// How many printing screens of one ruling lie over each other at angles of their own: inks are
/// printed at 15, 75, 0 and 45 degrees, the pixels of a display at one angle only.
fn screen_angles(pairs: &[(f32, f32, f32)]) -> f32 {
    let mut most = 0usize;
    for &(_, frequency, _) in pairs {
        let mut angles: Vec<f32> = Vec::new();
        for &(z, other, angle) in pairs {
            let away = |a: &f32| {
                let gap = (a - angle).abs();
                gap.min(90.0 - gap) > 10.0
            };
            if z > 4.0 && (other / frequency - 1.0).abs() < 0.1 && angles.iter().all(away) {
                angles.push(angle);
            }
        }
        most = most.max(angles.len());
    }
    most as f32
}

fn kurtosis(values: &[f32]) -> f32 {
    let sd = f64::from(std_dev(values)).max(1e-3);
    let fourth: f64 = values.iter().map(|&v| (f64::from(v) / sd).powi(4)).sum();
    (fourth / values.len() as f64) as f32
}

/// The bin of each of the 256 codes: the number of set bits when they stand together, else 9.
const CODE_BINS: [u8; 256] = {
    let mut bins = [0u8; 256];
    let mut code = 0;
    while code < 256 {
        let bits = code as u8;
        let uniform = (bits ^ bits.rotate_right(1)).count_ones() <= 2;
        bins[code] = if uniform { bits.count_ones() as u8 } else { 9 };
        code += 1;
    }
    bins
};

/// Rotation-invariant uniform patterns of the 8 neighbours at distance `radius` along the axes
/// and diagonals: shares of the ten codes.
fn binary_patterns(plane: &Plane, radius: usize) -> [f32; 10] {
    let mut counts = [0u32; 10];
    let (w, h) = (plane.width, plane.height);
    for y in radius..h - radius {
        let (up, here, down) = (plane.row(y - radius), plane.row(y), plane.row(y + radius));
        for x in radius..w - radius {
            let centre = here[x];
            let (l, r) = (x - radius, x + radius);
            // In circular order, so that neighbouring bits are neighbouring pixels.
            let code = u32::from(up[l] >= centre)
                | u32::from(up[x] >= centre) << 1
                | u32::from(up[r] >= centre) << 2
                | u32::from(here[r] >= centre) << 3
                | u32::from(down[r] >= centre) << 4
                | u32::from(down[x] >= centre) << 5
                | u32::from(down[l] >= centre) << 6
                | u32::from(here[l] >= centre) << 7;
            counts[usize::from(CODE_BINS[code as usize])] += 1;
        }
    }
    let total = ((w - 2 * radius) * (h - 2 * radius)) as f32;
    counts.map(|c| c as f32 / total)
}
