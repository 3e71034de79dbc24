//! The checks: a file a check, an arm in one match.

mod digital;
mod portrait;
mod print;
mod screen;

use verax_domain::document_check::{DocumentCheck, PerCheck};

use super::check_method::CheckMethod;
use super::measured::MeasuredDocument;

pub use screen::SHIPPED_SCREEN_HEAD;

pub(super) fn method(check: DocumentCheck) -> &'static CheckMethod {
    match check {
        DocumentCheck::ScreenReplay => &screen::METHOD,
        DocumentCheck::PrintedCopy => &print::METHOD,
        DocumentCheck::PortraitSubstitution => &portrait::METHOD,
        DocumentCheck::DigitalManipulation => &digital::METHOD,
    }
}

/// The names of the features of a check's trees, in their order; weights name those that they were trained on. Empty
/// for a check without trees.
pub fn feature_names(check: DocumentCheck) -> Vec<String> {
    method(check).trees.as_ref().map(|trees| (trees.feature_names)()).unwrap_or_default()
}

/// The version of the features' definition: the same name may mean something else in another.
pub fn features_version(check: DocumentCheck) -> u32 {
    method(check).trees.as_ref().map_or(0, |trees| trees.features_version)
}

/// The trees that this version was released with, as JSON, of the checks that have some.
pub fn shipped_trees() -> PerCheck<Option<&'static str>> {
    PerCheck::from_fn(|check| Some(method(check).trees.as_ref()?.weights))
}

impl MeasuredDocument<'_> {
    /// The features of a check's trees, in the order of `feature_names`; none when it has no trees, or the image offers
    /// nothing to measure.
    pub fn features(&self, check: DocumentCheck) -> Option<Vec<f32>> {
        (method(check).trees.as_ref()?.features)(self)
    }
}
