//! What a form says, as the body of a call that makes or changes the record: what was not changed is not sent.

use serde_json::{Map, Value};

use super::typed_form::TypedForm;
use super::typed_values::Typed;
use crate::http::body::table::{BodyField, Rule};

/// What a form says of a record.
#[derive(Default)]
pub struct FormBody {
    pub members: Map<String, Value>,
    /// The paths of the members that were changed.
    pub changed: Vec<String>,
    /// Of those, the ones that were emptied and that no call takes away.
    pub kept: Vec<String>,
    /// Of those, the ones that somebody else has changed as well since the form was shown.
    pub overtaken: Vec<String>,
}

impl FormBody {
    /// What was typed says of a record, which has these members so far.
    pub fn of(
        fields: &[BodyField],
        present: &Value,
        values: &TypedForm<'_>,
        is_shown: impl Fn(&str) -> bool,
    ) -> FormBody {
        let mut body = FormBody::default();
        for field in fields.iter().filter(|field| is_shown(field.name)) {
            let (name, present) = (field.name, present.get(field.name));
            let Some(typed) = Typed::of(&field.rule) else { continue };
            if let Typed::Group(inner) = typed {
                // An object is changed as a whole: what no control shows of it is sent as it is.
                let Some(mut object) = object(present) else { continue };
                if body.fill(&mut object, inner, values, name) {
                    body.members.insert(name.to_owned(), object.into());
                }
                continue;
            }
            let Some(text) = body.changed(&typed, present, values, name) else { continue };
            let value = match (text.is_empty(), &field.rule) {
                (false, _) => typed.value_of(&text),
                (true, Rule::Texts | Rule::Words(_) | Rule::Ids(_)) => Value::Array(Vec::new()),
                (true, Rule::Webhook) => Value::Null,
                (true, _) => {
                    body.kept.push(name.to_owned());
                    continue;
                }
            };
            body.members.insert(name.to_owned(), value);
        }
        body
    }

    /// The text that was typed for a member, where it is another than the one that it has.
    fn changed(
        &mut self,
        typed: &Typed,
        present: Option<&Value>,
        values: &TypedForm<'_>,
        path: &str,
    ) -> Option<String> {
        let shown = typed.plain(&typed.shown(present)?);
        let text = values.touched(typed, &shown, path).filter(|text| *text != shown)?;
        self.changed.push(path.to_owned());
        if values.is_overtaken(&shown, path) {
            self.overtaken.push(path.to_owned());
        }
        Some(text)
    }

    /// Puts what was typed into an object; whether anything of it was changed.
    fn fill(
        &mut self,
        object: &mut Map<String, Value>,
        fields: &[BodyField],
        values: &TypedForm<'_>,
        above: &str,
    ) -> bool {
        let before = self.changed.len();
        for field in fields {
            let path = format!("{above}.{}", field.name);
            let present = object.get(field.name);
            let Some(typed) = Typed::of(&field.rule) else { continue };
            let value = if let Typed::Group(inner) = typed {
                let Some(mut inside) = self::object(present) else { continue };
                if !self.fill(&mut inside, inner, values, &path) {
                    continue;
                }
                Some(Value::Object(inside)).filter(|inside| *inside != Value::Object(Map::new()))
            } else {
                let Some(text) = self.changed(&typed, present, values, &path) else { continue };
                (!text.is_empty()).then(|| typed.value_of(&text))
            };
            match value {
                Some(value) => object.insert(field.name.to_owned(), value),
                None => object.remove(field.name),
            };
        }
        self.changed.len() > before
    }
}

/// The object that is there, or an empty one. `None`: something else is there.
fn object(present: Option<&Value>) -> Option<Map<String, Value>> {
    match present.unwrap_or(&Value::Null) {
        Value::Null => Some(Map::new()),
        Value::Object(object) => Some(object.clone()),
        _ => None,
    }
}
