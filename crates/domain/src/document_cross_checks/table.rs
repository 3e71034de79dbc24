//! The cross-checks, in one table: names and words. Whoever adds one adds a variant and a row here.

use crate::document_reading::DocumentField;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CrossCheck {
    CheckDigits,
    NationalNumber,
    DocumentNumber,
    Names,
    BirthDate,
    ExpirationDate,
    Sex,
    Country,
    Dates,
    Expiry,
    MinimumAge,
    DocumentType,
    AllowedCountry,
    StatedNames,
    StatedBirthDate,
    StatedNumber,
    PortraitAgainstFace,
    GhostPortrait,
    NumberOfOnePerson,
}

/// What a check that fails makes of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It is not accepted.
    Fails,
    /// Its time has run out.
    Expires,
    /// A person decides.
    AsksForReview,
}

/// One row: everything about a check that is not comparing.
#[derive(Debug)]
pub struct CrossCheckEntry {
    pub check: CrossCheck,
    /// Its member of `validationResults`.
    pub wire_name: &'static str,
    pub doc: &'static str,
    pub weight: Weight,
    pub passed: &'static str,
    pub failed: &'static str,
    pub not_checked: &'static str,
}

const ONE_PLACE: &str = "Not checked: it was read in one place alone.";

pub const TABLE: &[CrossCheckEntry] = &[
    CrossCheckEntry {
        check: CrossCheck::CheckDigits,
        wire_name: "checkDigits",
        doc: "Every check digit of the machine-readable zone is right.",
        weight: Weight::Fails,
        passed: "Every check digit of the machine-readable zone is right.",
        failed: "A check digit of the machine-readable zone is wrong.",
        not_checked: "Not checked: no machine-readable zone was read, or a look-alike had to be repaired in it.",
    },
    CrossCheckEntry {
        check: CrossCheck::NationalNumber,
        wire_name: "nationalNumber",
        doc: "The check digit of the national number is right.",
        weight: Weight::Fails,
        passed: "The check digit of the national number is right.",
        failed: "The check digit of the national number is wrong.",
        not_checked: "Not checked: no number with a national check digit was read.",
    },
    CrossCheckEntry {
        check: CrossCheck::DocumentNumber,
        wire_name: "documentNumberAgrees",
        doc: "The document number is the same wherever it stands.",
        weight: Weight::Fails,
        passed: "The document number is the same wherever it stands.",
        failed: "The document number differs from one place to another.",
        not_checked: ONE_PLACE,
    },
    CrossCheckEntry {
        check: CrossCheck::Names,
        wire_name: "namesAgree",
        doc: "The names are the same wherever they stand, as ICAO 9303 writes them in the zone.",
        weight: Weight::Fails,
        passed: "The names are the same wherever they stand.",
        failed: "The names differ from one place to another.",
        not_checked: ONE_PLACE,
    },
    CrossCheckEntry {
        check: CrossCheck::BirthDate,
        wire_name: "birthDateAgrees",
        doc: "The date of birth is the same wherever it stands.",
        weight: Weight::Fails,
        passed: "The date of birth is the same wherever it stands.",
        failed: "The date of birth differs from one place to another.",
        not_checked: ONE_PLACE,
    },
    CrossCheckEntry {
        check: CrossCheck::ExpirationDate,
        wire_name: "expirationDateAgrees",
        doc: "The date of expiry is the same wherever it stands.",
        weight: Weight::Fails,
        passed: "The date of expiry is the same wherever it stands.",
        failed: "The date of expiry differs from one place to another.",
        not_checked: ONE_PLACE,
    },
    CrossCheckEntry {
        check: CrossCheck::Sex,
        wire_name: "sexAgrees",
        doc: "The sex is the same wherever it stands.",
        weight: Weight::Fails,
        passed: "The sex is the same wherever it stands.",
        failed: "The sex differs from one place to another.",
        not_checked: ONE_PLACE,
    },
    CrossCheckEntry {
        check: CrossCheck::Country,
        wire_name: "countryAgrees",
        doc: "The issuing country is the same wherever it stands.",
        weight: Weight::Fails,
        passed: "The issuing country is the same wherever it stands.",
        failed: "The issuing country differs from one place to another.",
        not_checked: ONE_PLACE,
    },
    CrossCheckEntry {
        check: CrossCheck::Dates,
        wire_name: "datesArePossible",
        doc: "Every date is a day, and birth, issue and expiry follow each other.",
        weight: Weight::Fails,
        passed: "The dates are possible and in order.",
        failed: "A date is impossible, or the dates are not in order.",
        not_checked: "Not checked: no date was read.",
    },
    CrossCheckEntry {
        check: CrossCheck::Expiry,
        wire_name: "notExpired",
        doc: "The document has not expired.",
        weight: Weight::Expires,
        passed: "The document has not expired.",
        failed: "The document has expired.",
        not_checked: "Not checked: no date of expiry was read.",
    },
    CrossCheckEntry {
        check: CrossCheck::MinimumAge,
        wire_name: "minimumAge",
        doc: "The person is as old as the flow demands.",
        weight: Weight::Fails,
        passed: "The person is old enough.",
        failed: "The person is younger than the flow demands.",
        not_checked: "Not checked: the flow demands no age, or no date of birth was read.",
    },
    CrossCheckEntry {
        check: CrossCheck::DocumentType,
        wire_name: "documentTypeAllowed",
        doc: "The flow allows documents of this type.",
        weight: Weight::Fails,
        passed: "The flow allows documents of this type.",
        failed: "The flow does not allow documents of this type.",
        not_checked: "Not checked: the flow names no types, or the type was not recognised.",
    },
    CrossCheckEntry {
        check: CrossCheck::AllowedCountry,
        wire_name: "countryAllowed",
        doc: "The flow allows documents of this country.",
        weight: Weight::Fails,
        passed: "The flow allows documents of this country.",
        failed: "The flow does not allow documents of this country.",
        not_checked: "Not checked: the flow names no countries, or the country was not recognised.",
    },
    CrossCheckEntry {
        check: CrossCheck::StatedNames,
        wire_name: "namesMatch",
        doc: "The names that the person stated are those of the document.",
        weight: Weight::AsksForReview,
        passed: "The stated names are those of the document.",
        failed: "The stated names are not those of the document.",
        not_checked: "Not checked: no names were stated, or none were read.",
    },
    CrossCheckEntry {
        check: CrossCheck::StatedBirthDate,
        wire_name: "birthDateMatches",
        doc: "The date of birth that the person stated is that of the document.",
        weight: Weight::AsksForReview,
        passed: "The stated date of birth is that of the document.",
        failed: "The stated date of birth is not that of the document.",
        not_checked: "Not checked: no date of birth was stated, or none was read.",
    },
    CrossCheckEntry {
        check: CrossCheck::StatedNumber,
        wire_name: "documentNumberMatches",
        doc: "The number that the person stated is that of the document.",
        weight: Weight::AsksForReview,
        passed: "The stated number is that of the document.",
        failed: "The stated number is not that of the document.",
        not_checked: "Not checked: no number was stated, or none was read.",
    },
    CrossCheckEntry {
        check: CrossCheck::PortraitAgainstFace,
        wire_name: "portraitMatchesFace",
        doc: "The portrait shows the person whose face was checked.",
        weight: Weight::Fails,
        passed: "The portrait shows the person whose face was checked.",
        failed: "The portrait does not show the person whose face was checked.",
        not_checked: "Not checked: no portrait was found, or no face was checked yet.",
    },
    CrossCheckEntry {
        check: CrossCheck::GhostPortrait,
        wire_name: "ghostPortraitMatches",
        doc: "The small second portrait shows the same person.",
        weight: Weight::Fails,
        passed: "The second portrait shows the same person.",
        failed: "The second portrait shows somebody else.",
        not_checked: "Not checked: no second portrait was found, or the image is too small.",
    },
    CrossCheckEntry {
        check: CrossCheck::NumberOfOnePerson,
        wire_name: "numberOfOnePerson",
        doc: "No other registration has a document with this number.",
        weight: Weight::AsksForReview,
        passed: "No other registration has a document with this number.",
        failed: "Another registration has a document with this number.",
        not_checked: "Not checked: no number was read.",
    },
];

impl CrossCheck {
    pub fn entry(self) -> &'static CrossCheckEntry {
        // A test looks that the table is in the order of the variants.
        &TABLE[self as usize]
    }

    /// The check that compares where a field stands; none where no places are compared.
    pub fn of_field(field: DocumentField) -> Option<CrossCheck> {
        match field {
            DocumentField::DocumentNumber => Some(CrossCheck::DocumentNumber),
            DocumentField::Surname | DocumentField::GivenNames | DocumentField::FullName => {
                Some(CrossCheck::Names)
            }
            DocumentField::BirthDate => Some(CrossCheck::BirthDate),
            DocumentField::ExpirationDate => Some(CrossCheck::ExpirationDate),
            DocumentField::Sex => Some(CrossCheck::Sex),
            DocumentField::IssuingCountry => Some(CrossCheck::Country),
            DocumentField::PersonalNumber
            | DocumentField::IssueDate
            | DocumentField::Nationality
            | DocumentField::Address => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_checks() {
        for (index, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.check as usize, index, "{}", entry.wire_name);
        }
        assert_eq!(TABLE.len(), CrossCheck::NumberOfOnePerson as usize + 1);
    }
}
