//! Records to try the server with: the two seed examples and a few hundred synthetic ones. They look
//! like results, but nothing was measured; they exist in throw-away folders alone.

mod cases;
mod read_documents;
mod rows;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use verax_domain::document_check::DocumentCheck;
use verax_domain::lifecycle::Decision;
use verax_domain::records::review::Verdict;
use verax_domain::{Record, Timestamp, id, resources};
use verax_store::{ImportEntries, StoreError};

use self::cases::{DemoCase, Stage};
pub use self::rows::CLIENT;
use self::rows::{MINUTE_MS, add, draw, pick, read_row, record, round, share, time};
use crate::app::App;
use crate::app::document_validations::FRONT;
use crate::app::documents::IMAGE;
use crate::app::reviews::{ReviewActor, ReviewError};
use crate::clock::Random;

/// The pages' own examples, with which an import of demo data begins.
pub const BIOMETRIC_EXAMPLE: &str = include_str!("../../demo/biometric-validations.json");
pub const DOCUMENT_EXAMPLE: &str = include_str!("../../demo/document-liveness.json");

const PROJECTS: [(&str, &str, &str); 3] = [
    ("project_bank", "Mobile bank", "Opening accounts"),
    ("project_shop", "Web shop", "Age checks"),
    ("project_cars", "Car sharing", "Driver checks"),
];

const VALIDATIONS: u64 = 240;
const DOCUMENTS: u64 = 160;
const READ_DOCUMENTS: u64 = 60;

/// What of a demo was stored.
pub struct StoredDemo {
    /// How many records.
    pub count: usize,
    /// They say that their images are stored.
    cases: Vec<DemoCase>,
}

impl App {
    /// Stores the demo's records; `seed` decides all that is drawn.
    pub async fn store_demo(&self, seed: u64) -> Result<StoredDemo, StoreError> {
        let random = Random::seeded(seed);
        let now = self.clock.now();
        let mut records = Vec::new();
        for (resource, page) in [
            (&resources::BIOMETRIC_VALIDATIONS, BIOMETRIC_EXAMPLE),
            (&resources::DOCUMENT_LIVENESS, DOCUMENT_EXAMPLE),
        ] {
            let page: Page = serde_json::from_str(page).unwrap_or_default();
            records.extend(page.data.iter().filter_map(|row| record(resource, row)));
        }
        for number in 0..VALIDATIONS {
            let row = validation(number, now, &random);
            records.extend(record(&resources::BIOMETRIC_VALIDATIONS, &row));
        }
        for _ in 0..DOCUMENTS {
            let row = document(now, &random);
            records.extend(record(&resources::DOCUMENT_LIVENESS, &row));
        }
        for number in 0..READ_DOCUMENTS {
            records.extend(read_document(number, now, &random));
        }
        let cases = cases::cases(now, &random);
        records.extend(cases.iter().flat_map(|case| case.records.iter().cloned()));
        let quiet = ImportEntries::Quiet("the records of a demo are synthetic");
        self.database.import(&records, now, quiet).await?;
        self.fold_tallies().await?;
        Ok(StoredDemo { count: records.len(), cases })
    }

    /// Stores the images of the demo's cases, of each the same card and the same face, and has two colleagues of
    /// whoever looks at it decide some.
    pub async fn complete_demo(
        &self,
        stored: &StoredDemo,
        (card, face): (&[u8], &[u8]),
    ) -> Result<(), ReviewError> {
        for case in &stored.cases {
            self.vault.keep(CLIENT, &case.document, FRONT, card).await?;
            self.vault.keep(CLIENT, &case.check, IMAGE, card).await?;
            self.keep_face(CLIENT, &case.face, face).await?;
        }
        let [first, second] =
            ["colleague", "supervisor"].map(|id| ReviewActor::of_member(CLIENT, id));
        for case in &stored.cases {
            let verdict = match case.stage {
                Stage::Open => continue,
                Stage::Approved => Verdict {
                    decision: Decision::Approve,
                    reasons: Vec::new(),
                    note: Some("It is a name by marriage.".to_owned()),
                },
                Stage::Proposed | Stage::Declined => Verdict {
                    decision: Decision::Decline,
                    reasons: vec!["document_data_inconsistent".to_owned()],
                    note: None,
                },
            };
            self.claim_review(&first, &case.review).await?;
            self.decide_review(&first, &case.review, &verdict, None).await?;
            if case.stage == Stage::Declined {
                self.confirm_review(&second, &case.review).await?;
            }
        }
        Ok(())
    }
}

/// As a list answers.
#[derive(Default, Deserialize)]
struct Page {
    data: Vec<Value>,
}

