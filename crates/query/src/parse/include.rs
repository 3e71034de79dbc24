//! What an answer shows: `populates`, `populateSelects`, `with`, `columns`.

use super::key::{Parameter, SentValue, unknown};
use super::problem::{Problem, problem};
use super::value;
use crate::query::{Condition, Included, Populate, SelectedReverse, Test};
use crate::{Field, Relation, Resource, Reverse, Unstored};

/// As many as the longest page of the protocol's clients asks for, and a few more.
const POPULATES_MAX: usize = 20;
const POPULATE_DEPTH_MAX: usize = 2;

/// The words as they were sent, with the parameter that sent each.
#[derive(Default)]
pub struct IncludeWords {
    populates: Vec<(String, String)>,
    selects: Vec<(String, String)>,
    with: Vec<(String, String)>,
    columns: Vec<(String, String)>,
    chosen: Vec<(&'static Reverse, SentValue)>,
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

    /// Of the records that point here, those with this value.
    pub fn choose(&mut self, reverse: &'static Reverse, parameter: String, value: String) {
        self.chosen.push((reverse, SentValue { parameter, value }));
    }

    pub fn finish(self, resource: &'static Resource, problems: &mut Vec<Problem>) -> Included {
        let mut shown = Relations::default();
        let mut reverses: Vec<SelectedReverse> = Vec::new();
        let mut add_reverse = |reverse: &'static Reverse| {
            if !reverses.iter().any(|it| it.reverse == reverse) {
                reverses.push(SelectedReverse { reverse, only: None });
            }
        };
        let reverse_of = |name: &str| resource.reverse.iter().find(|it| it.name == name);
        if self.populates.len() > POPULATES_MAX {
            let message = format!("may name at most {POPULATES_MAX} relations");
            problems.push(problem("populates", message));
        } else {
            for (sent, path) in &self.populates {
                if let Some(reverse) = reverse_of(path) {
                    add_reverse(reverse);
                    continue;
                }
                let depth = path.split('.').count();
                let added = if depth > POPULATE_DEPTH_MAX {
                    Err(format!("may be at most {POPULATE_DEPTH_MAX} relations deep"))
                } else {
                    add_populate(resource, &mut shown, path)
                };
                if let Err(message) = added {
                    problems.push(problem(sent, message));
                }
            }
        }
        let Relations { mut populates, mut unstored } = shown;
        for (sent, json) in &self.selects {
            if let Err(message) = apply_selects(resource, &mut populates, json) {
                problems.push(problem(sent, message));
            }
        }
        for (sent, name) in &self.with {
            match reverse_of(name) {
                Some(reverse) => add_reverse(reverse),
                None => {
                    let known = resource.reverse.iter().map(|reverse| reverse.name);
                    problems.push(problem(sent, unknown("relation", name, known)));
                }
            }
        }
        choose(&mut reverses, &self.chosen, problems);
        let mut columns = Vec::new();
        for (sent, name) in &self.columns {
            match resource.named(name) {
                Some(field) => columns.push(field),
                None if resource.is_selectable(name) => {}
                None => {
                    let known = resource.fields.iter().map(|field| field.name);
                    problems.push(problem(sent, unknown("field", name, known)));
                }
            }
        }
        if !self.columns.is_empty() {
            unstored.retain(|it| self.columns.iter().any(|(_, name)| name == it.name));
        }
        let columns = (!self.columns.is_empty()).then_some(columns);
        Included { columns, populates, unstored, reverses }
    }
}

