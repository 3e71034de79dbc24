//! The checks: a file a check, an arm in one match.

mod digital;
mod portrait;
mod print;
mod screen;

use verax_domain::document_check::{DocumentCheck, PerCheck};

use super::check_method::CheckMethod;
use super::measured::MeasuredDocument;

pub(super) fn method(check: DocumentCheck) -> &'static CheckMethod {
    match check {
        DocumentCheck::ScreenReplay => &screen::METHOD,
        DocumentCheck::PrintedCopy => &print::METHOD,
        DocumentCheck::PortraitSubstitution => &portrait::METHOD,
        DocumentCheck::DigitalManipulation => &digital::METHOD,
    }
}

/// The names of a check's features, in their order; weights name those that they were trained on.
pub fn feature_names(check: DocumentCheck) -> Vec<String> {
    (method(check).feature_names)()
}

/// The version of the features' definition: the same name may mean something else in another.
pub fn features_version(check: DocumentCheck) -> u32 {
    method(check).features_version
}

/// The weights that this version was released with, as JSON.
pub fn shipped_weights() -> PerCheck<&'static str> {
    PerCheck::from_fn(|check| method(check).weights)
}

impl MeasuredDocument<'_> {
    /// The features of one check, in the order of `feature_names`; none when the image offers nothing to
    /// measure.
    pub fn features(&self, check: DocumentCheck) -> Option<Vec<f32>> {
        (method(check).features)(self)
    }
}
