//! The body of a document check: read whole, and everything that is wrong with it told at once.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};
use verax_domain::document_verdict::{Calibration, ColourlessRule, CroppedRule};
use verax_query::Problem;
use verax_vision::document::Checks;
use verax_vision::image::{DecodeLimits, Image, ImageError};

use super::error::{ApiError, INVALID_IMAGE_FORMAT, INVALID_PARAMETERS};
use crate::app::document_checks::DocumentOrder;

const CHECKS: [&str; 4] = [
    "validateScreenReplay",
    "validatePrintedCopy",
    "validatePortraitSubstitution",
    "validateDigitalManipulation",
];
const CALIBRATIONS: [&str; 3] =
    ["screenReplayCalibration", "printedCopyCalibration", "portraitSubstitutionCalibration"];
const FLAGS: [&str; 2] = ["ignoreDocumentCroppedValidation", "ignoreColourLessValidation"];

const IMAGE_RULE: &str = "must be a JPEG, PNG or WebP picture in base64, or a data URI of one";

/// Reads the body of `POST /v2/document-liveness`. It decodes base64 and headers, no pixels.
pub fn read_document_order(body: &[u8]) -> Result<DocumentOrder, ApiError> {
    let Ok(Value::Object(sent)) = serde_json::from_slice(body) else {
        let problem = problem("body", "must be a JSON object");
        return Err(ApiError::body(&INVALID_PARAMETERS, INVALID, vec![problem]));
    };
    let mut reader = Reader { sent, problems: Vec::new(), picture_problem: None };
    let picture = reader.picture();
    reader.look_for_misspelt();
    let [screen_replay, printed_copy, portrait_substitution, digital_manipulation] =
        CHECKS.map(|name| reader.flag(name, true));
    let checks =
        Checks { screen_replay, printed_copy, portrait_substitution, digital_manipulation };
    if !(screen_replay || printed_copy || portrait_substitution || digital_manipulation) {
        let message = format!("at least one of {} must be true", CHECKS.join(", "));
        reader.problems.push(problem(CHECKS[0], message));
    }
    let [screen, print, portrait] = CALIBRATIONS.map(|name| reader.calibration(name));
    let [cropped, colourless] = FLAGS.map(|name| reader.flag(name, false));
    let save_image = reader.flag("saveImage", false);
    reader.finish()?;
    Ok(DocumentOrder {
        picture,
        checks,
        screen,
        print,
        portrait,
        cropped: if cropped { CroppedRule::Ignored } else { CroppedRule::Fails },
        colourless: if colourless { ColourlessRule::Ignored } else { ColourlessRule::Fails },
        save_image,
        app_registration: None,
    })
}

const INVALID: &str = "Invalid parameters";

struct Reader {
    sent: Map<String, Value>,
    problems: Vec<Problem>,
    /// The only problem that has codes of its own.
    picture_problem: Option<ApiError>,
}

impl Reader {
    fn picture(&mut self) -> Vec<u8> {
        let text = match self.sent.remove("image") {
            Some(Value::String(text)) => text,
            sent => {
                let absent = matches!(sent, None | Some(Value::Null));
                let message = if absent { "is missing: it" } else { "is no text: it" };
                self.problems.push(problem("image", format!("{message} {IMAGE_RULE}")));
                return Vec::new();
            }
        };
        let Some(bytes) = decode_base64(&text) else {
            let wrong = vec![problem("image", IMAGE_RULE)];
            self.problems.extend(wrong.clone());
            let error = ApiError::body(&INVALID_IMAGE_FORMAT, "The image cannot be used", wrong);
            self.picture_problem = Some(error);
            return Vec::new();
        };
        if let Err(error) = Image::inspect(&bytes, &DecodeLimits::default()) {
            let message = match error {
                ImageError::NotAnImage | ImageError::Empty => format!("{error}; it {IMAGE_RULE}"),
                ref error => error.to_string(),
            };
            self.problems.push(problem("image", message));
            self.picture_problem = Some(ApiError::picture(&error));
        }
        bytes
    }

    /// Verifik's clients send more than this operation reads, which is ignored; but a switch that
    /// is not known would be believed to work.
    fn look_for_misspelt(&mut self) {
        let known = |name: &&String| {
            CHECKS.iter().chain(&CALIBRATIONS).chain(&FLAGS).any(|known| *known == name.as_str())
        };
        let looks = |name: &str| {
            name.starts_with("validate")
                || name.starts_with("ignore")
                || name.ends_with("alibration")
        };
        let names = self.sent.keys().filter(|name| looks(name) && !known(name));
        let all = [&CHECKS[..], &CALIBRATIONS[..], &FLAGS[..]].concat().join(", ");
        let problems: Vec<Problem> =
            names.map(|name| problem(name, format!("is not known; there are {all}"))).collect();
        self.problems.extend(problems);
    }

    fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.sent.get(name) {
            None | Some(Value::Null) => default,
            Some(Value::Bool(value)) => *value,
            Some(_) => {
                self.problems.push(problem(name, "must be true or false"));
                // Whatever was meant, no second problem follows from it.
                default
            }
        }
    }

    fn calibration(&mut self, name: &str) -> Calibration {
        match self.sent.get(name) {
            None | Some(Value::Null) => Calibration::Regular,
            Some(value) => serde_json::from_value(value.clone()).unwrap_or_else(|_| {
                self.problems.push(problem(name, "must be SOFT, REGULAR or HARD"));
                Calibration::Regular
            }),
        }
    }

    fn finish(self) -> Result<(), ApiError> {
        match (self.problems.len(), self.picture_problem) {
            (0, _) => Ok(()),
            (1, Some(error)) => Err(error),
            _ => Err(ApiError::body(&INVALID_PARAMETERS, INVALID, self.problems)),
        }
    }
}

/// Base64 in either alphabet, padded or not, broken into lines or not, bare or in a data URI.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text = match text.split_once(',') {
        Some((head, rest)) => {
            let head = head.trim_start().to_ascii_lowercase();
            (head.starts_with("data:") && head.ends_with(";base64")).then_some(rest)?
        }
        None => text,
    };
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    let engine = GeneralPurpose::new(&alphabet, config);
    if text.contains(|letter: char| letter.is_ascii_whitespace()) {
        let joined: String = text.split_ascii_whitespace().collect();
        return engine.decode(joined).ok();
    }
    engine.decode(text).ok()
}

fn problem(parameter: &str, message: impl Into<String>) -> Problem {
    Problem { parameter: parameter.to_owned(), message: message.into() }
}
