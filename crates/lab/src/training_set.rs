//! Labelled images to rows of features: photographs with their variants, and simulations.

use std::collections::BTreeSet;

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_findings::ImageBox;
use verax_vision::document::FeatureExtractor;
use verax_vision::document::seeded::Seeded;
use verax_vision::image::{DecodeLimits, Image};

use crate::boosting::{Origin, Row};
use crate::simulator::camera::{genuine, genuine_with_places};
use crate::simulator::cards::{Card, card};
use crate::simulator::display::screen_replay;
use crate::simulator::edits::{SAVINGS, paste};
use crate::simulator::{saved, shrunk};
use crate::training::in_parallel;

/// An image of a folder `<source>/<label>/`, label one of `genuine`, `screen`, `print`,
/// `tampered`, `forged`.
#[derive(Debug, Clone)]
pub struct LabelledImage {
    pub source: String,
    pub label: String,
    pub bytes: Vec<u8>,
}

/// Rows for each check.
#[derive(Debug, Clone, Default)]
pub struct TrainingRows {
    pub by_check: PerCheck<Vec<Row>>,
    /// Images that could not be read.
    pub unreadable: usize,
}

impl TrainingRows {
    pub fn append(&mut self, mut other: TrainingRows) {
        for check in DocumentCheck::ALL {
            self.by_check[check].append(&mut other.by_check[check]);
        }
        self.unreadable += other.unreadable;
    }

    fn push(&mut self, check: DocumentCheck, row: Row) {
        self.by_check[check].push(row);
    }
}

/// Features of every photograph, and of the same made small and saved again.
pub fn photographed_rows(images: &[LabelledImage], threads: usize) -> TrainingRows {
    let extractor = FeatureExtractor::default();
    let collections = edited_collections(images);
    let parts = in_parallel(threads, images.len(), |index| {
        let labelled = &images[index];
        let limits = DecodeLimits { side_px_min: 64, ..Default::default() };
        let Ok(image) = Image::decode(&labelled.bytes, &limits) else {
            return TrainingRows { unreadable: 1, ..Default::default() };
        };
        // Collections of edits are not photographs of one camera.
        match collections.contains(labelled.source.as_str()) {
            true => TrainingRows::default(),
            false => rows_of_photograph(&extractor, (index, labelled), &image),
        }
    });
    let mut rows = TrainingRows::default();
    parts.into_iter().for_each(|part| rows.append(part));
    rows
}

fn rows_of_photograph(
    extractor: &FeatureExtractor,
    (index, labelled): (usize, &LabelledImage),
    image: &Image,
) -> TrainingRows {
    let mut rows = TrainingRows::default();
    let row = |features: Vec<f32>, attack: bool, origin: Origin| Row {
        features,
        attack,
        source: labelled.source.clone(),
        fold: labelled.source.clone(),
        origin,
        image: index,
        kind: labelled.label.clone(),
    };
    let label = labelled.label.as_str();
    for origin in [Origin::Photograph, Origin::Resaved] {
        let changed = match origin {
            Origin::Resaved => saved(&shrunk(image, 0.6), 75),
            _ => image.clone(),
        };
        let measured = extractor.measure(&changed, None);
        if let Some(features) = measured.features(DocumentCheck::ScreenReplay) {
            rows.push(DocumentCheck::ScreenReplay, row(features, label == "screen", origin));
        }
    }
    rows
}

/// `count` times: a card or a genuine photograph, shown on a screen, with another portrait, and left alone. Each
/// belongs to the fold of its motif.
pub fn simulated_rows(
    images: &[LabelledImage],
    count: usize,
    seed: u64,
    threads: usize,
) -> TrainingRows {
    let motifs = motifs(images);
    let extractor = FeatureExtractor::default();
    let parts = in_parallel(threads, count, |index| {
        let mut random = Seeded::for_part(seed ^ 0x51D0, index as u64);
        let motif = motifs.get(random.below(motifs.len())).copied();
        let decoded = motif.and_then(|m| Image::decode(&m.bytes, &DecodeLimits::default()).ok());
        let fold = motif.map_or_else(|| "drawn".to_owned(), |m| m.source.clone());
        Simulation { extractor: &extractor, motif: decoded, fold, index }.rows(&mut random)
    });
    let mut rows = TrainingRows::default();
    parts.into_iter().for_each(|part| rows.append(part));
    rows
}

