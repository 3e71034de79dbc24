//! Digital manipulation seen in pixels: recompression error, ghosts, noise, grid, double
//! quantisation, colour filter traces, copied regions.

use rustfft::{FftPlanner, num_complex::Complex};
use verax_domain::document_findings::{CheckLimit, DocumentEvidence, ImageBox};

use crate::document::blocks::{BlockMaps, GHOSTS, residual};
use crate::document::check_method::{CheckInput, CheckMethod, Heat, WithoutColour};
use crate::document::copymove::CopyMove;
use crate::document::planes::{mean, median, median_and_mad, quantile, std_dev};

pub(super) const METHOD: CheckMethod = CheckMethod {
    features_version: 1,
    feature_names,
    features: |measured| features(measured.maps(), measured.copies()),
    weights: include_str!("../../../../../models/docliveness/digital.json"),
    without_colour: WithoutColour::Same,
    evidence,
    limits,
    heat: Heat::Blocks(&[0, 2, 3, 6]),
};

fn feature_names() -> Vec<String> {
    let mut names = Vec::new();
    for map in ["error_75", "error_90", "noise", "chroma", "sharpness"] {
        for statistic in ["sd", "p95", "p95_z", "outliers", "soft_sd", "soft_max", "soft_min"] {
            names.push(format!("{map}_{statistic}"));
        }
    }
    names.extend((0..GHOSTS - 1).map(|i| format!("ghost_slope_{i}")));
    names.extend(["ghost_dip", "ghost_sd", "ghost_best_sd"].map(str::to_owned));
    names.extend(["grid_columns", "grid_rows", "grid_foreign", "grid_sd"].map(str::to_owned));
    names.extend(["double_max", "double_mean", "double_median"].map(str::to_owned));
    names.extend(["filter_mean", "filter_sd", "filter_max"].map(str::to_owned));
    names.extend(["copy_matches", "copy_agreeing"].map(str::to_owned));
    names
}

fn evidence(input: &CheckInput<'_>) -> Vec<DocumentEvidence> {
    let mut evidence = input.file.evidence.clone();
    let copies = input.measured.copies();
    if copies.agreeing >= 14
        && copies.area_share > 0.015
        && let Some((from, to)) = copies.regions
    {
        evidence.push(DocumentEvidence::CopiedRegion { matches: copies.agreeing, from, to });
    }
    if input.score.is_some_and(|score| score < 0.5)
        && let Some(region) = strongest_region(input.measured.maps())
    {
        evidence.push(region);
    }
    evidence
}

fn limits(input: &CheckInput<'_>) -> Vec<CheckLimit> {
    let mut limits = Vec::new();
    if input.traces_lost {
        limits.push(CheckLimit::TracesLost);
    }
    if input.file.manifest_unread {
        limits.push(CheckLimit::ManifestNotRead);
    }
    limits
}

/// None when the image holds too few blocks.
fn features(maps: &BlockMaps, copies: &CopyMove) -> Option<Vec<f32>> {
    if maps.blocks.len() < 64 {
        return None;
    }
    let mut features = Vec::new();
    for map in [
        maps.without_texture(2),
        maps.without_texture(3),
        noise(maps),
        chroma(maps),
        maps.without_texture(6),
    ] {
        features.extend(outliers(maps, &map));
    }
    features.extend(ghosts(maps));
    features.extend(grid(maps));
    features.extend(double_quantisation(maps));
    let filter: Vec<f32> = tile_means(maps, &maps.without_texture(7), 8);
    let largest = filter.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    features.extend([mean(&filter).abs(), std_dev(&filter), largest]);
    features.push((1.0 + copies.matches as f32).ln());
    features.push((1.0 + copies.agreeing as f32).ln());
    Some(features.into_iter().map(|v| if v.is_finite() { v } else { 0.0 }).collect())
}

/// Noise once brightness and texture are accounted for.
fn noise(maps: &BlockMaps) -> Vec<f32> {
    let rows: Vec<[f64; 3]> = maps
        .blocks
        .iter()
        .map(|b| [1.0, f64::from(b.luma) / 255.0, f64::from(b.texture)])
        .collect();
    let values: Vec<f32> = maps.blocks.iter().map(|b| b.maps[0]).collect();
    residual(&rows, &values)
}

fn chroma(maps: &BlockMaps) -> Vec<f32> {
    let red = maps.without_texture(4);
    let blue = maps.without_texture(5);
    red.iter().zip(&blue).map(|(r, b)| 0.5 * (r + b)).collect()
}

fn outliers(maps: &BlockMaps, values: &[f32]) -> [f32; 7] {
    let mut sorted = values.to_vec();
    let (middle, scale) = median_and_mad(&mut sorted);
    let p95 = quantile(&mut sorted, 0.95);
    let share = values.iter().filter(|v| (*v - middle).abs() > 3.0 * scale).count() as f32
        / values.len() as f32;
    let soft = maps.laid_out(values, middle).smoothed(2.0);
    let high = soft.values.iter().fold(f32::MIN, |m, &v| m.max(v)) - middle;
    let low = middle - soft.values.iter().fold(f32::MAX, |m, &v| m.min(v));
    [
        std_dev(values),
        p95 - middle,
        (p95 - middle) / (scale + 1e-3),
        share,
        soft.std_dev(),
        high,
        low,
    ]
}

