//! The comparisons behind each cross-check.

use std::collections::BTreeSet;

use verax_query::Timestamp;

use super::look_alikes::{bare_number, look_alike};
use super::names::{name_similarity, zone_name_similarity};
use super::{
    CONTRADICTION_CONFIDENCE_MIN, CheckOutcome, ComparedValue, CrossCheck, CrossCheckResult,
    DocumentFacts, NAME_SIMILARITY_MIN, ReadingPolicy, StatedData,
};
use crate::document_reading::{
    CheckDigit, DocumentField, DocumentSide, MrzReading, ReadValue, SideReading, ValueSource,
};

/// Older than anybody ever was.
const AGE_MAX: u32 = 130;
/// A source, on one side where each side has its own: what a print says of a name may stand on both.
pub type Location = (ValueSource, Option<DocumentSide>);
pub const LOCATIONS: [Location; 5] = [
    (ValueSource::Mrz, Some(DocumentSide::Front)),
    (ValueSource::Mrz, Some(DocumentSide::Back)),
    (ValueSource::Barcode, Some(DocumentSide::Front)),
    (ValueSource::Barcode, Some(DocumentSide::Back)),
    (ValueSource::Print, None),
];

/// Everything that is compared.
pub struct Comparison<'a> {
    pub sides: &'a [SideReading],
    pub policy: &'a ReadingPolicy,
    pub stated: &'a StatedData,
    pub facts: &'a DocumentFacts,
    /// `YYYY-MM-DD`.
    pub today: &'a str,
}

/// What two places say of one field.
pub enum Relation {
    Same,
    Other,
    /// Neither proves the other, or speaks against it.
    Unknown,
}

/// A name as one place gives it.
pub struct PlacedName {
    pub source: ValueSource,
    pub name: String,
    surname: Option<String>,
    given_names: Option<String>,
    confidence: f32,
}

impl PlacedName {
    /// What of both is compared: a part, where one of them has that part alone. A print whose other label was not
    /// read does not contradict a zone.
    fn parts_of_both<'a>(&'a self, other: &'a PlacedName) -> (&'a str, &'a str) {
        let whole = (self.name.as_str(), other.name.as_str());
        let alone = |part: fn(&PlacedName) -> &Option<String>| {
            let (one, two) = (part(self).as_deref()?, part(other).as_deref()?);
            (one == self.name || two == other.name).then_some((one, two))
        };
        alone(|it| &it.surname).or_else(|| alone(|it| &it.given_names)).unwrap_or(whole)
    }
}

