//! Circles between the files of a crate: who reads one file of a circle has to read all of them.
//!
//! A file names another with a path that begins with `crate`, `super`, `self` or a module of its own;
//! what a file hands on with `pub use` is looked for where it is written. Calls of methods are not
//! seen, and tests inside a file may name what they like.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Where the files of crates are.
const ROOTS: [&str; 5] = [
    "crates/domain/src",
    "crates/query/src",
    "crates/server/src",
    "crates/store/src",
    "crates/vision/src",
];

/// A path or a file as a list of modules.
pub type Names = Vec<String>;

/// The files of one crate by their modules, and what each hands on.
struct Crate {
    root: &'static str,
    files: BTreeMap<Names, File>,
}

struct File {
    path: String,
    /// What it names.
    named: Vec<Names>,
    /// The last name of a `pub use`, or the name it is given, and the whole path.
    handed_on: BTreeMap<String, Names>,
}

/// Collects the files of the crates that are looked at.
#[derive(Default)]
pub struct Circles(BTreeMap<&'static str, Vec<(String, String)>>);

impl Circles {
    /// A file of the repository and its text.
    pub fn add(&mut self, path: &str, text: &str) {
        let root = ROOTS.into_iter().find(|root| Path::new(path).starts_with(root));
        if let Some(root) = root
            && path.ends_with(".rs")
        {
            self.0.entry(root).or_default().push((path.to_owned(), text.to_owned()));
        }
    }

    /// Every circle.
    pub fn problems(&self) -> Vec<String> {
        let circles = self.0.iter().flat_map(|(root, files)| Crate::read(root, files).circles());
        circles.map(|circle| problem_of(&circle)).collect()
    }
}

fn problem_of(circle: &[String]) -> String {
    format!("a circle of files: {}", circle.join(", "))
}

impl Crate {
    fn read(root: &'static str, files: &[(String, String)]) -> Crate {
        let mut all = BTreeMap::new();
        for (path, text) in files {
            let module = module_of(root, path);
            let code = code_of(text);
            let children = children_of(&module, root, files);
            let (named, handed_on) = paths_of(&code, &module, &children);
            all.insert(module, File { path: path.clone(), named, handed_on });
        }
        Crate { root, files: all }
    }

    /// The groups of files that reach each other, each in the order of their paths.
    fn circles(&self) -> Vec<Vec<String>> {
        let edges: BTreeMap<&Names, BTreeSet<&Names>> = self
            .files
            .iter()
            .map(|(module, file)| {
                let named = file.named.iter().filter_map(|path| self.written_in(path, 0));
                (module, named.filter(|it| *it != module).collect())
            })
            .collect();
        let reached: BTreeMap<&Names, BTreeSet<&Names>> =
            edges.keys().map(|from| (*from, reachable(from, &edges))).collect();
        let mut circles = BTreeSet::new();
        for (from, to) in &reached {
            let both = to.iter().filter(|it| reached[**it].contains(from));
            let circle: BTreeSet<String> = both.map(|it| self.files[*it].path.clone()).collect();
            if !circle.is_empty() {
                circles.insert(circle.into_iter().collect::<Vec<_>>());
            }
        }
        debug_assert!(circles.iter().flatten().all(|path| path.starts_with(self.root)));
        circles.into_iter().collect()
    }

    /// The file in which what a path names is written: the deepest module on it, or where that hands
    /// it on from.
    fn written_in(&self, path: &[String], depth: usize) -> Option<&Names> {
        let length = (0..=path.len()).rev().find(|it| self.files.contains_key(&path[..*it]))?;
        let (module, file) = self.files.get_key_value(&path[..length])?;
        let handed_on = path.get(length).and_then(|name| file.handed_on.get(name));
        match handed_on {
            // A name that is handed on in a ring is an error of the compiler's.
            Some(from) if depth < 8 => {
                let whole: Names = from.iter().chain(&path[length + 1..]).cloned().collect();
                self.written_in(&whole, depth + 1)
            }
            _ => Some(module),
        }
    }
}

fn reachable<'a>(
    from: &'a Names,
    edges: &BTreeMap<&'a Names, BTreeSet<&'a Names>>,
) -> BTreeSet<&'a Names> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<&Names> = edges[from].iter().copied().collect();
    while let Some(next) = waiting.pop() {
        if reached.insert(next) {
            waiting.extend(&edges[next]);
        }
    }
    reached
}

/// `crates/store/src/tables/jobs.rs` is `tables`, `jobs`; the root is nothing.
pub fn module_of(root: &str, path: &str) -> Names {
    let inside = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
    let names: Names = inside.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    match names.as_slice() {
        [only] if only == "lib" || only == "main" => Vec::new(),
        _ => names,
    }
}

fn children_of(module: &[String], root: &str, files: &[(String, String)]) -> BTreeSet<String> {
    let all = files.iter().map(|(path, _)| module_of(root, path));
    let below = all.filter(|it| it.len() == module.len() + 1 && it.starts_with(module));
    below.filter_map(|mut it| it.pop()).collect()
}

