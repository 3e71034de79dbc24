//! Labelled pictures to rows of features: photographs with their variants, and simulations.

use std::collections::BTreeSet;

use verax_domain::document_findings::PictureBox;
use verax_vision::document::planes::Colours;
use verax_vision::document::seeded::Seeded;
use verax_vision::document::{
    Checks, DocumentCheck, DocumentRequest, FeatureExtractor, MeasuredDocument, feature_names,
    features_version,
};
use verax_vision::image::{DecodeLimits, Image};

use crate::boosting::{BoostSettings, Origin, Row};
use crate::simulator::camera::{genuine, genuine_with_places};
use crate::simulator::cards::{Card, card};
use crate::simulator::display::screen_replay;
use crate::simulator::edits::{SAVINGS, copy_move, paste, retype};
use crate::simulator::press::{Process, printed_copy};
use crate::simulator::{saved, shrunk};
use crate::training::{CheckPlan, in_parallel};

/// A picture of a folder `<source>/<label>/`, label one of `genuine`, `screen`, `print`,
/// `tampered`, `forged`.
#[derive(Debug, Clone)]
pub struct LabelledPicture {
    pub source: String,
    pub label: String,
    pub bytes: Vec<u8>,
}

/// Rows for the four checks.
#[derive(Debug, Clone, Default)]
pub struct TrainingRows {
    pub screen: Vec<Row>,
    pub print: Vec<Row>,
    pub portrait: Vec<Row>,
    pub digital: Vec<Row>,
    /// The portrait check's rows of genuine photographs: judged, never learned from, because nobody
    /// knows where their portraits are.
    pub portrait_unlearned: Vec<Row>,
    /// Pictures that could not be read.
    pub unreadable: usize,
}

impl TrainingRows {
    /// In the order screen, print, portrait, digital.
    pub fn by_check(&self) -> [&Vec<Row>; 4] {
        [&self.screen, &self.print, &self.portrait, &self.digital]
    }

    pub fn append(&mut self, mut other: TrainingRows) {
        self.screen.append(&mut other.screen);
        self.print.append(&mut other.print);
        self.portrait.append(&mut other.portrait);
        self.digital.append(&mut other.digital);
        self.portrait_unlearned.append(&mut other.portrait_unlearned);
        self.unreadable += other.unreadable;
    }
}

const SCREEN_ONLY: Checks = Checks {
    screen_replay: true,
    printed_copy: false,
    portrait_substitution: false,
    digital_manipulation: false,
};
const TILES: Checks = Checks { printed_copy: true, ..SCREEN_ONLY };
const DIGITAL: Checks = Checks {
    screen_replay: false,
    printed_copy: false,
    portrait_substitution: false,
    digital_manipulation: true,
};

/// Features of every photograph, and of its variants where a check learns from them: re-saved
/// small, and cropped in two ways. Nothing is measured twice.
pub fn photographed_rows(pictures: &[LabelledPicture], seed: u64, threads: usize) -> TrainingRows {
    let extractor = FeatureExtractor::default();
    let collections = edited_collections(pictures);
    let parts = in_parallel(threads, pictures.len(), |index| {
        let picture = &pictures[index];
        let limits = DecodeLimits { side_px_min: 64, ..Default::default() };
        let Ok(image) = Image::decode(&picture.bytes, &limits) else {
            return TrainingRows { unreadable: 1, ..Default::default() };
        };
        let mut random = Seeded::for_part(seed, index as u64);
        // Collections of edits are not photographs of one camera: they teach the digital check only.
        let optical = !collections.contains(picture.source.as_str());
        rows_of_photograph(&extractor, (index, picture), &image, &mut random, optical)
    });
    let mut rows = TrainingRows::default();
    parts.into_iter().for_each(|part| rows.append(part));
    rows
}

