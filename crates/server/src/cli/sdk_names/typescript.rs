//! The names in TypeScript: an interface for each record and body, and one that says what filters each list.

use super::listed::{Compared, Listed, MADE, Named, quoted};
use super::shape::{Member, Shape, alternatives};

pub fn names(named: &Named) -> String {
    let mut lines = vec![
        format!("// {MADE}"),
        String::new(),
        "import type { Image, Json, Moment } from './values.js';".to_owned(),
        String::new(),
    ];
    for (name, members) in &named.populated {
        interface(&mut lines, name, members, "What populating shows.");
    }
    for list in &named.lists {
        interface(&mut lines, &list.record_type, &list.record, list.resource.doc);
    }
    for list in &named.lists {
        let bodies = [("create", list.new_type(), &list.create)];
        let bodies = bodies.into_iter().chain([("change", list.change_type(), &list.change)]);
        for (verb, name, members) in bodies {
            if let (Some(name), Some(members)) = (name, members) {
                let doc = format!("What `{verb}` of {} takes.", list.resource.name);
                interface(&mut lines, &name, members, &doc);
            }
        }
    }
    lines.push(
        "/** Of each list: its records, what filters and sorts them, and what may be made and changed. */"
            .to_owned(),
    );
    lines.push("export interface Lists {".to_owned());
    named.lists.iter().for_each(|list| push_list(&mut lines, list));
    lines.extend(["}", "", "/** Where each list is. */"].map(str::to_owned));
    lines.push("export const PATHS: Readonly<Record<keyof Lists, string>> = {".to_owned());
    for list in &named.lists {
        lines.push(format!("  {}: \"{}\",", list.camel_name(), list.path));
    }
    lines.extend(["};", ""].map(str::to_owned));
    words(
        &mut lines,
        "What `type` of an event says.",
        "EVENT_TYPES",
        "EventType",
        &named.event_types,
    );
    lines.push(String::new());
    words(
        &mut lines,
        "What `code` of an error says.",
        "ERROR_CODES",
        "ErrorCode",
        &named.error_codes,
    );
    lines.join("\n") + "\n"
}

fn interface(lines: &mut Vec<String>, name: &str, members: &[Member], doc: &str) {
    lines.push(format!("/** {doc} */"));
    lines.push(format!("export interface {name} {{"));
    for member in members {
        lines.extend(member.doc.iter().map(|doc| format!("  /** {doc} */")));
        lines.push(format!("  {}", print_member(member)));
    }
    lines.extend(["}", ""].map(str::to_owned));
}

fn push_list(lines: &mut Vec<String>, list: &Listed) {
    lines.push(format!("  {}: {{", list.camel_name()));
    lines.push(format!("    record: {};", list.record_type));
    lines.push("    values: {".to_owned());
    for (name, compared) in list.compared() {
        let kind = match compared {
            Compared::Text => "string".to_owned(),
            Compared::Moment => "Moment".to_owned(),
            Compared::Flag => "boolean".to_owned(),
            Compared::Number => "number".to_owned(),
            Compared::Words(words) => union(&words),
        };
        lines.push(format!("      {}: {kind};", key(&name)));
    }
    lines.push("    };".to_owned());
    for (name, words) in [
        ("fields", list.fields()),
        ("ranges", list.ranges()),
        ("texts", list.texts()),
        ("sorts", list.sorts()),
        ("relations", list.relations()),
        ("with", list.reverse()),
    ] {
        lines.push(format!("    {name}: {};", union(&words)));
    }
    let never = || "never".to_owned();
    lines.push(format!("    create: {};", list.new_type().unwrap_or_else(never)));
    let created = list.created.as_ref().map_or_else(never, print);
    lines.push(format!("    created: {created};"));
    lines.push(format!("    change: {};", list.change_type().unwrap_or_else(never)));
    lines.push(format!("    delete: {};", list.deletes));
    lines.push("  };".to_owned());
}

fn words(lines: &mut Vec<String>, doc: &str, table: &str, name: &str, words: &[&str]) {
    lines.push(format!("/** {doc} */"));
    lines.push(format!("export const {table} = ["));
    lines.extend(words.iter().map(|word| format!("  \"{word}\",")));
    lines.push("] as const;".to_owned());
    lines.push(String::new());
    lines.push(format!("export type {name} = (typeof {table})[number];"));
}

fn print_member(member: &Member) -> String {
    let optional = if member.required { "" } else { "?" };
    format!("{}{optional}: {};", key(&member.name), print(&member.shape))
}

fn print(shape: &Shape) -> String {
    match shape {
        Shape::Unknown => "unknown".to_owned(),
        Shape::Named(name) => name.clone(),
        Shape::Union(shapes) => alternatives(shapes, print).join(" | "),
        Shape::All(shapes) => alternatives(shapes, print).join(" & "),
        Shape::Words(words) => union(words),
        Shape::Text => "string".to_owned(),
        Shape::Image => "Image".to_owned(),
        Shape::Integer | Shape::Number => "number".to_owned(),
        Shape::Flag => "boolean".to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::List(item) => match print(item) {
            item if item.contains(" | ") => format!("({item})[]"),
            item => format!("{item}[]"),
        },
        Shape::Object(members) => {
            let members: Vec<String> = members.iter().map(print_member).collect();
            format!("{{ {} }}", members.join(" "))
        }
        Shape::Json => "Json".to_owned(),
    }
}

fn union<T: AsRef<str>>(words: &[T]) -> String {
    if words.is_empty() { "never".to_owned() } else { quoted(words, '"', " | ") }
}

fn key(name: &str) -> String {
    let is_plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if is_plain { name.to_owned() } else { format!("\"{name}\"") }
}
