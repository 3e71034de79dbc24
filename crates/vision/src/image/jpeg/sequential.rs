//! Sequential scans: each block comes whole.

use super::bits::Bits;
use super::decoder::Decoder;
use super::huffman::HuffmanTable;
use super::idct::{self, NATURAL_ORDER};
use super::planes::Planes;
use super::scan::Scan;
use crate::image::ImageError;

pub(super) fn decode(
    decoder: &Decoder,
    scan: &Scan,
    planes: &mut Planes,
    data: &[u8],
) -> Result<usize, ImageError> {
    let frame = decoder.frame.as_ref().ok_or(ImageError::Corrupt)?;
    let mut tables = Vec::new();
    for component in &scan.components {
        let dc = HuffmanTable::of(decoder.dc[component.dc_table].as_ref())?;
        let ac = HuffmanTable::of(decoder.ac[component.ac_table].as_ref())?;
        let plane = &mut planes.planes[component.index];
        // A component that comes twice would be what each viewer makes of it.
        if !dc.is_for_dc() || plane.bits_missing == [0; 64] {
            return Err(ImageError::Corrupt);
        }
        let quantisation = plane.quantisation.ok_or(ImageError::Corrupt)?;
        plane.bits_missing = [0; 64];
        tables.push((component.index, dc, ac, quantisation));
    }
    let mut predictions = [0i32; 4];
    let restart = |predictions: &mut [i32; 4]| *predictions = [0; 4];
    let interval = decoder.restart_interval;
    scan.for_each_block(
        frame,
        interval,
        data,
        &mut predictions,
        restart,
        |predictions, bits, at, place| {
            let (index, dc, ac, quantisation) = &tables[at];
            let mut block = [0i16; 64];
            let last = read_block(bits, dc, ac, quantisation, &mut predictions[at], &mut block)?;
            planes.planes[*index].put_block(place, &block, last)
        },
    )
}

/// Reads and dequantises a block; returns the zigzag position of its last coefficient.
#[inline(always)]
fn read_block(
    bits: &mut Bits,
    dc: &HuffmanTable,
    ac: &HuffmanTable,
    quantisation: &[u16; 64],
    prediction: &mut i32,
    block: &mut [i16; 64],
) -> Result<usize, ImageError> {
    bits.refill();
    let size = dc.symbol(bits)?;
    *prediction = prediction.wrapping_add(bits.signed(u32::from(size)));
    block[0] = idct::dequantised(*prediction, quantisation[0])?;
    let (mut k, mut last) = (1, 0);
    while k < 64 {
        bits.refill();
        let value = match ac.short_coefficient(bits) {
            Some((run, value)) => {
                k += run;
                value
            }
            None => {
                let symbol = ac.symbol(bits)?;
                let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
                if size == 0 {
                    if run != 15 {
                        break;
                    }
                    k += 16;
                    continue;
                }
                k += run;
                bits.signed(size)
            }
        };
        if k > 63 {
            bits.check()?;
            return Err(ImageError::Corrupt);
        }
        let at = NATURAL_ORDER[k];
        block[at] = idct::dequantised(value, quantisation[at])?;
        last = k;
        k += 1;
    }
    Ok(last)
}
