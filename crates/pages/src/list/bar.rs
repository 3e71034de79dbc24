//! The filters of a list: a bar of the usual ones, and each other condition as a chip that can be taken off.

use verax_query::{Condition, Field, Kind, Query, Test, Timestamp, Value};

use crate::cell::list_href;
use crate::names;
use crate::shell::Shell;
use crate::texts::Texts;

/// Words of an enumeration that a menu may have.
const WORDS_MAX: usize = 40;

/// A form whose fields are parameters of the API, beside the rest of the query.
pub struct Bar {
    /// The text that is searched for; `None`: nothing of the resource can be searched.
    pub search: Option<String>,
    pub menus: Vec<Menu>,
    /// The days of `createdAt`: from, until.
    pub days: Option<[Day; 2]>,
    /// Everything else of the query, as a query string.
    pub rest: String,
    pub chips: Vec<Chip>,
    /// The list without any filter, where there is one.
    pub cleared: Option<String>,
}

/// The words of one field.
pub struct Menu {
    pub name: String,
    pub label: String,
    /// A word, what it is called, and whether it is chosen.
    pub words: Vec<(&'static str, String, bool)>,
}

pub struct Day {
    pub name: String,
    pub value: String,
}

/// A condition, and the list without it.
pub struct Chip {
    pub label: String,
    pub href: String,
}

impl Bar {
    pub fn of(shell: &Shell, query: &Query) -> Bar {
        let resource = query.resource();
        let fields: Vec<&'static Field> = resource.fields.iter().collect();
        let menus: Vec<Menu> =
            fields.iter().filter_map(|field| Menu::of(shell, query, field)).collect();
        let created = fields.iter().find(|it| it.name == "createdAt" && it.sorts()).copied();
        let in_bar = |condition: &Condition| {
            is_of_menu(query, condition)
                || created.is_some_and(|field| day_of(query, field, condition).is_some())
        };
        let rest = query.clone().keeping(|it| !in_bar(it)).without_search();
        let has_search = fields.iter().any(|field| field.folded.is_some());
        let search = has_search.then(|| query.search().unwrap_or_default().to_owned());
        let bare = query.clone().keeping(|_| false).keeping_alternatives(|_| false);
        let bare = bare.without_search();
        let is_filtered = !query.conditions().is_empty()
            || !query.alternatives().is_empty()
            || query.search().is_some();
        let href = list_href(resource);
        Bar {
            search,
            menus,
            days: created.map(|field| days(query, field)),
            rest: rest.to_query_string(),
            chips: chips(shell, query, in_bar),
            cleared: is_filtered.then(|| format!("{href}?{}", bare.to_query_string())),
        }
    }
}

impl Menu {
    fn of(shell: &Shell, query: &Query, field: &'static Field) -> Option<Menu> {
        let words = words_of(field)?;
        if words.len() < 2 || words.len() > WORDS_MAX || !field.is_scalar() {
            return None;
        }
        let chosen = query.conditions().iter().find(|it| it.field == field).and_then(only_word);
        let texts = shell.texts;
        let word = |word: &'static str| (word, named(texts, field, word), chosen == Some(word));
        Some(Menu {
            name: format!("where_{}", field.name),
            label: names::of_field(texts, field),
            words: words.iter().copied().map(word).collect(),
        })
    }
}

/// The words that a value of the field may be, or have.
fn words_of(field: &Field) -> Option<&'static [&'static str]> {
    match field.kind {
        Kind::Word(words) => Some(words.words),
        Kind::Set(set) => Some(set.words),
        _ => None,
    }
}

/// One of them. Those of a set are names of the API.
fn named(texts: Texts, field: &Field, word: &str) -> String {
    match field.kind {
        Kind::Word(_) => names::word(texts, word),
        Kind::Set(_) => names::field(texts, word),
        _ => word.to_owned(),
    }
}