fn rows_of_photograph(
    extractor: &FeatureExtractor,
    (index, picture): (usize, &LabelledPicture),
    image: &Image,
    random: &mut Seeded,
    optical: bool,
) -> TrainingRows {
    let mut rows = TrainingRows::default();
    let row = |features: Vec<f32>, attack: bool, origin: Origin| Row {
        features,
        attack,
        source: picture.source.clone(),
        fold: picture.source.clone(),
        origin,
        picture: index,
        kind: picture.label.clone(),
    };
    let label = picture.label.as_str();
    let edited = is_edited(picture);
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
        let checks = if !optical {
            if !original {
                break;
            }
            DIGITAL
        } else if variant <= 1 {
            let blocks = label == "genuine" && original;
            Checks { digital_manipulation: blocks, portrait_substitution: blocks, ..TILES }
        } else {
            SCREEN_ONLY
        };
        let measured =
            extractor.measure(&changed, &DocumentRequest { checks, ..DocumentRequest::ALL });
        let features = |check| measured.features(check).map(<[f32]>::to_vec);
        if let Some(features) = features(DocumentCheck::ScreenReplay).filter(|_| label != "print") {
            rows.screen.push(row(features, label == "screen", origin));
        }
        if let Some(features) = features(DocumentCheck::PrintedCopy).filter(|_| label != "screen") {
            rows.print.push(row(features, label == "print", origin));
        }
        if let Some(features) = features(DocumentCheck::PortraitSubstitution) {
            rows.portrait_unlearned.push(row(features, false, origin));
        }
        if let Some(features) = features(DocumentCheck::DigitalManipulation) {
            rows.digital.push(row(features, edited, origin));
        }
    }
    rows
}

/// `count` times: a card or a genuine photograph, shown, printed, edited and left alone. Each
/// belongs to the fold of its motif.
pub fn simulated_rows(
    pictures: &[LabelledPicture],
    count: usize,
    seed: u64,
    threads: usize,
) -> TrainingRows {
    let motifs = motifs(pictures);
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
pub(crate) fn motifs(pictures: &[LabelledPicture]) -> Vec<&LabelledPicture> {
    let collections = edited_collections(pictures);
    let genuine = pictures.iter().filter(|p| p.label == "genuine");
    genuine.filter(|p| !collections.contains(p.source.as_str())).collect()
}

fn is_edited(picture: &LabelledPicture) -> bool {
    matches!(picture.label.as_str(), "tampered" | "forged")
}

/// Sources that hold edited pictures.
fn edited_collections(pictures: &[LabelledPicture]) -> BTreeSet<&str> {
    pictures.iter().filter(|p| is_edited(p)).map(|p| p.source.as_str()).collect()
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
        let process =
            [Process::Laser, Process::Inkjet, Process::GreyToner][[0, 0, 1, 1, 2][self.index % 5]];
        let copy = saved(&printed_copy(random, &shown, process), quality);
        let honest = saved(&genuine(random, &shown), quality);
        let copy_kind = match process {
            Process::Laser => "laser",
            Process::Inkjet => "inkjet",
            Process::GreyToner => "grey",
        };
        let seen = self.measured(&honest, TILES);
        if let Some(features) = seen.features(DocumentCheck::ScreenReplay) {
            rows.screen.push(self.row(features.to_vec(), false, "genuine"));
        }
        if let Some(features) = seen.features(DocumentCheck::PrintedCopy) {
            rows.print.push(self.row(features.to_vec(), false, "genuine"));
        }
        let replayed = self.measured(&replay, TILES);
        if let Some(features) = replayed.features(DocumentCheck::ScreenReplay) {
            rows.screen.push(self.row(features.to_vec(), true, "screen"));
        }
        let copied = self.measured(&copy, TILES);
        if let Some(features) = copied.features(DocumentCheck::PrintedCopy) {
            rows.print.push(self.row(features.to_vec(), true, copy_kind));
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
            let measured = self.measured(&left_alone, DIGITAL);
            self.push_portrait(&left_alone, &measured, place, saving.name(), false, rows);
            self.push_digital(&measured, saving.name(), false, rows);
            let (attacked, _) = saving.apply(&swapped);
            let measured = self.measured(&attacked, DIGITAL);
            self.push_portrait(&attacked, &measured, place, saving.name(), true, rows);
            self.push_digital(&measured, &format!("paste_{}", saving.name()), true, rows);
            if let Some((kind, edit)) = edits.get(1 + number % edits.len().max(2).saturating_sub(1))
            {
                let measured = self.measured(&saving.apply(edit).0, DIGITAL);
                self.push_digital(&measured, &format!("{kind}_{}", saving.name()), true, rows);
            }
        }
    }

    fn measured(&self, image: &Image, checks: Checks) -> MeasuredDocument {
        self.extractor.measure(image, &DocumentRequest { checks, ..DocumentRequest::ALL })
    }

    fn push_portrait(
        &self,
        image: &Image,
        measured: &MeasuredDocument,
        place: PictureBox,
        kind: &str,
        attack: bool,
        rows: &mut TrainingRows,
    ) {
        if let Some(features) = measured.portrait_features_at(image, place) {
            rows.portrait.push(self.row(features, attack, kind));
        }
    }

    fn push_digital(
        &self,
        measured: &MeasuredDocument,
        kind: &str,
        attack: bool,
        rows: &mut TrainingRows,
    ) {
        if let Some(features) = measured.features(DocumentCheck::DigitalManipulation) {
            rows.digital.push(self.row(features.to_vec(), attack, kind));
        }
    }

    fn row(&self, features: Vec<f32>, attack: bool, kind: &str) -> Row {
        Row {
            features,
            attack,
            source: format!("simulated-{kind}"),
            fold: self.fold.clone(),
            origin: Origin::Simulated,
            picture: self.index,
            kind: kind.to_owned(),
        }
    }
}