impl Comparison<'_> {
    pub fn all(&self) -> impl Iterator<Item = &ReadValue> {
        self.sides.iter().flat_map(|side| &side.values)
    }

    /// Every check, in the order of the table.
    pub fn results(&self, best: &[ReadValue]) -> Vec<CrossCheckResult> {
        super::TABLE.iter().map(|entry| self.result(entry.check, best)).collect()
    }

    fn result(&self, check: CrossCheck, best: &[ReadValue]) -> CrossCheckResult {
        let bare = |passed: Option<bool>| (passed, Vec::new());
        let (passed, values) = match check {
            CrossCheck::CheckDigits => bare(self.check_digits()),
            CrossCheck::NationalNumber => bare(self.facts.national_number),
            CrossCheck::DocumentNumber => self.places_agree(DocumentField::DocumentNumber),
            CrossCheck::Names => self.names_agree(),
            CrossCheck::BirthDate => self.places_agree(DocumentField::BirthDate),
            CrossCheck::ExpirationDate => self.places_agree(DocumentField::ExpirationDate),
            CrossCheck::Sex => self.places_agree(DocumentField::Sex),
            CrossCheck::Country => self.places_agree(DocumentField::IssuingCountry),
            CrossCheck::Dates => self.dates(best),
            CrossCheck::Expiry => self.against(best, DocumentField::ExpirationDate, |day| {
                is_day(day).then_some(day >= self.today)
            }),
            CrossCheck::MinimumAge => self.against(best, DocumentField::BirthDate, |day| {
                let minimum = self.policy.minimum_age?;
                Some(age_on(self.today, day)? >= u32::from(minimum))
            }),
            CrossCheck::DocumentType => bare(
                self.facts
                    .kind
                    .filter(|_| !self.policy.kinds.is_empty())
                    .map(|kind| self.policy.kinds.contains(&kind)),
            ),
            CrossCheck::AllowedCountry => bare(self.allowed_country(best)),
            CrossCheck::StatedNames => self.stated_names(best),
            CrossCheck::StatedBirthDate => {
                self.stated_is(best, DocumentField::BirthDate, self.stated.birth_date.as_deref())
            }
            CrossCheck::StatedNumber => {
                let number = self.stated.document_number.as_deref().map(bare_number);
                self.stated_is(best, DocumentField::DocumentNumber, number.as_deref())
            }
            CrossCheck::PortraitAgainstFace => bare(self.facts.portrait_matches_face),
            CrossCheck::GhostPortrait => bare(self.facts.ghost_portrait_matches),
            CrossCheck::NumberOfOnePerson => bare(self.facts.number_of_another.map(|is| !is)),
        };
        CrossCheckResult { check, outcome: CheckOutcome::of(passed), values }
    }

    /// None where a repair makes them right: neither is the zone wrong, nor is the repair proven.
    fn check_digits(&self) -> Option<bool> {
        let mut zones = self.sides.iter().filter_map(|side| side.mrz.as_ref()).peekable();
        zones.peek()?;
        if zones.clone().any(MrzReading::is_wrong) {
            return Some(false);
        }
        zones.all(MrzReading::is_valid).then_some(true)
    }

    /// Whether all places give the same value of a field: one that two clear places contradict has failed. Two
    /// zones or two barcodes may contradict each other, and prove nothing: they may be one image sent twice.
    fn places_agree(&self, field: DocumentField) -> (Option<bool>, Vec<ComparedValue>) {
        let read: Vec<&ReadValue> = self.all().filter(|it| it.field == field).collect();
        let mut agreed = None;
        for (index, one) in read.iter().enumerate() {
            for other in read.iter().skip(index + 1) {
                match self.relation(one, other) {
                    Relation::Same if one.source != other.source => {
                        agreed = agreed.or(Some(true));
                    }
                    Relation::Other => agreed = Some(false),
                    Relation::Same | Relation::Unknown => {}
                }
            }
        }
        (agreed, read.iter().map(|it| compared(it)).collect())
    }

    pub fn relation(&self, one: &ReadValue, other: &ReadValue) -> Relation {
        use ValueSource::Print;
        // A print has several numbers, and dates that are not the holder's.
        if one.source == Print && other.source == Print {
            return Relation::Unknown;
        }
        let is_number = one.field == DocumentField::DocumentNumber;
        if are_same(one, other) || is_number && self.are_one_number(one, other) {
            return Relation::Same;
        }
        let is_of_holder = |it: &ReadValue| it.source == Print && self.is_holders_number(&it.value);
        if is_number && (is_of_holder(one) || is_of_holder(other)) {
            return Relation::Unknown;
        }
        if is_clear(one) && is_clear(other) { Relation::Other } else { Relation::Unknown }
    }

    fn names_agree(&self) -> (Option<bool>, Vec<ComparedValue>) {
        let names: Vec<PlacedName> =
            LOCATIONS.iter().filter_map(|location| self.name_in(*location)).collect();
        let mut agreed = None;
        for (index, one) in names.iter().enumerate() {
            for other in names.iter().skip(index + 1) {
                let (ones, others) = one.parts_of_both(other);
                let alike = match (one.source, other.source) {
                    (ValueSource::Mrz, _) => zone_name_similarity(ones, others),
                    _ => name_similarity(ones, others),
                };
                let clear = one.confidence.min(other.confidence) >= CONTRADICTION_CONFIDENCE_MIN;
                match alike {
                    Some(alike) if alike >= NAME_SIMILARITY_MIN => {
                        agreed = agreed.or((one.source != other.source).then_some(true));
                    }
                    Some(_) if clear => agreed = Some(false),
                    _ => {}
                }
            }
        }
        let values = names.into_iter().map(|it| ComparedValue {
            field: DocumentField::FullName,
            source: Some(it.source),
            value: it.name,
        });
        (agreed, values.collect())
    }

    pub fn name_in(&self, (source, side): Location) -> Option<PlacedName> {
        let is_there =
            |it: &&ReadValue| it.source == source && side.is_none_or(|side| it.side == side);
        let parts: Vec<&ReadValue> = self.all().filter(is_there).collect();
        let name = full_name(parts.iter().copied())?;
        let of_name =
            parts.iter().filter(|it| CrossCheck::of_field(it.field) == Some(CrossCheck::Names));
        let confidence = of_name.map(|it| it.confidence).fold(1.0, f32::min);
        let part = |field| parts.iter().find(|it| it.field == field).map(|it| it.value.clone());
        let (surname, given_names) =
            (part(DocumentField::Surname), part(DocumentField::GivenNames));
        Some(PlacedName { source, name, surname, given_names, confidence })
    }

    fn dates(&self, best: &[ReadValue]) -> (Option<bool>, Vec<ComparedValue>) {
        use DocumentField::{BirthDate, ExpirationDate, IssueDate};
        let dates: Vec<&ReadValue> = [BirthDate, IssueDate, ExpirationDate]
            .iter()
            .filter_map(|field| of(best, *field))
            .collect();
        let known: Vec<&ReadValue> =
            dates.iter().copied().filter(|it| !is_partly_unknown(&it.value)).collect();
        let values = dates.iter().map(|it| compared(it)).collect();
        // A barcode is read as it was printed: a day that is none was printed.
        let mut barcodes = self.sides.iter().flat_map(|side| &side.barcodes);
        if barcodes.any(|barcode| !barcode.impossible_dates.is_empty()) {
            return (Some(false), values);
        }
        if known.is_empty() {
            return (None, values);
        }
        let are_days = known.iter().all(|it| is_day(&it.value));
        let are_in_order = known.is_sorted_by(|one, next| one.value <= next.value);
        let begun = known.iter().filter(|it| it.field != ExpirationDate);
        let have_begun = begun.into_iter().all(|it| it.value.as_str() <= self.today);
        let birth = known.iter().find(|it| it.field == BirthDate);
        let is_age_possible =
            birth.is_none_or(|it| age_on(self.today, &it.value).is_some_and(|age| age <= AGE_MAX));
        (Some(are_days && are_in_order && have_begun && is_age_possible), values)
    }

    fn against(
        &self,
        best: &[ReadValue],
        field: DocumentField,
        passes: impl FnOnce(&str) -> Option<bool>,
    ) -> (Option<bool>, Vec<ComparedValue>) {
        match of(best, field) {
            Some(value) => (passes(&value.value), vec![compared(value)]),
            None => (None, Vec::new()),
        }
    }

    fn allowed_country(&self, best: &[ReadValue]) -> Option<bool> {
        let read = of(best, DocumentField::IssuingCountry).map(|it| &it.value);
        let country = self.facts.country.as_ref().or(read)?;
        (!self.policy.countries.is_empty()).then(|| self.policy.countries.contains(country))
    }

    fn stated_names(&self, best: &[ReadValue]) -> (Option<bool>, Vec<ComparedValue>) {
        let alike = stated_name_similarity(best, self.stated);
        let (Some(stated), Some(read)) = (&self.stated.full_name, full_name(best.iter())) else {
            return (None, Vec::new());
        };
        let value = |source, value: &str| ComparedValue {
            field: DocumentField::FullName,
            source,
            value: value.to_owned(),
        };
        let source =
            best.iter().find(|it| CrossCheck::of_field(it.field) == Some(CrossCheck::Names));
        let values = vec![value(source.map(|it| it.source), &read), value(None, stated)];
        (alike.map(|alike| alike >= NAME_SIMILARITY_MIN), values)
    }

    fn stated_is(
        &self,
        best: &[ReadValue],
        field: DocumentField,
        stated: Option<&str>,
    ) -> (Option<bool>, Vec<ComparedValue>) {
        let (Some(read), Some(stated)) = (of(best, field), stated) else {
            return (None, Vec::new());
        };
        let values =
            vec![compared(read), ComparedValue { field, source: None, value: stated.to_owned() }];
        (Some(read.value == stated), values)
    }
}

