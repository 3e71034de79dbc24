//! The settings of all nodes in the console: set, left to each node again, and rejected.

use verax_domain::role::Role;
use verax_server::config::SharedKind;

use crate::console_visits::Visit;
use crate::logs::Captured;

const PAGE: &str = "/console/settings";

/// The form of a setting, as the page shows it.
fn form_of<'a>(page: &'a str, name: &str) -> &'a str {
    let begin = format!("action=\"/console/settings/{name}\"");
    let rest = page.split(&begin).nth(1).unwrap_or_else(|| panic!("no form of {name}"));
    rest.split("</dd>").next().unwrap_or_default()
}

on_both_databases! {
    async fn a_setting_is_set_for_all_nodes_and_left_to_each_again(world) {
        let owner = Visit::of(world, None, Role::Owner).await;
        let other = world.node(|config| config.tokens.days = 11).await;
        let before = world.app.config.now().tokens.days;
        let set = owner.post("/console/settings/tokens.days", "value=+77+").await;
        assert_eq!(set.status, 303, "{}", set.text());
        let next = "/console/settings?done=setting-was-set&name=tokens.days#tokens.days";
        assert_eq!(set.header("location"), next);
        assert_eq!(world.app.config.now().tokens.days, 77, "at once on the node that was told");
        other.read_settings().await.expect("a look");
        assert_eq!(other.config.now().tokens.days, 77);
        let page = owner.get(next.split('#').next().unwrap_or_default()).await;
        assert!(page.text().contains("It is set for all nodes."));
        assert!(page.text().contains("<details class=\"more\" id=\"tokens\" open>"));
        let form = form_of(page.text(), "tokens.days");
        assert!(form.contains("value=\"77\"") && form.contains("Set for all nodes"), "{form}");
        assert!(form.contains("/console/settings/tokens.days/unset"), "{form}");
        assert!(!form_of(page.text(), "tokens.renewals_max").contains("/unset"));

        let unset = owner.post("/console/settings/tokens.days/unset", "").await;
        assert!(unset.header("location").contains("done=setting-was-unset"));
        assert_eq!(world.app.config.now().tokens.days, before);
        other.read_settings().await.expect("a look");
        assert_eq!(other.config.now().tokens.days, 11);
        // Another owner was faster: there is nothing to leave.
        let again = owner.post("/console/settings/tokens.days/unset", "").await;
        assert_eq!(again.status, 303);
    }

    async fn every_setting_of_all_nodes_has_a_form_that_takes_its_value(world) {
        let owner = Visit::of(world, None, Role::Owner).await;
        let page = owner.get(PAGE).await;
        let settings = world.app.config.now().shared();
        assert!(settings.len() > 40);
        for setting in &settings {
            let form = form_of(page.text(), setting.name);
            let control = match setting.kind {
                SharedKind::Number => format!("type=\"number\" name=\"value\" value=\"{}\"", setting.value),
                SharedKind::Switch => format!("<option selected>{}</option>", setting.value),
                SharedKind::Text => format!("name=\"value\" value=\"{}\"", setting.value),
            };
            assert!(form.contains(&control), "{}: {form}", setting.name);
            let path = format!("/console/settings/{}", setting.name);
            let set = owner.post(&path, &format!("value={}", setting.value)).await;
            assert_eq!(set.status, 303, "{}: {}", setting.name, set.text());
        }
        assert_eq!(world.app.settings_of_all_nodes().await.expect("settings").len(), settings.len());
    }

    async fn a_wrong_value_is_told_at_its_setting_and_not_stored(world) {
        let owner = Visit::of(world, None, Role::Owner).await;
        for (name, sent, problem) in [
            ("tokens.days", "many", "the setting tokens.days must be a whole number"),
            ("tokens.days", "0", "the setting tokens.days must be at least 1"),
            ("tokens.days", "", "the setting tokens.days must be a whole number"),
            ("compat.flat_pagination", "1", "must be true or false"),
            ("http.public_url", "%22%3E%3Cscript%3E", "http.public_url must be like"),
            ("signature.time_zone", "Bogota", "must be an IANA name"),
            ("signature.issuer", "a%01b", "without control characters"),
            ("signature.issuer", &"x".repeat(2049), "at most 2048 bytes"),
        ] {
            let answer = owner.post(&format!("/console/settings/{name}"), &format!("value={sent}")).await;
            assert_eq!(answer.status, 400, "{name}: {sent}");
            let page = answer.text();
            assert!(page.contains("Nothing was saved."), "{name}: {sent}");
            let form = form_of(page, name);
            assert!(form.contains(problem), "{name}: {sent}: {form}");
            assert!(form.contains("aria-invalid=\"true\""), "{name}: {sent}");
            assert!(!page.contains("<script>"), "{name}: {sent}");
        }
        let long = format!("value={}", "x".repeat(17_000));
        assert_eq!(owner.post("/console/settings/signature.issuer", &long).await.status, 413);
        for name in ["http.body_bytes_max", "tokens.colour", "vault.keys", "%00"] {
            for rest in ["", "/unset"] {
                let answer = owner.post(&format!("/console/settings/{name}{rest}"), "value=1").await;
                assert!(matches!(answer.status, 404 | 400), "{name}{rest}: {}", answer.status);
            }
        }
        assert!(world.app.settings_of_all_nodes().await.expect("settings").is_empty());
    }

    async fn settings_are_for_owners_of_the_whole_server(world) {
        world.client("acme").await;
        let mut others = vec![Visit::of(world, Some("acme"), Role::Owner).await];
        for role in [Role::Admin, Role::Editor, Role::Viewer] {
            others.push(Visit::of(world, None, role).await);
        }
        for visit in &others {
            for path in ["/console/settings/tokens.days", "/console/settings/tokens.days/unset"] {
                assert_eq!(visit.post(path, "value=7").await.status, 403, "{path}");
            }
            assert_eq!(visit.get(PAGE).await.status, 403);
        }
        assert!(world.app.settings_of_all_nodes().await.expect("settings").is_empty());
    }

    async fn who_has_set_what_is_in_the_log_without_the_value(world) {
        let owner = Visit::of(world, None, Role::Owner).await;
        let members = world.app.members(None).await.expect("members");
        let captured = Captured::default();
        let subscriber = tracing_subscriber::fmt().with_writer(captured.clone()).json().finish();
        let guard = tracing::subscriber::set_default(subscriber);
        owner.post("/console/settings/signature.issuer", "value=secret-word").await;
        owner.post("/console/settings/signature.issuer/unset", "").await;
        drop(guard);
        let log = captured.text();
        for told in ["a setting was set for all nodes", "a setting was left to each node"] {
            let line = log.lines().find(|line| line.contains(told)).expect(told);
            assert!(line.contains(&format!("member:{}", members[0].id)), "{line}");
            assert!(line.contains("signature.issuer"), "{line}");
        }
        assert!(!log.contains("secret-word"), "{log}");
    }
}
