//! `verax train documents DIR…`: a head for a document check from images of one's own.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use verax_domain::document_check::DocumentCheck;
use verax_lab::heads::head_rows;
use verax_vision::backbone::Backbone;

use super::eval_documents::read_images;
use super::head_output::{HeadOutput, needed};
use super::output::print_line;
use super::progress::Progress;

/// Trains a check on photographs of one's own, and says what it is worth on sources held out.
///
/// The settings `documents.screen_head` and `documents.print_head` name the file for the server.
#[derive(Debug, Args)]
pub struct TrainDocuments {
    /// Folders of `<source>/<label>/image`: a source is a photographer with a phone, screens or a printer; labels are
    /// genuine, screen and print. At least three sources with attacks and three with genuine images.
    #[arg(required = true, value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// The check that learns.
    #[arg(long)]
    pub check: Trained,
    #[command(flatten)]
    pub output: HeadOutput,
}

/// The checks that a head can be trained for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Trained {
    /// Photographs of a screen (label screen).
    Screen,
    /// Printed copies, in colour too (label print).
    Print,
}

impl From<Trained> for DocumentCheck {
    fn from(trained: Trained) -> Self {
        match trained {
            Trained::Screen => DocumentCheck::ScreenReplay,
            Trained::Print => DocumentCheck::PrintedCopy,
        }
    }
}

pub fn run(args: &TrainDocuments, backbone: Option<Backbone>) -> Result<()> {
    let backbone = needed(backbone)?;
    let threads = args.output.threads;
    let mut images = Vec::new();
    for folder in &args.folders {
        let (read, unreadable) = read_images(folder, threads).map_err(anyhow::Error::msg)?;
        for file in unreadable {
            print_line(format_args!("left out {}: {}", file.file, file.reason))?;
        }
        images.extend(read);
    }
    ensure!(!images.is_empty(), "no images in <source>/<label>/ that can be read");
    let mut cache = args.output.cache(backbone.digest())?;
    let check = DocumentCheck::from(args.check);
    let progress = Progress::of_items("looking", images.len());
    let rows = head_rows(check, &images, &backbone, &mut cache, threads, || progress.add(1))?;
    let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    args.output.train(check.entry().short_name, &backbone, &rows, "sources", progress)
}
