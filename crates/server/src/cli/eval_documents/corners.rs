//! How well the document is found where a source labels its corners (`quads.csv`).

use std::path::Path;

use verax_lab::labelled_files::folders_of;
use verax_lab::rates::measured_share;
use verax_lab::training::in_parallel;
use verax_vision::document::weights::MeasuredRate;
use verax_vision::document::{Locator, Quad};
use verax_vision::image::{DecodeLimits, Image};

use super::report::UnreadableFile;
use crate::cli::progress::Progress;

const LABELS: &str = "quads.csv";
/// Intersection over union of the found quad and the labelled one.
const OVERLAPS: [f32; 3] = [0.7, 0.8, 0.9];

/// A line of `<source>/quads.csv`: `path,x0,y0,x1,y1,x2,y2,x3,y3`, the path from the source's folder,
/// corners in pixels of the upright image, clockwise.
struct LabelledCorners {
    path: String,
    quad: Quad,
}

/// What was measured of the sources that label corners.
#[derive(Default)]
pub struct Corners {
    /// The name of each source, and its rates.
    pub by_source: Vec<(String, Vec<MeasuredRate>)>,
    pub unreadable: Vec<UnreadableFile>,
}

/// Looks for `quads.csv` in each source of the folder.
pub fn measure(folder: &Path, threads: usize) -> Result<Corners, String> {
    let sources =
        folders_of(folder).map_err(|e| format!("cannot read {}: {e}", folder.display()))?;
    let mut corners = Corners::default();
    for source in sources {
        let labels = source.join(LABELS);
        if labels.is_file() {
            let labelled = read_labels(&labels)?;
            measure_source(&source, &labelled, threads, &mut corners);
        }
    }
    Ok(corners)
}

fn measure_source(
    source: &Path,
    labelled: &[LabelledCorners],
    threads: usize,
    corners: &mut Corners,
) {
    let progress = Progress::of_items("locating", labelled.len());
    let overlaps = in_parallel(threads, labelled.len(), |at| {
        progress.add(1);
        let file = source.join(&labelled[at].path);
        let bytes = std::fs::read(&file).map_err(|e| UnreadableFile::new(&file, e))?;
        let image = Image::decode(&bytes, &DecodeLimits::default())
            .map_err(|e| UnreadableFile::new(&file, e))?;
        let located = Locator::shipped().locate(&image);
        Ok::<_, UnreadableFile>(located.map(|located| located.quad.overlap(&labelled[at].quad)))
    });
    drop(progress);
    let mut measured = Vec::new();
    for (one, overlap) in labelled.iter().zip(overlaps) {
        match overlap {
            // Documents of one kind go together, as photographs of one photographer do.
            Ok(overlap) => measured.push((one.path.split('/').next().unwrap_or_default(), overlap)),
            Err(file) => corners.unreadable.push(file),
        }
    }
    let found = measured.iter().map(|(kind, overlap)| (*kind, overlap.is_some()));
    let mut rates: Vec<_> = measured_share("document found", found).into_iter().collect();
    for least in OVERLAPS {
        let reached = (measured.iter())
            .map(|(kind, overlap)| (*kind, overlap.is_some_and(|overlap| overlap >= least)));
        rates.extend(measured_share(&format!("IoU of its corners >= {least}"), reached));
    }
    let name = source.file_name().map(|name| name.to_string_lossy().into_owned());
    corners.by_source.push((name.unwrap_or_default(), rates));
}

fn read_labels(file: &Path) -> Result<Vec<LabelledCorners>, String> {
    let text = std::fs::read_to_string(file)
        .map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    let lines = text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            labelled_corners(line).ok_or_else(|| {
                format!(
                    "{}, line {}: not path,x0,y0,x1,y1,x2,y2,x3,y3 with corners clockwise",
                    file.display(),
                    at + 1
                )
            })
        })
        .collect()
}

fn labelled_corners(line: &str) -> Option<LabelledCorners> {
    let (path, numbers) = line.split_once(',')?;
    let numbers: Vec<f32> =
        numbers.split(',').map(|number| number.trim().parse().ok()).collect::<Option<_>>()?;
    let numbers: [f32; 8] = numbers.try_into().ok()?;
    let corners = [0, 1, 2, 3].map(|i| (numbers[2 * i], numbers[2 * i + 1]));
    let quad = Quad { corners };
    quad.is_convex().then(|| LabelledCorners { path: path.to_owned(), quad })
}
