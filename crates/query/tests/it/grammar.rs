//! The wire matrix: every client's spelling of a request gives the same query.

use verax_query::{Condition, Problem, Query, Retrieval, Test, Value};

use crate::table::{CHECKS, PROJECTS};

fn parse(raw: &str) -> Query {
    Query::parse(&CHECKS, raw).unwrap_or_else(|problems| panic!("{raw}: {problems:?}"))
}

fn rejected(raw: &str) -> Vec<Problem> {
    Query::parse(&CHECKS, raw).map(|_| panic!("{raw} was accepted")).unwrap_or_else(|it| it)
}

fn all_the_same(spellings: &[&str]) {
    let first = parse(spellings[0]);
    for spelling in &spellings[1..] {
        assert_eq!(parse(spelling), first, "{spelling} and {}", spellings[0]);
    }
}

#[test]
fn every_spelling_of_populates_is_one_request() {
    all_the_same(&[
        "populates[]=client&populates[]=project",
        "populates%5B%5D=client&populates%5B%5D=project",
        "populates[][]=client&populates[][]=project",
        "populates%5B%5D%5B0%5D=client&populates%5B%5D%5B1%5D=project",
        "populates[0]=client&populates[1]=project",
        "populates=client&populates=project",
        "populates=client,project",
        "populates[]=client,project",
        "populates=client%20project",
        "populates=client+project&populates=client",
    ]);
    assert_eq!(parse("populates=client,project").included().populates().len(), 2);
}

#[test]
fn every_spelling_of_a_comparison_is_one_request() {
    all_the_same(&[
        "where>_createdAt=2024-12-01",
        "where%3E_createdAt=2024-12-01",
        "whereGT_createdAt=2024-12-01",
        "where%3E_createdAt=2024-12-01T00:00:00.000Z",
        "where>_createdAt[]=2024-12-01T01:00:00%2B01:00",
        "where>_createdAt=2024-12-01T01:00:00+01:00",
    ]);
    all_the_same(&[
        "where>=_createdAt=2024-12-01",
        "where%3E=_createdAt=2024-12-01",
        "where%3E%3D_createdAt=2024-12-01",
        "where>=_createdAt%3D2024-12-01",
        "whereGTE_createdAt=2024-12-01",
        "where%3E=_createdAt[0]=2024-12-01",
    ]);
    all_the_same(&["where<=_riskScore=0.5", "whereLTE_riskScore=0.5", "where%3C=_riskScore=.5"]);
    assert_ne!(parse("where>_riskScore=0.5"), parse("where>=_riskScore=0.5"));
}

#[test]
fn every_spelling_of_membership_is_one_request() {
    all_the_same(&[
        "in_status[]=completed&in_status[]=failed",
        "in_status=completed,failed",
        "in_status=completed&in_status=failed",
        "in_status%5B0%5D=completed&in_status%5B1%5D=failed",
        "in_status[]=completed,failed",
        "where_status=completed&where_status=failed",
        "where_status[]=completed&status=failed",
        "status[]=validated&status[]=failed&status[]=completed",
    ]);
}

#[test]
fn every_spelling_of_a_boolean_is_one_request() {
    all_the_same(&[
        "where_requires2FA=true",
        "where_requires2FA=True",
        "where_requires2FA=1",
        "requires2FA=TRUE",
    ]);
}

#[test]
fn the_operators_of_the_reference_mean_what_it_says() {
    let condition = |raw: &str| {
        let query = parse(raw);
        let all: Vec<Condition> = query.conditions().to_vec();
        assert_eq!(all.len(), 1, "{raw}");
        all[0].test.clone()
    };
    let text = |text: &str| vec![Value::Text(text.to_owned())];
    assert_eq!(condition("where__id=a_B-9"), Test::In(text("a_B-9")));
    assert_eq!(condition("in__id=a&in__id=b").clone(), Test::In([text("a"), text("b")].concat()));
    assert_eq!(condition("wherenot_type=login"), Test::NotIn(text("login")));
    assert_eq!(condition("notIn_type[]=login"), Test::NotIn(text("login")));
    assert_eq!(condition("where-null_completedAt="), Test::Absent);
    assert_eq!(condition("where-null_completedAt"), Test::Absent);
    assert_eq!(condition("where-not-null_details=x"), Test::Present);
    assert_eq!(condition("where-exists_details=1"), Test::Present);
    assert_eq!(condition("where-exists_details=false"), Test::Absent);
    assert_eq!(condition("like_identifier=J%25_o"), Test::Contains("j%_o".to_owned()));
    assert_eq!(condition("notLike_identifier=JO"), Test::ContainsNot("jo".to_owned()));
    assert_eq!(
        condition("where-case-insensitive_identifier=%C3%89va"),
        Test::FoldedIn(vec!["eva".to_owned()])
    );
    assert_eq!(condition("where-case-insensitive_status=VALIDATED"), Test::In(text("completed")));
    assert_eq!(condition("where_status=sent"), Test::In(text("pending")));
    assert_eq!(condition("where<_attempts=3"), Test::Less(Value::Integer(3)));
}