fn validation(number: u64, now: Timestamp, random: &Random) -> Value {
    let created = now.0 - draw(random, 90 * 24 * 60) * MINUTE_MS;
    let (project, name, description) = PROJECTS[pick(random, PROJECTS.len() as u64)];
    let kind = ["login", "login", "onboarding", "validation", "oneTimeLink"][pick(random, 5)];
    let status = ["completed", "completed", "completed", "failed", "pending", "new", "expired"]
        [pick(random, 7)];
    let mut row = json!({
        "_id": id::new_id(Timestamp(created), random.number()),
        "client": CLIENT,
        "project": {
            "_id": project,
            "name": name,
            "description": description,
        },
        "status": status,
        "identifier": format!("user{:03}@example.com", number % 150),
        "type": kind,
        "expiresAt": time(created + 60 * MINUTE_MS),
        "requires2FA": pick(random, 4) == 0,
        "ipAddress": format!("192.0.2.{}", pick(random, 254) + 1),
        "createdAt": time(created),
        "updatedAt": time(created + 2 * MINUTE_MS),
    });
    if matches!(status, "completed" | "failed") {
        let passed = status == "completed";
        let liveness = if passed { share(random, 0.80, 0.99) } else { share(random, 0.05, 0.55) };
        let quality = share(random, 0.55, 0.99);
        let word = |passed| if passed { "passed" } else { "failed" };
        let grade = if quality > 0.8 { "good" } else { "acceptable" };
        let found = json!({
            "biometricData": { "quality": grade, "livenessScore": liveness },
            "verificationResults": {
                "livenessDetection": word(passed),
                "identityMatch": if passed { "passed" } else { "not_checked" },
                "qualityScore": quality,
                "antiSpoofing": word(passed),
            },
            "riskScore": round(1.0 - liveness),
            "completedAt": time(created + 2 * MINUTE_MS),
        });
        add(&mut row, found);
    }
    row
}

fn document(now: Timestamp, random: &Random) -> Value {
    let created = now.0 - draw(random, 90 * 24 * 60) * MINUTE_MS;
    let (status, attacked) = match pick(random, 5) {
        0..3 => ("completed", false),
        // A check that fails is work done, too.
        3 => ("completed", true),
        _ => ("processing", false),
    };
    let person = draw(random, 60);
    let mut row = json!({
        "_id": id::new_id(Timestamp(created), random.number()),
        "client": CLIENT,
        "appRegistration": registration(person),
        "imageSaved": false,
        "status": status,
        "createdAt": time(created),
        "updatedAt": time(created + MINUTE_MS),
    });
    if status == "completed" {
        let attacked = attacked.then(|| pick(random, DocumentCheck::COUNT as u64));
        let mut genuine = 1.0;
        let mut results = Map::new();
        for (index, check) in DocumentCheck::ALL.into_iter().enumerate() {
            let passed = attacked != Some(index);
            let score = if passed { share(random, 0.85, 0.99) } else { share(random, 0.03, 0.40) };
            genuine *= score;
            results.insert(
                check.entry().wire_name.to_owned(),
                json!({ "passed": passed, "score": score }),
            );
        }
        let found = json!({
            "validationResults": results,
            "riskScore": round(1.0 - genuine),
            "confidence": share(random, 0.6, 0.95),
            "completedAt": time(created + MINUTE_MS),
        });
        add(&mut row, found);
    }
    row
}

fn read_document(number: u64, now: Timestamp, random: &Random) -> Option<Record> {
    let created = Timestamp(now.0 - draw(random, 90 * 24 * 60) * MINUTE_MS);
    let mut row = read_row(number, created, false, random)?;
    add(&mut row, json!({ "appRegistration": registration(draw(random, 60)) }));
    record(&resources::DOCUMENT_VALIDATIONS, &row)
}

/// The registration of a person, as a row that names it shows it.
fn registration(person: i64) -> Value {
    let status = ["STARTED", "ONGOING", "COMPLETED"][(person % 3) as usize];
    json!({
        "_id": format!("app_registration_{person}"),
        "fullName": format!("Person {person}"),
        "email": format!("person{person}@example.com"),
        "status": status,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_has_documents_of_every_outcome_and_they_are_plainly_specimens() {
        let random = Random::seeded(1);
        let now = Timestamp::parse("2026-01-02T03:04:05Z").expect("a time");
        let records = (0..9).map(|number| read_document(number, now, &random).expect("a record"));
        let rows: Vec<Value> = records.map(|record| record.to_json()).collect();
        let texts = |path: &str| -> Vec<Option<&str>> {
            rows.iter().map(|row| row.pointer(path).and_then(Value::as_str)).collect()
        };
        let expected = [
            "ACTIVE",
            "ACTIVE",
            "FAILED",
            "ACTIVE",
            "EXPIRED",
            "ACTIVE",
            "NEEDS_MANUAL_VERIFICATION",
            "ACTIVE_BUT_UNVERIFIED",
            "NOT_FOUND",
        ];
        assert_eq!(texts("/status"), expected.map(Some));
        assert_eq!(texts("/validationResults/birthDateAgrees/result")[2], Some("failed"));
        assert_eq!(texts("/validationResults/documentNumberAgrees/result")[2], Some("passed"));
        assert!(texts("/country")[..8].iter().all(|country| *country == Some("UTO")));
    }
}
