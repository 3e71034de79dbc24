//! Keys of the wire: `where>_createdAt`, `in_status[]`, `?like_name`, `populates[][0]`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::nearest::nearest;
use crate::query::{Test, Value};
use crate::{Field, Kind, Resource, Reverse};

/// One `key=value` of a query string, decoded and repaired.
pub struct Pair {
    /// The key as it was sent, decoded: what an error names.
    pub sent: String,
    /// The key without its array brackets.
    name: String,
    nested: bool,
    pub value: String,
    valid: bool,
}

impl Pair {
    pub fn is_nested(&self) -> bool {
        self.nested
    }
}

pub fn pairs(raw: &str) -> impl Iterator<Item = Pair> + '_ {
    raw.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let (Some(key), Some(value)) = (decode(key), decode(value)) else {
            return Pair {
                sent: decode_lossy(key),
                name: String::new(),
                nested: false,
                value: String::new(),
                valid: false,
            };
        };
        let (key, value) = repair(key, value);
        let (name, nested) = strip_brackets(&key);
        Pair { name: name.to_owned(), nested, sent: key, value, valid: true }
    })
}

/// A parameter as it was sent, and its value.
#[derive(Clone, Debug)]
pub struct SentValue {
    pub parameter: String,
    pub value: String,
}

/// What a key means for a resource.
pub enum Key {
    Filter {
        any: bool,
        operator: Operator,
        field: &'static Field,
        /// The field of the related record, where one is asked for.
        related: Option<&'static Field>,
    },
    Parameter(Parameter),
    /// Which of the records that point here are shown.
    Chosen(&'static Reverse),
    Ignored(Why),
}

/// Why a parameter means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Verifik ignores what it does not know, and so do its clients' trackers.
    Unknown,
    /// A form sends `status=` for "all".
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    Page,
    PerPage,
    Limit,
    /// Deprecated name of the page size.
    Take,
    Offset,
    Sort,
    SortBy,
    SortOrder,
    Search,
    Count,
    Cursor,
    SkipTotal,
    Populates,
    PopulateSelects,
    With,
    Columns,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equals,
    EqualsNot,
    In,
    NotIn,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Absent,
    Present,
    Exists,
    EqualsFolded,
    Contains,
    ContainsNot,
}

/// Prefix and meaning. No prefix begins another: each ends with its underscore.
pub const OPERATORS: &[(&str, Operator)] = &[
    ("where_", Operator::Equals),
    ("wherenot_", Operator::EqualsNot),
    ("where>_", Operator::Greater),
    ("where<_", Operator::Less),
    ("where>=_", Operator::GreaterOrEqual),
    ("where<=_", Operator::LessOrEqual),
    ("whereGT_", Operator::Greater),
    ("whereLT_", Operator::Less),
    ("whereGTE_", Operator::GreaterOrEqual),
    ("whereLTE_", Operator::LessOrEqual),
    ("where-null_", Operator::Absent),
    ("where-not-null_", Operator::Present),
    ("where-exists_", Operator::Exists),
    ("where-case-insensitive_", Operator::EqualsFolded),
    ("in_", Operator::In),
    ("notIn_", Operator::NotIn),
    ("like_", Operator::Contains),
    ("notLike_", Operator::ContainsNot),
];

pub const PARAMETERS: &[(&str, Parameter)] = &[
    ("page", Parameter::Page),
    ("perPage", Parameter::PerPage),
    ("limit", Parameter::Limit),
    ("take", Parameter::Take),
    ("offset", Parameter::Offset),
    ("skip", Parameter::Offset),
    ("sort", Parameter::Sort),
    ("sortBy", Parameter::SortBy),
    ("orderBy", Parameter::SortBy),
    ("sortOrder", Parameter::SortOrder),
    ("order", Parameter::SortOrder),
    ("search", Parameter::Search),
    ("count", Parameter::Count),
    ("cursor", Parameter::Cursor),
    ("skipTotal", Parameter::SkipTotal),
    ("populates", Parameter::Populates),
    ("populateSelects", Parameter::PopulateSelects),
    ("with", Parameter::With),
    ("columns", Parameter::Columns),
    ("select", Parameter::Columns),
];

impl Key {
    pub fn read(resource: &'static Resource, pair: &Pair) -> Result<Key, String> {
        if !pair.valid {
            return Err("is not valid UTF-8".to_owned());
        }
        if pair.nested {
            return Err("only [], [0] and the like may follow a name: operators are written \
                        as where>_createdAt, in_status[] and so on"
                .to_owned());
        }
        let (any, name) = match pair.name.strip_prefix('?') {
            Some(rest) => (true, rest),
            None => (false, pair.name.as_str()),
        };
        let operator = OPERATORS
            .iter()
            .find_map(|(prefix, operator)| Some((*operator, name.strip_prefix(prefix)?)));
        if let Some((operator, field)) = operator {
            return match resource.filtered(field) {
                Some((field, related)) => Ok(Key::Filter { any, operator, field, related }),
                None => {
                    let known = resource.fields.iter().map(|field| field.name);
                    Err(unknown("field", field, known))
                }
            };
        }
        if any {
            return Ok(Key::Ignored(Why::Unknown));
        }
        if let Some((_, parameter)) = PARAMETERS.iter().find(|(known, _)| *known == name) {
            return Ok(match parameter {
                Parameter::Search if pair.value.is_empty() => Key::Ignored(Why::Empty),
                parameter => Key::Parameter(*parameter),
            });
        }
        let chosen = |reverse: &&Reverse| reverse.chosen_by.is_some_and(|(it, _)| it == name);
        if let Some(reverse) = resource.reverse.iter().find(chosen) {
            return Ok(match pair.value.is_empty() {
                true => Key::Ignored(Why::Empty),
                false => Key::Chosen(reverse),
            });
        }
        Ok(match resource.filtered(name) {
            // Without it the records of all clients would be shown to staff: an empty variable of a
            // script must not do that.
            Some((field, _)) if pair.value.is_empty() && field.column != resource.tenant_column => {
                Key::Ignored(Why::Empty)
            }
            Some((field, related)) => {
                Key::Filter { any, operator: Operator::Equals, field, related }
            }
            None => Key::Ignored(Why::Unknown),
        })
    }
}

