//! What a record says of a document that was read: the protocol's forms of its values.

use serde_json::{Map, Value as Json, json};

use super::keys::{
    AGE, CATEGORY, COUNTRY, DATA, DOCUMENT_TYPE, EXTRACTION, FIRST_NAME_MATCH, FULL_NAME_MATCH,
    IMAGE_VALIDATED, LAST_NAME_MATCH, NAMES_MATCH, NUMBER, OCR_RESULTS, RESULTS,
};
use crate::Record;
use crate::document_check::DocumentCheck;
use crate::document_cross_checks::{
    CheckOutcome, CrossCheck, ReadingOutcome, ReadingVerdict, age_on, validation_results,
};
use crate::document_layouts::DocumentLayout;
use crate::document_reading::{
    Corners, DocumentField, ReadValue, SideReading, ValueSource, tenths, thousandths,
};
use crate::label_reading::{LabelledValue, read_labels};
use crate::lifecycle::DocumentValidationStatus;
use crate::stored_reading::{NameMatch, StoredReading, country_of, full_name, kind_of, value_of};

/// What was read of a document, and what it is judged to be.
#[derive(Clone, Copy, Debug)]
pub struct ReadDocument<'a> {
    pub reading: &'a StoredReading,
    pub verdict: &'a ReadingVerdict,
    pub names: NameMatch,
    /// `YYYY-MM-DD`.
    pub today: &'a str,
    /// Whether the image of this side is stored from now on.
    pub stores_front: bool,
    pub stores_back: bool,
}

/// A field, and its names in `OCRExtraction` and in `documentData`.
type FieldNames = (DocumentField, Option<&'static str>, Option<&'static str>);

const NAMES: [FieldNames; 12] = [
    (DocumentField::DocumentNumber, Some("documentNumber"), Some("documentNumber")),
    (DocumentField::PersonalNumber, Some("personalNumber"), None),
    (DocumentField::GivenNames, Some("firstName"), Some("firstName")),
    (DocumentField::Surname, Some("lastName"), Some("lastName")),
    (DocumentField::FullName, Some("fullName"), None),
    (DocumentField::BirthDate, Some("dateOfBirth"), Some("birthDate")),
    (DocumentField::Sex, Some("gender"), Some("gender")),
    (DocumentField::Nationality, Some("nationality"), Some("nationality")),
    (DocumentField::ExpirationDate, Some("expirationDate"), Some("expirationDate")),
    (DocumentField::IssueDate, Some("issueDate"), Some("issueDate")),
    (DocumentField::IssuingCountry, Some("country"), None),
    (DocumentField::Address, Some("address"), None),
];

