//! Which crate may name which: the table of the architecture page.

use anyhow::{Context as _, Result};
use serde_json::Value;

const ASYNC: &[&str] =
    &["tokio", "tokio-util", "async-std", "async-trait", "smol", "futures", "futures-util"];
const HTTP: &[&str] = &[
    "axum",
    "axum-server",
    "http",
    "hyper",
    "hyper-util",
    "reqwest",
    "tower",
    "tower-http",
    "ureq",
];
const DRIVERS: &[&str] = &[
    "deadpool",
    "deadpool-postgres",
    "diesel",
    "libsqlite3-sys",
    "postgres",
    "postgres-types",
    "r2d2",
    "refinery",
    "rusqlite",
    "sqlx",
    "tokio-postgres",
];
const IMAGES: &[&str] =
    &["image", "fast_image_resize", "ndarray", "ort", "tract-onnx", "zune-jpeg"];
const AMBIENT: &[&str] = &["chrono", "fastrand", "getrandom", "jiff", "rand", "uuid"];

/// Where the wall stands. Everything of ours that is not in `ours` is outside.
struct Wall {
    package: &'static str,
    ours: &'static [&'static str],
    theirs: Theirs,
}

/// What a crate may take from elsewhere.
enum Theirs {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static [&'static str]]),
}

const WALLS: &[Wall] = &[
    Wall {
        package: "verax-query",
        ours: &[],
        theirs: Theirs::Only(&[
            "percent-encoding",
            "serde_json",
            "unicase",
            "unicode-normalization",
        ]),
    },
    Wall {
        package: "verax-domain",
        ours: &["verax-query"],
        theirs: Theirs::AllBut(&[ASYNC, HTTP, DRIVERS, IMAGES, AMBIENT]),
    },
    Wall {
        package: "verax-pages",
        ours: &["verax-query", "verax-domain"],
        theirs: Theirs::AllBut(&[ASYNC, HTTP, DRIVERS, IMAGES, AMBIENT]),
    },
    Wall {
        package: "verax-vision",
        ours: &["verax-domain"],
        theirs: Theirs::AllBut(&[ASYNC, HTTP, DRIVERS]),
    },
    Wall {
        package: "verax-reading",
        ours: &["verax-domain", "verax-vision"],
        theirs: Theirs::AllBut(&[ASYNC, HTTP, DRIVERS, AMBIENT]),
    },
    Wall {
        package: "verax-lab",
        ours: &["verax-domain", "verax-vision", "verax-reading"],
        theirs: Theirs::AllBut(&[ASYNC, HTTP, DRIVERS, AMBIENT]),
    },
    Wall {
        package: "verax-store",
        ours: &["verax-query", "verax-domain"],
        theirs: Theirs::AllBut(&[HTTP, IMAGES]),
    },
    Wall {
        package: "verax-server",
        ours: &[
            "verax-query",
            "verax-domain",
            "verax-vision",
            "verax-reading",
            "verax-lab",
            "verax-pages",
            "verax-store",
        ],
        theirs: Theirs::AllBut(&[DRIVERS, IMAGES]),
    },
];

/// Tools stand outside the walls: nothing may depend on them, and they use nothing of the product, so that they
/// are there before it is compiled.
const TOOLS: &[&str] = &["xtask"];

/// Every dependency edge of the workspace that crosses a wall.
pub fn problems(metadata: &Value) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().context("cargo metadata without packages")?;
    let members: Vec<&str> = packages.iter().filter_map(|it| it["name"].as_str()).collect();
    let mut problems = Vec::new();
    for package in packages {
        let name = package["name"].as_str().context("a package without a name")?;
        if TOOLS.contains(&name) {
            let ours = |it: &&str| members.contains(it);
            let named = package["dependencies"].as_array().into_iter().flatten();
            let named = named.filter_map(|it| it["name"].as_str()).filter(ours);
            problems.extend(named.map(|target| format!("{name} must never name {target}")));
            continue;
        }
        let Some(wall) = WALLS.iter().find(|wall| wall.package == name) else {
            problems.push(format!("{name} is not in the architecture's table of crates"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let target = dependency["name"].as_str().context("a dependency without a name")?;
            let is_for_tests = dependency["kind"].as_str() == Some("dev");
            if !wall.lets(target, is_for_tests, &members) {
                problems.push(format!("{name} must never name {target}"));
            }
        }
    }
    Ok(problems)
}

impl Wall {
    /// Tests may use what they like from elsewhere; between ours the direction always holds.
    fn lets(&self, target: &str, is_for_tests: bool, members: &[&str]) -> bool {
        if members.contains(&target) {
            return self.ours.contains(&target);
        }
        if is_for_tests {
            return true;
        }
        match self.theirs {
            Theirs::Only(list) => list.contains(&target),
            Theirs::AllBut(lists) => !lists.iter().any(|list| list.contains(&target)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The workspace of today with one more edge.
    fn with_edge(from: &str, to: &str, kind: Option<&str>) -> Vec<String> {
        let mut packages: Vec<Value> = WALLS
            .iter()
            .map(|wall| {
                let ours: Vec<Value> =
                    wall.ours.iter().map(|name| json!({"name": name, "kind": null})).collect();
                json!({"name": wall.package, "dependencies": ours})
            })
            .collect();
        packages.push(json!({"name": "xtask", "dependencies": [{"name": "rusqlite"}]}));
        for package in &mut packages {
            if package["name"] == from
                && let Some(list) = package["dependencies"].as_array_mut()
            {
                list.push(json!({"name": to, "kind": kind}));
            }
        }
        problems(&json!({ "packages": packages })).unwrap()
    }

    #[test]
    fn the_table_itself_is_tidy() {
        assert_eq!(with_edge("nobody", "nothing", None), Vec::<String>::new());
    }

    #[test]
    fn every_forbidden_edge_of_the_table_is_found() {
        for (from, to) in [
            ("verax-query", "verax-domain"),
            ("verax-query", "tokio"),
            ("verax-query", "serde"),
            ("verax-domain", "verax-store"),
            ("verax-domain", "tokio"),
            ("verax-domain", "rusqlite"),
            ("verax-domain", "axum"),
            ("verax-domain", "rand"),
            ("verax-vision", "verax-store"),
            ("verax-vision", "verax-query"),
            ("verax-vision", "verax-lab"),
            ("verax-lab", "verax-server"),
            ("verax-lab", "verax-query"),
            ("verax-lab", "tokio"),
            ("xtask", "verax-query"),
            ("xtask", "verax-vision"),
            ("verax-vision", "tokio"),
            ("verax-vision", "axum"),
            ("verax-vision", "rusqlite"),
            ("verax-store", "verax-vision"),
            ("verax-store", "verax-server"),
            ("verax-store", "axum"),
            ("verax-server", "rusqlite"),
            ("verax-server", "tokio-postgres"),
            ("verax-server", "deadpool-postgres"),
            ("verax-server", "xtask"),
        ] {
            assert_eq!(
                with_edge(from, to, None),
                [format!("{from} must never name {to}")],
                "{from} -> {to}"
            );
            assert!(!with_edge(from, to, Some("build")).is_empty(), "{from} -> {to} in a build");
        }
    }

    #[test]
    fn tests_may_use_foreign_crates_but_not_turn_the_direction() {
        assert!(with_edge("verax-query", "proptest", Some("dev")).is_empty());
        assert!(with_edge("verax-domain", "tokio", Some("dev")).is_empty());
        assert!(!with_edge("verax-domain", "verax-store", Some("dev")).is_empty());
        assert!(!with_edge("verax-vision", "verax-lab", Some("dev")).is_empty());
    }

    #[test]
    fn a_crate_that_nobody_drew_is_a_problem() {
        let metadata = json!({"packages": [{"name": "verax-extra", "dependencies": []}]});
        assert_eq!(problems(&metadata).unwrap().len(), 1);
    }
}
