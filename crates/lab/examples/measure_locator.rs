//! How well a locator finds labelled documents: intersection over union of its quad and theirs, its
//! confidence, and the colour that the document in it has beside the light's.
//!
//! `measure_locator LOCATOR.onnx QUADS.csv [TYPE,…]`: lines of `path,x0,y0,…,x3,y3`, corners
//! clockwise; of those types (the first folder of the path) alone where some are named. With a folder
//! in place of the CSV: in how many images below it a document is found.
#![expect(clippy::unwrap_used, reason = "a tool for developers may stop where it stands")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use verax_vision::document::{Locator, Quad, chroma_residual};
use verax_vision::image::{DecodeLimits, Image};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let locator = Locator::load(std::fs::read(&arguments[0]).unwrap()).unwrap();
    let labels = Path::new(&arguments[1]);
    if labels.is_dir() {
        return count_found(&locator, labels);
    }
    let types: Vec<&str> =
        arguments.get(2).map(|types| types.split(',').collect()).unwrap_or_default();
    let (mut overlaps, mut found, mut spent) = (Vec::new(), 0, Vec::new());
    for line in std::fs::read_to_string(labels).unwrap().lines().skip(1) {
        let (path, numbers) = line.split_once(',').unwrap();
        if !types.is_empty() && !types.contains(&path.split('/').next().unwrap()) {
            continue;
        }
        let numbers: Vec<f32> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
        let expected = Quad { corners: [0, 1, 2, 3].map(|i| (numbers[2 * i], numbers[2 * i + 1])) };
        let image = read(&labels.with_file_name(path));
        let started = Instant::now();
        let located = locator.locate(&image);
        spent.push(started.elapsed().as_secs_f64() * 1e3);
        let overlap = located.map_or(0.0, |it| it.quad.overlap(&expected));
        let confidence = located.map_or(0.0, |it| it.confidence);
        let chroma = located.and_then(|it| chroma_residual(&image, &it.quad)).unwrap_or(f32::NAN);
        println!("{overlap:.3} {confidence:.3} {chroma:.2} {path}");
        found += usize::from(located.is_some());
        overlaps.push(overlap);
    }
    spent.sort_by(f64::total_cmp);
    let share = |least: f32| {
        let of = overlaps.iter().filter(|overlap| **overlap >= least).count();
        format!("{of} ({:.1} %)", 100.0 * of as f64 / overlaps.len() as f64)
    };
    println!(
        "{} images, found in {found}; IoU >= 0.7 {}, >= 0.8 {}, >= 0.9 {}; median {:.1} ms",
        overlaps.len(),
        share(0.7),
        share(0.8),
        share(0.9),
        spent[spent.len() / 2]
    );
}

fn read(path: &Path) -> Image {
    let limits = DecodeLimits { side_px_min: 32, ..DecodeLimits::default() };
    Image::decode(&std::fs::read(path).unwrap(), &limits).unwrap()
}

fn count_found(locator: &Locator, folder: &Path) {
    let mut files = files_below(folder);
    files.sort();
    let mut found = 0;
    for file in &files {
        let image = read(file);
        if let Some(located) = locator.locate(&image) {
            found += 1;
            let share = located.quad.area() / (image.width * image.height) as f32;
            let chroma = chroma_residual(&image, &located.quad).unwrap_or(f32::NAN);
            println!("{:.3} {share:.2} {chroma:.2} {}", located.confidence, file.display());
        }
    }
    println!("{found} of {}", files.len());
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
