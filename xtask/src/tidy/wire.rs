//! Use cases speak in types: the names of the wire stay in `query`, `domain` and `http`.

const USE_CASES: &str = "crates/server/src/app";
/// What comes from other systems has their shape.
const FOREIGN: &[&str] = &["crates/server/src/app/import.rs"];
/// How a list request spells what it asks for. Parts of string literals.
const SPELLINGS: &[&str] =
    &["where_", "where>", "where<", "in__", "perPage=", "limit=", "columns="];

/// What a file's text says that only the edges may say.
pub fn problems(path: &str, text: &str) -> Vec<String> {
    if !path.starts_with(USE_CASES) || FOREIGN.contains(&path) {
        return Vec::new();
    }
    let found = (1..).zip(text.lines()).filter_map(|(number, line)| {
        line_problem(line).map(|problem| format!("{path}:{number}: {problem}"))
    });
    found.collect()
}

fn line_problem(line: &str) -> Option<&'static str> {
    if line.trim_start().starts_with("//") {
        return None;
    }
    if has_named_index(line) {
        return Some("a member is looked up by its name: read the record as its type");
    }
    if line.contains("insert(\"") && line.contains(".to_owned()") {
        return Some("a member is set by its name: make the record from its type");
    }
    if line.contains("Query::parse") || is_spelt(line) {
        return Some("a look-up is spelt as on the wire: build it with `Query::of`");
    }
    None
}

/// Whether something is indexed by a string literal; a list that begins with one is none.
fn has_named_index(line: &str) -> bool {
    line.match_indices("[\"").any(|(place, _)| {
        let before = line[..place].chars().next_back();
        before.is_some_and(|it| it.is_alphanumeric() || matches!(it, '_' | ')' | ']' | '?'))
    })
}

fn is_spelt(line: &str) -> bool {
    // The literals of a line are every other part between its quotes.
    let literals = || line.split('"').skip(1).step_by(2);
    literals().any(|literal| SPELLINGS.iter().any(|spelling| literal.contains(spelling)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> usize {
        problems("crates/server/src/app/persons.rs", line).len()
    }

    #[test]
    fn what_names_the_wire_is_found() {
        for line in [
            "let id = record[\"_id\"].as_str();",
            "let score = flow[\"liveness\"][\"minScore\"].as_f64();",
            "row[\"a\"] = json!(1);",
            "members.insert(\"status\".to_owned(), \"new\".into());",
            "let raw = format!(\"where_person={person}&limit=1\");",
            "let query = Query::parse(&PERSONS, &raw)?;",
            "    \"&columns=_id\"",
        ] {
            assert_eq!(told(line), 1, "{line}");
        }
    }

    #[test]
    fn lists_of_words_and_other_places_pass() {
        for line in [
            "let kinds = [\"file\", \"pixels\"];",
            "run(&[\"a\"]);",
            "words.insert(word.to_owned());",
            "// `where_person` is a word of the wire",
            "let query = Query::of(&PERSONS).equal(person::ID, id);",
        ] {
            assert_eq!(told(line), 0, "{line}");
        }
        let line = "let id = record[\"_id\"].as_str();";
        assert_eq!(problems("crates/server/src/http/persons.rs", line).len(), 0);
        assert_eq!(problems("crates/server/src/app/import.rs", line).len(), 0);
    }
}
