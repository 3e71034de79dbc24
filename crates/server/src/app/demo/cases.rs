//! Cases of a demo: registrations whose checks a reviewer looks at, and what reviewers have decided of some.

use serde_json::{Map, Value, json};
use verax_domain::document_check::DocumentCheck;
use verax_domain::flow_settings::reviews::OpenedBecause;
use verax_domain::records::document_check::image_path;
use verax_domain::records::review::{Review, ReviewSubject};
use verax_domain::resources::{
    APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS,
};
use verax_domain::{Record, Timestamp, id};

use super::rows::{CLIENT, MINUTE_MS, add, draw, read_row, record, share, time};
use crate::clock::Random;

const FLOW: &str = "project_flow_bank";

/// A case, with what it is about.
pub struct DemoCase {
    pub records: Vec<Record>,
    /// The id of the document that was read.
    pub document: String,
    /// The id of the document check on the same image.
    pub check: String,
    /// The id of the face check.
    pub face: String,
    /// The id of the review.
    pub review: String,
    pub stage: Stage,
}

/// How far a reviewer has come with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Open,
    Declined,
    Approved,
    /// A decline that another reviewer has to confirm.
    Proposed,
}

/// Which document, by the number that says what is the matter with it, how far its case is, and why it was
/// opened.
const CASES: [(u64, Stage, &[&str]); 12] = [
    (6, Stage::Open, OTHER_NAME),
    (2, Stage::Open, OTHER_BIRTH_DATE),
    (0, Stage::Open, SAMPLE),
    (15, Stage::Open, OTHER_NAME),
    (3, Stage::Open, SAMPLE),
    (24, Stage::Open, OTHER_NAME),
    (11, Stage::Open, OTHER_BIRTH_DATE),
    (1, Stage::Open, SAMPLE),
    (33, Stage::Proposed, OTHER_NAME),
    (42, Stage::Approved, OTHER_NAME),
    (20, Stage::Declined, OTHER_BIRTH_DATE),
    (51, Stage::Open, OTHER_NAME),
];
const OTHER_NAME: &[&str] = &["manualVerification", "failedCheck:namesMatch"];
const OTHER_BIRTH_DATE: &[&str] = &["failedCheck:birthDateAgrees"];
const SAMPLE: &[&str] = &["sample"];

/// The cases, the newest first.
pub fn cases(now: Timestamp, random: &Random) -> Vec<DemoCase> {
    let case = |(index, (number, stage, because)): (usize, (u64, Stage, &[&str]))| {
        let created = Timestamp(now.0 - (index as i64 * 47 + 12 + draw(random, 30)) * MINUTE_MS);
        case(number, created, (stage, because), random)
    };
    CASES.into_iter().enumerate().filter_map(case).collect()
}

