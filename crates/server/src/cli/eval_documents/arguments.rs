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
    /// Trains each check once per source without it, and judges that source. Checks whose attacks
    /// come from fewer than two sources are left out.
    #[arg(long)]
    pub leave_one_source_out: bool,
    /// Adds so many simulated captures (each shown, printed, edited and left alone) of the genuine
    /// images and of drawn cards; without leaving sources out, they alone are judged.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub simulated: usize,
    /// Folder of screen.json, print.json, portrait.json and digital.json instead of the shipped ones.
    #[arg(long, value_name = "DIR")]
    pub weights: Option<PathBuf>,
    /// Images that are read and measured at once.
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
    /// Where the random numbers of simulations begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}
