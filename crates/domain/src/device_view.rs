//! A record as the device of the person who is checked may see it: no score, no person, nothing of
//! a match but that it passed. What is shown is what the table of resources lists for devices.

use serde_json::{Map, Value, json};
use verax_query::{Audience, Field, Kind, Member, MemberKind, Resource};

use crate::face_verdict::ADVISED;
use crate::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS};

/// What a device sees of a record, populated relations included. `record` may be any part of it, as
/// `columns` leaves it: what is hidden does not depend on what else is asked for.
pub fn device_view(resource: &'static Resource, record: &Value) -> Value {
    let Some(record) = record.as_object() else { return Value::Null };
    let mut view = Map::new();
    for (name, value) in record {
        let is_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        // That there is nothing of a relation which no table holds is nobody's secret.
        if is_nothing && resource.compat.unstored(name).is_some() {
            view.insert(name.clone(), value.clone());
            continue;
        }
        let field = resource.field(name).filter(|field| field.audience == Audience::Device);
        if let Some(value) = field.and_then(|field| field_view(field, value)) {
            view.insert(name.clone(), value);
        }
    }
    if resource.name == BIOMETRIC_VALIDATIONS.name {
        if let Some(Value::Object(results)) = view.get_mut("verificationResults") {
            hide_match(record, results);
        }
        if let Some(reasons) = view.get_mut("reasons") {
            *reasons = advice(reasons);
        }
    }
    if resource.name == APP_REGISTRATIONS.name {
        show_verdicts(&mut view);
    }
    Value::Object(view)
}

/// Capture pages compare a score with a limit of their own, and say that who has none has failed. So the
/// verdict is there as a number: 1 for passed, 0 for not. It says no more than the word beside it.
fn show_verdicts(registration: &mut Map<String, Value>) {
    // What a registration names as its face check was passed.
    if let Some(Value::Object(validation)) = registration.get_mut("biometricValidation") {
        validation.insert("livenessScore".to_owned(), 1.into());
    }
    if let Some(Value::Object(compared)) = registration.get_mut("compareFaceVerification")
        && let Some(Value::Object(result)) = compared.get_mut("result")
    {
        let passed = result.get("passed") == Some(&Value::Bool(true));
        result.insert("score".to_owned(), u8::from(passed).into());
    }
}

fn field_view(field: &Field, value: &Value) -> Option<Value> {
    match (&field.kind, value) {
        (Kind::Relation(relation), Value::Object(_)) => Some(device_view(relation.resource, value)),
        // A device needs no list of records of others.
        (Kind::Relations(_) | Kind::Texts, _) => None,
        (Kind::Json(members), value) if !members.is_empty() => {
            value.as_object().map(|object| members_view(members, object))
        }
        _ => Some(value.clone()),
    }
}

fn members_view(members: &[Member], object: &Map<String, Value>) -> Value {
    let mut view = Map::new();
    for (name, value) in object {
        let member = members.iter().find(|member| member.name == name.as_str());
        let Some(member) = member.filter(|it| it.audience == Audience::Device) else { continue };
        let value = match (&member.kind, value) {
            (MemberKind::Object(inner), Value::Object(object)) => members_view(inner, object),
            (_, Value::Object(_) | Value::Array(_)) => continue,
            (_, value) => value.clone(),
        };
        view.insert(name.clone(), value);
    }
    Value::Object(view)
}

/// A login that was rejected says the same of another face and of nobody who is enrolled; of a face
/// that is not live it says nothing, whoever's it is. Without what decides it is left out.
fn hide_match(record: &Map<String, Value>, results: &mut Map<String, Value>) {
    if !results.contains_key("identityMatch") {
        return;
    }
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    let shown = match (text("type"), text("status")) {
        _ if results.get("livenessDetection") != Some(&json!("passed")) => "not_checked",
        (None, _) | (_, None) => {
            results.remove("identityMatch");
            return;
        }
        (Some("login"), Some("completed")) => return,
        (Some("login"), _) => "failed",
        // Nobody was compared with.
        _ => "not_checked",
    };
    results.insert("identityMatch".to_owned(), shown.into());
}

