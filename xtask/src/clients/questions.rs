//! The questions of the wire matrix, and the spellings of each that real clients send.

mod conditions;

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::drivers::Spelling;
use super::records::Record;
use super::wire::{Expected, Page, Question};

const BIOMETRIC: &str = "/v2/biometric-validations";
const DOCUMENT: &str = "/v2/document-liveness";

/// The forms that a list of two values takes on the wire.
const LIST_FORMS: &[&str] = &[
    "KEY=<a>&KEY=<b>",
    "KEY[]=<a>&KEY[]=<b>",
    "KEY%5B%5D=<a>&KEY%5B%5D=<b>",
    "KEY%5b%5d=<a>&KEY%5b%5d=<b>",
    "KEY[][]=<a>&KEY[][]=<b>",
    "KEY[0]=<a>&KEY[1]=<b>",
    "KEY%5B0%5D=<a>&KEY%5B1%5D=<b>",
    "KEY[][0]=<a>&KEY[][1]=<b>",
    "KEY%5B%5D%5B0%5D=<a>&KEY%5B%5D%5B1%5D=<b>",
    "KEY=<a>,<b>",
    "KEY=<a>%2C<b>",
    "KEY[]=<a>,<b>",
];

pub fn all() -> Vec<Question> {
    let mut questions = populates();
    questions.extend(membership());
    questions.extend(conditions::ranges());
    questions.extend(conditions::booleans());
    questions.extend(pages());
    questions.extend(conditions::singles());
    questions.extend(documents());
    questions.extend(rejections());
    questions
}

fn populates() -> Vec<Question> {
    let is_populated = |row: &Value| {
        let keys = |field: &str| -> Vec<String> {
            row[field].as_object().map(|it| it.keys().cloned().collect()).unwrap_or_default()
        };
        keys("client") == ["_id", "name", "email"]
            && keys("project") == ["_id", "name", "description"]
    };
    let mut spellings = list_forms("populates", "client", "project");
    spellings.extend(params(&[
        json!([["populates[]", ["client", "project"]]]),
        json!([["populates", ["client", "project"]]]),
        json!([["populates", "client,project"]]),
    ]));
    let plain = |row: &Value| row["client"].is_string() && row["project"].is_string();
    vec![
        page("two relations", BIOMETRIC, spellings, Page { row: is_populated, ..newest(|_| true) }),
        page(
            "no relation",
            BIOMETRIC,
            both(&["sort=-createdAt", "unknown=1", "page=1"], &[json!([["page", 1]])]),
            Page { row: plain, ..newest(|_| true) },
        ),
    ]
}

fn membership() -> Vec<Question> {
    let two = || newest(|it| matches!(it.status, "completed" | "failed"));
    let mut in_status = list_forms("in_status", "completed", "failed");
    // The words of Verifik's documentation for the same status.
    in_status.extend(list_forms("in_status", "validated", "failed"));
    in_status.extend(raw(&["where_status=completed&where_status=failed"]));
    in_status.extend(params(&[
        json!([["in_status[]", ["completed", "failed"]]]),
        json!([["in_status", ["validated", "failed"]]]),
        json!([["in_status", "completed,failed"]]),
        json!([["where_status", ["completed", "failed"]]]),
    ]));
    let (a, b) = ("validation_client_wire_003", "validation_client_wire_014");
    let mut ids = list_forms("in__id", a, b);
    ids.extend(params(&[json!([["in__id", [a, b]]]), json!([["in__id[]", [a, b]]])]));
    vec![
        page("two statuses", BIOMETRIC, in_status, two()),
        page(
            "all but two statuses",
            BIOMETRIC,
            list_forms("notIn_status", "completed", "failed"),
            newest(|it| !matches!(it.status, "completed" | "failed")),
        ),
        page(
            "two ids",
            BIOMETRIC,
            ids,
            newest(|it| it.id.ends_with("_003") || it.id.ends_with("_014")),
        ),
    ]
}

