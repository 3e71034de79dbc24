//! Gradient boosting of trees, leaf by leaf on binned features. The same rows, settings and seed
//! give the same forest, bit for bit.

use verax_vision::document::seeded::Seeded;
use verax_vision::document::trees::{Forest, Tree};

/// What was measured. Screens are calibrated on photographs alone; the rest teaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An image as it was photographed.
    Photograph,
    /// The same made smaller and saved again.
    Resaved,
    Simulated,
}

/// One row of a training set.
#[derive(Debug, Clone)]
pub struct Row {
    pub features: Vec<f32>,
    pub attack: bool,
    /// Where the image is from: photographer, camera and screens.
    pub source: String,
    /// What is held out together: a simulated image goes with the source of its motif.
    pub fold: String,
    pub origin: Origin,
    /// Number of the image, or of the simulation, that it was measured on.
    pub image: usize,
    /// Kind of attack, or of genuine image, for error rates per kind.
    pub kind: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoostSettings {
    pub trees: usize,
    pub leaves: usize,
    pub learning_rate: f64,
    pub column_share: f64,
    /// Share of the rows that a tree sees.
    pub row_share: f64,
    pub leaf_rows_min: usize,
    pub l2: f64,
    pub seed: u64,
    /// Forests with seeds `seed..` whose trees are averaged into one.
    pub bags: usize,
}

impl BoostSettings {
    pub const fn lean(seed: u64) -> Self {
        Self {
            trees: 180,
            leaves: 7,
            learning_rate: 0.06,
            column_share: 0.3,
            row_share: 1.0,
            leaf_rows_min: 15,
            l2: 5.0,
            seed,
            bags: 1,
        }
    }
}

const BINS: usize = 64;

/// Weights with which every (source, class) cell counts `1 / sqrt(n)` per row and both classes
/// count the same; they sum to the number of rows. `cells`: source of each row, and whether it is an attack.
pub fn balanced_weights<'a>(cells: impl Iterator<Item = (&'a str, bool)>) -> Vec<f64> {
    let rows: Vec<(&str, bool)> = cells.collect();
    let mut counts = std::collections::BTreeMap::<(&str, bool), usize>::new();
    for row in &rows {
        *counts.entry(*row).or_default() += 1;
    }
    let raw: Vec<f64> = rows.iter().map(|row| 1.0 / (counts[row] as f64).sqrt()).collect();
    let total = |attack: bool| -> f64 {
        rows.iter().zip(&raw).filter(|(row, _)| row.1 == attack).map(|(_, w)| w).sum()
    };
    let (attacks, genuine) = (total(true).max(1e-9), total(false).max(1e-9));
    let half = rows.len() as f64 / 2.0;
    rows.iter().zip(raw).map(|(row, w)| half * w / if row.1 { attacks } else { genuine }).collect()
}

/// Fits a forest whose logit is positive for attacks.
pub fn boost(rows: &[&Row], settings: &BoostSettings) -> Forest {
    if rows.is_empty() {
        return Forest::default();
    }
    let weights = balanced_weights(rows.iter().map(|row| (row.source.as_str(), row.attack)));
    let binned = Binned::of(rows);
    let bags = settings.bags.max(1);
    let mut all = Forest::default();
    for bag in 0..bags {
        let seed = settings.seed.wrapping_add(bag as u64 * 7919);
        let forest = boost_once(rows, &weights, &binned, settings, seed);
        for mut tree in forest.trees {
            tree.leaf.iter_mut().for_each(|leaf| *leaf /= bags as f32);
            all.trees.push(tree);
        }
    }
    all
}

fn boost_once(
    rows: &[&Row],
    weights: &[f64],
    binned: &Binned,
    settings: &BoostSettings,
    seed: u64,
) -> Forest {
    let mut random = Seeded::new(seed);
    let columns = binned.edges.len();
    let used_columns = ((columns as f64 * settings.column_share).ceil() as usize).clamp(1, columns);
    let mut logits = vec![0.0f64; rows.len()];
    let mut forest = Forest::default();
    let mut order: Vec<usize> = (0..columns).collect();
    for _ in 0..settings.trees {
        let slopes: Vec<(f64, f64)> = (0..rows.len())
            .map(|i| {
                let p = 1.0 / (1.0 + (-logits[i]).exp());
                let target = if rows[i].attack { 1.0 } else { 0.0 };
                (weights[i] * (p - target), weights[i] * p * (1.0 - p))
            })
            .collect();
        random.shuffle(&mut order);
        let mut chosen = order[..used_columns].to_vec();
        chosen.sort_unstable();
        let seen: Vec<u32> = (0..rows.len() as u32)
            .filter(|_| settings.row_share >= 1.0 || random.unit() < settings.row_share)
            .collect();
        let tree = Grower { binned, slopes: &slopes, columns: &chosen, settings }.grow(seen);
        for (logit, row) in logits.iter_mut().zip(rows) {
            *logit += f64::from(tree.value(&row.features));
        }
        forest.trees.push(tree);
    }
    forest
}

