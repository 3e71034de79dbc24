//! The names in Python: a `TypedDict` for each record, body and query.

use super::listed::{Compared, Listed, MADE, Named, quoted};
use super::shape::{Member, Shape, alternatives};

const IMPORTS: &str = "\
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Literal, NoReturn, Sequence, Tuple, TypedDict, Union, get_args

from ._values import Moment, Value

if TYPE_CHECKING:
    from ._async_client import AsyncRecords
    from ._client import Records
";

pub fn names(named: &Named) -> String {
    let mut lines = vec![format!("# {MADE}"), String::new()];
    lines.extend(IMPORTS.lines().map(str::to_owned));
    lines.push(String::new());
    for (name, members) in &named.populated {
        typed_dict(&mut lines, name, &printed(members));
    }
    for list in &named.lists {
        lines.push(format!("# {}", list.resource.doc));
        typed_dict(&mut lines, &list.record_type, &printed(&list.record));
    }
    for list in &named.lists {
        for (name, members) in [(list.new_type(), &list.create), (list.change_type(), &list.change)]
        {
            if let (Some(name), Some(members)) = (name, members) {
                typed_dict(&mut lines, &name, &printed(members));
            }
        }
    }
    named.lists.iter().for_each(|list| push_query(&mut lines, list));
    lines.push("# Where each list is.".to_owned());
    lines.push("PATHS: Dict[str, str] = {".to_owned());
    for list in &named.lists {
        lines.push(format!("    \"{}\": \"{}\",", list.snake_name(), list.path));
    }
    lines.extend(["}", "", ""].map(str::to_owned));
    for (class, records) in [("Lists", "Records"), ("AsyncLists", "AsyncRecords")] {
        push_class(&mut lines, class, records, &named.lists);
    }
    for (name, words) in [("EventType", &named.event_types), ("ErrorCode", &named.error_codes)] {
        lines.push(format!("{name} = Literal["));
        lines.extend(words.iter().map(|word| format!("    \"{word}\",")));
        lines.extend(["]", ""].map(str::to_owned));
    }
    lines.push("EVENT_TYPES: Tuple[str, ...] = get_args(EventType)".to_owned());
    lines.push("ERROR_CODES: Tuple[str, ...] = get_args(ErrorCode)".to_owned());
    lines.join("\n") + "\n"
}

fn typed_dict(lines: &mut Vec<String>, name: &str, members: &[(String, String)]) {
    lines.push(format!("{name} = TypedDict("));
    lines.push(format!("    \"{name}\","));
    lines.push("    {".to_owned());
    lines.extend(members.iter().map(|(name, kind)| format!("        \"{name}\": {kind},")));
    lines.extend(["    },", "    total=False,", ")", ""].map(str::to_owned));
}

fn push_query(lines: &mut Vec<String>, list: &Listed) {
    let name = &list.record_type;
    let compared = list.compared();
    let values: Vec<(String, String)> =
        compared.iter().map(|(name, compared)| (name.clone(), value(compared))).collect();
    typed_dict(lines, &format!("{name}Values"), &values);

    let compared: Vec<&String> = compared.iter().map(|(name, _)| name).collect();
    let (fields, relations) = (literal(&list.fields()), literal(&list.relations()));
    let mut query = vec![("where", format!("{name}Values")), ("not", format!("{name}Values"))];
    for operator in ["in", "notIn"] {
        query.push((operator, format!("Dict[{}, Sequence[Value]]", literal(&compared))));
    }
    if !list.ranges().is_empty() {
        for operator in ["moreThan", "lessThan", "atLeast", "atMost"] {
            query.push((operator, format!("Dict[{}, Value]", literal(&list.ranges()))));
        }
    }
    if !list.texts().is_empty() {
        for operator in ["like", "notLike", "caseInsensitive"] {
            query.push((operator, format!("Dict[{}, str]", literal(&list.texts()))));
        }
    }
    query.push(("exists", format!("Dict[{fields}, bool]")));
    typed_dict(lines, &format!("{name}Conditions"), &owned(&query));
    query.extend([
        ("anyOf", format!("{name}Conditions")),
        ("search", "str".to_owned()),
        ("sort", "Union[str, Sequence[str]]".to_owned()),
        ("page", "int".to_owned()),
        ("perPage", "int".to_owned()),
        ("offset", "int".to_owned()),
        ("skipTotal", "bool".to_owned()),
        ("columns", format!("Sequence[{fields}]")),
        ("populates", format!("Sequence[Union[{relations}, str]]")),
    ]);
    if !list.reverse().is_empty() {
        query.push(("with", format!("Sequence[{}]", literal(&list.reverse()))));
    }
    query.push(("params", "Dict[str, Any]".to_owned()));
    typed_dict(lines, &format!("{name}Query"), &owned(&query));
}

fn push_class(lines: &mut Vec<String>, class: &str, records: &str, lists: &[Listed]) {
    lines.push(format!("class {class}:"));
    lines.extend(["    \"\"\"The lists of a client.\"\"\"", ""].map(str::to_owned));
    for list in lists {
        let (name, none) = (&list.record_type, || "NoReturn".to_owned());
        let (new, change) =
            (list.new_type().unwrap_or_else(none), list.change_type().unwrap_or_else(none));
        let attribute = list.snake_name();
        lines.push(format!("    {attribute}: {records}[{name}, {name}Query, {new}, {change}]"));
    }
    lines.extend(["", ""].map(str::to_owned));
}

fn value(compared: &Compared) -> String {
    match compared {
        Compared::Text => "str".to_owned(),
        Compared::Moment => "Moment".to_owned(),
        Compared::Flag => "bool".to_owned(),
        Compared::Number => "float".to_owned(),
        Compared::Words(words) => literal(words),
    }
}

fn printed(members: &[Member]) -> Vec<(String, String)> {
    members.iter().map(|member| (member.name.clone(), print(&member.shape))).collect()
}

fn print(shape: &Shape) -> String {
    match shape {
        Shape::Unknown | Shape::Json => "Any".to_owned(),
        Shape::Named(name) => format!("\"{name}\""),
        Shape::Union(shapes) => match &alternatives(shapes, print)[..] {
            [one] => one.clone(),
            several => format!("Union[{}]", several.join(", ")),
        },
        Shape::Words(words) => literal(words),
        Shape::Text => "str".to_owned(),
        Shape::Image => "Union[str, bytes]".to_owned(),
        Shape::Integer => "int".to_owned(),
        Shape::Number => "float".to_owned(),
        Shape::Flag => "bool".to_owned(),
        Shape::Null => "None".to_owned(),
        Shape::List(item) => format!("Sequence[{}]", print(item)),
        Shape::Object(_) | Shape::All(_) => "Dict[str, Any]".to_owned(),
    }
}

fn literal<T: AsRef<str>>(words: &[T]) -> String {
    format!("Literal[{}]", quoted(words, '"', ", "))
}

fn owned(members: &[(&str, String)]) -> Vec<(String, String)> {
    members.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect()
}
