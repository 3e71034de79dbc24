//! What is left out of account, what is taken as it was meant, and what is told of.

use verax_query::{Condition, Handling, Query, Retrieval, Test, Timestamp, Value};

use crate::table::{CHECKS, PROJECTS};

fn parse(raw: &str) -> Query {
    Query::parse(&CHECKS, raw).unwrap_or_else(|problems| panic!("{raw}: {problems:?}"))
}

fn conditions(raw: &str) -> Vec<Condition> {
    parse(raw).conditions().to_vec()
}

fn test(raw: &str) -> Test {
    let mut all = conditions(raw);
    assert_eq!(all.len(), 1, "{raw}");
    all.remove(0).test
}

fn time(text: &str) -> Value {
    Value::Time(Timestamp::parse(text).expect("a time"))
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|text| Value::Text((*text).to_owned())).collect()
}

/// What is ignored, as a header would tell of it.
fn ignored(raw: &str) -> Vec<String> {
    let told = |it: &verax_query::Ignored| match &it.hint {
        Some(hint) => format!("{}; {hint}", it.parameter),
        None => it.parameter.clone(),
    };
    parse(raw).ignored().iter().map(told).collect()
}

#[test]
fn what_is_ignored_is_told_of_with_what_may_have_been_meant() {
    for (raw, told) in [
        ("statu=new", "statu; did you mean status"),
        ("per_page=5", "per_page; did you mean perPage"),
        ("Limit=5", "Limit; did you mean limit"),
        ("where-client=abc", "where-client; did you mean where_client"),
        ("Where_client=abc", "Where_client; did you mean where_client"),
        ("wher_client=abc", "wher_client; did you mean where_client"),
        ("clientId=abc", "clientId; did you mean client"),
        ("created_at=2024-01-01", "created_at; did you mean createdAt"),
        ("populate[]=client", "populate[]; did you mean populates"),
        ("?statu=new", "?statu; did you mean ?where_status"),
        ("utm_campaign=x", "utm_campaign"),
        ("status=", "status; is empty"),
        ("identifier[]=", "identifier[]; is empty"),
        ("search=", "search; is empty"),
    ] {
        assert_eq!(ignored(raw), [told], "{raw}");
        let problems = Query::parse_as(&CHECKS, raw, Handling::Strict).expect_err("strict");
        assert_eq!(problems.len(), 1, "{raw}");
        assert_eq!(told.split(';').next(), Some(problems[0].parameter.as_str()));
    }
    assert!(ignored("status=new&like_identifier=jo&where-null_type&perPage=3&&=x").is_empty());
}

#[test]
fn a_strict_request_is_told_of_all_its_problems() {
    let raw = "statu=new&perPage=1000&where_typ=login&per_page=3";
    let problems = Query::parse_as(&CHECKS, raw, Handling::Strict).expect_err("strict");
    let told: Vec<String> =
        problems.iter().map(|it| format!("{}: {}", it.parameter, it.message)).collect();
    assert_eq!(
        told,
        [
            "statu: is not known here; did you mean status?",
            "where_typ: unknown field `typ`; did you mean `type`?",
            "per_page: is not known here; did you mean perPage?",
            "perPage: must be between 1 and 100",
        ]
    );
}

#[test]
fn what_is_ignored_makes_no_other_request_and_is_bounded() {
    assert_eq!(parse("statu=x&status="), parse(""));
    let many = vec!["xstatus=1"; 800].join("&");
    assert_eq!(parse(&many).ignored().len(), 100);
}

#[test]
fn a_retrieve_tells_of_what_means_nothing_anywhere() {
    let raw = "statu=x&where_status=new&status=&page=2&populates=project";
    let retrieval = Retrieval::parse(&CHECKS, raw).expect("a list's words mean nothing here");
    let names: Vec<&str> = retrieval.ignored().iter().map(|it| it.parameter.as_str()).collect();
    assert_eq!(names, ["statu"]);
    assert_eq!(Retrieval::parse_as(&CHECKS, raw, Handling::Strict).expect_err("strict").len(), 1);
}

#[test]
fn the_client_is_never_left_out_of_account() {
    for raw in ["client=", "where_client=", "client[]="] {
        assert_eq!(Query::parse(&CHECKS, raw).expect_err("an id is wanted").len(), 1, "{raw}");
    }
}

#[test]
fn an_export_takes_filters_alone() {
    for raw in [
        "where_client=a",
        "client=a",
        "email=a_b@example.com",
        "like_identifier=garc%C3%ADa",
        "where>_createdAt=2024-12-01&?where_status=new&?like_identifier=x",
        "search=jo",
        "",
    ] {
        let query = Query::for_export(&CHECKS, raw).unwrap_or_else(|it| panic!("{raw}: {it:?}"));
        assert_eq!(query.included().populates().len(), 2, "{raw}");
    }
    for raw in [
        "clientId=abc",
        "where-client=abc",
        "Where_client=abc",
        "wher_client=abc",
        "limit=5",
        "page=1",
        "sort=_id",
        "columns=status",
        "populates[]=client",
        "cursor=*",
        "count=1",
        "client=",
        "status=",
        "search=",
        "utm_source=x",
    ] {
        let problems = Query::for_export(&CHECKS, raw).expect_err(raw);
        assert_eq!(problems.len(), 1, "{raw}");
    }
}