/// Which of the records that point here are shown: those with one of the values that were sent.
fn choose(
    reverses: &mut [SelectedReverse],
    chosen: &[(&'static Reverse, SentValue)],
    problems: &mut Vec<Problem>,
) {
    for (reverse, sent) in chosen {
        let Some(field) = reverse.chosen_field() else { continue };
        let read = match value::read(field, &sent.value) {
            Ok(read) => read,
            Err(message) => {
                problems.push(problem(&sent.parameter, message));
                continue;
            }
        };
        // Where they are not shown there is nothing to choose from.
        let Some(shown) = reverses.iter_mut().find(|it| it.reverse == *reverse) else { continue };
        let only = shown.only.get_or_insert(Condition { field, test: Test::In(Vec::new()) });
        if let Test::In(values) = &mut only.test
            && !values.contains(&read)
        {
            values.push(read);
        }
    }
}

/// Each relation of a resource as records.
pub fn all_relations(resource: &'static Resource) -> Vec<Populate> {
    let all = resource.relations().map(|(field, relation)| (field.name, relation));
    let populate = |(name, relation): (&str, &'static Relation)| {
        Some(populated(resource.field(name)?, relation))
    };
    all.filter_map(populate).collect()
}

/// A relation as records, with all that they show.
pub fn populated(field: &'static Field, relation: &'static Relation) -> Populate {
    let (nested, unstored) = (Vec::new(), Vec::new());
    Populate { field, relation, shown: relation.fields(), nested, unstored }
}

/// What of a record is populated.
#[derive(Default)]
struct Relations {
    populates: Vec<Populate>,
    unstored: Vec<&'static Unstored>,
}

fn add_populate(
    resource: &'static Resource,
    shown: &mut Relations,
    path: &str,
) -> Result<(), String> {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let relation = resource.relations().find(|(field, _)| field.name == name);
    let Some((field, relation)) = relation else {
        return add_unstored(resource, shown, name, rest);
    };
    // `resource` is 'static, so its fields are; the iterator's borrow only hides it.
    let Some(field) = resource.field(field.name) else { return Ok(()) };
    let index = match shown.populates.iter().position(|known| known.field == field) {
        Some(index) => index,
        None => {
            shown.populates.push(populated(field, relation));
            shown.populates.len() - 1
        }
    };
    let Some(rest) = rest else { return Ok(()) };
    let populate = &mut shown.populates[index];
    let mut inner = Relations {
        populates: std::mem::take(&mut populate.nested),
        unstored: std::mem::take(&mut populate.unstored),
    };
    let added = add_populate(relation.resource, &mut inner, rest);
    (populate.nested, populate.unstored) = (inner.populates, inner.unstored);
    added
}

fn add_unstored(
    resource: &'static Resource,
    shown: &mut Relations,
    name: &str,
    rest: Option<&str>,
) -> Result<(), String> {
    let known = || {
        let relations = resource.relations().map(|(field, _)| field.name);
        let unstored = resource.compat.unstored.iter().map(|unstored| unstored.name);
        let reverses = resource.reverse.iter().map(|reverse| reverse.name);
        relations.chain(unstored).chain(reverses).collect::<Vec<_>>()
    };
    let Some(unstored) = resource.compat.unstored(name) else {
        return Err(unknown("relation", name, known().into_iter()));
    };
    if let Some(rest) = rest
        && !unstored.within.contains(&rest)
    {
        return Err(unknown("relation", rest, unstored.within.iter().copied()));
    }
    if let Some(unstored) = resource.shown_unstored(name)
        && !shown.unstored.contains(&unstored)
    {
        shown.unstored.push(unstored);
    }
    Ok(())
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
        // One that is populated inside another may be called by its name alone.
        let outer = populates
            .iter_mut()
            .find(|outer| outer.nested.iter().any(|populate| populate.field.name == name));
        return match outer {
            Some(outer) => select(outer.relation.resource, &mut outer.nested, path, names),
            // There is nothing to narrow.
            None if resource.compat.unstored(name).is_some() => Ok(()),
            None => Err(unknown("relation", name, relations.iter().map(|(field, _)| field.name))),
        };
    };
    let populate = populates.iter_mut().find(|populate| populate.field.name == name);
    if let Some(rest) = rest {
        let nested = populate.map_or(&mut [][..], |populate| &mut populate.nested[..]);
        return select(relation.resource, nested, rest, names);
    }
    let related = relation.resource;
    let mut chosen: Vec<&'static Field> = Vec::new();
    for wanted in names.split([',', ' ']).filter(|word| !word.is_empty()) {
        // A member of a nested object: `branding.logo` is shown with the whole of it.
        let wanted = wanted.split('.').next().unwrap_or_default();
        let is_relation = related.relations().any(|(field, _)| field.name == wanted);
        let is_projected = relation.projection.contains(&wanted);
        match related.named(wanted) {
            // It is shown where it is populated.
            Some(_) if is_relation && !is_projected => {}
            Some(field) => chosen.push(field),
            None if related.is_selectable(wanted) => {}
            None => {
                let all = related.fields.iter().map(|field| field.name);
                return Err(unknown("field", wanted, all));
            }
        }
    }
    if let Some(populate) = populate {
        // What the projection leaves out is shown after what it has.
        let projected = relation.fields();
        let more = related.fields.iter().filter(|field| !projected.contains(field));
        let all = projected.iter().copied().chain(more);
        let shown = all.filter(|field| field.name == "_id" || chosen.contains(field));
        populate.shown = shown.collect();
    }
    Ok(())
}
