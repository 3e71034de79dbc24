//! `verax reference`: what is made from tables, so that it cannot go stale: pages, and the names of the clients.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Command};
use verax_domain::events::{EventKind, RECORDS_IMPORTED};
use verax_domain::resources;
use verax_query::{Field, Kind, Resource, Shown};

use super::output::report_line;
use super::sdk_names;
use crate::config::{DEFAULTS, shared_names};
use crate::http::{codes, openapi};

#[derive(Args)]
pub struct Arguments {
    /// The folder to write to.
    folder: PathBuf,
    /// The folder of the clients; their files of names are written, too.
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
    /// Write nothing; fail when a page is not what would be written.
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &Arguments, command: Command) -> Result<ExitCode> {
    let mut stale = 0;
    let pages = pages(command).into_iter().map(|(name, text)| (arguments.folder.join(name), text));
    let names = arguments.sdk.iter().flat_map(|folder| {
        let files = sdk_names::files().into_iter();
        files.map(move |(name, text)| (folder.join(name), text))
    });
    for (path, text) in pages.chain(names) {
        if !arguments.check {
            write(&path, &text)?;
        } else if std::fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            let path = path.display();
            report_line(format_args!("{path} is not current: write it with `verax reference`"));
            stale += 1;
        }
    }
    Ok(if stale == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write(path: &Path, text: &str) -> Result<()> {
    let cure = || format!("cannot write {}: name a folder of yours", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(cure)?;
    }
    std::fs::write(path, text).with_context(cure)
}

fn pages(command: Command) -> Vec<(&'static str, String)> {
    let openapi = serde_json::to_string_pretty(&openapi::published()).unwrap_or_default() + "\n";
    vec![
        ("lists.md", lists()),
        ("events.md", events()),
        ("errors.md", errors()),
        ("settings.md", settings()),
        ("commands.md", commands(command)),
        ("openapi.json", openapi),
    ]
}

const MADE: &str = "<!-- Made by `verax reference`; do not edit. -->\n";

fn lists() -> String {
    let mut out = format!("{MADE}# Lists\n");
    for resource in resources::ALL {
        if !resource.versions.is_empty() {
            list(&mut out, resource);
        }
    }
    out
}

fn list(out: &mut String, resource: &Resource) {
    let size = &resource.page_size;
    let paths: Vec<String> = resource
        .versions
        .iter()
        .map(|version| format!("`GET /{version}/{}`", resource.name))
        .collect();
    put(out, format!("\n## {}\n\n{}\n", resource.name, resource.doc));
    put(out, format!("{}; one record: `/{{id}}` after it.", paths.join(" and ")));
    put(
        out,
        format!(
            "Page size: `{}`, {} by default, at most {}.",
            size.name, size.default, resource.compat.page_size_max
        ),
    );
    if let Some(unpaged) = resource.compat.unpaged_size {
        put(out, format!("Without `page`, `offset` and a size: the first {unpaged}."));
    }
    for (theirs, ours) in resource.compat.aliases {
        put(out, format!("`{theirs}` in a filter, a sort or `columns` means `{ours}`."));
    }
    put(out, format!("Scope: `{}`.", resource.scopes.join("` or `")));
    put(
        out,
        (if resource.signed { "Answers are signed." } else { "Answers are not signed." })
            .to_owned(),
    );
    put(
        out,
        "\n| field | kind | filters | sorts | shown | |\n|---|---|---|---|---|---|".to_owned(),
    );
    for field in resource.fields {
        let shown = if field.shown == Shown::List { "list" } else { "retrieve" };
        let sorts = if field.sorts() { "yes" } else { "" };
        let (kind, filters) = (kind(field), filters(field));
        put(
            out,
            format!(
                "| `{}` | {kind} | {filters} | {sorts} | {shown} | {} |",
                field.name, field.doc
            ),
        );
    }
    let relations: Vec<String> = resource
        .relations()
        .map(|(field, relation)| {
            format!("- `{}`: `{}`", field.name, relation.projection.join("`, `"))
        })
        .collect();
    put(out, format!("\n`populates[]` shows:\n\n{}", relations.join("\n")));
    let related = resource.relations().flat_map(|(field, relation)| {
        let is_one = matches!(field.kind, Kind::Relation(_));
        let filters = relation.filters().filter(move |_| is_one);
        filters.map(move |it| format!("where_{}.{}", field.name, it.name))
    });
    let related: Vec<String> = related.collect();
    if !related.is_empty() {
        let text = "Filters through a relation, in any case";
        put(out, format!("\n{text}: `{}`.", related.join("`, `")));
    }
    let unstored: Vec<&str> = resource.compat.unstored.iter().map(|it| it.name).collect();
    if !unstored.is_empty() {
        let (names, text) =
            (unstored.join("`, `"), "no table holds them yet: null, or an empty list");
        put(out, format!("\n`populates[]` also takes `{names}`; {text}."));
    }
    for reverse in resource.reverse {
        let shown: Vec<&str> = reverse.fields().iter().map(|field| field.name).collect();
        let shown = shown.join("`, `");
        put(
            out,
            format!("\n`with[]={}` adds the records that point here: `{shown}`.", reverse.name),
        );
    }
}

fn kind(field: &Field) -> String {
    match &field.kind {
        Kind::Id => "id".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Texts => "texts".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::Integer => "whole number".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Time => "time".to_owned(),
        Kind::Date => "date".to_owned(),
        Kind::Json(_) => "object".to_owned(),
        Kind::Relation(relation) => format!("id of a {}", relation.resource.title.to_lowercase()),
        Kind::Relations(relation) => {
            format!("ids of {}s", relation.resource.title.to_lowercase())
        }
        Kind::Set(set) => format!("some of `{}`", set.words.join("`, `")),
        Kind::Word(words) => {
            let synonyms: Vec<String> = words
                .synonyms
                .iter()
                .map(|(synonym, word)| format!("`{synonym}` finds `{word}`"))
                .collect();
            let mut text = format!("`{}`", words.words.join("`, `"));
            if !synonyms.is_empty() {
                text = format!("{text}; {}", synonyms.join(", "));
            }
            text
        }
    }
}

fn filters(field: &Field) -> &'static str {
    match (&field.kind, field.folded) {
        (Kind::Json(_), _) => "presence",
        (Kind::Time | Kind::Date | Kind::Number | Kind::Integer, _) => "equality, range, presence",
        (_, Some(_)) => "equality, substring, presence",
        _ => "equality, presence",
    }
}

