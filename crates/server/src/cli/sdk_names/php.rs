//! The names in PHP: the shapes of arrays for whoever analyses a program, and the names as constants.

use super::listed::{Compared, Listed, MADE, Named, quoted};
use super::shape::{Member, Shape, alternatives};

pub fn names(named: &Named) -> String {
    let mut lines: Vec<String> = ["<?php", "", &format!("// {MADE}"), ""].map(str::to_owned).into();
    lines
        .extend(["declare(strict_types=1);", "", "namespace Verax;", "", "/**"].map(str::to_owned));
    lines.push(" * The lists of a client, and the names of fields, events and errors.".to_owned());
    lines.push(" *".to_owned());
    for (name, members) in &named.populated {
        lines.push(format!(" * @phpstan-type {name} {}", shape_of(members)));
    }
    for list in &named.lists {
        lines.push(format!(" * @phpstan-type {} {}", list.record_type, shape_of(&list.record)));
        for (name, members) in [(list.new_type(), &list.create), (list.change_type(), &list.change)]
        {
            if let (Some(name), Some(members)) = (name, members) {
                lines.push(format!(" * @phpstan-type {name} {}", shape_of(members)));
            }
        }
        lines.push(format!(" * @phpstan-type {}Query {}", list.record_type, query(list)));
    }
    lines.extend([" */", "abstract class Names", "{"].map(str::to_owned));
    for list in &named.lists {
        let (name, never) = (&list.record_type, || "never".to_owned());
        let (new, change) =
            (list.new_type().unwrap_or_else(never), list.change_type().unwrap_or_else(never));
        let doc = list.resource.doc;
        lines.push(format!("    /** @var Records<{name}, {name}Query, {new}, {change}> {doc} */"));
        lines.push(format!("    public readonly Records ${};", list.camel_name()));
        lines.push(String::new());
    }
    lines.push("    /** Where each list is. */".to_owned());
    lines.push("    public const PATHS = [".to_owned());
    for list in &named.lists {
        lines.push(format!("        '{}' => '{}',", list.camel_name(), list.path));
    }
    lines.extend(["    ];", ""].map(str::to_owned));
    lines.push("    /** The fields of each list, and what kind each is of. */".to_owned());
    lines.push("    public const FIELDS = [".to_owned());
    named.lists.iter().for_each(|list| push_fields(&mut lines, list));
    lines.extend(["    ];", ""].map(str::to_owned));
    for (doc, name, words) in [
        ("What `type` of an event says.", "EVENT_TYPES", &named.event_types),
        ("What `code` of an error says.", "ERROR_CODES", &named.error_codes),
    ] {
        lines.push(format!("    /** {doc} */"));
        lines.push(format!("    public const {name} = ["));
        lines.extend(words.iter().map(|word| format!("        '{word}',")));
        lines.extend(["    ];", ""].map(str::to_owned));
    }
    let doc = "@param callable(string): Records $records what makes the list at a path";
    lines.push(format!("    /** {doc} */"));
    lines.push("    protected function __construct(callable $records)".to_owned());
    lines.push("    {".to_owned());
    for list in &named.lists {
        let name = list.camel_name();
        lines.push(format!("        $this->{name} = $records(self::PATHS['{name}']);"));
    }
    lines.extend(["    }", "}"].map(str::to_owned));
    lines.join("\n") + "\n"
}

fn push_fields(lines: &mut Vec<String>, list: &Listed) {
    lines.push(format!("        '{}' => [", list.camel_name()));
    for field in list.resource.fields {
        let kind = match Compared::of(field) {
            None => "object",
            Some(Compared::Text) => "text",
            Some(Compared::Moment) => "moment",
            Some(Compared::Flag) => "flag",
            Some(Compared::Number) => "number",
            Some(Compared::Words(_)) => "word",
        };
        lines.push(format!("            '{}' => '{kind}',", field.name));
    }
    lines.push("        ],".to_owned());
}

fn query(list: &Listed) -> String {
    let compared = list.compared();
    let values = compared.iter().map(|(name, compared)| (name.clone(), value(compared)));
    let values = array_shape(&values.collect::<Vec<_>>());
    let compared: Vec<&String> = compared.iter().map(|(name, _)| name).collect();
    let fields = words(&list.fields());
    let mut query = vec![("where", values.clone()), ("not", values)];
    for operator in ["in", "notIn"] {
        query.push((operator, format!("array<{}, list<mixed>>", words(&compared))));
    }
    if !list.ranges().is_empty() {
        for operator in ["moreThan", "lessThan", "atLeast", "atMost"] {
            query.push((operator, format!("array<{}, mixed>", words(&list.ranges()))));
        }
    }
    if !list.texts().is_empty() {
        for operator in ["like", "notLike", "caseInsensitive"] {
            query.push((operator, format!("array<{}, string>", words(&list.texts()))));
        }
    }
    query.extend([
        ("exists", format!("array<{fields}, bool>")),
        ("anyOf", "array<string, mixed>".to_owned()),
        ("search", "string".to_owned()),
        ("sort", "string|list<string>".to_owned()),
        ("page", "int".to_owned()),
        ("perPage", "int".to_owned()),
        ("offset", "int".to_owned()),
        ("skipTotal", "bool".to_owned()),
        ("columns", format!("list<{fields}>")),
        ("populates", "list<string>".to_owned()),
    ]);
    if !list.reverse().is_empty() {
        query.push(("with", format!("list<{}>", words(&list.reverse()))));
    }
    query.push(("params", "array<string, mixed>".to_owned()));
    let query = query.into_iter().map(|(name, kind)| (name.to_owned(), kind));
    array_shape(&query.collect::<Vec<_>>())
}

fn value(compared: &Compared) -> String {
    match compared {
        Compared::Text => "string".to_owned(),
        Compared::Moment => "string|\\DateTimeInterface".to_owned(),
        Compared::Flag => "bool".to_owned(),
        Compared::Number => "int|float".to_owned(),
        Compared::Words(all) => words(all),
    }
}

fn shape_of(members: &[Member]) -> String {
    let members = members.iter().map(|member| (member.name.clone(), print(&member.shape)));
    array_shape(&members.collect::<Vec<_>>())
}

fn array_shape(members: &[(String, String)]) -> String {
    let member = |(name, kind): &(String, String)| {
        let is_plain = name.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '_');
        let quote = if is_plain { "" } else { "'" };
        format!("{quote}{name}{quote}?: {kind}")
    };
    format!("array{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
}

fn print(shape: &Shape) -> String {
    match shape {
        Shape::Unknown => "mixed".to_owned(),
        Shape::Named(name) => name.clone(),
        Shape::Union(shapes) => alternatives(shapes, print).join("|"),
        Shape::Words(all) => words(all),
        Shape::Text => "string".to_owned(),
        Shape::Image => "string|Image".to_owned(),
        Shape::Integer => "int".to_owned(),
        Shape::Number => "int|float".to_owned(),
        Shape::Flag => "bool".to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::List(item) => format!("list<{}>", print(item)),
        Shape::Object(_) | Shape::All(_) => "array<string, mixed>".to_owned(),
        Shape::Json => "array<mixed>".to_owned(),
    }
}

fn words<T: AsRef<str>>(all: &[T]) -> String {
    quoted(all, '\'', "|")
}
