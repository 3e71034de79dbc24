//! Questions about one field or two: ranges, booleans, equality, groups.

use serde_json::json;

use super::{BIOMETRIC, Page, Question, Record, Spelling, both, newest, page, params};

pub fn ranges() -> Vec<Question> {
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

pub fn booleans() -> Vec<Question> {
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

pub fn singles() -> Vec<Question> {
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
