//! Whether a colour profile leaves an image what it is.
//!
//! Viewers apply profiles, and the measurements do not. A profile of a camera or a screen changes
//! colours a little. One that was made for it can show another image altogether: with curves that
//! enlarge the lowest bits, or with one channel alone.

use std::collections::BTreeSet;

/// More than any device's profile has.
const TAGS_MAX: usize = 100;

/// Whether whoever applies this ICC profile sees about what the numbers are as sRGB: a matrix of
/// plausible primaries, and curves that rise about as those of real devices.
pub(super) fn is_usual(profile: &[u8]) -> bool {
    read(profile).unwrap_or(false)
}

/// `None` when the profile cannot be read.
fn read(profile: &[u8]) -> Option<bool> {
    if profile.get(36..40)? != b"acsp" {
        return None;
    }
    let count = u32_at(profile, 128)? as usize;
    let tags = profile.get(132..)?.get(..12 * count.min(TAGS_MAX + 1))?.as_chunks::<12>().0;
    let names: BTreeSet<&[u8]> = tags.iter().map(|tag| &tag[..4]).collect();
    // Of two tags of a name, which one counts depends on the viewer.
    if names.len() < tags.len() || tags.len() > TAGS_MAX {
        return Some(false);
    }
    let (mut columns, mut curves) = ([None; 3], 0);
    for tag in tags {
        let (from, length) = (u32_at(tag, 4)? as usize, u32_at(tag, 8)? as usize);
        let content = || profile.get(from..from.checked_add(length)?);
        match &tag[..4] {
            // Tables of their own, which may say anything.
            [b'A', b'2', b'B', _] | [b'D', b'2', b'B', _] => return Some(false),
            b"rXYZ" => columns[0] = Some(xyz(content()?)?),
            b"gXYZ" => columns[1] = Some(xyz(content()?)?),
            b"bXYZ" => columns[2] = Some(xyz(content()?)?),
            b"rTRC" | b"gTRC" | b"bTRC" | b"kTRC" => {
                curves += 1;
                if !is_usual_curve(content()?)? {
                    return Some(false);
                }
            }
            _ => {}
        }
    }
    Some(match profile.get(16..20)? {
        b"GRAY" => curves == 1,
        b"RGB " => curves == 3 && are_usual_primaries(columns[0]?, columns[1]?, columns[2]?),
        _ => false,
    })
}

/// From the smallest to the widest spaces in use, and for those of screens.
fn are_usual_primaries(red: [f64; 3], green: [f64; 3], blue: [f64; 3]) -> bool {
    red[0] > red[2] + 0.25
        && (0.1..0.45).contains(&red[1])
        && (0.45..0.9).contains(&green[1])
        && green[1] > green[0]
        && green[1] > green[2] + 0.3
        && blue[2] > 0.45
        && (-0.05..0.2).contains(&blue[1])
}

fn is_usual_curve(curve: &[u8]) -> Option<bool> {
    let curve: Box<dyn Fn(f64) -> f64> = match curve.get(..4)? {
        b"curv" => {
            let count = u32_at(curve, 8)? as usize;
            let entries = curve.get(12..12 + count.checked_mul(2)?)?.as_chunks::<2>().0;
            match entries {
                [] => Box::new(|x| x),
                [gamma] => {
                    let gamma = f64::from(u16::from_be_bytes(*gamma)) / 256.0;
                    Box::new(move |x| x.powf(gamma))
                }
                // All entries, not those alone that the samples below meet.
                _ if !entries.is_sorted_by_key(|entry| u16::from_be_bytes(*entry)) => {
                    return Some(false);
                }
                _ => Box::new(move |x| {
                    let at = x * (entries.len() - 1) as f64;
                    let value = |at: usize| f64::from(u16::from_be_bytes(entries[at])) / 65535.0;
                    let (below, above) = (value(at.floor() as usize), value(at.ceil() as usize));
                    below + (above - below) * at.fract()
                }),
            }
        }
        b"para" => {
            let kind = u16::from_be_bytes(*curve.get(8..)?.first_chunk()?);
            let count = *[1, 3, 4, 5, 7].get(usize::from(kind))?;
            let values =
                (0..count).map(|at| fixed(curve, 12 + 4 * at)).collect::<Option<Vec<_>>>()?;
            let part = |at: usize, missing: f64| values.get(at).copied().unwrap_or(missing);
            let (g, a, b, c) = (part(0, 1.0), part(1, 1.0), part(2, 0.0), part(3, 0.0));
            match kind {
                0 => Box::new(move |x| x.powf(g)),
                1 => Box::new(move |x| if x >= -b / a { (a * x + b).powf(g) } else { 0.0 }),
                2 => Box::new(move |x| if x >= -b / a { (a * x + b).powf(g) + c } else { c }),
                _ => {
                    let (d, e, f) = (part(4, 0.0), part(5, 0.0), part(6, 0.0));
                    Box::new(move |x| if x >= d { (a * x + b).powf(g) + e } else { c * x + f })
                }
            }
        }
        _ => return None,
    };
    let samples: Vec<f64> = (0..=255).map(|at| curve(f64::from(at) / 255.0)).collect();
    let near = |(at, value): (usize, &f64)| {
        let x = at as f64 / 255.0;
        (x.powf(3.2) - 0.02..=x.powf(0.8) + 0.02).contains(value)
    };
    let rises = samples.windows(2).all(|pair| pair[1] >= pair[0] - 1e-6);
    Some(rises && samples.iter().enumerate().all(near))
}

/// PNG's `gAMA`: the exponent of the file, times 100,000.
pub(super) fn is_usual_gamma(payload: &[u8]) -> bool {
    u32_at(payload, 0).is_some_and(|gamma| (25_000..=110_000).contains(&gamma))
}

/// PNG's `cHRM`: x and y of white, red, green and blue, times 100,000.
pub(super) fn are_usual_chromaticities(payload: &[u8]) -> bool {
    let values: Option<Vec<u32>> = (0..8).map(|at| u32_at(payload, at * 4)).collect();
    let Some([_, _, red_x, red_y, green_x, green_y, blue_x, blue_y]) = values.as_deref() else {
        return false;
    };
    *red_x > 50_000
        && (20_000..45_000).contains(red_y)
        && (10_000..40_000).contains(green_x)
        && *green_y > 45_000
        && *blue_x < 25_000
        && *blue_y < 25_000
}

/// PNG's `cICP` (ITU-T H.273): colours as displays of the usual range have them, no HDR.
pub(super) fn is_usual_coding(payload: &[u8]) -> bool {
    let [primaries, transfer, matrix, range] = payload else { return false };
    matches!(primaries, 1 | 5 | 6 | 9 | 11 | 12)
        && matches!(transfer, 1 | 4 | 5 | 6 | 13 | 14 | 15)
        && (*matrix, *range) == (0, 1)
}

fn xyz(tag: &[u8]) -> Option<[f64; 3]> {
    Some([fixed(tag, 8)?, fixed(tag, 12)?, fixed(tag, 16)?])
}

fn fixed(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from(u32_at(bytes, at)? as i32) / 65536.0)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}
