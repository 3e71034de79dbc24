//! What is to be checked: the order of a call, and as it is stored with a job.

use serde::{Deserialize, Serialize};
use verax_domain::document_check::PerCheck;
use verax_domain::document_verdict::{Calibration, ColourlessRule, CroppedRule};

/// What is to be checked, and how strictly. All but the image is stored with the job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DocumentOrder {
    /// The encoded file.
    #[serde(skip)]
    pub image: Vec<u8>,
    #[serde(with = "stored_checks")]
    pub checks: PerCheck<bool>,
    /// Members beside the others, by the checks' short names.
    #[serde(flatten, with = "stored_calibrations")]
    pub calibrations: PerCheck<Calibration>,
    pub cropped: CroppedRule,
    pub colourless: ColourlessRule,
    /// Whether the image stays when the check has ended.
    pub save_image: bool,
    /// Whose document it is, where the call was made with the token of an app registration.
    pub app_registration: Option<String>,
}

impl DocumentOrder {
    /// Whether everything is checked, as strictly as when nothing is said. A device chooses what it asks
    /// for: less than this does not do for the document of a registration.
    pub(super) fn is_whole(&self) -> bool {
        self.checks == PerCheck::all(true)
            && self.calibrations.values().all(|strict| *strict != Calibration::Soft)
            && self.cropped == CroppedRule::Fails
            && self.colourless == ColourlessRule::Fails
    }
}

/// What an older version stored names no check of a newer one: it is made then, as when a body does not name it.
mod stored_checks {
    use serde::{Deserializer, Serializer};
    use verax_domain::document_check::{DocumentCheckEntry, PerCheck};

    const LABEL: fn(&DocumentCheckEntry) -> &'static str = |entry| entry.label;

    pub fn serialize<S: Serializer>(checks: &PerCheck<bool>, to: S) -> Result<S::Ok, S::Error> {
        checks.map(Some).serialize_by(LABEL, to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PerCheck<bool>, D::Error> {
        PerCheck::deserialize_by(LABEL, PerCheck::all(true), from)
    }
}

/// `REGULAR` where an older version stored none.
mod stored_calibrations {
    use serde::{Deserializer, Serializer};
    use verax_domain::document_check::{DocumentCheckEntry, PerCheck};
    use verax_domain::document_verdict::Calibration;

    const SHORT_NAME: fn(&DocumentCheckEntry) -> &'static str = |entry| entry.short_name;

    pub fn serialize<S: Serializer>(
        calibrations: &PerCheck<Calibration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        calibrations.map(Some).serialize_by(SHORT_NAME, to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<PerCheck<Calibration>, D::Error> {
        PerCheck::deserialize_by(SHORT_NAME, PerCheck::default(), from)
    }
}

/// A calibration for each check: `REGULAR` for those that have none on the wire.
pub fn calibrations(of: impl Fn(&str) -> Calibration) -> PerCheck<Calibration> {
    PerCheck::from_fn(|check| {
        check.entry().calibration.map_or(Calibration::Regular, |(name, _)| of(name))
    })
}
