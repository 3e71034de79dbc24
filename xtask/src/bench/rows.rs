//! What is asked: the rows of the table of results.

use super::records::{DAY_MS, END_MS, client_id, moment};

/// One kind of request.
pub struct Row {
    pub name: &'static str,
    pub client: String,
    /// As the plain statement sees it.
    pub table: &'static str,
    pub statuses: &'static [&'static str],
    pub created_after_ms: Option<i64>,
    pub size: u64,
    /// How far into the list the page is, 0 for the first page.
    pub depth: f64,
    /// Records that somebody else adds to the same list meanwhile.
    pub writes_per_second: u32,
    path: &'static str,
    more: String,
}

impl Row {
    /// The request target of a page.
    pub fn target(&self, number: u64) -> String {
        format!("{}?page={number}&perPage={}&{}", self.path, self.size, self.more)
    }

    /// The page that is as deep as asked, given how many there are.
    pub fn page_number(&self, pages: u64) -> u64 {
        ((pages as f64 * self.depth) as u64).clamp(1, pages.max(1))
    }
}

pub fn all() -> Vec<Row> {
    let after = END_MS - 90 * DAY_MS;
    let one_status = "where_status=completed&populates[]=client&populates[]=project";
    let biometric = |name, rank, depth, statuses, more: String| Row {
        name,
        client: client_id(rank),
        table: "biometric_validations",
        statuses,
        created_after_ms: None,
        size: 20,
        depth,
        writes_per_second: 0,
        path: "/v2/biometric-validations",
        more,
    };
    let two = format!(
        "in_status[]=completed&in_status[]=failed&where%3E_createdAt={}\
         &populates[]=client&populates[]=project",
        moment(after)
    );
    vec![
        biometric("first page", 2, 0.0, &["completed"], one_status.to_owned()),
        Row {
            writes_per_second: 100,
            ..biometric("first page, with writes", 2, 0.0, &["completed"], one_status.to_owned())
        },
        biometric("middle page", 2, 0.5, &["completed"], one_status.to_owned()),
        biometric("page at 90 %", 2, 0.9, &["completed"], one_status.to_owned()),
        Row {
            created_after_ms: Some(after),
            ..biometric("two statuses, 90 days", 2, 0.0, &["completed", "failed"], two)
        },
        biometric("largest client, any status", 1, 0.0, &[], "sort=-createdAt".to_owned()),
        Row {
            name: "100 documents",
            table: "document_liveness",
            size: 100,
            path: "/v2/document-liveness",
            ..biometric(
                "",
                1,
                0.0,
                &[],
                "populates[]=client&populates[]=appRegistration".to_owned(),
            )
        },
    ]
}
