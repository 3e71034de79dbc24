//! Logistic regression with an L2 penalty on standardised features: Newton's method, each step solved by
//! conjugate gradients. One thread, so the same examples give the same weights, bit for bit.

/// One row to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Example<'a> {
    pub features: &'a [f32],
    pub attack: bool,
    /// How much it counts, above 0.
    pub weight: f64,
}

/// A hyperplane on features as they come; positive means attack.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyperplane {
    pub bias: f64,
    pub weights: Vec<f32>,
}

impl Hyperplane {
    pub fn logit(&self, features: &[f32]) -> f64 {
        let products =
            self.weights.iter().zip(features).map(|(w, v)| f64::from(*w) * f64::from(*v));
        self.bias + products.sum::<f64>()
    }
}

const NEWTON_STEPS: usize = 30;
const GRADIENT_STEPS: usize = 60;
/// Of the first gradient's length, at which the weights count as found.
const PRECISION: f64 = 1e-4;

/// Minimises `|w|² / 2 + loss_weight * sum of weighted log losses`; the bias is free. Fewer features than
/// `examples[0]` are not allowed.
pub fn fit(examples: &[Example<'_>], loss_weight: f64) -> Hyperplane {
    let problem = Problem::new(examples, loss_weight);
    // The last number is the bias.
    let mut at = vec![0.0; problem.columns + 1];
    let mut value = problem.value(&at);
    let mut first_length = None;
    for _ in 0..NEWTON_STEPS {
        let (gradient, curvature) = problem.slope(&at);
        let length = dot(&gradient, &gradient).sqrt();
        if length <= PRECISION * *first_length.get_or_insert(length) {
            break;
        }
        let step = problem.solve(&gradient, &curvature);
        let mut share = 1.0;
        let found = loop {
            let next: Vec<f64> = at.iter().zip(&step).map(|(a, s)| a - share * s).collect();
            let next_value = problem.value(&next);
            if next_value <= value {
                break Some((next, next_value));
            }
            share /= 2.0;
            if share < 1e-6 {
                break None;
            }
        };
        // No shorter step helps: the numbers' precision is reached.
        let Some((next, next_value)) = found else { break };
        (at, value) = (next, next_value);
    }
    problem.hyperplane(&at)
}

/// Standardised examples.
struct Problem {
    columns: usize,
    /// Row after row.
    values: Vec<f32>,
    means: Vec<f64>,
    deviations: Vec<f64>,
    attacks: Vec<bool>,
    weights: Vec<f64>,
}

impl Problem {
    fn new(examples: &[Example<'_>], loss_weight: f64) -> Self {
        let columns = examples.first().map_or(0, |example| example.features.len());
        let count = examples.len().max(1) as f64;
        let mut means = vec![0.0; columns];
        for example in examples {
            means.iter_mut().zip(example.features).for_each(|(m, v)| *m += f64::from(*v) / count);
        }
        let mut deviations = vec![0.0; columns];
        for example in examples {
            for ((d, v), mean) in deviations.iter_mut().zip(example.features).zip(&means) {
                *d += (f64::from(*v) - mean).powi(2) / count;
            }
        }
        // A feature that never changes says nothing, whatever it is divided by.
        let deviations: Vec<f64> =
            deviations.iter().map(|v: &f64| if *v > 1e-12 { v.sqrt() } else { 1.0 }).collect();
        let mut values = Vec::with_capacity(examples.len() * columns);
        for example in examples {
            let scaled = example.features.iter().zip(&means).zip(&deviations);
            values.extend(scaled.map(|((v, m), d)| ((f64::from(*v) - m) / d) as f32));
        }
        Self {
            columns,
            values,
            means,
            deviations,
            attacks: examples.iter().map(|example| example.attack).collect(),
            weights: examples.iter().map(|example| example.weight * loss_weight).collect(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.columns.max(1))
    }

    fn logits(&self, at: &[f64]) -> Vec<f64> {
        let (bias, weights) = at.split_last().unwrap_or((&0.0, &[]));
        let weights: Vec<f32> = weights.iter().map(|w| *w as f32).collect();
        self.rows().map(|row| f64::from(dot32(row, &weights)) + bias).collect()
    }

    fn value(&self, at: &[f64]) -> f64 {
        let weights = &at[..self.columns];
        let losses = self.logits(at).into_iter().zip(&self.attacks).zip(&self.weights);
        let loss: f64 = losses
            .map(|((logit, attack), weight)| {
                let wrong = if *attack { -logit } else { logit };
                weight * (wrong.max(0.0) + (-wrong.abs()).exp().ln_1p())
            })
            .sum();
        dot(weights, weights) / 2.0 + loss
    }

    /// The gradient, and the curvature of each row's loss.
    fn slope(&self, at: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut curvature = Vec::with_capacity(self.weights.len());
        let mut slopes = Vec::with_capacity(self.weights.len());
        for ((logit, attack), weight) in
            self.logits(at).into_iter().zip(&self.attacks).zip(&self.weights)
        {
            let p = 1.0 / (1.0 + (-logit).exp());
            slopes.push(weight * (p - f64::from(u8::from(*attack))));
            curvature.push(weight * p * (1.0 - p));
        }
        let mut gradient = self.transposed(&slopes);
        gradient.iter_mut().zip(&at[..self.columns]).for_each(|(g, w)| *g += w);
        (gradient, curvature)
    }

    /// Sums of columns, each row times its factor; then the sum of factors.
    fn transposed(&self, factors: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0f64; self.columns + 1];
        for (row, factor) in self.rows().zip(factors) {
            sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += factor * f64::from(*v));
        }
        sums[self.columns] = factors.iter().sum();
        sums
    }

    /// `H⁻¹ gradient` by conjugate gradients, to a tenth of its length.
    fn solve(&self, gradient: &[f64], curvature: &[f64]) -> Vec<f64> {
        let mut step = vec![0.0; gradient.len()];
        let mut left = gradient.to_vec();
        let mut direction = left.clone();
        let mut length = dot(&left, &left);
        let enough = length * 0.01;
        for _ in 0..GRADIENT_STEPS {
            if length <= enough {
                break;
            }
            let bent = self.bent(&direction, curvature);
            let along = length / dot(&direction, &bent).max(f64::MIN_POSITIVE);
            step.iter_mut().zip(&direction).for_each(|(s, d)| *s += along * d);
            left.iter_mut().zip(&bent).for_each(|(l, b)| *l -= along * b);
            let next = dot(&left, &left);
            let share = next / length;
            direction.iter_mut().zip(&left).for_each(|(d, l)| *d = l + share * *d);
            length = next;
        }
        step
    }

    /// `H direction`.
    fn bent(&self, direction: &[f64], curvature: &[f64]) -> Vec<f64> {
        let factors: Vec<f64> =
            self.logits(direction).iter().zip(curvature).map(|(v, c)| v * c).collect();
        let mut bent = self.transposed(&factors);
        bent.iter_mut().zip(&direction[..self.columns]).for_each(|(b, d)| *b += d);
        bent
    }

    fn hyperplane(&self, at: &[f64]) -> Hyperplane {
        let scaled: Vec<f64> =
            at[..self.columns].iter().zip(&self.deviations).map(|(w, d)| w / d).collect();
        Hyperplane {
            bias: at[self.columns] - dot(&scaled, &self.means),
            weights: scaled.into_iter().map(|w| w as f32).collect(),
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Sixteen sums at a time, so that they stay in registers.
fn dot32(a: &[f32], b: &[f32]) -> f32 {
    let (a_lanes, a_rest) = a.as_chunks::<16>();
    let (b_lanes, b_rest) = b.as_chunks::<16>();
    let mut sums = [0.0f32; 16];
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}
