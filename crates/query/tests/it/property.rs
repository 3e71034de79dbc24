//! What holds for every request.

use proptest::prelude::*;
use verax_query::{After, Dialect, Position, Query, Retrieval, Tenant, Timestamp, Value, Window};

use crate::table::CHECKS;

/// Pieces of requests: most make sense, some do not.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "where_status=new",
        "in_status[]=new,failed",
        "wherenot_type=login",
        "notIn_project=a,b",
        "where>_createdAt=2024-12-01",
        "where<=_riskScore=0.25",
        "whereGTE_attempts=-3",
        "where-null_completedAt",
        "where-not-null_details",
        "where-exists_type=0",
        "like_identifier=a%25b",
        "notLike_identifier=%5C",
        "?where_status=sent",
        "?like_identifier=x",
        "where-case-insensitive_identifier=AbC",
        "search=jo",
        "populates[]=client",
        "populates=project.client",
        "with=nope",
        "columns=status,note",
        "sort=-riskScore,type",
        "sort=status",
        "page=3",
        "perPage=7",
        "offset=11",
        "count=1",
        "cursor=*",
        "cursor=aGVsbG8",
        "skipTotal=1",
        "populateSelects=%7B%22project%22%3A%22name%22%7D",
        "requires2FA=True",
        "where_riskScore=0.1&where_riskScore=0.2",
        "junk=1",
        "createdAt=2024-12-01",
        "where<=_createdAt=2024-12-01",
        "in_createdAt=2024-12-01,2024-12-02T10:00:00Z",
        "wherenot_createdAt[]=2024-12-01",
        "in_identifier[]=Doe,%20John",
        "notIn_identifier=a,b",
        "in_identifier=%20x%20",
        "where_identifier=Jose%CC%81",
        "email=jo+1@example.com",
        "notIn_email= 1",
        "like_email=jo%C2%A01",
        "where-case-insensitive_email=%C2%A8a+b",
        "status=",
        "where_failedChecks=quality",
        "notIn_failedChecks=quality,printedCopy",
        "where_project.name=A",
        "in_project.name[]=b&in_project.name[]=a",
        "?where_project.name=c",
    ]);
    let text = "\\PC{0,6}".prop_map(|text| {
        let text = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
        format!("like_identifier={text}&where-case-insensitive_email={text}&in_identifier={text}")
    });
    prop_oneof![
        4 => known.prop_map(str::to_owned),
        1 => text,
        1 => "[\\[\\]?=&%><_a-zA-Z0-9$.,+ -]{0,24}",
    ]
}

fn request() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.join("&"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn parsing_what_was_printed_gives_the_same_query(raw in request()) {
        if let Ok(query) = Query::parse(&CHECKS, &raw) {
            let printed = query.to_query_string();
            prop_assert_eq!(Query::parse(&CHECKS, &printed), Ok(query), "{}", printed);
        }
    }

    #[test]
    fn parsing_never_panics(raw in "\\PC{0,200}") {
        let _ = Query::parse(&CHECKS, &raw);
        let _ = Retrieval::parse(&CHECKS, &raw);
    }

    #[test]
    fn statement_text_never_holds_a_value(value in "[a-zA-Z0-9']{12,20}") {
        let raw = format!(
            "where_identifier={value}&like_identifier={value}&where-case-insensitive_identifier=\
             {value}&search={value}"
        );
        let query = Query::parse(&CHECKS, &raw).expect("text takes any value");
        let tenant = Tenant::Client(value.clone());
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let page = query.page_sql(dialect, &tenant).sql;
            let count = query.count_sql(dialect, &tenant);
            let position = Position { keys: vec![Some(Value::Time(Timestamp(0)))], id: value.clone() };
            let after = After { position: Some(&position), limit: 1 };
            let after = query.after_sql(dialect, &tenant, after, &Window::default()).sql;
            for text in [page.text(dialect), count.text(dialect), after.text(dialect)] {
                prop_assert!(!text.to_lowercase().contains(&value.to_lowercase()), "{}", text);
                prop_assert!(text.contains("client = $"), "{}", text);
            }
        }
    }
}
