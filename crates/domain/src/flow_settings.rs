//! What a flow asks of its users. The protocol has two forms of it: before version 3 everything is in
//! `onboardingSettings`, from then on in members of the flow itself. Either may have been written; both
//! are answered. Pure.

pub mod reviews;

use serde_json::{Map, Value as Json};

type Object = Map<String, Json>;

/// From this version of a flow on its own members count before its `onboardingSettings`.
const OWN_MEMBERS_FROM: i64 = 3;

/// The settings of a flow under the names of version 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowSettings {
    pub steps: Object,
    pub sign_up_form: Object,
    pub documents: Object,
    pub liveness: Object,
}

/// A member's name in version 3, and before.
type Names = [(&'static str, &'static str)];

const SIGN_UP_FORM: &Names = &[("additionalFields", "extraFields")];
const DOCUMENTS: &Names = &[
    ("attemptLimit", "maxAttempts"),
    ("informationVerification", "verifyNames"),
    ("criminalHistoryVerification", "verifyCriminalHistory"),
];
const LIVENESS: &Names = &[("attemptLimit", "maxAttempts"), ("minScore", "livenessMinScore")];
/// Before version 3 it is a setting of documents, later one of faces.
const COMPARE_MIN_SCORE: &str = "compareMinScore";

impl FlowSettings {
    /// What the flow's own members say, and its `onboardingSettings`: where both say something, that
    /// which the flow's version names.
    pub fn of(version: Option<i64>, own: FlowSettings, onboarding: Option<&Json>) -> FlowSettings {
        let part = |name: &str| onboarding.and_then(|it| it[name].as_object()).cloned();
        let part = |name: &str| part(name).unwrap_or_default();
        let document = part("document");
        let mut liveness = renamed(part("liveness"), LIVENESS, Form::Version3);
        if let Some(score) = document.get(COMPARE_MIN_SCORE) {
            liveness.entry(COMPARE_MIN_SCORE).or_insert_with(|| score.clone());
        }
        let mut documents = renamed(document, DOCUMENTS, Form::Version3);
        documents.remove(COMPARE_MIN_SCORE);
        let older = FlowSettings {
            steps: part("steps"),
            sign_up_form: renamed(part("signUpForm"), SIGN_UP_FORM, Form::Version3),
            documents,
            liveness,
        };
        match version {
            Some(OWN_MEMBERS_FROM..) => own.completed_by(older),
            _ => older.completed_by(own),
        }
    }

    fn completed_by(mut self, other: FlowSettings) -> FlowSettings {
        for (mine, others) in [
            (&mut self.steps, other.steps),
            (&mut self.sign_up_form, other.sign_up_form),
            (&mut self.documents, other.documents),
            (&mut self.liveness, other.liveness),
        ] {
            for (name, value) in others {
                mine.entry(name).or_insert(value);
            }
        }
        self
    }

    /// The same as `onboardingSettings`; `rest` has what these are not of.
    pub fn to_onboarding(&self, rest: Option<&Json>) -> Json {
        let mut whole = rest.and_then(Json::as_object).cloned().unwrap_or_default();
        let mut document = renamed(self.documents.clone(), DOCUMENTS, Form::Before);
        let mut liveness = renamed(self.liveness.clone(), LIVENESS, Form::Before);
        if let Some(score) = liveness.remove(COMPARE_MIN_SCORE) {
            document.insert(COMPARE_MIN_SCORE.to_owned(), score);
        }
        let sign_up_form = renamed(self.sign_up_form.clone(), SIGN_UP_FORM, Form::Before);
        for (name, part) in [
            ("steps", self.steps.clone()),
            ("signUpForm", sign_up_form),
            ("document", document),
            ("liveness", liveness),
        ] {
            whole.insert(name.to_owned(), Json::Object(part));
        }
        Json::Object(whole)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Version3,
    Before,
}

fn renamed(mut object: Object, names: &Names, form: Form) -> Object {
    for (own, before) in names {
        let (from, to) = if form == Form::Version3 { (before, own) } else { (own, before) };
        if let Some(value) = object.remove(*from) {
            object.entry((*to).to_owned()).or_insert(value);
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Json) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

    fn own() -> FlowSettings {
        FlowSettings {
            steps: object(json!({ "liveness": "mandatory" })),
            liveness: object(json!({ "minScore": 0.7, "attemptLimit": 3 })),
            ..FlowSettings::default()
        }
    }

    #[test]
    fn a_flow_says_the_same_in_whichever_form_it_was_written() {
        let onboarding = json!({
            "steps": { "liveness": "mandatory", "document": "skip" },
            "signUpForm": { "email": true, "extraFields": ["role"] },
            "document": { "maxAttempts": 2, "verifyNames": true, "compareMinScore": 0.8 },
            "liveness": { "livenessMinScore": 0.7, "maxAttempts": 3 },
            "requiresSignature": false,
        });
        let read = FlowSettings::of(Some(2), FlowSettings::default(), Some(&onboarding));
        assert_eq!(
            read,
            FlowSettings {
                steps: object(json!({ "liveness": "mandatory", "document": "skip" })),
                sign_up_form: object(json!({ "email": true, "additionalFields": ["role"] })),
                documents: object(json!({ "attemptLimit": 2, "informationVerification": true })),
                liveness: object(
                    json!({ "minScore": 0.7, "attemptLimit": 3, "compareMinScore": 0.8 })
                ),
            }
        );
        assert_eq!(read.to_onboarding(Some(&onboarding)), onboarding);
        assert_eq!(FlowSettings::of(Some(3), read.clone(), None), read);
    }

    #[test]
    fn of_two_forms_the_versions_counts_and_the_other_adds_what_it_lacks() {
        let other = json!({ "steps": { "liveness": "skip", "document": "mandatory" } });
        let steps = |version| FlowSettings::of(version, own(), Some(&other)).steps;
        let both =
            |liveness: &str| object(json!({ "liveness": liveness, "document": "mandatory" }));
        assert_eq!(steps(Some(3)), both("mandatory"));
        assert_eq!(steps(Some(4)), both("mandatory"));
        assert_eq!(steps(Some(2)), both("skip"));
        assert_eq!(steps(None), both("skip"));
        assert_eq!(FlowSettings::of(Some(2), own(), None), own());
        for odd in [json!(null), json!([]), json!("x"), json!({ "steps": 1, "liveness": [] })] {
            assert_eq!(FlowSettings::of(Some(2), own(), Some(&odd)), own());
        }
    }
}
