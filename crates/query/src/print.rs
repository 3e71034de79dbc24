//! A query as a query string: what parsing it again gives back.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Typed;
use crate::query::{Condition, Populate, Query, SelectedReverse, Test, Value};

const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl Query {
    /// The query string of this request in its canonical spelling, percent-encoded.
    pub fn to_query_string(&self) -> String {
        let mut out = String::new();
        for (key, value) in self.to_pairs() {
            let separator = if out.is_empty() { "" } else { "&" };
            let key = utf8_percent_encode(&key, KEPT);
            let value = utf8_percent_encode(&value, KEPT);
            // Writing to a String does not fail.
            let _ = write!(out, "{separator}{key}={value}");
        }
        out
    }

    /// The same, key by key and not encoded.
    fn to_pairs(&self) -> Vec<(String, String)> {
        let mut out = Printer(Vec::new());
        out.conditions("", &self.conditions);
        out.conditions("?", &self.any);
        if let Some(text) = &self.search {
            out.pair("search", text);
        }
        let sort: Vec<String> = self
            .sort
            .iter()
            .map(|key| format!("{}{}", if key.descending { "-" } else { "" }, key.field.name))
            .collect();
        out.pair("sort", &sort.join(","));
        out.pair(self.resource.page_size.name, &self.page.size.to_string());
        match &self.cursor {
            Some(cursor) => out.pair("cursor", cursor),
            None => out.pair("offset", &self.page.skip.to_string()),
        }
        let mut selects = serde_json::Map::new();
        for populate in &self.included.populates {
            out.populate("", populate, &mut selects);
        }
        for unstored in &self.included.unstored {
            out.pair("populates[]", unstored.name);
        }
        if !selects.is_empty() {
            out.pair("populateSelects", &serde_json::Value::from(selects).to_string());
        }
        for reverse in &self.included.reverses {
            out.reverse(reverse);
        }
        if let Some(columns) = &self.included.columns {
            let unstored = self.included.unstored.iter().map(|unstored| unstored.name);
            let names: Vec<&str> = columns.iter().map(|it| it.name).chain(unstored).collect();
            out.pair("columns", &names.join(","));
        }
        if self.count_only {
            out.pair("count", "true");
        }
        if self.skip_total {
            out.pair("skipTotal", "true");
        }
        out.0
    }
}

struct Printer(Vec<(String, String)>);

impl Printer {
    fn pair(&mut self, key: &str, value: &str) {
        self.0.push((key.to_owned(), value.to_owned()));
    }

    fn conditions(&mut self, group: &str, conditions: &[Condition]) {
        for (index, condition) in conditions.iter().enumerate() {
            // Repeating a spelling would mean membership: another test of the same field takes
            // another spelling.
            let alike = |other: &&Condition| {
                other.field == condition.field
                    && std::mem::discriminant(&other.test)
                        == std::mem::discriminant(&condition.test)
            };
            let turn = conditions[..index].iter().filter(alike).count();
            self.condition(group, condition, turn);
        }
    }

    fn condition(&mut self, group: &str, condition: &Condition, turn: usize) {
        let name = condition.field.name;
        let mut put = |operator: &str, value: &str| {
            self.pair(&format!("{group}{operator}_{name}"), value);
        };
        match &condition.test {
            Test::In(values) => {
                let operator = ["where", "in", "where-case-insensitive"][turn.min(2)];
                values_of(condition, values).for_each(|value| put(operator, &value.print()));
            }
            Test::NotIn(values) => {
                let operator = ["wherenot", "notIn"][turn.min(1)];
                values_of(condition, values).for_each(|value| put(operator, &value.print()));
            }
            Test::Less(value) => put("where<", &value.print()),
            Test::LessOrEqual(value) => put("where<=", &value.print()),
            Test::Greater(value) => put("where>", &value.print()),
            Test::GreaterOrEqual(value) => put("where>=", &value.print()),
            Test::Absent => put("where-null", ""),
            Test::Present => put("where-not-null", ""),
            Test::FoldedIn(values) => {
                values.iter().for_each(|value| put("where-case-insensitive", value));
            }
            Test::RelatedIn(related, texts) => {
                let operator = ["where", "in", "where-case-insensitive"][turn.min(2)];
                let key = format!("{group}{operator}_{name}.{}", related.name);
                texts.iter().for_each(|text| self.pair(&key, text));
            }
            Test::Contains(text) => put("like", text),
            Test::ContainsNot(text) => put("notLike", text),
        }
    }

    fn populate(
        &mut self,
        parent: &str,
        populate: &Populate,
        selects: &mut serde_json::Map<String, serde_json::Value>,
    ) {
        let path = format!("{parent}{}", populate.field.name);
        self.pair("populates[]", &path);
        if populate.shown != populate.relation.fields() {
            let names: Vec<&str> = populate.shown.iter().map(|field| field.name).collect();
            selects.insert(path.clone(), names.join(" ").into());
        }
        for nested in &populate.nested {
            self.populate(&format!("{path}."), nested, selects);
        }
        for unstored in &populate.unstored {
            self.pair("populates[]", &format!("{path}.{}", unstored.name));
        }
    }

    fn reverse(&mut self, shown: &SelectedReverse) {
        self.pair("with[]", shown.reverse.name);
        let only = shown.only.as_ref().map(|only| &only.test);
        if let (Some((parameter, _)), Some(Test::In(values))) = (shown.reverse.chosen_by, only) {
            values.iter().for_each(|value| self.pair(parameter, &value.print()));
        }
    }
}

/// The values without those that come with the one before them, as another spelling of it.
fn values_of<'a>(condition: &Condition, values: &'a [Value]) -> impl Iterator<Item = &'a Value> {
    let field = condition.field;
    values.iter().enumerate().filter_map(move |(index, value)| {
        let before = index.checked_sub(1).and_then(|before| values.get(before));
        let comes_along = match (before, value) {
            (Some(Value::Text(before)), Value::Text(text)) => {
                field.typed(before, Typed::Whole) == *text
            }
            _ => false,
        };
        (!comes_along).then_some(value)
    })
}

impl Value {
    fn print(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Bool(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Number(value) => value.to_string(),
            Value::Time(value) => value.to_string(),
            Value::Day(value) => value.day_text(),
        }
    }
}