/// The text without comments, strings and what comes at the first `#[cfg(test)]`.
pub fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut code = String::new();
    let mut goes_on = false;
    for line in text.lines() {
        let mut in_string = goes_on;
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' if in_string => {
                    characters.next();
                }
                '"' => in_string = !in_string,
                '/' if !in_string && characters.peek() == Some(&'/') => break,
                _ if in_string => {}
                _ => code.push(character),
            }
        }
        // A text goes on in the next line where this one ends so.
        goes_on = in_string && line.ends_with('\\');
        code.push('\n');
    }
    code
}

/// What a file names, and what it hands on, as paths from the root of the crate.
pub fn paths_of(
    code: &str,
    module: &[String],
    children: &BTreeSet<String>,
) -> (Vec<Names>, BTreeMap<String, Names>) {
    let tokens = tokens_of(code);
    let (mut named, mut handed_on) = (Vec::new(), BTreeMap::new());
    let mut at = 0;
    while at < tokens.len() {
        let before = at.checked_sub(1).map(|it| tokens[it].as_str());
        let begins = !matches!(before, Some("::" | "." | "mod"));
        let is_path = tokens.get(at + 1).is_some_and(|it| it == "::");
        let start = match tokens[at].as_str() {
            "crate" if is_path => Some(Vec::new()),
            "self" if is_path => Some(module.to_vec()),
            "super" if is_path => Some(module[..module.len().saturating_sub(1)].to_vec()),
            child if begins && is_path && children.contains(child) => {
                Some(module.iter().cloned().chain([child.to_owned()]).collect())
            }
            _ => None,
        };
        let Some(start) = start else {
            at += 1;
            continue;
        };
        let is_public =
            before == Some("use") && at >= 2 && (tokens[at - 2] == "pub" || tokens[at - 2] == ")");
        let mut found = Vec::new();
        at = read_tree(&tokens, at + 2, start, &mut found);
        for (path, name) in found {
            if is_public {
                handed_on.insert(name, path.clone());
            }
            named.push(path);
        }
    }
    (named, handed_on)
}

/// Reads what follows `::`: names, a group of them in braces, `as` another name. Answers where it ends.
fn read_tree(
    tokens: &[String],
    mut at: usize,
    mut path: Names,
    found: &mut Vec<(Names, String)>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        match token.as_str() {
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|it| it != "}") {
                    at = if tokens[at] == "," {
                        at + 1
                    } else {
                        read_tree(tokens, at, path.clone(), found)
                    };
                }
                return at + 1;
            }
            "super" => {
                path.pop();
            }
            "self" => {}
            name => path.push(name.to_owned()),
        }
        at += 1;
        match tokens.get(at).map(String::as_str) {
            Some("::") => at += 1,
            _ => break,
        }
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if tokens.get(at).is_some_and(|it| it == "as") {
        name = tokens.get(at + 1).cloned().unwrap_or_default();
        at += 2;
    }
    found.push((path, name));
    at
}

/// Names, `::` and single signs.
fn tokens_of(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let is_name = |it: char| it.is_alphanumeric() || it == '_';
        let length = if is_name(first) {
            rest.find(|it| !is_name(it)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if !token.trim().is_empty() {
            tokens.push(token.to_owned());
        }
        rest = after;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, String)> =
            files.iter().map(|(path, text)| (format!("src/{path}"), (*text).to_owned())).collect();
        Crate::read("src", &files).circles().iter().map(|circle| problem_of(circle)).collect()
    }

    const CIRCLE: &str = "a circle of files: src/a.rs, src/b.rs";

    #[test]
    fn files_in_layers_pass() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\npub use a::A;\n"),
            ("a.rs", "use crate::b::B;\n"),
            ("b.rs", "pub struct B;\n"),
        ];
        assert_eq!(told(&files), Vec::<String>::new());
    }

    #[test]
    fn a_circle_is_found_however_its_files_are_named() {
        for back in [
            "use crate::a::A;",
            "use crate::{b::B, a::{self, A}};",
            "use super::a;",
            "use super::{b::B, a::*};",
            "fn f() { crate::a::run() }",
            // Handed on by the root.
            "use crate::A;",
            "use crate::Other;",
        ] {
            let files = [
                ("lib.rs", "pub use a::A;\npub use self::a::{B as Other, C};\n"),
                ("a.rs", "use crate::b::B;\n"),
                ("b.rs", back),
            ];
            assert_eq!(told(&files), [CIRCLE], "{back}");
        }
    }

    #[test]
    fn a_module_and_a_part_of_it_can_be_one() {
        let files = [("a.rs", "mod b;\nfn f() { b::run() }\n"), ("a/b.rs", "use super::A;\n")];
        assert_eq!(told(&files), ["a circle of files: src/a.rs, src/a/b.rs"]);
        let files = [("a.rs", "mod b;\n"), ("a/b.rs", "use super::A;\n")];
        assert_eq!(told(&files), Vec::<String>::new(), "saying that it is there is no use of it");
    }

    #[test]
    fn comments_strings_and_tests_name_nothing() {
        let back = "// crate::a::A\nconst B: &str = \"crate::a\";\n#[cfg(test)]\nmod tests { use crate::a; }\n";
        assert_eq!(told(&[("a.rs", "use crate::b::B;"), ("b.rs", back)]), Vec::<String>::new());
    }
}
