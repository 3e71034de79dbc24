//! Progressive scans: the coefficients of all blocks come band by band and bit by bit (T.81, annex G).

use super::bits::Bits;
use super::decoder::Decoder;
use super::huffman::{HuffmanCode, HuffmanTable};
use super::idct::{self, NATURAL_ORDER};
use super::planes::{NOT_SENT, Plane, Planes};
use super::scan::{Scan, ScanComponent};
use crate::image::ImageError;

struct State {
    predictions: [i32; 4],
    /// Blocks still to come without a new coefficient in this band.
    empty_blocks: u32,
}

/// Reads what a scan brings of a block; its component is told by its position in the scan.
type ReadBlock<'a> =
    dyn FnMut(&mut State, &mut Bits, usize, &mut [i16]) -> Result<(), ImageError> + 'a;

pub(super) fn decode(
    decoder: &Decoder,
    scan: &Scan,
    planes: &mut Planes,
    data: &[u8],
) -> Result<usize, ImageError> {
    let frame = decoder.frame.as_ref().ok_or(ImageError::Corrupt)?;
    note_bits(scan, planes)?;
    let mut state = State { predictions: [0; 4], empty_blocks: 0 };
    let interval = decoder.restart_interval;
    let restart = |state: &mut State| *state = State { predictions: [0; 4], empty_blocks: 0 };
    let low = scan.low;
    let planes = &mut planes.planes;
    let indices: Vec<usize> = scan.components.iter().map(|component| component.index).collect();
    let mut each = |read: &mut ReadBlock| {
        scan.for_each_block(
            frame,
            interval,
            data,
            &mut state,
            restart,
            |state, bits, at, (x, y)| {
                let plane = &mut planes[indices[at]];
                let from = (y * plane.blocks_across + x) * 64;
                read(state, bits, at, &mut plane.coefficients[from..from + 64])
            },
        )
    };
    match (scan.from, scan.high) {
        (0, 0) => {
            let dc = tables(scan, &decoder.dc, |component| component.dc_table)?;
            if !dc.iter().all(HuffmanTable::is_for_dc) {
                return Err(ImageError::Corrupt);
            }
            each(&mut |state, bits, at, block| {
                bits.refill();
                let size = dc[at].symbol(bits)?;
                let prediction = &mut state.predictions[at];
                *prediction = prediction.wrapping_add(bits.signed(u32::from(size)));
                block[0] = scaled(*prediction, low)?;
                Ok(())
            })
        }
        (0, _) => each(&mut |_, bits, _, block| {
            bits.refill();
            block[0] |= (bits.take(1) as i16) << low;
            Ok(())
        }),
        (_, 0) => {
            let ac = tables(scan, &decoder.ac, |component| component.ac_table)?;
            each(&mut |state, bits, at, block| first_ac(state, bits, &ac[at], scan, block))
        }
        _ => {
            let ac = tables(scan, &decoder.ac, |component| component.ac_table)?;
            each(&mut |state, bits, at, block| refine_ac(state, bits, &ac[at], scan, block))
        }
    }
}

/// Checks that the scan brings the bits that come next, and notes them. libjpeg only warns where it
/// does not, and what is shown then depends on the viewer.
fn note_bits(scan: &Scan, planes: &mut Planes) -> Result<(), ImageError> {
    let band_is_right = match scan.from {
        0 => scan.until == 0,
        from => from <= scan.until && scan.until < 64 && scan.components.len() == 1,
    };
    let bits_are_right = scan.low <= 13 && (scan.high == 0 || scan.high == scan.low + 1);
    if !band_is_right || !bits_are_right {
        return Err(ImageError::Corrupt);
    }
    let before = if scan.high == 0 { NOT_SENT } else { scan.high };
    for component in &scan.components {
        let missing = &mut planes.planes[component.index].bits_missing;
        if scan.from > 0 && missing[0] == NOT_SENT {
            return Err(ImageError::Corrupt);
        }
        for bits in &mut missing[scan.from..=scan.until] {
            if *bits != before {
                return Err(ImageError::Corrupt);
            }
            *bits = scan.low;
        }
    }
    Ok(())
}

