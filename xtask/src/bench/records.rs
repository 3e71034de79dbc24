//! Records shaped like the seeds', the same ones each time: 50 clients of Zipf sizes, two years.

use std::io::{BufWriter, Write};

use anyhow::Result;
use serde_json::{Value, json};

const CLIENTS: u64 = 50;
const PROJECTS_EACH: u64 = 4;
const REGISTRATIONS_EACH: u64 = 200;
/// 2024-01-01 to 2025-12-31.
const FIRST_MS: i64 = 1_704_067_200_000;
pub const END_MS: i64 = 1_767_139_200_000;
pub const DAY_MS: i64 = 86_400_000;

const STATUSES: &[(&str, u64)] =
    &[("completed", 70), ("failed", 15), ("pending", 5), ("new", 5), ("expired", 5)];
const DOCUMENT_STATUSES: &[(&str, u64)] =
    &[("completed", 80), ("failed", 12), ("processing", 4), ("new", 4)];
const TYPES: &[(&str, u64)] =
    &[("login", 50), ("onboarding", 25), ("validation", 20), ("oneTimeLink", 5)];

/// Writes the lines of a resource, given how many validations there are.
type WriteLines = fn(u64, &mut dyn Write) -> Result<()>;

/// What is imported, in this order.
pub const RESOURCES: &[(&str, WriteLines)] = &[
    ("clients", write_clients),
    ("projects", write_projects),
    ("app-registrations", write_registrations),
    ("biometric-validations", write_validations),
    ("document-liveness", write_documents),
];

/// One check of a document for ten of a person.
pub fn documents_for(validations: u64) -> u64 {
    validations / 10
}

/// All lines that are imported.
pub fn lines(validations: u64) -> u64 {
    let of_a_client = 1 + PROJECTS_EACH + REGISTRATIONS_EACH;
    validations + documents_for(validations) + CLIENTS * of_a_client
}

/// The client with this rank; 1 has the most records.
pub fn client_id(rank: u64) -> String {
    format!("client_{rank:02}")
}

pub fn moment(milliseconds: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::MAX);
    moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn write_clients(_: u64, out: &mut dyn Write) -> Result<()> {
    for rank in 1..=CLIENTS {
        let (id, email) = (client_id(rank), format!("client{rank}@example.com"));
        writeln!(out, "{}", json!({"_id": id, "name": format!("Client {rank}"), "email": email}))?;
    }
    Ok(())
}

fn write_projects(_: u64, out: &mut dyn Write) -> Result<()> {
    for rank in 1..=CLIENTS {
        for number in 0..PROJECTS_EACH {
            let project = json!({
                "_id": project_id(rank, number),
                "client": client_id(rank),
                "name": format!("Project {number} of client {rank}"),
                "description": "Example project description",
                "createdAt": moment(FIRST_MS),
                "updatedAt": moment(FIRST_MS),
            });
            writeln!(out, "{project}")?;
        }
    }
    Ok(())
}

fn write_registrations(_: u64, out: &mut dyn Write) -> Result<()> {
    for rank in 1..=CLIENTS {
        for number in 0..REGISTRATIONS_EACH {
            let registration = json!({
                "_id": registration_id(rank, number),
                "client": client_id(rank),
                "project": project_id(rank, number % PROJECTS_EACH),
                "fullName": format!("Person {number} of client {rank}"),
                "email": format!("person{number}@client{rank}.example.com"),
                "status": "COMPLETED",
                "createdAt": moment(FIRST_MS),
                "updatedAt": moment(FIRST_MS),
            });
            writeln!(out, "{registration}")?;
        }
    }
    Ok(())
}

