//! Links between the pages: their files and headings are there.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::page::Page;

/// Links of these pages (by their paths in the repository) that lead nowhere.
pub fn problems(root: &Path, pages: &BTreeMap<PathBuf, Page>) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, page) in pages {
        for (number, link) in links(page) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { path.clone() } else { beside(path, file) };
            let is_dead = if anchor.is_empty() {
                !root.join(&target).exists()
            } else {
                pages.get(&target).is_none_or(|page| !anchors(page).iter().any(|it| it == anchor))
            };
            if is_dead {
                problems.push(format!("{}:{number}: {link} leads nowhere", path.display()));
            }
        }
    }
    problems
}

/// Whether a page of this path is linked from the page `index`.
pub fn is_listed(index: &Path, page: &Page, path: &Path) -> bool {
    links(page).iter().any(|(_, link)| beside(index, link.split('#').next().unwrap_or("")) == path)
}

/// Relative links with their lines.
fn links(page: &Page) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in (1..).zip(&page.prose) {
        // What lies between backticks is no link.
        let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for piece in plain.split("](").skip(1) {
            let (link, _) = piece.split_once(')').unwrap_or((piece, ""));
            if !link.contains("://") && !link.starts_with("mailto:") {
                links.push((number, link.to_owned()));
            }
        }
    }
    links
}

fn beside(page: &Path, link: &str) -> PathBuf {
    let mut path = page.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

/// The names that a browser gives to headings: words in small letters with hyphens between them.
fn anchors(page: &Page) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for line in &page.prose {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it));
        let name = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let before = anchors.iter().filter(|it| **it == name).count();
        anchors.push(if before == 0 { name } else { format!("{name}-{before}") });
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_file_and_a_dead_heading_are_found() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("docs")).unwrap();
        std::fs::write(root.path().join("LICENSE"), "").unwrap();
        let page = "# What *is* `a`, and b?\n[a](../LICENSE) [b](b.md#two-words) [c](#what-is-a-and-b)\n\
                    [d](b.md#three) `[e](gone.md)` [f](gone.md)\n[g](https://example.com/x)\n";
        let pages: BTreeMap<PathBuf, Page> = [("docs/a.md", page), ("docs/b.md", "## Two words\n")]
            .map(|(path, text)| (PathBuf::from(path), Page::parse(text).unwrap()))
            .into();
        let told = problems(root.path(), &pages);
        assert_eq!(
            told,
            ["docs/a.md:3: b.md#three leads nowhere", "docs/a.md:3: gone.md leads nowhere"]
        );
        let index = Path::new("docs/a.md");
        assert!(is_listed(index, &pages[index], Path::new("docs/b.md")));
        assert!(!is_listed(index, &pages[index], Path::new("docs/c.md")));
    }
}
