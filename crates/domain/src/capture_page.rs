//! What the capture pages are told of a project and its flows: what they show and ask, and nothing that
//! is the client's own. Pure.

use serde_json::{Map, Value as Json};
use verax_query::Audience;

use crate::records::{Values, project_flow};
use crate::resources::PROJECT_FLOWS;

/// Pages of newer versions ask which plan their client pays for, and show nothing without one.
const PLAN_CODE: &str = "self-hosted";

/// What anybody may see of a project whose pages they use.
const PROJECT: [&str; 15] = [
    "_id",
    "client",
    "name",
    "description",
    "identifier",
    "contactEmail",
    "privacyUrl",
    "termsAndConditionsUrl",
    "allowedCountries",
    "defaultLanguage",
    "dataProtection",
    "branding",
    "status",
    "target",
    "version",
];

/// What anybody may see of a flow, besides its settings.
const FLOW: [&str; 7] = ["_id", "name", "type", "status", "version", "target", "allowedCountries"];

/// A project as its pages need it.
pub fn project_view(project: &Json) -> Map<String, Json> {
    let mut view = picked(project, &PROJECT);
    view.insert("planCode".to_owned(), PLAN_CODE.into());
    view
}

/// A flow as its pages need it, in both forms of the protocol. Who is checked does not learn what score
/// is enough.
pub fn flow_view(flow: &Json, audience: Audience) -> Json {
    let settings = project_flow::settings(&Values::of_shown(&PROJECT_FLOWS, flow));
    let mut view = picked(flow, &FLOW);
    let redirect = [&flow["redirectUrl"], &flow["integrations"]["redirectUrl"]];
    let redirect = redirect.into_iter().find(|url| url.as_str().is_some_and(|url| !url.is_empty()));
    let mut integrations = Map::new();
    if let Some(url) = redirect {
        view.insert("redirectUrl".to_owned(), url.clone());
        integrations.insert("redirectUrl".to_owned(), url.clone());
    }
    let onboarding = settings.to_onboarding(flow.get("onboardingSettings"));
    for (name, part) in [
        ("integrations", Json::Object(integrations)),
        ("onboardingSettings", onboarding),
        ("steps", Json::Object(settings.steps)),
        ("signUpForm", Json::Object(settings.sign_up_form)),
        ("documents", Json::Object(settings.documents)),
        ("liveness", Json::Object(settings.liveness)),
    ] {
        view.insert(name.to_owned(), part);
    }
    if let Some(login) = flow.get("loginSettings").filter(|it| it.is_object()) {
        view.insert("loginSettings".to_owned(), login.clone());
    }
    let mut view = Json::Object(view);
    if audience == Audience::Device {
        hide_thresholds(&mut view);
    }
    view
}

/// Of several flows that of this type that its users go through: one that is in use, or else the oldest.
pub fn flow_of_type<'a>(flows: &'a [Json], kind: &str) -> Option<&'a Json> {
    let mut of_type = flows.iter().filter(|flow| flow["type"] == kind).peekable();
    let first = of_type.peek().copied();
    of_type.find(|flow| flow["status"] == "active").or(first)
}

fn picked(record: &Json, names: &[&str]) -> Map<String, Json> {
    let named = names.iter().filter_map(|name| Some((*name, record.get(name)?)));
    named.map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

fn hide_thresholds(value: &mut Json) {
    match value {
        Json::Object(object) => {
            object.retain(|name, _| !name.to_ascii_lowercase().ends_with("minscore"));
            object.values_mut().for_each(hide_thresholds);
        }
        Json::Array(list) => list.iter_mut().for_each(hide_thresholds),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_sees_both_forms_of_a_flow_and_nothing_of_its_client() {
        let flow = json!({
            "_id": "f", "client": "c", "type": "onboarding", "status": "active", "version": 2,
            "webhookUrl": "https://c.example/hook", "webhook": "w", "emailTemplates": { "a": 1 },
            "security": { "apiUrl": "https://c.example" }, "business": { "screening": true },
            "integrations": {
                "redirectUrl": "https://c.example/done", "webhook": "w", "apiTestValue": "x",
            },
            "onboardingSettings": {
                "steps": { "liveness": "mandatory" }, "signUpForm": { "email": true },
                "liveness": { "livenessMinScore": 0.7, "maxAttempts": 3 },
                "document": { "compareMinScore": 0.8 },
            },
            "loginSettings": { "email": true, "searchMinScore": 0.9 },
        });
        let seen = flow_view(&flow, Audience::Device);
        assert_eq!(
            seen,
            json!({
                "_id": "f", "type": "onboarding", "status": "active", "version": 2,
                "redirectUrl": "https://c.example/done",
                "integrations": { "redirectUrl": "https://c.example/done" },
                "onboardingSettings": {
                    "steps": { "liveness": "mandatory" }, "signUpForm": { "email": true },
                    "liveness": { "maxAttempts": 3 }, "document": {},
                },
                "steps": { "liveness": "mandatory" }, "signUpForm": { "email": true },
                "documents": {}, "liveness": { "attemptLimit": 3 },
                "loginSettings": { "email": true },
            })
        );
        let told = flow_view(&flow, Audience::Client);
        assert_eq!(told["liveness"]["minScore"], 0.7);
        assert_eq!(told["onboardingSettings"]["document"]["compareMinScore"], 0.8);
        assert_eq!(told["webhookUrl"], Json::Null);
    }

    #[test]
    fn the_flow_in_use_is_the_pages() {
        let flow = |id: &str, kind: &str, status: &str| json!({ "_id": id, "type": kind, "status": status });
        let flows = [
            flow("a", "login", "active"),
            flow("b", "onboarding", "draft"),
            flow("c", "onboarding", "active"),
        ];
        let chosen = |flows: &[Json], kind| flow_of_type(flows, kind).map(|it| it["_id"].clone());
        assert_eq!(chosen(&flows, "onboarding"), Some(json!("c")));
        assert_eq!(chosen(&flows[..2], "onboarding"), Some(json!("b")));
        assert_eq!(chosen(&flows, "smartlink"), None);
    }
}
