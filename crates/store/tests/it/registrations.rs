//! Who registered is found again.

use serde_json::{Value as Json, json};
use verax_domain::{Record, Timestamp, resources};

use crate::databases;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn registration(id: &str, project: &str, day: u32, text: &Json) -> Record {
    let mut json = json!({
        "_id": id, "client": "c1", "project": project, "status": "COMPLETED", "person": format!("person-of-{id}"),
        "createdAt": format!("2024-01-{day:02}T00:00:00Z"),
    });
    for (member, value) in text.as_object().expect("an object") {
        json[member] = value.clone();
    }
    json.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    Record::from_json(&resources::APP_REGISTRATIONS, &json, None).expect("a record")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_logs_in_is_found_by_all_that_they_may_say() {
    let ana = json!({ "email": "Ana@example.com", "countryCode": "+57", "phone": "300 1234" });
    let one = json!({ "email": "two@example.com" });
    let open = json!({ "email": "open@example.com", "status": "ONGOING" });
    let records = [
        registration("r1", "p1", 1, &ana),
        registration("r2", "p1", 2, &json!({ "phone": "4711" })),
        registration("r3", "p1", 3, &json!({ "email": "ana@example.com", "person": null })),
        registration("r4", "p2", 4, &ana),
        registration("r5", "p1", 2, &one),
        registration("r6", "p1", 3, &one),
        registration("r7", "p1", 1, &json!({ "email": "ééé", "countryCode": "+1", "phone": "ß9" })),
        registration("r8", "p1", 1, &open),
        registration("r9", "p1", 1, &json!({ "countryCode": "+49", "phone": "0151 234" })),
    ];
    let cases = [
        ("ana@EXAMPLE.com", Some("r1")),
        (" ana@exam\u{200b}ple.com ", Some("r1")),
        ("+573001234", Some("r1")),
        ("0057 (300) 12-34", Some("r1")),
        // Without its country's code a number is nobody's.
        ("3001234", None),
        ("573001234", None),
        ("4711", None),
        ("r2", Some("r2")),
        ("person-of-r5", Some("r5")),
        // Who held it first.
        ("two@example.com", Some("r5")),
        ("r6", Some("r6")),
        ("ÉÉÉ", Some("r7")),
        ("+49151234", Some("r9")),
        ("person-of-r4", None),
        ("r3", None),
        // Nobody who is on the way is found.
        ("open@example.com", None),
        ("r8", None),
        ("person-of-r8", None),
        ("", None),
    ];
    for fixture in databases::all().await {
        let database = fixture.open().await;
        database.import(&records, NOW, databases::QUIET).await.expect("an import");
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
