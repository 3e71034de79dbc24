//! A JSON schema as a type of any language.

use serde_json::Value;

use crate::http::openapi::shapes::ANY_JSON;

/// What a value may be. Each language writes it in its own words.
pub enum Shape {
    Unknown,
    /// A type that has a name of its own.
    Named(String),
    Union(Vec<Shape>),
    /// All of these at once.
    All(Vec<Shape>),
    Words(Vec<String>),
    Text,
    /// Text that is an image: whoever sends it may give bytes.
    Image,
    Integer,
    Number,
    Flag,
    Null,
    List(Box<Shape>),
    Object(Vec<Member>),
    /// An object or a list whose members are not known.
    Json,
}

pub struct Member {
    pub name: String,
    pub required: bool,
    pub doc: Option<String>,
    pub shape: Shape,
}

/// Whether values are read or written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Answered,
    Asked,
}

/// Members of bodies that are images.
const IMAGES: [&str; 5] = ["image", "images", "backImage", "probe", "gallery"];

/// The schemas of the document, and which of them have names.
pub struct Schemas<'a> {
    pub api: &'a Value,
    pub named: &'a [String],
}

impl Schemas<'_> {
    /// The members of an object.
    pub fn members(&self, schema: &Value, direction: Direction) -> Vec<Member> {
        let schema = resolved(self.api, schema);
        let required = schema["required"].as_array();
        let is_required =
            |name: &String| required.is_some_and(|it| it.contains(&name.as_str().into()));
        let properties = schema["properties"].as_object().into_iter().flatten();
        let member = |(name, schema): (&String, &Value)| Member {
            name: name.clone(),
            required: is_required(name),
            doc: schema["description"].as_str().map(str::to_owned),
            shape: self.shape(schema, name, direction),
        };
        properties.map(member).collect()
    }

    /// The value of a member of this name.
    pub fn shape(&self, schema: &Value, name: &str, direction: Direction) -> Shape {
        if let Some(reference) = schema["$ref"].as_str() {
            let last = reference.rsplit('/').next().unwrap_or_default();
            if self.named.iter().any(|named| named == last) {
                return Shape::Named(last.to_owned());
            }
            return self.shape(resolved(self.api, schema), name, direction);
        }
        if schema[ANY_JSON] == true {
            return Shape::Json;
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return Shape::All(parts.iter().map(|it| self.shape(it, name, direction)).collect());
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let shapes = choices.iter().map(|it| self.shape(it, name, direction));
            return Shape::Union(shapes.collect());
        }
        if let Some(words) = schema["enum"].as_array() {
            return Shape::Words(
                words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            );
        }
        match schema.get("const") {
            Some(Value::String(word)) => return Shape::Words(vec![word.clone()]),
            Some(Value::Number(_)) => return Shape::Number,
            Some(Value::Bool(_)) => return Shape::Flag,
            Some(Value::Null) => return Shape::Null,
            _ => {}
        }
        if let Some(kinds) = schema["type"].as_array() {
            let one =
                |kind: &Value| self.shape(&serde_json::json!({ "type": kind }), name, direction);
            return Shape::Union(kinds.iter().map(one).collect());
        }
        match schema["type"].as_str() {
            Some("string") if direction == Direction::Asked && IMAGES.contains(&name) => {
                Shape::Image
            }
            Some("string") => Shape::Text,
            Some("integer") => Shape::Integer,
            Some("number") => Shape::Number,
            Some("boolean") => Shape::Flag,
            Some("null") => Shape::Null,
            Some("array") => match schema.get("items") {
                Some(items) => Shape::List(Box::new(self.shape(items, name, direction))),
                None => Shape::List(Box::new(Shape::Unknown)),
            },
            Some("object") => match self.members(schema, direction) {
                members if members.is_empty() => Shape::Json,
                members => Shape::Object(members),
            },
            _ => Shape::Unknown,
        }
    }
}

/// What a reference leads to; anything else is itself.
pub fn resolved<'a>(api: &'a Value, mut value: &'a Value) -> &'a Value {
    while let Some(reference) = value["$ref"].as_str() {
        let Some(found) = reference.strip_prefix('#').and_then(|it| api.pointer(it)) else {
            return value;
        };
        value = found;
    }
    value
}

/// The texts of some shapes, each once.
pub fn alternatives(shapes: &[Shape], print: impl Fn(&Shape) -> String) -> Vec<String> {
    let mut texts = Vec::new();
    for text in shapes.iter().map(print) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}
