//! Exact search of one template among many, each belonging to somebody.

use std::collections::HashMap;
use std::hash::Hash;

use verax_domain::face_findings::FaceComparison;

use super::calibration::MATCH;
use super::template::{TEMPLATE_LEN, Template};

/// Templates, and whose they are: a key has any number of them. A search answers what comparing one
/// by one would, and looks at every template; of most it reads 128 bytes and not the template.
#[derive(Clone)]
pub struct Gallery<K> {
    sketches: Vec<Sketch>,
    /// The template, and the key, of each sketch.
    rows: Vec<Template>,
    keys: Vec<K>,
    places: HashMap<K, Vec<usize>>,
}

/// A found key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate<K> {
    pub key: K,
    /// The comparison with the most alike of the key's templates.
    pub comparison: FaceComparison,
}

impl<K: Clone + Eq + Hash + Ord> Gallery<K> {
    pub fn new() -> Gallery<K> {
        Gallery { sketches: Vec::new(), rows: Vec::new(), keys: Vec::new(), places: HashMap::new() }
    }

    /// Adds a template to those of a key.
    pub fn insert(&mut self, key: K, template: &Template) {
        self.places.entry(key.clone()).or_default().push(self.rows.len());
        self.sketches.push(Sketch::of(template));
        self.rows.push(template.clone());
        self.keys.push(key);
    }

    /// Takes every template of a key out, and says how many there were.
    pub fn remove(&mut self, key: &K) -> usize {
        let mut places = self.places.remove(key).unwrap_or_default();
        let count = places.len();
        // From the last on: the row that takes a place is then none that is to go.
        places.sort_unstable();
        for place in places.into_iter().rev() {
            let last = self.rows.len() - 1;
            self.sketches.swap_remove(place);
            self.rows.swap_remove(place);
            self.keys.swap_remove(place);
            let moved = self.keys.get(place).and_then(|key| self.places.get_mut(key));
            if let Some(at) = moved.and_then(|places| places.iter_mut().find(|at| **at == last)) {
                *at = place;
            }
        }
        count
    }

    pub fn contains(&self, key: &K) -> bool {
        self.places.contains_key(key)
    }

    /// The number of templates.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The best `count_max` keys that pass `filter` and have a template with a match score of at
    /// least `match_score_min`: best first, equals in the order of their keys. `filter` is asked
    /// only about keys that would be among them, perhaps more than once.
    pub fn search(
        &self,
        probe: &Template,
        match_score_min: f64,
        count_max: usize,
        filter: impl Fn(&K) -> bool,
    ) -> Vec<Candidate<K>> {
        let mut best = Best::new(match_score_min, count_max);
        if count_max == 0 {
            return best.candidates;
        }
        let sketched = ProbeSketch::of(probe);
        let mut next = 0;
        while let Some(place) = sketched.first_that_may_reach(best.bar, &self.sketches, next) {
            next = place + 1;
            let comparison = probe.compare(&self.rows[place]);
            let key = &self.keys[place];
            if best.would_take(key, &comparison) && filter(key) {
                best.take(key, comparison);
            }
        }
        best.candidates
    }
}

impl<K: Clone + Eq + Hash + Ord> Default for Gallery<K> {
    fn default() -> Gallery<K> {
        Gallery::new()
    }
}

// Templates are secrets of their owners: a debug print must never show them.
impl<K> std::fmt::Debug for Gallery<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gallery({} templates)", self.rows.len())
    }
}

// The best keys so far, best first.
struct Best<K> {
    candidates: Vec<Candidate<K>>,
    match_score_min: f64,
    cosine_min: f64,
    count_max: usize,
    /// A cosine below it changes nothing any more.
    bar: f32,
}

impl<K: Clone + Ord> Best<K> {
    fn new(match_score_min: f64, count_max: usize) -> Best<K> {
        let cosine_min = if match_score_min <= 0.0 { -1.0 } else { MATCH.output(match_score_min) };
        let bar = cosine_min as f32;
        Best { candidates: Vec::new(), match_score_min, cosine_min, count_max, bar }
    }

