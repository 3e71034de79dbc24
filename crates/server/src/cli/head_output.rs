//! What the commands that train a head share: what the backbone saw before, and where the head is written.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use verax_lab::feature_cache::FeatureCache;
use verax_lab::heads::{HeadRow, head_file};
use verax_vision::backbone::Backbone;

use super::eval_documents::print_rates;
use super::output::print_line;
use super::progress::Progress;

#[derive(Debug, Args)]
pub struct HeadOutput {
    /// The file that is written.
    #[arg(long, value_name = "FILE.json")]
    out: PathBuf,
    /// Remembers what the backbone sees of each image in this file.
    #[arg(long, value_name = "FILE")]
    cache: Option<PathBuf>,
    /// Images that are measured at once.
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
}

/// The backbone, or the error that says how to get it.
pub fn needed(backbone: Option<Backbone>) -> Result<Backbone> {
    backbone.context("training needs the backbone, which is not installed: `verax models install`")
}

impl HeadOutput {
    /// `seen_by`: the backbone's digest, and what else the features depend on.
    pub fn cache(&self, seen_by: &str) -> Result<FeatureCache> {
        let named = || self.cache.iter().map(|file| file.display().to_string()).collect::<String>();
        FeatureCache::open(self.cache.as_deref(), seen_by)
            .with_context(|| format!("the cache {} cannot be used", named()))
    }

    /// Trains on the rows, writes the head, and prints what it is worth. `held_out`: what a source is called.
    pub fn train(
        &self,
        check: &str,
        backbone: &Backbone,
        rows: &[HeadRow],
        held_out: &str,
        progress: Progress,
    ) -> Result<()> {
        progress.phase("training");
        let head =
            head_file(check, backbone.digest(), rows, self.threads).map_err(anyhow::Error::msg)?;
        drop(progress);
        std::fs::write(&self.out, head.to_json()?)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        let (count, file) = (rows.len(), self.out.display());
        print_line(format_args!("{count} images, {file}; on {held_out} held out whole:"))?;
        print_rates(&head.manifest.measured)
    }
}
