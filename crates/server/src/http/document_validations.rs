//! Documents that are read: of registrations, and for whoever asks what stands on one.

mod calls;
mod demos;
mod detection;
pub mod errors;
mod images;
mod reading;
mod scans;
mod schemas;
mod templates;

use axum::extract::State as Extract;
use axum::http::StatusCode;
use serde_json::json;
use verax_domain::RecordTokenScope;
use verax_domain::document_reading::DocumentSide;
use verax_domain::records::document_validation::ReadingPurpose;
use verax_domain::resources::{DOCUMENT_VALIDATIONS, PROMPT_TEMPLATES};

use self::calls::{DOCUMENT_BODY, MANUAL_BODY, NOTHING, REVIEW_BODY, TYPE_BODY, VALIDATE_BODY};
use self::errors::{ALREADY_EXISTS, DOCUMENT_PARAMETER_MISSING, METHOD_NOT_SET, REMOVED};
use self::scans::{SCAN_BODY, SCAN_STUDIO, SIDES_BODY};
use self::schemas::{detected_type, document_type, evidence};
use self::templates::TEMPLATE_BODY;
use super::body::table::Purpose;
use super::error_codes::{
    CONFLICT, IMAGE_TOO_LARGE, INVALID_IMAGE_FORMAT, PROJECT_NOT_FOUND, TOKEN_NOT_RIGHT,
};
use super::face_service::errors::MODELS_MISSING;
use super::layers::access::{Access, RecordKinds, Rejection, WithoutToken};
use super::openapi::shapes::{members, query, record};
use super::operation::{Answer, Description, Operation};
use super::state::State;
use crate::app::journal::Origin;

const TAG: &str = DOCUMENT_VALIDATIONS.name;
const OCR: &str = "ocr";
const UNKNOWN: &str = DOCUMENT_VALIDATIONS.not_found.error;
const NEEDED: &str = RecordTokenScope::Registration.title();
const KIND: RecordKinds = RecordKinds::one(RecordTokenScope::Registration);
/// A client's token that may write, or that of a registration.
const OPEN: Access = Access::WRITE.or_record(KIND, Rejection::NotRight(NEEDED));
const NO_IMAGE: &str = "There is no such record, or its image was not stored";

pub fn operations() -> Vec<Operation> {
    let image = |side: DocumentSide, path: &str, id: &str, summary: &str| {
        let access = Access { without_token: WithoutToken::WithSignedUrl, ..Access::MEDIA };
        let described = Description::new(id, summary, TAG, access, Answer::image())
            .doc("A signed URL opens it until it expires; a token with `media:read` at any time.");
        Operation::get(
            format!("/v2/document-validations/{{id}}/{path}"),
            move |state: Extract<State>, bearer, origin: Origin, id, signed| {
                images::image(side, state, bearer, origin, id, signed)
            },
            described,
        )
        .parameters([
            query(
                "expires",
                "When the URL expires, in seconds since 1970.",
                json!({ "type": "integer" }),
            ),
            query("signature", "What makes the URL valid.", json!({ "type": "string" })),
        ])
        .unknown(NO_IMAGE)
    };
    let changed = || Answer::data(record(&DOCUMENT_VALIDATIONS));
    let put = |path: &str| format!("/v2/document-validations/{{id}}{path}");
    let mut all = vec![
        read_for_registration(),
        Operation::put(
            put("/validate"),
            calls::validate,
            Description::new(
                "validate_document_validation",
                "Compare the names again that the person states",
                TAG,
                OPEN,
                changed(),
            ),
        )
        .parameters([query(
            "force",
            "With a client's token: the names are the same, whatever was read.",
            json!({ "type": "boolean" }),
        )])
        .body(VALIDATE_BODY, Purpose::Change, &DOCUMENT_PARAMETER_MISSING)
        .errors(&[&CONFLICT, &TOKEN_NOT_RIGHT])
        .unknown(UNKNOWN),
        Operation::put(
            put("/manual-verification"),
            calls::ask_for_review,
            Description::new(
                "ask_for_document_review",
                "Ask for a reviewer: of the document, and of the registration whose it is",
                TAG,
                OPEN,
                changed(),
            ),
        )
        .body(MANUAL_BODY, Purpose::Change, &DOCUMENT_PARAMETER_MISSING)
        .errors(&[&CONFLICT, &ALREADY_EXISTS, &TOKEN_NOT_RIGHT])
        .unknown(UNKNOWN),
        Operation::put(
            put("/manual-name-review"),
            calls::review_names,
            Description::new(
                "review_document_names",
                "Say as a reviewer whether the names are those that the person stated",
                TAG,
                Access::WRITE,
                changed(),
            ),
        )
        .body(REVIEW_BODY, Purpose::Create, &DOCUMENT_PARAMETER_MISSING)
        .errors(&[&CONFLICT])
        .unknown(UNKNOWN),
        Operation::put(
            put("/document-type"),
            calls::rename,
            Description::new(
                "rename_document_validation",
                "Say what the document is",
                TAG,
                Access::WRITE,
                changed(),
            ),
        )
        .body(TYPE_BODY, Purpose::Create, &DOCUMENT_PARAMETER_MISSING)
        .errors(&[&CONFLICT])
        .unknown(UNKNOWN),
        Operation::put(
            put(""),
            calls::change,
            Description::new(
                "change_document_validations",
                "Never done: each change has a path of its own",
                TAG,
                Access::WRITE,
                changed(),
            ),
        )
        .body(NOTHING, Purpose::Change, &DOCUMENT_PARAMETER_MISSING)
        .errors(&[&METHOD_NOT_SET])
        .unknown(UNKNOWN),
        image(
            DocumentSide::Front,
            "image",
            "get_document_validation_image",
            "The image that was stored of the front of a document",
        ),
        image(
            DocumentSide::Back,
            "back-image",
            "get_document_validation_back_image",
            "The image that was stored of the back of a document",
        ),
        Operation::get(
            put("/evidence"),
            images::evidence,
            Description::new(
                "get_document_validation_evidence",
                "What was read where on a document",
                TAG,
                Access::MEDIA,
                Answer::json(evidence()).described("Each side with its values and their corners"),
            )
            .doc("Corners are pixels of the upright image, clockwise from where the text begins."),
        )
        .unknown("There is no such record, or nothing was read of it"),
    ];
    all.extend(detections());
    all.extend(demos());
    all.extend(scans());
    all.extend(templates());
    all
}

