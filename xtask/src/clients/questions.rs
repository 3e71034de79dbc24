//! The questions of the wire matrix, and the spellings of each that real clients send.

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
    questions.extend(ranges());
    questions.extend(booleans());
    questions.extend(pages());
    questions.extend(single_conditions());
    questions.extend(documents());
    questions.extend(refusals());
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

fn ranges() -> Vec<Question> {
    vec![
        range("after", "where>_", "where%3E_", &[], "", newest(|it| it.created_at.as_str() > JUNE)),
        range(
            "before",
            "where<_",
            "where%3C_",
            &[],
            "",
            newest(|it| it.created_at.as_str() < JUNE),
        ),
        range(
            "from",
            "where>=_",
            "where%3E%3D_",
            &["where%3E=_", "where>%3D_", "whereGTE_"],
            "whereGTE_",
            newest(|it| it.created_at.as_str() >= JUNE),
        ),
        range(
            "until",
            "where<=_",
            "where%3C%3D_",
            &["where%3C=_", "where<%3D_", "whereLTE_"],
            "whereLTE_",
            newest(|it| it.created_at.as_str() <= JUNE),
        ),
        page(
            "between",
            BIOMETRIC,
            both(
                &[
                    "where>=_createdAt=2024-06-01&where<_createdAt=2024-08-01",
                    "where%3E=_createdAt=2024-06-01&where%3C_createdAt=2024-08-01",
                    "whereGTE_createdAt=2024-06-01&where%3C_createdAt=2024-08-01",
                ],
                &[json!([["where>=_createdAt", "2024-06-01"], ["where<_createdAt", "2024-08-01"]])],
            ),
            newest(|it| {
                it.created_at.as_str() >= JUNE && it.created_at.as_str() < "2024-08-01T00:00:00Z"
            }),
        ),
    ]
}

/// The record of this moment tells `>` from `>=`.
const JUNE: &str = "2024-06-01T00:00:00Z";
const JUNE_FORMS: &[&str] =
    &["2024-06-01", "2024-06-01T00:00:00Z", "2024-06-01T00%3A00%3A00Z", "2024-06-01T00:00:00.000Z"];

fn range(
    name: &'static str,
    operator: &str,
    encoded: &str,
    other: &[&str],
    alias: &str,
    expected: Page,
) -> Question {
    let mut spellings = Vec::new();
    for key in [operator, encoded, &encoded.to_lowercase()].iter().chain(other) {
        for moment in JUNE_FORMS {
            spellings.push(Spelling::Raw(format!("{key}createdAt={moment}")));
        }
    }
    for key in [operator, alias].iter().filter(|key| !key.is_empty()) {
        for moment in ["2024-06-01", JUNE] {
            spellings.push(Spelling::Params(json!([[format!("{key}createdAt"), moment]])));
        }
    }
    page(name, BIOMETRIC, spellings, expected)
}

fn booleans() -> Vec<Question> {
    let question = |name, words: &[&str], value: bool, matches: fn(&Record) -> bool| {
        let mut spellings = params(&[json!([["where_requires2FA", value]])]);
        for word in words {
            spellings.push(Spelling::Raw(format!("where_requires2FA={word}")));
            spellings.push(Spelling::Params(json!([["where_requires2FA", word]])));
        }
        page(name, BIOMETRIC, spellings, newest(matches))
    };
    vec![
        question("yes", &["true", "True", "TRUE", "1"], true, |it| it.requires_2fa),
        question("no", &["false", "False", "FALSE", "0"], false, |it| !it.requires_2fa),
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

fn single_conditions() -> Vec<Question> {
    vec![
        page(
            "a plus sign",
            BIOMETRIC,
            both(
                &[
                    "where_identifier=user%2B7%40example.com",
                    "where_identifier=user%2B7@example.com",
                    "identifier=user%2B7@example.com",
                ],
                &[
                    json!([["where_identifier", "user+7@example.com"]]),
                    json!([["identifier", "user+7@example.com"]]),
                ],
            ),
            newest(|it| it.identifier == "user+7@example.com"),
        ),
        page(
            "status and type",
            BIOMETRIC,
            both(
                &[
                    "where_status=validated&where_type=login",
                    "status=completed&type=login",
                    "where_status[]=completed&where_type[0]=login",
                    "where%5Fstatus=%63ompleted&where_type=login",
                ],
                &[
                    json!([["where_status", "validated"], ["where_type", "login"]]),
                    json!([["status", "completed"], ["type", "login"]]),
                ],
            ),
            newest(|it| it.status == "completed" && it.kind == "login"),
        ),
        page(
            "not a status",
            BIOMETRIC,
            both(&["wherenot_status=sent"], &[json!([["wherenot_status", "pending"]])]),
            newest(|it| it.status != "pending"),
        ),
        page(
            "one or the other",
            BIOMETRIC,
            both(
                &[
                    "?like_identifier=user%2B1&?where_type=login",
                    "%3Flike_identifier=USER%2B1&%3Fwhere_type=login",
                ],
                &[json!([["?like_identifier", "User+1"], ["?where_type", "login"]])],
            ),
            newest(|it| it.identifier.contains("user+1") || it.kind == "login"),
        ),
        page(
            "the own client",
            BIOMETRIC,
            both(
                &["where_client=client_wire", "client=client_wire", "where_client[]=client_wire"],
                &[json!([["where_client", "client_wire"]])],
            ),
            newest(|_| true),
        ),
        page(
            "another client",
            BIOMETRIC,
            both(
                &["where_client=client_other", "client=client_other", "in_client[]=client_other"],
                &[json!([["where_client", "client_other"]])],
            ),
            newest(|_| false),
        ),
        page(
            "what is missing",
            BIOMETRIC,
            both(
                &["where-null_completedAt=1", "where-null_completedAt=", "where-null_completedAt"],
                &[json!([["where-null_completedAt", "1"]])],
            ),
            newest(|_| true),
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

fn refusals() -> Vec<Question> {
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
        Question { name, path: BIOMETRIC, spellings, answer: Expected::Refused }
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
