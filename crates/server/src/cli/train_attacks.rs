//! `verax train attacks DIR`: a detector of presentation attacks from images of one's own.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use verax_lab::feature_cache::FeatureCache;
use verax_lab::heads::{HeadRow, SOURCES_MIN};
use verax_lab::labelled_files::labelled_files;
use verax_vision::backbone::Backbone;
use verax_vision::faces::{AttackHead, FaceEngine, FaceError, ModelBytes};

use super::head_output::{HeadOutput, needed};
use super::output::print_line;
use super::progress::Progress;
use crate::installed_models::sha256_hex;

/// Trains a detector of presentation attacks on images of one's own, and says what it is worth on people held out.
///
/// The setting `models.face_attack_head` names the file for the server.
#[derive(Debug, Args)]
pub struct TrainAttacks {
    /// A folder with `genuine/<person>/image` and `attack-…/<person>/image`, a folder an attack type: who has the same
    /// name in several is one person. At least three people who are genuine, and three who are attacked.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub output: HeadOutput,
}

/// An image of the folder.
struct Labelled {
    path: PathBuf,
    /// `genuine` or the name of the attack type.
    kind: String,
    person: String,
}

impl Labelled {
    fn is_attack(&self) -> bool {
        self.kind != GENUINE
    }
}

const GENUINE: &str = "genuine";
/// Files that are held in memory at once.
const PART: usize = 64;

pub fn run(args: &TrainAttacks, models: ModelBytes, backbone: Option<Backbone>) -> Result<()> {
    let images = labelled(&args.dir)?;
    check_people(images.iter().map(|image| (image.person.as_str(), image.is_attack())))?;
    let backbone = needed(backbone)?;
    let detector = models.face_detector.as_deref().map(sha256_hex);
    let detector = detector.context(
        "training needs the face detector, which is not installed: `verax models install`",
    )?;
    let engine = FaceEngine::load(ModelBytes { face_attack: None, ..models })
        .context("cannot load the models")?;
    let seen_by = format!("{} of faces 1 by {detector}", backbone.digest());
    let mut cache = args.output.cache(&seen_by)?;
    let progress = Progress::of_items("looking", images.len());
    let (rows, left_out) =
        rows_of(&images, &engine, &backbone, &mut cache, args.output.threads, || progress.add(1))?;
    for path in left_out {
        let path = path.display();
        print_line(format_args!(
            "left out {path}: not readable, no face, or one too close or tilted"
        ))?;
    }
    check_people(rows.iter().map(|row| (row.source.as_str(), row.attack)))?;
    args.output.train(AttackHead::CHECK, &backbone, &rows, "people", progress)
}

fn labelled(dir: &Path) -> Result<Vec<Labelled>> {
    // The layout of documents has a source above a label; here the label is above the person.
    let files = labelled_files(dir).map_err(|_| {
        anyhow::anyhow!("cannot read {}: name a folder with genuine/ and attack-…/", dir.display())
    })?;
    let images: Vec<Labelled> = (files.into_iter())
        .map(|file| Labelled { path: file.path, kind: file.source, person: file.label })
        .filter(|image| !image.is_attack() || image.kind.starts_with("attack"))
        .collect();
    ensure!(
        !images.is_empty(),
        "{} has no images in genuine/<person>/ and attack-…/<person>/",
        dir.display()
    );
    Ok(images)
}

/// People are held out whole: one is judged, and others must stand for strangers.
fn check_people<'a>(images: impl Iterator<Item = (&'a str, bool)>) -> Result<()> {
    let images: Vec<_> = images.collect();
    for (attack, folder) in [(false, "genuine/"), (true, "attack-…/")] {
        let of = images.iter().filter(|(_, is_attack)| *is_attack == attack);
        let people = of.map(|(person, _)| *person).collect::<BTreeSet<_>>().len();
        if people < SOURCES_MIN {
            bail!(
                "{folder} has images of {people} people that can be measured: at least {SOURCES_MIN} are needed, each \
                 with a folder: {folder}<person>/image"
            );
        }
    }
    Ok(())
}

/// What teaches, and the files that could not be measured.
fn rows_of<'a>(
    images: &'a [Labelled],
    engine: &FaceEngine,
    backbone: &Backbone,
    cache: &mut FeatureCache,
    threads: usize,
    each: impl Fn() + Sync,
) -> Result<(Vec<HeadRow>, Vec<&'a Path>)> {
    let (mut rows, mut left_out) = (Vec::new(), Vec::new());
    for part in images.chunks(PART) {
        // What cannot be read is no image, and is named with the others.
        let bytes: Vec<Vec<u8>> =
            part.iter().map(|image| std::fs::read(&image.path).unwrap_or_default()).collect();
        let features = cache.measured(&bytes, threads, &each, |image| {
            engine
                .attack_features(backbone, image)
                .map_err(|error: FaceError| io::Error::other(error))
        })?;
        for (image, features) in part.iter().zip(features) {
            let Some(features) = features else {
                left_out.push(image.path.as_path());
                continue;
            };
            rows.push(HeadRow {
                features,
                attack: image.is_attack(),
                source: image.person.clone(),
                kind: image.kind.clone(),
            });
        }
    }
    Ok((rows, left_out))
}