/// The word that a condition asks for, if it asks for one.
fn only_word(condition: &Condition) -> Option<&str> {
    match &condition.test {
        Test::In(values) => match values.as_slice() {
            [Value::Text(word)] => Some(word),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a menu of the bar shows the condition: the first of its field, for one of its words.
fn is_of_menu(query: &Query, condition: &Condition) -> bool {
    let is_first = || {
        let mut conditions = query.conditions().iter().filter(|it| it.field == condition.field);
        conditions.next().is_some_and(|it| std::ptr::eq(it, condition))
            && conditions.next().is_none()
    };
    let Some(words) = words_of(condition.field) else { return false };
    let fits = (2..=WORDS_MAX).contains(&words.len());
    fits && only_word(condition).is_some_and(|word| words.contains(&word)) && is_first()
}

fn days(query: &Query, field: &'static Field) -> [Day; 2] {
    let value = |wanted: Edge| {
        let days = query.conditions().iter().filter_map(|it| day_of(query, field, it));
        days.filter(|(edge, _)| *edge == wanted).map(|(_, day)| day).next().unwrap_or_default()
    };
    [
        Day { name: format!("where>=_{}", field.name), value: value(Edge::From) },
        Day { name: format!("where<=_{}", field.name), value: value(Edge::Until) },
    ]
}

#[derive(Clone, Copy, PartialEq)]
enum Edge {
    From,
    Until,
}

/// The day from which or until which a condition goes, if it goes by whole days, and is the only one.
fn day_of(query: &Query, field: &'static Field, condition: &Condition) -> Option<(Edge, String)> {
    if condition.field != field {
        return None;
    }
    let kind = std::mem::discriminant(&condition.test);
    let alike = query
        .conditions()
        .iter()
        .filter(|it| it.field == condition.field && std::mem::discriminant(&it.test) == kind);
    if alike.count() != 1 {
        return None;
    }
    match &condition.test {
        Test::GreaterOrEqual(Value::Time(time)) => {
            let day = time.day_text();
            (Timestamp::parse_day(&day) == Some(*time)).then_some((Edge::From, day))
        }
        Test::LessOrEqual(Value::Time(time)) => {
            let day = time.day_text();
            let end = Timestamp::parse_day(&day).map(Timestamp::day_end);
            (end == Some(*time)).then_some((Edge::Until, day))
        }
        _ => None,
    }
}

/// The conditions that the bar does not show. Which of several alike is taken off goes by their place.
fn chips(shell: &Shell, query: &Query, in_bar: impl Fn(&Condition) -> bool) -> Vec<Chip> {
    let href = list_href(query.resource());
    let chip = |condition: &Condition, query: Query| Chip {
        label: sentence(shell, condition),
        href: format!("{href}?{}", query.to_query_string()),
    };
    let all = query.conditions().iter().filter(|it| !in_bar(it));
    let mut chips: Vec<Chip> =
        all.map(|it| chip(it, query.clone().keeping(|other| other != it))).collect();
    let any = query.alternatives().iter();
    chips.extend(any.map(|it| {
        let mut chip = chip(it, query.clone().keeping_alternatives(|other| other != it));
        chip.label = format!("{} {}", shell.t("chip-or"), chip.label);
        chip
    }));
    chips
}

/// A condition in words: `Status is not Failed, Expired`.
fn sentence(shell: &Shell, condition: &Condition) -> String {
    let texts = shell.texts;
    let shown = |value: &Value| match value {
        Value::Text(text) => named(texts, condition.field, text),
        Value::Bool(is_so) => texts.get(if *is_so { "yes" } else { "no" }),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Day(day) => day.day_text(),
    };
    let list = |values: &[Value]| values.iter().map(shown).collect::<Vec<_>>().join(", ");
    let (operator, value) = match &condition.test {
        Test::In(values) => ("operator-is", list(values)),
        Test::NotIn(values) => ("operator-is-not", list(values)),
        Test::Less(value) => ("operator-less", shown(value)),
        Test::LessOrEqual(value) => ("operator-until", shown(value)),
        Test::Greater(value) => ("operator-greater", shown(value)),
        Test::GreaterOrEqual(value) => ("operator-from", shown(value)),
        Test::Absent => ("operator-absent", String::new()),
        Test::Present => ("operator-present", String::new()),
        Test::FoldedIn(texts) | Test::RelatedIn(_, texts) => ("operator-is", texts.join(", ")),
        Test::Contains(text) => ("operator-contains", text.clone()),
        Test::ContainsNot(text) => ("operator-contains-not", text.clone()),
    };
    let mut name = names::of_field(texts, condition.field);
    if let Test::RelatedIn(related, _) = condition.test {
        name = format!("{name} · {}", names::of_field(texts, related));
    }
    format!("{name} {} {value}", texts.get(operator)).trim_end().to_owned()
}