fn write_validations(count: u64, out: &mut dyn Write) -> Result<()> {
    let mut out = BufWriter::new(out);
    let (mut dice, zipf) = (Dice(1), Zipf::new());
    for index in 0..count {
        let client = zipf.rank(&mut dice);
        let status = dice.word(STATUSES);
        let created = created_ms(index, count, &mut dice);
        let updated = created + 1000 * dice.below(300) as i64;
        let (score, risk) = dice.score_and_risk();
        let mut record = json!({
            "_id": object_id(created, &mut dice),
            "client": client_id(client),
            "project": project_id(client, dice.below(PROJECTS_EACH)),
            "status": status,
            "identifier": format!("user{}@example.com", dice.below(50_000)),
            "type": dice.word(TYPES),
            "expiresAt": moment(created + 3_600_000),
            "requires2FA": dice.below(4) == 0,
            "ipAddress": format!("192.0.2.{}", dice.below(256)),
            "biometricData": {"quality": "good", "livenessScore": score},
        });
        if matches!(status, "completed" | "failed") {
            record["verificationResults"] = json!({
                "livenessDetection": "passed",
                "identityMatch": "passed",
                "qualityScore": score,
                "antiSpoofing": "passed",
            });
            record["riskScore"] = json!(risk);
        }
        finish(record, status, created, updated, &mut out)?;
    }
    Ok(out.flush()?)
}

fn write_documents(validations: u64, out: &mut dyn Write) -> Result<()> {
    let count = documents_for(validations);
    let mut out = BufWriter::new(out);
    let (mut dice, zipf) = (Dice(2), Zipf::new());
    for index in 0..count {
        let client = zipf.rank(&mut dice);
        let status = dice.word(DOCUMENT_STATUSES);
        let created = created_ms(index, count, &mut dice);
        let updated = created + 1000 * dice.below(300) as i64;
        let id = object_id(created, &mut dice);
        let (score, risk) = dice.score_and_risk();
        let measured = json!({"passed": true, "score": score});
        let record = json!({
            "_id": id,
            "client": client_id(client),
            "appRegistration": registration_id(client, dice.below(REGISTRATIONS_EACH)),
            "imageSaved": true,
            "imageUrl": format!("https://images.example.com/{id}.jpg"),
            "status": status,
            "validationResults": {
                "screenReplay": measured,
                "printedCopy": measured,
                "portraitSubstitution": measured,
                "digitalManipulation": measured,
            },
            "riskScore": risk,
            "confidence": score,
        });
        finish(record, status, created, updated, &mut out)?;
    }
    Ok(out.flush()?)
}

fn finish(
    mut record: Value,
    status: &str,
    created: i64,
    updated: i64,
    out: &mut impl Write,
) -> Result<()> {
    record["createdAt"] = json!(moment(created));
    record["updatedAt"] = json!(moment(updated));
    if status == "completed" {
        record["completedAt"] = json!(moment(updated));
    }
    Ok(writeln!(out, "{record}")?)
}

/// Records arrive in the order of time, more or less.
fn created_ms(index: u64, count: u64, dice: &mut Dice) -> i64 {
    let share = index as f64 / count as f64;
    FIRST_MS + ((END_MS - FIRST_MS) as f64 * share) as i64 + dice.below(60_000) as i64
}

fn object_id(created_ms: i64, dice: &mut Dice) -> String {
    format!("{:08x}{:016x}", created_ms / 1000, dice.next())
}

fn project_id(client: u64, number: u64) -> String {
    format!("project_{client:02}_{number}")
}

/// The registration of the client with this rank, from 0.
pub fn registration_id(client: u64, number: u64) -> String {
    format!("app_registration_{client:02}_{number:03}")
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same records on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Two numbers of three digits that add up to one.
    fn score_and_risk(&mut self) -> (f64, f64) {
        let thousandths = self.below(1001);
        (thousandths as f64 / 1000.0, (1000 - thousandths) as f64 / 1000.0)
    }

    /// One of the words, each as often as its weight says of a hundred.
    fn word(&mut self, words: &[(&'static str, u64)]) -> &'static str {
        let mut left = self.below(100);
        for (word, weight) in words {
            if left < *weight {
                return word;
            }
            left -= weight;
        }
        words[0].0
    }
}

/// The client of rank k has a k-th of the records of the first.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new() -> Zipf {
        let mut sum = 0.0;
        let sums = (1..=CLIENTS).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Zipf(sums.collect())
    }

    fn rank(&self, dice: &mut Dice) -> u64 {
        let all = self.0[self.0.len() - 1];
        let point = dice.below(1 << 53) as f64 / (1_u64 << 53) as f64 * all;
        self.0.partition_point(|sum| *sum <= point) as u64 + 1
    }
}
