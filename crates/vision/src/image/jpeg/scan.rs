//! A scan: which components it holds, which of their coefficients, and in which order.

use super::bits::Bits;
use super::frame::Frame;
use crate::image::ImageError;

pub(super) struct ScanComponent {
    /// In the frame.
    pub index: usize,
    pub dc_table: usize,
    pub ac_table: usize,
    pub quantisation: usize,
}

/// The header of a scan (T.81, B.2.3).
pub(super) struct Scan {
    pub components: Vec<ScanComponent>,
    /// The first and last coefficient, in zigzag order.
    pub from: usize,
    pub until: usize,
    /// The bit above, and the lowest that this scan brings.
    pub high: u8,
    pub low: u8,
}

impl Scan {
    pub fn read(payload: &[u8], frame: &Frame) -> Result<Scan, ImageError> {
        let corrupt = ImageError::Corrupt;
        let [count, rest @ ..] = payload else { return Err(corrupt) };
        let count = usize::from(*count);
        let (entries, rest) = rest.split_at_checked(count * 2).ok_or(corrupt.clone())?;
        let [from, until, bits] = rest else { return Err(corrupt) };
        let mut components: Vec<ScanComponent> = Vec::new();
        for entry in entries.chunks_exact(2) {
            let index = frame.components.iter().position(|component| component.name == entry[0]);
            let index = index.ok_or(corrupt.clone())?;
            let (dc_table, ac_table) = (usize::from(entry[1] >> 4), usize::from(entry[1] & 15));
            // Components come in the order of the frame, each once.
            if dc_table > 3 || ac_table > 3 || components.last().is_some_and(|c| c.index >= index) {
                return Err(corrupt);
            }
            let quantisation = frame.components[index].quantisation;
            components.push(ScanComponent { index, dc_table, ac_table, quantisation });
        }
        let blocks: usize = components
            .iter()
            .map(|component| &frame.components[component.index])
            .map(|component| component.h * component.v)
            .sum();
        if components.is_empty() || (components.len() > 1 && blocks > 10) {
            return Err(corrupt);
        }
        Ok(Scan {
            components,
            from: usize::from(*from),
            until: usize::from(*until),
            high: bits >> 4,
            low: bits & 15,
        })
    }

    /// Calls `block` for every block in the order in which they come, with the position of its
    /// component in the scan and its place; and `restart` whenever the predictions begin anew.
    /// Returns where the scan ends.
    pub fn for_each_block<S>(
        &self,
        frame: &Frame,
        restart_interval: usize,
        data: &[u8],
        state: &mut S,
        restart: impl Fn(&mut S),
        mut block: impl FnMut(&mut S, &mut Bits, usize, (usize, usize)) -> Result<(), ImageError>,
    ) -> Result<usize, ImageError> {
        let mut bits = Bits::new(data);
        let one = match &self.components[..] {
            [alone] => Some(frame.blocks(&frame.components[alone.index])),
            _ => None,
        };
        // One component alone comes block by block, without any that fill up MCUs.
        let (across, down) = one.unwrap_or_else(|| frame.mcus());
        let shape: Vec<(usize, usize)> = self
            .components
            .iter()
            .map(|component| &frame.components[component.index])
            .map(|component| if one.is_some() { (1, 1) } else { (component.h, component.v) })
            .collect();
        let (mut until_restart, mut number) = (restart_interval, 0);
        for mcu_y in 0..down {
            for mcu_x in 0..across {
                if restart_interval > 0 {
                    if until_restart == 0 {
                        bits.restart(number)?;
                        restart(state);
                        number = (number + 1) % 8;
                        until_restart = restart_interval;
                    }
                    until_restart -= 1;
                }
                for (position, (h, v)) in shape.iter().enumerate() {
                    for y in 0..*v {
                        for x in 0..*h {
                            let place = (mcu_x * h + x, mcu_y * v + y);
                            if let Err(error) = block(state, &mut bits, position, place) {
                                // Zeros after the end may look like damage.
                                bits.check()?;
                                return Err(error);
                            }
                        }
                    }
                }
            }
            bits.check()?;
        }
        bits.end()
    }
}
