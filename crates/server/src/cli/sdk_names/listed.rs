//! The lists of the API, as a client needs them: records, filters, bodies, and the words of events and errors.

use serde_json::Value;
use verax_domain::events::{EventKind, RECORDS_IMPORTED};
use verax_domain::resources;
use verax_query::{Field, Kind, Resource, Shown};

use super::shape::{Direction, Member, Schemas, Shape, resolved};
use crate::http::openapi::shapes::schema_name;
use crate::http::{codes, openapi};

pub const MADE: &str = "Made by `verax reference`; do not edit.";

/// All that has a name.
pub struct Named {
    /// What populating shows of related records, by the names of these types.
    pub populated: Vec<(String, Vec<Member>)>,
    pub lists: Vec<Listed>,
    pub event_types: Vec<&'static str>,
    pub error_codes: Vec<&'static str>,
}

/// One list.
pub struct Listed {
    pub resource: &'static Resource,
    /// The type of its records: `BiometricValidation`.
    pub record_type: String,
    /// Of the newest version.
    pub path: String,
    pub record: Vec<Member>,
    /// The body that makes one; `None`: there is no such call.
    pub create: Option<Vec<Member>>,
    /// What making one answers: the record, and what is told only then.
    pub created: Option<Shape>,
    pub change: Option<Vec<Member>>,
    pub deletes: bool,
}

/// What a filter compares a field with.
pub enum Compared {
    Text,
    Moment,
    Flag,
    Number,
    Words(Vec<&'static str>),
}

impl Named {
    pub fn of_api() -> Named {
        let api = openapi::published();
        let served = || resources::ALL.into_iter().filter(|it| !it.versions.is_empty());
        let schema_names = api["components"]["schemas"].as_object().into_iter().flatten();
        let populated = schema_names.map(|(name, _)| name).filter(|it| it.starts_with("Populated"));
        let populated: Vec<String> = populated.cloned().collect();
        let record_types = served().map(|it| schema_name(it, Shown::Retrieve));
        let named: Vec<String> = populated.iter().cloned().chain(record_types).collect();
        let schemas = Schemas { api: &api, named: &named };
        let members = |name: &String| {
            schemas.members(&api["components"]["schemas"][name], Direction::Answered)
        };
        let not_found = served().map(|resource| resource.not_found.code);
        let mut error_codes = Vec::new();
        for code in codes().map(|code| code.code).chain(not_found) {
            if !error_codes.contains(&code) {
                error_codes.push(code);
            }
        }
        Named {
            lists: served().map(|resource| Listed::of(&api, &schemas, resource)).collect(),
            populated: populated.iter().map(|name| (name.clone(), members(name))).collect(),
            event_types: EventKind::all().map(|it| it.name).chain([RECORDS_IMPORTED]).collect(),
            error_codes,
        }
    }
}

impl Listed {
    fn of(api: &Value, schemas: &Schemas<'_>, resource: &'static Resource) -> Listed {
        let version = resource.versions.last().copied().unwrap_or_default();
        let path = format!("/{version}/{}", resource.name);
        let record_type = schema_name(resource, Shown::Retrieve);
        let record = &api["components"]["schemas"][&record_type];
        let calls = &api["paths"];
        let one = &calls[&format!("{path}/{{id}}")];
        let body = |call: &Value, verb: &str| {
            let is_it = call["operationId"].as_str().is_some_and(|id| id.starts_with(verb));
            let body = resolved(api, call.get("requestBody").filter(|_| is_it)?);
            let schema = &body["content"]["application/json"]["schema"];
            Some(schemas.members(schema, Direction::Asked)).filter(|members| !members.is_empty())
        };
        let responses = &calls[&path]["post"]["responses"];
        let created = ["200", "201"].into_iter().find_map(|status| {
            let answer = resolved(api, responses.get(status)?);
            let answer = resolved(api, &answer["content"]["application/json"]["schema"]);
            Some(schemas.shape(&answer["properties"]["data"], "data", Direction::Answered))
        });
        Listed {
            created,
            record: schemas.members(record, Direction::Answered),
            create: body(&calls[&path]["post"], ""),
            // A `PUT` that confirms something is no change.
            change: body(&one["put"], "change"),
            deletes: one.get("delete").is_some(),
            resource,
            record_type,
            path,
        }
    }

