//! How a JPEG stores colours, and how they become RGB, with libjpeg's rounding.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    YCbCr,
    Rgb,
    /// Inks, stored inverted: so do all who write them, and viewers know.
    Cmyk,
    /// The same, with the first three as YCbCr.
    Ycck,
}

/// Pixels that are converted at once.
pub(super) const RUN: usize = 64;

/// JFIF's YCbCr. `out` holds three bytes a pixel; the rows are longer by at least `RUN` samples.
pub(super) fn from_ycbcr(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    let runs = |row| <[u8]>::as_chunks::<RUN>(row).0;
    for (((y, cb), cr), out) in
        runs(y).iter().zip(runs(cb)).zip(runs(cr)).zip(out.chunks_mut(RUN * 3))
    {
        let (mut r, mut g, mut b) = ([0; RUN], [0; RUN], [0; RUN]);
        // Separate channels in 16 bits: compilers vectorise that.
        for at in 0..RUN {
            let luma = i16::from(y[at]);
            let (cb, cr) = (i16::from(cb[at]) - 128, i16::from(cr[at]) - 128);
            r[at] = clamped(luma + cr + share(cr, 26_345));
            g[at] = clamped(luma - cr + green(cb, cr));
            b[at] = clamped(luma + 2 * cb + share(cb, -14_942));
        }
        interleave(&r, &g, &b, out);
    }
}

#[inline(always)]
fn clamped(value: i16) -> u8 {
    value.clamp(0, 255) as u8
}

/// `value * part / 65536`, rounded: 1.402 is 1 + 26345 / 65536, and 1.772 is 2 - 14942 / 65536.
#[inline(always)]
fn share(value: i16, part: i16) -> i16 {
    let twice = (i32::from(2 * value) * i32::from(part)) >> 16;
    (twice as i16 + 1) >> 1
}

/// -0.344136 Cb - 0.714136 Cr, without the whole -1 Cr.
#[inline(always)]
fn green(cb: i16, cr: i16) -> i16 {
    ((i32::from(cb) * -22_554 + i32::from(cr) * 18_734 + 32_768) >> 16) as i16
}

pub(super) fn interleave(r: &[u8], g: &[u8], b: &[u8], out: &mut [u8]) {
    for (((r, g), b), out) in r.iter().zip(g).zip(b).zip(out.as_chunks_mut::<3>().0) {
        *out = [*r, *g, *b];
    }
}

/// Inverted inks to light: `out` holds what the three others leave over, and black takes its part.
pub(super) fn with_black(k: &[u8], out: &mut [u8]) {
    for (k, pixel) in k.iter().zip(out.as_chunks_mut::<3>().0) {
        *pixel = pixel.map(|light| ((u16::from(light) * u16::from(*k) + 127) / 255) as u8);
    }
}