#[test]
fn a_set_of_words_is_asked_for_its_words() {
    let one = parse("where_failedChecks=screenReplay");
    assert_eq!(one.conditions()[0].test, Test::In(vec![Value::Text("screenReplay".to_owned())]));
    all_the_same(&[
        "in_failedChecks[]=screenReplay&in_failedChecks[]=quality",
        "in_failedChecks=screenReplay,quality",
        "failedChecks=screenReplay&failedChecks=quality",
    ]);
    assert_eq!(
        rejected("where_failedChecks=screen")[0].message,
        "must be one of screenReplay, printedCopy, quality"
    );
    for raw in ["sort=failedChecks", "like_failedChecks=s", "where>_failedChecks=quality"] {
        assert_eq!(rejected(raw).len(), 1, "{raw}");
    }
}

#[test]
fn a_list_is_filtered_by_a_field_of_a_related_record() {
    let one = parse("where_project.name=%C3%89va");
    let Test::RelatedIn(field, texts) = &one.conditions()[0].test else { panic!("{one:?}") };
    assert_eq!((field.name, &texts[..]), ("name", &["eva".to_owned()][..]));
    all_the_same(&[
        "in_project.name[]=Eva&in_project.name[]=a,b",
        "project.name=EVA&project.name=A,B",
        "where-case-insensitive_project.name=a,b&where-case-insensitive_project.name=eva",
    ]);
    for raw in ["like_project.name=e", "wherenot_project.name=e", "where-null_project.name"] {
        let message =
            "project.name can be tested with where_project.name and in_project.name[] only";
        assert_eq!(rejected(raw)[0].message, message, "{raw}");
    }
    // Of other fields, and through what is no relation, nothing is asked.
    for raw in ["where_project.createdAt=2024-12-01", "where_status.name=e", "where_project.name="]
    {
        assert_eq!(rejected(raw).len(), 1, "{raw}");
    }
}

#[test]
fn keys_that_begin_with_a_question_mark_are_one_or_group() {
    let query = parse("status=new&?like_identifier=jo&%3Fwhere_type=login");
    assert_eq!(query.conditions().len(), 1);
    assert_eq!(query.any_of().len(), 1);
    assert_eq!(query.any_of()[0].len(), 2);
}

#[test]
fn page_sizes_have_two_names_and_the_native_one_wins() {
    assert_eq!(parse("").page().size, 20);
    assert_eq!(parse("limit=7").page().size, 7);
    assert_eq!(parse("limit=7&perPage=9").page().size, 9);
    let projects = Query::parse(&PROJECTS, "limit=7&perPage=9").expect("both are known");
    assert_eq!(projects.page().size, 7);
    for raw in ["perPage=0", "perPage=101", "limit=-1", "limit=x", "perPage=1.5", "perPage="] {
        assert_eq!(rejected(raw)[0].message, "must be between 1 and 100", "{raw}");
    }
}

#[test]
fn page_wins_over_offset_and_page_zero_is_the_first() {
    let at = |raw: &str| {
        let page = parse(raw).page();
        (page.skip, page.number())
    };
    assert_eq!(at("page=3&perPage=10"), (20, 3));
    assert_eq!(at("offset=25&perPage=10"), (25, 3));
    assert_eq!(at("page=2&offset=25&perPage=10"), (10, 2));
    assert_eq!(at("page=0"), (0, 1));
    for raw in ["page=-1", "page=1.5", "page=x", "page=", "offset=-1", "page=99999999999999999999"]
    {
        assert_eq!(rejected(raw).len(), 1, "{raw}");
    }
}

