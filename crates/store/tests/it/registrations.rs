//! Who registered is found again.

use serde_json::{Value as Json, json};
use verax_domain::{Record, Timestamp, resources};

use crate::databases;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn registration(id: &str, project: &str, day: u32, said: &Json) -> Record {
    let mut json = json!({
        "_id": id, "client": "c1", "project": project, "person": format!("person-of-{id}"),
        "createdAt": format!("2024-01-{day:02}T00:00:00Z"),
    });
    for (member, value) in said.as_object().expect("an object") {
        json[member] = value.clone();
    }
    json.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    Record::from_json(&resources::APP_REGISTRATIONS, &json, None).expect("a record")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_logs_in_is_found_by_all_that_they_may_say() {
    let ana = json!({ "email": "Ana@example.com", "countryCode": "+57", "phone": "300" });
    let records = [
        registration("r1", "p1", 1, &ana),
        registration("r2", "p1", 2, &json!({ "phone": "4711" })),
        registration("r3", "p1", 3, &json!({ "email": "ana@example.com", "person": null })),
        registration("r4", "p2", 4, &ana),
        registration("r5", "p1", 2, &json!({ "email": "two@example.com" })),
        registration("r6", "p1", 3, &json!({ "email": "two@example.com" })),
        registration("r7", "p1", 1, &json!({ "email": "ééé", "phone": "ß9" })),
    ];
    let cases = [
        ("ana@EXAMPLE.com", Some("r1")),
        ("+57300", Some("r1")),
        ("300", Some("r1")),
        ("57300", None),
        ("7300", None),
        ("4711", Some("r2")),
        ("r2", Some("r2")),
        ("person-of-r5", Some("r5")),
        ("two@example.com", Some("r6")),
        ("ß9", Some("r7")),
        ("person-of-r4", None),
        ("r3", None),
        ("", None),
    ];
    for place in databases::all().await {
        let database = place.open().await;
        database.import(&records, NOW).await.expect("an import");
        for (identifier, wanted) in cases {
            let found =
                database.person_by_identifier("c1", "p1", identifier).await.expect("a look");
            assert_eq!(found, wanted.map(|id| format!("person-of-{id}")), "{identifier}");
            let other = database.person_by_identifier("c2", "p1", identifier).await;
            assert_eq!(other.expect("a look"), None);
        }
        let long = "9".repeat(5000);
        assert_eq!(database.person_by_identifier("c1", "p1", &long).await.expect("a look"), None);
    }
}
