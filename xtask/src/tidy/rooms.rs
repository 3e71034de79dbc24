//! The rooms of `server`: HTTP asks the use cases and never the store, a family of calls knows no other,
//! and every error code stands in the file that is for it.

use std::collections::BTreeSet;

use super::circles::{code_of, module_of, paths_of};

const ROOT: &str = "crates/server/src";
const HTTP: &str = "crates/server/src/http/";
/// Families of calls: a file and a folder of `http` each. What two of them share lies beside them.
const FAMILIES: &[&str] = &[
    "account",
    "console",
    "documents",
    "faces",
    "feed",
    "health",
    "lists",
    "members",
    "persons",
    "projects",
    "registrations",
    "validations",
    "webhooks",
];
/// Who puts the families together.
const COMPOSERS: &[&str] = &["families.rs", "routes.rs"];
/// Where error codes are written.
const ERROR_FILES: &[&str] = &["error_codes.rs", "errors.rs"];

/// What of a file of `http` belongs elsewhere.
pub fn problems(path: &str, text: &str) -> Vec<String> {
    let Some(inside) = path.strip_prefix(HTTP).filter(|_| path.ends_with(".rs")) else {
        return Vec::new();
    };
    let code = code_of(text);
    let found = (1..).zip(code.lines()).filter_map(|(number, line)| {
        line_problem(inside, line).map(|problem| format!("{path}:{number}: {problem}"))
    });
    let mut problems: Vec<String> = found.collect();
    problems.extend(strangers(path, inside, &code).into_iter().map(|family| {
        format!(
            "{path}: it names the family `{family}`: what two share lies where both may name it"
        )
    }));
    problems
}

fn line_problem(inside: &str, line: &str) -> Option<&'static str> {
    if line.contains("verax_store") || names_database(line) {
        return Some("HTTP never asks the store: make it a use case of `app`");
    }
    let file = inside.rsplit('/').next().unwrap_or(inside);
    if line.contains(": ErrorCode =") && !ERROR_FILES.contains(&file) {
        return Some(
            "an error code stands in the `errors.rs` of its family, or in `error_codes.rs`",
        );
    }
    None
}

/// Whether the line names a member `database`, and not only what begins so.
fn names_database(line: &str) -> bool {
    line.match_indices(".database").any(|(place, found)| {
        let next = line[place + found.len()..].chars().next();
        next.is_none_or(|it| !(it.is_alphanumeric() || it == '_'))
    })
}

/// The families that a file names, but for its own.
fn strangers(path: &str, inside: &str, code: &str) -> BTreeSet<String> {
    if COMPOSERS.contains(&inside) {
        return BTreeSet::new();
    }
    let own = inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs");
    let (named, _) = paths_of(code, &module_of(ROOT, path), &BTreeSet::new());
    let families = named.into_iter().filter_map(|named| match named.as_slice() {
        [http, family, ..] if http == "http" => Some(family.clone()),
        _ => None,
    });
    families.filter(|it| it != own && FAMILIES.contains(&it.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(file: &str, text: &str) -> usize {
        problems(&format!("{HTTP}{file}"), text).len()
    }

    #[test]
    fn a_call_of_the_store_is_found() {
        for line in [
            "use verax_store::StoreError;",
            "let record = state.app.database.record(&whole, &tenant, id).await?;",
            "    let database = &self.state.app.database;",
        ] {
            assert_eq!(told("lists/calls.rs", line), 1, "{line}");
        }
        for line in [
            "for pool in app.database_pools() {",
            "// `state.app.database` is not for here",
            "let message = \"the .database is gone\";",
            "#[cfg(test)]\nmod tests { use verax_store::Batch; }",
        ] {
            assert_eq!(told("health/metrics.rs", line), 0, "{line}");
        }
        assert_eq!(problems("crates/server/src/app/lists.rs", "use verax_store::Batch;").len(), 0);
    }

    #[test]
    fn a_family_that_names_another_is_found_however_it_does() {
        for text in [
            "use crate::http::faces::calls::read;",
            "use crate::http::{error::ApiError, faces::errors::NO_FACE};",
            "use super::super::faces::TAG;",
            "fn f() { crate::http::faces::path() }",
        ] {
            assert_eq!(told("persons/calls.rs", text), 1, "{text}");
        }
        assert_eq!(told("persons.rs", "use super::{faces, projects};"), 2);
        assert_eq!(told("state.rs", "use crate::http::health::polls::Polls;"), 1);
    }

    #[test]
    fn a_family_knows_its_own_folder_and_what_is_shared() {
        for text in [
            "use crate::http::persons::errors::unknown_person;",
            "use crate::http::layers::access::Access;",
            "use super::super::error::ApiError;",
            "use crate::app::faces::Portrait;",
            "use verax_vision::faces::Template;",
        ] {
            assert_eq!(told("persons/calls.rs", text), 0, "{text}");
        }
        assert_eq!(told("families.rs", "use super::{faces, projects};"), 0);
    }

    #[test]
    fn an_error_code_stands_in_the_file_for_it() {
        let text = "pub static GONE: ErrorCode = ErrorCode {";
        assert_eq!(told("persons/calls.rs", text), 1);
        assert_eq!(told("persons.rs", text), 1);
        for file in ["persons/errors.rs", "error_codes.rs", "face_service/errors.rs"] {
            assert_eq!(told(file, text), 0, "{file}");
        }
    }
}
