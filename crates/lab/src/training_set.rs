//! Labelled images to rows of features: photographs with their variants, and simulations.

use std::collections::BTreeSet;

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_findings::ImageBox;
use verax_vision::document::FeatureExtractor;
use verax_vision::document::planes::Colours;
use verax_vision::document::seeded::Seeded;
use verax_vision::image::{DecodeLimits, Image};

use crate::boosting::{Origin, Row};
use crate::simulator::camera::{genuine, genuine_with_places};
use crate::simulator::cards::{Card, card};
use crate::simulator::display::screen_replay;
use crate::simulator::edits::{SAVINGS, copy_move, paste, retype};
use crate::simulator::press::{Process, printed_copy};
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
    /// The portrait check's rows of genuine photographs: judged, never learned from, because nobody
    /// knows where their portraits are.
    pub portrait_unlearned: Vec<Row>,
    /// Images that could not be read.
    pub unreadable: usize,
}

impl TrainingRows {
    pub fn append(&mut self, mut other: TrainingRows) {
        for check in DocumentCheck::ALL {
            self.by_check[check].append(&mut other.by_check[check]);
        }
        self.portrait_unlearned.append(&mut other.portrait_unlearned);
        self.unreadable += other.unreadable;
    }

    fn push(&mut self, check: DocumentCheck, row: Row) {
        self.by_check[check].push(row);
    }
}

/// Features of every photograph, and of its variants where a check learns from them: re-saved
/// small, and cropped in two ways. Nothing is measured twice.
pub fn photographed_rows(images: &[LabelledImage], seed: u64, threads: usize) -> TrainingRows {
    let extractor = FeatureExtractor::default();
    let collections = edited_collections(images);
    let parts = in_parallel(threads, images.len(), |index| {
        let labelled = &images[index];
        let limits = DecodeLimits { side_px_min: 64, ..Default::default() };
        let Ok(image) = Image::decode(&labelled.bytes, &limits) else {
            return TrainingRows { unreadable: 1, ..Default::default() };
        };
        let mut random = Seeded::for_part(seed, index as u64);
        // Collections of edits are not photographs of one camera: they teach the digital check only.
        let optical = !collections.contains(labelled.source.as_str());
        rows_of_photograph(&extractor, (index, labelled), &image, &mut random, optical)
    });
    let mut rows = TrainingRows::default();
    parts.into_iter().for_each(|part| rows.append(part));
    rows
}

fn rows_of_photograph(
    extractor: &FeatureExtractor,
    (index, labelled): (usize, &LabelledImage),
    image: &Image,
    random: &mut Seeded,
    optical: bool,
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
    let edited = is_edited(labelled);
    for variant in 0..4 {
        let changed = match variant {
            0 => image.clone(),
            1 => saved(&shrunk(image, 0.6), 75),
            2 => cropped(image, random, 0.5, 0.75),
            _ => {
                let part = cropped(image, random, 0.7, 0.95);
                turned(&shrunk(&part, f64::from(random.between(0.6, 0.95))))
            }
        };
        let origin = [Origin::Photograph, Origin::Resaved, Origin::Part, Origin::Part][variant];
        let original = origin == Origin::Photograph;
        if !optical && !original {
            break;
        }
        let measured = extractor.measure(&changed, None);
        let row = |features: Vec<f32>, attack: bool| row(features, attack, origin);
        if optical
            && label != "print"
            && let Some(features) = measured.features(DocumentCheck::ScreenReplay)
        {
            rows.push(DocumentCheck::ScreenReplay, row(features, label == "screen"));
        }
        if optical
            && variant <= 1
            && label != "screen"
            && let Some(features) = measured.features(DocumentCheck::PrintedCopy)
        {
            rows.push(DocumentCheck::PrintedCopy, row(features, label == "print"));
        }
        if !original {
            continue;
        }
        if optical
            && label == "genuine"
            && let Some(features) = measured.features(DocumentCheck::PortraitSubstitution)
        {
            rows.portrait_unlearned.push(row(features, false));
        }
        if (!optical || label == "genuine")
            && let Some(features) = measured.features(DocumentCheck::DigitalManipulation)
        {
            rows.push(DocumentCheck::DigitalManipulation, row(features, edited));
        }
    }
    rows
}

/// `count` times: a card or a genuine photograph, shown, printed, edited and left alone. Each
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

/// Sources that hold edited images.
fn edited_collections(images: &[LabelledImage]) -> BTreeSet<&str> {
    images.iter().filter(|p| is_edited(p)).map(|p| p.source.as_str()).collect()
}

struct Simulation<'a> {
    extractor: &'a FeatureExtractor,
    motif: Option<Image>,
    fold: String,
    index: usize,
}