/// What the person can do better, in words: of the image, never of a match.
fn advice(reasons: &Value) -> Value {
    let advised = |reason: &Value| {
        let measurement = reason["measurement"].as_str().filter(|it| ADVISED.contains(it))?;
        let advice =
            reason["advice"].as_str().filter(|it| !it.contains(|c: char| c.is_numeric()))?;
        Some(json!({ "measurement": measurement, "advice": advice }))
    };
    reasons.as_array().into_iter().flatten().filter_map(advised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{ALL, APP_LOGINS};

    fn login(status: &str, live: &str, same: &str) -> Value {
        json!({
            "_id": "v", "type": "login", "status": status, "livenessScore": 0.777, "riskScore": 0.777,
            "response": { "persons": [{ "id": "secret", "score": 0.777 }] },
            "reasons": [
                { "measurement": "yaw", "value": 0.777, "limit": 0.777, "advice": "look here" },
                { "measurement": "roll", "advice": "by 77 degrees" },
                { "measurement": "matchScore", "value": 0.777, "advice": "another face" },
                { "measurement": "person", "advice": "nobody is enrolled" },
            ],
            "biometricData": { "quality": "good", "livenessScore": 0.777, "added": 0.777 },
            "verificationResults": {
                "livenessDetection": live, "identityMatch": same, "qualityScore": 0.777,
                "antiSpoofing": live,
            },
            "failedChecks": ["livenessDetection", "identityMatch", "antiSpoofing", "quality"],
            "appRegistration": { "_id": "r", "person": "secret", "added": 0.777 },
            "added": 0.777,
        })
    }

    #[test]
    fn a_device_sees_no_number_and_no_person() {
        let view = device_view(&BIOMETRIC_VALIDATIONS, &login("failed", "passed", "failed"));
        assert_eq!(
            view,
            json!({
                "_id": "v", "type": "login", "status": "failed",
                "reasons": [{ "measurement": "yaw", "advice": "look here" }],
                "biometricData": { "quality": "good" },
                "verificationResults": {
                    "livenessDetection": "passed", "identityMatch": "failed", "antiSpoofing": "passed",
                },
                "appRegistration": { "_id": "r" },
            })
        );
        let login = json!({ "_id": "l", "person": "secret", "name": "jo" });
        assert_eq!(device_view(&APP_LOGINS, &login), json!({ "_id": "l", "name": "jo" }));
    }

    #[test]
    fn a_registrations_page_gets_verdicts_where_it_reads_scores() {
        let registration = json!({
            "_id": "r", "person": "secret",
            "biometricValidation": { "_id": "v", "status": "completed", "livenessScore": 0.777 },
            "compareFaceVerification": {
                "result": { "score": 0.777, "passed": false, "compare_min_score": 0.85, "added": 1 },
                "comparedAt": "2026-01-02T03:04:05Z", "added": 0.777,
                "model": "sface", "scale": "sface/1", "faces": { "selfie": { "_id": "v" } },
            },
        });
        assert_eq!(
            device_view(&APP_REGISTRATIONS, &registration),
            json!({
                "_id": "r",
                "biometricValidation": { "_id": "v", "status": "completed", "livenessScore": 1 },
                "compareFaceVerification": {
                    "result": { "score": 0, "passed": false, "compare_min_score": 0.85 },
                    "comparedAt": "2026-01-02T03:04:05Z",
                },
            })
        );
        let ids = json!({ "_id": "r", "biometricValidation": "v" });
        assert_eq!(device_view(&APP_REGISTRATIONS, &ids), ids);
    }

    #[test]
    fn a_rejected_login_says_the_same_whoever_is_enrolled() {
        let seen = |record: &Value| {
            device_view(&BIOMETRIC_VALIDATIONS, record)["verificationResults"]["identityMatch"]
                .clone()
        };
        for stored in ["passed", "failed", "not_checked"] {
            assert_eq!(seen(&login("failed", "passed", stored)), "failed", "{stored}");
            assert_eq!(seen(&login("failed", "failed", stored)), "not_checked", "{stored}");
            for missing in ["type", "status"] {
                let mut part = login("failed", "passed", stored);
                part.as_object_mut().expect("an object").remove(missing);
                assert_eq!(seen(&part), Value::Null, "{stored} without {missing}");
            }
        }
        assert_eq!(seen(&login("completed", "passed", "passed")), "passed");
    }

    #[test]
    fn no_number_and_no_person_is_listed_for_devices() {
        for resource in ALL {
            for field in resource.fields.iter().filter(|it| it.audience == Audience::Device) {
                assert!(!matches!(field.kind, Kind::Number | Kind::Integer), "{}", field.name);
                assert_ne!(field.name, "person");
            }
        }
    }
}