/// How alike the stated and the read names are, 0..=1.
pub fn stated_name_similarity(best: &[ReadValue], stated: &StatedData) -> Option<f64> {
    name_similarity(&full_name(best.iter())?, stated.full_name.as_deref()?)
}

/// One value a field: what a check digit proves before what a barcode gives, then the zone, then the print. Of
/// names the print's where they are those of another place: the zone has no accents.
pub fn best_values<'a>(all: impl Iterator<Item = &'a ReadValue>) -> Vec<ReadValue> {
    let all: Vec<&ReadValue> = all.collect();
    let names = |source| full_name(all.iter().copied().filter(|it| it.source == source));
    let printed = names(ValueSource::Print).filter(|printed| {
        let others = [ValueSource::Mrz, ValueSource::Barcode].into_iter().filter_map(names);
        let alike = |it: String| zone_name_similarity(&it, printed);
        others.filter_map(alike).any(|it| it >= NAME_SIMILARITY_MIN)
    });
    let fields: BTreeSet<DocumentField> = all.iter().map(|it| it.field).collect();
    // Parts of a name come from one place.
    let name_source = match printed {
        Some(_) => Some(ValueSource::Print),
        None => [ValueSource::Barcode, ValueSource::Mrz, ValueSource::Print]
            .into_iter()
            .find(|source| names(*source).is_some()),
    };
    let best = |field: DocumentField| {
        let is_name = CrossCheck::of_field(field) == Some(CrossCheck::Names);
        let of_field = all.iter().filter(|it| it.field == field);
        let candidates = of_field.filter(|it| !is_name || Some(it.source) == name_source);
        candidates.min_by_key(|it| rank(it)).map(|it| (*it).clone())
    };
    fields.into_iter().filter_map(best).collect()
}