    fn would_take(&self, key: &K, comparison: &FaceComparison) -> bool {
        comparison.match_score >= self.match_score_min
            && self.place(key, comparison) < self.count_max
    }

    fn take(&mut self, key: &K, comparison: FaceComparison) {
        if let Some(known) = self.candidates.iter().position(|known| known.key == *key) {
            if self.candidates[known].comparison.cosine >= comparison.cosine {
                return;
            }
            self.candidates.remove(known);
        }
        let place = self.place(key, &comparison);
        self.candidates.insert(place, Candidate { key: key.clone(), comparison });
        self.candidates.truncate(self.count_max);
        if self.candidates.len() == self.count_max
            && let Some(lowest) = self.candidates.last()
        {
            self.bar = lowest.comparison.cosine.max(self.cosine_min) as f32;
        }
    }

    fn place(&self, key: &K, comparison: &FaceComparison) -> usize {
        self.candidates.partition_point(|other| {
            let (this, that) = (comparison.cosine, other.comparison.cosine);
            that > this || (that == this && other.key < *key)
        })
    }
}

// A template in 128 levels of a byte: `values = scale * levels + rest`, where the rest, as a vector,
// is at most `rest_length` long.
#[derive(Clone)]
struct Sketch {
    levels: [i8; TEMPLATE_LEN],
    scale: f32,
    rest_length: f32,
}

// The same of what is searched for, in levels of two bytes.
struct ProbeSketch {
    levels: [i16; TEMPLATE_LEN],
    scale: f32,
    rest_length: f32,
}

// What rounding can add: templates are of length one to within 1e-3, and f32 knows seven digits.
const ROUNDING: f32 = 1e-5;

impl Sketch {
    fn of(template: &Template) -> Sketch {
        let (levels, scale, rest_length) = quantised(template, f64::from(i8::MAX));
        Sketch { levels: levels.map(|level| level as i8), scale, rest_length }
    }
}

impl ProbeSketch {
    fn of(template: &Template) -> ProbeSketch {
        let (levels, scale, rest_length) = quantised(template, f64::from(i16::MAX));
        ProbeSketch { levels: levels.map(|level| level as i16), scale, rest_length }
    }

    // The place, at or after `from`, of a sketch whose cosine may be at least `bar`. Not generic, so
    // that it is compiled here, with this crate's optimisation.
    fn first_that_may_reach(&self, bar: f32, sketches: &[Sketch], from: usize) -> Option<usize> {
        let found = sketches[from..].iter().position(|sketch| self.cosine_at_most(sketch) >= bar);
        found.map(|offset| from + offset)
    }

    // With p = s t + e and r = z q + f the cosine p r is s z (t q) + z q e + p f; by Cauchy and
    // Schwarz the last two are at most |z q| |e| and |p| |f|, where |p| = 1 and |z q| <= 1 + |f|.
    #[inline]
    fn cosine_at_most(&self, sketch: &Sketch) -> f32 {
        // At most 128 * 127 * 32,767, which an i32 holds.
        let mut sum = 0_i32;
        for (left, right) in self.levels.iter().zip(&sketch.levels) {
            sum += i32::from(*left) * i32::from(i16::from(*right));
        }
        let near = sum as f32 * (self.scale * sketch.scale);
        let apart = sketch.rest_length + self.rest_length * (1.0 + sketch.rest_length);
        (near + apart * (1.0 + 1e-3) + ROUNDING).max(-1.0)
    }
}

// The values as levels of -level_max..=level_max, the scale, and the length of what is left.
fn quantised(template: &Template, level_max: f64) -> ([f64; TEMPLATE_LEN], f32, f32) {
    let values = template.values().map(f64::from);
    let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let scale = (largest / level_max) as f32;
    let exact_scale = f64::from(scale);
    let levels = values.map(|value| (value / exact_scale).round().clamp(-level_max, level_max));
    let rest = values.iter().zip(&levels).map(|(value, level)| value - level * exact_scale);
    let rest_length = rest.map(|rest| rest * rest).sum::<f64>().sqrt() as f32;
    (levels, scale, rest_length)
}