/// Every feature cut into at most 64 bins at its quantiles; `codes` holds column after column.
struct Binned {
    edges: Vec<Vec<f32>>,
    codes: Vec<Vec<u8>>,
}

impl Binned {
    fn of(rows: &[&Row]) -> Self {
        let columns = rows[0].features.len();
        let mut edges = Vec::with_capacity(columns);
        let mut codes = Vec::with_capacity(columns);
        for column in 0..columns {
            let mut values: Vec<f32> = rows.iter().map(|row| row.features[column]).collect();
            values.sort_unstable_by(f32::total_cmp);
            let mut cuts: Vec<f32> = (1..BINS)
                .filter_map(|bin| {
                    let at = bin * values.len() / BINS;
                    let (below, above) = (values[at.saturating_sub(1)], values[at]);
                    (below < above).then(|| below + (above - below) / 2.0)
                })
                .filter(|cut| cut.is_finite())
                .collect();
            cuts.dedup();
            let code = |v: f32| cuts.partition_point(|&cut| v > cut) as u8;
            codes.push(rows.iter().map(|row| code(row.features[column])).collect());
            edges.push(cuts);
        }
        Self { edges, codes }
    }
}

struct Grower<'a> {
    binned: &'a Binned,
    slopes: &'a [(f64, f64)],
    columns: &'a [usize],
    settings: &'a BoostSettings,
}

struct Leaf {
    rows: Vec<u32>,
    gradient: f64,
    curvature: f64,
    best: Option<Split>,
    /// The split and side that lead here.
    parent: Option<(usize, bool)>,
}

#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    column: usize,
    bin: usize,
}

impl Grower<'_> {
    fn grow(&self, seen: Vec<u32>) -> Tree {
        let mut tree = Tree::default();
        let mut leaves = vec![self.leaf(seen, None)];
        while leaves.len() < self.settings.leaves {
            let mut widest: Option<(usize, f64)> = None;
            for (index, leaf) in leaves.iter().enumerate() {
                let gain = leaf.best.map_or(0.0, |split| split.gain);
                if gain > 1e-9 && widest.is_none_or(|(_, best)| gain > best) {
                    widest = Some((index, gain));
                }
            }
            let Some((index, _)) = widest else { break };
            let leaf = leaves.swap_remove(index);
            let Some(split) = leaf.best else { break };
            let node = tree.feature.len();
            tree.feature.push(split.column as u16);
            tree.threshold.push(self.binned.edges[split.column][split.bin]);
            tree.left.push(0);
            tree.right.push(0);
            point(&mut tree, leaf.parent, node as i16);
            let codes = &self.binned.codes[split.column];
            let (left, right): (Vec<u32>, Vec<u32>) =
                leaf.rows.iter().partition(|&&row| codes[row as usize] as usize <= split.bin);
            leaves.push(self.leaf(left, Some((node, true))));
            leaves.push(self.leaf(right, Some((node, false))));
        }
        for (index, leaf) in leaves.iter().enumerate() {
            point(&mut tree, leaf.parent, -1 - index as i16);
            let step = -leaf.gradient / (leaf.curvature + self.settings.l2);
            tree.leaf.push((step * self.settings.learning_rate) as f32);
        }
        tree
    }

    fn leaf(&self, rows: Vec<u32>, parent: Option<(usize, bool)>) -> Leaf {
        let (mut gradient, mut curvature) = (0.0, 0.0);
        for &row in &rows {
            let (g, h) = self.slopes[row as usize];
            gradient += g;
            curvature += h;
        }
        let best = self.best_split(&rows, gradient, curvature);
        Leaf { rows, gradient, curvature, best, parent }
    }

    fn best_split(&self, rows: &[u32], gradient: f64, curvature: f64) -> Option<Split> {
        let smallest = self.settings.leaf_rows_min;
        if rows.len() < 2 * smallest {
            return None;
        }
        let l2 = self.settings.l2;
        let score = |g: f64, h: f64| g * g / (h + l2);
        let whole = score(gradient, curvature);
        let mut best: Option<Split> = None;
        for &column in self.columns {
            let mut bins = [(0.0f64, 0.0f64, 0usize); BINS];
            let codes = &self.binned.codes[column];
            for &row in rows {
                let bin = &mut bins[codes[row as usize] as usize];
                let (g, h) = self.slopes[row as usize];
                bin.0 += g;
                bin.1 += h;
                bin.2 += 1;
            }
            let (mut g, mut h, mut n) = (0.0, 0.0, 0);
            for (bin, cell) in bins.iter().enumerate().take(self.binned.edges[column].len()) {
                g += cell.0;
                h += cell.1;
                n += cell.2;
                if n < smallest || rows.len() - n < smallest {
                    continue;
                }
                let gain = score(g, h) + score(gradient - g, curvature - h) - whole;
                if best.is_none_or(|split| gain > split.gain) {
                    best = Some(Split { gain, column, bin });
                }
            }
        }
        best
    }
}

fn point(tree: &mut Tree, parent: Option<(usize, bool)>, child: i16) {
    match parent {
        Some((node, true)) => tree.left[node] = child,
        Some((node, false)) => tree.right[node] = child,
        None => {}
    }
}
