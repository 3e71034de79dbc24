//! What reviews are about, and what came of its checks.

use std::collections::BTreeMap;

use verax_query::Resource;

use super::ReviewSubject;
use crate::document_cross_checks::{CheckOutcome, ReadingVerdict, TABLE};
use crate::document_verdict::{CheckVerdict, DocumentVerdict};
use crate::flow_settings::reviews::CheckedSubject;
use crate::lifecycle::DocumentValidationStatus;
use crate::records::app_registration::AppRegistration;
use crate::records::biometric_validation::{BiometricValidation, CheckResult};
use crate::records::document_check::DocumentCheckRecord;
use crate::records::document_validation::DocumentValidation;
use crate::resources::{
    APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS,
};

/// What the whole image of a document failed by, beside its checks.
const CROPPED: &str = "documentCropped";
const COLOURLESS: &str = "colourLess";

impl ReviewSubject {
    /// What reviews may be about.
    pub const RESOURCES: [&'static Resource; 4] =
        [&APP_REGISTRATIONS, &BIOMETRIC_VALIDATIONS, &DOCUMENT_LIVENESS, &DOCUMENT_VALIDATIONS];

    pub fn of_document(validation: &DocumentValidation) -> ReviewSubject {
        ReviewSubject {
            resource: DOCUMENT_VALIDATIONS.name.to_owned(),
            id: validation.id.clone(),
            registration: validation.registration.clone(),
            project: validation.project.clone(),
            flow: validation.flow.clone(),
        }
    }

    /// `registration`: whose document it is; its flow says what is reviewed.
    pub fn of_document_check(
        check: &DocumentCheckRecord,
        registration: &AppRegistration,
    ) -> ReviewSubject {
        ReviewSubject {
            resource: DOCUMENT_LIVENESS.name.to_owned(),
            id: check.id.clone(),
            ..ReviewSubject::of_registration(registration)
        }
    }

    pub fn of_face(validation: &BiometricValidation) -> ReviewSubject {
        ReviewSubject {
            resource: BIOMETRIC_VALIDATIONS.name.to_owned(),
            id: validation.id.clone(),
            registration: validation.order.registration.clone(),
            project: validation.order.project.clone(),
            flow: validation.order.flow.clone(),
        }
    }

    pub fn of_registration(registration: &AppRegistration) -> ReviewSubject {
        ReviewSubject {
            resource: APP_REGISTRATIONS.name.to_owned(),
            id: registration.id.clone(),
            registration: Some(registration.id.clone()),
            project: registration.project.clone(),
            flow: registration.flow.clone(),
        }
    }
}

impl CheckedSubject {
    /// A document or a registration that waits for a person.
    pub fn waiting() -> CheckedSubject {
        CheckedSubject { needs_manual_verification: true, ..CheckedSubject::default() }
    }

    /// `image_checks`: the checks of document-liveness that were made on its images.
    pub fn of_reading(
        status: DocumentValidationStatus,
        verdict: &ReadingVerdict,
        image_checks: &BTreeMap<String, bool>,
    ) -> CheckedSubject {
        let failed = verdict.checks.iter().filter(|it| it.outcome == CheckOutcome::Failed);
        let rows = failed.filter_map(|it| TABLE.iter().find(|row| row.check == it.check));
        let images = image_checks.iter().filter(|(_, passed)| !**passed);
        let confidences = verdict.values.iter().map(|value| f64::from(value.confidence));
        CheckedSubject {
            has_passed: status.is_accepted(),
            needs_manual_verification: status == DocumentValidationStatus::NeedsManualVerification,
            failed_checks: rows
                .map(|row| row.wire_name.to_owned())
                .chain(images.map(|(name, _)| name.clone()))
                .collect(),
            confidence: confidences.reduce(f64::min),
        }
    }

    pub fn of_document_check(verdict: &DocumentVerdict) -> CheckedSubject {
        let failed = |result: &CheckVerdict| result.judgement.is_some_and(|it| !it.passed);
        let checks =
            verdict.results.iter().filter(|(_, result)| result.as_ref().is_some_and(failed));
        let whole = [(CROPPED, verdict.cropped), (COLOURLESS, verdict.colourless)];
        let whole = whole.into_iter().filter(|(_, has_failed)| *has_failed);
        CheckedSubject {
            has_passed: verdict.has_passed(),
            needs_manual_verification: false,
            failed_checks: checks
                .map(|(check, _)| check.entry().wire_name)
                .chain(whole.map(|(name, _)| name))
                .map(str::to_owned)
                .collect(),
            confidence: Some(verdict.confidence),
        }
    }

    pub fn of_face(has_passed: bool, result: &CheckResult) -> CheckedSubject {
        CheckedSubject {
            has_passed,
            needs_manual_verification: false,
            failed_checks: result.failed_checks(),
            confidence: result.confidence(),
        }
    }
}