/// What an image teaches a check: whether it is an attack, and of which kind.
type Lesson<'a> = (DocumentCheck, bool, &'a str);

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
        let process =
            [Process::Laser, Process::Inkjet, Process::GreyToner][[0, 0, 1, 1, 2][self.index % 5]];
        let copy = saved(&printed_copy(random, &shown, process), quality);
        let honest = saved(&genuine(random, &shown), quality);
        let copy_kind = match process {
            Process::Laser => "laser",
            Process::Inkjet => "inkjet",
            Process::GreyToner => "grey",
        };
        let tiles: [(&Image, &[Lesson<'_>]); 3] = [
            (
                &honest,
                &[
                    (DocumentCheck::ScreenReplay, false, "genuine"),
                    (DocumentCheck::PrintedCopy, false, "genuine"),
                ],
            ),
            (&replay, &[(DocumentCheck::ScreenReplay, true, "screen")]),
            (&copy, &[(DocumentCheck::PrintedCopy, true, copy_kind)]),
        ];
        for (image, teaches) in tiles {
            let measured = self.extractor.measure(image, None);
            for &(check, attack, kind) in teaches {
                if let Some(features) = measured.features(check) {
                    rows.push(check, self.row(features, attack, kind));
                }
            }
        }
        self.edited(random, &drawn, &mut rows);
        rows
    }

    /// The bona fide card has a portrait too, in the same place: else the box alone would tell.
    fn edited(&self, random: &mut Seeded, drawn: &Card, rows: &mut TrainingRows) {
        let places = [drawn.portrait, drawn.field];
        let (captured, found) = genuine_with_places(random, &drawn.image, &places);
        let captured = saved(&captured, 88 + random.below(9) as u8);
        let inside = |[x, y, w, h]: [usize; 4]| {
            w > 40
                && h > 12
                && x + w <= captured.width as usize
                && y + h <= captured.height as usize
        };
        let [portrait, field] = [found[0], found[1]];
        if !inside(portrait) {
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
        let mut edits = vec![("paste", swapped.clone())];
        if inside(field) {
            edits.push(("retype", retype(random, &captured, field)));
        }
        edits.push(("copy_move", copy_move(random, &captured)));
        for (number, saving) in SAVINGS.into_iter().enumerate() {
            let (left_alone, scale) = saving.apply(&captured);
            let place = scaled(portrait, scale);
            self.push(&left_alone, Some(place), [saving.name(); 2], false, rows);
            let (attacked, _) = saving.apply(&swapped);
            let pasted = format!("paste_{}", saving.name());
            self.push(&attacked, Some(place), [saving.name(), &pasted], true, rows);
            if let Some((kind, edit)) = edits.get(1 + number % edits.len().max(2).saturating_sub(1))
            {
                let kind = format!("{kind}_{}", saving.name());
                self.push(&saving.apply(edit).0, None, [&kind; 2], true, rows);
            }
        }
    }

    /// A row for the portrait check where the portrait's place is given, and one for the digital check;
    /// `kinds` in that order.
    fn push(
        &self,
        image: &Image,
        portrait: Option<ImageBox>,
        kinds: [&str; 2],
        attack: bool,
        rows: &mut TrainingRows,
    ) {
        let measured = self.extractor.measure(image, None);
        let portrait = portrait.and_then(|place| measured.portrait_features_at(place));
        let digital = measured.features(DocumentCheck::DigitalManipulation);
        let checks = [DocumentCheck::PortraitSubstitution, DocumentCheck::DigitalManipulation];
        for ((check, features), kind) in checks.into_iter().zip([portrait, digital]).zip(kinds) {
            if let Some(features) = features {
                rows.push(check, self.row(features, attack, kind));
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

fn cropped(image: &Image, random: &mut Seeded, low: f32, high: f32) -> Image {
    let share = random.between(low, high);
    let (w, h) = ((image.width as f32 * share) as usize, (image.height as f32 * share) as usize);
    let x = random.below(image.width as usize - w);
    let y = random.below(image.height as usize - h);
    Colours::region(image, 1.0, (x, y), (w.max(8), h.max(8))).to_image()
}

/// A quarter turn.
fn turned(image: &Image) -> Image {
    let (w, h) = (image.width as usize, image.height as usize);
    let mut rgb = Vec::with_capacity(image.rgb.len());
    for y in 0..w {
        for x in 0..h {
            let at = ((h - 1 - x) * w + y) * 3;
            rgb.extend_from_slice(&image.rgb[at..at + 3]);
        }
    }
    Image { width: h as u32, height: w as u32, rgb }
}
