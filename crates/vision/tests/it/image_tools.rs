//! The command-line tools of libjpeg-turbo and libwebp, which judge our decoders.

use std::io::Write;
use std::process::{Command, Stdio};

/// What a tool wrote. It fails when the tool is missing: the comparison is never skipped.
pub struct Answer {
    pub bytes: Vec<u8>,
    /// What it warned of.
    pub warnings: String,
    pub succeeded: bool,
}

pub fn run(tool: &str, arguments: &[&str], input: &[u8]) -> Answer {
    let started = Command::new(tool)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.unwrap_or_else(|error| {
        panic!("{tool}: {error}; install libjpeg-turbo-progs and webp (.ci/run does)")
    });
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A tool that has seen enough closes its input.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Answer {
        bytes: output.stdout,
        warnings: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        succeeded: output.status.success(),
    }
}

/// A tool that must succeed.
pub fn make(tool: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let answer = run(tool, arguments, input);
    assert!(answer.succeeded, "{tool} {arguments:?}: {}", answer.warnings);
    answer.bytes
}

/// A PPM or PGM file.
pub struct Netpbm {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

pub fn ppm(width: usize, height: usize, rgb: &[u8]) -> Vec<u8> {
    let mut file = format!("P6\n{width} {height}\n255\n").into_bytes();
    file.extend(rgb);
    file
}

/// `None` when it is not whole.
pub fn read_netpbm(file: &[u8]) -> Option<Netpbm> {
    let mut at = 0;
    let mut words = Vec::new();
    while words.len() < 4 {
        let length = file.get(at..)?.iter().position(u8::is_ascii_whitespace)?;
        words.push(std::str::from_utf8(&file[at..at + length]).ok()?);
        at += length + 1;
    }
    let (width, height) = (words[1].parse().ok()?, words[2].parse().ok()?);
    let samples = file.get(at..)?;
    let rgb: Vec<u8> = match words[0] {
        "P6" => samples.to_vec(),
        "P5" => samples.iter().flat_map(|grey| [*grey; 3]).collect(),
        _ => return None,
    };
    (rgb.len() == width * height * 3).then_some(Netpbm { width, height, rgb })
}

/// The largest difference of a sample.
pub fn difference(ours: &[u8], theirs: &[u8]) -> u8 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// Drawn: smooth colours, hard edges and noise.
pub fn drawn(width: usize, height: usize) -> Vec<u8> {
    let mut seed = 0x2545_F491u32;
    let mut noise = || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        (seed >> 24) as usize % 24
    };
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let block = (x / 11 + y / 7) % 3;
            let smooth = [x * 255 / width, y * 255 / height, (x + y) * 127 / (width + height) + 40];
            for (channel, value) in smooth.into_iter().enumerate() {
                let value = if block == channel { 235 - value / 2 } else { value };
                rgb.push((value + noise()).min(255) as u8);
            }
        }
    }
    rgb
}