fn scaled([x, y, w, h]: [usize; 4], scale: f64) -> PictureBox {
    let side = |v: usize| (v as f64 * scale) as f32;
    PictureBox { x: side(x), y: side(y), width: side(w), height: side(h) }
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

/// Settings of the four models.
pub fn screen_settings(seed: u64) -> BoostSettings {
    BoostSettings { leaf_rows_min: 30, bags: 2, ..BoostSettings::lean(seed) }
}

pub fn print_settings(seed: u64) -> BoostSettings {
    BoostSettings::lean(seed)
}

pub fn portrait_settings(seed: u64) -> BoostSettings {
    BoostSettings { trees: 150, leaves: 5, ..BoostSettings::lean(seed) }
}

pub fn digital_settings(seed: u64) -> BoostSettings {
    BoostSettings { trees: 150, leaves: 5, ..BoostSettings::lean(seed) }
}

const CHECKS: [DocumentCheck; 4] = [
    DocumentCheck::ScreenReplay,
    DocumentCheck::PrintedCopy,
    DocumentCheck::PortraitSubstitution,
    DocumentCheck::DigitalManipulation,
];

/// Feature names of the four checks, in the order screen, print, portrait, digital.
pub fn all_feature_names() -> [Vec<String>; 4] {
    CHECKS.map(feature_names)
}

/// The plans of the four checks; `names` and `settings` in the same order.
pub fn plans<'a>(
    names: &'a [Vec<String>; 4],
    settings: &'a [BoostSettings; 4],
) -> [CheckPlan<'a>; 4] {
    let plan = |at: usize, check, calibrates, note| CheckPlan {
        check,
        features_version: features_version(CHECKS[at]),
        feature_names: &names[at],
        settings: &settings[at],
        calibrates,
        note,
    };
    [
        plan(
            0,
            "screen",
            |row| row.origin == Origin::Photograph,
            "Photographs with variants, and simulation; calibrated on photographs of held-out sources.",
        ),
        plan(
            1,
            "print",
            |row| row.origin == Origin::Photograph || row.attack,
            "Simulated prints against genuine photographs and simulated genuine captures.",
        ),
        plan(
            2,
            "portrait",
            |_| true,
            "Simulated swaps only; saved at q95, q85 and as a messenger does.",
        ),
        plan(
            3,
            "digital",
            |_| true,
            "Simulated edits, edited collections where given, and genuine photographs.",
        ),
    ]
}
