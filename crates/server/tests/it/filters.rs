//! What each operator matches.

use serde_json::{Value, json};
use verax_domain::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS};

use crate::fixtures::{document, validation};
use crate::world::World;

const LIST: &str = "/v2/biometric-validations";

/// Five validations that differ in everything a filter can ask for.
async fn five(world: &World) -> String {
    let token = world.token("acme").await;
    let rows: [(&str, Value); 5] = [
        (
            "a",
            json!({
                "status": "new", "type": "login", "identifier": "Ana@Example.com",
                "createdAt": "2024-12-01T00:00:00Z", "riskScore": 0.1, "requires2FA": true,
            }),
        ),
        (
            "b",
            json!({
                "status": "pending", "type": "login", "identifier": "BÄRBEL ÇAĞLA",
                "createdAt": "2024-12-01T00:00:00.001Z", "riskScore": 0.2, "requires2FA": false,
            }),
        ),
        (
            "c",
            json!({
                "status": "completed", "type": "onboarding", "identifier": "100%_sure\\",
                "createdAt": "2024-12-01T23:59:59.999Z", "riskScore": 1,
                "completedAt": "2024-12-02T01:00:00Z", "livenessSession": "s1", "project": "p1",
                "projectFlow": "f1",
            }),
        ),
        (
            "d",
            json!({
                "status": "failed", "type": "oneTimeLink", "identifier": "100 percent sure",
                "createdAt": "2024-12-02T00:00:00Z", "riskScore": 0,
                "biometricData": { "quality": "poor" },
            }),
        ),
        ("e", json!({ "status": "expired", "createdAt": "2024-11-30T23:59:59.999Z" })),
    ];
    let rows: Vec<Value> =
        rows.into_iter().map(|(id, more)| validation(id, "acme", more)).collect();
    world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
    token
}

/// Checks that the query matches these records, whichever of the two says how many.
async fn matches(world: &World, token: &str, query: &str, ids: &str) {
    let answer = world.get(token, &format!("{LIST}?sort=_id&{query}")).await;
    assert_eq!(answer.ids().concat(), ids, "{query}");
    let count = world.get(token, &format!("{LIST}?count=true&{query}")).await;
    assert_eq!(count.json()["data"], ids.len(), "{query}");
}

