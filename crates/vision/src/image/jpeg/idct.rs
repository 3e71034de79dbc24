//! The inverse DCT of libjpeg: its accurate integer method, and its reduced ones for half and quarter
//! sizes.
//!
//! Values that no image of 8 bits has are errors: there decoders differ, and so what viewers show.

use crate::image::ImageError;

/// The place in a block, row by row, of the coefficient at a zigzag position.
pub(super) const NATURAL_ORDER: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Eight times the largest coefficient of an image of 8 bits.
const COEFFICIENT_MAX: i32 = 8191;
/// Beyond it, sums could leave 32 bits.
const COLUMN_MAX: i32 = 12_288;

/// Fractional bits of the constants, and of what the columns hand to the rows.
const CONST_BITS: u32 = 13;
const PASS1_BITS: u32 = 2;

#[inline(always)]
pub(super) fn dequantised(coefficient: i32, quantisation: u16) -> Result<i16, ImageError> {
    let value = i64::from(coefficient) * i64::from(quantisation);
    match value.unsigned_abs() <= COEFFICIENT_MAX as u64 {
        true => Ok(value as i16),
        false => Err(ImageError::Corrupt),
    }
}

/// Writes `side` rows of `side` samples into `out`, whose rows are `stride` apart. `last` is the
/// zigzag position of the block's last coefficient that is not zero.
#[inline]
pub(super) fn transform(
    block: &[i16; 64],
    last: usize,
    side: usize,
    out: &mut [u8],
    stride: usize,
) -> Result<(), ImageError> {
    if last == 0 {
        let mut limit = Limit::default();
        let value = limit.sample((i32::from(block[0]) * 4 + 16) >> 5);
        for y in 0..side {
            out[y * stride..][..side].fill(value);
        }
        return limit.check();
    }
    match side {
        8 => full(block, out, stride),
        4 => half(block, out, stride),
        _ => quarter(block, out, stride),
    }
}

/// Gathers whether a value was beyond what an image of 8 bits has.
#[derive(Default)]
struct Limit {
    beyond: i32,
}

impl Limit {
    #[inline(always)]
    fn column(&mut self, value: i32) -> i16 {
        self.beyond |= (COLUMN_MAX - value) | (COLUMN_MAX + value);
        value as i16
    }

    /// A sample whose zero is in the middle.
    #[inline(always)]
    fn sample(&mut self, value: i32) -> u8 {
        self.beyond |= (511 - value) | (value + 512);
        (value + 128).clamp(0, 255) as u8
    }

    fn check(self) -> Result<(), ImageError> {
        if self.beyond >= 0 { Ok(()) } else { Err(ImageError::Corrupt) }
    }
}

#[inline(always)]
fn descale(value: i32, bits: u32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}

/// A product of 16 bits each, which processors have for many at once.
#[inline(always)]
fn times(value: i16, constant: i16) -> i32 {
    i32::from(value) * i32::from(constant)
}

/// Eight values of a column or row, scaled up by `CONST_BITS` (Loeffler, Ligtenberg, Moschytz 1989).
/// Sums of two values are within 16 bits.
#[inline(always)]
fn eight(v: [i16; 8]) -> [i32; 8] {
    let tmp2 = times(v[2], 4433) + times(v[6], 4433 - 15137);
    let tmp3 = times(v[2], 4433 + 6270) + times(v[6], 4433);
    let tmp0 = i32::from(v[0] + v[4]) << CONST_BITS;
    let tmp1 = i32::from(v[0] - v[4]) << CONST_BITS;
    let even = [tmp0 + tmp3, tmp1 + tmp2, tmp1 - tmp2, tmp0 - tmp3];

    let (z3, z4) = (v[7] + v[3], v[5] + v[1]);
    let (z3, z4) =
        (times(z3, 9633 - 16069) + times(z4, 9633), times(z3, 9633) + times(z4, 9633 - 3196));
    let odd = [
        times(v[1], 12299 - 7373) + times(v[7], -7373) + z4,
        times(v[3], 25172 - 20995) + times(v[5], -20995) + z3,
        times(v[5], 16819 - 20995) + times(v[3], -20995) + z4,
        times(v[7], 2446 - 7373) + times(v[1], -7373) + z3,
    ];
    [
        even[0] + odd[0],
        even[1] + odd[1],
        even[2] + odd[2],
        even[3] + odd[3],
        even[3] - odd[3],
        even[2] - odd[2],
        even[1] - odd[1],
        even[0] - odd[0],
    ]
}

