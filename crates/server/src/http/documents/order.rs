//! The body of a document check: what may be sent, and the order that it is.

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_verdict::{Calibration, ColourlessRule, CroppedRule};
use verax_query::Problem;
use verax_vision::image::{DecodeLimits, Image, ImageError};

use crate::app::documents::{DocumentOrder, calibrations};
use crate::app::faces::decode_base64;
use crate::http::body::checked::CheckedBody;
use crate::http::body::images::base64_of;
use crate::http::body::table::{BodyField, Default, Purpose, Rule, joined, optional, required};
use crate::http::body::unread::Received;
use crate::http::error::ApiError;
use crate::http::error_codes::{INVALID_IMAGE_FORMAT, INVALID_PARAMETERS};

const fn check(name: &'static str, doc: &'static str) -> BodyField {
    optional(name, Rule::Flag, doc).or(Default::Flag(true))
}

const fn flag(name: &'static str, doc: &'static str) -> BodyField {
    optional(name, Rule::Flag, doc).or(Default::Flag(false))
}

const fn calibration(name: &'static str, doc: &'static str) -> BodyField {
    optional(name, Rule::Word(&["SOFT", "REGULAR", "HARD"]), doc).or(Default::Word("REGULAR"))
}

/// What could be misspelt: a switch a check, the calibrations, the rules of the whole image.
const SWITCHES: [BodyField; DocumentCheck::COUNT + CALIBRATIONS + RULES.len()] = {
    let mut switches = [RULES[0]; DocumentCheck::COUNT + CALIBRATIONS + RULES.len()];
    let (mut at, mut calibrations) = (0, 0);
    while at < DocumentCheck::COUNT {
        let entry = DocumentCheck::ALL[at].entry();
        switches[at] = check(entry.switch.0, entry.switch.1);
        if let Some((name, doc)) = entry.calibration {
            switches[DocumentCheck::COUNT + calibrations] = calibration(name, doc);
            calibrations += 1;
        }
        at += 1;
    }
    let mut at = 0;
    while at < RULES.len() {
        switches[DocumentCheck::COUNT + CALIBRATIONS + at] = RULES[at];
        at += 1;
    }
    switches
};

/// How many checks have a calibration.
const CALIBRATIONS: usize = {
    let (mut at, mut count) = (0, 0);
    while at < DocumentCheck::COUNT {
        count += DocumentCheck::ALL[at].entry().calibration.is_some() as usize;
        at += 1;
    }
    count
};

const RULES: [BodyField; 2] = [
    flag(
        "ignoreDocumentCroppedValidation",
        "Whether a document that leaves the image is accepted.",
    ),
    flag("ignoreColourLessValidation", "Whether an image without colour is accepted."),
];

const IMAGE: [BodyField; 2] = [
    required("image", Rule::Image, "A JPEG, PNG or WebP in base64, bare or as a data URI."),
    flag("saveImage", "Whether the image is stored encrypted; `imageUrl` shows it."),
];

pub static DOCUMENT_BODY: &[BodyField] = &joined::<
    { IMAGE.len() + DocumentCheck::COUNT + CALIBRATIONS + RULES.len() },
>(&IMAGE, &SWITCHES);

const INVALID: &str = "Invalid parameters";
const IMAGE_RULE: &str = "must be a JPEG, PNG or WebP image in base64, or a data URI of one";

/// Reads the body of `POST /v2/document-liveness`. It decodes base64 and headers, no pixels.
pub fn read_document_order(
    body: &Received,
    limits: &DecodeLimits,
) -> Result<DocumentOrder, ApiError> {
    let mut sent = match CheckedBody::parse(body, DOCUMENT_BODY, Purpose::Create) {
        Ok(sent) => sent,
        Err(unreadable) => return Err(invalid(vec![unreadable.into_problem()?])),
    };
    find_misspelt(&mut sent);
    let checks = PerCheck::from_fn(|check| sent.flag(check.entry().switch.0));
    if sent.fits() && checks == PerCheck::all(false) {
        let [first, others @ ..] = DocumentCheck::ALL.map(|check| check.entry().switch.0);
        sent.wrong(first, format!("or one of \"{}\" must be true", others.join("\", \"")));
    }
    let image = sent.take_image_text("image");
    let image = match image.as_ref().map(|text| image_of(text.as_str(), limits)) {
        Some(Ok(image)) => image,
        // Its codes are for an image that is the only problem.
        Some(Err(problem)) => {
            if sent.fits() {
                return Err(problem.rejected());
            }
            sent.wrong("image", problem);
            Vec::new()
        }
        None => Vec::new(),
    };
    let sent = sent.finish_as(invalid, invalid)?;
    let calibration = |name: &str| match sent.text(name) {
        Some("SOFT") => Calibration::Soft,
        Some("HARD") => Calibration::Hard,
        _ => Calibration::Regular,
    };
    Ok(DocumentOrder {
        image,
        checks,
        calibrations: calibrations(calibration),
        cropped: match sent.flag("ignoreDocumentCroppedValidation") {
            true => CroppedRule::Ignored,
            false => CroppedRule::Fails,
        },
        colourless: match sent.flag("ignoreColourLessValidation") {
            true => ColourlessRule::Ignored,
            false => ColourlessRule::Fails,
        },
        save_image: sent.flag("saveImage"),
        app_registration: None,
    })
}

fn invalid(problems: Vec<Problem>) -> ApiError {
    ApiError::body(&INVALID_PARAMETERS, INVALID, problems)
}

/// Why a text is not taken for an image.
enum NoImage {
    NotBase64,
    Image(ImageError),
}

impl NoImage {
    /// Alone.
    fn rejected(&self) -> ApiError {
        match self {
            NoImage::NotBase64 => {
                let message = format!("\"image\" {IMAGE_RULE}");
                let problem = Problem { parameter: "image".to_owned(), message };
                ApiError::body(&INVALID_IMAGE_FORMAT, "The image cannot be used", vec![problem])
            }
            NoImage::Image(error) => ApiError::image(error),
        }
    }
}

/// Beside other problems.
impl std::fmt::Display for NoImage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoImage::Image(error @ (ImageError::NotAnImage | ImageError::Empty)) => {
                write!(out, "{error}; it {IMAGE_RULE}")
            }
            NoImage::Image(error) => write!(out, "{error}"),
            NoImage::NotBase64 => out.write_str(IMAGE_RULE),
        }
    }
}

fn image_of(text: &str, limits: &DecodeLimits) -> Result<Vec<u8>, NoImage> {
    let bytes = base64_of(text).ok().and_then(decode_base64).ok_or(NoImage::NotBase64)?;
    Image::inspect(&bytes, limits).map_err(NoImage::Image)?;
    Ok(bytes)
}

/// Verifik's clients send more than this operation reads, which is ignored; but a switch that is not
/// known would be believed to work.
fn find_misspelt(sent: &mut CheckedBody) {
    let looks = |name: &str| {
        name.starts_with("validate") || name.starts_with("ignore") || name.ends_with("alibration")
    };
    let names: Vec<&str> = SWITCHES.iter().map(|member| member.name).collect();
    let known = names.join(", ");
    for name in sent.unknown.clone().iter().filter(|name| looks(name)) {
        sent.wrong(name, format!("is not known; there are {known}"));
    }
}
