//! `verax export`: the filters of lists, and nothing more than they leave.

use serde_json::Value;

use crate::binary::Folder;

const RECORDS: &str = concat!(
    r#"{"_id":"r1","client":"acme","email":"a_b@example.com","fullName":"José García","countryCode":"+57"}"#,
    "\n",
    r#"{"_id":"r2","client":"globex","email":"c+1@example.com","fullName":"x;=1+1"}"#,
    "\n",
);

fn stocked() -> Folder {
    let folder = Folder::new();
    folder.run_with(&["import", "app-registrations", "-"], RECORDS).ok();
    folder
}

fn ids(text: &str) -> Vec<String> {
    let row = |line: &str| serde_json::from_str::<Value>(line).expect("a line of JSON");
    text.lines().map(|line| row(line)["_id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn an_export_takes_the_filters_of_lists() {
    let folder = stocked();
    for (filter, wanted) in [
        ("client=acme", &["r1"][..]),
        ("where_client=globex", &["r2"]),
        ("email=a_b@example.com", &["r1"]),
        ("email=c+1@example.com", &["r2"]),
        ("countryCode=+57", &["r1"]),
        ("like_fullName=garc%C3%ADa", &["r1"]),
        ("like_fullName=garcia", &["r1"]),
        ("like_fullName=García", &["r1"]),
        ("fullName=José+García", &["r1"]),
        ("client=nobody", &[]),
        ("search=x;", &["r2"]),
        ("?like_fullName=jos&?like_email=c%2B1", &["r1", "r2"]),
    ] {
        let text = folder.run(&["export", "app-registrations", "--where", filter]).ok();
        assert_eq!(ids(&text), wanted, "{filter}");
    }
    let both = ["--where", "client=acme", "--where", "like_email=example.com"];
    let text = folder.run(&[&["export", "app-registrations"], &both[..]].concat()).ok();
    assert_eq!(ids(&text), ["r1"]);
}

#[test]
fn a_slip_of_the_pen_exports_nothing() {
    let folder = stocked();
    for (filter, reason) in [
        ("clientId=acme", "clientId: is not known here; did you mean client?"),
        ("where-client=acme", "did you mean where_client?"),
        ("Where_client=acme", "did you mean where_client?"),
        ("wher_client=acme", "did you mean where_client?"),
        ("where_clint=acme", "unknown field `clint`; did you mean `client`?"),
        ("limit=5", "`limit` is no filter"),
        ("page=2", "`page` is no filter"),
        ("columns=email", "`columns` is no filter"),
        ("client=", "client: must be an id"),
        ("email=", "email: is empty"),
        // A variable of a script that is not set.
        ("", "a filter is empty"),
        (" ", "a filter is empty"),
        ("=acme", "`=acme` names no field"),
        ("email=c@example.com&=acme", "`=acme` names no field"),
        ("&", "a filter is empty"),
        ("where_client[$ne]=acme", "where_client[$ne]: only"),
        ("client", "client: must be an id"),
        ("utm_source=x", "utm_source: is not known here"),
    ] {
        let outcome = folder.run(&["export", "app-registrations", "--where", filter]);
        assert_eq!(outcome.stdout, "", "{filter}");
        let text = outcome.failed();
        assert!(text.contains(reason), "{filter}: {text}");
    }
    // Both mistakes at once.
    let two = ["export", "app-registrations", "--where", "clientId=a", "--where", "limit=1"];
    let text = folder.run(&two).failed();
    assert!(text.contains("clientId") && text.contains("limit"), "{text}");
}

#[test]
fn an_export_is_csv_where_that_is_wanted() {
    let folder = stocked();
    let csv = folder.run(&["export", "app-registrations", "--csv"]).ok();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(lines[0].starts_with("_id,client,project,"), "{}", lines[0]);
    let columns = lines[0].split(',').count();
    assert_eq!(lines.len(), 4, "a line of names, two records and an end: {csv}");
    assert!(lines[1].starts_with("r1,\"{\"\"_id\"\":\"\"acme\"\"}\","), "{}", lines[1]);
    assert!(lines[2].contains("\"x;'=1+1\""), "{}", lines[2]);
    assert!(columns > 20);
    let marked = folder.run(&["export", "app-registrations", "--csv", "--bom"]).ok();
    assert_eq!(marked, format!("\u{feff}{csv}"));
    assert_eq!(folder.run(&["export", "app-registrations", "--bom"]).code, Some(2));
}