fn events() -> String {
    let mut out = format!(
        "{MADE}# Events\n\nWhat `type` says in [events](../events.md). `status` is what the record has after \
         the event; `-`: what it had. The last column is what a [webhook](../webhooks.md) in Verifik's format \
         is told, behind the type of the flow. No webhook is told of members.\n\n| type | resource | status | | Verifik |\n\
         |---|---|---|---|---|\n"
    );
    for row in EventKind::all() {
        let status = row.to.map_or("-".to_owned(), |to| format!("`{to}`"));
        let also = row.verifik_also.map(|(name, _)| name);
        let verifik: Vec<String> =
            row.verifik.iter().copied().chain(also).map(|name| format!("`{name}`")).collect();
        let (name, resource, verifik) = (row.name, row.resource.name, verifik.join(", "));
        put(&mut out, format!("| `{name}` | `{resource}` | {status} | {} | {verifik} |", row.doc));
    }
    let doc = "Records were imported: one event for each client whose records they are.";
    put(&mut out, format!("| `{RECORDS_IMPORTED}` | that of the records | - | {doc} | |"));
    out
}

fn errors() -> String {
    let mut out = format!("{MADE}# Errors\n\n| code | status | when |\n|---|---|---|\n");
    for code in codes() {
        put(&mut out, format!("| `{}` | {} | {} |", code.code, code.status.as_u16(), code.when));
    }
    for resource in resources::ALL.iter().filter(|resource| !resource.versions.is_empty()) {
        let code = resource.not_found.code;
        put(&mut out, format!("| `{code}` | 404 | no such record in `{}` |", resource.name));
    }
    out
}

fn settings() -> String {
    let shared = shared_names().join("`, `");
    format!(
        "{MADE}# Settings\n\nThe defaults, as the binary has them. A file given by `--config` or \
         `VERAX_CONFIG` overrides them; environment variables override that: \
         `VERAX__HTTP__REQUEST_SECONDS=10` sets `http.request_seconds`; flags override all.\n\n\
         `verax settings set` puts some of them into the database, for all nodes, over everything \
         else: `{shared}`.\n\n```toml\n{DEFAULTS}```\n"
    )
}

fn commands(root: Command) -> String {
    let mut out = format!(
        "{MADE}# Commands\n\nExit codes: 0 done, 1 it failed, 2 the arguments are wrong, \
         141 nobody reads the output any more (`verax export … | head`).\n"
    );
    let mut root = root.term_width(100);
    root.build();
    command(&mut out, &mut root, "verax");
    out
}

fn command(out: &mut String, command_: &mut Command, path: &str) {
    let help = command_.render_long_help().to_string();
    let help: String = help.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    put(out, format!("\n## {path}\n\n```text\n{help}```"));
    for sub in command_.get_subcommands_mut() {
        if sub.get_name() != "help" {
            let path = format!("{path} {}", sub.get_name());
            command(out, sub, &path);
        }
    }
}

fn put(out: &mut String, line: String) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "{line}");
}
