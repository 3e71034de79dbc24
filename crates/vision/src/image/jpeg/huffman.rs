//! Huffman codes, with tables that look several bits ahead.

use super::bits::Bits;
use crate::image::ImageError;

const LOOK_BITS: u32 = 10;

/// A code as it was sent. Its table is made when a scan uses it: a file may send a great many.
pub(super) struct HuffmanCode {
    /// By length, 1 to 16 bits.
    pub counts: Vec<u8>,
    pub symbols: Vec<u8>,
}

pub(super) struct HuffmanTable {
    /// By the next `LOOK_BITS` bits: length of the code and its symbol; length 0: a longer code.
    short: Vec<(u8, u8)>,
    /// By the next `LOOK_BITS` bits, where the coefficient lies within them too: the bits of both,
    /// the run before it, and its value. No bits: look into `short`.
    coefficients: Vec<(u8, u8, i16)>,
    /// The first code that is longer, aligned to 16 bits, by length; and what to add to a code.
    ends: [u32; 17],
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// T.81, annex C. No code: the scan uses one that was not sent.
    pub fn of(code: Option<&HuffmanCode>) -> Result<HuffmanTable, ImageError> {
        let HuffmanCode { counts, symbols } = code.ok_or(ImageError::Corrupt)?;
        let mut table = HuffmanTable {
            short: vec![(0, 0); 1 << LOOK_BITS],
            coefficients: vec![(0, 0, 0); 1 << LOOK_BITS],
            ends: [0; 17],
            offsets: [0; 17],
            symbols: symbols.clone(),
        };
        let (mut code, mut index) = (0u32, 0usize);
        for (length, count) in (1u32..=16).zip(counts) {
            table.offsets[length as usize] = index as i32 - code as i32;
            for symbol in symbols.get(index..index + usize::from(*count)).unwrap_or(&[]) {
                // A code of ones alone is reserved: it is not checked, as in libjpeg.
                if code >= 1 << length {
                    return Err(ImageError::Corrupt);
                }
                if length <= LOOK_BITS {
                    let from = (code << (LOOK_BITS - length)) as usize;
                    let until = from + (1 << (LOOK_BITS - length));
                    table.short[from..until].fill((length as u8, *symbol));
                }
                code += 1;
            }
            index += usize::from(*count);
            table.ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        table.index_coefficients();
        Ok(table)
    }

    fn index_coefficients(&mut self) {
        for (bits, (length, symbol)) in self.short.iter().enumerate() {
            let (run, size) = (symbol >> 4, u32::from(symbol & 15));
            let whole = u32::from(*length) + size;
            if *length == 0 || size == 0 || whole > LOOK_BITS {
                continue;
            }
            let value = (bits >> (LOOK_BITS - whole)) as i32 & ((1 << size) - 1);
            let value = if value >> (size - 1) == 0 { value - (1 << size) + 1 } else { value };
            self.coefficients[bits] = (whole as u8, run, value as i16);
        }
    }

    /// Whether it is a table of DC differences that 8-bit samples can have.
    pub fn is_for_dc(&self) -> bool {
        self.symbols.iter().all(|size| *size <= 15)
    }

    /// `refill` has made its bits available.
    #[inline(always)]
    pub fn symbol(&self, bits: &mut Bits) -> Result<u8, ImageError> {
        let (length, symbol) = self.short[bits.peek(LOOK_BITS)];
        if length != 0 {
            bits.consume(u32::from(length));
            return Ok(symbol);
        }
        self.long_symbol(bits)
    }

    /// A coefficient whose code and bits lie within the next few: the run before it, its value.
    #[inline(always)]
    pub fn short_coefficient(&self, bits: &mut Bits) -> Option<(usize, i32)> {
        let (length, run, value) = self.coefficients[bits.peek(LOOK_BITS)];
        if length == 0 {
            return None;
        }
        bits.consume(u32::from(length));
        Some((usize::from(run), i32::from(value)))
    }

    fn long_symbol(&self, bits: &mut Bits) -> Result<u8, ImageError> {
        let next = bits.peek(16) as u32;
        for length in LOOK_BITS as usize + 1..=16 {
            if next < self.ends[length] {
                let index = (next >> (16 - length)) as i32 + self.offsets[length];
                bits.consume(length as u32);
                return self.symbols.get(index as usize).copied().ok_or(ImageError::Corrupt);
            }
        }
        // Zeros after the end are no code either.
        bits.check()?;
        Err(ImageError::Corrupt)
    }
}