impl ReadDocument<'_> {
    /// Where the document stands by the verdict.
    pub fn status(&self) -> DocumentValidationStatus {
        match self.verdict.outcome {
            ReadingOutcome::Active => DocumentValidationStatus::Active,
            ReadingOutcome::ActiveButUnverified => DocumentValidationStatus::ActiveButUnverified,
            ReadingOutcome::Expired => DocumentValidationStatus::Expired,
            ReadingOutcome::NeedsManualVerification => {
                DocumentValidationStatus::NeedsManualVerification
            }
            ReadingOutcome::Failed => DocumentValidationStatus::Failed,
            ReadingOutcome::NotFound => DocumentValidationStatus::NotFound,
        }
    }

    /// The number of the document, if one was read.
    pub fn number(&self) -> Option<&str> {
        value_of(&self.verdict.values, DocumentField::DocumentNumber)
    }

    /// What was read, and where it stands: for who asks without a record.
    pub fn summary(&self) -> Json {
        let layout = DocumentLayout::recognise(&self.reading.sides);
        let mut read = self.extraction(layout.map(|layout| layout.code), layout);
        read["status"] = self.status().word().into();
        read
    }

    pub(super) fn write(&self, record: &mut Record) {
        let values = &self.verdict.values;
        let sides = &self.reading.sides;
        let category = kind_of(sides).map(|kind| kind.as_str());
        let layout = DocumentLayout::recognise(sides);
        let requested = self.reading.requested_type.as_deref();
        let document_type = requested.or(layout.map(|layout| layout.code));
        let birth = value_of(values, DocumentField::BirthDate);
        let age = birth.and_then(|birth| age_on(self.today, birth)).map(|it| it.to_string());
        let is_image_rejected = self.reading.image_checks.values().any(|passed| !passed);
        let is_read = !values.is_empty() && !is_image_rejected;
        record
            .set(DOCUMENT_TYPE, document_type)
            .set(CATEGORY, category)
            .set(COUNTRY, country_of(sides).as_deref())
            .set(NUMBER, self.number())
            .set(IMAGE_VALIDATED, Some(&is_read))
            .set(NAMES_MATCH, self.names_match().as_ref())
            .set(FULL_NAME_MATCH, self.names.full.as_ref())
            .set(FIRST_NAME_MATCH, self.names.first.as_ref())
            .set(LAST_NAME_MATCH, self.names.last.as_ref())
            .set(AGE, age.as_deref())
            .set(EXTRACTION, Some(&self.extraction(document_type, layout)))
            .set(DATA, Some(&Json::Object(self.named(|names| names.2))))
            .set(RESULTS, Some(&self.results()))
            .set(OCR_RESULTS, Some(&self.ocr_results()));
    }

    fn names_match(&self) -> Option<bool> {
        let names = self.verdict.checks.iter().find(|it| it.check == CrossCheck::StatedNames)?;
        match names.outcome {
            CheckOutcome::Passed => Some(true),
            CheckOutcome::Failed => Some(false),
            CheckOutcome::NotChecked => None,
        }
    }

    fn named(&self, name_of: impl Fn(FieldNames) -> Option<&'static str>) -> Map<String, Json> {
        let value = |names: FieldNames| {
            let value = value_of(&self.verdict.values, names.0)?;
            Some((name_of(names)?.to_owned(), value.into()))
        };
        NAMES.into_iter().filter_map(value).collect()
    }

    fn extraction(
        &self,
        document_type: Option<&str>,
        layout: Option<&'static DocumentLayout>,
    ) -> Json {
        let mut read = self.named(|names| names.1);
        if let Some(whole) = full_name(&self.verdict.values) {
            read.insert("fullName".to_owned(), whole.into());
        }
        if let Some(document_type) = document_type {
            read.insert("documentType".to_owned(), document_type.into());
        }
        let requested = self.reading.requested_type.as_deref();
        read.insert("documentClassification".to_owned(), classification(requested, layout));
        let labelled = read_labels(&self.reading.labels, &self.reading.sides);
        let values = self.verdict.values.iter().map(field);
        let fields: Vec<Json> = values.chain(labelled.iter().map(labelled_field)).collect();
        if !fields.is_empty() {
            read.insert("details".to_owned(), json!({ "fields": fields }));
        }
        Json::Object(read)
    }

    /// The cross-checks, and behind them those of the images that were made.
    fn results(&self) -> Json {
        let mut results = validation_results(&self.verdict.checks, true);
        for check in DocumentCheck::ALL {
            let name = check.entry().wire_name;
            if let Some(passed) = self.reading.image_checks.get(name) {
                let result = if *passed { CheckOutcome::Passed } else { CheckOutcome::Failed };
                results.insert(name.to_owned(), json!({ "result": result.as_str() }));
            }
        }
        Json::Object(results)
    }

    fn ocr_results(&self) -> Json {
        let sides = &self.reading.sides;
        let lines = || sides.iter().flat_map(|side| &side.lines);
        let raw: Vec<&str> = lines().map(|line| line.text.as_str()).collect();
        let values = || sides.iter().flat_map(|side| &side.values);
        let confidences = values().map(|it| f64::from(it.confidence));
        let (sum, count) = confidences.fold((0.0, 0.0), |(sum, count), it| (sum + it, count + 1.0));
        let mean = (count > 0.0).then(|| ((sum / count) * 1e4_f64).round() / 1e4);
        let fields: Vec<Json> = values().map(|it| json!(it)).collect();
        json!({ "confidence": mean, "rawText": raw.join("\n"), "fields": fields })
    }
}

/// Which document it is, as a dashboard suggests it; all is null where it was not recognised.
pub fn detected_type(sides: &[SideReading]) -> Json {
    let layout = DocumentLayout::recognise(sides);
    json!({
        "code": layout.map(|layout| layout.code),
        "name": layout.map(|layout| layout.name),
        "category": layout.map(|layout| layout.kind.as_str()),
        "country": country_of(sides),
        "requiresBackSide": layout.map(|layout| layout.has_back),
        "source": layout.map(DocumentLayout::source),
    })
}

/// Whether a name is one that `OCRExtraction` has by itself.
pub fn is_extracted(name: &str) -> bool {
    NAMES.iter().any(|names| names.1 == Some(name))
}

/// Whether the document is what was asked for.
fn classification(requested: Option<&str>, layout: Option<&'static DocumentLayout>) -> Json {
    let is_match = requested.zip(layout).map(|(requested, layout)| {
        requested.eq_ignore_ascii_case(layout.code)
            || requested.eq_ignore_ascii_case(layout.kind.as_str())
    });
    let reason = match is_match {
        Some(true) => "The document is of the type that was asked for.",
        Some(false) => "The document is of another type than was asked for.",
        None if layout.is_none() => "The document was not recognised.",
        None => "No type was asked for.",
    };
    json!({
        "requestedDocumentType": requested,
        "detectedDocumentType": layout.map(|layout| layout.code),
        "detectedDocumentName": layout.map(|layout| layout.name),
        "isMatch": is_match,
        "reason": reason,
    })
}

/// A value that a client has looked for, in the form of the protocol's scanners.
fn labelled_field(value: &LabelledValue) -> Json {
    json!({
        "name": value.name,
        "value": value.value,
        "confidence": thousandths(value.confidence),
        "boundingPoly": polygon(&value.corners),
        "source": ValueSource::Print,
        "side": value.side,
    })
}

fn polygon(corners: &Corners) -> Json {
    json!({ "vertices": corners.map(|(x, y)| json!({ "x": tenths(x), "y": tenths(y) })) })
}

/// One value in the form of the protocol's scanners.
fn field(value: &ReadValue) -> Json {
    let name = NAMES.iter().find(|names| names.0 == value.field).and_then(|names| names.1);
    json!({
        "name": name,
        "value": value.value,
        "confidence": thousandths(value.confidence),
        "boundingPoly": value.corners.as_ref().map(polygon),
        "source": value.source,
        "side": value.side,
    })
}