/// The genuine photographs, of which cards and scenes are made.
pub(crate) fn motifs(images: &[LabelledImage]) -> Vec<&LabelledImage> {
    let collections = edited_collections(images);
    let genuine = images.iter().filter(|p| p.label == "genuine");
    genuine.filter(|p| !collections.contains(p.source.as_str())).collect()
}

fn is_edited(image: &LabelledImage) -> bool {
    matches!(image.label.as_str(), "tampered" | "forged")
}

/// Sources that hold edited images: what they collect is no photographs of one camera.
pub(crate) fn edited_collections(images: &[LabelledImage]) -> BTreeSet<&str> {
    images.iter().filter(|p| is_edited(p)).map(|p| p.source.as_str()).collect()
}

struct Simulation<'a> {
    extractor: &'a FeatureExtractor,
    motif: Option<Image>,
    fold: String,
    index: usize,
}

impl Simulation<'_> {
    fn rows(&self, random: &mut Seeded) -> TrainingRows {
        let mut rows = TrainingRows::default();
        let drawn = card(random, self.motif.as_ref());
        let shown = match &self.motif {
            Some(motif) if self.index % 3 == 2 => motif.clone(),
            _ => drawn.image.clone(),
        };
        let quality = 60 + random.below(36) as u8;
        let replay = saved(&screen_replay(random, &shown), quality);
        let honest = saved(&genuine(random, &shown), quality);
        for (image, attack, kind) in [(&honest, false, "genuine"), (&replay, true, "screen")] {
            let measured = self.extractor.measure(image, None);
            if let Some(features) = measured.features(DocumentCheck::ScreenReplay) {
                rows.push(DocumentCheck::ScreenReplay, self.row(features, attack, kind));
            }
        }
        self.swapped(random, &drawn, &mut rows);
        rows
    }

    /// The bona fide card has a portrait too, in the same place: else the box alone would tell.
    fn swapped(&self, random: &mut Seeded, drawn: &Card, rows: &mut TrainingRows) {
        let (captured, found) = genuine_with_places(random, &drawn.image, &[drawn.portrait]);
        let captured = saved(&captured, 88 + random.below(9) as u8);
        let portrait @ [x, y, w, h] = found[0];
        let inside = x + w <= captured.width as usize && y + h <= captured.height as usize;
        if !inside || w <= 40 || h <= 12 {
            return;
        }
        let donor = match &self.motif {
            Some(motif) if random.chance(0.6) => motif.clone(),
            _ => {
                let other = card(random, None);
                genuine(random, &other.image)
            }
        };
        let swapped = paste(random, &captured, portrait, &donor);
        for saving in SAVINGS {
            for (image, kind, attack) in [
                (&captured, saving.name().to_owned(), false),
                (&swapped, format!("paste_{}", saving.name()), true),
            ] {
                let (image, scale) = saving.apply(image);
                let measured = self.extractor.measure(&image, None);
                if let Some(features) = measured.portrait_features_at(scaled(portrait, scale)) {
                    let row = self.row(features, attack, &kind);
                    rows.push(DocumentCheck::PortraitSubstitution, row);
                }
            }
        }
    }

    fn row(&self, features: Vec<f32>, attack: bool, kind: &str) -> Row {
        Row {
            features,
            attack,
            source: format!("simulated-{kind}"),
            fold: self.fold.clone(),
            origin: Origin::Simulated,
            image: self.index,
            kind: kind.to_owned(),
        }
    }
}

fn scaled([x, y, w, h]: [usize; 4], scale: f64) -> ImageBox {
    let side = |v: usize| (v as f64 * scale) as f32;
    ImageBox { x: side(x), y: side(y), width: side(w), height: side(h) }
}
