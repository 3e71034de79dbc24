//! The files of a page: named by what is in them, and all of a page's own origin.

use std::path::Path;

use verax_pages::assets::{self, ASSETS};

#[test]
fn an_asset_is_found_under_its_hashed_name_alone() {
    for asset in &ASSETS {
        let url = assets::url(asset.name);
        let file = url.strip_prefix("/console/assets/").expect("a path of the console");
        assert_ne!(file, asset.name);
        assert!(std::ptr::eq(assets::find(file).expect("an asset"), asset));
        assert!(assets::find(asset.name).is_none());
    }
    assert!(assets::find("").is_none());
    assert!(assets::find("../Cargo.toml").is_none());
}

#[test]
fn no_template_asks_for_an_asset_that_is_not_there() {
    for (path, text) in templates() {
        for found in text.split("shell.asset(\"").skip(1) {
            let name = found.split('"').next().unwrap_or_default();
            assert!(ASSETS.iter().any(|asset| asset.name == name), "{path}: {name}");
        }
    }
}

fn templates() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let entries = std::fs::read_dir(folder).expect("the templates");
    let read = |path: &Path| std::fs::read_to_string(path).expect("a template");
    let all: Vec<(String, String)> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), read(&path)))
        .collect();
    assert!(all.len() > 10);
    all
}