impl Operator {
    /// Whether repeating it means one test against several values.
    pub fn is_membership(self) -> bool {
        matches!(
            self,
            Operator::Equals
                | Operator::EqualsNot
                | Operator::In
                | Operator::NotIn
                | Operator::EqualsFolded
        )
    }

    /// Whether the operator can test this field of a related record; else the sentence that says which can.
    pub fn fits_related(self, field: &Field, related: &Field) -> Result<(), String> {
        match self {
            Operator::Equals | Operator::In | Operator::EqualsFolded => Ok(()),
            _ => {
                let name = format!("{}.{}", field.name, related.name);
                Err(format!("{name} can be tested with where_{name} and in_{name}[] only"))
            }
        }
    }

    /// Whether the operator can test this field; else the sentence that says which can.
    pub fn fits(self, field: &Field) -> Result<(), String> {
        let name = field.name;
        let fits = match self {
            Operator::Absent | Operator::Present | Operator::Exists => true,
            _ if !field.is_scalar() => {
                return Err(format!(
                    "{name} is a nested object: it can be tested with where-null_{name}, \
                     where-not-null_{name} and where-exists_{name} only"
                ));
            }
            Operator::Equals | Operator::EqualsNot | Operator::In | Operator::NotIn => true,
            Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => {
                matches!(field.kind, Kind::Time | Kind::Date | Kind::Number | Kind::Integer)
            }
            Operator::EqualsFolded => field.folded.is_some() || matches!(field.kind, Kind::Word(_)),
            Operator::Contains | Operator::ContainsNot => field.folded.is_some(),
        };
        if fits {
            return Ok(());
        }
        Err(match self {
            Operator::EqualsFolded | Operator::Contains | Operator::ContainsNot => {
                format!("{name} cannot be searched as text: use where_{name} or in_{name}[]")
            }
            _ => format!("{name} has no order to compare by: use where_{name} or in_{name}[]"),
        })
    }

    /// The values to read: membership lists are split at commas where no value can have one, all else is
    /// taken whole.
    pub fn words<'a>(self, field: &Field, sent: &'a [SentValue]) -> Vec<(&'a SentValue, &'a str)> {
        match (self, &field.kind) {
            (_, Kind::Text) => sent.iter().map(|sent| (sent, sent.value.as_str())).collect(),
            (Operator::In | Operator::NotIn, _) => sent
                .iter()
                .flat_map(|sent| sent.value.split(',').map(move |word| (sent, word.trim())))
                .collect(),
            _ => sent.iter().map(|sent| (sent, sent.value.as_str())).collect(),
        }
    }

    /// The test against values that have been read; `None` for operators that read none.
    pub fn test(self, field: &Field, mut values: Vec<Value>) -> Option<Test> {
        Some(match self {
            Operator::Equals | Operator::In => Test::In(values),
            Operator::EqualsNot | Operator::NotIn => Test::NotIn(values),
            // A day is its midnight; the last moment of it where it is the end of a range.
            Operator::Less => Test::Less(values.pop()?.begin()),
            Operator::LessOrEqual => Test::LessOrEqual(values.pop()?.end()),
            Operator::Greater => Test::Greater(values.pop()?.begin()),
            Operator::GreaterOrEqual => Test::GreaterOrEqual(values.pop()?.begin()),
            // Words are few and known: folding them has already chosen which.
            Operator::EqualsFolded if matches!(field.kind, Kind::Word(_)) => Test::In(values),
            Operator::EqualsFolded => {
                let folded = |value| match value {
                    Value::Text(text) => Some(text),
                    _ => None,
                };
                Test::FoldedIn(values.into_iter().filter_map(folded).collect())
            }
            _ => return None,
        })
    }
}

/// "unknown field `statu`; did you mean `status`?"
pub fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let shown: String = name.chars().take(64).collect();
    match nearest(name, known.clone()) {
        Some(near) => format!("unknown {what} `{shown}`; did you mean `{near}`?"),
        None => {
            let all = known.collect::<Vec<_>>().join(", ");
            format!("unknown {what} `{shown}`; known are: {all}")
        }
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced: Cow<'_, str> =
        if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

fn decode_lossy(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `where>=_f=v` sent unencoded splits at its first `=`, into `where>` and `_f=v`: put it together.
fn repair(key: String, value: String) -> (String, String) {
    let split = matches!(key.trim_start_matches('?'), "where>" | "where<");
    if let (true, true, Some((field, rest))) =
        (split, value.starts_with('_'), value.split_once('='))
    {
        return (format!("{key}={field}"), rest.to_owned());
    }
    (key, value)
}

/// Takes `[]`, `[0]`, `[][0]` … off the end; `true` when something else is in the brackets.
fn strip_brackets(key: &str) -> (&str, bool) {
    let Some(start) = key.find('[') else {
        return (key, key.contains(']'));
    };
    let (name, mut rest) = key.split_at(start);
    while let Some(inner) = rest.strip_prefix('[') {
        let end = inner.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(inner.len());
        match inner[end..].strip_prefix(']') {
            Some(after) => rest = after,
            None => return (name, true),
        }
    }
    (name, !rest.is_empty())
}
