//! What an evaluation of document checks is asked for.

use std::path::PathBuf;

use clap::Args;

/// Error rates of the document checks on images sorted by source and label.
#[derive(Debug, Args)]
pub struct EvalDocuments {
    /// Folder of `<source>/<label>/image`; labels are genuine, screen, print, tampered, forged. A source
    /// with a `quads.csv` (`path,x0,y0,…,x3,y3`: corners clockwise) also tells how well documents are found.
    pub folder: PathBuf,
    /// One JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Writes an error trade-off figure.
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
    /// Trains the screen check once per source without it, and judges that source: weights, calibration and thresholds
    /// know nothing of it. The other checks are as they are shipped. Needs the backbone.
    #[arg(long)]
    pub leave_one_source_out: bool,
    /// Remembers what the backbone sees of each image in this file, so that a second run takes minutes.
    #[arg(long, value_name = "FILE", requires = "leave_one_source_out")]
    pub cache: Option<PathBuf>,
    /// Judges so many simulated captures (each shown on a screen, with another portrait, and left alone) of the genuine
    /// images and of drawn cards instead.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "leave_one_source_out")]
    pub simulated: usize,
    /// Folder of screen.json, portrait.json, screen-head.json and print-head.json; those that it lacks are the shipped
    /// ones.
    #[arg(long, value_name = "DIR")]
    pub weights: Option<PathBuf>,
    /// Images that are read and measured at once.
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
    /// Where the random numbers of simulations begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}