#[test]
fn sort_takes_several_keys_and_the_older_names() {
    all_the_same(&[
        "sort=-status,riskScore",
        "sort=-status riskScore",
        "sort=-status+riskScore",
        "sort[]=-status&sort[]=riskScore",
        "sort=-status%20riskScore,-status",
    ]);
    all_the_same(&[
        "sort=-createdAt",
        "",
        "sortBy=createdAt&sortOrder=desc",
        "orderBy=createdAt&order=DESC",
    ]);
    for raw in ["sort=details", "sort=note", "sort=nope", "sortBy=nope"] {
        assert_eq!(rejected(raw).len(), 1, "{raw}");
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let problems = rejected(
        "where_statu=x&page=-1&where_client[$ne]=y&sort=nope&populates=nobody&perPage=900",
    );
    let parameters: Vec<&str> = problems.iter().map(|it| it.parameter.as_str()).collect();
    assert_eq!(
        parameters,
        ["where_statu", "where_client[$ne]", "sort", "perPage", "page", "populates"]
    );
    assert_eq!(problems[0].message, "unknown field `statu`; did you mean `status`?");
}

#[test]
fn nested_brackets_are_rejected() {
    for raw in [
        "where_client[$ne]=x",
        "where_client%5B%24ne%5D=x",
        "where_status[in][]=new",
        "status[$gt]=",
        "page[0][x]=1",
        "where_status[=new",
        "where_status]=new",
        "anything[$where]=1",
    ] {
        assert_eq!(rejected(raw).len(), 1, "{raw}");
    }
}

#[test]
fn unknown_keys_are_ignored_and_unknown_fields_are_not() {
    all_the_same(&["", "utm_source=x&foo&=&&lean=true&groupBy=x&?foo=1&=grp=x"]);
    for raw in ["where_nope=1", "in_nope[]=1", "like_nope=x", "?like_nope=x", "where-null_nope"] {
        assert!(rejected(raw)[0].message.starts_with("unknown field"), "{raw}");
    }
}

#[test]
fn values_have_the_type_of_their_field() {
    for raw in [
        "where_status=done",
        "where_status=Completed",
        "where_status=",
        "in_status=new,done",
        "where_client=a/b",
        "where_requires2FA=maybe",
        "where_riskScore=NaN",
        "where>_riskScore=inf",
        "where_riskScore=high",
        "where_attempts=1.5",
        "where>_createdAt=yesterday",
        "where>_createdAt=2024-02-30",
        "where_identifier=a%00b",
        "where>_identifier=a",
        "like_ipAddress=1",
        "like_status=new",
        "where_details=1",
        "where_identifier=%FF",
        "count=perhaps",
        "page=1&page=2",
        "columns=nope",
        "with=nope",
        "populateSelects=x",
        "populateSelects={\"project\":1}",
        "populates=project&populateSelects={\"project\":\"secret\"}",
    ] {
        assert_eq!(rejected(raw).len(), 1, "{raw}");
    }
}

#[test]
fn a_request_has_limits() {
    let repeat = |part: &str, times: usize| vec![part; times].join("&");
    let conditions = |count: usize| repeat("where>_riskScore=0", count);
    assert_eq!(parse(&conditions(20)).conditions().len(), 20);
    assert_eq!(rejected(&conditions(21)).len(), 1);
    let members = |count: usize| {
        let all: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        format!("in_attempts={}", all.join(","))
    };
    parse(&members(100));
    assert_eq!(rejected(&members(101)).len(), 1);
    parse("populates=project.client");
    assert_eq!(rejected("populates=project.client.client").len(), 1);
    assert_eq!(rejected(&repeat("populates=client", 21)).len(), 1);
    assert_eq!(rejected(&"x".repeat(8193)).len(), 1);
    parse(&"x".repeat(8192));
}

#[test]
fn selects_shorten_a_projection_and_the_id_stays() {
    let query = parse("populates=project,client&populateSelects={\"client\":\"email\"}");
    let shown: Vec<Vec<&str>> = query
        .included()
        .populates()
        .iter()
        .map(|populate| populate.shown.iter().map(|field| field.name).collect())
        .collect();
    assert_eq!(shown, [vec!["_id", "name"], vec!["_id", "email"]]);
}

#[test]
fn columns_choose_among_all_fields_and_the_id_stays() {
    let names = |raw: &str| -> Vec<&str> { parse(raw).shown().iter().map(|it| it.name).collect() };
    assert_eq!(names("columns=note,status"), ["_id", "status", "note"]);
    assert_eq!(names("select=status note"), ["_id", "status", "note"]);
    assert!(!names("").contains(&"note"));
}

#[test]
fn a_retrieve_ignores_the_words_of_a_list() {
    let raw = "sort=nope&page=-1&where_x=1&limit=0&populates=project&columns=status";
    let retrieval = Retrieval::parse(&CHECKS, raw).expect("a list's words mean nothing here");
    assert_eq!(retrieval.included().populates().len(), 1);
    assert_eq!(Retrieval::parse(&CHECKS, "populates=x&columns=y").unwrap_err().len(), 2);
    assert_eq!(Retrieval::parse(&CHECKS, "a[$ne]=1").unwrap_err().len(), 1);
}

#[test]
fn names_of_other_clients_mean_our_fields() {
    for (theirs, ours) in [
        ("like_name=jo", "like_identifier=jo"),
        ("?like_name=jo&?like_email=jo", "?like_identifier=jo&?like_email=jo"),
        ("name=jo", "identifier=jo"),
        ("sort=-name", "sort=-identifier"),
        ("columns=name,status", "columns=identifier,status"),
    ] {
        assert_eq!(parse(theirs), parse(ours), "{theirs}");
    }
    assert!(parse("name=").conditions().is_empty(), "an empty field of a form is no filter");
}

#[test]
fn what_no_table_holds_may_be_populated_and_nothing_else() {
    let names = |raw: &str| -> Vec<&str> {
        parse(raw).included().unstored().iter().map(|it| it.name).collect()
    };
    assert_eq!(names("populates=face,attachments,face,project"), ["face", "attachments"]);
    assert_eq!(names("populates=face.owner"), ["face"]);
    assert_eq!(names("populates=ipAddress"), ["ipAddress"]);
    // It is there as it is: a nested object of the record.
    assert!(names("populates=details").is_empty());
    assert!(names("populates=face&columns=status").is_empty());
    assert_eq!(names("populates=face&columns=status,face"), ["face"]);
    for raw in
        ["populates=faces", "populates=face.x", "populates=attachments.owner", "columns=faces"]
    {
        assert_eq!(rejected(raw).len(), 1, "{raw}");
    }
    assert_eq!(parse("columns=otp,status").shown().len(), 2);
    assert_eq!(rejected("where_otp=1&like_face=x&sort=face").len(), 3);
    for raw in [
        "populates=face,attachments,project",
        "populates=project.client&populates=face&columns=face,status,project",
    ] {
        assert_eq!(parse(&parse(raw).to_query_string()), parse(raw), "{raw}");
    }
}

#[test]
fn records_that_point_here_are_populated_and_chosen_among() {
    let parse = |raw: &str| Query::parse(&PROJECTS, raw).expect(raw);
    assert_eq!(parse("populates=checks"), parse("with[]=checks"));
    let both = "with=checks&checkType=login&checkType=onboarding";
    for raw in [both, "populates=checks&checkType=login", "with=checks&checkType="] {
        assert_eq!(parse(&parse(raw).to_query_string()), parse(raw), "{raw}");
    }
    assert_ne!(parse(both), parse("with=checks"));
    assert_eq!(parse("checkType=login"), parse(""), "nothing is shown to choose from");
    let wrong = |raw| Query::parse(&PROJECTS, raw).expect_err("a problem").len();
    assert_eq!(wrong("with=checks&checkType=nope"), 1);
    assert_eq!(wrong("populates=checks.client"), 1);
    assert!(Query::for_export(&PROJECTS, "checkType=login").is_err());
}

#[test]
fn a_list_may_have_larger_pages_and_be_asked_for_without_one() {
    let size = |raw: &str| Query::parse(&PROJECTS, raw).expect(raw).page().size;
    assert_eq!(
        (size(""), size("sort=name"), size("limit=500"), size("perPage=499")),
        (300, 300, 500, 499)
    );
    assert_eq!(
        (size("page=1"), size("page=0"), size("offset=0"), size("cursor=*")),
        (10, 10, 10, 10)
    );
    let wrong = Query::parse(&PROJECTS, "limit=501").expect_err("too large");
    assert_eq!(wrong[0].message, "must be between 1 and 500");
}
