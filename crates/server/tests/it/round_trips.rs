//! How often a call asks the database: each time is a round trip to another machine.

use serde_json::json;

use crate::bank::{Bank, VALIDATIONS, not_live, shot, text};

/// A login reads its token, its session with all that belongs to it, whom it is compared with, and their
/// face; it writes that it begins and how it ends.
const FACE_LOGIN_MAX: u64 = 6;

on_both_databases! {
    async fn a_face_login_asks_the_database_six_times_at_most(world) {
        let bank = Bank::open(world).await;
        let (registration, own) = bank.register("jo@example.com").await;
        let enrolled = bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await;
        assert_eq!(enrolled.status, 200, "{}", enrolled.text());
        assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");

        let mut login_token = String::new();
        for (image, status) in [(shot(1, 2), 200), (shot(2, 0), 400), (not_live(1), 400)] {
            let opened = bank.open_validation("login", "jo@example.com").await;
            let before = bank.app.database.asked();
            let answer = bank.validate(&text(&opened["token"]), image).await;
            let asked = bank.app.database.asked() - before;
            assert_eq!(answer.status, status, "{}", answer.text());
            assert!(asked <= FACE_LOGIN_MAX, "a login that is answered {status} asks {asked} times");
            if status == 200 {
                login_token = text(&answer.json()["data"]["token"]);
            }
        }

        // The same for the second factor of a login.
        let path = format!("{VALIDATIONS}/app-login");
        let opened = bank.post(&login_token, &path, json!({ "project": bank.project })).await;
        let token = text(&opened.json()["data"]["token"]);
        let before = bank.app.database.asked();
        let passed = bank.validate(&token, shot(1, 3)).await;
        let asked = bank.app.database.asked() - before;
        assert_eq!(passed.status, 200, "{}", passed.text());
        assert!(asked <= FACE_LOGIN_MAX, "a second factor asks {asked} times");
    }
}