fn pages() -> Vec<Question> {
    let second = Page { size: 7, number: 2, ..newest(|_| true) };
    vec![
        page(
            "the second page",
            BIOMETRIC,
            both(
                &[
                    "page=2&perPage=7",
                    "page=2&limit=7",
                    "offset=7&perPage=7",
                    "perPage=7&limit=3&page=2",
                    "page=2&offset=21&perPage=7",
                ],
                &[
                    json!([["page", 2], ["perPage", 7]]),
                    json!([["page", "2"], ["limit", 7]]),
                    json!([["offset", 7], ["perPage", 7]]),
                ],
            ),
            second,
        ),
        page(
            "the first page",
            BIOMETRIC,
            both(
                &[
                    "page=0",
                    "page=1",
                    "perPage=20",
                    "offset=0",
                    "limit=20",
                    "page=1&sort=-createdAt",
                ],
                &[json!([["page", 0]]), json!([["perPage", 20]])],
            ),
            newest(|_| true),
        ),
        page(
            "two sort keys",
            BIOMETRIC,
            both(
                &["sort=-type+identifier", "sort=-type%20identifier", "sort=-type,identifier"],
                &[json!([["sort", "-type identifier"]]), json!([["sort", "-type,identifier"]])],
            ),
            Page {
                order: |a, b| b.kind.cmp(a.kind).then_with(|| a.identifier.cmp(&b.identifier)),
                ..newest(|_| true)
            },
        ),
        Question {
            name: "a count",
            path: BIOMETRIC,
            spellings: both(
                &["count=true&where_status=failed", "count=1&status=failed"],
                &[json!([["count", true], ["where_status", "failed"]])],
            ),
            answer: Expected::Count(|it| it.status == "failed"),
        },
        page(
            "chosen columns",
            BIOMETRIC,
            both(
                &[
                    "select=_id,status",
                    "select=_id+status",
                    "columns=status",
                    "columns=_id%20status",
                    "select=status%2C_id",
                ],
                &[json!([["select", "_id status"]]), json!([["columns", "_id,status"]])],
            ),
            Page {
                row: |row| {
                    let keys = row.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>());
                    keys == Some(vec!["_id".to_owned(), "status".to_owned()])
                },
                ..newest(|_| true)
            },
        ),
    ]
}

fn documents() -> Vec<Question> {
    let mut populated = list_forms("populates", "client", "appRegistration");
    populated.extend(params(&[
        json!([["populates[]", ["client", "appRegistration"]]]),
        json!([["populates", ["client", "appRegistration"]]]),
    ]));
    let is_populated = |row: &Value| {
        let keys: Option<Vec<String>> =
            row["appRegistration"].as_object().map(|it| it.keys().cloned().collect());
        row["client"]["name"].is_string()
            && keys.unwrap_or_default() == ["_id", "fullName", "email", "status"]
    };
    vec![
        page(
            "documents with two relations",
            DOCUMENT,
            populated,
            Page { row: is_populated, size: 10, ..newest(|_| true) },
        ),
        page(
            "completed documents",
            DOCUMENT,
            both(
                &[
                    "status=completed&limit=3",
                    "where_status=completed&limit=3",
                    "in_status[]=completed&perPage=3",
                    "status=completed&page=1&limit=3",
                ],
                &[
                    json!([["status", "completed"], ["limit", 3]]),
                    json!([["where_status", "completed"], ["perPage", 3]]),
                ],
            ),
            Page { size: 3, ..newest(|it| it.status == "completed") },
        ),
        page(
            "documents of a registration",
            DOCUMENT,
            both(
                &["appRegistration=registration_1", "where_appRegistration=registration_1"],
                &[json!([["appRegistration", "registration_1"]])],
            ),
            Page { size: 10, ..newest(|it| it.identifier == "registration_1") },
        ),
    ]
}

fn rejections() -> Vec<Question> {
    [
        ("an operator object", "where_client[$ne]", json!("x")),
        ("an unknown status", "where_status", json!("done")),
        ("an unknown relation", "populates[]", json!("secrets")),
        ("an unknown field", "where_statuss", json!("new")),
        ("a secret field", "where_faceImage", json!("x")),
        ("an unknown sort key", "sort", json!("-template")),
        ("a page that is no number", "page", json!("two")),
        ("a negative page", "page", json!(-1)),
        ("a page that is too long", "perPage", json!(101)),
        ("a page that is empty", "limit", json!(0)),
        ("a moment that is none", "where>_createdAt", json!("yesterday")),
        ("a number that is none", "where>_riskScore", json!("high")),
    ]
    .into_iter()
    .map(|(name, key, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let spellings = both(&[&format!("{key}={text}")], &[json!([[key, value]])]);
        Question { name, path: BIOMETRIC, spellings, answer: Expected::Rejected }
    })
    .collect()
}

/// The first page of what matches, in the default order.
fn newest(matches: fn(&Record) -> bool) -> Page {
    let order: fn(&Record, &Record) -> Ordering = |a, b| b.created_at.cmp(&a.created_at);
    Page { matches, order, size: 20, number: 1, row: |_| true }
}

fn page(
    name: &'static str,
    path: &'static str,
    spellings: Vec<Spelling>,
    expected: Page,
) -> Question {
    Question { name, path, spellings, answer: Expected::Page(expected) }
}

fn list_forms(key: &str, a: &str, b: &str) -> Vec<Spelling> {
    let written = |form: &&str| form.replace("KEY", key).replace("<a>", a).replace("<b>", b);
    LIST_FORMS.iter().map(written).map(Spelling::Raw).collect()
}

fn both(queries: &[&str], forms: &[Value]) -> Vec<Spelling> {
    raw(queries).into_iter().chain(params(forms)).collect()
}

fn raw(queries: &[&str]) -> Vec<Spelling> {
    queries.iter().map(|query| Spelling::Raw((*query).to_owned())).collect()
}

fn params(forms: &[Value]) -> Vec<Spelling> {
    forms.iter().cloned().map(Spelling::Params).collect()
}
