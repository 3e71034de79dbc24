//! What an answer shows: `populates`, `populateSelects`, `with`, `columns`.

use super::key::{Parameter, unknown};
use super::problem::{Problem, problem};
use crate::query::{Included, Populate};
use crate::{Field, Relation, Resource};

const POPULATES_MAX: usize = 8;
const POPULATE_DEPTH_MAX: usize = 2;

/// The words as they were sent, with the parameter that sent each.
#[derive(Default)]
pub struct IncludeWords {
    populates: Vec<(String, String)>,
    selects: Vec<(String, String)>,
    with: Vec<(String, String)>,
    columns: Vec<(String, String)>,
}

impl IncludeWords {
    pub fn add(&mut self, parameter: Parameter, sent: &str, value: &str) {
        let list = match parameter {
            Parameter::Populates => &mut self.populates,
            Parameter::With => &mut self.with,
            Parameter::Columns => &mut self.columns,
            Parameter::PopulateSelects => {
                return self.selects.push((sent.to_owned(), value.to_owned()));
            }
            _ => return,
        };
        let words = value.split([',', ' ']).filter(|word| !word.is_empty());
        list.extend(words.map(|word| (sent.to_owned(), word.to_owned())));
    }

    pub fn finish(self, resource: &'static Resource, problems: &mut Vec<Problem>) -> Included {
        let mut populates = Vec::new();
        if self.populates.len() > POPULATES_MAX {
            let message = format!("may name at most {POPULATES_MAX} relations");
            problems.push(problem("populates", message));
        } else {
            for (sent, path) in &self.populates {
                let depth = path.split('.').count();
                let added = if depth > POPULATE_DEPTH_MAX {
                    Err(format!("may be at most {POPULATE_DEPTH_MAX} relations deep"))
                } else {
                    add_populate(resource, &mut populates, path)
                };
                if let Err(message) = added {
                    problems.push(problem(sent, message));
                }
            }
        }
        for (sent, json) in &self.selects {
            if let Err(message) = apply_selects(resource, &mut populates, json) {
                problems.push(problem(sent, message));
            }
        }
        let mut reverses = Vec::new();
        for (sent, name) in &self.with {
            match resource.reverse.iter().find(|reverse| reverse.name == name) {
                Some(reverse) if reverses.contains(&reverse) => {}
                Some(reverse) => reverses.push(reverse),
                None => {
                    let known = resource.reverse.iter().map(|reverse| reverse.name);
                    problems.push(problem(sent, unknown("relation", name, known)));
                }
            }
        }
        let mut columns = Vec::new();
        for (sent, name) in &self.columns {
            match resource.field(name) {
                Some(field) => columns.push(field),
                None => {
                    let known = resource.fields.iter().map(|field| field.name);
                    problems.push(problem(sent, unknown("field", name, known)));
                }
            }
        }
        let columns = (!self.columns.is_empty()).then_some(columns);
        Included { columns, populates, reverses }
    }
}

/// Each relation of a resource as records.
pub fn all_relations(resource: &'static Resource) -> Vec<Populate> {
    let all = resource.relations().map(|(field, relation)| (field.name, relation));
    let populate = |(name, relation): (&str, &'static Relation)| {
        let field = resource.field(name)?;
        Some(Populate { field, relation, shown: relation.fields(), nested: Vec::new() })
    };
    all.filter_map(populate).collect()
}

fn add_populate(
    resource: &'static Resource,
    populates: &mut Vec<Populate>,
    path: &str,
) -> Result<(), String> {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let Some((field, relation)) = resource.relations().find(|(field, _)| field.name == name) else {
        let known: Vec<&str> = resource.relations().map(|(field, _)| field.name).collect();
        return Err(unknown("relation", name, known.iter().copied()));
    };
    // `resource` is 'static, so its fields are; the iterator's borrow only hides it.
    let Some(field) = resource.field(field.name) else { return Ok(()) };
    let index = match populates.iter().position(|known| known.field == field) {
        Some(index) => index,
        None => {
            let shown = relation.fields();
            populates.push(Populate { field, relation, shown, nested: Vec::new() });
            populates.len() - 1
        }
    };
    match rest {
        Some(rest) => add_populate(relation.resource, &mut populates[index].nested, rest),
        None => Ok(()),
    }
}

/// `{"project":"name description"}`: narrows what populating shows.
fn apply_selects(
    resource: &'static Resource,
    populates: &mut [Populate],
    json: &str,
) -> Result<(), String> {
    let shape = || "must be a JSON object like {\"project\":\"name\"}".to_owned();
    let value: serde_json::Value = serde_json::from_str(json).map_err(|_| shape())?;
    for (path, names) in value.as_object().ok_or_else(shape)? {
        let names = names.as_str().ok_or_else(shape)?;
        select(resource, populates, path, names)?;
    }
    Ok(())
}

fn select(
    resource: &'static Resource,
    populates: &mut [Populate],
    path: &str,
    names: &str,
) -> Result<(), String> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
    let relations: Vec<_> = resource.relations().collect();
    let Some((_, relation)) = relations.iter().find(|(field, _)| field.name == name) else {
        return Err(unknown("relation", name, relations.iter().map(|(field, _)| field.name)));
    };
    let populate = populates.iter_mut().find(|populate| populate.field.name == name);
    if let Some(rest) = rest {
        let nested = populate.map_or(&mut [][..], |populate| &mut populate.nested[..]);
        return select(relation.resource, nested, rest, names);
    }
    let all = relation.fields();
    let mut chosen: Vec<&'static Field> = Vec::new();
    for wanted in names.split([',', ' ']).filter(|word| !word.is_empty()) {
        match all.iter().find(|field| field.name == wanted) {
            Some(field) => chosen.push(field),
            None => return Err(unknown("field", wanted, all.iter().map(|field| field.name))),
        }
    }
    if let Some(populate) = populate {
        populate.shown.retain(|field| field.name == "_id" || chosen.contains(field));
    }
    Ok(())
}