on_both_databases! {
    async fn equality_and_membership(world) {
        let token = five(world).await;
        for (query, ids) in [
            ("where_status=new", "a"),
            ("status=new", "a"),
            ("wherenot_status=new", "bcde"),
            ("where_type=login", "ab"),
            // A record without the field is not equal to anything.
            ("wherenot_type=login", "cde"),
            ("where__id=c", "c"),
            ("in__id=a&in__id=e", "ae"),
            ("in_status[]=new&in_status[]=failed", "ad"),
            ("in_status=new,failed", "ad"),
            ("notIn_status[]=new,failed", "bce"),
            ("notIn_type=login,onboarding", "de"),
            ("where_status=new&where_status=failed", "ad"),
            ("where_status=new&where_type=login", "a"),
            ("where_status=new&where_type=onboarding", ""),
            ("where_livenessSession=s1", "c"),
            ("where_project=p1&where_projectFlow=f1", "c"),
            ("where_livenessSession=s2", ""),
            ("where_identifier=Ana@Example.com", "a"),
            ("where_identifier=ana@example.com", ""),
            ("where_requires2FA=true", "a"),
            ("where_requires2FA=True", "a"),
            ("where_requires2FA=1", "a"),
            ("where_requires2FA=0", "b"),
            ("wherenot_requires2FA=0", "acde"),
            ("where_riskScore=1.0", "c"),
            ("where_riskScore=-0", "d"),
            ("in_riskScore[]=0.1,0.2", "ab"),
        ] {
            matches(world, &token, query, ids).await;
        }
    }

    async fn status_words_of_other_pages_mean_the_same(world) {
        let token = five(world).await;
        for (query, ids) in [
            ("where_status=validated", "c"),
            ("where_status=completed", "c"),
            ("where_status=sent", "b"),
            ("where_status=pending", "b"),
            ("in_status[]=validated&in_status[]=sent&in_status[]=failed", "bcd"),
            ("wherenot_status=validated", "abde"),
            ("where-case-insensitive_status=VALIDATED", "c"),
        ] {
            matches(world, &token, query, ids).await;
        }
        let row = &world.get(&token, &format!("{LIST}?status=validated")).await.json()["data"][0];
        assert_eq!(row["status"], "completed");
        let row = &world.get(&token, &format!("{LIST}?status=sent")).await.json()["data"][0];
        assert_eq!(row["status"], "pending");
    }

    async fn ranges_of_time_and_number(world) {
        let token = five(world).await;
        for (query, ids) in [
            // A date without time is its midnight in UTC: `>` begins right after it; `<=` ends with
            // its day.
            ("where>_createdAt=2024-12-01", "bcd"),
            ("where>=_createdAt=2024-12-01", "abcd"),
            ("where<_createdAt=2024-12-01", "e"),
            ("where<=_createdAt=2024-12-01", "abce"),
            ("whereGTE_createdAt=2024-12-01&whereLTE_createdAt=2024-12-02", "abcd"),
            ("whereGT_createdAt=2024-12-01&whereLT_createdAt=2024-12-02", "bc"),
            ("where>=_createdAt=2024-12-01T01:00:00%2B01:00", "abcd"),
            ("where_createdAt=2024-12-02", "d"),
            ("where_createdAt=2024-12-01T00:00:00.001Z", "b"),
            ("where>_completedAt=2024-01-01", "c"),
            ("where<_completedAt=2024-01-01", ""),
            ("where>_riskScore=0.1", "bc"),
            ("where>=_riskScore=0.1", "abc"),
            ("where<_riskScore=0.2", "ad"),
            ("where<=_riskScore=0.2", "abd"),
            ("where>_riskScore=1", ""),
        ] {
            matches(world, &token, query, ids).await;
        }
    }

    async fn presence(world) {
        let token = five(world).await;
        for (query, ids) in [
            ("where-null_type=", "e"),
            ("where-null_type", "e"),
            ("where-not-null_type=whatever", "abcd"),
            ("where-exists_livenessSession=1", "c"),
            ("where-exists_livenessSession=", "c"),
            ("where-exists_livenessSession=false", "abde"),
            ("where-exists_biometricData=1", "d"),
            ("where-null_biometricData=", "abce"),
            ("where-null_completedAt=", "abde"),
        ] {
            matches(world, &token, query, ids).await;
        }
    }

    async fn text_is_searched_literally_and_in_any_case(world) {
        let token = five(world).await;
        for (query, ids) in [
            ("like_identifier=ana@", "a"),
            ("like_identifier=EXAMPLE", "a"),
            ("like_identifier=b%C3%A4rbel", "b"),
            ("like_identifier=%C3%87A%C4%9E", "b"),
            ("like_identifier=100", "cd"),
            ("like_identifier=100%25", "c"),
            ("like_identifier=%25", "c"),
            ("like_identifier=_", "c"),
            ("like_identifier=%5C", "c"),
            ("like_identifier=.*", ""),
            ("like_identifier=", "abcd"),
            ("notLike_identifier=100", "abe"),
            ("where-case-insensitive_identifier=ANA@example.COM", "a"),
            ("where-case-insensitive_identifier=ana", ""),
            ("search=sure", "cd"),
            ("?like_identifier=ana&?like_identifier=percent", "ad"),
            ("?like_identifier=ana&?where_status=expired", "ae"),
            ("?like_identifier=ana&?where_status=expired&where_status=new", "a"),
        ] {
            matches(world, &token, query, ids).await;
        }
    }

    async fn a_quote_is_a_letter_like_any_other(world) {
        let token = world.token("acme").await;
        let sharp = "Robert'); DROP TABLE clients;--\"\\ $1 {}";
        let row = validation("q", "acme", json!({ "identifier": sharp }));
        world.store(&BIOMETRIC_VALIDATIONS, &[row]).await;
        let encoded = percent_encoding::utf8_percent_encode(sharp, percent_encoding::NON_ALPHANUMERIC);
        matches(world, &token, &format!("where_identifier={encoded}"), "q").await;
        matches(world, &token, &format!("like_identifier={encoded}"), "q").await;
        matches(world, &token, &format!("in_identifier[]={encoded}&where-exists_client=1"), "q").await;
        let row = &world.get(&token, LIST).await.json()["data"][0];
        assert_eq!(row["identifier"], sharp);
    }

    async fn records_are_found_by_the_checks_that_they_failed(world) {
        let token = world.token("acme").await;
        let found = |liveness: &str, spoof: &str, quality: &str| {
            json!({
                "verificationResults": { "livenessDetection": liveness, "antiSpoofing": spoof },
                "biometricData": { "quality": quality },
            })
        };
        let rows = [
            validation("a", "acme", found("failed", "failed", "good")),
            validation("b", "acme", found("failed", "passed", "poor")),
            validation("c", "acme", found("passed", "passed", "good")),
            validation("d", "acme", json!({ "status": "new" })),
            validation("e", "globex", found("failed", "failed", "poor")),
        ];
        world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
        for (query, ids) in [
            ("where_failedChecks=antiSpoofing", "a"),
            ("where_failedChecks=livenessDetection", "ab"),
            ("in_failedChecks[]=antiSpoofing&in_failedChecks[]=quality", "ab"),
            ("failedChecks=identityMatch", ""),
            ("wherenot_failedChecks=antiSpoofing", "bcd"),
            ("notIn_failedChecks=antiSpoofing,quality", "cd"),
            ("where-null_failedChecks", "d"),
            ("where-not-null_failedChecks&wherenot_failedChecks=livenessDetection", "c"),
            ("?where_failedChecks=quality&?where-null_failedChecks", "bd"),
        ] {
            matches(world, &token, query, ids).await;
        }
        // A list shows it when it is asked for, one record always.
        let row = &world.get(&token, &format!("{LIST}?_id=b")).await.json()["data"][0];
        assert_eq!(row.get("failedChecks"), None);
        let row = &world.get(&token, &format!("{LIST}?_id=b&columns=failedChecks")).await.json()["data"][0];
        assert_eq!(row["failedChecks"], json!(["livenessDetection", "quality"]));
        let record = async |id: &str| world.get(&token, &format!("{LIST}/{id}")).await.json()["data"].clone();
        assert_eq!(record("c").await["failedChecks"], json!([]));
        assert_eq!(record("d").await.get("failedChecks"), None);

        let rows = [document("x", "acme", json!({
            "validationResults": { "screenReplay": { "passed": false, "score": 0.1 } },
            "validationFlags": { "colourLessValidation": "failed" },
        }))];
        world.store(&DOCUMENT_LIVENESS, &rows).await;
        for (query, ids) in [
            ("where_failedChecks=screenReplay", "x"),
            ("where_failedChecks=colourLess", "x"),
            ("where_failedChecks=printedCopy", ""),
        ] {
            let target = format!("/v2/document-liveness?{query}");
            assert_eq!(world.get(&token, &target).await.ids().concat(), ids, "{query}");
        }
    }

    async fn lists_are_filtered_by_the_address_of_the_registration(world) {
        let token = world.token("acme").await;
        let person = |id: &str, client: &str, email: &str| json!({
            "_id": id, "client": client, "email": email, "createdAt": "2025-06-01T00:00:00Z",
        });
        let people = [
            person("r1", "acme", "Jo@Example.com"),
            person("r2", "acme", "al@example.com"),
            person("r3", "globex", "jo@example.com"),
        ];
        world.store(&APP_REGISTRATIONS, &people).await;
        let of = |registration: &str| json!({ "appRegistration": registration });
        let rows = [
            validation("a", "acme", of("r1")),
            validation("b", "acme", of("r2")),
            validation("c", "acme", json!({})),
            // Another client's registration is nobody here.
            validation("d", "acme", of("r3")),
            validation("e", "globex", of("r3")),
        ];
        world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
        world.store(&DOCUMENT_LIVENESS, &[document("x", "acme", of("r1"))]).await;
        for (query, ids) in [
            ("where_appRegistration.email=jo@example.com", "a"),
            ("appRegistration.email=JO@EXAMPLE.COM", "a"),
            ("where_appRegistration.email=jo@example", ""),
            ("in_appRegistration.email[]=jo@example.com&in_appRegistration.email[]=AL@example.com", "ab"),
            ("where_appRegistration.email=jo@example.com&where_status=expired", ""),
            ("?where_appRegistration.email=al@example.com&?where-null_appRegistration", "bc"),
        ] {
            matches(world, &token, query, ids).await;
        }
        let found = world.get(&token, "/v2/document-liveness?where_appRegistration.email=jo@example.com").await;
        assert_eq!(found.ids(), ["x"]);
        let staff = world.token_with("acme", Some(Vec::new()), true).await;
        matches(world, &staff, "where_appRegistration.email=jo@example.com", "ae").await;
        for wrong in ["like_appRegistration.email=jo", "where_appRegistration.fullName=Jo"] {
            assert_eq!(world.get(&token, &format!("{LIST}?{wrong}")).await.status, 400, "{wrong}");
        }
    }

    async fn documents_take_the_same_operators(world) {
        let token = world.token("acme").await;
        let rows = [
            document("x", "acme", json!({ "status": "completed", "confidence": 0.5, "riskScore": 0.5 })),
            document("y", "acme", json!({ "status": "processing", "imageSaved": true })),
            document("z", "acme", json!({ "status": "failed", "appRegistration": "r1" })),
        ];
        world.store(&DOCUMENT_LIVENESS, &rows).await;
        for (query, ids) in [
            ("status=completed", "x"),
            ("in_status[]=completed&in_status[]=failed", "xz"),
            ("where>=_riskScore=0.5", "x"),
            ("where_confidence=0.50", "x"),
            ("where_imageSaved=true", "y"),
            ("where_imageSaved=false", "xz"),
            ("where_appRegistration=r1", "z"),
            ("where-null_appRegistration=", "xy"),
            ("where>_createdAt=2025-06-01", ""),
            ("where>=_createdAt=2025-06-01", "xyz"),
        ] {
            let target = format!("/v2/document-liveness?sort=_id&{query}");
            assert_eq!(world.get(&token, &target).await.ids().concat(), ids, "{query}");
        }
    }
}