fn ghosts(maps: &BlockMaps) -> Vec<f32> {
    let n = maps.blocks.len() as f32;
    let log = |v: f32| (v + 0.05).ln();
    let mut curve = [0.0f32; GHOSTS];
    for block in &maps.blocks {
        for (total, &v) in curve.iter_mut().zip(&block.ghosts) {
            *total += v / n;
        }
    }
    let curve = curve.map(log);
    let mut features: Vec<f32> = curve.windows(2).map(|w| w[1] - w[0]).collect();
    let dip = curve.windows(3).map(|w| w[0] - 2.0 * w[1] + w[2]).fold(f32::MIN, f32::max);
    features.push(dip);
    // Per block: the shape of its own curve against the image's.
    let mut spread = 0.0;
    let mut best = Vec::with_capacity(maps.blocks.len());
    let mut shapes: Vec<Vec<f32>> = vec![Vec::new(); GHOSTS];
    for block in &maps.blocks {
        let own = block.ghosts.map(log);
        let middle = mean(&own);
        let mut lowest = (f32::MAX, 0usize);
        for (i, v) in own.iter().enumerate() {
            let away = v - middle - (curve[i] - mean(&curve));
            shapes[i].push(away);
            if away < lowest.0 {
                lowest = (away, i);
            }
        }
        best.push(lowest.1 as f32);
    }
    for shape in &shapes {
        spread += std_dev(shape) / GHOSTS as f32;
    }
    features.push(spread);
    features.push(std_dev(&best));
    features
}

fn grid(maps: &BlockMaps) -> [f32; 4] {
    let contrast = |phases: &[f64; 8]| {
        let total: f64 = phases.iter().sum::<f64>().max(1e-9);
        let best = (0..8).max_by(|&a, &b| phases[a].total_cmp(&phases[b])).unwrap_or(0);
        let own = (phases[0] + phases[7]) * 4.0 / total;
        // The file's own grid raises the bend at phases 7 and 0.
        let foreign = f32::from(u8::from(best != 0 && best != 7));
        ((own as f32).ln(), foreign)
    };
    let (columns, columns_foreign) = contrast(&maps.column_phases);
    let (rows, rows_foreign) = contrast(&maps.row_phases);
    let tiles = tile_means(maps, &maps.without_texture(8), 16);
    [columns, rows, columns_foreign + rows_foreign, std_dev(&tiles)]
}

/// Means of a map over squares of so many blocks.
fn tile_means(maps: &BlockMaps, values: &[f32], side: usize) -> Vec<f32> {
    let columns = maps.columns.div_ceil(side);
    let mut sums = vec![(0.0f32, 0u32); columns * maps.rows.div_ceil(side)];
    for (block, &value) in maps.blocks.iter().zip(values) {
        let at = (block.row as usize / side) * columns + block.column as usize / side;
        sums[at].0 += value;
        sums[at].1 += 1;
    }
    sums.iter().filter(|s| s.1 >= 8).map(|s| s.0 / s.1 as f32).collect()
}

/// Periodic gaps in the histograms of the first nine AC coefficients.
fn double_quantisation(maps: &BlockMaps) -> [f32; 3] {
    const LENGTH: usize = 201;
    let fft = FftPlanner::<f32>::new().plan_fft_forward(LENGTH);
    let mut strengths: Vec<f32> = maps
        .histograms
        .iter()
        .map(|histogram| {
            let mut cells: Vec<Complex<f32>> = (0..LENGTH)
                .map(|i| {
                    let from = i.saturating_sub(4);
                    let to = (i + 5).min(LENGTH);
                    let around: u32 = histogram[from..to].iter().sum();
                    let average = around as f32 / (to - from) as f32;
                    Complex::new(histogram[i] as f32 / (average + 1.0) - 1.0, 0.0)
                })
                .collect();
            fft.process(&mut cells);
            let mut sizes: Vec<f32> = cells[6..LENGTH / 2].iter().map(|c| c.norm()).collect();
            let largest = sizes.iter().fold(0.0f32, |m, &v| m.max(v));
            largest / median(&mut sizes).max(1e-3)
        })
        .collect();
    let largest = strengths.iter().fold(0.0f32, |m, &v| m.max(v));
    [largest, mean(&strengths), median(&mut strengths)]
}

/// The place where noise or recompression error departs most from the rest, if it clearly does.
fn strongest_region(maps: &BlockMaps) -> Option<DocumentEvidence> {
    let mut best: Option<(f32, &'static str, usize)> = None;
    for (name, values) in [
        ("noise", noise(maps)),
        ("recompression error", maps.without_texture(3)),
        ("sharpness", maps.without_texture(6)),
    ] {
        let (middle, scale) = median_and_mad(&mut values.clone());
        let soft = maps.laid_out(&values, middle).smoothed(2.0);
        for (at, &v) in soft.values.iter().enumerate() {
            let z = (v - middle).abs() / (scale + 1e-3);
            if best.is_none_or(|b| z > b.0) {
                best = Some((z, name, at));
            }
        }
    }
    let (z, measure, at) = best.filter(|b| b.0 > 3.0)?;
    let (column, row) = (at % maps.columns, at / maps.columns);
    let region = ImageBox {
        x: (column.saturating_sub(4) * 8) as f32,
        y: (row.saturating_sub(4) * 8) as f32,
        width: 72.0,
        height: 72.0,
    };
    Some(DocumentEvidence::InconsistentRegion { measure: measure.to_owned(), z, region })
}
