//! Pages hold nothing that their policy would stop: no script, style or handler inside them, and nothing
//! of another origin.

const TEMPLATES: &str = "crates/pages/templates/";
const ASSETS: &str = "crates/pages/assets/";
/// Parts of a template, in small letters.
const STOPPED: &[&str] =
    &["<style", " style=", "javascript:", "http://", "https://", "\"//", "|safe", "<iframe"];
/// Parts of a script or a style sheet.
const FOREIGN: &[&str] = &["http:", "https:", "@import", "import ", "innerHTML", "eval(", "url("];

/// What of a template or an asset the policy of the pages would stop.
pub fn problems(path: &str, text: &str) -> Vec<String> {
    let line_problem: fn(&str) -> Option<String> = match path {
        path if path.starts_with(TEMPLATES) => of_template,
        path if path.starts_with(ASSETS) && !path.ends_with(".svg") => of_asset,
        _ => return Vec::new(),
    };
    let lines = (1..).zip(text.lines());
    let found = lines.filter_map(|(number, line)| {
        line_problem(line).map(|what| format!("{path}:{number}: {what}"))
    });
    found.collect()
}

fn of_template(line: &str) -> Option<String> {
    let lower = line.to_ascii_lowercase();
    if let Some(part) = STOPPED.iter().find(|part| lower.contains(**part)) {
        return Some(format!("`{part}` is stopped by the policy of the pages, or is not escaped"));
    }
    let has_script = lower.split("<script").skip(1).any(|script| {
        !script.trim_start().starts_with("type=\"module\" src=") || !script.contains("></script>")
    });
    if has_script {
        return Some("a script is a file of `assets`".to_owned());
    }
    let handler = lower.split_ascii_whitespace().find(|word| {
        let name = word.split('=').next().unwrap_or_default();
        word.contains('=')
            && name.starts_with("on")
            && name.bytes().all(|it| it.is_ascii_lowercase())
    });
    handler.map(|_| "a handler is added by a script of `assets`".to_owned())
}

fn of_asset(line: &str) -> Option<String> {
    let part = FOREIGN.iter().find(|part| line.contains(**part))?;
    Some(format!("`{part}` asks another origin for something, or writes markup"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, line: &str) -> usize {
        problems(path, line).len()
    }

    #[test]
    fn what_the_policy_stops_is_found() {
        for line in [
            "<p style=\"color: red\">",
            "<STYLE>",
            "<script>alert(1)</script>",
            "<script type=\"module\" src=\"a.js\">import x</script >",
            "<button onclick=\"go()\">",
            "<img src=\"https://cdn.example/a.png\">",
            "<a href=\"javascript:go()\">",
            "<link rel=\"stylesheet\" href=\"//cdn.example/a.css\">",
            "{{ name|safe }}",
        ] {
            assert_eq!(told("crates/pages/templates/a.html", line), 1, "{line}");
        }
        for line in ["import x from 'y';", "element.innerHTML = text;", "a { background: url(x) }"]
        {
            assert_eq!(told("crates/pages/assets/a.js", line), 1, "{line}");
        }
    }

    #[test]
    fn what_it_lets_through_passes() {
        for line in [
            "<script type=\"module\" src=\"{{ shell.asset(\"console.js\") }}\"></script>",
            "<p class=\"once\">{{ shell.t(\"only\") }}</p>",
            "<time datetime=\"{{ machine }}\">",
        ] {
            assert_eq!(told("crates/pages/templates/a.html", line), 0, "{line}");
        }
        assert_eq!(told("crates/server/assets/confirm-email.html", "<p style=\"\">"), 0);
        assert_eq!(told("crates/pages/assets/mark.svg", "xmlns=\"http://www.w3.org/2000/svg\""), 0);
    }
}
