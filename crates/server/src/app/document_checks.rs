//! Checking a photographed document: what is asked for, and why there is no completed record.

mod images;
mod measurement;
mod recovery;
mod running;

use serde::{Deserialize, Serialize};
use verax_domain::document_verdict::{Calibration, ColourlessRule, CroppedRule};
use verax_store::StoreError;
use verax_vision::document::Checks;
use verax_vision::image::ImageError;

pub use self::measurement::{CheckMade, made_checks, policy};
use crate::vault::VaultError;

/// What is to be checked, and how strictly. All but the picture is kept with the job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DocumentOrder {
    /// The encoded file.
    #[serde(skip)]
    pub picture: Vec<u8>,
    pub checks: Checks,
    pub screen: Calibration,
    pub print: Calibration,
    pub portrait: Calibration,
    pub cropped: CroppedRule,
    pub colourless: ColourlessRule,
    /// Whether the picture stays when the check has ended.
    pub save_image: bool,
    /// Whose document it is, where the call was made with the token of an app registration.
    pub app_registration: Option<String>,
}

impl DocumentOrder {
    /// Whether everything is checked, as strictly as when nothing is said. A device chooses what it asks
    /// for: less than this does not do for the document of a registration.
    fn is_whole(&self) -> bool {
        let strict = [self.screen, self.print, self.portrait];
        self.checks == Checks::ALL
            && !strict.contains(&Calibration::Soft)
            && self.cropped == CroppedRule::Fails
            && self.colourless == ColourlessRule::Fails
    }
}

/// Why there is no completed record.
#[derive(Debug, thiserror::Error)]
pub enum DocumentCheckError {
    /// The record is `failed` and says so.
    #[error(transparent)]
    Picture(#[from] ImageError),
    /// The record is `failed` and says so.
    #[error("the measurement of a document stopped before its end")]
    Stopped,
    #[error("the registration is over, or is not there")]
    RegistrationOver,
    #[error("the registration's device has begun {0} document checks")]
    ChecksLimit(u32),
    #[error("the registration's device has kept {0} pictures")]
    ImagesLimit(u32),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record is `failed`, or its job will be taken up.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Where the vault has the picture of a record.
pub(super) const PICTURE: &str = "picture";