#[test]
fn text_is_never_split_and_what_cannot_hold_a_comma_is() {
    assert_eq!(test("in_identifier[]=Doe%2C%20John"), Test::In(texts(&["Doe, John"])));
    assert_eq!(test("in_identifier=Doe,%20John"), Test::In(texts(&["Doe, John"])));
    assert_eq!(
        test("in_identifier=a,b&in_identifier= c "),
        Test::In(texts(&["a,b", " c "])),
        "repeated values are whole"
    );
    assert_eq!(test("notIn_identifier[0]=a,b"), Test::NotIn(texts(&["a,b"])));
    assert_eq!(test("in_status=new, failed"), Test::In(texts(&["new", "failed"])));
    assert_eq!(test("in__id[]=a,b"), Test::In(texts(&["a", "b"])));
    assert_eq!(test("in_attempts=1,2"), Test::In(vec![Value::Integer(1), Value::Integer(2)]));
}

#[test]
fn a_plus_that_was_not_encoded_is_one_where_no_space_can_be() {
    assert_eq!(
        test("email=jo+1@example.com"),
        Test::In(texts(&["jo 1@example.com", "jo+1@example.com"]))
    );
    assert_eq!(test("email=jo%2B1@example.com"), Test::In(texts(&["jo+1@example.com"])));
    assert_eq!(test("like_email=JO+1"), Test::Contains("jo+1".to_owned()));
    let folded = Test::FoldedIn(vec!["jo+1@example.com".to_owned()]);
    assert_eq!(test("where-case-insensitive_email=JO+1@example.com"), folded);
    assert_eq!(test("identifier=jo+1"), Test::In(texts(&["jo 1"])));
    // A search looks into each field in its own way.
    let any = parse("search=jo+1").any_of();
    let needles: Vec<&Test> = any[0].iter().map(|it| &it.test).collect();
    assert_eq!(needles, [&Test::Contains("jo 1".to_owned()), &Test::Contains("jo+1".to_owned())]);
}

#[test]
fn a_date_is_the_whole_day_where_it_ends_a_range_or_stands_alone() {
    let end = time("2026-01-10T23:59:59.999Z");
    let midnight = time("2026-01-10T00:00:00Z");
    for raw in ["where<=_createdAt=2026-01-10", "whereLTE_createdAt=2026-01-10"] {
        assert_eq!(test(raw), Test::LessOrEqual(end.clone()), "{raw}");
    }
    assert_eq!(test("where>=_createdAt=2026-01-10"), Test::GreaterOrEqual(midnight.clone()));
    assert_eq!(test("where>_createdAt=2026-01-10"), Test::Greater(midnight.clone()));
    assert_eq!(test("where<_createdAt=2026-01-10"), Test::Less(midnight.clone()));
    let whole = "where<=_createdAt=2026-01-10T00:00:00Z";
    assert_eq!(test(whole), Test::LessOrEqual(midnight));
    let Value::Time(begin) = time("2026-01-10") else { panic!("a time") };
    assert_eq!(test("createdAt=2026-01-10"), Test::In(vec![Value::Day(begin)]));
    assert_eq!(test("wherenot_createdAt=2026-01-10"), Test::NotIn(vec![Value::Day(begin)]));
    assert_eq!(
        test("in_createdAt=2026-01-10,2026-01-11T10:00:00Z"),
        Test::In(vec![Value::Day(begin), time("2026-01-11T10:00:00Z")])
    );
    assert_eq!(parse("where<=_createdAt=9999-12-31").conditions().len(), 1);
}

#[test]
fn a_list_without_searched_text_has_no_search() {
    let query = Query::parse(&PROJECTS, "search=zzz").expect("projects have names");
    assert_eq!(query.any_of().len(), 1);
    let problems = Query::parse(&crate::table::BARE, "search=zzz&limit=0").expect_err("no text");
    let names: Vec<&str> = problems.iter().map(|it| it.parameter.as_str()).collect();
    assert_eq!(names, ["search", "limit"]);
    assert!(problems[0].message.contains("no text to search"), "{problems:?}");
}

#[test]
fn a_hundred_values_are_a_hundred_however_they_are_spelled() {
    let many: Vec<String> =
        (0..100).map(|number| format!("email=jo+{number}@example.com")).collect();
    let query = parse(&many.join("&"));
    assert_eq!(parse(&query.to_query_string()), query);
    let both = parse("email=jo%2B1@x.example&email=jo 1@x.example");
    assert_eq!(parse(&both.to_query_string()), both);
}
