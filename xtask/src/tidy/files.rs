//! The house rules of single files.

use std::path::Path;

const LINES_MAX: usize = 400;

/// Names that say where code was put and not what it is.
const EMPTY_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "types", "models"];

/// Where packages come from is a machine's setting. In halves, so that this file passes.
const REGISTRY_HOSTS: &[(&str, &str)] = &[
    ("crates", ".io"),
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("npmjs", ".org"),
    ("npmjs", ".com"),
    ("yarnpkg", ".com"),
    ("deb.debian", ".org"),
    ("rubygems", ".org"),
];

/// What a file's place and name say.
pub fn path_problems(path: &Path) -> Vec<String> {
    let shown = path.display();
    if !is_rust(path) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    if path.file_name().is_some_and(|name| name == "mod.rs") {
        problems.push(format!("{shown}: use foo.rs beside foo/, never mod.rs"));
    }
    for part in path.with_extension("").components() {
        let name = part.as_os_str().to_string_lossy();
        if EMPTY_NAMES.contains(&name.as_ref()) {
            problems.push(format!("{shown}: `{name}` names a drawer, not a thing"));
        }
    }
    problems
}

/// What a file's text says.
pub fn text_problems(path: &Path, text: &str) -> Vec<String> {
    let shown = path.display();
    let mut problems = Vec::new();
    if is_rust(path) {
        if !text.starts_with("//! ") {
            problems.push(format!("{shown}:1: the first line is `//!` and says what the file is"));
        }
        for (number, line) in (1..).zip(text.lines()) {
            problems.extend(line_problem(line).map(|told| format!("{shown}:{number}: {told}")));
        }
        // The laboratory is for commands: nothing of it runs in a request.
        if path.starts_with("crates/server/src")
            && !path.starts_with("crates/server/src/cli")
            && text.contains("verax_lab")
        {
            problems.push(format!("{shown}: verax_lab is for the commands of src/cli alone"));
        }
    }
    // Cargo writes its index's name into its lock file and nowhere else.
    if path.file_name().is_none_or(|name| name != "Cargo.lock") {
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(host) = registry_host(line) {
                problems.push(format!("{shown}:{number}: names the registry host {host}"));
            }
        }
    }
    problems
}

/// A file that is long is asked why.
pub fn question(path: &Path, text: &str) -> Option<String> {
    let count = text.lines().count();
    (is_rust(path) && count > LINES_MAX)
        .then(|| format!("{}: {count} lines; is it one thing?", path.display()))
}

fn line_problem(line: &str) -> Option<String> {
    let code = line.trim_start();
    if code.starts_with("#[ignore") {
        return Some("a test that does not run is deleted, not ignored".to_owned());
    }
    let declared = code.strip_prefix("pub ").or(Some(code))?;
    let declared = declared.strip_prefix("pub(crate) ").unwrap_or(declared);
    let name = declared.strip_prefix("mod ")?.trim_end_matches([';', '{', ' ']);
    EMPTY_NAMES.contains(&name).then(|| format!("`mod {name}` names a drawer, not a thing"))
}

fn registry_host(line: &str) -> Option<String> {
    let line = line.to_ascii_lowercase();
    REGISTRY_HOSTS
        .iter()
        .map(|(name, ending)| format!("{name}{ending}"))
        .find(|host| line.contains(host.as_str()))
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, text: &str) -> usize {
        path_problems(Path::new(path)).len() + text_problems(Path::new(path), text).len()
    }

    #[test]
    fn a_good_file_passes() {
        let text = "//! What it is.\n\nmod edges;\n\n// ignore nothing\n#[test]\nfn a() {}\n";
        assert_eq!(told("crates/query/src/parse.rs", text), 0);
        assert_eq!(told("crates/query/tests/it.rs", "//! Tests.\n"), 0);
        assert_eq!(told("docs/common.md", "no rust"), 0);
    }

    #[test]
    fn a_mod_rs_is_found() {
        assert_eq!(told("crates/query/src/parse/mod.rs", "//! x\n"), 1);
    }

    #[test]
    fn a_name_that_says_nothing_is_found_as_file_folder_and_module() {
        for name in EMPTY_NAMES {
            assert_eq!(told(&format!("crates/query/src/{name}.rs"), "//! x\n"), 1, "{name}");
            assert_eq!(told(&format!("crates/query/src/{name}/a.rs"), "//! x\n"), 1, "{name}");
            for declared in ["mod NAME;", "pub mod NAME;", "    pub(crate) mod NAME {"] {
                let text = format!("//! x\n{}\n", declared.replace("NAME", name));
                assert_eq!(told("crates/query/src/lib.rs", &text), 1, "{text}");
            }
        }
        assert_eq!(told("crates/query/src/lib.rs", "//! x\nmod commonplace;\n"), 0);
    }

    #[test]
    fn a_missing_first_line_is_found() {
        assert_eq!(told("a.rs", "use std::fmt;\n"), 1);
        assert_eq!(told("a.rs", "\n//! late\n"), 1);
        assert_eq!(told("a.rs", ""), 1);
    }

    #[test]
    fn an_ignored_test_is_found() {
        for attribute in ["ignore]", "ignore = \"slow\"]"] {
            let text = format!("//! x\n#[test]\n    #[{attribute}\nfn a() {{}}\n");
            assert_eq!(told("a.rs", &text), 1, "{text}");
        }
    }

    #[test]
    fn a_registry_host_is_found_anywhere_but_in_cargos_lock_file() {
        for (name, ending) in REGISTRY_HOSTS {
            let text = format!("//! x\n// https://{name}{ending}/simple\n");
            assert_eq!(told("a.rs", &text), 1, "{text}");
            assert_eq!(told("xtask/clients/package-lock.json", &text), 1, "{text}");
            assert_eq!(told("fuzz/Cargo.lock", &text), 0, "{text}");
        }
    }

    #[test]
    fn the_laboratory_is_for_commands_alone() {
        let text = "//! x\nuse verax_lab::rates::Judged;\n";
        assert_eq!(told("crates/server/src/app/faces.rs", text), 1);
        assert_eq!(told("crates/server/src/cli/eval_documents.rs", text), 0);
        assert_eq!(told("crates/server/tests/it/world.rs", text), 0);
    }

    #[test]
    fn a_long_file_is_a_question() {
        let line = "//! x\n";
        assert_eq!(question(Path::new("a.rs"), &line.repeat(LINES_MAX)), None);
        assert!(question(Path::new("a.rs"), &line.repeat(LINES_MAX + 1)).is_some());
    }
}
