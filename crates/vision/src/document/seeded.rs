//! Repeatable randomness for training and simulation: the same seed gives the same numbers on
//! every machine and in every version of this crate, so the generator is written out here.

/// SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.
#[derive(Debug, Clone)]
pub struct Seeded {
    state: u64,
}

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x9E37_79B9_7F4A_7C15 }
    }

    /// A generator for a part of the work, independent of how much the others draw.
    pub fn for_part(seed: u64, part: u64) -> Self {
        let mut mixed = Self::new(seed ^ part.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        mixed.bits();
        mixed
    }

    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit() as f32
    }

    /// In `0..count`; 0 when there is nothing to choose from.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Approximately normal with mean 0 and deviation 1 (sum of four uniforms: bounded tails,
    /// a quarter of the cost of a logarithm and a cosine per pixel).
    pub fn normal(&mut self) -> f32 {
        let a = self.bits();
        let part = |shift: u32| ((a >> shift) & 0xFFFF) as f32 / 65536.0;
        (part(0) + part(16) + part(32) + part(48) - 2.0) * 1.732_050_8
    }

    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}
