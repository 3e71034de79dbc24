//! The bits of entropy-coded data.

use crate::image::ImageError;

/// Reads from the most significant bit. Past a marker, or the last byte, come zeros; `check` tells
/// whether any of them was taken for data.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    buffer: u64,
    left: u32,
    /// How many of the bits that are left are no data.
    padding: u32,
    /// A marker or the last byte was met: only zeros come.
    ended: bool,
}

impl<'a> Bits<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Bits { data, at: 0, buffer: 0, left: 0, padding: 0, ended: false }
    }

    /// Makes at least 32 bits available: a code and the bits after it.
    #[inline(always)]
    pub fn refill(&mut self) {
        if self.left >= 32 {
            return;
        }
        if let Some(word) = self.data[self.at..].first_chunk::<4>() {
            let word = u32::from_be_bytes(*word);
            // No byte of it is 0xFF: no byte of its complement is 0.
            let inverse = !word;
            if inverse.wrapping_sub(0x0101_0101) & !inverse & 0x8080_8080 == 0 {
                self.buffer |= u64::from(word) << (32 - self.left);
                self.left += 32;
                self.at += 4;
                return;
            }
        }
        self.refill_by_bytes();
    }

    #[cold]
    fn refill_by_bytes(&mut self) {
        while self.left <= 56 {
            let byte = self.byte();
            if self.ended {
                self.padding += 8;
            }
            self.buffer |= u64::from(byte) << (56 - self.left);
            self.left += 8;
        }
    }

    fn byte(&mut self) -> u8 {
        match self.data.get(self.at) {
            _ if self.ended => 0,
            Some(0xFF) => {
                // 0xFF is followed by 0, before which it may be repeated; else it begins a marker.
                let fill = self.data[self.at..].iter().take_while(|b| **b == 0xFF).count();
                if self.data.get(self.at + fill) == Some(&0) {
                    self.at += fill + 1;
                    return 0xFF;
                }
                self.ended = true;
                0
            }
            Some(byte) => {
                self.at += 1;
                *byte
            }
            None => {
                self.ended = true;
                0
            }
        }
    }

    /// The next bits without taking them; `refill` has made them available.
    #[inline(always)]
    pub fn peek(&self, count: u32) -> usize {
        (self.buffer >> (64 - count)) as usize
    }

    #[inline(always)]
    pub fn consume(&mut self, count: u32) {
        self.buffer <<= count;
        self.left -= count;
    }

    /// `count` bits, at most 16, as a number; `refill` has made them available.
    #[inline(always)]
    pub fn take(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        let bits = self.peek(count) as u32;
        self.consume(count);
        bits
    }

    /// A difference or coefficient of `size` bits (T.81, F.2.2.1); `refill` has made them available.
    #[inline(always)]
    pub fn signed(&mut self, size: u32) -> i32 {
        let bits = self.take(size) as i32;
        // Without a branch: the sign is as good as random.
        let negative = i32::from(size > 0 && bits >> (size.saturating_sub(1)) == 0);
        bits - negative * ((1 << size) - 1)
    }

    /// Whether all bits so far were data.
    pub fn check(&self) -> Result<(), ImageError> {
        if self.left >= self.padding { Ok(()) } else { Err(self.early_end()) }
    }

    fn early_end(&self) -> ImageError {
        let fill = self.data[self.at..].iter().take_while(|b| **b == 0xFF).count();
        match self.data.get(self.at + fill) {
            // A restart where none is due.
            Some(0xD0..=0xD7) => ImageError::Corrupt,
            _ => ImageError::Truncated,
        }
    }

    /// Goes on after the restart marker of this number (T.81, F.2.1.3.1).
    pub fn restart(&mut self, number: u8) -> Result<(), ImageError> {
        self.check()?;
        (self.buffer, self.left, self.padding, self.ended) = (0, 0, 0, false);
        let marker = self.data[self.at..]
            .windows(2)
            .position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF))
            .ok_or(ImageError::Truncated)?;
        self.at += marker + 2;
        match self.data[self.at - 1] {
            found if found == 0xD0 + number => Ok(()),
            0xD0..=0xD7 => Err(ImageError::Corrupt),
            _ => Err(ImageError::Truncated),
        }
    }

    /// Where the scan ends: whatever follows is passed over up to the next marker.
    pub fn end(&self) -> Result<usize, ImageError> {
        self.check()?;
        Ok(self.at)
    }
}
