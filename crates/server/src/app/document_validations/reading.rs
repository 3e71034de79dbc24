//! The images of a document are decoded, read and looked at on a thread that measures.

use std::collections::BTreeMap;
use std::sync::Arc;

use verax_domain::document_check::PerCheck;
use verax_domain::document_reading::{DocumentSide, ReadValue, SideReading, ValueSource};
use verax_domain::document_verdict::{ColourlessRule, CroppedRule, DocumentPolicy, judge_document};
use verax_domain::stored_reading::country_of;
use verax_reading::print::{DateOrder, PrintContext, read_print};
use verax_reading::reader::{Reader, ReadingRequest};
use verax_vision::document::{DocumentEngine, DocumentRequest};
use verax_vision::faces::{FaceEngine, FaceRequest, Template, Wanted};
use verax_vision::image::{DecodeLimits, Image, ImageError};
use verax_vision::workers::Waiting;

use crate::app::documents::{CheckMade, find, made_checks, policy};
use crate::app::faces::AnalyseFaces;

/// What reads the image of one side: the loaded models, or what a test gives.
pub trait ReadDocuments: Send + Sync {
    /// Its text, its zone and its barcodes, with the values of the last two. `this_year` decides the centuries of
    /// dates that have two digits of a year.
    fn read_side(&self, image: &Image, side: DocumentSide, this_year: u16) -> SideReading;
}

impl ReadDocuments for Reader {
    fn read_side(&self, image: &Image, side: DocumentSide, this_year: u16) -> SideReading {
        self.read(image, side, ReadingRequest::all(this_year))
    }
}

/// What reads documents; nothing until it is loaded.
#[derive(Clone, Default)]
pub struct DocumentReader {
    reader: Option<Arc<dyn ReadDocuments>>,
}

impl DocumentReader {
    pub fn with(reader: Arc<dyn ReadDocuments>) -> DocumentReader {
        DocumentReader { reader: Some(reader) }
    }

    pub(super) fn loaded(&self) -> Option<Arc<dyn ReadDocuments>> {
        self.reader.clone()
    }

    pub fn is_loaded(&self) -> bool {
        self.reader.is_some()
    }
}

/// The encoded images of a document.
#[derive(Clone, Default)]
pub struct SideImages {
    pub front: Option<Vec<u8>>,
    pub back: Option<Vec<u8>>,
}

/// What was found on the images.
pub struct ReadSides {
    pub sides: Vec<SideReading>,
    /// Of the checks of document liveness that were made, whether each was passed on every image.
    pub image_checks: BTreeMap<String, bool>,
    /// Of the largest face, on the front if there is one.
    pub portrait: Option<Template>,
    /// The match score of the portrait and a second, smaller face on the same side.
    pub ghost_score: Option<f64>,
}

/// An image that cannot be used, and the member of the body that it came in.
pub type SideError = (&'static str, ImageError);

/// What looks at an image besides.
pub(super) struct Engines {
    pub reader: Arc<dyn ReadDocuments>,
    pub documents: Arc<DocumentEngine>,
    /// Whether the image is checked as document liveness does.
    pub checks_images: bool,
    /// The loaded models themselves: the checks of the image ask them.
    pub face_engine: Option<Arc<FaceEngine>>,
    pub faces: Option<Arc<dyn AnalyseFaces>>,
    pub limits: DecodeLimits,
    pub this_year: u16,
}

impl Engines {
    pub fn read(&self, images: &SideImages, waiting: &Waiting) -> Result<ReadSides, SideError> {
        let mut read = ReadSides {
            sides: Vec::new(),
            image_checks: BTreeMap::new(),
            portrait: None,
            ghost_score: None,
        };
        for (side, bytes) in
            [(DocumentSide::Front, &images.front), (DocumentSide::Back, &images.back)]
        {
            let Some(bytes) = bytes else { continue };
            let image =
                Image::decode(bytes, &self.limits).map_err(|error| (member_of(side), error))?;
            read.sides.push(self.reader.read_side(&image, side, self.this_year));
            if self.checks_images {
                self.check_image(bytes, &image, &mut read.image_checks);
            }
            // Who sends the sides the wrong way round has the portrait on the back.
            if read.portrait.is_none() {
                (read.portrait, read.ghost_score) = self.portraits(&image, waiting);
            }
        }
        self.read_prints(&mut read.sides);
        Ok(read)
    }

    /// Adds the values of the print: how its dates are written depends on whose document it is.
    fn read_prints(&self, sides: &mut [SideReading]) {
        let is_american = country_of(sides).as_deref() == Some("USA");
        let date_order = if is_american { DateOrder::MonthFirst } else { DateOrder::DayFirst };
        let context = PrintContext { date_order, this_year: self.this_year };
        for side in sides {
            let values = read_print(&side.lines, side.side, context);
            // What the reader itself has read of the print stays.
            let is_known = |field| {
                let mut printed = side.values.iter().filter(|it| it.source == ValueSource::Print);
                printed.any(|it| it.field == field)
            };
            let new: Vec<ReadValue> = values.into_iter().filter(|it| !is_known(it.field)).collect();
            side.values.extend(new);
        }
    }

    /// The checks of document liveness, as strictly as when nothing is said: what cannot be measured is not
    /// there, and one image that fails is enough.
    fn check_image(&self, bytes: &[u8], image: &Image, checks: &mut BTreeMap<String, bool>) {
        let request = DocumentRequest::ALL;
        let findings = find(&self.documents, self.face_engine.as_deref(), bytes, image, request);
        let rules = policy(&self.documents.operating_points(), &PerCheck::default());
        let rules = DocumentPolicy {
            cropped: CroppedRule::Ignored,
            colourless: ColourlessRule::Ignored,
            ..rules
        };
        let verdict = judge_document(&findings, &rules);
        for (check, made) in made_checks(&verdict) {
            if let CheckMade::Judged(judgement, _) = made {
                let name = check.entry().wire_name.to_owned();
                let passed = checks.entry(name).or_insert(true);
                *passed &= judgement.passed;
            }
        }
    }

    /// The template of the largest face, and how alike the second one is. What cannot be measured is not
    /// there: it is no reason not to read the document.
    fn portraits(&self, image: &Image, waiting: &Waiting) -> (Option<Template>, Option<f64>) {
        let Some(faces) = &self.faces else { return (None, None) };
        let request = FaceRequest {
            limits: faces.limits(),
            attack: Wanted::No,
            template: Wanted::No,
            ..FaceRequest::default()
        };
        let Ok(found) = faces.analyse_image(image, &request, waiting) else { return (None, None) };
        let mut templates = found.findings.faces.iter().take(2).map(|face| {
            // A face that is turned, cut off or too small has none.
            faces.template_of(image, face).ok().flatten()
        });
        let (portrait, ghost) = (templates.next().flatten(), templates.next().flatten());
        let both = portrait.as_ref().zip(ghost.as_ref());
        let score = both.map(|(portrait, ghost)| portrait.compare(ghost).match_score);
        (portrait, score)
    }
}

/// The member of a body that the image of a side comes in.
fn member_of(side: DocumentSide) -> &'static str {
    match side {
        DocumentSide::Front => "image",
        DocumentSide::Back => "backImage",
    }
}