fn rank(value: &ReadValue) -> u8 {
    match (value.check_digit, value.source) {
        (Some(CheckDigit::Right), _) => 0,
        (None, ValueSource::Barcode) => 1,
        (Some(CheckDigit::Repaired), _) => 2,
        (Some(CheckDigit::Wrong), _) => 5,
        (None, ValueSource::Mrz) => 3,
        (None, ValueSource::Print) => 4,
    }
}

fn of(values: &[ReadValue], field: DocumentField) -> Option<&ReadValue> {
    values.iter().find(|it| it.field == field)
}

fn compared(value: &ReadValue) -> ComparedValue {
    ComparedValue { field: value.field, source: Some(value.source), value: value.value.clone() }
}

fn full_name<'a>(values: impl Iterator<Item = &'a ReadValue> + Clone) -> Option<String> {
    let part = |field| values.clone().find(|it| it.field == field).map(|it| it.value.as_str());
    let (given, surname) = (part(DocumentField::GivenNames), part(DocumentField::Surname));
    match (given, surname) {
        (None, None) => part(DocumentField::FullName).map(str::to_owned),
        _ => Some([given, surname].into_iter().flatten().collect::<Vec<_>>().join(" ")),
    }
}

/// Whether a value is read clearly enough to contradict another.
fn is_clear(value: &ReadValue) -> bool {
    let is_proven = value.check_digit == Some(CheckDigit::Right);
    is_proven || value.confidence >= CONTRADICTION_CONFIDENCE_MIN
}

fn are_same(one: &ReadValue, other: &ReadValue) -> bool {
    if one.value == other.value {
        return true;
    }
    match one.field {
        DocumentField::DocumentNumber => look_alike(&one.value) == look_alike(&other.value),
        // What a date does not say contradicts nothing, and proves nothing either.
        DocumentField::BirthDate => {
            is_partly_unknown(&one.value) && other.value.starts_with(&one.value)
                || is_partly_unknown(&other.value) && one.value.starts_with(&other.value)
        }
        _ => false,
    }
}

/// Whether a date leaves its month or day open, as a zone may: `YYYY` or `YYYY-MM`.
fn is_partly_unknown(date: &str) -> bool {
    matches!(date.len(), 4 | 7)
}

fn is_day(date: &str) -> bool {
    Timestamp::parse_day(date).is_some()
}

/// Whole years from a date of birth to a day, both `YYYY-MM-DD`; none where either is no day.
pub fn age_on(today: &str, birth: &str) -> Option<u32> {
    if !is_day(today) || !is_day(birth) || birth > today {
        return None;
    }
    let year = |date: &str| date.get(..4)?.parse::<u32>().ok();
    let has_had_birthday = today.get(5..)? >= birth.get(5..)?;
    (year(today)? - year(birth)?).checked_sub(u32::from(!has_had_birthday))
}