/// The loops run over eight columns, then eight rows, at once: so compilers vectorise them.
fn full(block: &[i16; 64], out: &mut [u8], stride: usize) -> Result<(), ImageError> {
    let mut limit = Limit::default();
    let rows = block.as_chunks::<8>().0;
    let mut columns = [[0i16; 8]; 8];
    for x in 0..8 {
        let column = eight(std::array::from_fn(|y| rows[y][x]));
        for y in 0..8 {
            columns[y][x] = limit.column(descale(column[y], CONST_BITS - PASS1_BITS));
        }
    }
    limit.check()?;
    let mut limit = Limit::default();
    let mut turned = [[0i16; 8]; 8];
    for y in 0..8 {
        for x in 0..8 {
            turned[x][y] = columns[y][x];
        }
    }
    let mut samples = [[0u8; 8]; 8];
    for y in 0..8 {
        let row = eight(std::array::from_fn(|x| turned[x][y]));
        for x in 0..8 {
            samples[x][y] = limit.sample(descale(row[x], CONST_BITS + PASS1_BITS + 3));
        }
    }
    for y in 0..8 {
        let out: &mut [u8] = &mut out[y * stride..][..8];
        for x in 0..8 {
            out[x] = samples[x][y];
        }
    }
    limit.check()
}

/// Four values out of eight: the fifth is too fine to be seen.
#[inline(always)]
fn four(v: [i16; 8]) -> [i32; 4] {
    let tmp0 = i32::from(v[0]) << (CONST_BITS + 1);
    let tmp2 = times(v[2], 15137) - times(v[6], 6270);
    let (even0, even1) = (tmp0 + tmp2, tmp0 - tmp2);
    let odd1 = times(v[7], -1730) + times(v[5], 11893) + times(v[3], -17799) + times(v[1], 8697);
    let odd0 = times(v[7], -4176) + times(v[5], -4926) + times(v[3], 7373) + times(v[1], 20995);
    [even0 + odd0, even1 + odd1, even1 - odd1, even0 - odd0]
}

fn half(block: &[i16; 64], out: &mut [u8], stride: usize) -> Result<(), ImageError> {
    let mut limit = Limit::default();
    let mut columns = [0i16; 32];
    for x in [0, 1, 2, 3, 5, 6, 7] {
        let v = std::array::from_fn(|y| block[y * 8 + x]);
        for (y, value) in four(v).into_iter().enumerate() {
            columns[y * 8 + x] = limit.column(descale(value, CONST_BITS - PASS1_BITS + 1));
        }
    }
    limit.check()?;
    let mut limit = Limit::default();
    for (y, row) in columns.as_chunks::<8>().0.iter().enumerate() {
        for (sample, value) in out[y * stride..][..4].iter_mut().zip(four(*row)) {
            *sample = limit.sample(descale(value, CONST_BITS + PASS1_BITS + 4));
        }
    }
    limit.check()
}

#[inline(always)]
fn two(v: [i16; 8]) -> [i32; 2] {
    let even = i32::from(v[0]) << (CONST_BITS + 2);
    let odd = times(v[7], -5906) + times(v[5], 6967) + times(v[3], -10426) + times(v[1], 29692);
    [even + odd, even - odd]
}

fn quarter(block: &[i16; 64], out: &mut [u8], stride: usize) -> Result<(), ImageError> {
    let mut limit = Limit::default();
    let mut columns = [0i16; 16];
    for x in [0, 1, 3, 5, 7] {
        let v = std::array::from_fn(|y| block[y * 8 + x]);
        for (y, value) in two(v).into_iter().enumerate() {
            columns[y * 8 + x] = limit.column(descale(value, CONST_BITS - PASS1_BITS + 2));
        }
    }
    limit.check()?;
    let mut limit = Limit::default();
    for (y, row) in columns.as_chunks::<8>().0.iter().enumerate() {
        for (sample, value) in out[y * stride..][..2].iter_mut().zip(two(*row)) {
            *sample = limit.sample(descale(value, CONST_BITS + PASS1_BITS + 5));
        }
    }
    limit.check()
}