fn read_for_registration() -> Operation {
    let data =
        || Answer::data(members(json!({ "documentValidation": record(&DOCUMENT_VALIDATIONS) })));
    let described = Description::new(
        "read_registration_document",
        "Read the document of a registration",
        TAG,
        OPEN,
        data().described("The record, with what was read and found"),
    )
    .doc(
        "A record that says `requiresBackSide` waits for `backImage` in a second call. A document that is \
         rejected is not the registration's any more; another may come until the flow's \
         `documents.attemptLimit` is reached.",
    );
    Operation::post(
        "/v2/document-validations/app-registration",
        calls::read_for_registration,
        described,
    )
    .body(DOCUMENT_BODY, Purpose::Create, &DOCUMENT_PARAMETER_MISSING)
    .or_answer(later(data()))
    .errors(&[&INVALID_IMAGE_FORMAT, &IMAGE_TOO_LARGE, &MODELS_MISSING])
    .errors(&[&ALREADY_EXISTS, &CONFLICT, &PROJECT_NOT_FOUND, &TOKEN_NOT_RIGHT])
    .unknown("The registration was deleted")
}

fn later(answer: Answer) -> Answer {
    answer.with_status(StatusCode::ACCEPTED).described(
        "Reading takes longer than the server lets a caller wait: the record as it stands; retrieve it later",
    )
}

fn detections() -> Vec<Operation> {
    let described = |id: &str, summary: &str, access: Access| {
        Description::new(id, summary, TAG, access, Answer::data(detected_type()))
    };
    vec![
        Operation::post(
            "/v2/document-validations/detect-document-type",
            detection::detect,
            described(
                "detect_document_type",
                "Which document an image shows; nothing is stored",
                Access::CLIENT,
            ),
        )
        .body(SIDES_BODY, Purpose::Create, &DOCUMENT_PARAMETER_MISSING)
        .errors(&[&INVALID_IMAGE_FORMAT, &IMAGE_TOO_LARGE, &MODELS_MISSING]),
        Operation::post(
            "/v2/document-validations/{id}/detect-document-type",
            detection::detect_again,
            described(
                "detect_document_validation_type",
                "Which document it was that was read",
                Access::reading(DOCUMENT_VALIDATIONS.scopes),
            ),
        )
        .body(NOTHING, Purpose::Change, &DOCUMENT_PARAMETER_MISSING)
        .unknown(UNKNOWN),
    ]
}