fn tables(
    scan: &Scan,
    slots: &[Option<HuffmanCode>; 4],
    slot: fn(&ScanComponent) -> usize,
) -> Result<Vec<HuffmanTable>, ImageError> {
    let codes = scan.components.iter().map(|component| slots[slot(component)].as_ref());
    codes.map(HuffmanTable::of).collect()
}

fn scaled(value: i32, low: u8) -> Result<i16, ImageError> {
    i16::try_from(i64::from(value) << low).map_err(|_| ImageError::Corrupt)
}

fn first_ac(
    state: &mut State,
    bits: &mut Bits,
    table: &HuffmanTable,
    scan: &Scan,
    block: &mut [i16],
) -> Result<(), ImageError> {
    if state.empty_blocks > 0 {
        state.empty_blocks -= 1;
        return Ok(());
    }
    let mut k = scan.from;
    while k <= scan.until {
        bits.refill();
        let symbol = table.symbol(bits)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run < 15 {
                state.empty_blocks = (1 << run) - 1 + bits.take(run as u32);
                break;
            }
            k += 16;
            continue;
        }
        k += run;
        if k > scan.until {
            bits.check()?;
            return Err(ImageError::Corrupt);
        }
        block[NATURAL_ORDER[k]] = scaled(bits.signed(size), scan.low)?;
        k += 1;
    }
    Ok(())
}

fn refine_ac(
    state: &mut State,
    bits: &mut Bits,
    table: &HuffmanTable,
    scan: &Scan,
    block: &mut [i16],
) -> Result<(), ImageError> {
    let one = 1i16 << scan.low;
    let mut k = scan.from;
    if state.empty_blocks == 0 {
        while k <= scan.until {
            bits.refill();
            let symbol = table.symbol(bits)?;
            let (mut run, size) = (symbol >> 4, symbol & 15);
            let mut new = 0;
            match size {
                0 if run < 15 => {
                    state.empty_blocks = (1 << run) + bits.take(u32::from(run));
                    break;
                }
                0 => {}
                1 => new = if bits.take(1) == 1 { one } else { -one },
                _ => return Err(ImageError::Corrupt),
            }
            // Over `run` coefficients that are still zero; those that are not get their next bit.
            while k <= scan.until {
                let coefficient = &mut block[NATURAL_ORDER[k]];
                if *coefficient != 0 {
                    refine(bits, coefficient, one);
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                k += 1;
            }
            if new != 0 {
                if k > scan.until {
                    bits.check()?;
                    return Err(ImageError::Corrupt);
                }
                block[NATURAL_ORDER[k]] = new;
            }
            k += 1;
        }
    }
    if state.empty_blocks > 0 {
        for at in &NATURAL_ORDER[k..=scan.until] {
            if block[*at] != 0 {
                refine(bits, &mut block[*at], one);
            }
        }
        state.empty_blocks -= 1;
    }
    Ok(())
}

#[inline(always)]
fn refine(bits: &mut Bits, coefficient: &mut i16, one: i16) {
    bits.refill();
    if bits.take(1) == 1 && *coefficient & one == 0 {
        *coefficient = coefficient.wrapping_add(if *coefficient >= 0 { one } else { -one });
    }
}

/// Dequantises and transforms the blocks, and frees the coefficients.
pub(super) fn transform(
    plane: &mut Plane,
    (across, down): (usize, usize),
) -> Result<(), ImageError> {
    let coefficients = std::mem::take(&mut plane.coefficients);
    let quantisation = plane.quantisation.ok_or(ImageError::Corrupt)?;
    plane.samples = vec![0; plane.blocks_across * plane.blocks_down * plane.block_px.pow(2)];
    for y in 0..down {
        for x in 0..across {
            let from = (y * plane.blocks_across + x) * 64;
            let mut block = [0; 64];
            let mut last = 0;
            for (k, at) in NATURAL_ORDER.into_iter().enumerate() {
                let coefficient = coefficients[from + at];
                if coefficient != 0 {
                    block[at] = idct::dequantised(i32::from(coefficient), quantisation[at])?;
                    last = k;
                }
            }
            plane.put_block((x, y), &block, last)?;
        }
    }
    Ok(())
}
