//! The links and forms of a list ask for what they say.

use serde_json::{Value, json};
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, EVENTS};
use verax_pages::cell::Reader;
use verax_pages::list::{List, Listed, Table};
use verax_pages::{Language, Shell, Texts};
use verax_query::{Query, Resource};

fn table(resource: &'static Resource, raw: &str, total: u64) -> Table {
    let texts = Texts(Language::English);
    let reader = Reader { texts, may_open: &|_| true };
    let query = Query::parse(resource, raw).expect("a query");
    let left = total.saturating_sub(query.page().skip).min(u64::from(query.page().size));
    let rows: Vec<Value> = (0..left).map(|it| json!({ "_id": format!("r{it}") })).collect();
    let listed = Listed { query: &query, rows: &rows, total, origin: "https://verax.example" };
    List::of(Shell::new(texts, "List"), &reader, &listed).table.expect("a table")
}

/// The query of a link, read again.
fn query_of(resource: &'static Resource, href: &str) -> Query {
    let (_, raw) = href.split_once('?').expect("a query");
    Query::parse(resource, raw).expect("a query that is understood")
}

#[test]
fn the_pages_of_a_list_are_each_reached_once() {
    let mut seen = 0;
    let mut raw = "where_status=failed&perPage=20".to_owned();
    loop {
        let table = table(&BIOMETRIC_VALIDATIONS, &raw, 95);
        seen += table.rows.len();
        let Some(next) = table.pages.next else { break };
        raw = query_of(&BIOMETRIC_VALIDATIONS, &next).to_query_string();
    }
    assert_eq!(seen, 95);
    let last = table(&BIOMETRIC_VALIDATIONS, &raw, 95);
    assert_eq!(last.pages.place, "81–95 of 95");
    assert!(last.pages.last.is_none());
    let back = last.pages.previous.expect("a page before");
    assert_eq!(query_of(&BIOMETRIC_VALIDATIONS, &back).page().skip, 60);
    let empty = table(&BIOMETRIC_VALIDATIONS, "offset=1000", 95);
    assert!(empty.pages.next.is_none() && empty.pages.first.is_some());
    assert_eq!(table(&BIOMETRIC_VALIDATIONS, "", 0).pages.place, "0–0 of 0");
}

#[test]
fn a_column_sorts_and_then_the_other_way_around() {
    let created = |raw: &str| {
        let table = table(&BIOMETRIC_VALIDATIONS, raw, 1);
        let mut columns = table.columns.into_iter();
        columns.find(|it| it.name == "createdAt").expect("a column")
    };
    let first = created("sort=status");
    assert_eq!(first.order, "none");
    let sorted = query_of(&BIOMETRIC_VALIDATIONS, &first.sort_href.expect("a link"));
    let second = created(&sorted.to_query_string());
    assert_eq!(second.order, "descending");
    let sorted = query_of(&BIOMETRIC_VALIDATIONS, &second.sort_href.expect("a link"));
    assert_eq!(created(&sorted.to_query_string()).order, "ascending");
}

/// What a browser sends of the bar, where nothing was touched, is the same list.
#[test]
fn the_bar_sends_the_list_that_it_shows() {
    for raw in [
        "",
        "where_status=failed",
        "where_status=failed&where_type=login&search=jo",
        "in_status=failed,new&where>=_createdAt=2026-01-01&where<=_createdAt=2026-01-31",
        "where>_createdAt=2026-01-01T10:00:00Z&?where_status=new&?where_type=login",
        "where>=_createdAt=2026-01-01T10:00:00Z&where>=_createdAt=2026-01-02&sort=status",
        "where-null_completedAt&columns=status,type&populates[]=project",
    ] {
        let query = Query::parse(&BIOMETRIC_VALIDATIONS, raw).expect("a query");
        let bar = table(&BIOMETRIC_VALIDATIONS, raw, 3).bar;
        let mut sent: Vec<(String, String)> = Vec::new();
        sent.extend(bar.search.map(|text| ("search".to_owned(), text)));
        for menu in bar.menus {
            let chosen = menu.words.iter().find(|(_, _, is_chosen)| *is_chosen);
            sent.push((menu.name, chosen.map_or(String::new(), |(word, ..)| (*word).to_owned())));
        }
        for day in bar.days.into_iter().flatten() {
            sent.push((day.name, day.value));
        }
        let encode =
            |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pairs = sent.iter().filter(|(_, value)| !value.is_empty());
        let again: Vec<String> =
            pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let again = format!("{}&{}", bar.rest, again.join("&"));
        let again = Query::parse(&BIOMETRIC_VALIDATIONS, &again).expect("a query");
        let sorted = |query: &Query| {
            let mut conditions: Vec<String> =
                query.conditions().iter().map(|it| format!("{it:?}")).collect();
            conditions.sort();
            conditions
        };
        assert_eq!(sorted(&again), sorted(&query), "{raw}");
        assert_eq!(again.alternatives(), query.alternatives(), "{raw}");
        assert_eq!(again.sort(), query.sort(), "{raw}");
        assert_eq!(again.search(), query.search(), "{raw}");
        assert_eq!(again.shown(), query.shown(), "{raw}");
    }
}

#[test]
fn a_chip_takes_off_its_own_condition() {
    let raw = "where_status=failed&wherenot_type=login&where-null_completedAt&like_identifier=jo";
    let table = table(&BIOMETRIC_VALIDATIONS, raw, 3);
    let labels: Vec<&str> = table.bar.chips.iter().map(|chip| chip.label.as_str()).collect();
    assert_eq!(labels, ["Type is not Login", "Completed at is empty", "Identifier contains jo"]);
    for chip in &table.bar.chips {
        assert_eq!(query_of(&BIOMETRIC_VALIDATIONS, &chip.href).conditions().len(), 3);
    }
    let cleared = query_of(&BIOMETRIC_VALIDATIONS, &table.bar.cleared.expect("a link"));
    assert!(cleared.conditions().is_empty());
}

#[test]
fn the_csv_is_of_the_same_records_in_an_order_that_streams() {
    let csv = |raw: &str| {
        let href = table(&BIOMETRIC_VALIDATIONS, raw, 3).csv_href;
        assert!(href.starts_with("/console/biometric-validations.csv?"));
        query_of(&BIOMETRIC_VALIDATIONS, &href)
    };
    let query = csv("where_status=failed&sort=-status&offset=20");
    assert_eq!(query.sort()[0].field.name, "createdAt");
    assert_eq!((query.conditions().len(), query.page().skip), (1, 0));
    assert!(!csv("sort=createdAt").sort()[0].descending);
}

#[test]
fn a_list_has_a_few_columns_unless_more_are_asked_for() {
    let names = |raw: &str| {
        let columns = table(&EVENTS, raw, 1).columns;
        columns.into_iter().map(|it| it.name).collect::<Vec<_>>()
    };
    let few = names("");
    assert!(few.len() <= 7 && few.contains(&"type") && few.contains(&"record"), "{few:?}");
    assert!(!few.contains(&"client"));
    assert_eq!(names("columns=client,request"), ["_id", "client", "request"]);
}