fn demos() -> Vec<Operation> {
    let data = || Answer::service(members(json!({ "result": { "type": "object" } })));
    let scan = Description::new(
        "scan_demo",
        "Read a document, and store nothing of it",
        OCR,
        Access::CLIENT,
        data(),
    )
    .doc(
        "With the setting `documents.demo_records` a record of the type `demo` is made, and answered beside \
         `result`; the token needs the scope `write` then.",
    );
    let retrieve = Description::new(
        "get_demo_document_validation",
        "A document validation of the type `demo`",
        TAG,
        Access::reading(DOCUMENT_VALIDATIONS.scopes),
        Answer::data_of(&DOCUMENT_VALIDATIONS, record(&DOCUMENT_VALIDATIONS)),
    );
    vec![
        Operation::post("/v2/ocr/scan-demo", demos::scan, scan)
            .body(SIDES_BODY, Purpose::Create, &DOCUMENT_PARAMETER_MISSING)
            .or_answer(later(data()))
            .errors(&[&INVALID_IMAGE_FORMAT, &IMAGE_TOO_LARGE, &MODELS_MISSING]),
        Operation::get("/v2/document-validations/demo/{id}", demos::retrieve, retrieve)
            .unknown(UNKNOWN),
    ]
}

fn scans() -> Vec<Operation> {
    let scan = |purpose: ReadingPurpose, path: &str, id: &str, summary: &str| {
        let data = || Answer::service(record(&DOCUMENT_VALIDATIONS));
        let described = Description::new(id, summary, OCR, Access::WRITE, data());
        Operation::post(
            path,
            move |state: Extract<State>, caller, origin, allowed, body| {
                scans::scan(purpose, state, caller, origin, allowed, body)
            },
            described,
        )
        .body(SCAN_BODY, Purpose::Create, &DOCUMENT_PARAMETER_MISSING)
        .or_answer(later(data()))
        .errors(&[&INVALID_IMAGE_FORMAT, &IMAGE_TOO_LARGE, &MODELS_MISSING])
        .unknown(PROMPT_TEMPLATES.not_found.error)
    };
    let removed = Description::new(
        "scan_studio_removed",
        "Removed from the protocol: use the call of version 3",
        OCR,
        Access::WRITE,
        Answer::service(json!({ "type": "object" })),
    );
    vec![
        scan(ReadingPurpose::ScanPrompt, "/v2/ocr/scan-prompt", "scan_prompt", "Read a document"),
        scan(
            ReadingPurpose::ScanStudio,
            SCAN_STUDIO,
            "scan_studio",
            "Read a document, with the place of each value",
        ),
        scan(
            ReadingPurpose::ScanAgent,
            "/v2/ocr/scan-agent",
            "scan_agent",
            "Read a document, and say whether it is of the type that was asked for",
        ),
        Operation::get(
            "/v2/document-types",
            scans::types,
            Description::new(
                "list_document_types",
                "The documents that are recognised",
                OCR,
                Access::CLIENT,
                Answer::data(json!({ "type": "array", "items": document_type() })),
            ),
        ),
        Operation::post("/v2/ocr/scan-studio", scans::removed, removed)
            .body(SCAN_BODY, Purpose::Change, &DOCUMENT_PARAMETER_MISSING)
            .errors(&[&REMOVED]),
    ]
}

/// Under the protocol's own address, and under the one that its dashboard has for them.
fn templates() -> Vec<Operation> {
    let under =
        |path: &str, of: &str| {
            let described = |verb: &str, summary: &str| {
                let answer = Answer::data(record(&PROMPT_TEMPLATES));
                let id = format!("{verb}_{of}");
                Description::new(id, summary, PROMPT_TEMPLATES.name, Access::WRITE, answer)
            };
            [
                Operation::post(path, templates::create, described("create", "Make a template"))
                    .body(TEMPLATE_BODY, Purpose::Create, &DOCUMENT_PARAMETER_MISSING),
                Operation::put(
                    format!("{path}/{{id}}"),
                    templates::change,
                    described("change", "Change a template: what is not sent stays"),
                )
                .body(TEMPLATE_BODY, Purpose::Change, &DOCUMENT_PARAMETER_MISSING)
                .unknown(PROMPT_TEMPLATES.not_found.error),
            ]
        };
    let all = [
        under("/v2/prompt-templates", "prompt_templates"),
        under("/v2/ocr/scan-prompt/template", "scan_prompt_template"),
    ];
    all.into_iter().flatten().collect()
}