fn case(
    number: u64,
    created: Timestamp,
    (stage, because): (Stage, &[&str]),
    random: &Random,
) -> Option<DemoCase> {
    let mut read = read_row(number, created, true, random)?;
    let number = 100 + number;
    let text = |row: &Value, pointer: &str| {
        row.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let document = text(&read, "/_id");
    let name = text(&read, "/OCRExtraction/fullName");
    let name = if name.is_empty() { format!("Person {number}") } else { name };
    let face = face_row(created, random);
    let face_id = text(&face, "/_id");
    let mut checked = check_row(created, random);
    let check = text(&checked, "/_id");
    let registration = format!("app_registration_{number}");
    let row = json!({
        "_id": registration,
        "client": CLIENT,
        "project": { "_id": "project_bank", "name": "Mobile bank" },
        "projectFlow": flow(),
        "status": "NEEDS_MANUAL_VERIFICATION",
        "fullName": name,
        "email": format!("person{number}@example.com"),
        "documentValidation": document,
        "biometricValidation": face_id,
        "compareFaceVerification": comparison(&document, &face_id, created, random),
        "createdAt": time(created.0 - 3 * MINUTE_MS),
        "updatedAt": time(created.0),
    });
    add(&mut read, json!({ "appRegistration": registration, "projectFlow": FLOW }));
    add(&mut checked, json!({ "appRegistration": registration }));
    let own = id::new_id(created, random.number());
    let opened = review(&own, (&registration, &document), created, because);
    let rows = [
        (&APP_REGISTRATIONS, row),
        (&DOCUMENT_VALIDATIONS, read),
        (&BIOMETRIC_VALIDATIONS, face),
        (&DOCUMENT_LIVENESS, checked),
    ];
    let records = rows.iter().filter_map(|(resource, row)| record(resource, row));
    let records = records.chain([opened]).collect();
    Some(DemoCase { records, document, check, face: face_id, review: own, stage })
}

/// Its declines are confirmed by a second reviewer.
fn flow() -> Value {
    json!({
        "_id": FLOW, "client": CLIENT, "project": "project_bank", "type": "onboarding",
        "review": {
            "onManualVerification": true,
            "onFailedChecks": ["birthDateAgrees", "namesMatch"],
            "sample": 2,
            "fourEyes": "decline",
        },
    })
}

fn face_row(created: Timestamp, random: &Random) -> Value {
    let (liveness, quality) = (share(random, 0.72, 0.98), share(random, 0.6, 0.95));
    json!({
        "_id": id::new_id(created, random.number()),
        "client": CLIENT,
        "project": "project_bank",
        "status": "completed",
        "type": "onboarding",
        "identifier": "person@example.com",
        "imageSaved": true,
        "biometricData": { "quality": "good", "livenessScore": liveness },
        "verificationResults": {
            "livenessDetection": "passed",
            "identityMatch": "not_checked",
            "qualityScore": quality,
            "antiSpoofing": "passed",
        },
        "riskScore": 0.1,
        "createdAt": time(created.0 - 2 * MINUTE_MS),
        "updatedAt": time(created.0 - MINUTE_MS),
        "completedAt": time(created.0 - MINUTE_MS),
    })
}

fn check_row(created: Timestamp, random: &Random) -> Value {
    let results = DocumentCheck::ALL.map(|check| {
        let found = json!({ "passed": true, "score": share(random, 0.72, 0.99) });
        (check.entry().wire_name.to_owned(), found)
    });
    let own = id::new_id(created, random.number());
    json!({
        "imageUrl": image_path(&own),
        "_id": own,
        "client": CLIENT,
        "status": "completed",
        "imageSaved": true,
        "validationResults": results.into_iter().collect::<Map<String, Value>>(),
        "riskScore": 0.2,
        "confidence": 0.8,
        "createdAt": time(created.0 - 2 * MINUTE_MS),
        "updatedAt": time(created.0 - MINUTE_MS),
        "completedAt": time(created.0 - MINUTE_MS),
    })
}

/// Where a face stands on one of the demo's images, in pixels: the image's width and height, the left, top, width
/// and height of the face's box, and its five points.
struct FacePosition {
    image: [u32; 2],
    frame: [f64; 4],
    points: [[f64; 2]; 5],
}

// As the installed models find them.
const ON_FACE: FacePosition = FacePosition {
    image: [1920, 1080],
    frame: [797.0, 137.0, 191.0, 237.0],
    points: [[844.0, 215.0], [941.0, 216.0], [891.0, 265.0], [850.0, 302.0], [935.0, 301.0]],
};
const ON_CARD: FacePosition = FacePosition {
    image: [905, 570],
    frame: [139.0, 260.0, 103.0, 127.0],
    points: [[167.0, 303.0], [216.0, 303.0], [192.0, 328.0], [171.0, 346.0], [214.0, 348.0]],
};

fn position(resource: &str, id: &str, at: &FacePosition) -> Value {
    let FacePosition { image: [width, height], frame, points } = at;
    let [left, top, across, down] = frame;
    json!({
        "resource": resource, "_id": id, "width": width, "height": height,
        "box": { "x": left, "y": top, "width": across, "height": down },
        "points": points.map(|[x, y]| json!({ "x": x, "y": y })),
    })
}

fn comparison(document: &str, face: &str, at: Timestamp, random: &Random) -> Value {
    let score = share(random, 0.86, 0.97);
    json!({
        "result": { "passed": true, "score": score, "compare_min_score": 0.85 },
        "comparedAt": time(at.0),
        "model": "sface-2021dec",
        "scale": "sface-2021dec/1",
        "faces": {
            "selfie": position(BIOMETRIC_VALIDATIONS.name, face, &ON_FACE),
            "document": position(DOCUMENT_VALIDATIONS.name, document, &ON_CARD),
        },
    })
}

/// The review of a document, which nobody has begun with.
fn review(
    review: &str,
    (registration, document): (&str, &str),
    created: Timestamp,
    because: &[&str],
) -> Record {
    let subject = ReviewSubject {
        resource: DOCUMENT_VALIDATIONS.name.to_owned(),
        id: document.to_owned(),
        registration: Some(registration.to_owned()),
        project: Some("project_bank".to_owned()),
        flow: Some(FLOW.to_owned()),
    };
    let because: Vec<OpenedBecause> =
        because.iter().filter_map(|text| OpenedBecause::from_text(text)).collect();
    Review::opened((review, CLIENT), &subject, &because, created)
}
