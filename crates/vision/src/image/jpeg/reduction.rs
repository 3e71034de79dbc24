//! Decoding at a part of the size.

/// By how much each side is divided while decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    Full,
    Half,
    Quarter,
}

impl Reduction {
    /// Side of what an 8 x 8 block becomes.
    pub fn block_px(self) -> usize {
        match self {
            Reduction::Full => 8,
            Reduction::Half => 4,
            Reduction::Quarter => 2,
        }
    }

    pub fn divisor(self) -> u32 {
        8 / self.block_px() as u32
    }
}