    /// `biometricValidations`.
    pub fn camel_name(&self) -> String {
        let mut parts = self.resource.name.split('-');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |name, part| {
            let (initial, rest) = part.split_at(part.len().min(1));
            name + &initial.to_uppercase() + rest
        })
    }

    /// `biometric_validations`.
    pub fn snake_name(&self) -> String {
        self.resource.name.replace('-', "_")
    }

    /// The type of the body that makes one.
    pub fn new_type(&self) -> Option<String> {
        self.create.as_ref().map(|_| format!("New{}", self.record_type))
    }

    /// The type of the body that changes one.
    pub fn change_type(&self) -> Option<String> {
        self.change.as_ref().map(|_| format!("{}Change", self.record_type))
    }

    pub fn fields(&self) -> Vec<&'static str> {
        self.resource.fields.iter().map(|field| field.name).collect()
    }

    /// Fields that are compared with values, and those of related records by their paths.
    pub fn compared(&self) -> Vec<(String, Compared)> {
        let own = self.resource.fields.iter().filter(|field| field.is_scalar());
        let own = own.filter_map(|field| Some((field.name.to_owned(), Compared::of(field)?)));
        let related = self.resource.relations().flat_map(|(field, relation)| {
            let is_one = matches!(field.kind, Kind::Relation(_));
            let filters = relation.filters().filter(move |_| is_one);
            filters.map(move |it| (format!("{}.{}", field.name, it.name), Compared::Text))
        });
        own.chain(related).collect()
    }

    pub fn ranges(&self) -> Vec<&'static str> {
        self.names(has_range)
    }

    /// Fields that are searched for parts of texts.
    pub fn texts(&self) -> Vec<&'static str> {
        self.names(|field| field.is_scalar() && !has_range(field) && field.folded.is_some())
    }

    pub fn sorts(&self) -> Vec<&'static str> {
        self.names(Field::sorts)
    }

    pub fn relations(&self) -> Vec<&'static str> {
        self.resource.relations().map(|(field, _)| field.name).collect()
    }

    /// What `with[]` adds.
    pub fn reverse(&self) -> Vec<&'static str> {
        self.resource.reverse.iter().map(|reverse| reverse.name).collect()
    }

    fn names(&self, is_wanted: impl Fn(&Field) -> bool) -> Vec<&'static str> {
        let fields = self.resource.fields.iter();
        fields.filter(|field| is_wanted(field)).map(|field| field.name).collect()
    }
}

impl Compared {
    /// `None`: a nested object.
    pub fn of(field: &Field) -> Option<Compared> {
        Some(match &field.kind {
            Kind::Id | Kind::Text | Kind::Texts | Kind::Relation(_) | Kind::Relations(_) => {
                Compared::Text
            }
            Kind::Time | Kind::Date => Compared::Moment,
            Kind::Bool => Compared::Flag,
            Kind::Integer | Kind::Number => Compared::Number,
            Kind::Word(words) => {
                let synonyms = words.synonyms.iter().map(|(synonym, _)| *synonym);
                Compared::Words(words.words.iter().copied().chain(synonyms).collect())
            }
            Kind::Set(set) => Compared::Words(set.words.to_vec()),
            Kind::Json(_) => return None,
        })
    }
}

fn has_range(field: &Field) -> bool {
    matches!(field.kind, Kind::Time | Kind::Date | Kind::Number | Kind::Integer)
}

/// These words between quotes, with `between` between them.
pub fn quoted<T: AsRef<str>>(words: &[T], quote: char, between: &str) -> String {
    let quoted: Vec<String> =
        words.iter().map(|word| format!("{quote}{}{quote}", word.as_ref())).collect();
    quoted.join(between)
}
